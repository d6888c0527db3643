//! Ingest: signed records of one author from bytes to disk — decode, check, verify, decide, store.

use std::path::Path;
use std::time::Instant;

use kinora_protocol::check::{CertificateCache, check};
use kinora_protocol::ids::Rid;
use kinora_protocol::record::{Body, Comment};
use serde::Serialize;

use crate::clock;
use crate::home::Home;
use crate::keystore::Keystore;
use crate::store::Store;

/// Records in one transaction, as at the door under load.
const BATCH: usize = 256;

/// How fast records are ingested by one thread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IngestFigures {
    /// Records stored.
    pub records: usize,
    /// Seconds it took.
    pub seconds: f64,
}

/// Measures in `folder`, which must exist.
///
/// # Errors
/// When the store or the keys cannot be made.
pub fn bench_ingest(folder: &Path, records: usize) -> Result<IngestFigures, String> {
    let say = |e: kinora_protocol::api::ApiError| e.message;
    let now = clock::now_seconds();
    let home = Home::open(folder).map_err(|e| e.to_string())?;
    let keys = Keystore::open_or_create(&home, None, now.saturating_sub(1)).map_err(say)?;
    let signed: Result<Vec<Vec<u8>>, _> = (0..records)
        .map(|i| {
            let body = Body::Comment(Comment { on: Rid([1; 32]), text: format!("comment number {i}") });
            keys.author().sign(now, body).map(|checked| checked.bytes().to_vec())
        })
        .collect();
    let signed = signed.map_err(|e| e.to_string())?;
    let store = Store::open(&home.records(), kinora_protocol::NETWORK).map_err(|e| e.to_string())?;
    let mut cache = CertificateCache::default();
    let start = Instant::now();
    for batch in signed.chunks(BATCH) {
        let checked: Result<Vec<_>, _> =
            batch.iter().map(|bytes| check(bytes, store.network(), &mut cache)).collect();
        store.put_all(&checked.map_err(|e| e.to_string())?, now).map_err(|e| e.to_string())?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let stored = store.counts().map_err(|e| e.to_string())?.records;
    if stored != records as u64 {
        return Err(format!("{records} records came, {stored} are stored"));
    }
    Ok(IngestFigures { records, seconds })
}
