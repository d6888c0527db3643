//! Putting the signed manifest into a clip's file: label, build, sign, and read the result again.
//!
//! Keys stay where they are kept: signing is a function that is handed in. What is returned was verified as any other
//! node will verify it, because this version of the library may write a manifest that it would not accept.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use c2pa::{Builder, Signer, SigningAlg};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::limits::UNCOVERED_BYTES_MAX;
use serde_json::Value;

use super::certificate::Credential;
use super::manifest::{self, Statement};
use super::verify::{Expected, verify};
use super::walk::{WalkFault, walk};
use super::{FORMAT, context, label};
use crate::boxes::{self, Budget};
use crate::demux::FILE_BYTES_MAX;
use crate::fault::ClipFault;

/// Room for the signature structure beside the certificates: headers and the signature take some 200 bytes, the rest is
/// padding. The library's own signer keeps 10,000 bytes, and a remix would carry them once a generation.
const RESERVE_BYTES: usize = 512;

/// Room for the manifest when the signed file is laid out, in bytes; a guess that only saves copying.
const MANIFEST_BYTES: usize = 16 * 1_024;
/// Codes of success that are kept of an ingredient's check.
const KEPT: [&str; 4] = [
    "claimSignature.validated",
    "claimSignature.insideValidity",
    "signingCredential.trusted",
    "assertion.bmffHash.match",
];

/// Why a clip was not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The file is not one that may be signed.
    #[error("the file cannot be signed: {0}")]
    Walk(#[from] WalkFault),
    /// It has a label of its own already.
    #[error("the file says already who made it; sign the file as the encoder wrote it")]
    Labelled,
    /// A manifest would not cover all of it.
    #[error("{bytes} bytes of the file would not be covered by its signature; remux it without `free` boxes")]
    Uncovered {
        /// Bytes in boxes that no manifest covers.
        bytes: usize,
    },
    /// Two parents, or none where there must be one.
    #[error(
        "a clip has one parent at most, and a file from elsewhere has itself; others are components or inputs"
    )]
    Parents,
    /// Something it is made from has a manifest that cannot be read.
    #[error("the manifest of something the clip is made from is malformed; it cannot be carried on")]
    Ingredient,
    /// The C2PA library gave up.
    #[error("the manifest cannot be made: {0}")]
    Manifest(String),
    /// The result did not verify.
    #[error("the signed clip does not verify ({0}): keys and certificates may not fit together")]
    Unsound(String),
}

impl From<ClipFault> for SealError {
    fn from(fault: ClipFault) -> Self {
        Self::Walk(WalkFault::Boxes(fault))
    }
}

impl From<c2pa::Error> for SealError {
    fn from(error: c2pa::Error) -> Self {
        Self::Manifest(error.to_string())
    }
}

/// Signs through a function, under the certificates of a creator.
struct Signature<'a> {
    credential: &'a Credential,
    sign: &'a dyn Fn(&[u8]) -> [u8; 64],
}

impl Signer for Signature<'_> {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        Ok((self.sign)(data).to_vec())
    }

    fn alg(&self) -> SigningAlg {
        SigningAlg::Ed25519
    }

    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.credential.chain().map(<[u8]>::to_vec).to_vec())
    }

    fn reserve_size(&self) -> usize {
        RESERVE_BYTES + self.credential.chain().iter().map(|certificate| certificate.len()).sum::<usize>()
    }
}

/// The clip with a manifest that says `statement`, signed by `sign` with the credential's device key.
///
/// The library draws the manifest's name and a salt for each assertion at random, so no two files are the same.
///
/// # Errors
/// See [`SealError`].
pub fn seal(
    clip: &[u8],
    statement: &Statement<'_>,
    credential: &Credential,
    sign: &dyn Fn(&[u8]) -> [u8; 64],
) -> Result<Vec<u8>, SealError> {
    let parents = statement.parents_among_ingredients();
    if parents > 1 || (statement.made.is_none() && parents == 0) {
        return Err(SealError::Parents);
    }
    let clip = covered(clip)?;
    let author = credential.issuer.author;
    let source = match statement.made {
        Some(_) => label::labelled(clip, author)?,
        None => clip.to_vec(),
    };
    let layout = walk(&source)?;
    if layout.uncovered > UNCOVERED_BYTES_MAX {
        return Err(SealError::Uncovered { bytes: layout.uncovered });
    }
    let definition = statement.definition(author, BlobHash::of(clip));
    let signer = Signature { credential, sign };
    // An ingredient's manifest is a stranger's: the library is known to panic on some that are malformed.
    let signed = catch_unwind(AssertUnwindSafe(|| build(&source, definition, statement, &signer)));
    let signed = signed.unwrap_or(Err(SealError::Ingredient))?;
    if signed.len() > FILE_BYTES_MAX {
        return Err(ClipFault::TooLarge { bytes: signed.len(), max: FILE_BYTES_MAX }.into());
    }
    check(&signed, statement, credential)?;
    Ok(signed)
}

/// The signed file.
fn build(
    source: &[u8],
    definition: Value,
    statement: &Statement<'_>,
    signer: &Signature<'_>,
) -> Result<Vec<u8>, SealError> {
    let context = context::offline(&known(statement))?;
    let mut builder = Builder::from_context(context).with_definition(definition)?;
    for (number, ingredient) in statement.ingredients.iter().enumerate() {
        let fields = manifest::ingredient(number, ingredient).to_string();
        match ingredient.clip {
            Some(bytes) => {
                walk(bytes)?;
                builder.add_ingredient_from_stream(fields, FORMAT, &mut Cursor::new(bytes))?;
                if let Some(last) = builder.definition.ingredients.last_mut() {
                    *last = brief(last)?;
                }
            }
            None => {
                builder.add_ingredient(c2pa::Ingredient::from_json(&fields)?);
            }
        }
    }
    let mut signed = Cursor::new(Vec::with_capacity(source.len() + MANIFEST_BYTES));
    builder.sign(signer, FORMAT, &mut Cursor::new(source), &mut signed)?;
    Ok(signed.into_inner())
}

/// An ingredient whose recorded results are its failures and what it was trusted for, each by its code.
///
/// The library records a sentence for every part of every manifest: more bytes than the manifest itself. A verifier
/// checks the parts again anyway; what it cannot see again is what was wrong, and that stays.
fn brief(ingredient: &c2pa::Ingredient) -> Result<c2pa::Ingredient, SealError> {
    let failed = |e: serde_json::Error| SealError::Manifest(e.to_string());
    let mut fields = serde_json::to_value(ingredient).map_err(failed)?;
    if let Some(active) = fields.pointer_mut("/validation_results/activeManifest") {
        shorten(active, &KEPT);
    }
    if let Some(deltas) =
        fields.pointer_mut("/validation_results/ingredientDeltas").and_then(Value::as_array_mut)
    {
        deltas.iter_mut().filter_map(|delta| delta.get_mut("validationDeltas")).for_each(|d| shorten(d, &[]));
        deltas.retain(|delta| delta.get("validationDeltas").is_some_and(says_something));
    }
    if let Some(fields) = fields.as_object_mut() {
        // A name within the library's memory; the bytes are handed over below.
        fields.remove("manifest_data");
    }
    let mut brief = c2pa::Ingredient::from_json(&fields.to_string())?;
    if let Some(store) = ingredient.manifest_data() {
        brief.set_manifest_data(store.into_owned())?;
    }
    Ok(brief)
}

/// Leaves of three lists of results the codes: all of what failed or was odd, and these of what went well.
fn shorten(results: &mut Value, kept: &[&str]) {
    for (kind, list) in results.as_object_mut().into_iter().flatten() {
        let Some(list) = list.as_array_mut() else { continue };
        let worth =
            |status: &Value| status.get("code").and_then(Value::as_str).is_some_and(|c| kept.contains(&c));
        list.retain(|status| kind != "success" || worth(status));
        for status in list.iter_mut().filter_map(Value::as_object_mut) {
            status.remove("explanation");
        }
    }
}

fn says_something(results: &Value) -> bool {
    let lists = results.as_object().into_iter().flatten();
    lists.filter_map(|(_, list)| list.as_array()).any(|list| !list.is_empty())
}

/// The file without the index that some encoders append: nothing refers to it, and no manifest would cover it.
fn covered(clip: &[u8]) -> Result<&[u8], ClipFault> {
    let top = boxes::walk(clip, 0, &mut Budget::new())?;
    let kept = top.iter().rev().find(|b| !matches!(&b.kind, b"mfra" | b"free" | b"skip"));
    let end = kept.map_or(0, |last| last.body_start + last.body.len());
    Ok(clip.get(..end).unwrap_or(clip))
}

/// Authority certificates of the lineage, as they stand in the ingredients' manifests.
fn known(statement: &Statement<'_>) -> Vec<Vec<u8>> {
    let clips = || statement.ingredients.iter().filter_map(|ingredient| ingredient.clip);
    let find = |issuer: &super::Issuer| clips().find_map(|clip| issuer.find_authority(clip));
    statement.lineage.iter().filter_map(find).collect()
}

fn check(signed: &[u8], statement: &Statement<'_>, credential: &Credential) -> Result<(), SealError> {
    let expected = Expected {
        issuer: credential.issuer,
        device: credential.device,
        lineage: statement.lineage,
        parents: statement.parents,
        synthetic: statement.made.is_some(),
        consent: statement.consent,
        tag: statement.mark.map(|mark| mark.tag),
    };
    let found = verify(signed, &expected);
    if found.is_verified() {
        return Ok(());
    }
    let failed: Vec<String> = found
        .checks
        .iter()
        .filter(|check| check.state != super::State::Pass)
        .map(|check| format!("{}: {}", check.name, check.detail))
        .collect();
    Err(SealError::Unsound(failed.join("; ")))
}
