//! Stored records as the API shows them. Every text of another author becomes `Text` here and nowhere later.

use std::collections::BTreeMap;

use kinora_protocol::api::{
    ApiError, ClipState, ClipView, CommentView, FeedItem, LabelView, Person, PersonView, said_words,
};
use kinora_protocol::check::Checked;
use kinora_protocol::consent::{Freshness, Person as Consenting};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::labels::{Reason, Ruling, Shown};
use kinora_protocol::limits::{
    BIO_CHARS_MAX, COMMENT_CHARS_MAX, FEED_PAGE_MAX, NAME_CHARS_MAX, PROMPT_BYTES_MAX, REACTION_BYTES_MAX,
    TITLE_CHARS_MAX,
};
use kinora_protocol::record::{Body, Clip, WORD_BYTES_MAX};
use kinora_protocol::text::Text;
use kinora_protocol::verdict::{self, Check, CheckName, CheckState, Verdict};

use super::consented::{self, Consented};
use super::heard::WAITING;
use super::verify::{self, clip_of};
use super::{Core, labelling};
use crate::clock;
use crate::error::{self, Hint as _};
use crate::store::{BlobState, Look, Standing, Viewer};

/// Longest label shown, in characters.
const LABEL_CHARS_MAX: usize = 40;
/// Most clips that are looked at for one page of the feed: hidden ones make no page of their own.
const LOOKED_MAX: usize = 5_000;

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

/// A page of the feed: own clips and those of the people followed, newest first, without those that are hidden here.
///
/// # Errors
/// When the store fails.
pub fn feed(core: &Core, before: Option<(u64, Rid)>, limit: usize) -> Result<Vec<FeedItem>, ApiError> {
    clips(core, before, limit, |item| item.hidden.is_empty())
}

/// A page of the clips of the feed that are wanted. At most [`LOOKED_MAX`] are looked at for it.
///
/// # Errors
/// When the store fails.
pub(super) fn clips(
    core: &Core,
    mut before: Option<(u64, Rid)>,
    limit: usize,
    wanted: impl Fn(&FeedItem) -> bool,
) -> Result<Vec<FeedItem>, ApiError> {
    let me = core.publisher.author();
    let store = &core.publisher.store;
    let viewer = store.viewer(me, clock::now_seconds())?;
    let mut authors = store.following(&me)?;
    authors.push(me);
    let mut names = Names::default();
    let (mut items, mut looked) = (Vec::new(), 0);
    loop {
        let page = store.clips_of(&authors, before, limit)?;
        for checked in &page {
            if let Some((item, _)) = item(core, &viewer, checked, &mut names)?
                && wanted(&item)
            {
                items.push(item);
                if items.len() >= limit {
                    return Ok(items);
                }
            }
        }
        looked += page.len();
        match page.last().filter(|_| page.len() >= limit && looked < LOOKED_MAX) {
            Some(last) => before = Some((last.time(), last.rid())),
            None => return Ok(items),
        }
    }
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

/// A clip of the feed with its checks, or nothing if the record is none.
fn item(
    core: &Core,
    viewer: &Viewer<'_>,
    checked: &Checked,
    names: &mut Names,
) -> Result<Option<(FeedItem, Vec<Check>)>, ApiError> {
    let Some(clip) = clip_of(checked) else { return Ok(None) };
    let (rid, author, store) = (checked.rid(), checked.author(), &core.publisher.store);
    let Seen { state, checks, reason, labels, cover, hidden, ruling } =
        Seen::of(core, viewer, checked, clip)?;
    let reactions = store.reactions(&rid)?;
    let me = core.publisher.author();
    let mine =
        reactions.iter().find(|(who, _)| *who == me).map(|(_, mark)| Text::line(mark, REACTION_BYTES_MAX));
    let item = FeedItem {
        clip: rid,
        author,
        author_name: names.of(core, author)?,
        title: Text::line(&clip.title, TITLE_CHARS_MAX),
        time: checked.time(),
        blob: clip.blob.hash,
        size: clip.blob.size,
        format: clip.format,
        state,
        verdict: verdict::of(&checks),
        reason,
        reactions: reactions.len() as u64,
        comments: store.comments(&rid, FEED_PAGE_MAX)?.len() as u64,
        mine,
        cursor: cursor(checked.time(), rid),
        labels,
        cover,
        hidden,
        ruling,
    };
    Ok(Some((item, checks)))
}

/// A clip as this persona sees it: how it stands, and what labels make of it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) state: ClipState,
    pub(super) checks: Vec<Check>,
    /// Why it stands so, in words.
    pub(super) reason: String,
    pub(super) labels: Vec<LabelView>,
    pub(super) cover: Vec<LabelView>,
    pub(super) hidden: Vec<LabelView>,
    pub(super) ruling: Option<Ruling>,
}

impl Seen {
    /// What the viewer sees of a clip. What its consent or its file says against it stands before all labels.
    pub(super) fn of(
        core: &Core,
        viewer: &Viewer<'_>,
        checked: &Checked,
        clip: &Clip,
    ) -> Result<Self, ApiError> {
        let (state, checks) = standing(core, checked, clip)?;
        let Look { shown, said, ruling } = viewer.look(checked, clip)?;
        let view = |reasons: &[Reason]| labelling::views(viewer, reasons);
        let mut seen = Self {
            state,
            reason: verify::reason(&checks),
            checks,
            labels: view(&said),
            cover: Vec::new(),
            hidden: Vec::new(),
            ruling,
        };
        match shown {
            Shown::Show => {}
            Shown::Cover(reasons) => seen.cover = view(&reasons),
            Shown::Hide(reasons) => {
                seen.hidden = view(&reasons);
                if state != ClipState::Withdrawn {
                    (seen.state, seen.reason) =
                        (ClipState::Withheld, format!("hidden: {}", said_words(&seen.hidden)));
                }
            }
        }
        Ok(seen)
    }
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

/// How a clip stands: whether it can be seen here, and the checks.
pub(super) fn standing(
    core: &Core,
    checked: &Checked,
    clip: &Clip,
) -> Result<(ClipState, Vec<Check>), ApiError> {
    let hash = clip.blob.hash;
    let known = core.publisher.store.blob_state(&hash)?;
    let is_fetching = core.is_fetching(&hash);
    let provenance = core.publisher.store.provenance(&checked.rid())?;
    let mut checks = verify::known_checks((checked, clip), known.as_ref(), provenance, is_fetching);
    let consented = consented::of(&core.publisher.store, checked);
    let refused = matches!(consented, Consented::Refused(_));
    checks.extend(consented.checks());
    checks.extend(core.publisher.seen.against(&hash, checked)?);
    let waits = clip.consent.is_some() && core.heard.is_waiting();
    if waits {
        checks.push(Check::new(CheckName::Consent, CheckState::Warn, WAITING));
    }
    checks.sort_by_key(|check| check.name);
    let state = clip_state(known.as_ref(), clip, verdict::of(&checks), is_fetching);
    let withheld = refused || (waits && state != ClipState::Withdrawn);
    Ok((if withheld { ClipState::Withheld } else { state }, checks))
}

/// Whether a clip can be seen here: its file must be, and the verdict must not speak against it.
pub(super) fn clip_state(
    known: Option<&BlobState>,
    clip: &Clip,
    verdict: Verdict,
    is_fetching: bool,
) -> ClipState {
    match (known, verdict) {
        (_, Verdict::Withdrawn) => ClipState::Withdrawn,
        (_, Verdict::Altered)
        | (
            Some(
                BlobState::Refused { .. }
                | BlobState::Uninspected { .. }
                | BlobState::Opaque
                | BlobState::Barred(_),
            ),
            _,
        ) => ClipState::Withheld,
        (Some(BlobState::Complete(_)), _) => ClipState::Ready,
        (Some(BlobState::Sized(found)), _) if *found != clip.blob.size => ClipState::Withheld,
        (Some(BlobState::Wanted | BlobState::Sized(_)), _) if is_fetching => ClipState::Fetching,
        (Some(BlobState::Wanted | BlobState::Sized(_)) | None, _) => ClipState::Missing,
    }
}

/// Everything about one clip.
///
/// # Errors
/// When it is not stored, or was deleted.
pub fn clip_view(core: &Core, rid: Rid) -> Result<ClipView, ApiError> {
    let store = &core.publisher.store;
    let Some(checked) = store.get(&rid)? else { return Err(absent(core, rid)?) };
    let viewer = store.viewer(core.publisher.author(), clock::now_seconds())?;
    let mut names = Names::default();
    let looked = item(core, &viewer, &checked, &mut names)?;
    let (Some(clip), Some((item, checks))) = (clip_of(&checked), looked) else {
        return Err(error::request(format!("{rid} is not a clip but a {}", Text::line(checked.kind(), 16))));
    };
    let mut counts: BTreeMap<Text, u64> = BTreeMap::new();
    for (_, mark) in store.reactions(&rid)? {
        *counts.entry(Text::line(&mark, REACTION_BYTES_MAX)).or_default() += 1;
    }
    let mut comments = Vec::new();
    for comment in store.comments(&rid, FEED_PAGE_MAX)? {
        let unseen = !viewer.in_feed(&comment.author()) && viewer.hides_reply(&comment)?;
        if let Body::Comment(body) = &comment.record().body
            && !unseen
        {
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
        licence: Text::line(&clip.licence, WORD_BYTES_MAX),
        checks,
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
