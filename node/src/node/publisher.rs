//! Signs this persona's records, stores them through the door and hands them to the network.
//!
//! The one way in which anything is published: by the studio, by the calls of the API, by an import. Blobs are on
//! disk before the record that names them is signed.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use kinora_protocol::api::{ApiError, JobId};
use kinora_protocol::check::{CertificateCache, check};
use kinora_protocol::consent::consent_hash;
use kinora_protocol::fingerprint::Fingerprint;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::job::inspect::Question;
use kinora_protocol::job::{Materials, Rendered};
use kinora_protocol::limits::TITLE_CHARS_MAX;
use kinora_protocol::lineage::Cut;
use kinora_protocol::recipe::Format;
use kinora_protocol::record::{BlobRef, Body, Clip, SYNTHETIC, recipe_value};
use kinora_protocol::text::Text;
use serde_bytes::ByteArray;

use super::drafting::{self, Drafted};
use super::labelling;
use super::post::Post;
use super::sealing::{Sealer, Told, lineage};
use super::seen::Seen;
use super::verify;
use crate::blobs::{BlobError, Blobs};
use crate::door::{Door, Offer, SUPERSEDED, Source};
use crate::error::{self, Hint as _};
use crate::inspector::pool::Inspectors;
use crate::keystore::Keystore;
use crate::random;
use crate::store::{BlobState, Facts, Print, Store};
use crate::studio::Shelf;
use crate::studio::ask::prompt_of;
use crate::studio::queue::{Entry, Made};
use crate::swarm::NetHandle;

/// What times in records are counted in.
const SECOND: Duration = Duration::from_secs(1);

/// Everything needed to publish.
#[derive(Clone)]
pub struct Publisher {
    /// Records.
    pub store: Store,
    /// The way into the store.
    pub door: Door,
    /// Keys of this persona.
    pub keys: Arc<Keystore>,
    /// Clips and stills.
    pub blobs: Arc<dyn Blobs>,
    /// Whoever looks into files.
    pub inspectors: Inspectors,
    /// What is known by its looks, and what must not be published.
    pub seen: Seen,
    /// The network, when it is on.
    pub net: Option<NetHandle>,
    /// Licence of clips that are published without one; empty keeps all rights.
    pub licence: String,
    /// Letters of this persona.
    pub post: Post,
}

/// A clip that did not come out of the studio, ready to be published.
#[derive(Debug)]
pub struct Finished {
    /// Title shown in feeds.
    pub title: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// A still of it: PNG.
    pub still: Vec<u8>,
    /// Its size and length.
    pub format: Format,
    /// An SPDX expression, or empty.
    pub licence: String,
    /// What is said of it.
    pub labels: Vec<String>,
    /// Clips it was made from.
    pub parents: Vec<Rid>,
    /// The part of its parent that it is, if it is one.
    pub cut: Option<Cut>,
    /// The tag of the mark that is in its pictures already: that of the clip it is a part of.
    pub tag: Option<ByteArray<8>>,
    /// The file that it is a part of, whose manifest it carries on.
    pub origin: Option<Vec<u8>>,
    /// What it looks and sounds like, when that is known.
    pub print: Option<Fingerprint>,
}

impl Finished {
    /// A clip of which nothing more is known.
    #[must_use]
    pub const fn new(title: String, bytes: Vec<u8>, still: Vec<u8>, format: Format) -> Self {
        Self {
            title,
            bytes,
            still,
            format,
            licence: String::new(),
            labels: Vec::new(),
            parents: Vec::new(),
            cut: None,
            tag: None,
            origin: None,
            print: None,
        }
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("network", &self.net.is_some()).finish_non_exhaustive()
    }
}

impl Publisher {
    /// This persona's author id.
    #[must_use]
    pub fn author(&self) -> AuthorId {
        self.keys.author().author_id()
    }

    /// Signs a record as of now.
    ///
    /// # Errors
    /// When it breaks a bound; the message names it.
    pub fn sign(&self, body: Body) -> Result<Vec<u8>, ApiError> {
        let now = crate::clock::now_seconds();
        let signed = self.keys.author().sign(now, body);
        let checked =
            signed.map_err(|fault| error::request(format!("the record cannot be made: {fault}")))?;
        Ok(checked.bytes().to_vec())
    }

    /// Stores a signed record and hands it to the network.
    ///
    /// # Errors
    /// When the door does not take it or the store cannot write it.
    pub async fn offer(&self, signed: &[u8]) -> Result<Rid, ApiError> {
        taken(&self.place(signed).await)
    }

    async fn place(&self, signed: &[u8]) -> Offer {
        let offer = self.door.offer(signed, Source::Local).await;
        if let (Offer::New(_) | Offer::Known(_), Some(net)) = (&offer, &self.net) {
            net.publish(signed.to_vec()).await;
        }
        offer
    }

    /// Signs, stores and publishes.
    ///
    /// # Errors
    /// As [`Publisher::sign`] and [`Publisher::offer`].
    pub async fn publish(&self, body: Body) -> Result<Rid, ApiError> {
        let signed = self.sign(body.clone())?;
        match self.place(&signed).await {
            // Two changes of one thing within a second have no order: the second waits for a second of its own.
            Offer::Dropped(SUPERSEDED) => {
                tokio::time::sleep(SECOND).await;
                self.offer(&self.sign(body)?).await
            }
            offer => taken(&offer),
        }
    }
}

impl Publisher {
    /// Publishes a clip that did not come out of the studio. Its file is signed around whatever it, or the file that it is
    /// a part of, says of itself.
    ///
    /// # Errors
    /// When what it says of itself does not hold, its blobs cannot be stored, or as [`Publisher::publish`].
    pub async fn publish_file(&self, finished: Finished) -> Result<Rid, ApiError> {
        let Finished { title, bytes, still, format, licence, labels, parents, cut, tag, origin, print } =
            finished;
        let tag = match tag {
            Some(tag) => tag,
            None => random::bytes::<8>()?.into(),
        };
        let (given, printed) = (BlobHash::of(&bytes), print.is_some());
        if let Some(print) = &print {
            self.seen.admit(&given, print, &[])?;
        }
        let recipe = cut.map(Cut::value).transpose();
        let recipe = recipe.map_err(|fault| error::internal(format!("a cut cannot be written: {fault}")))?;
        let makers = if parents.is_empty() { self.makers_of(&bytes)? } else { parents.clone() };
        let sealer = self.sealer(&makers)?;
        let told = Told {
            title: title.clone(),
            licence: licence.clone(),
            parents: parents.clone(),
            consent: None,
            label: None,
        };
        let sealed = off_thread(move || sealer.imported(&told, bytes, origin.as_deref())).await?;
        let mut labels = labels;
        if sealed.generated && !labels.iter().any(|label| label == SYNTHETIC) {
            labels.push(SYNTHETIC.to_owned());
        }
        let made = self.keep_blobs(sealed.clip, still, format, print).await?;
        if self.seen.is_allowed(&given) {
            // The exception was made for the file that was given; this is the same with its manifest.
            self.store.allow(&made.blob, true)?;
        } else if !printed {
            self.admit(made.blob, &[])?;
        }
        let clip = Clip { licence, labels, parents, recipe, ..clip(&title, tag, &made) };
        self.publish(Body::Clip(Box::new(clip))).await
    }

    /// A file with a manifest around that of the file it was made from. It is not published.
    ///
    /// # Errors
    /// When the original's manifest does not hold, or it cannot be signed.
    pub(super) async fn signed_around(
        &self,
        told: Told,
        file: Vec<u8>,
        origin: Vec<u8>,
    ) -> Result<Vec<u8>, ApiError> {
        let sealer = self.sealer(&told.parents)?;
        off_thread(move || sealer.imported(&told, file, Some(&origin)).map(|sealed| sealed.clip)).await
    }

    /// What signs files now, and takes the signatures of these clips' authors.
    fn sealer(&self, parents: &[Rid]) -> Result<Sealer, ApiError> {
        let mut lineage = lineage(&self.store, parents)?;
        lineage.push(self.keys.persona().credential.issuer);
        Ok(Sealer { keys: Arc::clone(&self.keys), now: crate::clock::now_seconds(), lineage })
    }

    /// The clip of which this is the file, if its record is here.
    fn makers_of(&self, file: &[u8]) -> Result<Vec<Rid>, ApiError> {
        let owner = self.store.owner_of(&BlobHash::of(file))?;
        Ok(owner.map(|checked| checked.rid()).into_iter().collect())
    }

    /// Whether a file that is here may be published by a clip that shows these cameos.
    fn admit(&self, file: BlobHash, cameos: &[Rid]) -> Result<(), ApiError> {
        let print = self.store.print(&file)?.map(|print| print.of).unwrap_or_default();
        self.seen.admit(&file, &print, cameos)
    }

    /// Puts a clip and its still where they stay. `print` is its fingerprint, when that is known.
    async fn keep_blobs(
        &self,
        bytes: Vec<u8>,
        still: Vec<u8>,
        format: Format,
        print: Option<Fingerprint>,
    ) -> Result<Made, ApiError> {
        let (size, still_size) = (bytes.len() as u64, still.len() as u64);
        // What was made here is looked at like anything else: others will refuse what does not pass.
        let (clip, print) = self.facts(&bytes, print).await?;
        let (poster_facts, still_print) = self.facts(&still, None).await?;
        let blob = self.blobs.add(bytes.into()).await.map_err(|e| blob_error(&e))?;
        let poster = self.blobs.add(still.into()).await.map_err(|e| blob_error(&e))?;
        self.store.set_blob_state(&blob, &BlobState::Complete(clip))?;
        self.store.set_blob_state(&poster, &BlobState::Complete(poster_facts))?;
        self.seen.note(&blob, &Print { still: false, of: print })?;
        self.seen.note(&poster, &Print { still: true, of: still_print })?;
        Ok(Made { blob, size, poster: Some((poster, still_size)), format })
    }

    /// What a file is that is about to be published, and what it looks like.
    async fn facts(&self, file: &[u8], print: Option<Fingerprint>) -> Result<(Facts, Fingerprint), ApiError> {
        let mut questions = vec![Question::Describe, Question::Decode];
        questions.extend(print.is_none().then_some(Question::Fingerprint));
        let inspected = self.inspectors.inspect(file.to_vec(), &questions, None).await;
        let inspected = inspected.map_err(|e| verify::unavailable(&e))?;
        let facts =
            Facts::of(file.len() as u64, &inspected).filter(|_| verify::failure(&inspected).is_none());
        let facts = facts.ok_or_else(|| {
            let reason = verify::failure(&inspected).unwrap_or("it is neither a clip nor a poster");
            error::internal(format!("what was made here is no clip: {reason}"))
        })?;
        Ok((facts, print.or(inspected.fingerprint).unwrap_or_default()))
    }
}

/// Hashing and signing must not hold up the calls of others.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| error::internal(format!("the clip could not be signed: {e}")))?
}

/// Who is to blame when the blob store says no.
#[must_use]
pub fn blob_error(error: &BlobError) -> ApiError {
    let message = error.to_string();
    match error {
        BlobError::TooLarge { .. } => error::request(message),
        BlobError::Open { .. } | BlobError::Store { .. } => {
            error::system(message).hint("check free space and the permissions of the home")
        }
        BlobError::Bind { .. } => error::system(message).hint("another program may use the port"),
    }
}

/// The id of our own record, when it was taken.
fn taken(offer: &Offer) -> Result<Rid, ApiError> {
    match offer {
        Offer::New(checked) => Ok(checked.rid()),
        Offer::Known(rid) => Ok(*rid),
        other => Err(refused(other)),
    }
}

/// Why our own record was not taken.
fn refused(offer: &Offer) -> ApiError {
    match offer {
        Offer::Refused(fault) => error::request(format!("the record was refused: {fault}")),
        Offer::Dropped(why) => error::system(format!("the record was not stored: {why}"))
            .hint("check free space and the permissions of the home"),
        Offer::Unconsented(refusal) => {
            error::request(format!("the clip's consent does not check ({}): {refusal}", refusal.code()))
                .hint("`kinora cameo show` says what was granted and how fresh that is")
        }
        Offer::Held => error::system("the record lies in the future: the clock of this machine was set back"),
        Offer::New(_) | Offer::Known(_) => error::internal("a record that was stored is said to be refused"),
    }
}

impl Shelf for Publisher {
    fn save(&self, entry: &Entry) -> Result<(), ApiError> {
        let bytes = serde_json::to_vec(entry)
            .map_err(|e| error::internal(format!("a job cannot be written: {e}")))?;
        Ok(self.store.put_job(entry.job.id, &bytes)?)
    }

    fn forget(&self, id: JobId) {
        if let Err(error) = self.store.remove_job(id) {
            tracing::warn!(%error, id, "an old job could not be forgotten");
        }
    }

    fn keep<'a>(
        &'a self,
        entry: &'a Entry,
        rendered: Arc<Rendered>,
        materials: Materials,
    ) -> BoxFuture<'a, Result<Made, ApiError>> {
        Box::pin(async move {
            let rendered = drafting::veiled(entry, rendered);
            let consent = drafting::terms(entry, &self.store)?;
            let consent = consent.as_ref().map(consent_hash).transpose();
            let consent =
                consent.map_err(|fault| error::request(format!("the consent cannot be written: {fault}")))?;
            let sealed = self.sealed(entry, Arc::clone(&rendered), materials, consent).await?;
            let made = self.keep_blobs(sealed, rendered.poster.clone(), rendered.format, None).await?;
            // Whoever is in it hears of it before anybody can publish it.
            self.announce(entry, &made).await?;
            Ok(made)
        })
    }

    fn sign(&self, entry: &Entry) -> Result<Vec<u8>, ApiError> {
        if let Some(made) = &entry.made {
            self.admit(made.blob, &drafting::shown(entry))?;
        }
        if entry.request.cameo.is_some() {
            // The subject approves file and prompt together: this prompt or none.
            let clip = drafting::stapled(self.drafted(entry)?, self.keys.author(), &self.store)?;
            let signed = Self::sign(self, Body::Clip(Box::new(clip)))?;
            self.admissible(&signed)?;
            return Ok(signed);
        }
        let clip = self.unprompted(entry)?;
        let prompts = [prompt_of(&entry.request), entry.request.prompt.trim().to_owned(), String::new()];
        sign_with_prompt(clip, prompts, |clip| Self::sign(self, Body::Clip(Box::new(clip))))
    }

    fn publish<'a>(&'a self, signed: &'a [u8]) -> BoxFuture<'a, Result<Rid, ApiError>> {
        Box::pin(self.offer(signed))
    }
}

impl Publisher {
    /// The file of a job with its manifest: of a render, or around that of the clip which it is a part of.
    async fn sealed(
        &self,
        entry: &Entry,
        rendered: Arc<Rendered>,
        materials: Materials,
        consent: Option<[u8; 32]>,
    ) -> Result<Vec<u8>, ApiError> {
        let sealer = self.sealer(&entry.parents)?;
        let Some(cut) = entry.cut else {
            let asked = entry.clone();
            return off_thread(move || sealer.rendered(&asked, &rendered, &materials, consent)).await;
        };
        let origin = self.blobs.get(cut.parent).await;
        let origin =
            origin.ok_or_else(|| error::missing("the clip it is a part of is gone from the disk"))?;
        let title = entry.request.prompt.clone();
        // The licence of a draft may still change; what is signed here does not.
        let licence = entry.request.licence.clone().filter(|_| !entry.request.draft).unwrap_or_default();
        let told = Told { title, licence, parents: entry.parents.clone(), consent, label: None };
        let sealed = off_thread(move || sealer.imported(&told, rendered.clip.clone(), Some(&origin))).await?;
        Ok(sealed.clip)
    }

    /// The record of a rendered job, but for its prompt.
    fn unprompted(&self, entry: &Entry) -> Result<Clip, ApiError> {
        let made =
            entry.made.as_ref().ok_or_else(|| error::internal("a clip is signed before it is made"))?;
        let mut recipe = entry.job.recipe.clone();
        drafting::veil(entry, recipe.as_mut());
        let recipe = match entry.cut {
            Some(cut) => Some(cut.value()),
            None => recipe.as_ref().map(recipe_value),
        };
        let recipe = recipe.transpose();
        let recipe =
            recipe.map_err(|fault| error::internal(format!("the recipe cannot be written: {fault}")))?;
        // A part says what the whole says.
        let usual = if entry.cut.is_some() { Vec::new() } else { vec![SYNTHETIC.to_owned()] };
        let labels = labelling::merged(usual, entry.request.labels.clone())?;
        let parents = entry.parents.clone();
        let licence = entry.request.licence.clone().unwrap_or_else(|| self.licence.clone());
        Ok(Clip { recipe, labels, parents, licence, ..clip(entry.request.prompt.trim(), entry.tag, made) })
    }

    /// The clip of a job that shows somebody, with its use, before it is signed.
    pub(super) fn drafted(&self, entry: &Entry) -> Result<Drafted, ApiError> {
        let prompt = if entry.cut.is_some() { String::new() } else { prompt_of(&entry.request) };
        let clip = Clip { prompt, ..self.unprompted(entry)? };
        drafting::with_use(clip, entry, self.keys.author(), &self.store)
    }

    /// Whether the door will take a signed clip. It is asked before the record is kept: one that is refused today is
    /// signed anew tomorrow, with a fresher head.
    fn admissible(&self, signed: &[u8]) -> Result<(), ApiError> {
        let checked = check(signed, self.store.network(), &mut CertificateCache::default());
        let checked =
            checked.map_err(|fault| error::internal(format!("our own clip does not hold: {fault}")))?;
        let admitted = self.store.consents().admit(crate::clock::now_seconds(), &checked);
        admitted.map(|_| ()).map_err(|refusal| {
            drafting::refused(refusal)
                .hint("`kinora cameo request JOB` gives the id that the subject approves with `kinora cameo approve`")
        })
    }
}

/// Signs a clip with the first of these prompts for which its record has room. A long storyboard may not leave room for
/// all of them, and what was rendered should not fail for that: the recipe says what was understood.
fn sign_with_prompt(
    clip: Clip,
    prompts: impl IntoIterator<Item = String>,
    sign: impl Fn(Clip) -> Result<Vec<u8>, ApiError>,
) -> Result<Vec<u8>, ApiError> {
    let mut refused = error::internal("a clip was to be signed without a prompt, not even an empty one");
    for prompt in prompts {
        match sign(Clip { prompt, ..clip.clone() }) {
            Ok(signed) => return Ok(signed),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// The record of a clip that says nothing of how it was made.
#[must_use]
pub fn clip(title: &str, tag: ByteArray<8>, made: &Made) -> Clip {
    Clip {
        // `Text::line` marks a cut with one more character.
        title: Text::line(title, TITLE_CHARS_MAX - 1).as_str().to_owned(),
        poster: made.poster.map(|(hash, size)| BlobRef { hash, size }),
        ..Clip::new(BlobRef { hash: made.blob, size: made.size }, made.format, tag)
    }
}

#[cfg(test)]
mod tests;
