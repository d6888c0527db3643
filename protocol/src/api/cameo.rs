//! Calls about cameos: who may be shown, who was given what, and what was taken back.

use serde::{Deserialize, Serialize};

use crate::ids::{AuthorId, Rid};
use crate::record::{Approval, Audience, Effect, Open, Policy, Target};
use crate::text::Text;

/// A call about cameos.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CameoCall {
    /// Enrols this persona: signs a cameo and its first head. Stills stay in the home.
    Enrol {
        /// Name under which it is shown.
        name: String,
        /// Absolute paths of stills.
        stills: Vec<String>,
        /// To whom grants may be given.
        open: Open,
        /// The widest that a grant may allow.
        policy: Policy,
    },
    /// Cameos that are known here.
    List,
    /// One cameo with its grants.
    Show {
        /// Which.
        cameo: Rid,
    },
    /// Lets somebody use a cameo of this persona.
    Grant {
        /// Which.
        cameo: Rid,
        /// Whom; everybody when absent.
        to: Option<AuthorId>,
        /// Under which policy; the cameo's when absent.
        policy: Option<Policy>,
        /// For how many seconds.
        seconds: u64,
        /// For how many clips; without end when absent.
        uses: Option<u32>,
    },
    /// The use that a draft waits to have approved.
    Request {
        /// The draft's job.
        job: super::JobId,
    },
    /// Approves or refuses a use.
    Approve {
        /// Its id.
        id: Rid,
        /// Yes or no.
        yes: bool,
    },
    /// Takes something back.
    Revoke {
        /// Of which cameo.
        cameo: Rid,
        /// What.
        target: Target,
        /// What it does to clips that are there.
        effect: Effect,
    },
    /// Signs a fresh head.
    Head {
        /// Of which cameo.
        cameo: Rid,
    },
}

/// The answer to a [`CameoCall`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum CameoAnswer {
    /// To `enrol`, `grant`, `approve`, `revoke` and `head`: the record made.
    Record {
        /// Its id.
        rid: Rid,
    },
    /// To `list` and `show`.
    Cameos {
        /// In the order of their ids.
        cameos: Vec<CameoView>,
    },
    /// To `request`.
    Request(UseView),
}

/// A cameo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameoView {
    /// Its record.
    pub cameo: Rid,
    /// Whose it is.
    pub subject: AuthorId,
    /// Its name.
    pub name: Text,
    /// Whether it is this persona's.
    pub mine: bool,
    /// To whom grants may be given.
    pub open: Open,
    /// When the subject must approve.
    pub approval: Approval,
    /// Until when the newest head holds; none was heard when absent.
    pub fresh_until: Option<u64>,
    /// Number of the newest head.
    pub head: Option<u64>,
    /// Revocations that it counts.
    pub revoked: u64,
    /// Grants that are known; only for `show`.
    pub grants: Vec<GrantView>,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// Its record.
    pub grant: Rid,
    /// To whom; everybody or mutuals when absent.
    pub to: Option<AuthorId>,
    /// Until when.
    pub until: u64,
    /// Tickets, without end when absent.
    pub uses: Option<u32>,
    /// Allowed purposes.
    pub purposes: Vec<Text>,
}

/// A use that is to be approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseView {
    /// Its id: what the subject approves.
    pub id: Rid,
    /// The cameo.
    pub cameo: Rid,
    /// Whose it is.
    pub subject: AuthorId,
    /// Whether an approval of it is here.
    pub approved: bool,
}

/// Somebody in a clip that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeCameo {
    /// The cameo.
    pub cameo: Rid,
    /// What the clip is for.
    pub purposes: Vec<String>,
    /// For whom it is.
    pub audience: Audience,
    /// Filled by the node that takes the request: the grant and the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<(Rid, u32)>,
}

/// Somebody in a clip, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// The cameo.
    pub cameo: Rid,
    /// Whose it is.
    pub subject: AuthorId,
    /// The cameo's name.
    pub name: Text,
    /// The grant's last second.
    pub until: u64,
    /// Whether this very clip was approved.
    pub approved: bool,
    /// When the newest head was signed.
    pub heard: u64,
    /// `fresh`, `stale` or `incomplete`.
    pub freshness: String,
}
