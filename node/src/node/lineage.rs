//! The calls about lineage: the relatives of a clip, and whether a clip may be made from others.
//!
//! The rule about licences is one place for every way in: `make`, `cut` and the publication of a draft all ask
//! [`Core::licence`]. What a licence means is `protocol::lineage`'s.

use std::collections::BTreeMap;

use kinora_protocol::api::{ApiError, ClipState, Kin, Lineage};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::limits::TITLE_CHARS_MAX;
use kinora_protocol::lineage::{Direction, Terms, shares_alike, terms, valid};
use kinora_protocol::record::{Body, Clip, WORD_BYTES_MAX};
use kinora_protocol::text::Text;

use super::{Core, views};
use crate::clock;
use crate::error::{self, Hint as _};
use crate::store::{Standing, Viewer};

/// What an author wants a clip to be published as.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// An SPDX expression, if one was named.
    pub licence: Option<&'a str>,
    /// Whether the authors of its parents permitted it.
    pub permitted: bool,
    /// Whether it stays on this machine.
    pub draft: bool,
}

impl Core {
    /// What a clip was made from, and what was made from it.
    ///
    /// # Errors
    /// When the clip is unknown or the store fails.
    pub(super) fn lineage(&self, clip: Rid) -> Result<Lineage, ApiError> {
        self.known_clip(clip)?;
        let store = &self.publisher.store;
        let viewer = store.viewer(self.publisher.author(), clock::now_seconds())?;
        let mut names = BTreeMap::new();
        let up = store.lineage(clip, Direction::Ancestors)?;
        let down = store.lineage(clip, Direction::Descendants)?;
        let complete = up.complete && down.complete;
        let mut branch = |walk: kinora_protocol::lineage::Walk| -> Result<Vec<Kin>, ApiError> {
            let steps = walk.steps.into_iter();
            steps.map(|step| self.kin((step.clip, step.via, step.depth), &viewer, &mut names)).collect()
        };
        let (ancestors, descendants) = (branch(up)?, branch(down)?);
        Ok(Lineage {
            clip: self.kin((clip, clip, 0), &viewer, &mut names)?,
            ancestors,
            descendants,
            complete,
        })
    }

    fn kin(
        &self,
        (clip, via, depth): (Rid, Rid, usize),
        viewer: &Viewer<'_>,
        names: &mut BTreeMap<AuthorId, Text>,
    ) -> Result<Kin, ApiError> {
        let store = &self.publisher.store;
        let mut kin = Kin {
            clip,
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
            via,
            author: None,
            author_name: Text::default(),
            title: Text::default(),
            time: None,
            blob: None,
            state: ClipState::Missing,
            covered: false,
            licence: Text::default(),
        };
        let Some(checked) = store.get(&clip)? else {
            kin.state = match store.standing(&clip)? {
                Standing::Deleted => ClipState::Deleted,
                Standing::Overruled => ClipState::Withheld,
                Standing::Unknown | Standing::Live | Standing::Replaced => ClipState::Missing,
            };
            return Ok(kin);
        };
        // Whoever names a comment as a parent has named no clip.
        let Body::Clip(body) = &checked.record().body else { return Ok(kin) };
        let author = checked.author();
        kin.author = Some(author);
        kin.author_name = match names.get(&author) {
            Some(name) => name.clone(),
            None => self.name_of(author)?,
        };
        names.insert(author, kin.author_name.clone());
        kin.title = Text::line(&body.title, TITLE_CHARS_MAX);
        kin.time = Some(checked.time());
        kin.blob = Some(body.blob.hash);
        let seen = views::Seen::of(self, viewer, &checked, body)?;
        (kin.state, kin.covered) = (seen.state, !seen.cover.is_empty());
        kin.licence = Text::line(&body.licence, WORD_BYTES_MAX);
        Ok(kin)
    }

    /// The licence of a clip that is to be made from these parents, if it may be published at all.
    ///
    /// # Errors
    /// When the licence named is none, a parent's forbids it, or its author's permission is needed.
    pub(super) fn licence(&self, parents: &[Rid], wish: Wish<'_>) -> Result<String, ApiError> {
        let asked = wish.licence.map(str::trim);
        if let Some(asked) = asked {
            valid(asked).map_err(|fault| error::request(fault.to_string()))?;
        }
        let mut licence = asked.unwrap_or(&self.publisher.licence).to_owned();
        for parent in parents {
            let Some(checked) = self.publisher.store.get(parent)? else {
                if wish.draft || wish.permitted {
                    continue;
                }
                let message = "a clip it was made from is not here any more, and its licence is not known";
                return Err(error::request(message).hint("when its author permits it, add --permitted"));
            };
            let (Body::Clip(clip), author) = (&checked.record().body, checked.author()) else { continue };
            if author == self.publisher.author() {
                continue;
            }
            if !wish.draft {
                let viewer = self.publisher.store.viewer(self.publisher.author(), clock::now_seconds())?;
                let kin = self.kin((*parent, *parent, 0), &viewer, &mut BTreeMap::new())?;
                permits(clip, &kin.words(), wish.permitted)?;
            }
            if shares_alike(&clip.licence) {
                if asked.is_some_and(|asked| asked != clip.licence) {
                    let theirs = Text::line(&clip.licence, WORD_BYTES_MAX);
                    let message =
                        format!("what is made from a clip under {theirs} is published under that too");
                    return Err(error::request(message).hint("leave out --licence"));
                }
                licence.clone_from(&clip.licence);
            }
        }
        Ok(licence)
    }
}

/// Whether somebody else's clip may be changed and published.
fn permits(clip: &Clip, words: &str, permitted: bool) -> Result<(), ApiError> {
    let licence = Text::line(&clip.licence, WORD_BYTES_MAX);
    let alone = "--draft keeps a remix to yourself";
    match terms(&clip.licence) {
        Terms::Free | Terms::NonCommercial => Ok(()),
        Terms::Never => {
            Err(error::request(format!("{words} is under {licence}: changed versions must not be published"))
                .hint(alone))
        }
        Terms::Ask if permitted => Ok(()),
        Terms::Ask if licence.is_empty() => {
            Err(error::request(format!("{words} has no licence: all rights are its author's"))
                .hint("ask its author; when they permit it, add --permitted")
                .hint(alone))
        }
        Terms::Ask => {
            let message = format!("{words} is under {licence}, which this version does not know");
            Err(error::request(message)
                .hint("read it; when it or its author permits it, add --permitted")
                .hint(alone))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn clip(licence: &str) -> Clip {
        Clip { licence: licence.to_owned(), ..testing::clip(1) }
    }

    #[test]
    fn a_licence_that_forbids_is_never_talked_over_and_silence_needs_a_permission() {
        let cases = [
            ("CC-BY-4.0", true, true),
            ("CC-BY-NC-4.0", true, true),
            ("", false, true),
            ("LicenseRef-ours", false, true),
            ("CC-BY-ND-4.0", false, false),
        ];
        for (licence, plain, permitted) in cases {
            assert_eq!(permits(&clip(licence), "it", false).is_ok(), plain, "{licence:?}");
            assert_eq!(permits(&clip(licence), "it", true).is_ok(), permitted, "{licence:?}, permitted");
        }
        let refused = permits(&clip(""), "“fox” by Ada", false).unwrap_err();
        assert!(refused.message.contains("“fox” by Ada") && refused.hints[0].contains("--permitted"));
    }
}
