//! Two real endpoints on loopback: fetch, lies about size, absence, interruption, removal, closing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;

async fn open(folder: &TempDir, seed: u8, serve: Serve) -> NetworkBlobs {
    let bind = vec!["127.0.0.1:0".parse().unwrap()];
    let collect_every = Duration::from_millis(200);
    let folder = folder.path().join("blobs");
    let seed = Zeroizing::new([seed; 32]);
    NetworkBlobs::open(BlobOptions { folder, seed, bind, serve, collect_every }).await.unwrap()
}

fn everything() -> Serve {
    Arc::new(|_| true)
}

fn of(blobs: &NetworkBlobs) -> Provider {
    Provider { key: blobs.key(), sockets: blobs.sockets() }
}

fn noise(len: usize) -> Bytes {
    let mut out = vec![0; len];
    blake3::Hasher::new().finalize_xof().fill(&mut out);
    out.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_is_fetched_verified_and_stays_over_a_restart() {
    let (fa, fb) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (a, b) = (open(&fa, 1, everything()).await, open(&fb, 2, everything()).await);
    for size in [1, 16 * 1024, 16 * 1024 + 1, 5_000_000] {
        let bytes = noise(size);
        let hash = a.add(bytes.clone()).await.unwrap();
        assert_eq!(hash, BlobHash::of(&bytes));
        assert!(!b.has(hash).await && b.get(hash).await.is_none());
        let start = Instant::now();
        b.fetch(hash, size as u64, vec![of(&a)]).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(b.get(hash).await.unwrap(), bytes);
    }
    assert_eq!(b.counts().await.blobs, 4);
    b.shutdown().await;
    drop(b);
    let b = open(&fb, 2, everything()).await;
    assert_eq!(b.counts().await.bytes, 5_000_000 + 16 * 1024 + 16 * 1024 + 1 + 1);
    a.shutdown().await;
    b.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_sizes_and_missing_providers_are_told_apart() {
    let (fa, fb) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let allowed = Arc::new(AtomicBool::new(true));
    let door = Arc::clone(&allowed);
    let a = open(&fa, 3, Arc::new(move |_| door.load(Ordering::Relaxed))).await;
    let b = open(&fb, 4, everything()).await;
    let bytes = noise(300_000);
    let hash = a.add(bytes).await.unwrap();
    for lie in [1, 299_999, 300_001, 50_000_000] {
        let error = b.fetch(hash, lie, vec![of(&a)]).await.unwrap_err();
        assert!(
            matches!(&error, FetchError::WrongSize { found: 300_000, providers, .. } if providers == &[a.key()]),
            "{error}"
        );
        assert!(!b.has(hash).await);
    }
    assert!(matches!(b.fetch(hash, u64::MAX, vec![of(&a)]).await, Err(FetchError::Local(_))));
    // Nobody, somebody who is not there, and somebody who does not have it.
    assert!(matches!(b.fetch(hash, 300_000, vec![]).await, Err(FetchError::Missing { tried: 0, .. })));
    let stranger = Provider { key: TransportKey([9; 32]), sockets: vec![] };
    assert!(matches!(
        b.fetch(hash, 300_000, vec![stranger]).await,
        Err(FetchError::Missing { tried: 1, .. })
    ));
    let absent = BlobHash::of(b"nothing");
    assert!(matches!(b.fetch(absent, 7, vec![of(&a)]).await, Err(FetchError::Missing { tried: 1, .. })));
    // What no live record owns is not given to anybody, and is again once it is owned.
    allowed.store(false, Ordering::Relaxed);
    assert!(matches!(b.fetch(hash, 300_000, vec![of(&a)]).await, Err(FetchError::Missing { .. })));
    allowed.store(true, Ordering::Relaxed);
    let absent_first = vec![Provider { key: b.key(), sockets: b.sockets() }, of(&a)];
    b.fetch(hash, 300_000, absent_first).await.unwrap();
    a.shutdown().await;
    b.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_goes_on_where_a_provider_died() {
    let (fa, fb, fc) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let (a, c) = (open(&fa, 5, everything()).await, open(&fc, 6, everything()).await);
    let b = Arc::new(open(&fb, 7, everything()).await);
    let bytes = noise(40_000_000);
    let size = bytes.len() as u64;
    let hash = a.add(bytes.clone()).await.unwrap();
    c.add(bytes.clone()).await.unwrap();
    let fetching = {
        let (b, provider) = (Arc::clone(&b), of(&a));
        tokio::spawn(async move { b.fetch(hash, size, vec![provider]).await })
    };
    // A dies as soon as something has arrived.
    let deadline = Instant::now() + Duration::from_secs(10);
    while b.counts().await.blobs == 0 && b.partial(hash).await == 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    a.shutdown().await;
    let first = fetching.await.unwrap();
    let kept = b.partial(hash).await;
    assert!(kept > 0, "what came is kept");
    b.fetch(hash, size, vec![of(&c)]).await.unwrap();
    assert_eq!(b.get(hash).await.unwrap(), bytes, "first attempt: {first:?}, kept {kept}");
    b.shutdown().await;
    c.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_removed_leaves_the_disk() {
    let folder = TempDir::new().unwrap();
    let a = open(&folder, 8, everything()).await;
    let (kept, gone) = (a.add(noise(90_000)).await.unwrap(), a.add(noise(80_000)).await.unwrap());
    a.remove(gone).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while a.has(gone).await {
        assert!(Instant::now() < deadline, "the collector did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(a.has(kept).await);
    assert!(!folder.path().join(format!("blobs/data/{gone}.data")).exists());
    a.shutdown().await;
}

#[tokio::test]
async fn memory_behaves_like_the_network() {
    let (a, b) = (MemoryBlobs::default(), MemoryBlobs::default());
    let key = TransportKey([1; 32]);
    b.introduce(key, &a);
    let hash = a.add(noise(10)).await.unwrap();
    let from = vec![Provider { key, sockets: vec![] }];
    assert!(matches!(b.fetch(hash, 11, from.clone()).await, Err(FetchError::WrongSize { found: 10, .. })));
    assert!(matches!(b.fetch(hash, 10, vec![]).await, Err(FetchError::Missing { .. })));
    b.fetch(hash, 10, from).await.unwrap();
    assert_eq!(b.counts().await, Counts { blobs: 1, bytes: 10 });
    b.remove(hash).await;
    assert!(!b.has(hash).await);
}
