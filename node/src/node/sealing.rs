//! Puts the signed manifest into a clip, after it was rendered or read and before it becomes a blob.
//!
//! The worker has no keys, so the node does it. What a render was made from is named by hash; only a parent clip's file
//! is looked into, for the manifest that the new one carries on, and only behind `provenance::walk`.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use kinora_media::provenance::{Ingredient, Issuer, Made, Role, State, Statement, inspect, seal};
use kinora_protocol::api::ApiError;
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::job::{Materials, Rendered};
use kinora_protocol::limits::{LINEAGE_AUTHORS_MAX, TITLE_CHARS_MAX};
use kinora_protocol::recipe::{Descent, Given};
use kinora_protocol::record::Body;
use kinora_protocol::text::Text;

use super::publisher::LICENCE;
use crate::error::{self, Hint as _};
use crate::keystore::Keystore;
use crate::store::{Store, StoreError};
use crate::studio::ask::prompt_of;
use crate::studio::queue::Entry;

/// A file ready to become a blob.
pub(super) struct Sealed {
    pub(super) clip: Vec<u8>,
    /// Whether it says that a model made it.
    pub(super) generated: bool,
}

/// Who signs, when, and what is known of the lineage.
pub(super) struct Sealer {
    pub(super) keys: Arc<Keystore>,
    /// Unix seconds.
    pub(super) now: u64,
    /// Authors whose signatures count in what the clip is made from.
    pub(super) lineage: Vec<Issuer>,
}

impl Sealer {
    /// A rendered clip with its manifest. It signs and hashes: not for the runtime's threads.
    pub(super) fn rendered(
        &self,
        entry: &Entry,
        rendered: &Rendered,
        materials: &Materials,
    ) -> Result<Vec<u8>, ApiError> {
        let recipe = &rendered.recipe;
        let prompt = *blake3::hash(prompt_of(&entry.request).as_bytes()).as_bytes();
        let made = Made { model: &recipe.engine, weights: recipe.weights, prompt: Some(prompt) };
        let ingredients = ingredients(&recipe.given, materials);
        let title = title(&entry.request.prompt);
        self.seal(
            &rendered.clip,
            &Statement {
                made: Some(made),
                title: title.as_str(),
                time: self.now,
                parents: &entry.parents,
                licence: LICENCE,
                consent: None,
                mark: None,
                ingredients: &ingredients,
                lineage: &self.lineage,
            },
        )
    }

    /// A file from elsewhere with a manifest around its own.
    pub(super) fn imported(&self, name: &str, file: Vec<u8>) -> Result<Sealed, ApiError> {
        let found = inspect(&file);
        if let Some(wrong) = found.checks.iter().find(|check| check.state == State::Fail) {
            let message = format!("the file's content credentials do not hold: {}", wrong.detail);
            return Err(error::request(message).hint("it was changed after it was signed; find the original"));
        }
        let itself = Ingredient {
            role: Role::Parent,
            title: "the file as it was brought in",
            clip: Some(&file),
            hash: BlobHash::of(&file),
        };
        let title = title(name);
        let statement = Statement {
            made: None,
            title: title.as_str(),
            time: self.now,
            parents: &[],
            licence: LICENCE,
            consent: None,
            mark: None,
            ingredients: &[itself],
            lineage: &self.lineage,
        };
        let clip = self.seal(&file, &statement)?;
        Ok(Sealed { clip, generated: found.says_generated() })
    }

    fn seal(&self, clip: &[u8], statement: &Statement<'_>) -> Result<Vec<u8>, ApiError> {
        let credential = &self.keys.persona().credential;
        seal(clip, statement, credential, &|claim| self.keys.author().sign_claim(claim))
            .map_err(|refused| error::request(format!("the clip cannot be signed: {refused}")))
    }
}

fn title(raw: &str) -> Text {
    Text::line(raw.trim(), TITLE_CHARS_MAX - 1)
}

/// What a render was given. Stills are named by their hash, as in the recipe; they may show somebody.
fn ingredients<'a>(given: &Given, materials: &'a Materials) -> Vec<Ingredient<'a>> {
    let still = |title: &'static str, hash: &BlobHash| Ingredient {
        role: Role::Input,
        title,
        clip: None,
        hash: *hash,
    };
    let mut found: Vec<Ingredient<'a>> = Vec::new();
    found.extend(given.first.iter().map(|hash| still("first frame", hash)));
    found.extend(given.last.iter().map(|hash| still("last frame", hash)));
    found.extend(given.reference.iter().map(|hash| still("reference", hash)));
    if let (Some((hash, descent)), Some((bytes, _))) = (&given.parent, &materials.parent) {
        let (role, title) = match descent {
            Descent::Remix { .. } => (Role::Parent, "the clip it is a remix of"),
            Descent::Continue => (Role::Input, "the clip it goes on from"),
        };
        found.push(Ingredient { role, title, clip: Some(bytes.as_slice()), hash: *hash });
    }
    found
}

/// Authors of these clips and of what they were made from, as far as their records are here.
pub(super) fn lineage(store: &Store, parents: &[Rid]) -> Result<Vec<Issuer>, StoreError> {
    let mut issuers: Vec<Issuer> = Vec::new();
    let mut seen: BTreeSet<Rid> = BTreeSet::new();
    let mut open: VecDeque<Rid> = parents.iter().copied().collect();
    while let Some(rid) = open.pop_front() {
        if seen.len() >= LINEAGE_AUTHORS_MAX || !seen.insert(rid) {
            continue;
        }
        let Some(checked) = store.get(&rid)? else { continue };
        let record = checked.record();
        let issuer = Issuer { author: record.author, root: record.root };
        if !issuers.contains(&issuer) {
            issuers.push(issuer);
        }
        if let Body::Clip(clip) = &record.body {
            open.extend(&clip.parents);
        }
    }
    Ok(issuers)
}
