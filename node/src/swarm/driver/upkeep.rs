//! What is due now and then: dials, sync, healing one-way connections, finding authors, renewing our address.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kinora_protocol::ids::AuthorId;
use libp2p::{PeerId, kad};

use super::{DIALS_PER_TICK, Driver};

/// A connected peer that shows no subscription for this long is reconnected: its side may never have sent it
/// (gossipsub sends subscriptions on the first connection only).
const HEAL_AFTER: Duration = Duration::from_secs(6);
/// Healing one peer is not tried more often than this.
const HEAL_EVERY: Duration = Duration::from_secs(20);
/// Peers remembered as healed.
const HEALED_MAX: usize = 256;
/// How often our address record is made anew, well within its life.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// How often the node tables are asked for authors.
const SEEK_EVERY: Duration = Duration::from_secs(60);
/// Authors asked for at a time.
const SEEK_AUTHORS: usize = 4;

/// Appointments of the driver.
pub(super) struct Upkeep {
    announce: Instant,
    seek: Instant,
    /// Where in the list of authors the next search begins.
    sought: usize,
    provided: bool,
    healed: BTreeMap<PeerId, Instant>,
}

impl Upkeep {
    pub(super) fn new(now: Instant) -> Self {
        let later = |wait| now.checked_add(wait).unwrap_or(now);
        Self {
            announce: later(ANNOUNCE_EVERY),
            seek: now,
            sought: 0,
            provided: false,
            healed: BTreeMap::new(),
        }
    }
}

/// The key under which nodes of an author are found.
fn seek_key(author: &AuthorId) -> kad::RecordKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"kinora/author-nodes/1\0").update(author.as_bytes());
    kad::RecordKey::new(&hasher.finalize().as_bytes())
}

impl Driver {
    pub(super) fn tick(&mut self, now: Instant) {
        for (whom, addresses) in self.book.due(now, DIALS_PER_TICK) {
            self.dial(whom, addresses, None);
        }
        self.outbox.tick();
        self.flush_outbox();
        self.start_sessions(now);
        self.heal(now);
        self.show();
        if now >= self.upkeep.announce {
            self.upkeep.announce = now.checked_add(ANNOUNCE_EVERY).unwrap_or(now);
            self.announce(true);
        }
        if now >= self.upkeep.seek && !self.peers.is_empty() {
            self.upkeep.seek = now.checked_add(SEEK_EVERY).unwrap_or(now);
            self.seek();
        }
    }

    /// Reconnects peers that speak gossip and show no subscription.
    fn heal(&mut self, now: Instant) {
        let feed = self.topics.feed.hash();
        let gossip = &self.swarm.behaviour().gossip;
        let subscribed: Vec<PeerId> =
            gossip.all_peers().filter(|(_, topics)| topics.contains(&&feed)).map(|(id, _)| *id).collect();
        let old = |since: Instant, max: Duration| now.saturating_duration_since(since) > max;
        let sick: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(id, p)| p.gossips && old(p.since, HEAL_AFTER) && !subscribed.contains(id))
            .filter(|(id, _)| self.upkeep.healed.get(id).is_none_or(|at| old(*at, HEAL_EVERY)))
            .map(|(id, _)| *id)
            .collect();
        for peer in sick {
            tracing::info!(%peer, "a peer shows no subscription: connecting anew");
            if self.upkeep.healed.len() >= HEALED_MAX {
                self.upkeep.healed.pop_first();
            }
            self.upkeep.healed.insert(peer, now);
            let _ = self.swarm.disconnect_peer_id(peer);
        }
    }

    /// Says which author's node this is, and looks for nodes of those followed.
    fn seek(&mut self) {
        let authors = self.records.scope();
        let Some((own, followed)) = authors.split_first() else { return };
        let tables = &mut self.swarm.behaviour_mut().kad;
        if !self.upkeep.provided {
            match tables.start_providing(seek_key(own)) {
                Ok(_) => self.upkeep.provided = true,
                Err(error) => tracing::warn!(%error, "this node cannot be found by its author"),
            }
        }
        let begin = self.upkeep.sought;
        for author in followed.iter().cycle().skip(begin).take(SEEK_AUTHORS.min(followed.len())) {
            tables.get_providers(seek_key(author));
        }
        self.upkeep.sought =
            begin.saturating_add(SEEK_AUTHORS).checked_rem(followed.len().max(1)).unwrap_or(0);
    }
}
