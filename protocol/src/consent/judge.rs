//! The verdict on one clip: cheap checks first, each with its own refusal.

use std::collections::BTreeSet;

use super::facts::{ClipFacts, Signed, UseFacts};
use super::grants::{covers, purposes};
use super::people::controllers;
use super::refusal::Refusal;
use super::{ConsentSet, Freshness, Person, Standing};
use crate::check::Checked;
use crate::ids::Rid;
use crate::limits::{CONSENT_DEPTH_MAX, FUTURE_SECONDS_MAX};
use crate::record::{Approval, Cameo, Clip, Command, Grant, Head, Remix, Role};

impl ConsentSet {
    /// How a clip stands, by everything known now. A clip without people and parents stands.
    ///
    /// # Errors
    /// The first rule that it breaks. A clip that was withdrawn is no error: its standing says so.
    pub fn judge(&self, now: u64, checked: &Checked) -> Result<Standing, Refusal> {
        match self.clips.get(&checked.rid()) {
            Some(facts) => self.judge_facts(now, facts),
            None => match ClipFacts::of(checked, &self.network) {
                Some(facts) => self.judge_facts(now, &facts),
                None => Ok(Standing::default()),
            },
        }
    }

    /// Whether a clip may be taken in now: it stands, nobody withdrew, and the news of everybody in it is fresh.
    ///
    /// # Errors
    /// As [`ConsentSet::judge`]; and [`Refusal::Withdrawn`], [`Refusal::Stale`] or [`Refusal::HiddenRevocation`].
    pub fn admit(&self, now: u64, checked: &Checked) -> Result<Standing, Refusal> {
        let standing = self.judge(now, checked)?;
        if let Some(target) = standing.withdrawn {
            return Err(Refusal::Withdrawn(target));
        }
        match standing.freshness() {
            Freshness::Fresh => Ok(standing),
            Freshness::Stale => Err(Refusal::Stale),
            Freshness::Incomplete => Err(Refusal::HiddenRevocation),
        }
    }

    fn judge_facts(&self, now: u64, clip: &ClipFacts) -> Result<Standing, Refusal> {
        if let Some(standing) = self.withdrawn(clip) {
            return Ok(standing);
        }
        if clip.time > now.saturating_add(FUTURE_SECONDS_MAX) {
            return Err(Refusal::ClipFromTheFuture);
        }
        let mut standing = Standing { unchecked_parents: self.lineage_holds(clip)?, ..Standing::default() };
        if clip.uses.is_empty() {
            return Ok(standing);
        }
        purposes(clip)?;
        let cameos: BTreeSet<Rid> = clip.uses.iter().map(|facts| facts.used.cameo).collect();
        if cameos.len() != clip.uses.len() {
            return Err(Refusal::DuplicateUse);
        }
        for facts in &clip.uses {
            standing.people.extend(self.judge_use(now, clip, facts)?);
        }
        Ok(standing)
    }

    /// The standing of a clip of which something was taken down. It comes first: nothing else matters then.
    pub(super) fn withdrawn(&self, clip: &ClipFacts) -> Option<Standing> {
        let targets = clip.uses.iter().filter_map(|facts| {
            let cameo = self.cameos.get(&facts.used.cameo)?;
            self.taken_back(cameo, clip, facts).withdrawn
        });
        targets.min().map(|target| Standing { withdrawn: Some(target), ..Standing::default() })
    }

    fn judge_use(&self, now: u64, clip: &ClipFacts, facts: &UseFacts) -> Result<Option<Person>, Refusal> {
        let cameo = self.cameo_of(clip, facts)?;
        if facts.used.role == Role::Absent {
            self.absence_holds(clip, facts)?;
            return Ok(None);
        }
        let (stapled, leaf) = self.use_holds(clip, facts, 0)?;
        if let Some(target) = self.taken_back(cameo, clip, facts).revoked {
            return Err(Refusal::Revoked(target));
        }
        let (heard, freshness) = self.freshness(cameo, stapled, now);
        Ok(Some(Person {
            cameo: cameo.rid,
            subject: cameo.body.subject,
            name: cameo.body.name.clone(),
            role: facts.used.role,
            grant: facts.used.grant,
            until: leaf.body.exp,
            approved: self.approved(cameo, clip, facts) == Ok(true),
            from: facts.used.from,
            heard,
            freshness,
        }))
    }

    /// The cameo of a use, when the use is signed and names it rightly.
    fn cameo_of(&self, clip: &ClipFacts, facts: &UseFacts) -> Result<&Signed<Cameo>, Refusal> {
        let used = &facts.used;
        let cameo = self.cameos.get(&used.cameo).ok_or(Refusal::UnknownCameo)?;
        if used.subject != cameo.body.subject {
            return Err(Refusal::NotTheSubject);
        }
        if !facts.signed {
            return Err(Refusal::BadUseSignature);
        }
        let mut after = 0;
        for (from, to) in &used.spans {
            if from >= to || *from < after || u64::from(*to) > clip.millis {
                return Err(Refusal::BadSpans);
            }
            after = *to;
        }
        Ok(cameo)
    }

    /// Everything of a use but its revocations; gives its staple and its grant.
    pub(super) fn use_holds<'a>(
        &'a self,
        clip: &ClipFacts,
        facts: &'a UseFacts,
        hops: u32,
    ) -> Result<(&'a Signed<Head>, &'a Signed<Grant>), Refusal> {
        let cameo = self.cameo_of(clip, facts)?;
        self.cameo_stands(cameo, clip.time)?;
        let stapled = self.staple_holds(cameo, clip, facts)?;
        let chain = self.chain(facts.used.grant)?;
        self.chain_holds(cameo, &chain, (clip.author, clip.time))?;
        let leaf = *chain.first().ok_or(Refusal::UnknownGrant)?;
        match facts.used.from {
            None => {
                self.is_for(cameo, &leaf.body, clip.author)?;
                self.ticket_holds(clip, facts, leaf)?;
            }
            Some(from) => self.inheritance_holds(clip, facts, (from, leaf), hops)?,
        }
        covers(&leaf.body, clip, facts.used.role)?;
        self.approval_holds(cameo, clip, facts, leaf)?;
        Ok((stapled, leaf))
    }

    /// Whether a use can be inherited from a parent, and holds there.
    fn inheritance_holds(
        &self,
        clip: &ClipFacts,
        facts: &UseFacts,
        (from, leaf): (Rid, &Signed<Grant>),
        hops: u32,
    ) -> Result<(), Refusal> {
        let used = &facts.used;
        if !clip.parents.contains(&from) {
            return Err(Refusal::NotInParent);
        }
        let parent = self.clips.get(&from).ok_or(Refusal::UnknownParent)?;
        let same = |other: &&UseFacts| {
            other.used.grant == used.grant
                && other.used.serial == used.serial
                && other.used.role != Role::Absent
        };
        let theirs = parent.use_of(used.cameo).filter(same).ok_or(Refusal::NotInParent)?;
        if leaf.body.pol.remix == Remix::None || !leaf.body.cmd.contains(&Command::Remix) {
            return Err(Refusal::CameoForbidsRemix);
        }
        if clip.remix > leaf.body.pol.remix {
            return Err(Refusal::RemixWider);
        }
        let hops = hops.saturating_add(1);
        // Each step up is one more remix; the origin is the clip that inherits from none.
        if hops > leaf.body.pol.depth.min(CONSENT_DEPTH_MAX) {
            return Err(Refusal::TooDeep);
        }
        self.use_holds(parent, theirs, hops).map(|_| ())
    }

    /// Whether the subject said that they are not in a remix.
    pub(super) fn absence_holds(&self, clip: &ClipFacts, facts: &UseFacts) -> Result<(), Refusal> {
        let cameo = self.cameo_of(clip, facts)?;
        match self.approved(cameo, clip, facts) {
            Ok(true) => Ok(()),
            _ => Err(Refusal::AbsenceNotApproved),
        }
    }

    fn approval_holds(
        &self,
        cameo: &Signed<Cameo>,
        clip: &ClipFacts,
        facts: &UseFacts,
        leaf: &Signed<Grant>,
    ) -> Result<(), Refusal> {
        let approved = self.approved(cameo, clip, facts)?;
        // Who decides needs nobody's signature but their own, which is on the clip.
        if approved || controllers(cameo).contains(&clip.author) {
            return Ok(());
        }
        let single = leaf.body.uses.is_some_and(|tickets| tickets.count == 1);
        let needed = match leaf.body.pol.approval {
            Approval::EveryUse => true,
            Approval::FirstUse => !self.first_is_approved(cameo, clip, leaf),
            // A single ticket without a countersignature could be shown to each in another clip.
            Approval::None => single && facts.used.from.is_none(),
        };
        if needed { Err(Refusal::ApprovalMissing) } else { Ok(()) }
    }

    /// Whether the first ticket of a grant went to an approved clip of the same creator.
    fn first_is_approved(&self, cameo: &Signed<Cameo>, clip: &ClipFacts, leaf: &Signed<Grant>) -> bool {
        let first = leaf.body.uses.map_or(0, |tickets| tickets.first);
        let mut clips = self.spenders(leaf.rid, first, clip.author).filter(|other| other.rid != clip.rid);
        clips.any(|other| {
            other.use_of(cameo.rid).is_some_and(|facts| self.approved(cameo, other, facts) == Ok(true))
        })
    }

    /// Whether a controller approved this use: by the staple, or by a record that is known.
    fn approved(&self, cameo: &Signed<Cameo>, clip: &ClipFacts, facts: &UseFacts) -> Result<bool, Refusal> {
        let controllers = controllers(cameo);
        let known = self.answer_of(facts.id, |by| controllers.contains(&by));
        if known == Some(false) {
            return Err(Refusal::NotApproved);
        }
        if facts.used.approval.is_none() {
            return Ok(false);
        }
        let approval = facts.approval.as_ref().ok_or(Refusal::ApprovalUnreadable)?;
        if approval.body.of != facts.id {
            return Err(Refusal::ApprovalOfAnother);
        }
        if !controllers.contains(&approval.by) {
            return Err(Refusal::ApprovalByStranger);
        }
        if !approval.body.yes {
            return Err(Refusal::NotApproved);
        }
        if approval.time > clip.time.saturating_add(FUTURE_SECONDS_MAX) {
            return Err(Refusal::ApprovalAfterClip);
        }
        if approval.body.expires.is_some_and(|expires| clip.time > expires) {
            return Err(Refusal::ApprovalExpired);
        }
        Ok(true)
    }
}

/// Whether the consent hash in a file's manifest is that of the record; both absent is the same.
///
/// # Errors
/// [`Refusal::MirrorDiffers`].
pub fn mirrors(clip: &Clip, manifest: Option<[u8; 32]>) -> Result<(), Refusal> {
    let own =
        clip.consent.as_ref().map(super::consent_hash).transpose().map_err(|_| Refusal::MirrorDiffers)?;
    if own == manifest { Ok(()) } else { Err(Refusal::MirrorDiffers) }
}
