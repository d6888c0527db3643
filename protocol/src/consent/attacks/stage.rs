//! A set of records in which one clip shows one person with consent, and every part of it can be changed.
//!
//! People are numbers: the subject is 1, creators are 2 and 3, guardian and attesters 4 to 6, the successor 7, a
//! delegate 8 and a stranger 9.

use serde_bytes::ByteBuf;

use crate::check::{Author, Checked};
use crate::consent::{revoked_root, use_id};
use crate::ids::{AuthorId, BlobHash, Rid};
use crate::recipe::Format;
use crate::record::{
    Approval, Approve, Audience, BlobRef, Body, Cameo, Clip, Command, Consent, Effect, Grant, Grantee, Head,
    Open, Policy, Remix, Revoke, Role, SYNTHETIC, Status, Target, Tickets, Use,
};

pub(super) const SUBJECT: u8 = 1;
pub(super) const CREATOR: u8 = 2;
pub(super) const REMIXER: u8 = 3;
pub(super) const GUARDIAN: u8 = 4;
pub(super) const SUCCESSOR: u8 = 7;
pub(super) const DELEGATE: u8 = 8;
pub(super) const STRANGER: u8 = 9;

/// When the first clip is published.
pub(super) const T: u64 = 1_800_000_000;
pub(super) const DAY: u64 = 24 * 3600;

pub(super) fn by(person: u8) -> Author {
    crate::testing::author(person)
}

pub(super) fn id(person: u8) -> AuthorId {
    by(person).author_id()
}

/// A grant, still without cameo and proof.
#[derive(Clone)]
pub(super) struct GrantPlan {
    pub(super) by: u8,
    pub(super) time: u64,
    pub(super) body: Grant,
    /// Whether it is of the cameo, or of another.
    pub(super) of_cameo: bool,
    /// Whether it is in the set.
    pub(super) known: bool,
}

/// A head, still without the count of revocations.
#[derive(Clone)]
pub(super) struct HeadPlan {
    pub(super) by: u8,
    pub(super) time: u64,
    pub(super) seq: u64,
    pub(super) holds: u64,
    pub(super) of_cameo: bool,
    /// Revocations that the signer does not say.
    pub(super) hides: bool,
}

/// An approval of a clip's use.
#[derive(Clone)]
pub(super) struct ApprovalPlan {
    pub(super) by: u8,
    pub(super) time: u64,
    pub(super) yes: bool,
    pub(super) expires: Option<u64>,
    /// Whether it is of this clip.
    pub(super) of_clip: bool,
    /// Whether it travels in the clip, or as a record of its own.
    pub(super) stapled: bool,
}

/// A clip with one use of the cameo.
#[derive(Clone)]
pub(super) struct ClipPlan {
    pub(super) by: u8,
    pub(super) time: u64,
    pub(super) serial: u32,
    pub(super) role: Role,
    pub(super) purposes: Vec<&'static str>,
    pub(super) audience: Audience,
    pub(super) commercial: bool,
    pub(super) remix: Remix,
    pub(super) licence: &'static str,
    pub(super) head: HeadPlan,
    pub(super) approval: Option<ApprovalPlan>,
    /// Whether it inherits the use of the clip before it.
    pub(super) inherits: bool,
    /// Whether it names the cameo at all.
    pub(super) names: bool,
    /// Whether it is in the set.
    pub(super) known: bool,
    /// Changes the use before it is signed.
    pub(super) shape: fn(&mut Use),
    /// Changes the clip after its use was signed.
    pub(super) tamper: fn(&mut Clip),
}

/// A revocation, by the place of what it is about.
#[derive(Clone)]
pub(super) struct RevokePlan {
    pub(super) by: u8,
    pub(super) time: u64,
    pub(super) of: Of,
    pub(super) effect: Effect,
    pub(super) known: bool,
}

/// What a revocation is about: the cameo, a grant from the root down, or the use or record of a clip in the line.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Cameo,
    Grant(usize),
    Use(usize),
    Clip(usize),
    AnotherClip,
}

/// The whole set.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) now: u64,
    pub(super) cameo_by: u8,
    pub(super) cameo_time: u64,
    pub(super) cameo_known: bool,
    pub(super) cameo: Cameo,
    /// From the controller's down.
    pub(super) grants: Vec<GrantPlan>,
    /// Grants beside the chain, each narrowing the chain's first.
    pub(super) beside: Vec<GrantPlan>,
    pub(super) revokes: Vec<RevokePlan>,
    /// Each made of the one before; the last is judged.
    pub(super) line: Vec<ClipPlan>,
    /// Clips that are not of the line.
    pub(super) rivals: Vec<ClipPlan>,
    /// Heads that were heard by themselves.
    pub(super) news: Vec<HeadPlan>,
    /// Further records, given the cameo.
    pub(super) more: Vec<fn(Rid) -> Checked>,
}

/// What was built.
pub(super) struct Built {
    pub(super) records: Vec<Checked>,
    pub(super) cameo: Rid,
    pub(super) grants: Vec<Rid>,
    pub(super) line: Vec<Checked>,
    uses: Vec<Rid>,
    revokes: Vec<Checked>,
}

pub(super) fn policy() -> Policy {
    Policy {
        allow: ["comedy", "music", "news_satire", "impersonation_realistic"].map(String::from).to_vec(),
        deny: vec!["political".to_owned()],
        note: "no hats".to_owned(),
        voice: false,
        remix: Remix::KeepPolicy,
        depth: 2,
        audience: Audience::Followers,
        commercial: false,
        approval: Approval::EveryUse,
    }
}

fn wide() -> Policy {
    let mut wide =
        Policy { voice: true, remix: Remix::Free, depth: 4, audience: Audience::Public, ..policy() };
    wide.allow.push("political".to_owned());
    wide.deny.clear();
    Policy { commercial: true, approval: Approval::None, ..wide }
}

pub(super) fn grant(by: u8, to: u8) -> GrantPlan {
    let body = Grant {
        cameo: Rid([0; 32]),
        aud: Grantee::One(id(to)),
        cmd: vec![Command::Generate, Command::Publish, Command::Remix],
        pol: policy(),
        nbf: T - 900,
        exp: T + 30 * DAY,
        uses: Some(Tickets { first: 0, count: 3 }),
        prf: None,
        nonce: [to; 16].into(),
        notice: [0; 32].into(),
    };
    GrantPlan { by, time: T - 900, body, of_cameo: true, known: true }
}

pub(super) fn head(by: u8, time: u64, seq: u64) -> HeadPlan {
    HeadPlan { by, time, seq, holds: DAY, of_cameo: true, hides: false }
}

pub(super) fn approval(time: u64) -> ApprovalPlan {
    ApprovalPlan { by: SUBJECT, time, yes: true, expires: None, of_clip: true, stapled: true }
}

pub(super) fn clip(by: u8, time: u64) -> ClipPlan {
    ClipPlan {
        by,
        time,
        serial: 1,
        role: Role::Face,
        purposes: vec!["comedy"],
        audience: Audience::Followers,
        commercial: false,
        remix: Remix::KeepPolicy,
        licence: "CC-BY-4.0",
        head: head(SUBJECT, time - 60, time.saturating_sub(T) / 3600 + 5),
        approval: Some(approval(time - 10)),
        inherits: false,
        names: true,
        known: true,
        shape: |_| {},
        tamper: |_| {},
    }
}

/// A clip beside the line, with the same head as the first of the line.
pub(super) fn rival(by: u8) -> ClipPlan {
    ClipPlan { head: head(SUBJECT, T - 60, 5), ..clip(by, T + 10) }
}

/// A remix of the clip before.
pub(super) fn remix(by: u8, time: u64) -> ClipPlan {
    ClipPlan { inherits: true, ..clip(by, time) }
}

pub(super) fn revoke(by: u8, time: u64, of: Of, effect: Effect) -> RevokePlan {
    RevokePlan { by, time, of, effect, known: true }
}

impl Stage {
    /// One clip by the creator, granted and approved by the subject.
    pub(super) fn plain() -> Self {
        let cameo = Cameo {
            subject: id(SUBJECT),
            name: "Ada".to_owned(),
            status: Status::Living,
            open: Open::Everyone,
            policy: wide(),
            refs: Vec::new(),
            controllers: Vec::new(),
            attesters: Vec::new(),
            adult_at: None,
            directive: None,
            life: None,
            seal: None,
            liveness: None,
        };
        Self {
            now: T + 60,
            cameo_by: SUBJECT,
            cameo_time: T - 1_000,
            cameo_known: true,
            cameo,
            grants: vec![grant(SUBJECT, CREATOR)],
            beside: Vec::new(),
            revokes: Vec::new(),
            line: vec![clip(CREATOR, T)],
            rivals: Vec::new(),
            news: Vec::new(),
            more: Vec::new(),
        }
    }

    /// The subject gives to a delegate, who gives on to the creator.
    pub(super) fn delegated() -> Self {
        let mut stage = Self::plain();
        let mut root = grant(SUBJECT, DELEGATE);
        root.body.cmd.push(Command::Delegate);
        let mut leaf = grant(DELEGATE, CREATOR);
        leaf.body.uses = Some(Tickets { first: 1, count: 2 });
        stage.grants = vec![root, leaf];
        stage
    }

    /// A remix by somebody else of the creator's clip.
    pub(super) fn remixed() -> Self {
        let mut stage = Self::plain();
        stage.line.push(remix(REMIXER, T + 7_200));
        stage.now = T + 7_260;
        stage
    }

    /// A remix of a remix.
    pub(super) fn remixed_twice() -> Self {
        let mut stage = Self::remixed();
        stage.line.push(remix(CREATOR, T + 14_400));
        stage.now = T + 14_460;
        stage
    }

    pub(super) fn judged(&mut self) -> &mut ClipPlan {
        self.line.last_mut().unwrap()
    }

    pub(super) fn leaf(&mut self) -> &mut Grant {
        &mut self.grants.last_mut().unwrap().body
    }

    pub(super) fn approval(&mut self) -> &mut ApprovalPlan {
        self.judged().approval.as_mut().unwrap()
    }

    /// Signs everything, in an order in which each can name the one before.
    pub(super) fn build(&self) -> Built {
        let cameo =
            by(self.cameo_by).sign(self.cameo_time, Body::Cameo(Box::new(self.cameo.clone()))).unwrap();
        let mut built = Built {
            records: Vec::new(),
            cameo: cameo.rid(),
            grants: Vec::new(),
            line: Vec::new(),
            uses: Vec::new(),
            revokes: Vec::new(),
        };
        for plan in &self.grants {
            let signed = built.sign_grant(plan, built.grants.last().copied());
            built.grants.push(signed.rid());
            built.records.extend(plan.known.then_some(signed));
        }
        for plan in &self.beside {
            let signed = built.sign_grant(plan, built.grants.first().copied());
            built.records.push(signed);
        }
        self.revoke(&mut built);
        for plan in &self.line {
            let (clip, used) = built.sign_clip(plan);
            built.records.extend(plan.known.then(|| clip.clone()));
            built.line.push(clip);
            built.uses.push(used);
            self.revoke(&mut built);
        }
        for plan in &self.rivals {
            let (clip, _) = built.sign_clip(plan);
            built.records.push(clip);
        }
        for plan in &self.news {
            let head = built.sign_head(plan);
            built.records.push(head);
        }
        built.records.extend(self.cameo_known.then_some(cameo));
        let more: Vec<Checked> = self.more.iter().map(|make| make(built.cameo)).collect();
        built.records.extend(more);
        built
    }

    /// Signs the revocations whose target is there by now.
    fn revoke(&self, built: &mut Built) {
        for plan in self.revokes.iter().skip(built.revokes.len()) {
            let target = match plan.of {
                Of::Cameo => Some(Target::Cameo),
                Of::AnotherClip => Some(Target::Clip(Rid([0xee; 32]))),
                Of::Grant(n) => built.grants.get(n).map(|rid| Target::Grant(*rid)),
                Of::Use(n) => built.uses.get(n).map(|id| Target::Use(*id)),
                Of::Clip(n) => built.line.get(n).map(|clip| Target::Clip(clip.rid())),
            };
            let Some(target) = target else { return };
            let body = Revoke { cameo: built.cameo, target, effect: plan.effect };
            let signed = by(plan.by).sign(plan.time, Body::Revoke(body)).unwrap();
            built.records.extend(plan.known.then(|| signed.clone()));
            built.revokes.push(signed);
        }
    }
}

impl Built {
    /// The clip that the case is about.
    pub(super) fn judged(&self) -> &Checked {
        self.line.last().unwrap()
    }

    fn cameo_or_another(&self, of_cameo: bool) -> Rid {
        if of_cameo { self.cameo } else { Rid([0xcc; 32]) }
    }

    fn sign_grant(&self, plan: &GrantPlan, prf: Option<Rid>) -> Checked {
        let body = Grant { cameo: self.cameo_or_another(plan.of_cameo), prf, ..plan.body.clone() };
        by(plan.by).sign(plan.time, Body::Grant(Box::new(body))).unwrap()
    }

    fn sign_head(&self, plan: &HeadPlan) -> Checked {
        let counts = |revoke: &&Checked| {
            let person = revoke.author();
            revoke.time() <= plan.time && (person == id(SUBJECT) || person == id(plan.by)) && !plan.hides
        };
        let counted: Vec<Rid> = self.revokes.iter().filter(counts).map(Checked::rid).collect();
        let body = Head {
            cameo: self.cameo_or_another(plan.of_cameo),
            seq: plan.seq,
            prev: None,
            next_by: plan.time + plan.holds,
            revoked: counted.len() as u64,
            root: revoked_root(counted).into(),
        };
        by(plan.by).sign(plan.time, Body::Head(body)).unwrap()
    }

    /// The signed clip and the id of its use.
    fn sign_clip(&mut self, plan: &ClipPlan) -> (Checked, Rid) {
        let head = self.sign_head(&plan.head);
        let parent = self.line.last().map(Checked::rid);
        let mut used = Use {
            cameo: self.cameo,
            subject: id(SUBJECT),
            grant: self.grants.last().copied().unwrap_or(Rid([0xdd; 32])),
            serial: plan.serial,
            role: plan.role,
            spans: Vec::new(),
            from: parent.filter(|_| plan.inherits),
            head: ByteBuf::from(head.bytes().to_vec()),
            approval: None,
            sig: [0; 64].into(),
        };
        (plan.shape)(&mut used);
        let consent = Consent {
            uses: vec![used],
            purposes: plan.purposes.iter().map(|word| (*word).to_owned()).collect(),
            audience: plan.audience,
            commercial: plan.commercial,
        };
        let mut clip = bare(plan.time, plan.by);
        clip.remix = plan.remix;
        plan.licence.clone_into(&mut clip.licence);
        clip.parents = parent.into_iter().collect();
        let author = by(plan.by);
        let used = use_id(author.author_id(), &clip, &consent, &consent.uses[0]).unwrap();
        let mut consent = consent;
        consent.uses[0].sig = author.sign_use(used).into();
        if let Some(approval) = &plan.approval {
            let of = if approval.of_clip { used } else { Rid([0xaa; 32]) };
            let body = Approve { of, yes: approval.yes, expires: approval.expires };
            let signed = by(approval.by).sign(approval.time, Body::Approve(body)).unwrap();
            if approval.stapled {
                consent.uses[0].approval = Some(ByteBuf::from(signed.bytes().to_vec()));
            } else {
                self.records.push(signed);
            }
        }
        clip.consent = plan.names.then_some(consent);
        (plan.tamper)(&mut clip);
        (author.sign(plan.time, Body::Clip(Box::new(clip))).unwrap(), used)
    }
}

/// A clip that shows nobody.
fn bare(time: u64, person: u8) -> Clip {
    let blob = BlobRef { hash: BlobHash::of(&[&time.to_be_bytes()[..], &[person]].concat()), size: 1_000 };
    Clip {
        title: "A walk".to_owned(),
        prompt: "Ada walks in the rain".to_owned(),
        labels: vec![SYNTHETIC.to_owned()],
        ..Clip::new(blob, Format { width: 256, height: 144, fps: 12, frames: 48 }, [person; 8].into())
    }
}
