//! The address book: whom to dial, where, and when again. Pure: time comes in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libp2p::{Multiaddr, PeerId};

/// Entries kept; beyond, the least wanted one is dropped.
const ENTRIES_MAX: usize = 256;
/// Addresses of one entry.
const ADDRESSES_MAX: usize = 8;
/// First wait after a failure; it doubles.
const WAIT: Duration = Duration::from_secs(1);
/// Longest wait for a peer that the user named.
const WAIT_MAX_NAMED: Duration = Duration::from_secs(30);
/// Longest wait for others.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// Why we know an address; the greater, the more it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// Seen on the network.
    Seen,
    /// Somebody whose records are stored here.
    Stored,
    /// The user named it.
    Named,
}

/// Key of an entry: the peer, or the bare address while its peer is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whom {
    Peer(PeerId),
    Address(Multiaddr),
}

#[derive(Clone, Debug)]
struct Entry {
    reason: Reason,
    addresses: Vec<Multiaddr>,
    failures: u32,
    /// None while connected or being dialled.
    next: Option<Instant>,
}

/// The book.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: BTreeMap<Whom, Entry>,
}

impl Book {
    /// Notes addresses, the newest first; they are tried at once if the entry is new or got a new address.
    pub(super) fn note(&mut self, now: Instant, whom: Whom, addresses: &[Multiaddr], reason: Reason) {
        if !self.entries.contains_key(&whom) && self.entries.len() >= ENTRIES_MAX && !self.make_room(reason) {
            return;
        }
        let fresh = Entry { reason, addresses: Vec::new(), failures: 0, next: Some(now) };
        let entry = self.entries.entry(whom).or_insert(fresh);
        entry.reason = entry.reason.max(reason);
        for address in addresses.iter().rev() {
            if entry.addresses.contains(address) {
                continue;
            }
            entry.addresses.insert(0, address.clone());
            entry.next = entry.next.map(|next| next.min(now));
        }
        entry.addresses.truncate(ADDRESSES_MAX);
    }

    fn make_room(&mut self, reason: Reason) -> bool {
        let worst = self
            .entries
            .iter()
            .filter(|(_, e)| e.next.is_some() && e.reason <= reason && e.reason < Reason::Named);
        let worst =
            worst.min_by_key(|(_, e)| (e.reason, std::cmp::Reverse(e.failures))).map(|(w, _)| w.clone());
        worst.is_some_and(|whom| self.entries.remove(&whom).is_some())
    }

    /// Whom to dial now, at most `limit`; they count as being dialled from here on.
    pub(super) fn due(&mut self, now: Instant, limit: usize) -> Vec<(Whom, Vec<Multiaddr>)> {
        let mut due: Vec<(std::cmp::Reverse<Reason>, Instant, Whom)> = self
            .entries
            .iter()
            .filter_map(|(whom, e)| {
                Some((std::cmp::Reverse(e.reason), e.next.filter(|n| *n <= now)?, whom.clone()))
            })
            .collect();
        due.sort();
        let mut out = Vec::new();
        for (_, _, whom) in due.into_iter().take(limit) {
            if let Some(entry) = self.entries.get_mut(&whom) {
                entry.next = None;
                out.push((whom, entry.addresses.clone()));
            }
        }
        out
    }

    /// A peer is connected; an entry that was only an address is merged into its peer.
    pub(super) fn connected(&mut self, now: Instant, peer: PeerId, address: Option<&Multiaddr>) {
        if let Some(address) = address
            && let Some(old) = self.entries.remove(&Whom::Address(address.clone()))
        {
            self.note(now, Whom::Peer(peer), &old.addresses, old.reason);
        }
        if let Some(entry) = self.entries.get_mut(&Whom::Peer(peer)) {
            entry.failures = 0;
            entry.next = None;
        }
    }

    /// The last connection to a peer ended: try again soon.
    pub(super) fn disconnected(&mut self, now: Instant, peer: PeerId) {
        if let Some(entry) = self.entries.get_mut(&Whom::Peer(peer)) {
            entry.next = now.checked_add(WAIT);
        }
    }

    /// A dial did not work: wait longer, and forget strangers that never answer.
    pub(super) fn failed(&mut self, now: Instant, whom: &Whom) {
        let Some(entry) = self.entries.get_mut(whom) else { return };
        let max = if entry.reason == Reason::Named { WAIT_MAX_NAMED } else { WAIT_MAX };
        let wait = WAIT.saturating_mul(1u32.checked_shl(entry.failures).unwrap_or(u32::MAX)).min(max);
        entry.failures = entry.failures.saturating_add(1).min(16);
        entry.next = now.checked_add(wait);
        if entry.reason == Reason::Seen && entry.failures > 5 {
            self.entries.remove(whom);
        }
    }

    /// Peers noted, with an address of each.
    pub(super) fn peers(&self) -> impl Iterator<Item = (PeerId, Option<&Multiaddr>)> {
        self.entries.iter().filter_map(|(whom, entry)| match whom {
            Whom::Peer(peer) => Some((*peer, entry.addresses.first())),
            Whom::Address(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/10.0.0.1/tcp/{port}").parse().unwrap()
    }

    #[test]
    fn waits_double_and_a_disconnection_is_retried_soon() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut book = Book::default();
        book.note(now, Whom::Peer(peer), &[address(1)], Reason::Named);
        let mut at = now;
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(book.due(at, 9).len(), 1);
            assert!(book.due(at, 9).is_empty(), "it is being dialled");
            book.failed(at, &Whom::Peer(peer));
            let wait = Duration::from_secs(seconds);
            assert!(book.due(at + wait - Duration::from_millis(1), 9).is_empty());
            at += wait;
        }
        book.connected(at, peer, None);
        assert!(book.due(at + Duration::from_secs(9_999), 9).is_empty());
        book.disconnected(at, peer);
        assert_eq!(book.due(at + WAIT, 9).len(), 1);
    }

    #[test]
    fn an_address_becomes_its_peer_and_the_user_comes_first() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut book = Book::default();
        book.note(now, Whom::Peer(PeerId::random()), &[address(2)], Reason::Seen);
        book.note(now, Whom::Address(address(1)), &[address(1)], Reason::Named);
        assert_eq!(book.due(now, 1), [(Whom::Address(address(1)), vec![address(1)])]);
        book.connected(now, peer, Some(&address(1)));
        assert_eq!(book.peers().find(|(p, _)| *p == peer), Some((peer, Some(&address(1)))));
        book.disconnected(now, peer);
        assert_eq!(book.due(now + WAIT, 1).first().map(|(w, _)| w.clone()), Some(Whom::Peer(peer)));
    }

    #[test]
    fn the_book_is_bounded_and_never_forgets_what_the_user_named() {
        let now = Instant::now();
        let mut book = Book::default();
        book.note(now, Whom::Address(address(1)), &[address(1)], Reason::Named);
        for port in 2..1_000 {
            book.note(now, Whom::Peer(PeerId::random()), &[address(port)], Reason::Seen);
        }
        assert_eq!(book.entries.len(), ENTRIES_MAX);
        assert!(book.entries.contains_key(&Whom::Address(address(1))));
        let many: Vec<_> = (1..50).map(address).collect();
        book.note(now, Whom::Address(address(1)), &many, Reason::Seen);
        assert_eq!(book.entries[&Whom::Address(address(1))].addresses.len(), ADDRESSES_MAX);
    }
}
