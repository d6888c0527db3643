//! Stored records as the API shows them. Every text of another author becomes `Text` here and nowhere later.

use std::collections::BTreeMap;

use kinora_protocol::api::{
    ApiError, ClipState, ClipView, CommentView, FeedItem, Person, PersonView, Verdict,
};
use kinora_protocol::check::Checked;
use kinora_protocol::consent::{Freshness, Person as Consenting};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::limits::{
    BIO_CHARS_MAX, COMMENT_CHARS_MAX, FEED_PAGE_MAX, NAME_CHARS_MAX, PROMPT_BYTES_MAX, REACTION_BYTES_MAX,
    TITLE_CHARS_MAX,
};
use kinora_protocol::record::{Body, Clip};
use kinora_protocol::text::Text;

use super::Core;
use crate::clock;
use crate::error::{self, Hint as _};
use crate::store::{BlobState, Standing, wrong_size};

/// Longest label shown, in characters.
const LABEL_CHARS_MAX: usize = 40;

/// A position in the feed, as text.
#[must_use]
pub fn cursor(time: u64, clip: Rid) -> String {
    format!("{time}-{clip}")
}

/// Reads a position.
///
/// # Errors
/// When it is none.
pub fn read_cursor(text: &str) -> Result<(u64, Rid), ApiError> {
    let parts = text.split_once('-').and_then(|(time, rid)| Some((time.parse().ok()?, rid.parse().ok()?)));
    parts.ok_or_else(|| {
        error::request("that is no position in the feed").hint("take `cursor` from the last clip shown")
    })
}

/// A page of the feed: own clips and those of the people followed, newest first.
///
/// # Errors
/// When the store fails.
pub fn feed(core: &Core, before: Option<(u64, Rid)>, limit: usize) -> Result<Vec<FeedItem>, ApiError> {
    let me = core.publisher.author();
    let mut authors = core.publisher.store.following(&me)?;
    authors.push(me);
    let clips = core.publisher.store.clips_of(&authors, before, limit)?;
    let mut names = Names::default();
    clips.iter().filter_map(|checked| item(core, checked, &mut names).transpose()).collect()
}

/// Profile names, looked up once each.
#[derive(Debug, Default)]
struct Names(BTreeMap<AuthorId, Text>);

impl Names {
    fn of(&mut self, core: &Core, author: AuthorId) -> Result<Text, ApiError> {
        if let Some(name) = self.0.get(&author) {
            return Ok(name.clone());
        }
        let name = core.name_of(author)?;
        self.0.insert(author, name.clone());
        Ok(name)
    }
}

fn clip_of(checked: &Checked) -> Option<&Clip> {
    match &checked.record().body {
        Body::Clip(clip) => Some(clip),
        _ => None,
    }
}

fn item(core: &Core, checked: &Checked, names: &mut Names) -> Result<Option<FeedItem>, ApiError> {
    let Some(clip) = clip_of(checked) else { return Ok(None) };
    let (rid, author, store) = (checked.rid(), checked.author(), &core.publisher.store);
    let (state, verdict, reason) = standing(core, checked, clip)?;
    let reactions = store.reactions(&rid)?;
    let me = core.publisher.author();
    let mine =
        reactions.iter().find(|(who, _)| *who == me).map(|(_, mark)| Text::line(mark, REACTION_BYTES_MAX));
    Ok(Some(FeedItem {
        clip: rid,
        author,
        author_name: names.of(core, author)?,
        title: Text::line(&clip.title, TITLE_CHARS_MAX),
        time: checked.time(),
        blob: clip.blob.hash,
        size: clip.blob.size,
        format: clip.format,
        state,
        verdict,
        reason,
        reactions: reactions.len() as u64,
        comments: store.comments(&rid, FEED_PAGE_MAX)?.len() as u64,
        mine,
        cursor: cursor(checked.time(), rid),
    }))
}

/// Whether a clip can be seen here, and what its consent and the checks of its media say.
fn standing(core: &Core, checked: &Checked, clip: &Clip) -> Result<(ClipState, Verdict, String), ApiError> {
    match core.publisher.store.consented(clock::now_seconds(), checked) {
        Err(refusal) => {
            let reason = format!("its consent does not check ({}): {refusal}", refusal.code());
            return Ok((ClipState::Withheld, Verdict::Unverified, reason));
        }
        Ok(standing) if standing.withdrawn.is_some() => {
            let reason = "consent withdrawn: somebody in it, or the clip it was made of, was taken down";
            return Ok((ClipState::Withdrawn, Verdict::Unverified, reason.to_owned()));
        }
        Ok(_) => {}
    }
    media(core, clip)
}

/// Who is in a clip, as far as it stands.
fn people(core: &Core, checked: &Checked) -> Vec<PersonView> {
    let standing = core.publisher.store.consented(clock::now_seconds(), checked).unwrap_or_default();
    let view = |person: Consenting| PersonView {
        cameo: person.cameo,
        subject: person.subject,
        name: Text::line(&person.name, NAME_CHARS_MAX),
        until: person.until,
        approved: person.approved,
        heard: person.heard,
        freshness: match person.freshness {
            Freshness::Fresh => "fresh",
            Freshness::Stale => "stale",
            Freshness::Incomplete => "incomplete",
        }
        .to_owned(),
    };
    standing.people.into_iter().map(view).collect()
}

/// Whether the file of a clip is here, and whether it is what the record says.
fn media(core: &Core, clip: &Clip) -> Result<(ClipState, Verdict, String), ApiError> {
    let hash = clip.blob.hash;
    Ok(match core.publisher.store.blob_state(&hash)? {
        Some(BlobState::Complete(facts)) => match facts.fit(clip) {
            Ok(()) => {
                let reason =
                    "the signature holds, and the file is the one the record names, in the form it says";
                (ClipState::Ready, Verdict::Verified, reason.to_owned())
            }
            Err(difference) => (ClipState::Withheld, Verdict::Altered, difference),
        },
        Some(BlobState::Sized(found)) if found != clip.blob.size => {
            (ClipState::Withheld, Verdict::Altered, wrong_size(clip.blob.size, found))
        }
        Some(BlobState::Refused { reason }) => {
            let reason = Text::line(&reason, 200).as_str().to_owned();
            (ClipState::Withheld, Verdict::Altered, reason)
        }
        Some(BlobState::Wanted | BlobState::Sized(_)) if core.is_fetching(&hash) => {
            (ClipState::Fetching, Verdict::Unverified, "its file is on the way".to_owned())
        }
        Some(BlobState::Wanted | BlobState::Sized(_)) | None => {
            let reason = "its file is not here, and nobody reachable gave it yet";
            (ClipState::Missing, Verdict::Unverified, reason.to_owned())
        }
    })
}

/// Everything about one clip.
///
/// # Errors
/// When it is not stored, or was deleted.
pub fn clip_view(core: &Core, rid: Rid) -> Result<ClipView, ApiError> {
    let store = &core.publisher.store;
    let Some(checked) = store.get(&rid)? else { return Err(absent(core, rid)?) };
    let mut names = Names::default();
    let (Some(clip), Some(item)) = (clip_of(&checked), item(core, &checked, &mut names)?) else {
        return Err(error::request(format!("{rid} is not a clip but a {}", Text::line(checked.kind(), 16))));
    };
    let mut counts: BTreeMap<Text, u64> = BTreeMap::new();
    for (_, mark) in store.reactions(&rid)? {
        *counts.entry(Text::line(&mark, REACTION_BYTES_MAX)).or_default() += 1;
    }
    let mut comments = Vec::new();
    for comment in store.comments(&rid, FEED_PAGE_MAX)? {
        if let Body::Comment(body) = &comment.record().body {
            comments.push(CommentView {
                rid: comment.rid(),
                author: comment.author(),
                author_name: names.of(core, comment.author())?,
                text: Text::block(&body.text, COMMENT_CHARS_MAX),
                time: comment.time(),
            });
        }
    }
    comments.sort_by_key(|comment| (comment.time, comment.rid));
    Ok(ClipView {
        item,
        prompt: Text::block(&clip.prompt, PROMPT_BYTES_MAX),
        device: checked.record().device,
        recipe: clip.recipe(),
        parents: clip.parents.clone(),
        people: people(core, &checked),
        labels: clip.labels.iter().map(|label| Text::line(label, LABEL_CHARS_MAX)).collect(),
        reactions: counts.into_iter().collect(),
        comments,
    })
}

/// Why a record is not here, as a failure.
///
/// # Errors
/// When the store fails.
pub fn absent(core: &Core, rid: Rid) -> Result<ApiError, ApiError> {
    Ok(match core.publisher.store.standing(&rid)? {
        Standing::Deleted => error::missing(format!("{rid} was deleted by its author")),
        _ => error::missing(format!("{rid} is not known here"))
            .hint("follow its author, and keep `kinora node` running to receive clips"),
    })
}

/// One person followed.
///
/// # Errors
/// When the store fails.
pub fn person(core: &Core, author: AuthorId) -> Result<Person, ApiError> {
    let store = &core.publisher.store;
    let profile = store.profile(&author)?.unwrap_or_default();
    let clips = store.clip_count(&author)?;
    let (name, bio) = (Text::line(&profile.name, NAME_CHARS_MAX), Text::block(&profile.bio, BIO_CHARS_MAX));
    Ok(Person { author, name, bio, clips })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_round_trip_and_nonsense_is_refused() {
        let rid = Rid([7; 32]);
        assert_eq!(read_cursor(&cursor(12, rid)).unwrap(), (12, rid));
        for bad in ["", "-", "12", "12-", "x-07", &format!("-1-{rid}")] {
            assert!(read_cursor(bad).is_err(), "{bad:?}");
        }
    }
}
