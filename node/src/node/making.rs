//! The call `make`: finds the parent, has the files read, and queues the job.
//!
//! Whose clip a parent is gets decided here, where the records are: a file counts as a clip when a known record names
//! exactly its bytes.

use std::sync::Arc;

use kinora_models::placing;
use kinora_protocol::api::{ApiError, ClipState, JobId, MakeRequest, ParentFrom, Response};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::recipe::{Descent, Part};
use kinora_protocol::record::Body;
use serde_bytes::ByteBuf;
use tokio::runtime::Handle;

use super::lineage::Wish;
use super::{Core, labelling, views};
use crate::error::{self, Hint as _};
use crate::studio::ask;
use crate::studio::materials::{self, Gathered};
use crate::studio::queue::Drawn;
use crate::{clock, random};

impl Core {
    pub(super) async fn make(self: &Arc<Self>, mut request: MakeRequest) -> Result<Response, ApiError> {
        labelling::own_labels(&request.labels)?;
        let places = places_subject(&request)?;
        self.permit(&mut request)?;
        let seed = match request.seed {
            Some(seed) => seed,
            None => random::seed()?,
        };
        let drawn = Drawn { seed, tag: random::bytes::<8>()?.into() };
        let mut gathered = self.gather(&request).await?;
        self.inherit(&mut request, &gathered.parents)?;
        if places {
            self.place(&request.prompt, &mut gathered)?;
        }
        // Who is placed in a new scene looks as in the clip.
        let stills = if places { Vec::new() } else { self.stills_for(&mut request).await? };
        if !stills.is_empty() {
            gathered.materials.part = Part::Face;
            gathered.materials.reference = stills.into_iter().map(ByteBuf::from).collect();
        }
        let kept = self.kept_licence(&gathered.parents, request.licence.as_deref())?;
        request.licence = kept.or(request.licence);
        let wish =
            Wish { licence: request.licence.as_deref(), permitted: request.permitted, draft: request.draft };
        request.licence = Some(self.licence(&gathered.parents, wish)?);
        let job = self.studio.make(request, gathered, drawn, clock::now_seconds()).await?;
        Ok(Response::Job(Box::new(job)))
    }

    /// Looks up what is known of the subject that is placed in a new scene: who it is, and where stills of it are.
    fn place(&self, prompt: &str, gathered: &mut Gathered) -> Result<(), ApiError> {
        let checked =
            gathered.parents.first().map(|rid| self.publisher.store.get(rid)).transpose()?.flatten();
        let recipe = checked.and_then(|checked| match &checked.record().body {
            Body::Clip(clip) => clip.recipe(),
            _ => None,
        });
        if recipe.is_none() && ask::read(prompt)?.shot.subject.is_none() {
            let message = "the clip states no recipe, so nobody knows whom or what it shows";
            return Err(error::request(message)
                .hint("say in the prompt who it is, for example \"a red fox in the snow\""));
        }
        if let Some(format) = gathered.parent_format {
            gathered.materials.crops = placing::crops(recipe.as_ref(), format);
        }
        gathered.placed = recipe.map(|recipe| recipe.scene);
        Ok(())
    }

    /// Publishes a draft. What it was made from may have been fine to keep and not fine to publish.
    pub(super) async fn publish_draft(
        &self,
        job: JobId,
        licence: Option<String>,
        permitted: bool,
        labels: Vec<String>,
    ) -> Result<Rid, ApiError> {
        labelling::own_labels(&labels)?;
        let Some(entry) = self.studio.entry(job) else {
            return Err(
                error::missing(format!("there is no job {job}")).hint("`kinora publish` lists drafts")
            );
        };
        let wish = Wish {
            licence: licence.as_deref().or(entry.request.licence.as_deref()),
            permitted: permitted || entry.request.permitted,
            draft: false,
        };
        let licence = self.licence(&entry.parents, wish)?;
        let labels = labelling::merged(entry.request.labels, labels)?;
        self.studio.publish(job, licence, labels).await
    }

    async fn gather(&self, request: &MakeRequest) -> Result<Gathered, ApiError> {
        if request.materials.is_empty() {
            return Ok(Gathered::default());
        }
        let paths = request.materials.clone();
        let named = match paths.parent.as_ref().map(|parent| &parent.from) {
            Some(ParentFrom::Clip(rid)) => Some((*rid, self.clip_file(*rid).await?)),
            _ => None,
        };
        let (rid, bytes) = named.unzip();
        // Reading stills from a slow disk must not hold up the calls of others.
        let (inspectors, runtime) = (self.publisher.inspectors.clone(), Handle::current());
        let task = tokio::task::spawn_blocking(move || {
            materials::gather(&paths, bytes, &|file| runtime.block_on(inspectors.describe(file.to_vec())))
        });
        let mut gathered =
            task.await.map_err(|e| error::internal(format!("the files could not be read: {e}")))??;
        gathered.parents = match (rid, &gathered.materials.parent) {
            (Some(rid), _) => vec![rid],
            (None, Some((bytes, _))) => self.clip_of_file(BlobHash::of(bytes))?.into_iter().collect(),
            (None, None) => Vec::new(),
        };
        Ok(gathered)
    }

    /// The file of a clip that can be seen here.
    pub(super) async fn clip_file(&self, rid: Rid) -> Result<Vec<u8>, ApiError> {
        let item = views::clip_view(self, rid)?.item;
        let bytes = match item.state {
            ClipState::Ready => self.publisher.blobs.get(item.blob).await,
            _ => None,
        };
        bytes.map(|bytes| bytes.to_vec()).ok_or_else(|| {
            error::missing(format!("clip {} cannot be a parent: {}", rid.short(), item.reason))
                .hint("`kinora play` fetches a clip whose file is not here")
        })
    }

    /// A clip whose file has this hash, if one is known here.
    fn clip_of_file(&self, hash: BlobHash) -> Result<Option<Rid>, ApiError> {
        let owner = self.publisher.store.owner_of(&hash)?;
        Ok(owner
            .filter(|checked| matches!(&checked.record().body, Body::Clip(clip) if clip.blob.hash == hash))
            .map(|checked| checked.rid()))
    }
}

/// Whether the subject of a clip is to be placed in a new scene.
///
/// # Errors
/// When somebody else is to be shown in its stead.
fn places_subject(request: &MakeRequest) -> Result<bool, ApiError> {
    let parent = request.materials.parent.as_ref();
    let places = parent.is_some_and(|parent| parent.descent == Descent::Place);
    if places && request.cameo.is_some() {
        return Err(error::request("the subject of the clip is placed in the new scene, and nobody else")
            .hint("leave out the cameo: whom the clip shows, the new one shows with their consent anyway"));
    }
    Ok(places)
}
