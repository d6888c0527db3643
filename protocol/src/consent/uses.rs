//! What a co-owner looks at: every use of a cameo that is known, the letters about it, and which grants still stand.

use super::facts::Signed;
use super::people::revokers;
use super::{ConsentSet, GREATEST, LEAST};
use crate::ids::{AuthorId, Rid};
use crate::limits::CONSENT_CHAIN_MAX;
use crate::record::{Grantee, Revoke, Role, Sealed, Target};

/// One use of a cameo in a clip that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUse {
    /// The clip's record.
    pub clip: Rid,
    /// Who made it.
    pub creator: AuthorId,
    /// When, in Unix seconds.
    pub time: u64,
    /// The id of the use.
    pub id: Rid,
    /// Under which grant.
    pub grant: Rid,
    /// Number of the ticket.
    pub serial: u32,
    /// What of the subject.
    pub role: Role,
    /// The parent it is inherited from.
    pub from: Option<Rid>,
    /// Whether an approval is stapled to it.
    pub approved: bool,
}

impl ConsentSet {
    /// Every known use of a cameo, in the order of the clips' ids.
    pub fn uses_of(&self, cameo: Rid) -> impl Iterator<Item = KnownUse> {
        self.clips.values().filter_map(move |clip| {
            let facts = clip.use_of(cameo)?;
            Some(KnownUse {
                clip: clip.rid,
                creator: clip.author,
                time: clip.time,
                id: facts.id,
                grant: facts.used.grant,
                serial: facts.used.serial,
                role: facts.used.role,
                from: facts.used.from,
                approved: facts.approval.is_some(),
            })
        })
    }

    /// Every letter, with who wrote it and when, in the order of their ids.
    pub fn letters(&self) -> impl Iterator<Item = (Rid, AuthorId, u64, &Sealed)> {
        self.letters.values().map(|letter| (letter.rid, letter.by, letter.time, &letter.body))
    }

    /// Forgets a letter that its writer took back.
    pub fn forget_letter(&mut self, rid: Rid, by: AuthorId) {
        if self.letters.get(&rid).is_some_and(|letter| letter.by == by) {
            self.letters.remove(&rid);
        }
    }

    /// Whether nobody took back a grant, one above it, or the cameo. Time is not looked at.
    #[must_use]
    pub fn grant_stands(&self, grant: Rid) -> bool {
        let mut issuers = Vec::new();
        let mut next = Some(grant);
        while let Some(known) = next.and_then(|rid| self.grants.get(&rid)) {
            issuers.push((known.rid, known.by, known.body.cameo));
            if issuers.len() >= CONSENT_CHAIN_MAX {
                break;
            }
            next = known.body.prf;
        }
        let Some(cameo) = issuers.first().and_then(|(_, _, cameo)| self.cameos.get(cameo)) else {
            return false;
        };
        let revokers = revokers(cameo);
        let takes = |revoke: &Signed<Revoke>| match revoke.body.target {
            Target::Cameo => revokers.contains(&revoke.by),
            Target::Grant(target) => {
                let mut above = issuers.iter().skip_while(|(rid, ..)| *rid != target).peekable();
                above.peek().is_some()
                    && (revokers.contains(&revoke.by) || above.any(|(_, by, _)| *by == revoke.by))
            }
            Target::Use(_) | Target::Clip(_) => false,
        };
        let mut known = self.revokes.range((cameo.rid, LEAST)..=(cameo.rid, GREATEST));
        !known.any(|(_, revoke)| takes(revoke))
    }

    /// Whether `me` granted something to somebody by name.
    #[must_use]
    pub fn is_grantee(&self, me: AuthorId, of: AuthorId) -> bool {
        self.grants.values().any(|grant| grant.by == me && grant.body.aud == Grantee::One(of))
    }

    /// Whom `me` granted something, and who wrote to `me`: their records bear on what becomes of a likeness.
    pub fn correspondents(&self, me: AuthorId) -> impl Iterator<Item = AuthorId> {
        let granted = self.grants.values().filter(move |grant| grant.by == me);
        let granted = granted.filter_map(|grant| match grant.body.aud {
            Grantee::One(author) => Some(author),
            Grantee::Mutuals | Grantee::Everyone => None,
        });
        granted
            .chain(self.letters.values().filter(move |letter| letter.body.to == me).map(|letter| letter.by))
    }

    /// What a controller of a cameo, or an attester, said of something by an `approve` that is known.
    #[must_use]
    pub fn answer(&self, of: Rid, by: AuthorId) -> Option<bool> {
        self.answer_of(of, |author| author == by)
    }

    /// When each revocation by those who may was signed, oldest first: of a cameo, a grant, a use or a clip.
    #[must_use]
    pub fn revocations_of(&self, cameo: Rid) -> Vec<(Rid, AuthorId, u64, Revoke)> {
        let known = self.revokes.range((cameo, LEAST)..=(cameo, GREATEST));
        let mut all: Vec<_> =
            known.map(|(_, revoke)| (revoke.rid, revoke.by, revoke.time, revoke.body.clone())).collect();
        all.sort_by_key(|(rid, _, time, _)| (*time, *rid));
        all
    }
}
