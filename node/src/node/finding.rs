//! The call `find`, and the check `fingerprint` of files that no record names: which known clips something points to.
//!
//! A mark can be copied and a fingerprint only says "alike": both are pointers to a record, whose signature is the proof.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use kinora_media::fingerprint::{Alike, sound::agreement, telling};
use kinora_protocol::api::{
    ApiError, ClipState, FindWhat, Found, FoundClip, Likeness, SamePicture, VerifyWhat,
};
use kinora_protocol::fingerprint::Fingerprint;
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::job::inspect::Question;
use kinora_protocol::limits::{CLIP_BYTES_MAX, TITLE_CHARS_MAX};
use kinora_protocol::text::Text;
use kinora_protocol::verdict::{Check, CheckName, CheckState};

use super::verify::{clip_of, unavailable};
use super::{Core, views};
use crate::error::{self, Hint as _};
use crate::files;

/// What is asked about a file's mark.
const MARK: &[Question] = &[Question::Describe, Question::Mark];
/// Most clips that are named.
const CLIPS_MAX: usize = 16;
/// Digits of a tag.
const TAG_DIGITS: usize = 16;
/// Clips that name one file and are looked at.
const OWNERS_MAX: usize = 4;

/// What is looked for.
#[derive(Default)]
struct Wanted {
    file: Option<BlobHash>,
    print: Fingerprint,
    tag: Option<[u8; 8]>,
    /// The clip itself, which is not told to look like itself.
    but: Option<Rid>,
}

impl Core {
    pub(super) async fn find(&self, what: &FindWhat) -> Result<Found, ApiError> {
        let wanted = match what {
            FindWhat::Tag(tag) => Wanted { tag: Some(read_tag(tag)?), ..Wanted::default() },
            FindWhat::Clip(rid) => {
                let (file, print) = self.looks_of(&VerifyWhat::Clip(*rid)).await?;
                Wanted { file: Some(file), print, tag: None, but: Some(*rid) }
            }
            FindWhat::File(path) => {
                let (file, print) = self.looks_of(&VerifyWhat::File(path.clone())).await?;
                Wanted { file: Some(file), print, tag: self.tag_in(Path::new(path)).await?, but: None }
            }
        };
        let mut clips = self.pointed_to(&wanted)?;
        clips.sort_by_key(|clip| {
            let percent = clip.picture.as_ref().map_or(0, |picture| picture.percent);
            std::cmp::Reverse((clip.same_file, clip.same_tag && percent > 0, percent, clip.same_tag))
        });
        clips.truncate(CLIPS_MAX);
        let seconds = u32::try_from(telling(&wanted.print.seconds).len()).unwrap_or(u32::MAX);
        Ok(Found { tag: wanted.tag.map(write_tag), seconds, clips })
    }

    /// The tag that the mark in a file carries.
    async fn tag_in(&self, path: &Path) -> Result<Option<[u8; 8]>, ApiError> {
        let bytes = files::read(path, CLIP_BYTES_MAX)?;
        let inspected = self.publisher.inspectors.inspect(bytes, MARK, None).await;
        Ok(inspected.map_err(|e| unavailable(&e))?.tag.map(|tag| *tag))
    }

    /// Every clip that something points to, in no order.
    fn pointed_to(&self, wanted: &Wanted) -> Result<Vec<FoundClip>, ApiError> {
        let (store, seen) = (&self.publisher.store, &self.publisher.seen);
        let mut found: BTreeMap<Rid, FoundClip> = BTreeMap::new();
        if let Some(file) = &wanted.file {
            for clip in store.clips_with(file, OWNERS_MAX)? {
                self.note(&mut found, clip.rid(), |clip| clip.same_file = true)?;
            }
            for (clip, alike) in seen.withdrawn_like(file, &wanted.print) {
                self.note(&mut found, clip, |found| {
                    found.state = ClipState::Withdrawn;
                    found.same_file |= alike.is_none();
                    found.picture = alike.as_ref().map(likeness);
                })?;
            }
        }
        for (file, alike) in seen.like(&wanted.print).into_iter().take(CLIPS_MAX) {
            let print = store.print(&file)?.map(|print| print.of).unwrap_or_default();
            let sound = agreement(&wanted.print.sound, &print.sound);
            for clip in store.clips_with(&file, OWNERS_MAX)? {
                self.note(&mut found, clip.rid(), |clip| {
                    (clip.picture, clip.sound_percent) = (Some(likeness(&alike)), sound);
                })?;
            }
        }
        if let Some(tag) = wanted.tag {
            for clip in store.clips_with_tag(tag, CLIPS_MAX)? {
                self.note(&mut found, clip, |clip| clip.same_tag = true)?;
            }
        }
        Ok(found.into_values().filter(|clip| Some(clip.clip) != wanted.but).collect())
    }

    /// Adds to what is said of a clip.
    fn note(
        &self,
        found: &mut BTreeMap<Rid, FoundClip>,
        rid: Rid,
        say: impl FnOnce(&mut FoundClip),
    ) -> Result<(), ApiError> {
        let clip = match found.entry(rid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.found(rid)?),
        };
        say(clip);
        Ok(())
    }

    fn found(&self, rid: Rid) -> Result<FoundClip, ApiError> {
        let checked = self.publisher.store.get(&rid)?;
        let clip = checked.as_ref().and_then(|checked| Some((checked, clip_of(checked)?)));
        let state = match clip {
            Some((checked, clip)) => views::standing(self, checked, clip)?.0,
            None => ClipState::Missing,
        };
        Ok(FoundClip {
            clip: rid,
            author: checked.as_ref().map(|checked| checked.author()),
            title: clip.map(|(_, clip)| Text::line(&clip.title, TITLE_CHARS_MAX)).unwrap_or_default(),
            state,
            same_file: false,
            same_tag: false,
            picture: None,
            sound_percent: None,
        })
    }

    /// The check of a file that no record names: whether it looks like a clip that is known, or was withdrawn.
    pub(super) fn looks_like(
        &self,
        file: &BlobHash,
        print: Option<&Fingerprint>,
    ) -> Result<Option<Check>, ApiError> {
        let (store, seen) = (&self.publisher.store, &self.publisher.seen);
        let print = print.cloned().unwrap_or_default();
        if let Some((clip, alike)) = seen.withdrawn_like(file, &print).into_iter().next() {
            let how = match alike {
                None => format!("this is the file of clip {}", clip.short()),
                Some(alike) => format!(
                    "looks like clip {} ({} % of the seconds are the same)",
                    clip.short(),
                    alike.percent
                ),
            };
            let detail = format!("{how}, whose consent was withdrawn");
            return Ok(Some(Check::fail(CheckName::Consent, &detail)));
        }
        if telling(&print.seconds).is_empty() {
            return Ok(None);
        }
        for (like, alike) in seen.like(&print).into_iter().filter(|(_, alike)| alike.is_copy()) {
            let Some(clip) = store.clips_with(&like, 1)?.into_iter().next() else { continue };
            let theirs = store.print(&like)?.map(|print| print.of).unwrap_or_default();
            let sound = agreement(&print.sound, &theirs.sound);
            let sound = sound.map(|percent| format!(", {percent} % of the sound")).unwrap_or_default();
            let detail = format!(
                "looks like clip {} by {}, re-encoded: {} % of the seconds are the same{sound}; that is no proof",
                clip.rid().short(),
                clip.author().short(),
                alike.percent
            );
            return Ok(Some(Check::new(CheckName::Fingerprint, CheckState::Warn, &detail)));
        }
        Ok(Some(Check::none(CheckName::Fingerprint, "it looks like no clip that is known here")))
    }
}

fn likeness(alike: &Alike) -> Likeness {
    let same = |pair: &kinora_media::fingerprint::Pair| SamePicture {
        ours: pair.ours,
        theirs: pair.theirs,
        bits: pair.bits,
    };
    Likeness {
        percent: alike.percent,
        is_copy: alike.is_copy(),
        mirrored: alike.mirrored,
        seconds: alike.pairs.iter().map(same).collect(),
    }
}

/// Reads a tag as it is written.
fn read_tag(text: &str) -> Result<[u8; 8], ApiError> {
    // Digits only: `from_str_radix` would take a sign as well.
    let digits = text.len() == TAG_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
    let tag = u64::from_str_radix(text, 16).ok().filter(|_| digits).map(u64::to_be_bytes);
    tag.ok_or_else(|| {
        error::request(format!("{} is no tag", Text::line(text, 20)))
            .hint(format!("a tag has {TAG_DIGITS} hexadecimal digits"))
    })
}

fn write_tag(tag: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_sixteen_digits_and_nothing_else() {
        assert_eq!(read_tag("0102030405060708").unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(write_tag([1, 2, 3, 4, 5, 6, 7, 8]), "0102030405060708");
        for wrong in
            ["", "01", "010203040506070", "010203040506070g", "+102030405060708", "01020304050607080"]
        {
            assert!(read_tag(wrong).is_err(), "{wrong:?}");
        }
    }
}
