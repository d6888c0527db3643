//! Why a clip is not taken: one reason each, with a code for programs and a sentence for people.
//!
//! A refusal is for ever, or it *waits*: something that may still come is missing, such as the grant or a fresh head.

use crate::ids::Rid;
use crate::record::Target;

/// What of a policy was made wider than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Commands.
    Command,
    /// Allowed or denied purposes.
    Purpose,
    /// The audience.
    Audience,
    /// From when until when.
    Time,
    /// Tickets.
    Uses,
    /// The voice.
    Voice,
    /// What may be made of the clips.
    Remix,
    /// How many remixes deep.
    Depth,
    /// Earning money.
    Commercial,
    /// When the subject must countersign.
    Approval,
}

macro_rules! refusals {
    ($($(#[$meta:meta])* $name:ident $(($inner:ty))? = $code:literal, $text:literal;)*) => {
        /// Why a clip is not taken, or is no longer shown.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
        #[expect(missing_docs, reason = "the sentence of each stands beside it and says it better")]
        pub enum Refusal {
            $($(#[$meta])* #[error($text)] $name $(($inner))?,)*
        }

        impl Refusal {
            const fn word(self) -> &'static str {
                match self {
                    $(refusals!(@pattern $name $(($inner))?) => $code,)*
                }
            }

            /// Every word.
            #[cfg(test)]
            pub(crate) const WORDS: &'static [&'static str] = &[$($code),*];
        }
    };
    (@pattern $name:ident ($inner:ty)) => { Self::$name(_) };
    (@pattern $name:ident) => { Self::$name };
}

refusals! {
    // The clip itself.
    NoPurpose = "no_purpose", "the clip names no purpose: say what it is for";
    UnknownPurpose = "unknown_purpose", "the clip names a purpose that this version does not know: update, or use a listed word";
    DuplicateUse = "duplicate_use", "the clip names the same cameo twice: one use for each person";
    BadSpans = "bad_spans", "a use names a span that is empty, out of order or beyond the clip's end";
    ClipFromTheFuture = "clip_from_the_future", "the clip's time lies ahead of this clock: set the clock right";
    MirrorDiffers = "mirror_differs", "the consent in the file's manifest is not the one in the record";
    BadUseSignature = "bad_use_signature", "a use is not signed by the device that signed the clip, for this file and prompt";
    // The cameo.
    UnknownCameo = "unknown_cameo", "the cameo is not known here yet";
    NotTheSubject = "not_the_subject", "the use names another subject than the cameo";
    CameoByStranger = "cameo_by_stranger", "the cameo is signed by nobody who may speak for its subject";
    NoGuardian = "no_guardian", "a minor's cameo needs a guardian who is somebody else, and a birthday";
    NotAttested = "not_attested", "a minor's guardian needs two attesters who said yes";
    MinorPolicy = "minor_policy", "a minor's cameo must be closed, approved use by use, not paid, at most for followers, and without romance, violence, politics or advertising";
    OfAge = "of_age", "the subject is of age now: what a guardian granted has ended";
    NoDirective = "no_directive", "the dead left no directive, so their likeness is not used";
    DirectiveDenies = "directive_denies", "the subject's directive says no";
    DirectivePurpose = "directive_purpose", "the cameo allows a purpose that the subject's directive does not";
    DirectiveWaits = "directive_waits", "the time in which the subject can object has not passed";
    SubjectDeceased = "subject_deceased", "the subject has died: only the successor's cameo counts";
    // The grant.
    UnknownGrant = "unknown_grant", "the grant is not known here yet";
    GrantOfAnotherCameo = "grant_of_another_cameo", "the grant is of another cameo";
    SelfGranted = "self_granted", "the creator gave the grant to themselves";
    NotByController = "not_by_controller", "the grant is signed by nobody who controls the cameo";
    BrokenChain = "broken_chain", "a delegated grant is not signed by the one it was given to";
    ChainTooLong = "chain_too_long", "the grant was delegated too often";
    NotDelegable = "not_delegable", "the grant was not given to be delegated";
    Widened(Axis) = "widened", "the grant allows more than the one it comes from";
    WrongGrantee = "wrong_grantee", "the grant is for somebody else";
    NotOpen = "not_open", "the cameo is not open to this kind of grantee";
    NotMutual = "not_mutual", "the subject and the creator do not follow each other";
    NotYetValid = "not_yet_valid", "the clip is older than its grant allows";
    Expired = "expired", "the grant had ended when the clip was published: ask for a new one";
    GrantTooLong = "grant_too_long", "no grant lasts longer than a year";
    GrantAfterClip = "grant_after_clip", "the grant was signed after the clip";
    CommandMissing = "command_missing", "the grant does not let its grantee render and publish";
    PurposeNotGranted = "purpose_not_granted", "the grant does not allow this purpose";
    PurposeDenied = "purpose_denied", "the subject denied this purpose";
    HardFloor = "hard_floor", "no consent allows this purpose";
    AudienceTooWide = "audience_too_wide", "the clip is for more people than the grant allows";
    CommercialNotGranted = "commercial_not_granted", "the grant allows no paid clips";
    VoiceNotGranted = "voice_not_granted", "the grant is for the face only";
    SerialOutOfRange = "serial_out_of_range", "the grant has no ticket of this number";
    DoubleSpent = "double_spent", "two clips use one ticket: neither counts";
    OverlappingTickets = "overlapping_tickets", "two delegations give out the same tickets: neither counts";
    // The approval.
    ApprovalMissing = "approval_missing", "the subject must approve this clip first";
    ApprovalUnreadable = "approval_unreadable", "the approval is no record that holds";
    ApprovalOfAnother = "approval_of_another", "the approval is of another clip";
    ApprovalByStranger = "approval_by_stranger", "the approval is signed by nobody who controls the cameo";
    ApprovalAfterClip = "approval_after_clip", "the approval was signed after the clip";
    ApprovalExpired = "approval_expired", "the clip was published after its approval ended";
    NotApproved = "not_approved", "the subject said no";
    // The head.
    HeadUnreadable = "head_unreadable", "the stapled head is no record that holds";
    HeadOfAnother = "head_of_another", "the stapled head is of another cameo";
    HeadByStranger = "head_by_stranger", "the stapled head is signed by nobody who controls the cameo";
    HeadTooLong = "head_too_long", "a head holds for a day at most";
    HeadFromTheFuture = "head_from_the_future", "the stapled head is younger than the clip";
    HeadTooOld = "head_too_old", "the stapled head was older than an hour when the clip was published";
    Equivocated = "equivocated", "two heads of the cameo have one number: somebody showed two states";
    HiddenRevocation = "hidden_revocation", "the newest head counts a revocation that is not here";
    Stale = "stale", "nothing fresh was heard of the cameo for a day: its subject must be reached first";
    // Revocations.
    Revoked(Target) = "revoked", "the subject took the consent back before the clip was published";
    Withdrawn(Target) = "withdrawn", "the subject withdrew consent: the clip is taken down";
    // Lineage.
    ParentForbidsRemix = "parent_forbids_remix", "a parent's creator does not allow remixes";
    ParentPolicyWidened = "parent_policy_widened", "a parent's creator allows remixes only under the same policy";
    LicenceForbidsRemix = "licence_forbids_remix", "a parent's licence allows no derivatives";
    LicenceNotKept = "licence_not_kept", "a parent's licence must be kept";
    OlderThanParent = "older_than_parent", "the clip says that it is older than its parent";
    InheritanceDropped = "inheritance_dropped", "a parent shows somebody whom this clip does not name";
    AncestorsTooMany = "ancestors_too_many", "the clip has more ancestors than are looked at";
    UnknownParent = "unknown_parent", "the parent that a use is inherited from is not known here yet";
    NotInParent = "not_in_parent", "the parent has no such use to inherit";
    CameoForbidsRemix = "cameo_forbids_remix", "the subject allows no remixes";
    RemixWider = "remix_wider", "the subject allows remixes only under the same policy";
    TooDeep = "too_deep", "the subject allows fewer remixes of remixes";
    AbsenceNotApproved = "absence_not_approved", "only the subject can say that they are no longer in a remix";
}

impl Axis {
    /// Every axis.
    pub const ALL: [Self; 10] = [
        Self::Command,
        Self::Purpose,
        Self::Audience,
        Self::Time,
        Self::Uses,
        Self::Voice,
        Self::Remix,
        Self::Depth,
        Self::Commercial,
        Self::Approval,
    ];

    /// The refusal's code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Command => "widened_command",
            Self::Purpose => "widened_purpose",
            Self::Audience => "widened_audience",
            Self::Time => "widened_time",
            Self::Uses => "widened_uses",
            Self::Voice => "widened_voice",
            Self::Remix => "widened_remix",
            Self::Depth => "widened_depth",
            Self::Commercial => "widened_commercial",
            Self::Approval => "widened_approval",
        }
    }
}

impl Refusal {
    /// A stable word for programs, logs and vectors; [`Refusal::Widened`] has one for each axis.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Widened(axis) => axis.code(),
            other => other.word(),
        }
    }

    /// Whether something may still come that changes it.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(
            self,
            Self::UnknownCameo
                | Self::UnknownGrant
                | Self::UnknownParent
                | Self::NotAttested
                | Self::NotMutual
                | Self::ApprovalMissing
                | Self::HiddenRevocation
                | Self::Stale
                | Self::ClipFromTheFuture
        )
    }

    /// The record whose coming would help, when it is one.
    #[must_use]
    pub fn missing(self, used: &crate::record::Use) -> Option<Rid> {
        match self {
            Self::UnknownCameo | Self::Stale | Self::HiddenRevocation => Some(used.cameo),
            Self::UnknownGrant => Some(used.grant),
            Self::UnknownParent => used.from,
            _ => None,
        }
    }
}
