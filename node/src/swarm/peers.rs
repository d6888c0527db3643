//! What is known of each connected peer, and how much it may ask of us.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use kinora_protocol::api;
use kinora_protocol::ids::TransportKey;
use kinora_protocol::sync::Memory;
use kinora_protocol::text::Text;
use libp2p::{Multiaddr, PeerId};

use super::addresses::{ip_of, sockets_seen};
use crate::blobs::Provider;

/// How often a connected peer is asked what is new.
pub(super) const SYNC_EVERY: Duration = Duration::from_secs(30);
/// How long a peer that broke the rules of sync is not asked.
const SYNC_PENALTY: Duration = Duration::from_secs(300);
/// How long a failed exchange waits.
const SYNC_RETRY: Duration = Duration::from_secs(5);
/// After this long, what a peer gave us that we refused may be asked for again.
const MEMORY_LIFE: Duration = Duration::from_secs(600);
/// Questions one peer may ask in a burst, and per second from then on.
const QUESTIONS: Bucket = Bucket::new(200.0, 40.0);
/// Records of authors nobody here follows that are passed on for one peer, in a burst and per second.
const RELAYED: Bucket = Bucket::new(100.0, 10.0);
/// Longest text shown of a peer.
const TEXT_CHARS_MAX: usize = 96;

/// A token bucket: a delay for the eager, never part of what a set contains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    size: f64,
    per_second: f64,
    tokens: f64,
    seen: Option<Instant>,
}

impl Bucket {
    const fn new(size: f64, per_second: f64) -> Self {
        Self { size, per_second, tokens: size, seen: None }
    }

    /// Takes a token if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if let Some(seen) = self.seen {
            let refill = now.saturating_duration_since(seen).as_secs_f64() * self.per_second;
            self.tokens = (self.tokens + refill).min(self.size);
        }
        self.seen = Some(now);
        let taken = self.tokens >= 1.0;
        if taken {
            self.tokens -= 1.0;
        }
        taken
    }
}

/// How catching up with a peer stands.
#[derive(Debug)]
pub(super) struct SyncState {
    pub(super) running: bool,
    pub(super) due: Instant,
    pub(super) memory: Memory,
    born: Instant,
}

/// How a session with a peer ended, for the next appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncEnd {
    Complete,
    /// The bound of rounds was reached: there is more.
    Partial,
    /// It did not answer, or was busy.
    Failed,
    /// It broke the rules.
    Fault,
}

impl SyncState {
    pub(super) fn new(now: Instant) -> Self {
        Self { running: false, due: now, memory: Memory::default(), born: now }
    }

    pub(super) fn start(&mut self, now: Instant) -> Memory {
        self.running = true;
        self.due = now.checked_add(SYNC_EVERY).unwrap_or(now);
        if now.saturating_duration_since(self.born) > MEMORY_LIFE {
            self.born = now;
            return Memory::default();
        }
        std::mem::take(&mut self.memory)
    }

    pub(super) fn end(&mut self, now: Instant, memory: Memory, end: SyncEnd) {
        self.running = false;
        self.memory = memory;
        let next = match end {
            // A call that came meanwhile has moved the appointment forward already.
            SyncEnd::Complete => return,
            SyncEnd::Partial => Duration::ZERO,
            SyncEnd::Failed => SYNC_RETRY,
            SyncEnd::Fault => SYNC_PENALTY,
        };
        self.due = now.checked_add(next).unwrap_or(now);
    }
}

/// A connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) key: TransportKey,
    pub(super) since: Instant,
    pub(super) remote: Multiaddr,
    pub(super) agent: String,
    /// Whether it says that it speaks gossip.
    pub(super) gossips: bool,
    /// Blob sockets it told.
    pub(super) blobs: Vec<SocketAddr>,
    pub(super) rtt: Option<Duration>,
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) last_fault: Option<String>,
    pub(super) sync: SyncState,
    pub(super) questions: Bucket,
    pub(super) relayed: Bucket,
}

impl Peer {
    pub(super) fn new(now: Instant, key: TransportKey, remote: Multiaddr) -> Self {
        Self {
            key,
            since: now,
            remote,
            agent: String::new(),
            gossips: false,
            blobs: Vec::new(),
            rtt: None,
            accepted: 0,
            refused: 0,
            last_fault: None,
            sync: SyncState::new(now),
            questions: QUESTIONS,
            relayed: RELAYED,
        }
    }

    pub(super) fn remote_ip(&self) -> Option<IpAddr> {
        ip_of(&self.remote)
    }

    pub(super) fn fault(&mut self, code: &str) {
        self.refused = self.refused.saturating_add(1);
        self.last_fault = Some(code.to_owned());
    }

    pub(super) fn provider(&self) -> Option<Provider> {
        let sockets = sockets_seen(&self.blobs, self.remote_ip());
        (!sockets.is_empty()).then_some(Provider { key: self.key, sockets })
    }

    pub(super) fn view(&self, id: &PeerId, in_mesh: bool) -> api::Peer {
        api::Peer {
            peer: id.to_string(),
            transport: Some(self.key),
            address: Text::line(&self.remote.to_string(), TEXT_CHARS_MAX),
            agent: Text::line(&self.agent, TEXT_CHARS_MAX),
            connected: true,
            in_mesh,
            rtt_millis: self.rtt.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
            accepted: self.accepted,
            refused: self.refused,
            last_fault: self.last_fault.clone(),
        }
    }
}

/// A peer that is only in the book.
pub(super) fn absent(id: &PeerId, key: Option<TransportKey>, address: Option<&Multiaddr>) -> api::Peer {
    api::Peer {
        peer: id.to_string(),
        transport: key,
        address: Text::line(&address.map(ToString::to_string).unwrap_or_default(), TEXT_CHARS_MAX),
        agent: Text::line("", TEXT_CHARS_MAX),
        connected: false,
        in_mesh: false,
        rtt_millis: None,
        accepted: 0,
        refused: 0,
        last_fault: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(3.0, 2.0);
        let taken = (0..10).filter(|_| bucket.take(start)).count();
        assert_eq!(taken, 3);
        assert!(!bucket.take(start + Duration::from_millis(400)));
        assert!(bucket.take(start + Duration::from_millis(600)));
        let later = start + Duration::from_secs(3_600);
        assert_eq!((0..10).filter(|_| bucket.take(later)).count(), 3, "it never holds more than its size");
    }

    #[test]
    fn a_call_for_sync_during_a_session_is_not_lost() {
        let now = Instant::now();
        let mut sync = SyncState::new(now);
        let memory = sync.start(now);
        assert_eq!(sync.due, now + SYNC_EVERY);
        sync.due = now;
        sync.end(now, memory, SyncEnd::Complete);
        assert_eq!(sync.due, now);
        let memory = sync.start(now);
        sync.end(now, memory, SyncEnd::Fault);
        assert_eq!(sync.due, now + SYNC_PENALTY);
    }
}
