//! Heads: how a revocation is kept from being hidden.
//!
//! A head counts all revocations of a cameo and holds for a day at most. A clip staples the head that was current when it
//! was published; whoever takes the clip in must know one that still holds.

use super::facts::{ClipFacts, Signed, UseFacts};
use super::people::{controllers, revokers};
use super::refusal::Refusal;
use super::{ConsentSet, Freshness, GREATEST, LEAST, Proof, revoked_root};
use crate::ids::{AuthorId, Rid};
use crate::limits::{CONSENT_HEAD_SECONDS_MAX, CONSENT_STAPLE_SECONDS_MAX, FUTURE_SECONDS_MAX};
use crate::record::{Cameo, Head};

impl ConsentSet {
    /// Checks the head that a use carries.
    pub(super) fn staple_holds<'a>(
        &self,
        cameo: &Signed<Cameo>,
        clip: &ClipFacts,
        facts: &'a UseFacts,
    ) -> Result<&'a Signed<Head>, Refusal> {
        let head = facts.head.as_ref().ok_or(Refusal::HeadUnreadable)?;
        if head.body.cameo != cameo.rid {
            return Err(Refusal::HeadOfAnother);
        }
        if !controllers(cameo).contains(&head.by) {
            return Err(Refusal::HeadByStranger);
        }
        if !is_sound(head) {
            return Err(Refusal::HeadTooLong);
        }
        if head.time > clip.time.saturating_add(FUTURE_SECONDS_MAX) {
            return Err(Refusal::HeadFromTheFuture);
        }
        if clip.time.saturating_sub(head.time) > CONSENT_STAPLE_SECONDS_MAX {
            return Err(Refusal::HeadTooOld);
        }
        // Earlier heads were the same for all; from the doubled number on nobody knows what others were shown.
        if self.doubled(cameo, Some(head)).is_some_and(|(seq, _)| head.body.seq >= seq) {
            return Err(Refusal::Equivocated);
        }
        Ok(head)
    }

    fn heads_of(&self, cameo: Rid) -> impl Iterator<Item = &Signed<Head>> {
        let least = (cameo, AuthorId([0; 32]), 0, LEAST);
        let greatest = (cameo, AuthorId([255; 32]), u64::MAX, GREATEST);
        self.heads.range(least..=greatest).map(|(_, head)| head)
    }

    /// The newest head of a cameo that counts.
    pub(super) fn newest_head(&self, cameo: &Signed<Cameo>) -> Option<&Signed<Head>> {
        let controllers = controllers(cameo);
        let counting =
            self.heads_of(cameo.rid).filter(|head| controllers.contains(&head.by) && is_sound(head));
        counting.max_by_key(|head| (head.body.seq, head.time, head.rid))
    }

    /// How fresh the news is that `stapled` and everything known gives; and when the newest head was signed.
    pub(super) fn freshness(
        &self,
        cameo: &Signed<Cameo>,
        stapled: &Signed<Head>,
        now: u64,
    ) -> (u64, Freshness) {
        let order = |head: &Signed<Head>| (head.body.seq, head.time, head.rid);
        let known = self.newest_head(cameo).filter(|known| order(known) > order(stapled));
        let newest = known.unwrap_or(stapled);
        let freshness = if now > newest.body.next_by {
            Freshness::Stale
        } else if self.is_complete(cameo, newest) {
            Freshness::Fresh
        } else {
            Freshness::Incomplete
        };
        (newest.time, freshness)
    }

    /// Whether the revocations known up to a head are the ones that it counts.
    fn is_complete(&self, cameo: &Signed<Cameo>, head: &Signed<Head>) -> bool {
        let counted = self.counted_revocations(cameo, head.time);
        counted.len() as u64 == head.body.revoked && revoked_root(counted) == head.body.root.into_array()
    }

    fn counted_revocations(&self, cameo: &Signed<Cameo>, until: u64) -> Vec<Rid> {
        let revokers = revokers(cameo);
        let known = self.revokes.range((cameo.rid, LEAST)..=(cameo.rid, GREATEST)).map(|(_, revoke)| revoke);
        known
            .filter(|revoke| revoke.time <= until && revokers.contains(&revoke.by))
            .map(|revoke| revoke.rid)
            .collect()
    }

    /// The lowest number that two heads have, and the two; `more` is one that may not be in the set yet.
    fn doubled(&self, cameo: &Signed<Cameo>, more: Option<&Signed<Head>>) -> Option<(u64, Proof)> {
        let controllers = controllers(cameo);
        let heads = self.heads_of(cameo.rid).chain(more);
        let mut counting: Vec<&Signed<Head>> = heads.filter(|head| controllers.contains(&head.by)).collect();
        counting.sort_by_key(|head| (head.body.seq, head.rid));
        counting.dedup_by_key(|head| head.rid);
        let pairs = counting.iter().zip(counting.iter().skip(1));
        let mut doubled = pairs.filter(|(one, other)| one.body.seq == other.body.seq);
        doubled
            .next()
            .map(|(one, other)| (one.body.seq, Proof { by: one.by, first: one.rid, second: other.rid }))
    }

    /// Two heads of a cameo that have one number, if there are.
    #[must_use]
    pub fn equivocation(&self, cameo: &Rid) -> Option<Proof> {
        self.doubled(self.cameos.get(cameo)?, None).map(|(_, proof)| proof)
    }

    /// The next head of a cameo for its controller to sign now; none when the cameo is not known.
    #[must_use]
    pub fn next_head(&self, cameo: &Rid, now: u64) -> Option<Head> {
        let cameo = self.cameos.get(cameo)?;
        let newest = self.newest_head(cameo);
        let counted = self.counted_revocations(cameo, now);
        Some(Head {
            cameo: cameo.rid,
            seq: newest.map_or(0, |head| head.body.seq.saturating_add(1)),
            prev: newest.map(|head| head.rid),
            next_by: now.saturating_add(CONSENT_HEAD_SECONDS_MAX),
            revoked: counted.len() as u64,
            root: revoked_root(counted).into(),
        })
    }

    /// The newest known head of a cameo: its id, its time, and until when it holds.
    #[must_use]
    pub fn head_of(&self, cameo: &Rid) -> Option<(Rid, u64, &Head)> {
        let head = self.newest_head(self.cameos.get(cameo)?)?;
        Some((head.rid, head.time, &head.body))
    }
}

/// Whether a head holds for no longer than it may.
fn is_sound(head: &Signed<Head>) -> bool {
    let last = head.time.saturating_add(CONSENT_HEAD_SECONDS_MAX);
    (head.time..=last).contains(&head.body.next_by)
}
