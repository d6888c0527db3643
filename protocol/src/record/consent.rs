//! The kinds of records that say who may be shown: `cameo`, `grant`, `approve`, `revoke`, `head`, and the `consent` field
//! of a clip. Fields and their bounds, nothing else: what they allow together is the business of [`crate::consent`].
//!
//! "Unlimited" and "nobody" are absent fields, because records hold no nulls.

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use super::{Liveness, at_most, chars};
use crate::fault::Fault;
use crate::ids::{AuthorId, Rid};
use crate::limits::{
    CONSENT_ATTESTERS_MAX, CONSENT_CONTROLLERS_MAX, CONSENT_NOTE_CHARS_MAX, CONSENT_PURPOSES_MAX,
    CONSENT_REFERENCES_MAX, CONSENT_SPANS_MAX, CONSENT_STAPLE_BYTES_MAX, CONSENT_USES_MAX,
    CONSENT_WORD_BYTES_MAX, NAME_CHARS_MAX, RECORD_BYTES_MAX,
};

/// What may be made of a clip, or of somebody's likeness. Ordered from the narrowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remix {
    /// Nothing.
    None,
    /// What keeps this policy.
    KeepPolicy,
    /// Anything.
    #[default]
    Free,
}

impl Remix {
    /// Whether it is what an absent field means.
    #[must_use]
    pub fn is_free(&self) -> bool {
        *self == Self::Free
    }
}

/// Who sees a clip. Ordered from the narrowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Named people.
    Private,
    /// Followers of the creator.
    Followers,
    /// Everybody.
    #[default]
    Public,
}

/// When the subject must countersign. Ordered from the strictest, so that narrowing goes down as everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Every clip: the default.
    #[default]
    EveryUse,
    /// The first clip under a grant.
    FirstUse,
    /// Never.
    None,
}

/// What a likeness may be used for. A grant's policy may only be as wide as the cameo's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Words of purposes that are allowed; everything else is not. A word that is not known allows nothing.
    pub allow: Vec<String>,
    /// Words that are denied whatever `allow` says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// Rules in words for people; no program reads them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether the voice may be used as well as the face.
    pub voice: bool,
    /// What may be made of the clips.
    pub remix: Remix,
    /// How many remixes deep: 1 is a remix of the first clip.
    pub depth: u32,
    /// The widest audience.
    pub audience: Audience,
    /// Whether clips may earn money.
    pub commercial: bool,
    /// When the subject must countersign.
    pub approval: Approval,
}

/// What a subject is, which decides who consents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A grown person, who consents.
    Living,
    /// A minor: guardians consent.
    Minor,
    /// Dead: the successor of a directive signed in life consents.
    Deceased,
    /// A character; its author consents.
    Fictional,
}

/// To whom grants may be given at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// To the subject and the controllers only.
    OnlyMe,
    /// To people named in a grant.
    Approved,
    /// And to those with whom the subject follows each other.
    Mutuals,
    /// And to everybody.
    Everyone,
}

/// Face or voice of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// Stills of a face.
    Face,
    /// Sound of a voice.
    Voice,
}

/// A reference that stays with the subject: only a commitment to it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// What it shows.
    pub kind: ReferenceKind,
    /// `BLAKE3(salt ‖ reference)`, with a salt of 32 bytes that is never published.
    pub commit: ByteArray<32>,
}

/// What a living subject wants after death.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// Whether the likeness may be used at all.
    pub allow: bool,
    /// Who decides then.
    pub successor: AuthorId,
    /// Seconds between the successor's cameo and its first use, in which the subject can object.
    pub wait: u64,
    /// Purposes that the successor may allow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
}

/// See [`Body::Cameo`](super::Body::Cameo). It never changes: another policy is another cameo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cameo {
    /// Whose likeness.
    pub subject: AuthorId,
    /// At most [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// What the subject is.
    pub status: Status,
    /// To whom grants may be given.
    pub open: Open,
    /// The widest that any grant may allow.
    pub policy: Policy,
    /// At most [`CONSENT_REFERENCES_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<Reference>,
    /// Who decides beside the subject; for a minor its guardians, for the dead the successor. At most
    /// [`CONSENT_CONTROLLERS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controllers: Vec<AuthorId>,
    /// Who attests a guardian, by an `approve` of the cameo. At most [`CONSENT_ATTESTERS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attesters: Vec<AuthorId>,
    /// A minor's 18th birthday, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adult_at: Option<u64>,
    /// Of a living subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directive: Option<Directive>,
    /// Of the dead: the cameo, signed in life, that holds the directive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Rid>,
    /// X25519 key to which letters about it are sealed; without one it can only be granted unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<ByteArray<32>>,
    /// That somebody saw the subject alive when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<Liveness>,
}

/// To whom a grant is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// One author.
    One(AuthorId),
    /// All with whom the subject follows each other.
    Mutuals,
    /// Everybody.
    Everyone,
}

/// What a grant lets its grantee do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Render clips.
    Generate,
    /// Publish them.
    Publish,
    /// Let others make clips of them.
    Remix,
    /// Use the voice.
    Voice,
    /// Give on what was given, narrower.
    Delegate,
}

/// Most entries of [`Grant::cmd`]: one of each word.
const COMMANDS: usize = 5;

/// Tickets of a grant: the numbers `first` to `first + count − 1`, each for one clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tickets {
    /// The first number.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// See [`Body::Grant`](super::Body::Grant). The author of the record is the issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Of which cameo.
    pub cameo: Rid,
    /// To whom.
    pub aud: Grantee,
    /// To do what.
    pub cmd: Vec<Command>,
    /// Under which policy.
    pub pol: Policy,
    /// Not before this second.
    pub nbf: u64,
    /// Not after this second.
    pub exp: u64,
    /// How often; absent is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<Tickets>,
    /// The grant that this one narrows; absent when the issuer is a controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prf: Option<Rid>,
    /// Random, so that two equal grants are two.
    pub nonce: ByteArray<16>,
    /// BLAKE3 of the text that the issuer agreed to.
    pub notice: ByteArray<32>,
}

/// See [`Body::Approve`](super::Body::Approve).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approve {
    /// The id of a use, or the record id of a cameo that is attested.
    pub of: Rid,
    /// Yes or no. One no outweighs every yes.
    pub yes: bool,
    /// The clip must be published by this second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// What a revocation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The cameo, with everything under it.
    Cameo,
    /// A grant, with what was delegated from it.
    Grant(Rid),
    /// One use, by its id.
    Use(Rid),
    /// One clip, by its record.
    Clip(Rid),
}

/// What a revocation does to clips that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// They stay; nothing new is made.
    Future,
    /// They go, with what was made of them.
    Takedown,
}

/// See [`Body::Revoke`](super::Body::Revoke).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke {
    /// Of which cameo.
    pub cameo: Rid,
    /// What is revoked.
    pub target: Target,
    /// What it does.
    pub effect: Effect,
}

/// See [`Body::Head`](super::Body::Head).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Of which cameo.
    pub cameo: Rid,
    /// One more than the head before; 0 for the first.
    pub seq: u64,
    /// The head before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Rid>,
    /// When the next one comes at the latest, in Unix seconds.
    pub next_by: u64,
    /// How many revocations there are.
    pub revoked: u64,
    /// Hash over their ids, see [`revoked_root`](crate::consent::revoked_root).
    pub root: ByteArray<32>,
}

/// What of the subject is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The face.
    Face,
    /// The voice.
    Voice,
    /// Both.
    Both,
    /// Nothing: a remix in which the subject no longer is. It holds only with the subject's approval.
    Absent,
}

/// One use of a cameo in a clip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Which cameo.
    pub cameo: Rid,
    /// Whose it is.
    pub subject: AuthorId,
    /// Under which grant.
    pub grant: Rid,
    /// Number of the ticket.
    pub serial: u32,
    /// What is used.
    pub role: Role,
    /// Where, as pairs of milliseconds from and to; absent is the whole clip.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<(u32, u32)>,
    /// The parent clip from which a remix inherits the use, ticket and all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Rid>,
    /// The signed `head` of the cameo, as it was when the clip was published.
    pub head: ByteBuf,
    /// The signed `approve` of a controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ByteBuf>,
    /// The creator's device signs the id of the use.
    pub sig: ByteArray<64>,
}

/// The consent field of a clip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// One for each cameo, at most [`CONSENT_USES_MAX`].
    pub uses: Vec<Use>,
    /// What the clip is for.
    pub purposes: Vec<String>,
    /// Who is to see it.
    pub audience: Audience,
    /// Whether it is to earn money.
    pub commercial: bool,
}

fn words(field: &str, words: &[String]) -> Result<(), Fault> {
    at_most(field, words.len(), CONSENT_PURPOSES_MAX)?;
    words.iter().try_for_each(|word| at_most(field, word.len(), CONSENT_WORD_BYTES_MAX))
}

impl Policy {
    fn bounds(&self) -> Result<(), Fault> {
        words("allow", &self.allow)?;
        words("deny", &self.deny)?;
        chars("note", &self.note, CONSENT_NOTE_CHARS_MAX)
    }
}

impl Cameo {
    pub(super) fn bounds(&self) -> Result<(), Fault> {
        chars("name", &self.name, NAME_CHARS_MAX)?;
        at_most("refs", self.refs.len(), CONSENT_REFERENCES_MAX)?;
        at_most("controllers", self.controllers.len(), CONSENT_CONTROLLERS_MAX)?;
        at_most("attesters", self.attesters.len(), CONSENT_ATTESTERS_MAX)?;
        self.directive.iter().try_for_each(|directive| words("purposes", &directive.purposes))?;
        self.liveness.iter().try_for_each(Liveness::bounds)?;
        self.policy.bounds()
    }
}

impl Grant {
    pub(super) fn bounds(&self) -> Result<(), Fault> {
        at_most("cmd", self.cmd.len(), COMMANDS)?;
        if self.nbf > self.exp {
            return Err(Fault::malformed("exp", "before nbf"));
        }
        if self.uses.is_some_and(|t| t.count == 0 || t.first.checked_add(t.count).is_none()) {
            return Err(Fault::malformed("uses", "no ticket, or numbers beyond 32 bits"));
        }
        // Many who cannot see each other cannot share a count.
        if self.uses.is_some() && !matches!(self.aud, Grantee::One(_)) {
            return Err(Fault::malformed("uses", "only a grant to one author can be counted"));
        }
        self.pol.bounds()
    }
}

impl Consent {
    pub(super) fn bounds(&self) -> Result<(), Fault> {
        if self.uses.is_empty() {
            return Err(Fault::malformed("uses", "empty"));
        }
        at_most("uses", self.uses.len(), CONSENT_USES_MAX)?;
        words("purposes", &self.purposes)?;
        for used in &self.uses {
            at_most("spans", used.spans.len(), CONSENT_SPANS_MAX)?;
            at_most("head", used.head.len(), CONSENT_STAPLE_BYTES_MAX)?;
            let approval = used.approval.as_ref().map_or(0, |bytes| bytes.len());
            at_most("approval", approval, CONSENT_STAPLE_BYTES_MAX)?;
        }
        Ok(())
    }
}

// A staple is a record inside a record: it must leave room for the one around it.
const _: () = assert!(CONSENT_STAPLE_BYTES_MAX < RECORD_BYTES_MAX);
