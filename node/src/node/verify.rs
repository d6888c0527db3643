//! The checks of a clip, put together: what the record says, what the store knows of its file, and the call `verify`,
//! which looks at the file anew.
//!
//! The checks `record` and `file` are made here, from bytes that need no parsing; all others come from an inspector.

use std::path::Path;

use kinora_protocol::api::{ApiError, Verified, VerifyWhat};
use kinora_protocol::check::Checked;
use kinora_protocol::consent::consent_hash;
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::job::inspect::{Expected, Inspected, Question, Vouchers};
use kinora_protocol::limits::CLIP_BYTES_MAX;
use kinora_protocol::record::{Body, Clip, SYNTHETIC};
use kinora_protocol::verdict::{self, Check, CheckName, CheckState, Verdict};
use serde_bytes::ByteArray;

use super::{Core, consented, sealing, views};
use crate::error::{self, Hint as _};
use crate::files;
use crate::inspector::pool::Unavailable;
use crate::store::{Barred, BarredBy, BlobState, Facts, Store, file_check, wrong_size};

/// Clips looked at that name the same file.
const CLIPS_MAX: usize = 16;
/// What `verify` asks an inspector.
const QUESTIONS: &[Question] = &[Question::Describe, Question::Decode, Question::Provenance, Question::Mark];
/// What it asks about a file that no record names.
const UNRECORDED: &[Question] =
    &[Question::Describe, Question::Decode, Question::Provenance, Question::Mark, Question::Fingerprint];
/// What it asks when it is not known yet which record the file belongs to.
const WITHOUT_RECORD: &[Question] = &[Question::Describe, Question::Decode];

/// The clip of a record.
#[must_use]
pub fn clip_of(checked: &Checked) -> Option<&Clip> {
    match &checked.record().body {
        Body::Clip(clip) => Some(clip),
        _ => None,
    }
}

/// The check `record` of a clip that is stored: only what was checked can be.
fn record_check(checked: &Checked) -> Check {
    let detail = format!("signed by {} with a device of theirs", checked.author().short());
    Check::pass(CheckName::Record, &detail)
}

/// The checks of a clip as far as the store knows, without looking at its file again.
#[must_use]
pub fn known_checks(
    (checked, clip): (&Checked, &Clip),
    state: Option<&BlobState>,
    provenance: Option<Check>,
    is_fetching: bool,
) -> Vec<Check> {
    let mut checks = vec![record_check(checked)];
    match state {
        Some(BlobState::Complete(facts)) => checks.extend(facts.checks(clip).into_iter().chain(provenance)),
        Some(BlobState::Sized(found)) if *found != clip.blob.size => {
            checks.push(Check::fail(CheckName::File, &wrong_size(clip.blob.size, *found)));
        }
        Some(BlobState::Refused { reason }) => checks.push(Check::fail(CheckName::Container, reason)),
        Some(BlobState::Opaque) => {
            checks.push(Check::fail(CheckName::Container, "its file is a sealed letter and no clip"));
        }
        Some(BlobState::Uninspected { reason }) => checks.push(Check::fail(CheckName::Inspection, reason)),
        Some(BlobState::Barred(barred)) => checks.extend(barred_checks(barred, clip)),
        Some(BlobState::Wanted | BlobState::Sized(_)) if is_fetching => {
            checks.push(Check::none(CheckName::File, "its file is on the way"));
        }
        Some(BlobState::Wanted | BlobState::Sized(_)) | None => {
            let detail = "its file is not here, and nobody reachable gave it yet";
            checks.push(Check::none(CheckName::File, detail));
        }
    }
    // The order in which they are shown, whoever made them.
    checks.sort_by_key(|check| check.name);
    checks
}

/// The checks of a clip whose file is held back. That a consent was withdrawn is so; a list is an opinion, and no check of
/// the file.
fn barred_checks(barred: &Barred, clip: &Clip) -> Vec<Check> {
    let mut checks = barred.facts.as_ref().map(|facts| facts.checks(clip)).unwrap_or_default();
    match barred.by {
        BarredBy::Withdrawn(_) => checks.push(Check::fail(CheckName::Consent, &barred.reason)),
        BarredBy::List(..) => {
            checks.retain(|check| check.name != CheckName::File);
            checks.push(Check::none(CheckName::File, &format!("withheld: {}", barred.reason)));
        }
    }
    checks
}

/// The reason for a verdict in one line.
#[must_use]
pub fn reason(checks: &[Check]) -> String {
    let usual = "the signature holds, and the file is the one the record names, in the form it says";
    let deciding = verdict::deciding(checks).map(|check| check.detail.as_str());
    deciding.filter(|detail| !detail.is_empty()).unwrap_or(usual).to_owned()
}

impl Core {
    pub(super) async fn verify(&self, what: &VerifyWhat) -> Result<Verified, ApiError> {
        let (clip, mut checks) = match what {
            VerifyWhat::Clip(rid) => (Some(*rid), self.verify_clip(*rid).await?),
            VerifyWhat::File(path) => self.verify_file(Path::new(path)).await?,
        };
        if let Some(checked) = clip.map(|rid| self.publisher.store.get(&rid)).transpose()?.flatten() {
            checks.extend(consented::of(&self.publisher.store, &checked).checks());
        }
        checks.sort_by_key(|check| check.name);
        Ok(Verified { verdict: verdict::of(&checks), clip, checks })
    }

    /// A clip whose file is here is looked at anew; of others, what is known is said.
    async fn verify_clip(&self, rid: Rid) -> Result<Vec<Check>, ApiError> {
        let store = &self.publisher.store;
        let Some(checked) = store.get(&rid)? else { return Err(views::absent(self, rid)?) };
        let Some(clip) = clip_of(&checked) else {
            return Err(error::request(format!("{rid} is not a clip")));
        };
        let hash = clip.blob.hash;
        let Some(bytes) = self.publisher.blobs.get(hash).await else {
            let state = store.blob_state(&hash)?;
            return Ok(known_checks((&checked, clip), state.as_ref(), None, self.is_fetching(&hash)));
        };
        let size = bytes.len() as u64;
        // The blob store gives no bytes that do not have the hash.
        let mut checks = vec![record_check(&checked), file_check(clip.blob.size, size)];
        let expected = expected(store, &checked, clip)?;
        let inspected = self.publisher.inspectors.inspect(bytes.to_vec(), QUESTIONS, Some(expected)).await;
        let inspected = inspected.map_err(|e| unavailable(&e))?;
        if Facts::of(size, &inspected).is_some()
            && !inspected.checks.iter().any(|c| c.name == CheckName::Format)
        {
            checks.push(Check::fail(
                CheckName::Format,
                "the record says that it is a clip, the file is a still",
            ));
        }
        let provenance = inspected.checks.iter().find(|check| check.name == CheckName::Provenance);
        store.set_provenance(&rid, provenance)?;
        checks.extend(inspected.checks);
        Ok(checks)
    }

    /// Any file. Of several clips that name it, the one that it fits is the one that it is: whoever names the file of
    /// somebody else and says something wrong about it must not decide the verdict.
    async fn verify_file(&self, path: &Path) -> Result<(Option<Rid>, Vec<Check>), ApiError> {
        if !path.is_absolute() {
            let message = format!("{} is not an absolute path", path.display());
            return Err(error::request(message).hint("start it with a slash"));
        }
        let bytes = files::read(path, CLIP_BYTES_MAX)?;
        let (hash, size) = (BlobHash::of(&bytes), bytes.len() as u64);
        let store = &self.publisher.store;
        let clips = store.clips_with(&hash, CLIPS_MAX)?;
        let questions = if clips.is_empty() { UNRECORDED } else { WITHOUT_RECORD };
        let inspected = self.publisher.inspectors.inspect(bytes.clone(), questions, None).await;
        let inspected = inspected.map_err(|e| unavailable(&e))?;
        let judged = clips.iter().filter_map(|checked| {
            let clip = clip_of(checked)?;
            Some((checked, clip, against(checked, clip, size, &inspected)))
        });
        let best = judged.min_by_key(|(_, _, checks)| verdict::of(checks) != Verdict::Verified);
        let Some((checked, clip, mut checks)) = best else {
            let mut checks = unrecorded(inspected.checks);
            checks.extend(self.looks_like(&hash, inspected.fingerprint.as_ref())?);
            return Ok((None, checks));
        };
        let expected = Some(expected(store, checked, clip)?);
        let asked = &[Question::Provenance, Question::Mark];
        let found = self.publisher.inspectors.inspect(bytes, asked, expected).await;
        let found = found.map_err(|e| unavailable(&e))?.checks;
        let of_record = [CheckName::Provenance, CheckName::Mark];
        checks.extend(found.into_iter().filter(|check| of_record.contains(&check.name)));
        Ok((Some(checked.rid()), checks))
    }
}

/// The checks of a file that no record names. Not to have our form is no fault of somebody else's file.
fn unrecorded(found: Vec<Check>) -> Vec<Check> {
    let record = Check::none(CheckName::Record, "no record that is known here names this file");
    let ours = |check: Check| match (check.name, check.state) {
        (CheckName::Container | CheckName::Decode, CheckState::Fail) => {
            Check::none(check.name, check.detail.as_str())
        }
        _ => check,
    };
    std::iter::once(record).chain(found.into_iter().map(ours)).collect()
}

/// What the file of a clip should be, by the records that are here: among them whose signatures count for its manifest.
pub(super) fn expected(store: &Store, checked: &Checked, clip: &Clip) -> Result<Expected, ApiError> {
    let record = checked.record();
    let lineage = sealing::lineage(store, &clip.parents)?;
    let consent = clip.consent.as_ref().map(consent_hash).transpose();
    let consent = consent.map_err(|fault| error::request(format!("its consent cannot be read: {fault}")))?;
    let vouchers = Vouchers {
        author: (record.author, record.root.into()),
        device: record.device,
        lineage: lineage.into_iter().map(|issuer| (issuer.author, issuer.root.into())).collect(),
        parents: clip.parents.clone(),
        synthetic: clip.labels.iter().any(|label| label == SYNTHETIC),
        consent: consent.map(ByteArray::new),
    };
    Ok(Expected { format: clip.format, vouchers: Some(Box::new(vouchers)), tag: Some(clip.tag) })
}

/// What was found in a file, against a record that names it.
fn against(checked: &Checked, clip: &Clip, size: u64, inspected: &Inspected) -> Vec<Check> {
    let mut checks = vec![record_check(checked)];
    match Facts::of(size, inspected) {
        Some(facts) => checks.extend(facts.checks(clip)),
        None => {
            checks.push(file_check(clip.blob.size, size));
            checks.extend(inspected.checks.iter().cloned());
        }
    }
    checks
}

/// No inspector: the machine is to blame.
#[must_use]
pub fn unavailable(error: &Unavailable) -> ApiError {
    error::system(error.to_string()).hint("`kinora doctor` says what is wrong; memory may be short")
}

/// Why a file is not used, if it failed a check.
#[must_use]
pub fn failure(inspected: &Inspected) -> Option<&str> {
    inspected.checks.iter().find(|check| check.state == CheckState::Fail).map(|check| check.detail.as_str())
}

#[cfg(test)]
mod tests;
