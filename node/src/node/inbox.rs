//! The calls about letters and about the uses of one's likeness: what was asked, what waits, what is made of it.
//!
//! How a letter stands follows from the records that are known: a grant since, an approval, a published clip. Nothing is
//! written down beside them.

use kinora_protocol::api::{ApiError, CameoAnswer, InboxItem, InboxKind, InboxState, UseRow};
use kinora_protocol::consent::use_id;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::limits::{
    CONSENT_NOTE_CHARS_MAX, CONSENT_WORD_BYTES_MAX, NAME_CHARS_MAX, PROMPT_BYTES_MAX, TITLE_CHARS_MAX,
};
use kinora_protocol::record::{Body, Cameo, Clip, Grantee, Use};
use kinora_protocol::sealed::{Ask, Letter, parts};
use kinora_protocol::text::Text;

use super::post::Opened;
use super::{Core, views};
use crate::error::{self, Hint as _};
use crate::store::BlobState;

/// Longest word of a state shown, in characters.
const STATE_CHARS_MAX: usize = 16;

impl Core {
    /// Asks a subject for a grant.
    pub(super) async fn ask_for_grant(&self, cameo: Rid, ask: Ask) -> Result<CameoAnswer, ApiError> {
        let body = self.cameo_of(cameo).ok_or_else(|| super::cameos::unknown(&cameo))?;
        if body.subject == self.publisher.author() {
            return Err(error::request("that cameo is your own").hint("grant it with `kinora cameo grant`"));
        }
        let key = body.seal.ok_or_else(|| {
            error::request("that cameo has no key for letters: an older version enrolled it")
                .hint("ask its subject in another way, or to enrol again")
        })?;
        let to = (self.reader_of(&cameo).unwrap_or(body.subject), key.into_array());
        let rid = self.publisher.write(to, cameo, &Letter::Ask(ask), None).await?;
        Ok(CameoAnswer::Record { rid })
    }

    /// Who reads letters about a cameo: whoever signed it.
    pub(super) fn reader_of(&self, cameo: &Rid) -> Option<AuthorId> {
        self.publisher.store.consents().cameo(cameo).map(|(by, _)| by)
    }

    /// A letter to this persona that asks for a grant.
    fn question(&self, ask: Rid) -> Result<Opened, ApiError> {
        let me = self.publisher.author();
        let letter = self.publisher.opened().into_iter().find(|letter| {
            letter.rid == ask && letter.sealed.to == me && matches!(*letter.letter, Letter::Ask(_))
        });
        letter.ok_or_else(|| {
            error::missing("there is no such question to you").hint("`kinora cameo inbox` lists them")
        })
    }

    /// Grants what a letter asks, narrowed to what its cameo allows.
    pub(super) async fn accept(&self, ask: Rid) -> Result<CameoAnswer, ApiError> {
        let letter = self.question(ask)?;
        let (Letter::Ask(asked), cameo) = (&*letter.letter, letter.sealed.cameo) else {
            return Err(error::internal("a question is none"));
        };
        let mut policy = self.controlled(&cameo)?;
        policy.allow.retain(|word| asked.purposes.contains(word) && !policy.deny.contains(word));
        if policy.allow.is_empty() {
            return Err(error::request("your cameo allows nothing of what is asked")
                .hint("refuse it, or enrol with another policy"));
        }
        self.grant(cameo, Some(letter.from), Some(policy), (asked.seconds, asked.uses)).await
    }

    /// Says no to a letter that asks.
    pub(super) async fn refuse_ask(&self, ask: Rid) -> Result<CameoAnswer, ApiError> {
        let letter = self.question(ask)?;
        let to = (letter.from, letter.sealed.key.into_array());
        let rid = self.publisher.write(to, letter.sealed.cameo, &Letter::Refuse { ask }, None).await?;
        Ok(CameoAnswer::Record { rid })
    }

    /// Letters that ask for something, in both directions.
    pub(super) fn inbox(&self) -> Result<CameoAnswer, ApiError> {
        let letters = self.publisher.opened();
        let items: Result<Vec<Option<InboxItem>>, ApiError> =
            letters.iter().map(|letter| self.inbox_item(letter, &letters)).collect();
        Ok(CameoAnswer::Inbox { items: items?.into_iter().flatten().collect() })
    }

    fn inbox_item(&self, letter: &Opened, all: &[Opened]) -> Result<Option<InboxItem>, ApiError> {
        let me = self.publisher.author();
        let mine = letter.from == me;
        let other = if mine { letter.sealed.to } else { letter.from };
        let cameo = letter.sealed.cameo;
        let name = self.cameo_of(cameo).map(|body| body.name).unwrap_or_default();
        let words = |words: &[String]| -> Vec<Text> {
            words.iter().map(|word| Text::line(word, CONSENT_WORD_BYTES_MAX)).collect()
        };
        let mut item = InboxItem {
            letter: letter.rid,
            kind: InboxKind::Ask,
            mine,
            other,
            other_name: self.name_of(other)?,
            cameo,
            cameo_name: Text::line(&name, NAME_CHARS_MAX),
            words: Text::default(),
            purposes: Vec::new(),
            uses: None,
            seconds: 0,
            time: letter.time,
            id: None,
            grant: None,
            blob: None,
            ready: false,
            state: InboxState::Waiting,
        };
        match &*letter.letter {
            Letter::Ask(ask) => {
                item.words = Text::line(&ask.note, CONSENT_NOTE_CHARS_MAX);
                (item.purposes, item.uses, item.seconds) = (words(&ask.purposes), ask.uses, ask.seconds);
                item.state = self.state_of_ask(letter, all);
                item.grant = self.grant_after(letter);
            }
            Letter::Notice { clip } => {
                let Some((id, used)) = use_in(letter, clip) else { return Ok(None) };
                item.grant = Some(used.grant);
                item.kind = InboxKind::Draft;
                item.words = Text::line(words_of(clip), PROMPT_BYTES_MAX);
                item.purposes = clip.consent.as_ref().map(|c| words(&c.purposes)).unwrap_or_default();
                (item.id, item.blob) = (Some(id), Some(clip.blob.hash));
                item.ready = if mine {
                    self.studio.owns(clip.blob.hash) || self.is_complete(&clip.blob.hash)?
                } else {
                    self.has_blob_of(letter)?
                };
                item.state = self.state_of_use(cameo, id)?;
            }
            Letter::Recording { challenge, .. } => return self.recording_item(letter, *challenge, item),
            Letter::Refuse { .. } | Letter::Need { .. } | Letter::Stills { .. } => return Ok(None),
        }
        Ok(Some(item))
    }

    /// A recording for a witness, once its cameo is known.
    fn recording_item(
        &self,
        letter: &Opened,
        challenge: Rid,
        mut item: InboxItem,
    ) -> Result<Option<InboxItem>, ApiError> {
        let witness = letter.sealed.to;
        {
            let set = self.publisher.store.consents();
            let mut cameos = set.cameos();
            let names = |body: &Cameo| body.liveness.as_ref().is_some_and(|said| said.challenge == challenge);
            let Some((rid, _, body)) = cameos.find(|(_, by, body)| *by == letter.from && names(body)) else {
                return Ok(None);
            };
            let said = kinora_protocol::consent::phrase(challenge, body.subject);
            item.kind = InboxKind::Recording;
            item.words = Text::line(&format!("is this them, saying: {said}?"), CONSENT_NOTE_CHARS_MAX);
            (item.cameo, item.id) = (rid, Some(rid));
            item.cameo_name = Text::line(&body.name, NAME_CHARS_MAX);
            item.state = match set.answer(rid, witness) {
                Some(true) => InboxState::Approved,
                Some(false) => InboxState::Refused,
                None => InboxState::Waiting,
            };
        }
        item.blob = letter.sealed.blob.map(|blob| blob.hash).filter(|_| !item.mine);
        item.ready = !item.mine && self.has_blob_of(letter)?;
        Ok(Some(item))
    }

    /// Whether nobody answered a letter of one's own yet.
    pub(super) fn is_open(&self, letter: &Opened, all: &[Opened]) -> bool {
        match &*letter.letter {
            Letter::Ask(_) => self.state_of_ask(letter, all) == InboxState::Waiting,
            Letter::Notice { clip } => use_in(letter, clip).is_some_and(|(id, _)| {
                self.state_of_use(letter.sealed.cameo, id).is_ok_and(|state| state == InboxState::Waiting)
            }),
            Letter::Need { grant } => !all.iter().any(
                |other| matches!(*other.letter, Letter::Stills { grant: of } if of == *grant && other.sealed.to == letter.from),
            ),
            Letter::Refuse { .. } | Letter::Stills { .. } | Letter::Recording { .. } => false,
        }
    }

    fn state_of_ask(&self, letter: &Opened, all: &[Opened]) -> InboxState {
        let refused = all.iter().any(|other| {
            other.from == letter.sealed.to
                && matches!(*other.letter, Letter::Refuse { ask } if ask == letter.rid)
        });
        match (self.grant_after(letter).is_some(), refused) {
            (true, _) => InboxState::Granted,
            (false, true) => InboxState::Refused,
            (false, false) => InboxState::Waiting,
        }
    }

    /// A grant that stands and was given after a letter asked for one.
    fn grant_after(&self, letter: &Opened) -> Option<Rid> {
        let set = self.publisher.store.consents();
        let mut grants = set.grants_of(letter.sealed.cameo);
        let found = grants.find(|(rid, by, grant)| {
            *by == letter.sealed.to
                && grant.aud == Grantee::One(letter.from)
                && grant.nbf >= letter.time
                && set.grant_stands(*rid)
        });
        found.map(|(rid, ..)| rid)
    }

    /// How a use stands: published, or as its subject answered.
    fn state_of_use(&self, cameo: Rid, id: Rid) -> Result<InboxState, ApiError> {
        let (published, answered) = {
            let set = self.publisher.store.consents();
            let published = set.uses_of(cameo).find(|known| known.id == id).map(|known| known.clip);
            let by = set.cameo(&cameo).map(|(by, body)| (by, body.subject));
            (published, by.and_then(|(by, subject)| set.answer(id, by).or_else(|| set.answer(id, subject))))
        };
        if let Some(clip) = published
            && let Some(checked) = self.publisher.store.get(&clip)?
        {
            let standing = self.publisher.store.consented(crate::clock::now_seconds(), &checked);
            let gone = standing.is_ok_and(|standing| standing.withdrawn.is_some());
            return Ok(if gone { InboxState::Withdrawn } else { InboxState::Published });
        }
        Ok(match answered {
            Some(true) => InboxState::Approved,
            Some(false) => InboxState::Refused,
            None => InboxState::Waiting,
        })
    }

    fn has_blob_of(&self, letter: &Opened) -> Result<bool, ApiError> {
        let Some(blob) = letter.sealed.blob else { return Ok(false) };
        Ok(self.publisher.store.blob_state(&blob.hash)? == Some(BlobState::Opaque))
    }

    fn is_complete(&self, hash: &BlobHash) -> Result<bool, ApiError> {
        Ok(matches!(self.publisher.store.blob_state(hash)?, Some(BlobState::Complete(_))))
    }

    /// The file of a clip that came sealed in a letter, by the hash that the letter says, or that of its blob.
    ///
    /// # Errors
    /// When no letter says it, it is not here, or is another file than the letter says.
    pub(super) async fn letter_file(&self, hash: BlobHash) -> Result<Option<Vec<u8>>, ApiError> {
        let me = self.publisher.author();
        let found = self.publisher.opened().into_iter().find(|letter| match &*letter.letter {
            Letter::Notice { clip } => letter.sealed.to == me && clip.blob.hash == hash,
            Letter::Recording { .. } => {
                letter.sealed.to == me && letter.sealed.blob.is_some_and(|blob| blob.hash == hash)
            }
            _ => false,
        });
        let Some(letter) = found else { return Ok(None) };
        let joined = self.publisher.opened_blob(&letter).await?;
        let parts = parts(&joined).map_err(|fault| error::request(format!("the letter's file: {fault}")))?;
        let file = parts.first().copied().unwrap_or_default();
        // What is approved is the use of exactly these bytes: others are not shown under its name.
        if matches!(*letter.letter, Letter::Notice { .. }) && BlobHash::of(file) != hash {
            return Err(error::request("the file that came is not the clip that the letter names")
                .hint("refuse it: what you would approve is not what you would see"));
        }
        Ok(Some(file.to_vec()))
    }

    /// Every use of this persona's likeness that is known: published clips, remixes, drafts announced in letters.
    pub(super) fn uses(&self, only: Option<Rid>) -> Result<CameoAnswer, ApiError> {
        let me = self.publisher.author();
        let (mine, known): (Vec<(Rid, String)>, Vec<_>) = {
            let set = self.publisher.store.consents();
            let mine: Vec<(Rid, String)> = set
                .cameos()
                .filter(|(rid, by, body)| {
                    (body.subject == me || *by == me || body.controllers.contains(&me))
                        && only.is_none_or(|only| only == *rid)
                })
                .map(|(rid, _, body)| (rid, body.name.clone()))
                .collect();
            let known = mine.iter().flat_map(|(rid, _)| set.uses_of(*rid).map(|known| (*rid, known)));
            let known = known.collect();
            (mine, known)
        };
        if let Some(only) = only.filter(|_| mine.is_empty()) {
            return Err(error::missing(format!("{only} is no cameo of yours"))
                .hint("`kinora cameo show` lists those that are"));
        }
        let name = |cameo: Rid| {
            let name = mine.iter().find(|(rid, _)| *rid == cameo).map(|(_, name)| name.as_str());
            Text::line(name.unwrap_or_default(), NAME_CHARS_MAX)
        };
        let mut uses = Vec::new();
        for (cameo, known) in known {
            let Some(checked) = self.publisher.store.get(&known.clip)? else { continue };
            let Body::Clip(clip) = &checked.record().body else { continue };
            let state = views::standing(self, &checked, clip)?.0;
            let withdrawn = state == kinora_protocol::api::ClipState::Withdrawn;
            uses.push(UseRow {
                cameo,
                cameo_name: name(cameo),
                creator: known.creator,
                creator_name: self.name_of(known.creator)?,
                clip: Some(known.clip),
                title: Text::line(&clip.title, TITLE_CHARS_MAX),
                blob: clip.blob.hash,
                ready: state == kinora_protocol::api::ClipState::Ready,
                id: known.id,
                grant: known.grant,
                serial: known.serial,
                role: known.role,
                from: known.from,
                time: known.time,
                state: Text::line(if withdrawn { "withdrawn" } else { "published" }, STATE_CHARS_MAX),
            });
        }
        for letter in self.publisher.opened().iter().filter(|letter| letter.sealed.to == me) {
            if !mine.iter().any(|(rid, _)| *rid == letter.sealed.cameo) {
                continue;
            }
            if let Some(row) = self.announced(letter, name(letter.sealed.cameo))?
                && !uses.iter().any(|other| other.id == row.id)
            {
                uses.push(row);
            }
        }
        uses.sort_by_key(|row| std::cmp::Reverse((row.time, row.id)));
        Ok(CameoAnswer::Uses { uses })
    }

    /// A draft that was announced and is not published.
    fn announced(&self, letter: &Opened, cameo_name: Text) -> Result<Option<UseRow>, ApiError> {
        let Letter::Notice { clip } = &*letter.letter else { return Ok(None) };
        let Some((id, used)) = use_in(letter, clip) else { return Ok(None) };
        let state = match self.state_of_use(letter.sealed.cameo, id)? {
            InboxState::Waiting => "draft",
            other => other.as_str(),
        };
        Ok(Some(UseRow {
            cameo: used.cameo,
            cameo_name,
            creator: letter.from,
            creator_name: self.name_of(letter.from)?,
            clip: None,
            title: Text::line(words_of(clip), TITLE_CHARS_MAX),
            blob: clip.blob.hash,
            ready: self.has_blob_of(letter)?,
            id,
            grant: used.grant,
            serial: used.serial,
            role: used.role,
            from: used.from,
            time: letter.time,
            state: Text::line(state, STATE_CHARS_MAX),
        }))
    }
}

/// What a draft is of: its prompt, or the title of a part, which has none.
fn words_of(clip: &Clip) -> &str {
    if clip.prompt.is_empty() { &clip.title } else { &clip.prompt }
}

/// The use of the letter's cameo in the clip that it announces, with its id.
fn use_in<'a>(letter: &Opened, clip: &'a Clip) -> Option<(Rid, &'a Use)> {
    let consent = clip.consent.as_ref()?;
    let used = consent.uses.iter().find(|used| used.cameo == letter.sealed.cameo)?;
    use_id(letter.from, clip, consent, used).ok().map(|id| (id, used))
}
