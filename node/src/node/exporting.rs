//! The call `export`: a clip's file for people outside of the network.
//!
//! Out there nobody shows what a record says, so a generated clip gets a visible label, burned into its pictures by the
//! worker. The labelled file is signed around the original's manifest, and the mark in the pictures stays. A clip that
//! shows somebody never leaves without the label.

use std::path::Path;

use kinora_media::enlarge::TIMES_MAX;
use kinora_protocol::api::{ApiError, ExportRequest, Exported};
use kinora_protocol::badge::{Badge, Variant};
use kinora_protocol::ids::Rid;
use kinora_protocol::job::{BadgeRequest, FromWorker, ToWorker};
use kinora_protocol::record::{Clip, Role, SYNTHETIC};

use super::sealing::Told;
use super::{Core, verify, views};
use crate::error::{self, Hint as _};

impl Core {
    /// Writes a clip to a file.
    ///
    /// # Errors
    /// When it is not here, must not leave without a label, or cannot be written.
    pub(super) async fn export(&self, asked: ExportRequest) -> Result<Exported, ApiError> {
        let path = Path::new(&asked.path);
        if !path.is_absolute() {
            let message = format!("{} is not an absolute path", path.display());
            return Err(error::request(message).hint("start it with a slash"));
        }
        if asked.enlarge > TIMES_MAX {
            let message = format!("a clip cannot be enlarged {} times", asked.enlarge);
            return Err(error::request(message).hint(format!("{TIMES_MAX} times at most")));
        }
        let Some(checked) = self.publisher.store.get(&asked.clip)? else {
            return Err(views::absent(self, asked.clip)?);
        };
        let Some(clip) = verify::clip_of(&checked) else {
            return Err(error::request(format!("{} is not a clip", asked.clip)));
        };
        if asked.original && shows_somebody(clip) {
            let message = "this clip shows somebody, and never leaves the network without its label";
            return Err(error::request(message).hint("leave out --original"));
        }
        let file = self.clip_file(asked.clip).await?;
        let variant = if asked.original { None } else { self.label_of(clip, asked.variant)? };
        let bytes = match variant {
            Some(variant) => {
                let badge = Badge { variant, corner: asked.corner, size: asked.size };
                self.labelled((asked.clip, clip), file, badge, asked.enlarge).await?
            }
            None if asked.enlarge > 1 => {
                let message = "a clip without a label is exported as it is, and not enlarged";
                return Err(error::request(message).hint("leave out --enlarge, or ask for a --label"));
            }
            None => file,
        };
        std::fs::write(path, &bytes).map_err(|e| error::file("write", path, &e))?;
        Ok(Exported { bytes: bytes.len() as u64, label: variant })
    }

    /// What the label of a clip says; nothing when nothing in it was generated and nobody asked for a label.
    fn label_of(&self, clip: &Clip, asked: Option<Variant>) -> Result<Option<Variant>, ApiError> {
        if shows_somebody(clip) {
            return Ok(Some(Variant::Likeness));
        }
        if !is_generated(clip) || asked.is_some() {
            return Ok(asked);
        }
        for parent in &clip.parents {
            let parent = self.publisher.store.get(parent)?;
            if parent.as_ref().and_then(verify::clip_of).is_some_and(|parent| !is_generated(parent)) {
                return Ok(Some(Variant::Partial));
            }
        }
        Ok(Some(Variant::Full))
    }

    /// The file with a label in its pictures, signed by this persona around the original.
    async fn labelled(
        &self,
        (rid, clip): (Rid, &Clip),
        file: Vec<u8>,
        badge: Badge,
        enlarge: u32,
    ) -> Result<Vec<u8>, ApiError> {
        let tag = is_generated(clip).then_some(clip.tag);
        let threads = self.studio.threads();
        let request = BadgeRequest { clip: file.clone(), badge, enlarge, tag, threads };
        let FromWorker::Done(rendered) = self.studio.errand(&ToWorker::Badge(request)).await? else {
            return Err(error::internal("the worker was asked for a label and did something else"));
        };
        let enlarged =
            if enlarge > 1 { format!(", which were enlarged {enlarge} times") } else { String::new() };
        let label = format!(
            "a visible label that says \"{}\" was drawn into the pictures{enlarged}",
            match badge.variant {
                Variant::Full => "made by AI",
                Variant::Partial => "made with AI",
                Variant::Likeness => "AI, shows the likeness of a person",
            }
        );
        let (title, licence) = (clip.title.clone(), clip.licence.clone());
        let told = Told { title, licence, parents: vec![rid], consent: None, label: Some(label) };
        self.publisher.signed_around(told, rendered.clip, file).await
    }
}

fn is_generated(clip: &Clip) -> bool {
    clip.labels.iter().any(|label| label == SYNTHETIC)
}

fn shows_somebody(clip: &Clip) -> bool {
    let uses = clip.consent.iter().flat_map(|consent| &consent.uses);
    uses.into_iter().any(|used| used.role != Role::Absent)
}
