//! Walking the boxes of an ISO base media file within fixed bounds.
//!
//! It never recurses: callers descend along the few paths the profile has (eight boxes deep at most), so nesting in
//! a hostile file costs nothing. It never allocates by what a file claims, only by what it holds.

use mp4_atom::Atom;

use crate::fault::{ClipFault, Code};

/// Most boxes looked at in one file.
pub(crate) const BOXES_MAX: usize = kinora_protocol::limits::CLIP_BOXES_MAX;
/// Largest box that is read field by field. A run of as many samples as a track may have needs 57,620 bytes.
const LEAF_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a box header with a 32-bit size.
const HEADER_BYTES: usize = 8;
/// Bytes of a box header with a 64-bit size.
const LARGE_HEADER_BYTES: usize = 16;

/// One box: its kind, where it starts in the file, and its content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoxRef<'a> {
    pub(crate) kind: [u8; 4],
    /// Byte offset of the header in the file.
    pub(crate) start: usize,
    /// Byte offset of the content in the file.
    pub(crate) body_start: usize,
    pub(crate) body: &'a [u8],
}

impl<'a> BoxRef<'a> {
    /// Reads the content as one of the boxes that hold no further boxes.
    pub(crate) fn read<T: Atom>(&self) -> Result<T, ClipFault> {
        let malformed = ClipFault::Malformed(Code(self.kind));
        if self.body.len() > LEAF_BYTES_MAX {
            return Err(malformed);
        }
        let mut body = self.body;
        T::decode_body(&mut body).map_err(|_| malformed)
    }

    /// The boxes inside, which begin `skip` bytes into the content.
    pub(crate) fn children(&self, skip: usize, budget: &mut Budget) -> Result<Vec<Self>, ClipFault> {
        let rest = self.body.get(skip..).ok_or(ClipFault::Malformed(Code(self.kind)))?;
        walk(rest, self.body_start.saturating_add(skip), budget)
    }
}

/// How many boxes may still be looked at.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { left: BOXES_MAX }
    }

    fn take(&mut self) -> Result<(), ClipFault> {
        self.left = self.left.checked_sub(1).ok_or(ClipFault::TooManyBoxes(BOXES_MAX))?;
        Ok(())
    }
}

/// The boxes that `bytes` is made of, which begin at byte `base` of the file.
pub(crate) fn walk<'a>(
    bytes: &'a [u8],
    base: usize,
    budget: &mut Budget,
) -> Result<Vec<BoxRef<'a>>, ClipFault> {
    let mut found = Vec::new();
    let mut rest = bytes;
    let mut start = base;
    while !rest.is_empty() {
        budget.take()?;
        let (size, header, kind) = header(rest, start)?;
        let body = rest.get(header..size).ok_or(ClipFault::BoxSize { kind: Code(kind), at: start })?;
        found.push(BoxRef { kind, start, body_start: start.saturating_add(header), body });
        rest = rest.get(size..).unwrap_or_default();
        start = start.saturating_add(size);
    }
    Ok(found)
}

/// Size of the whole box, size of its header, and its kind.
fn header(bytes: &[u8], at: usize) -> Result<(usize, usize, [u8; 4]), ClipFault> {
    let unfit = |kind| ClipFault::BoxSize { kind: Code(kind), at };
    let word = |from: usize| bytes.get(from..from + 4).and_then(|b| <[u8; 4]>::try_from(b).ok());
    let (Some(size), Some(kind)) = (word(0), word(4)) else {
        return Err(unfit(*b"????"));
    };
    let (size, header) = match u32::from_be_bytes(size) {
        // ISO/IEC 14496-12 §4.2: 0 reaches to the end, 1 announces a 64-bit size.
        0 => (bytes.len(), HEADER_BYTES),
        1 => {
            let large = bytes.get(HEADER_BYTES..LARGE_HEADER_BYTES).and_then(|b| <[u8; 8]>::try_from(b).ok());
            let large = u64::from_be_bytes(large.ok_or(unfit(kind))?);
            (usize::try_from(large).map_err(|_| unfit(kind))?, LARGE_HEADER_BYTES)
        }
        size => (usize::try_from(size).map_err(|_| unfit(kind))?, HEADER_BYTES),
    };
    if size < header || size > bytes.len() {
        return Err(unfit(kind));
    }
    Ok((size, header, kind))
}

/// The only box of this kind.
pub(crate) fn one<'a>(boxes: &[BoxRef<'a>], kind: &[u8; 4]) -> Result<BoxRef<'a>, ClipFault> {
    maybe(boxes, kind)?.ok_or(ClipFault::Missing(Code(*kind)))
}

/// The only box of this kind, if there is one.
pub(crate) fn maybe<'a>(boxes: &[BoxRef<'a>], kind: &[u8; 4]) -> Result<Option<BoxRef<'a>>, ClipFault> {
    let mut matching = boxes.iter().filter(|b| &b.kind == kind);
    let first = matching.next().copied();
    if matching.next().is_some() {
        return Err(ClipFault::Repeated(Code(*kind)));
    }
    Ok(first)
}
