//! Real swarms over TCP on loopback, with records in memory: what others can observe of the network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kinora_protocol::NETWORK;
use kinora_protocol::check::{Author, CertificateCache, Checked, check, rid_of_signed};
use kinora_protocol::feed::{Decision, FeedSet, View as _};
use kinora_protocol::ids::{AuthorId, Rid, TransportKey};
use kinora_protocol::keys::{DeviceSecret, Genesis, RootSecret, certify};
use kinora_protocol::record::{Address, Body, Comment};
use kinora_protocol::sync::{Item, Shelf, Summary};

use super::*;

mod attacks;
mod regressions;

/// What every record of the tests is judged at.
const NOW: u64 = 1_800_000_000;

/// Records in memory, with the real checks and the real membership rules.
pub(super) struct Memory {
    author: Author,
    key: TransportKey,
    follows: Mutex<Vec<AuthorId>>,
    state: Mutex<State>,
    nodes: Mutex<Vec<Stranger>>,
}

#[derive(Default)]
struct State {
    set: FeedSet,
    cache: CertificateCache,
    order: BTreeMap<(AuthorId, u64, Rid), Checked>,
    faults: Vec<&'static str>,
}

fn author(seed: u8) -> Author {
    let (root, next) = (RootSecret::from_seed([seed; 32]), RootSecret::from_seed([seed ^ 0x55; 32]));
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    let device = DeviceSecret::from_seed([seed.wrapping_add(100); 32]);
    let certificate = certify(&root, genesis, Vec::new(), device.public(), (0, u64::from(u32::MAX)));
    Author::new(device, certificate, NETWORK).unwrap()
}

impl Memory {
    fn new(seed: u8) -> Arc<Self> {
        let peer = libp2p::identity::Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id();
        let key = addresses::key_of(&peer).unwrap();
        let (follows, state, nodes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self { author: author(seed), key, follows, state, nodes })
    }

    fn follow(&self, other: &Self) {
        self.follows.lock().unwrap().push(other.author.author_id());
    }

    fn put(&self, signed: &[u8]) -> Judged {
        let mut state = self.state.lock().unwrap();
        let State { set, cache, order, faults } = &mut *state;
        let checked = match check(signed, NETWORK, cache) {
            Ok(checked) => checked,
            Err(fault) => {
                faults.push(fault.code());
                return Judged::Refused(fault);
            }
        };
        let wanted = checked.author() == self.author.author_id()
            || self.follows.lock().unwrap().contains(&checked.author());
        if !wanted {
            return Judged::Dropped { reason: "not followed", relay: true };
        }
        let place = (checked.author(), checked.time(), checked.rid());
        match set.insert(checked.clone(), NOW) {
            Decision::Known => Judged::Known,
            Decision::Keep { .. } | Decision::Replace(_) => {
                order.insert(place, checked);
                order.retain(|(_, _, rid), _| set.contains(rid));
                Judged::New
            }
            _ => Judged::Held,
        }
    }

    /// Signs and stores a record of our own.
    fn write(&self, n: u64) -> Vec<u8> {
        let signed = self.sign(n);
        assert_eq!(self.put(&signed), Judged::New);
        signed
    }

    /// Signs a record of our own.
    fn sign(&self, n: u64) -> Vec<u8> {
        let on = Rid(*blake3::hash(&n.to_le_bytes()).as_bytes());
        let body = Body::Comment(Comment { on, text: format!("comment number {n}") });
        self.author.sign(NOW - 1_000 + n, body).unwrap().bytes().to_vec()
    }

    fn has(&self, signed: &[u8]) -> bool {
        let rid = rid_of_signed(signed).unwrap();
        self.state.lock().unwrap().set.contains(&rid)
    }

    fn faults(&self) -> Vec<&'static str> {
        self.state.lock().unwrap().faults.clone()
    }
}

impl Shelf for Memory {
    fn summary(&self, author: &AuthorId) -> Summary {
        let state = self.state.lock().unwrap();
        let rids: Vec<Rid> =
            state.order.keys().filter(|(a, ..)| a == author).map(|(_, _, rid)| *rid).collect();
        Summary::of(&rids)
    }
    fn ids(&self, author: &AuthorId, before: Option<(u64, Rid)>, limit: usize) -> Vec<Item> {
        let state = self.state.lock().unwrap();
        let mine = state.order.iter().rev().filter(|((a, ..), _)| a == author);
        let older = mine.filter(|((_, time, rid), _)| before.is_none_or(|b| (*time, *rid) < b));
        older
            .map(|((_, time, rid), c)| Item { time: *time, rid: *rid, safety: c.record().body.is_safety() })
            .take(limit)
            .collect()
    }
    fn settled(&self, rid: &Rid) -> bool {
        self.state.lock().unwrap().set.seen(rid).unwrap_or(false)
    }
    fn rid(&self, signed: &[u8]) -> Option<Rid> {
        rid_of_signed(signed)
    }
    fn record(&self, rid: &Rid) -> Option<Vec<u8>> {
        let state = self.state.lock().unwrap();
        state.order.iter().find(|((_, _, r), _)| r == rid).map(|(_, c)| c.bytes().to_vec())
    }
}

/// `Records` over a shared memory.
struct Shared(Arc<Memory>);

impl Records for Shared {
    fn offer(&self, signed: Vec<u8>, _: Via, _: TransportKey) -> BoxFuture<'static, Judged> {
        let memory = Arc::clone(&self.0);
        async move { memory.put(&signed) }.boxed()
    }
    fn shelf(&self) -> &dyn Shelf {
        &*self.0
    }
    fn scope(&self) -> Vec<AuthorId> {
        let mut scope = vec![self.0.author.author_id()];
        scope.extend(self.0.follows.lock().unwrap().iter());
        scope
    }
    fn is_safety(&self, signed: &[u8]) -> bool {
        check(signed, NETWORK, &mut CertificateCache::default()).is_ok_and(|c| c.record().body.is_safety())
    }
    fn announce(&self, sockets: Vec<String>) -> BoxFuture<'static, Option<Vec<u8>>> {
        let memory = Arc::clone(&self.0);
        async move {
            let body = Body::Address(Address { transport: memory.key, sockets, until: NOW + 9_999 });
            let signed = memory.author.sign(NOW, body).ok()?.bytes().to_vec();
            memory.put(&signed);
            Some(signed)
        }
        .boxed()
    }
    fn read_address(&self, signed: &[u8]) -> Option<Stranger> {
        let checked = check(signed, NETWORK, &mut CertificateCache::default()).ok()?;
        let Body::Address(address) = &checked.record().body else { return None };
        Some(Stranger { key: address.transport, sockets: address.sockets.clone() })
    }
    fn caught_up(&self) {}

    fn known_nodes(&self) -> Vec<Stranger> {
        self.0.nodes.lock().unwrap().clone()
    }
}

fn options(seed: u8, peers: &[Multiaddr]) -> NetOptions {
    NetOptions {
        seed: Zeroizing::new([seed; 32]),
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        peers: peers.to_vec(),
        mdns: false,
        agent: "kinora/test".to_owned(),
        blob_sockets: vec!["127.0.0.1:4567".parse().unwrap()],
    }
}

async fn node(seed: u8, memory: &Arc<Memory>, peers: &[Multiaddr]) -> NetHandle {
    let net = start(options(seed, peers), Arc::new(Shared(Arc::clone(memory)))).await.unwrap();
    until("an address", 5, || !net.addresses().is_empty()).await;
    net
}

/// Waits for something to become true and tells how long it took.
async fn until(what: &str, seconds: u64, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(seconds), "waited {seconds} s for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_reaches_a_follower_live_and_absence_is_made_good_at_once() {
    let (ma, mb) = (Memory::new(1), Memory::new(2));
    mb.follow(&ma);
    let before = ma.write(0);
    let a = node(1, &ma, &[]).await;
    let b = node(2, &mb, &a.addresses()).await;
    until("the two to connect", 5, || a.connected() == 1 && b.connected() == 1).await;
    until("what was written before", 5, || mb.has(&before)).await;

    let live = ma.write(1);
    a.publish(live.clone()).await;
    until("gossip", 2, || mb.has(&live)).await;

    b.shutdown().await;
    let missed: Vec<_> = (2..5).map(|n| ma.write(n)).collect();
    for signed in &missed {
        a.publish(signed.clone()).await;
    }
    let b = node(2, &mb, &a.addresses()).await;
    until("what was missed", 5, || missed.iter().all(|m| mb.has(m))).await;
    let known = || b.peers().into_iter().find(|p| p.connected).unwrap();
    until("the count of what it gave", 5, || known().accepted >= 3).await;
    let peer = known();
    assert_eq!(peer.refused, 0, "{peer:?}");
    assert_eq!(peer.agent.as_str(), "kinora/test");
    assert_eq!(b.providers().first().map(|p| p.key), Some(a.transport_key()));
    a.shutdown().await;
    b.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_follow_syncs_at_once_and_a_record_without_peers_waits_for_the_first() {
    let (ma, mb) = (Memory::new(3), Memory::new(4));
    let a = node(3, &ma, &[]).await;
    let early = ma.write(1);
    assert_eq!(a.publish(early.clone()).await, 0, "nobody is there");
    let b = node(4, &mb, &a.addresses()).await;
    until("the two to connect", 5, || b.connected() == 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!mb.has(&early), "nobody is followed");
    mb.follow(&ma);
    b.sync_now();
    until("the first sync", 2, || mb.has(&early)).await;
    // Stored addresses are enough to find each other again, without --peer.
    let texts = vec![a.addresses()[0].to_string()];
    mb.nodes.lock().unwrap().push(Stranger { key: a.transport_key(), sockets: texts });
    b.shutdown().await;
    let b = node(4, &mb, &[]).await;
    until("the stored address to be dialled", 5, || b.connected() == 1).await;
    a.shutdown().await;
    b.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_authors_nobody_here_follows_are_passed_on() {
    let (ma, mb, mc) = (Memory::new(5), Memory::new(6), Memory::new(7));
    mc.follow(&ma);
    let a = node(5, &ma, &[]).await;
    let b = node(6, &mb, &a.addresses()).await;
    let c = node(7, &mc, &b.addresses()).await;
    // C hears of A by B alone.
    until("the chain", 5, || a.connected() == 1 && b.connected() == 2 && c.connected() == 1).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let signed = ma.write(1);
    a.publish(signed.clone()).await;
    until("the record at the end of the chain", 5, || mc.has(&signed)).await;
    assert!(!mb.has(&signed), "B passes it on and keeps nothing");
    for net in [a, b, c] {
        net.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dialling_tells_what_is_wrong() {
    let memory = Memory::new(8);
    let a = node(8, &memory, &[]).await;
    assert!(matches!(a.dial_text("nonsense").await, Err(NetError::Address { .. })));
    let own = a.addresses()[0].to_string();
    assert!(matches!(a.dial_text(&own).await, Err(NetError::Address { .. })));
    assert!(matches!(a.dial_text("/ip4/127.0.0.1/tcp/1").await, Err(NetError::Unreachable { .. })));
    let taken = start(
        NetOptions { listen: vec!["/ip4/203.0.113.1/tcp/9".parse().unwrap()], ..options(9, &[]) },
        Arc::new(Shared(Memory::new(9))),
    );
    assert!(matches!(taken.await, Err(NetError::Listen { .. })), "not an address of this machine");
    a.shutdown().await;
    assert!(matches!(a.dial_text("/ip4/127.0.0.1/tcp/1").await, Err(NetError::Closed)));
    assert_eq!(a.publish(memory.write(1)).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_works_like_ipv4() {
    let (ma, mb) = (Memory::new(10), Memory::new(11));
    mb.follow(&ma);
    let listen: Vec<Multiaddr> = vec!["/ip6/::1/tcp/0".parse().unwrap()];
    let a =
        start(NetOptions { listen, ..options(10, &[]) }, Arc::new(Shared(Arc::clone(&ma)))).await.unwrap();
    until("an address", 5, || !a.addresses().is_empty()).await;
    let signed = ma.write(1);
    let b = node(11, &mb, &a.addresses()).await;
    until("sync", 5, || mb.has(&signed)).await;
    a.shutdown().await;
    b.shutdown().await;
}
