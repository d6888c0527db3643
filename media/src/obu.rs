//! AV1 open bitstream units: splitting a sample, and reading the sequence header far enough to know what a decoder
//! would allocate. Source: AV1 Bitstream & Decoding Process Specification, §5.3 and §5.5.

/// Most units in one sample. Ours have two or three; a stranger's tile groups and metadata fit easily.
pub(crate) const UNITS_MAX: usize = 64;
/// Most coded frames in one sample: one shown, the others hidden references.
pub(crate) const CODED_FRAMES_MAX: usize = 8;

/// Unit types, AV1 §6.2.2.
pub(crate) const SEQUENCE_HEADER: u8 = 1;
pub(crate) const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;

/// One unit: its type, all its bytes, and its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit<'a> {
    pub(crate) kind: u8,
    pub(crate) whole: &'a [u8],
    pub(crate) payload: &'a [u8],
}

/// Splits a sample into its units.
pub(crate) fn units(sample: &[u8]) -> Result<Vec<Unit<'_>>, &'static str> {
    let mut found = Vec::new();
    let mut rest = sample;
    let mut coded = 0_usize;
    while let Some(&first) = rest.first() {
        if found.len() >= UNITS_MAX {
            return Err("too many data units");
        }
        if first & 0x80 != 0 {
            return Err("the forbidden bit is set");
        }
        let extension = first & 4 != 0;
        let mut header = if extension { 2 } else { 1 };
        let size = if first & 2 != 0 {
            let (size, bytes) = leb128(rest.get(header..).unwrap_or_default())?;
            header += bytes;
            size
        } else {
            // AV1-ISOBMFF §2.4: only the last unit of a sample may leave its size out.
            rest.len().checked_sub(header).ok_or("a data unit is cut off")?
        };
        let end = header.checked_add(size).ok_or("a data unit is too long")?;
        let whole = rest.get(..end).ok_or("a data unit is cut off")?;
        let payload = rest.get(header..end).ok_or("a data unit is cut off")?;
        let kind = (first >> 3) & 15;
        coded += usize::from(matches!(kind, FRAME | FRAME_HEADER));
        if coded > CODED_FRAMES_MAX {
            return Err("too many hidden frames");
        }
        found.push(Unit { kind, whole, payload });
        rest = rest.get(end..).unwrap_or_default();
    }
    if coded == 0 { Err("no frame in the sample") } else { Ok(found) }
}

/// AV1 §4.10.5, at most four bytes here: no unit reaches 256 MiB.
fn leb128(bytes: &[u8]) -> Result<(usize, usize), &'static str> {
    let mut value = 0_usize;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    Err("the size of a data unit is malformed")
}

/// What a sequence header says that matters to the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) profile: u8,
    pub(crate) level: u8,
    pub(crate) tier: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) high_bit_depth: bool,
    pub(crate) monochrome: bool,
    /// Primaries, transfer and matrix; 2 means unspecified.
    pub(crate) colour: [u8; 3],
    pub(crate) full_range: bool,
    pub(crate) subsampling: (bool, bool),
    pub(crate) chroma_position: u8,
    pub(crate) film_grain: bool,
}

/// Reads a sequence header's payload (AV1 §5.5.1). Operating points with their own timing models are outside the
/// profile and refused.
pub(crate) fn sequence(payload: &[u8]) -> Result<Sequence, &'static str> {
    let mut bits = Bits { bytes: payload, at: 0 };
    let profile = bits.take(3)? as u8;
    bits.flag()?; // still_picture
    let (level, tier) =
        if bits.flag()? { (bits.take(5)? as u8, false) } else { operating_points(&mut bits)? };
    let reduced = payload.first().is_some_and(|b| b & 8 != 0);
    let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
    let (width, height) = (bits.take(width_bits)? + 1, bits.take(height_bits)? + 1);
    if !reduced && bits.flag()? {
        bits.take(4)?; // delta_frame_id_length
        bits.take(3)?; // additional_frame_id_length
    }
    bits.take(3)?; // 128×128 superblocks, filter intra, intra edge filter
    if !reduced {
        tools(&mut bits)?;
    }
    bits.take(3)?; // superres, cdef, restoration
    let mut sequence = colour(&mut bits, profile)?;
    sequence.film_grain = bits.flag()?;
    Ok(Sequence { level, tier, width, height, ..sequence })
}

/// The first operating point's level and tier.
fn operating_points(bits: &mut Bits<'_>) -> Result<(u8, bool), &'static str> {
    if bits.flag()? {
        // timing_info: 32 + 32 bits, equal_picture_interval with an unsigned exponential number, decoder model.
        bits.take(32)?;
        bits.take(32)?;
        if bits.flag()? {
            bits.exponential()?;
        }
        if bits.flag()? {
            return Err("decoder models are not used here");
        }
    }
    let delays = bits.flag()?;
    let mut first = None;
    for _ in 0..=bits.take(5)? {
        bits.take(12)?;
        let level = bits.take(5)? as u8;
        let tier = level > 7 && bits.flag()?;
        if delays && bits.flag()? {
            bits.take(4)?;
        }
        first = first.or(Some((level, tier)));
    }
    first.ok_or("no operating point")
}

/// The coding tools between the frame sizes and the filters.
fn tools(bits: &mut Bits<'_>) -> Result<(), &'static str> {
    bits.take(4)?; // interintra, masked compound, warped motion, dual filter
    let order_hint = bits.flag()?;
    if order_hint {
        bits.take(2)?; // joint compound, reference motion vectors
    }
    let screen_tools = bits.flag()? || bits.flag()?;
    if screen_tools && !bits.flag()? {
        bits.flag()?; // force_integer_mv
    }
    if order_hint {
        bits.take(3)?;
    }
    Ok(())
}

/// AV1 §5.5.2.
fn colour(bits: &mut Bits<'_>, profile: u8) -> Result<Sequence, &'static str> {
    let high_bit_depth = bits.flag()?;
    if profile == 2 && high_bit_depth {
        bits.flag()?;
    }
    let monochrome = profile != 1 && bits.flag()?;
    let colour = if bits.flag()? {
        [bits.take(8)? as u8, bits.take(8)? as u8, bits.take(8)? as u8]
    } else {
        [2, 2, 2]
    };
    let mut sequence = Sequence {
        profile,
        level: 0,
        tier: false,
        width: 0,
        height: 0,
        high_bit_depth,
        monochrome,
        colour,
        full_range: true,
        subsampling: (true, true),
        chroma_position: 0,
        film_grain: false,
    };
    if monochrome {
        sequence.full_range = bits.flag()?;
        return Ok(sequence);
    }
    if colour == [1, 13, 0] {
        sequence.subsampling = (false, false);
    } else {
        sequence.full_range = bits.flag()?;
        if profile != 0 {
            return Err("only AV1 Main profile is used here");
        }
        sequence.chroma_position = bits.take(2)? as u8;
    }
    bits.flag()?; // separate_uv_delta_q
    Ok(sequence)
}

/// Bits, most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Result<bool, &'static str> {
        let byte = self.bytes.get(self.at / 8).ok_or("the sequence header is cut off")?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Ok(bit == 1)
    }

    /// At most 32 bits.
    fn take(&mut self, count: u32) -> Result<u32, &'static str> {
        let mut value = 0_u32;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Ok(value)
    }

    /// uvlc(), AV1 §4.10.3; only its length matters here.
    fn exponential(&mut self) -> Result<(), &'static str> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros >= 32 {
                return Ok(());
            }
        }
        self.take(zeros)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_split_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = sequence(&bytes);
            if let Ok(found) = units(&bytes) {
                let total: usize = found.iter().map(|u| u.whole.len()).sum();
                prop_assert_eq!(total, bytes.len());
            }
        }
    }

    #[test]
    fn a_sample_of_thousands_of_hidden_frames_is_refused() {
        // A frame header unit of no bytes, over and over.
        let sample = [FRAME_HEADER << 3 | 2, 0].repeat(10_000);
        assert_eq!(units(&sample).unwrap_err(), "too many hidden frames");
    }
}
