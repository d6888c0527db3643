//! DRISL, the strict deterministic profile of dag-cbor, with our own limits.
//!
//! [`check_canonical`] walks the raw bytes before anything is allocated: shortest forms, sorted unique text keys,
//! definite lengths, no floats, no null, no tags but CIDs, bounded nesting and sizes, nothing behind the end. What it
//! accepts, `serde_ipld_dagcbor` decodes, and encoding that again gives the same bytes (a property test).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::limits::{ARRAY_ITEMS_MAX, MAP_ENTRIES_MAX, NESTING_MAX, RECORD_BYTES_MAX, STRING_BYTES_MAX};

/// CBOR's tag for a content identifier.
const CID_TAG: u64 = 42;
/// Bytes of a CID: 0, version, codec, hash function, length, 32 bytes of hash.
const CID_BYTES: u64 = 37;

/// Encodes; the only way in which records are written.
///
/// # Errors
/// [`Fault::NotCanonical`] when the value has no canonical form here, such as a float.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    encode_within(value, STRING_BYTES_MAX)
}

/// Encodes an envelope, whose one long string is a whole body.
pub(crate) fn encode_envelope<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    encode_within(value, RECORD_BYTES_MAX)
}

fn encode_within<T: Serialize>(value: &T, string_max: usize) -> Result<Vec<u8>, Fault> {
    let bytes = serde_ipld_dagcbor::to_vec(value).map_err(|e| fault(0, &e.to_string()))?;
    check_within(&bytes, string_max)?;
    Ok(bytes)
}

/// Decodes canonical bytes.
///
/// # Errors
/// [`Fault::NotCanonical`] from [`check_canonical`]; [`Fault::Malformed`] when the data is not a `T`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    check_canonical(bytes)?;
    read(bytes)
}

/// Decodes an envelope, whose one long string is a whole body.
pub(crate) fn decode_envelope<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    check_within(bytes, RECORD_BYTES_MAX)?;
    read(bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_ipld_dagcbor::from_slice(bytes).map_err(|e| Fault::malformed("body", e))
}

fn fault(at: usize, why: &str) -> Fault {
    Fault::NotCanonical { at: at as u64, why: why.to_owned() }
}

/// Says whether `bytes` are one canonical value within the limits.
///
/// # Errors
/// [`Fault::NotCanonical`] with the offset and the rule.
pub fn check_canonical(bytes: &[u8]) -> Result<(), Fault> {
    check_within(bytes, STRING_BYTES_MAX)
}

fn check_within(bytes: &[u8], string_max: usize) -> Result<(), Fault> {
    let mut walk = Walk { bytes, at: 0, string_max };
    walk.value(0)?;
    if walk.at == bytes.len() { Ok(()) } else { Err(fault(walk.at, "bytes behind the end")) }
}

/// A cursor over raw CBOR.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    string_max: usize,
}

impl<'a> Walk<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(count).ok_or_else(|| fault(self.at, "length overflows"))?;
        let part = self.bytes.get(self.at..end).ok_or_else(|| fault(self.at, "cut short"))?;
        self.at = end;
        Ok(part)
    }

    /// Major type, additional information and argument, in shortest form.
    fn head(&mut self) -> Result<(u8, u8, u64), Fault> {
        let start = self.at;
        let &[first] = self.take(1)? else { return Err(fault(start, "cut short")) };
        let (major, info) = (first >> 5, first & 0x1f);
        let (argument, least) = match info {
            0..=23 => (u64::from(info), 0),
            24..=27 => {
                let width = 1usize << info.wrapping_sub(24);
                let value = self.take(width)?.iter().fold(0u64, |v, b| (v << 8) | u64::from(*b));
                let least = match info {
                    24 => 24,
                    25 => 0x100,
                    26 => 0x1_0000,
                    _ => 0x1_0000_0000,
                };
                (value, least)
            }
            _ => return Err(fault(start, "indefinite length or reserved form")),
        };
        if argument < least && major != 7 {
            return Err(fault(start, "not the shortest form"));
        }
        Ok((major, info, argument))
    }

    fn string(&mut self, start: usize, length: u64) -> Result<&'a [u8], Fault> {
        let length = usize::try_from(length).ok().filter(|n| *n <= self.string_max);
        self.take(length.ok_or_else(|| fault(start, "string too long"))?)
    }

    fn text(&mut self, start: usize, length: u64) -> Result<&'a [u8], Fault> {
        let bytes = self.string(start, length)?;
        if std::str::from_utf8(bytes).is_err() {
            return Err(fault(start, "text is not UTF-8"));
        }
        Ok(bytes)
    }

    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        let start = self.at;
        if depth > NESTING_MAX {
            return Err(fault(start, "nested too deeply"));
        }
        let (major, info, argument) = self.head()?;
        match major {
            0 | 1 => Ok(()),
            2 => self.string(start, argument).map(|_| ()),
            3 => self.text(start, argument).map(|_| ()),
            4 => self.array(start, argument, depth),
            5 => self.map(start, argument, depth),
            6 => self.cid(start, argument),
            _ => match info {
                20 | 21 => Ok(()),
                22 => Err(fault(start, "null is not allowed")),
                25..=27 => Err(fault(start, "floats are not allowed")),
                _ => Err(fault(start, "this simple value is not allowed")),
            },
        }
    }

    fn array(&mut self, start: usize, count: u64, depth: usize) -> Result<(), Fault> {
        if count > ARRAY_ITEMS_MAX as u64 {
            return Err(fault(start, "too many items"));
        }
        (0..count).try_for_each(|_| self.value(depth.saturating_add(1)))
    }

    fn map(&mut self, start: usize, count: u64, depth: usize) -> Result<(), Fault> {
        if count > MAP_ENTRIES_MAX as u64 {
            return Err(fault(start, "too many entries"));
        }
        let mut previous: Option<&[u8]> = None;
        for _ in 0..count {
            let at = self.at;
            let (major, _, length) = self.head()?;
            if major != 3 {
                return Err(fault(at, "a key is not text"));
            }
            let key = self.text(at, length)?;
            if previous.is_some_and(|p| (p.len(), p) >= (key.len(), key)) {
                return Err(fault(at, "keys are not sorted, or one stands twice"));
            }
            previous = Some(key);
            self.value(depth.saturating_add(1))?;
        }
        Ok(())
    }

    /// A CID as DASL restricts it: version 1, raw or DRISL, SHA-256 or BLAKE3, 32 bytes.
    fn cid(&mut self, start: usize, tag: u64) -> Result<(), Fault> {
        let at = self.at;
        if tag != CID_TAG {
            return Err(fault(start, "only the tag of CIDs is allowed"));
        }
        let (major, _, length) = self.head()?;
        if major != 2 || length != CID_BYTES {
            return Err(fault(at, "not a CID"));
        }
        match self.take(37)? {
            [0, 1, 0x55 | 0x71, 0x12 | 0x1e, 0x20, ..] => Ok(()),
            _ => Err(fault(at, "not a CID")),
        }
    }
}

#[cfg(test)]
mod tests;
