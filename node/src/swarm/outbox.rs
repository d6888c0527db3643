//! Our own records on their way to gossip: safety records at once and first, the others so many a tick.
//!
//! A peer's queue holds [`GOSSIP_QUEUE`] messages; what comes faster than it is read is dropped there and reaches the
//! peer by sync, later. A burst of ours (a restored home, an import) is therefore handed out in portions that fit.

use std::collections::VecDeque;

use super::behaviour::GOSSIP_QUEUE;

/// Records that wait for peers or for their turn, of each sort; the oldest gives way, sync will bring it.
pub(super) const OUTBOX_MAX: usize = 1_024;
/// Records given to gossip in one tick, safety records not counted: half the queue of a peer.
pub(super) const PUBLISH_PER_TICK: usize = GOSSIP_QUEUE / 2;

/// What waits, and how much may still go before the next tick.
#[derive(Debug)]
pub(super) struct Outbox {
    safety: VecDeque<Vec<u8>>,
    others: VecDeque<Vec<u8>>,
    allowance: usize,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { safety: VecDeque::new(), others: VecDeque::new(), allowance: PUBLISH_PER_TICK }
    }
}

impl Outbox {
    /// Whether a record of this sort may go now.
    pub(super) fn may_go(&self, safety: bool) -> bool {
        safety || self.allowance > 0
    }

    /// Notes that one went.
    pub(super) fn gone(&mut self, safety: bool) {
        if !safety {
            self.allowance = self.allowance.saturating_sub(1);
        }
    }

    /// Keeps a record for its turn or for the first peer that comes.
    pub(super) fn keep(&mut self, safety: bool, signed: Vec<u8>) {
        let queue = if safety { &mut self.safety } else { &mut self.others };
        if queue.len() >= OUTBOX_MAX {
            queue.pop_front();
        }
        queue.push_back(signed);
    }

    /// A tick is over: as many may go again.
    pub(super) fn tick(&mut self) {
        self.allowance = PUBLISH_PER_TICK;
    }

    /// Everything that waits, safety records first; what cannot go is kept again, in the same order.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (bool, Vec<u8>)> + use<> {
        let (safety, others) = (std::mem::take(&mut self.safety), std::mem::take(&mut self.others));
        safety.into_iter().map(|r| (true, r)).chain(others.into_iter().map(|r| (false, r)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One tick: what goes out when everything can be sent.
    fn tick(outbox: &mut Outbox) -> Vec<(bool, Vec<u8>)> {
        outbox.tick();
        let mut went = Vec::new();
        for (safety, record) in outbox.take() {
            if outbox.may_go(safety) {
                outbox.gone(safety);
                went.push((safety, record));
            } else {
                outbox.keep(safety, record);
            }
        }
        went
    }

    #[test]
    fn a_burst_goes_out_in_portions_and_in_order() {
        let mut outbox = Outbox::default();
        let all: Vec<Vec<u8>> =
            (0..PUBLISH_PER_TICK * 2 + 3).map(|n| vec![n as u8, (n >> 8) as u8]).collect();
        all.iter().for_each(|record| outbox.keep(false, record.clone()));
        let portions: Vec<Vec<(bool, Vec<u8>)>> = (0..4).map(|_| tick(&mut outbox)).collect();
        let sizes: Vec<usize> = portions.iter().map(Vec::len).collect();
        assert_eq!(sizes, [PUBLISH_PER_TICK, PUBLISH_PER_TICK, 3, 0]);
        let sent: Vec<Vec<u8>> = portions.into_iter().flatten().map(|(_, record)| record).collect();
        assert_eq!(sent, all);
    }

    #[test]
    fn a_safety_record_waits_for_nobody_and_is_not_pushed_out() {
        let mut outbox = Outbox::default();
        outbox.keep(true, vec![7]);
        (0..OUTBOX_MAX * 2).for_each(|n| outbox.keep(false, vec![n as u8]));
        while outbox.may_go(false) {
            outbox.gone(false);
        }
        assert!(outbox.may_go(true));
        assert_eq!(outbox.take().next(), Some((true, vec![7])));
    }
}
