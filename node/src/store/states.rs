//! The state of a blob on disk: one byte that says which, then what belongs to it.

use super::tables::key;
use super::{BlobState, StoreError};

/// Reads the state of a blob.
pub(super) fn read(bytes: &[u8]) -> Result<BlobState, StoreError> {
    match bytes.split_first() {
        // 1, 4 and 5 were "complete" before an inspector looked at files: they are looked at again.
        Some((0 | 1 | 4 | 5, _)) => Ok(BlobState::Wanted),
        Some((2, reason)) => Ok(BlobState::Refused { reason: String::from_utf8_lossy(reason).into_owned() }),
        Some((3, size)) => Ok(BlobState::Sized(number(size)?)),
        Some((6, facts)) => {
            serde_json::from_slice(facts).map(BlobState::Complete).map_err(|_| UNREADABLE_BLOB)
        }
        Some((8, _)) => Ok(BlobState::Opaque),
        Some((7, reason)) => {
            Ok(BlobState::Uninspected { reason: String::from_utf8_lossy(reason).into_owned() })
        }
        Some((9, barred)) => {
            serde_json::from_slice(barred).map(BlobState::Barred).map_err(|_| UNREADABLE_BLOB)
        }
        _ => Err(UNREADABLE_BLOB),
    }
}

pub(super) const UNREADABLE_BLOB: StoreError = StoreError::Damaged("the state of a blob cannot be read");

fn number(bytes: &[u8]) -> Result<u64, StoreError> {
    bytes.first_chunk().map(|n| u64::from_le_bytes(*n)).ok_or(UNREADABLE_BLOB)
}

/// Writes the state of a blob.
pub(super) fn write(state: &BlobState) -> Result<Vec<u8>, StoreError> {
    Ok(match state {
        BlobState::Wanted => vec![0],
        BlobState::Refused { reason } => key(&[&[2], reason.as_bytes()]),
        BlobState::Sized(size) => key(&[&[3], &size.to_le_bytes()]),
        BlobState::Complete(facts) => {
            let facts = serde_json::to_vec(facts).map_err(|_| UNREADABLE_BLOB)?;
            key(&[&[6], &facts])
        }
        BlobState::Uninspected { reason } => key(&[&[7], reason.as_bytes()]),
        BlobState::Opaque => vec![8],
        BlobState::Barred(barred) => {
            let barred = serde_json::to_vec(barred).map_err(|_| UNREADABLE_BLOB)?;
            key(&[&[9], &barred])
        }
    })
}
