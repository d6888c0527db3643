//! From a wish to show somebody to the `consent` field of a clip: the ticket before it is rendered, the signature of the
//! use and the staples when it is published.
//!
//! The id of a use is the same before and after the approval, because it covers the file, the prompt and the terms, and
//! neither the head nor the approval.

use std::sync::Arc;

use kinora_protocol::api::{ApiError, JobId, JobState, MakeRequest, MakeUse, UsePerson, UseView};
use kinora_protocol::check::Author;
use kinora_protocol::consent::{Refusal, Wish, use_id};
use kinora_protocol::ids::Rid;
use kinora_protocol::job::Rendered;
use kinora_protocol::limits::NAME_CHARS_MAX;
use kinora_protocol::recipe::Recipe;
use kinora_protocol::record::{Body, Clip, Consent, Remix, Role, Use};
use kinora_protocol::sealed::{Letter, join};
use kinora_protocol::text::Text;
use serde_bytes::ByteBuf;

use super::Core;
use super::publisher::Publisher;
use crate::clock;
use crate::error::{self, Hint as _};
use crate::store::Store;
use crate::studio::queue::{Entry, Made};

/// A clip with the uses that it is to be published with, and the ids of those.
pub(super) struct Drafted {
    /// The clip.
    pub(super) clip: Clip,
    /// The ids of its uses, in their order.
    pub(super) ids: Vec<Rid>,
}

impl Core {
    /// Finds grant and ticket for a request that shows somebody; one that needs an approval becomes a draft.
    pub(super) fn permit(&self, request: &mut MakeRequest) -> Result<(), ApiError> {
        let Some(cameo) = &mut request.cameo else { return Ok(()) };
        let wish = Wish {
            cameo: cameo.cameo,
            creator: self.publisher.author(),
            role: Role::Face,
            purposes: cameo.purposes.clone(),
            audience: cameo.audience,
            commercial: false,
            reserved: self.studio.tickets(),
        };
        let permit = self.publisher.store.consents().permit(clock::now_seconds(), &wish);
        let permit = permit
            .map_err(|refusal| refused(refusal).hint("`kinora cameo show CAMEO` says what was granted"))?;
        cameo.ticket = Some((permit.grant, permit.serial));
        cameo.asks = permit.needs_approval.then_some(cameo.cameo).into_iter().collect();
        request.draft |= permit.needs_approval;
        Ok(())
    }

    /// The use that a draft waits to have approved.
    pub(super) fn use_of_draft(&self, job: JobId) -> Result<UseView, ApiError> {
        let entry = self.studio.entry(job).ok_or_else(|| error::missing(format!("there is no job {job}")))?;
        if !matches!(entry.job.state, JobState::Draft { .. }) {
            return Err(error::request(format!("job {job} is not a draft")));
        }
        let Drafted { clip, ids } = self.publisher.drafted(&entry)?;
        let set = self.publisher.store.consents();
        let asks = entry.request.cameo.as_ref().map(|cameo| cameo.asks.as_slice()).unwrap_or_default();
        let uses = clip.consent.iter().flat_map(|consent| &consent.uses).zip(ids);
        let people: Vec<(Rid, UsePerson)> = uses
            .map(|(used, id)| {
                let name = set.cameo(&used.cameo).map(|(_, body)| body.name.as_str()).unwrap_or_default();
                let person = UsePerson {
                    id,
                    subject: used.subject,
                    name: Text::line(name, NAME_CHARS_MAX),
                    approved: set.approval_of(&used.cameo, id).is_some(),
                    needed: asks.contains(&used.cameo),
                };
                (used.cameo, person)
            })
            .collect();
        // Of several people, the first who has not approved yet.
        let first = people.iter().min_by_key(|(_, person)| person.approved).cloned();
        let (cameo, UsePerson { id, subject, approved, .. }) = first.ok_or_else(|| {
            error::request(format!("the clip of job {job} shows nobody's cameo")).hint("publish it as it is")
        })?;
        let people = people.into_iter().map(|(_, person)| person).collect();
        Ok(UseView { id, cameo, subject, approved, people })
    }
}

/// Puts the use that a request was permitted into its clip, without staples and signature.
///
/// # Errors
/// When the request has no ticket, or the cameo is gone.
pub(super) fn with_use(
    mut clip: Clip,
    entry: &Entry,
    by: &Author,
    store: &Store,
) -> Result<Drafted, ApiError> {
    let Some(consent) = terms(entry, store)? else { return Ok(Drafted { clip, ids: Vec::new() }) };
    // What was made of somebody else's clip is no freer than that.
    let mut remix = Remix::Free;
    for parent in &clip.parents {
        if let Some(checked) = store.get(parent)?
            && let Body::Clip(theirs) = &checked.record().body
        {
            remix = remix.min(theirs.remix);
        }
    }
    {
        let set = store.consents();
        let policy = |used: &Use| {
            let (.., grant) = set.grants_of(used.cameo).find(|(rid, ..)| *rid == used.grant)?;
            Some(grant.pol.remix)
        };
        let allowed = consent.uses.iter().map(|used| policy(used).unwrap_or(Remix::None)).min();
        clip.remix = remix.min(allowed.unwrap_or(Remix::None));
    }
    clip.consent = Some(consent);
    let ids = ids_of(&clip, by)?;
    Ok(Drafted { clip, ids })
}

/// What a request was permitted, as its record will say it: known before there is a file, whose manifest mirrors it.
///
/// # Errors
/// As [`with_use`].
pub(super) fn terms(entry: &Entry, store: &Store) -> Result<Option<Consent>, ApiError> {
    let Some(cameo) = &entry.request.cameo else { return Ok(None) };
    let ticket = cameo.ticket.ok_or_else(|| error::internal("a cameo was rendered without a ticket"))?;
    let set = store.consents();
    let first = MakeUse { cameo: cameo.cameo, ticket, from: cameo.from };
    let mut uses = Vec::new();
    for MakeUse { cameo, ticket: (grant, serial), from } in std::iter::once(first).chain(cameo.more.clone()) {
        let (_, body) = set.cameo(&cameo).ok_or_else(|| refused(Refusal::UnknownCameo))?;
        uses.push(Use {
            cameo,
            subject: body.subject,
            grant,
            serial,
            role: Role::Face,
            spans: Vec::new(),
            from,
            head: ByteBuf::new(),
            approval: None,
            sig: [0; 64].into(),
        });
    }
    let (purposes, audience) = (cameo.purposes.clone(), cameo.audience);
    Ok(Some(Consent { uses, purposes, audience, commercial: false }))
}

fn ids_of(clip: &Clip, by: &Author) -> Result<Vec<Rid>, ApiError> {
    let uses = clip.consent.iter().flat_map(|consent| consent.uses.iter().map(move |used| (consent, used)));
    let ids = uses.map(|(consent, used)| use_id(by.author_id(), clip, consent, used));
    ids.collect::<Result<_, _>>()
        .map_err(|fault| error::request(format!("the use cannot be written: {fault}")))
}

/// Signs the use of a clip and staples what is known now: the newest head, and an approval if there is one.
///
/// # Errors
/// When nothing was heard of the cameo.
pub(super) fn stapled(drafted: Drafted, by: &Author, store: &Store) -> Result<Clip, ApiError> {
    let Drafted { mut clip, ids } = drafted;
    for (used, id) in clip.consent.iter_mut().flat_map(|consent| &mut consent.uses).zip(ids) {
        let (head, approval) = {
            let set = store.consents();
            let head = set.head_of(&used.cameo).map(|(rid, ..)| rid);
            (head, set.approval_of(&used.cameo, id).map(|(rid, _)| rid))
        };
        let head = head.map(|rid| store.signed(&rid)).transpose()?.flatten();
        used.head = ByteBuf::from(head.ok_or_else(|| refused(Refusal::Stale))?);
        used.approval = approval.map(|rid| store.signed(&rid)).transpose()?.flatten().map(ByteBuf::from);
        used.sig = by.sign_use(id).into();
    }
    Ok(clip)
}

impl Publisher {
    /// Tells everybody whose cameo a rendered clip uses, with the clip itself, sealed to each. A cameo of an older version has
    /// no key for letters; its subject is told in another way.
    ///
    /// # Errors
    /// When a letter cannot be written.
    pub(super) async fn announce(&self, entry: &Entry, made: &Made) -> Result<(), ApiError> {
        if entry.request.cameo.is_none() {
            return Ok(());
        }
        let drafted = self.drafted(&Entry { made: Some(made.clone()), ..entry.clone() })?;
        // As much as the id of the use needs, and words for its reader: a record has little room.
        let mut clip = Clip { labels: Vec::new(), recipe: None, poster: None, ..drafted.clip };
        if !clip.prompt.is_empty() {
            clip.title.clear();
        }
        let file = self.blobs.get(made.blob).await;
        let file = file.ok_or_else(|| error::internal("a rendered clip is gone from the disk"))?;
        let joined = join([file.as_ref()])
            .map_err(|fault| error::request(format!("the clip cannot be sent to its subject: {fault}")))?;
        for used in clip.consent.iter().flat_map(|consent| &consent.uses) {
            let reader = {
                let set = self.store.consents();
                set.cameo(&used.cameo).and_then(|(by, body)| Some((by, body.seal?.into_array())))
            };
            if let Some((by, key)) = reader.filter(|(by, _)| *by != self.author()) {
                let letter = Letter::Notice { clip: Box::new(clip.clone()) };
                self.write((by, key), used.cameo, &letter, Some(joined.clone())).await?;
            }
        }
        Ok(())
    }
}

/// The cameos that the clip of a job shows.
pub(super) fn shown(entry: &Entry) -> Vec<Rid> {
    let cameos = entry.request.cameo.iter();
    cameos
        .flat_map(|cameo| std::iter::once(cameo.cameo).chain(cameo.more.iter().map(|used| used.cameo)))
        .collect()
}

/// Puts the commitments of a cameo's stills in place of their hashes: whoever has a picture could otherwise try whether a
/// clip was made from it.
pub(super) fn veil(entry: &Entry, recipe: Option<&mut Recipe>) {
    if let (Some(cameo), Some(recipe)) = (&entry.request.cameo, recipe)
        && !cameo.stills.is_empty()
    {
        recipe.given.reference.clone_from(&cameo.stills);
    }
}

/// A render whose recipe names no still of a person by its hash.
pub(super) fn veiled(entry: &Entry, mut rendered: Arc<Rendered>) -> Arc<Rendered> {
    if entry.request.cameo.as_ref().is_some_and(|cameo| !cameo.stills.is_empty()) {
        veil(entry, Arc::make_mut(&mut rendered).recipe.as_mut());
    }
    rendered
}

/// A refusal as a failure of the request.
pub(super) fn refused(refusal: Refusal) -> ApiError {
    error::request(format!("the cameo cannot be used ({}): {refusal}", refusal.code()))
}
