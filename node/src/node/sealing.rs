//! Puts the signed manifest into a clip, after it was rendered or read and before it becomes a blob.
//!
//! The worker has no keys, so the node does it. What a render was made from is named by hash; only a parent clip's file
//! is looked into, for the manifest that the new one carries on, and only behind `provenance::walk`.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use kinora_media::provenance::{
    Change, Ingredient, Issuer, Made, Mark, Role, State, Statement, inspect, seal,
};
use kinora_protocol::api::ApiError;
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::job::{Materials, Rendered};
use kinora_protocol::limits::{LINEAGE_AUTHORS_MAX, TITLE_CHARS_MAX};
use kinora_protocol::recipe::{Descent, Given};
use kinora_protocol::record::Body;
use kinora_protocol::text::Text;

use crate::error::{self, Hint as _};
use crate::keystore::Keystore;
use crate::store::{Store, StoreError};
use crate::studio::ask::prompt_of;
use crate::studio::queue::Entry;

/// The algorithm of the mark (`specs/mark.md`).
const MARK: &str = "wm.1";

/// A file ready to become a blob.
pub(super) struct Sealed {
    pub(super) clip: Vec<u8>,
    /// Whether it says that a model made it.
    pub(super) generated: bool,
}

/// What is said of a file that the studio did not render.
pub(super) struct Told {
    pub(super) title: String,
    /// An SPDX expression, or empty.
    pub(super) licence: String,
    pub(super) parents: Vec<Rid>,
    /// Hash of the consent of whoever is in it.
    pub(super) consent: Option<[u8; 32]>,
    /// What the visible label is that was drawn into its pictures, in words.
    pub(super) label: Option<String>,
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
        consent: Option<[u8; 32]>,
    ) -> Result<Vec<u8>, ApiError> {
        let recipe = rendered.recipe.as_ref();
        let recipe = recipe.ok_or_else(|| error::internal("a render came back without its recipe"))?;
        let prompt = *blake3::hash(prompt_of(&entry.request).as_bytes()).as_bytes();
        let made = Made { model: &recipe.engine, weights: recipe.weights, prompt: Some(prompt) };
        let ingredients = ingredients(&recipe.given, materials);
        let title = title(&entry.request.prompt);
        // The licence of a draft may still change; what is signed here does not.
        let licence = entry.request.licence.as_deref().filter(|_| !entry.request.draft).unwrap_or_default();
        self.seal(
            &rendered.clip,
            &Statement {
                made: Some(made),
                change: None,
                title: title.as_str(),
                time: self.now,
                parents: &entry.parents,
                licence,
                consent,
                mark: Some(Mark { algorithm: MARK, tag: *entry.tag }),
                ingredients: &ingredients,
                lineage: &self.lineage,
            },
        )
    }

    /// A file that the studio did not render, with a manifest around its own, or around that of the file which it is a part
    /// of.
    pub(super) fn imported(
        &self,
        told: &Told,
        file: Vec<u8>,
        origin: Option<&[u8]>,
    ) -> Result<Sealed, ApiError> {
        let original = origin.unwrap_or(&file);
        let found = inspect(original);
        if let Some(wrong) = found.checks.iter().find(|check| check.state == State::Fail) {
            let message = format!("the file's content credentials do not hold: {}", wrong.detail);
            return Err(error::request(message).hint("it was changed after it was signed; find the original"));
        }
        let itself = Ingredient {
            role: Role::Parent,
            title: if origin.is_some() {
                "the clip it is a part of"
            } else {
                "the file as it was brought in"
            },
            clip: Some(original),
            hash: BlobHash::of(original),
        };
        let title = title(&told.title);
        let statement = Statement {
            made: None,
            change: match &told.label {
                Some(words) => Some(Change::Edited(words)),
                None => origin.map(|_| Change::Trimmed),
            },
            title: title.as_str(),
            time: self.now,
            parents: &told.parents,
            licence: &told.licence,
            consent: told.consent,
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
            Descent::Place => (Role::Input, "the clip its subject is from"),
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

#[cfg(test)]
mod tests {
    use kinora_media::provenance::{Expected, Provenance, verify};
    use kinora_media::{EncodeOptions, Footage, encode};
    use kinora_protocol::limits::TITLE_CHARS_MAX;

    use super::*;
    use crate::home::Home;
    use crate::studio::queue::tests::{entry, rendered};

    /// A small clip as the worker would return it, all of one grey.
    fn clip(grey: u8) -> Vec<u8> {
        let frames = vec![vec![grey; 32 * 32 * 3]; 4];
        let samples = vec![0.0; 48_000];
        let footage =
            Footage { width: 32, height: 32, fps: 2, frames, sample_rate: 24_000, channels: 1, samples };
        encode(&footage, &EncodeOptions::default(), &mut |_, _| {}).unwrap()
    }

    fn told() -> Told {
        Told {
            title: "a file".to_owned(),
            licence: String::new(),
            parents: Vec::new(),
            consent: None,
            label: None,
        }
    }

    fn sealer(folder: &std::path::Path) -> Sealer {
        let keys = Keystore::open_or_create(&Home::open(folder).unwrap(), None, 7).unwrap();
        let lineage = vec![keys.persona().credential.issuer];
        Sealer { keys: Arc::new(keys), now: 1_790_000_000, lineage }
    }

    /// What another node finds, which knows the record only.
    fn seen(sealer: &Sealer, clip: &[u8], parents: &[Rid], synthetic: bool) -> Provenance {
        let persona = sealer.keys.persona();
        let (issuer, device) = (persona.credential.issuer, persona.device);
        verify(
            clip,
            &Expected { issuer, device, lineage: &[], parents, synthetic, consent: None, tag: Some([9; 8]) },
        )
    }

    #[test]
    fn made_clips_and_imports_carry_a_manifest_that_verifies() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = sealer(folder.path());
        let first = Rendered { clip: clip(40), ..rendered() };
        let made = sealer.rendered(&entry(false), &first, &Materials::default(), None).unwrap();
        assert!(seen(&sealer, &made, &[], true).is_verified());
        // A remix names its parent and carries its manifest.
        let mut second = Rendered { clip: clip(90), ..rendered() };
        let descent = Descent::Remix { strength_percent: 50 };
        let given = &mut second.recipe.as_mut().unwrap().given;
        given.parent = Some((BlobHash::of(&made), descent));
        given.first = Some(BlobHash([5; 32]));
        let materials = Materials { parent: Some((made.clone().into(), descent)), ..Materials::default() };
        let parents = vec![Rid([4; 32])];
        let remix = Entry { parents: parents.clone(), ..entry(false) };
        let remix = sealer.rendered(&remix, &second, &materials, None).unwrap();
        let found = seen(&sealer, &remix, &parents, true);
        assert!(found.is_verified(), "{found:#?}");
        assert_eq!((found.state("lineage"), found.claims.unwrap().ingredients.len()), (State::Pass, 2));
        // A file from elsewhere is signed around what it says; it says nothing, or that it was generated.
        let plain = sealer.imported(&told(), clip(7), None).unwrap();
        assert!(!plain.generated && seen(&sealer, &plain.clip, &[], false).is_verified());
        let again = sealer.imported(&told(), made.clone(), None).unwrap();
        assert!(again.generated && seen(&sealer, &again.clip, &[], true).is_verified());
        // A part of a clip carries on the manifest of the whole.
        let whole = Told { parents: parents.clone(), ..told() };
        let part = sealer.imported(&whole, clip(8), Some(&made)).unwrap();
        let found = seen(&sealer, &part.clip, &parents, true);
        assert!(part.generated && found.is_verified());
        assert_eq!(actions(&found), ["c2pa.opened", "c2pa.trimmed", "c2pa.published"]);
        // A labelled copy says what was drawn.
        let shown = Told { label: Some("a visible label".to_owned()), ..whole };
        let shown = sealer.imported(&shown, clip(9), Some(&made)).unwrap();
        let found = seen(&sealer, &shown.clip, &parents, true);
        assert!(found.is_verified(), "{found:#?}");
        assert_eq!(actions(&found), ["c2pa.opened", "c2pa.edited", "c2pa.published"]);
        assert!(shown.clip.windows(15).any(|part| part == b"a visible label"));
    }

    fn actions(found: &Provenance) -> Vec<String> {
        let claims = found.claims.as_ref().unwrap();
        claims.actions.iter().map(|action| action.as_str().to_owned()).collect()
    }

    #[test]
    fn a_file_that_was_changed_after_it_was_signed_is_not_brought_in() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = sealer(folder.path());
        let first = Rendered { clip: clip(40), ..rendered() };
        let mut made = sealer.rendered(&entry(false), &first, &Materials::default(), None).unwrap();
        *made.last_mut().unwrap() ^= 1;
        let refused = sealer.imported(&told(), made, None).err().unwrap();
        assert!(refused.message.contains("do not hold"), "{refused:?}");
    }

    #[test]
    fn a_title_is_the_records() {
        assert_eq!(title(&"狐".repeat(500)).as_str().chars().count(), TITLE_CHARS_MAX);
    }
}
