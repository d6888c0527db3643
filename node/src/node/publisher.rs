//! Signs this persona's records, stores them through the door and hands them to the network.
//!
//! The one way in which anything is published: by the studio, by the calls of the API, by an import. Blobs are on
//! disk before the record that names them is signed.

use std::sync::Arc;

use futures::future::BoxFuture;
use kinora_protocol::api::{ApiError, JobId};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::job::Rendered;
use kinora_protocol::limits::TITLE_CHARS_MAX;
use kinora_protocol::recipe::Format;
use kinora_protocol::record::{BlobRef, Body, Clip, SYNTHETIC, recipe_value};
use kinora_protocol::text::Text;

use crate::blobs::{BlobError, Blobs};
use crate::door::{Door, Offer, Source};
use crate::error::{self, Hint as _};
use crate::keystore::Keystore;
use crate::random;
use crate::store::{BlobState, Facts, Media, Store};
use crate::studio::Shelf;
use crate::studio::queue::{Entry, Made};
use crate::swarm::NetHandle;

/// Licence of clips, unless said otherwise: all rights stay with the author.
const LICENCE: &str = "";

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
    /// The network, when it is on.
    pub net: Option<NetHandle>,
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
        let rid = match self.door.offer(signed, Source::Local).await {
            Offer::New(checked) => checked.rid(),
            Offer::Known(rid) => rid,
            other => return Err(refused(&other)),
        };
        if let Some(net) = &self.net {
            net.publish(signed.to_vec()).await;
        }
        Ok(rid)
    }

    /// Signs, stores and publishes.
    ///
    /// # Errors
    /// As [`Publisher::sign`] and [`Publisher::offer`].
    pub async fn publish(&self, body: Body) -> Result<Rid, ApiError> {
        let signed = self.sign(body)?;
        self.offer(&signed).await
    }
}

impl Publisher {
    /// Publishes a clip that was made elsewhere.
    ///
    /// # Errors
    /// When its blobs cannot be stored, or as [`Publisher::publish`].
    pub async fn publish_file(
        &self,
        title: &str,
        bytes: Vec<u8>,
        still: Vec<u8>,
        format: Format,
    ) -> Result<Rid, ApiError> {
        let made = self.keep_blobs(bytes, still, format).await?;
        self.publish(Body::Clip(Box::new(clip(title, &made)?))).await
    }

    async fn keep_blobs(&self, bytes: Vec<u8>, still: Vec<u8>, format: Format) -> Result<Made, ApiError> {
        let (size, still_size) = (bytes.len() as u64, still.len() as u64);
        let blob = self.blobs.add(bytes.into()).await.map_err(|e| blob_error(&e))?;
        let poster = self.blobs.add(still.into()).await.map_err(|e| blob_error(&e))?;
        // Both were made or looked at here: no need to look again.
        let Format { width, height, frames, .. } = format;
        let (clip, still) = (Media::Clip { width, height, frames }, Media::Still);
        self.store.set_blob_state(&blob, &BlobState::Complete(Facts { size, media: clip }))?;
        self.store.set_blob_state(&poster, &BlobState::Complete(Facts { size: still_size, media: still }))?;
        Ok(Made { blob, size, poster: Some((poster, still_size)), format })
    }
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

/// Why our own record was not taken.
fn refused(offer: &Offer) -> ApiError {
    match offer {
        Offer::Refused(fault) => error::request(format!("the record was refused: {fault}")),
        Offer::Dropped(why) => error::system(format!("the record was not stored: {why}"))
            .hint("check free space and the permissions of the home"),
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

    fn keep<'a>(&'a self, rendered: &'a Rendered) -> BoxFuture<'a, Result<Made, ApiError>> {
        Box::pin(self.keep_blobs(rendered.clip.clone(), rendered.poster.clone(), rendered.format))
    }

    fn sign(&self, entry: &Entry) -> Result<Vec<u8>, ApiError> {
        let made =
            entry.made.as_ref().ok_or_else(|| error::internal("a clip is signed before it is made"))?;
        let recipe = entry.job.recipe.as_ref().map(recipe_value).transpose();
        let recipe =
            recipe.map_err(|fault| error::internal(format!("the recipe cannot be written: {fault}")))?;
        let prompt = entry.request.prompt.trim();
        let labels = vec![SYNTHETIC.to_owned()];
        let clip = Clip { prompt: prompt.to_owned(), recipe, labels, ..clip(prompt, made)? };
        Self::sign(self, Body::Clip(Box::new(clip)))
    }

    fn publish<'a>(&'a self, signed: &'a [u8]) -> BoxFuture<'a, Result<Rid, ApiError>> {
        Box::pin(self.offer(signed))
    }
}

/// The record of a clip that says nothing of how it was made.
///
/// # Errors
/// When the system gives no randomness for the tag.
pub fn clip(title: &str, made: &Made) -> Result<Clip, ApiError> {
    Ok(Clip {
        // `Text::line` marks a cut with one more character.
        title: Text::line(title, TITLE_CHARS_MAX - 1).as_str().to_owned(),
        prompt: String::new(),
        blob: BlobRef { hash: made.blob, size: made.size },
        poster: made.poster.map(|(hash, size)| BlobRef { hash, size }),
        format: made.format,
        tag: random::bytes::<8>()?.into(),
        labels: Vec::new(),
        parents: Vec::new(),
        licence: LICENCE.to_owned(),
        recipe: None,
    })
}
