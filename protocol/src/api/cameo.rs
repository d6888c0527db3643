//! Calls about cameos: who may be shown, who was given what, and what was taken back.

use serde::{Deserialize, Serialize};

use super::{InboxItem, UseRow};
use crate::ids::{AuthorId, BlobHash, Rid};
use crate::record::{Approval, Audience, Effect, Open, Policy, Target};
use crate::sealed::Ask;
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
        /// Absolute path of a clip in which the phrase of the newest challenge is spoken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recording: Option<String>,
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
    /// Asks for a grant; the letter is sealed to the subject.
    Ask {
        /// Of which cameo.
        cameo: Rid,
        /// What for.
        ask: Ask,
    },
    /// Grants what such a letter asks, as far as the cameo allows it.
    Accept {
        /// The letter.
        ask: Rid,
    },
    /// Answers such a letter with no.
    Refuse {
        /// The letter.
        ask: Rid,
    },
    /// Letters to and from this persona.
    Inbox,
    /// Every use of this persona's likeness that is known here.
    Uses {
        /// Of one cameo only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cameo: Option<Rid>,
    },
    /// Signs a receipt of a grant or a clip.
    Receipt {
        /// The grant, or the clip.
        of: Rid,
    },
    /// Makes a nonce for somebody who is to be seen alive.
    Challenge {
        /// Who.
        subject: AuthorId,
    },
    /// The phrase of a challenge made for this persona.
    Phrase {
        /// The challenge; the newest when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        challenge: Option<Rid>,
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
    /// To `enrol`, `grant`, `approve`, `revoke`, `ask`, `refuse`, `challenge` and `head`: the record made.
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
    /// To `inbox`.
    Inbox {
        /// Newest first.
        items: Vec<InboxItem>,
    },
    /// To `uses`.
    Uses {
        /// Newest first.
        uses: Vec<UseRow>,
    },
    /// To `receipt`.
    Receipt {
        /// The signed JSON document.
        json: String,
    },
    /// To `phrase`.
    Phrase {
        /// The challenge.
        challenge: Rid,
        /// Who made it.
        witness: AuthorId,
        /// What to say.
        phrase: String,
        /// Until when a cameo may name it, in Unix seconds.
        until: u64,
    },
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
    /// Purposes for which somebody granted it to this persona by name; none when nobody did.
    #[serde(default)]
    pub granted: Vec<Text>,
    /// How its enrolment was witnessed, in words.
    #[serde(default)]
    pub witnessed: Text,
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
    /// Whether it was not taken back.
    #[serde(default)]
    pub stands: bool,
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
    /// Everybody whom the draft shows, in the order of the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<UsePerson>,
}

/// Somebody whom a draft shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsePerson {
    /// The id of the use: what they approve.
    pub id: Rid,
    /// Whose likeness it is.
    pub subject: AuthorId,
    /// The cameo's name.
    pub name: Text,
    /// Whether an approval of it is here.
    pub approved: bool,
    /// Whether it needs one: their grant may say that nobody asks them.
    pub needed: bool,
}

impl UseView {
    /// Who has to approve it yet, in words; nothing when nobody has to.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        let open = self.people.iter().filter(|person| person.needed && !person.approved);
        let names: Vec<String> = open
            .map(|person| match person.name.is_empty() {
                true => person.subject.short(),
                false => format!("{} ({})", person.name, person.subject.short()),
            })
            .collect();
        (!names.is_empty()).then(|| names.join(" and "))
    }
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
    /// Filled by the node: the parent from which the use is inherited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Rid>,
    /// Filled by the node: what else of the parent is inherited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<MakeUse>,
    /// Filled by the node: the commitments of the stills it is made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stills: Vec<BlobHash>,
    /// Filled by the node: the cameos whose subjects approve the clip before it is published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Rid>,
}

impl MakeCameo {
    /// A wish of which the node fills in the rest.
    #[must_use]
    pub const fn new(cameo: Rid, purposes: Vec<String>, audience: Audience) -> Self {
        Self {
            cameo,
            purposes,
            audience,
            ticket: None,
            from: None,
            more: Vec::new(),
            stills: Vec::new(),
            asks: Vec::new(),
        }
    }
}

/// One more use in a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeUse {
    /// The cameo.
    pub cameo: Rid,
    /// Grant and ticket.
    pub ticket: (Rid, u32),
    /// The parent from which it is inherited.
    pub from: Option<Rid>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_waits_for_those_who_are_asked_and_did_not_answer() {
        let person = |n: u8, name: &str, needed, approved| UsePerson {
            id: Rid([n; 32]),
            subject: AuthorId([n; 32]),
            name: Text::line(name, 20),
            approved,
            needed,
        };
        let view = |people| UseView {
            id: Rid([1; 32]),
            cameo: Rid([2; 32]),
            subject: AuthorId([3; 32]),
            approved: false,
            people,
        };
        let all = vec![
            person(0xa1, "Ada", true, false),
            person(0xb2, "Ben", true, true),
            person(0xc3, "Cy", false, false),
            person(0xd4, "", true, false),
        ];
        assert_eq!(view(all).waits_for().as_deref(), Some("Ada (a1a1a1a1) and d4d4d4d4"));
        assert_eq!(view(vec![person(0xb2, "Ben", true, true)]).waits_for(), None);
    }
}
