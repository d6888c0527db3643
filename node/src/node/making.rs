//! The call `make`: finds the parent, has the files read, and queues the job.
//!
//! Whose clip a parent is gets decided here, where the records are: a file counts as a clip when a known record names
//! exactly its bytes.

use std::sync::Arc;

use kinora_protocol::api::{ApiError, ClipState, JobId, MakeRequest, ParentFrom, Response};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::recipe::Part;
use kinora_protocol::record::{Body, Role};
use serde_bytes::ByteBuf;
use tokio::runtime::Handle;

use super::lineage::Wish;
use super::{Core, labelling, views};
use crate::error::{self, Hint as _};
use crate::studio::materials::{self, Gathered};
use crate::studio::queue::Drawn;
use crate::{clock, random};

impl Core {
    pub(super) async fn make(self: &Arc<Self>, mut request: MakeRequest) -> Result<Response, ApiError> {
        labelling::own_labels(&request.labels)?;
        self.permit(&mut request)?;
        let seed = match request.seed {
            Some(seed) => seed,
            None => random::seed()?,
        };
        let drawn = Drawn { seed, tag: random::bytes::<8>()?.into() };
        let mut gathered = self.gather(&request).await?;
        self.inherit(&mut request, &gathered.parents)?;
        let stills = self.stills_for(&mut request).await?;
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

    /// Nobody who is in a parent may be left out of what is made of it, and a remix of theirs needs their approval. A part of a
    /// clip is published at once, so none is cut of one that shows somebody.
    pub(super) fn may_descend(&self, parents: &[Rid]) -> Result<(), ApiError> {
        for parent in parents {
            let Some(checked) = self.publisher.store.get(parent)? else { continue };
            if let Body::Clip(clip) = &checked.record().body
                && clip
                    .consent
                    .as_ref()
                    .is_some_and(|consent| consent.uses.iter().any(|used| used.role != Role::Absent))
            {
                let message = format!(
                    "clip {} shows somebody with their consent, and no part of it is published without asking them",
                    parent.short()
                );
                return Err(error::request(message)
                    .hint("remix it with new words: the remix waits for their approval"));
            }
        }
        Ok(())
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
