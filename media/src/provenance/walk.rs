//! Our own strict walk over an MP4 file, before any other parser sees it.
//!
//! The C2PA library was hardened over years and this version lacks some of that, so what it is given is bounded here:
//! how many boxes, how deep, that every size fits, one manifest and no more, no compressed manifest (the library
//! inflates those without a limit). Nothing is decoded and nothing is copied; the walk keeps its own stack. It knows
//! no codec: files of other makers pass it as well as ours.

use std::ops::Range;

use kinora_protocol::limits::{CLIP_BOX_DEPTH_MAX, MANIFEST_BYTES_MAX};

use super::cbor;
use crate::boxes::{self, BoxRef, Budget};
use crate::demux::FILE_BYTES_MAX;
use crate::fault::{ClipFault, Code};

/// Deepest box inside a manifest store: store, manifest, assertions, assertion, embedded file.
const MANIFEST_DEPTH_MAX: usize = 8;

/// `uuid` of the C2PA box (C2PA 2.2 §A.5).
const C2PA: [u8; 16] =
    [0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81];
/// Version and flags of the C2PA box.
const FLAGS_BYTES: usize = 4;
/// Place of the first Merkle box, after the purpose.
const MERKLE_PLACE_BYTES: usize = 8;
/// How a manifest store begins, after the size of its box: a superbox whose description names its type and the label `c2pa`
/// (C2PA 2.2 §11.1.4.2). No hash covers it and the library does not look.
const STORE_HEAD: &[u8] = b"jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0";
/// Boxes of a manifest store (ISO/IEC 19566-5, C2PA 2.2 §11): the library trusts the sizes of others and takes gigabytes.
const STORE_BOXES: [&[u8; 4]; 11] =
    [b"jumb", b"jumd", b"cbor", b"json", b"xml ", b"jp2c", b"uuid", b"bfdb", b"bidb", b"c2sh", b"free"];
/// Where the description of a superbox, after its type, says what else is in it, and the bits there that mean nothing
/// (ISO/IEC 19566-5).
const TOGGLES: usize = 16;
const TOGGLES_RESERVED: u8 = 0b1110_0000;
/// How the type of a superbox begins, and the labels that it has (C2PA 2.2 §11.1.4). Of those around a claim and its signature
/// no hash covers the description, and the library takes others.
const LABELS: [(&[u8; 4], &[&[u8]]); 3] = [
    (b"c2as", &[b"c2pa.assertions"]),
    (b"c2cl", &[b"c2pa.claim", b"c2pa.claim.v2"]),
    (b"c2cs", &[b"c2pa.signature"]),
];
/// Boxes that hold boxes; everything else is a leaf.
const CONTAINERS: [&[u8; 4]; 20] = [
    b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"mvex", b"edts", b"udta", b"moof", b"traf",
    b"mfra", b"tref", b"treg", b"schi", b"sinf", b"ilst", b"meco", b"strk", b"strd",
];
/// What the hash of a manifest leaves out.
const UNCOVERED: [&[u8; 4]; 4] = [b"ftyp", b"free", b"skip", b"mfra"];

/// A file that is not walked to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalkFault {
    /// Its boxes break a rule that holds for every file.
    #[error(transparent)]
    Boxes(#[from] ClipFault),
    /// Boxes inside boxes inside boxes.
    #[error("boxes are nested more than {CLIP_BOX_DEPTH_MAX} deep")]
    TooDeep,
    /// A second manifest, or one that hides inside another box.
    #[error("the file has more than one C2PA manifest, or one in the wrong place")]
    Manifests,
    /// More manifest than any file needs.
    #[error("the manifest has {bytes} bytes, at most {MANIFEST_BYTES_MAX} are read")]
    ManifestTooLarge {
        /// Bytes found.
        bytes: usize,
    },
    /// A manifest box that holds something else.
    #[error("the C2PA box at byte {at} holds no manifest store")]
    NoStore {
        /// Where in the file.
        at: usize,
    },
    /// A manifest that would have to be inflated.
    #[error("the manifest is compressed: it is not inflated, ask for the file with a plain one")]
    Compressed,
    /// The manifest's own boxes do not fit together.
    #[error("the manifest's boxes are malformed at byte {at}")]
    ManifestBoxes {
        /// Where in the file.
        at: usize,
    },
}

/// What the walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Boxes in all.
    pub boxes: usize,
    /// Where the manifest store stands in the file, if there is one.
    pub manifest: Option<Range<usize>>,
    /// Bytes that no manifest covers.
    pub uncovered: usize,
}

/// Walks a whole file.
///
/// # Errors
/// The first rule that is broken; see [`WalkFault`].
pub fn walk(bytes: &[u8]) -> Result<Layout, WalkFault> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ClipFault::TooLarge { bytes: bytes.len(), max: FILE_BYTES_MAX }.into());
    }
    if bytes.get(4..8) != Some(b"ftyp") {
        return Err(ClipFault::NotMp4.into());
    }
    let mut budget = Budget::new();
    let mut layout = Layout::default();
    let mut open: Vec<(BoxRef<'_>, usize)> =
        boxes::walk(bytes, 0, &mut budget)?.into_iter().map(|found| (found, 1)).collect();
    while let Some((found, depth)) = open.pop() {
        if depth > CLIP_BOX_DEPTH_MAX {
            return Err(WalkFault::TooDeep);
        }
        layout.boxes += 1;
        if UNCOVERED.contains(&&found.kind) && depth == 1 {
            layout.uncovered += found.body.len();
        }
        if &found.kind == b"uuid" && found.body.starts_with(&C2PA) {
            note_manifest(&found, depth, &mut layout, &mut budget)?;
        }
        for inside in inside(&found, &mut budget)? {
            open.push((inside, depth + 1));
        }
    }
    Ok(layout)
}

/// The boxes of a box that holds boxes.
fn inside<'a>(found: &BoxRef<'a>, budget: &mut Budget) -> Result<Vec<BoxRef<'a>>, ClipFault> {
    if &found.kind == b"meta" {
        // ISO: version and flags, then boxes. QuickTime: boxes at once, the first of them the handler.
        let skip = if found.body.get(4..8) == Some(b"hdlr") { 0 } else { FLAGS_BYTES };
        return found.children(skip, budget);
    }
    if !CONTAINERS.contains(&&found.kind) {
        return Ok(Vec::new());
    }
    let whole = found.children(0, budget);
    // QuickTime ends its user data with four zero bytes. A last box may end like that as well, so the whole comes first.
    match found.body.split_last_chunk::<4>() {
        Some((boxes, [0, 0, 0, 0])) if whole.is_err() && &found.kind == b"udta" => {
            BoxRef { body: boxes, ..*found }.children(0, budget)
        }
        _ => whole,
    }
}

/// Takes the C2PA box, if it is a manifest: the only one, at the top, plain, within bounds.
fn note_manifest(
    found: &BoxRef<'_>,
    depth: usize,
    layout: &mut Layout,
    budget: &mut Budget,
) -> Result<(), WalkFault> {
    let malformed = WalkFault::ManifestBoxes { at: found.start };
    let head = C2PA.len() + FLAGS_BYTES;
    let rest = found.body.get(head..).ok_or_else(|| malformed.clone())?;
    let purpose = rest.iter().position(|b| *b == 0).and_then(|end| rest.get(..end));
    match purpose.ok_or_else(|| malformed.clone())? {
        b"manifest" => {}
        // Hashes of pieces, not a manifest.
        b"merkle" if depth == 1 => return Ok(()),
        _ => return Err(WalkFault::Manifests),
    }
    if depth != 1 || layout.manifest.is_some() {
        return Err(WalkFault::Manifests);
    }
    let skip = head + b"manifest\0".len() + MERKLE_PLACE_BYTES;
    let store = found.body.get(skip..).ok_or(malformed)?;
    if store.len() > MANIFEST_BYTES_MAX {
        return Err(WalkFault::ManifestTooLarge { bytes: store.len() });
    }
    let start = found.body_start + skip;
    walk_manifest(store, start, budget)?;
    if !store.get(4..).is_some_and(|rest| rest.starts_with(STORE_HEAD)) {
        return Err(WalkFault::NoStore { at: found.start });
    }
    layout.manifest = Some(start..start + store.len());
    Ok(())
}

/// Walks a manifest store (JUMBF, ISO/IEC 19566-5): boxes with plain 32-bit sizes and nothing compressed.
fn walk_manifest(store: &[u8], start: usize, budget: &mut Budget) -> Result<(), WalkFault> {
    let mut open = vec![(store, start, 1)];
    while let Some((bytes, base, depth)) = open.pop() {
        if depth > MANIFEST_DEPTH_MAX {
            return Err(WalkFault::TooDeep);
        }
        for found in boxes::walk(bytes, base, budget).map_err(|fault| match fault {
            ClipFault::BoxSize { at, .. } => WalkFault::ManifestBoxes { at },
            other => WalkFault::Boxes(other),
        })? {
            let size = store.get(found.start - start..found.start - start + 4).unwrap_or_default();
            if matches!(size, [0, 0, 0, 0 | 1]) {
                return Err(WalkFault::ManifestBoxes { at: found.start });
            }
            match &found.kind {
                b"brob" => return Err(WalkFault::Compressed),
                other if !STORE_BOXES.contains(&other) => {
                    return Err(WalkFault::ManifestBoxes { at: found.start });
                }
                b"cbor" if !cbor::is_bounded(found.body) => {
                    return Err(WalkFault::ManifestBoxes { at: found.start });
                }
                b"jumd" if !is_plain(found.body) => {
                    return Err(WalkFault::ManifestBoxes { at: found.start });
                }
                b"jumb" if found.body.get(4..8) != Some(b"jumd") => {
                    return Err(WalkFault::ManifestBoxes { at: found.start });
                }
                b"jumb" => open.push((found.body, found.body_start, depth + 1)),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether the description of a superbox is as it must be.
fn is_plain(description: &[u8]) -> bool {
    let Some((toggles, rest)) = description.get(TOGGLES..).and_then(<[u8]>::split_first) else { return true };
    let label = rest.split(|byte| *byte == 0).next().unwrap_or_default();
    let known = LABELS.iter().find(|(kind, _)| description.starts_with(*kind));
    toggles & TOGGLES_RESERVED == 0 && known.is_none_or(|(_, labels)| labels.contains(&label))
}

impl WalkFault {
    /// The box the fault names, if it names one.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Boxes(ClipFault::BoxSize { kind, .. }) => Some(*kind),
            _ => None,
        }
    }
}
