//! The code of a mark: a 64-bit tag to 408 coded bits, and soft values back to a tag.
//!
//! Tag ‖ CRC-32 are 96 bits; a convolutional code (constraint length 7, rate 1/4, zero tail) makes (96 + 6) · 4 bits of
//! them. Decoding is a list Viterbi search (N. Seshadri, C.-E. Sundberg, "List Viterbi decoding algorithms with
//! applications", IEEE Trans. Comm. 42, 1994): the best few paths are tried against the CRC, which gains about half a
//! decibel over the best path alone and costs that many more chances of a false accept.

/// Bits of tag and checksum.
const MESSAGE_BITS: usize = 96;
/// Bits that push the encoder back to state zero.
const TAIL_BITS: usize = 6;
/// States of the encoder: six bits of memory.
const STATES: usize = 64;
/// Generators, newest bit first: 171, 133, 165, 117 octal (the classic K = 7, rate 1/4 set; S. Lin, D. Costello,
/// "Error Control Coding", table 12.1 lists its rate 1/2 half).
const GENERATORS: [u8; 4] = [0o171, 0o133, 0o165, 0o117];
/// What follows the tag under the checksum: a mark of another version does not pass.
const DOMAIN: &[u8; 3] = b"wm1";
/// Paths kept a state, and so tags tried a decoding.
pub(crate) const LIST: usize = 8;

/// Coded bits of a mark.
pub(crate) const CODED_BITS: usize = (MESSAGE_BITS + TAIL_BITS) * GENERATORS.len();

/// CRC-32 (ISO 3309, reflected polynomial EDB88320, start and end inverted) of tag ‖ "wm1".
pub(crate) fn checksum(tag: [u8; 8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in tag.iter().chain(DOMAIN) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1));
        }
    }
    !crc
}

/// The coded bits of a tag: most significant bit of the tag first, then the checksum, then the tail.
pub(crate) fn encode(tag: [u8; 8]) -> [bool; CODED_BITS] {
    let message = (u128::from(u64::from_be_bytes(tag)) << 32) | u128::from(checksum(tag));
    let mut coded = [false; CODED_BITS];
    let mut state = 0u8;
    for (step, out) in coded.chunks_exact_mut(GENERATORS.len()).enumerate() {
        let bit = step < MESSAGE_BITS && (message >> (MESSAGE_BITS - 1 - step)) & 1 == 1;
        let register = (u8::from(bit) << 6) | state;
        for (out, generator) in out.iter_mut().zip(GENERATORS) {
            *out = (register & generator).count_ones() % 2 == 1;
        }
        state = register >> 1;
    }
    coded
}

/// One of the best ways into a state.
#[derive(Clone, Copy)]
struct Path {
    metric: f32,
    /// The older of the two bits that the step forgot, so which of the two states it came from.
    forgot: u8,
    /// Which of that state's paths it goes on from.
    rank: u8,
}

const DEAD: Path = Path { metric: f32::NEG_INFINITY, forgot: 0, rank: 0 };

/// The tag whose coded bits agree best with `soft` (positive means 1) and whose checksum holds, if one of the [`LIST`]
/// best paths has one.
pub(crate) fn decode(soft: &[f32; CODED_BITS]) -> Option<[u8; 8]> {
    let signs = step_signs();
    let mut now = vec![[DEAD; LIST]; STATES];
    now[0][0].metric = 0.0;
    let mut history = Vec::with_capacity(MESSAGE_BITS + TAIL_BITS);
    for (step, soft) in soft.chunks_exact(GENERATORS.len()).enumerate() {
        let mut next = vec![[DEAD; LIST]; STATES];
        for (state, paths) in next.iter_mut().enumerate() {
            // The newest bit of a state is the bit that led to it; the tail is all zeros.
            if step >= MESSAGE_BITS && state >= STATES / 2 {
                continue;
            }
            let from = [(state << 1) & (STATES - 1), ((state << 1) & (STATES - 1)) | 1];
            let bit = state >> 5;
            let gain = from.map(|from| {
                let signs = signs[(bit << 6) | from];
                soft.iter().zip(signs).map(|(soft, sign)| soft * sign).sum::<f32>()
            });
            merge(paths, [&now[from[0]], &now[from[1]]], gain);
        }
        now.clone_from(&next);
        history.push(next);
    }
    (0..LIST).find_map(|rank| trace(&history, rank))
}

/// What each register content would send, as −1 or 1.
fn step_signs() -> [[f32; 4]; 2 * STATES] {
    std::array::from_fn(|register| {
        GENERATORS.map(|g| if (register as u8 & g).count_ones() % 2 == 1 { 1.0 } else { -1.0 })
    })
}

/// The best paths of two sorted lists.
fn merge(out: &mut [Path; LIST], from: [&[Path; LIST]; 2], gain: [f32; 2]) {
    let mut heads = [0usize; 2];
    for slot in out.iter_mut() {
        let metric =
            |side: usize| from[side].get(heads[side]).map_or(f32::NEG_INFINITY, |p| p.metric + gain[side]);
        let side = usize::from(metric(1) > metric(0));
        *slot = Path { metric: metric(side), forgot: side as u8, rank: heads[side] as u8 };
        heads[side] += 1;
    }
}

/// Walks one of the final paths back and checks what it says.
fn trace(history: &[Vec<[Path; LIST]>], rank: usize) -> Option<[u8; 8]> {
    let (mut state, mut rank, mut message) = (0usize, rank, 0u128);
    for (step, paths) in history.iter().enumerate().rev() {
        let path = paths[state][rank];
        if path.metric == f32::NEG_INFINITY {
            return None;
        }
        if step < MESSAGE_BITS {
            message |= ((state >> 5) as u128) << (MESSAGE_BITS - 1 - step);
        }
        state = ((state << 1) & (STATES - 1)) | usize::from(path.forgot);
        rank = usize::from(path.rank);
    }
    let tag = ((message >> 32) as u64).to_be_bytes();
    (state == 0 && checksum(tag) == message as u32).then_some(tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn soft(tag: [u8; 8]) -> [f32; CODED_BITS] {
        encode(tag).map(|bit| if bit { 1.0 } else { -1.0 })
    }

    /// Noise of unit variance, roughly normal, from a counter.
    fn noise(seed: u64) -> impl FnMut() -> f32 {
        let mut random = crate::mark::tile::SplitMix(seed);
        move || (0..12).map(|_| (random.next() >> 40) as f32 / (1u64 << 24) as f32).sum::<f32>() - 6.0
    }

    #[test]
    fn the_checksum_is_the_one_everybody_has() {
        // CRC-32 of "12345678wm1", computed with zlib.
        assert_eq!(checksum(*b"12345678"), 0x268B_673D);
    }

    #[test]
    fn noise_at_minus_four_decibels_is_corrected_and_pure_noise_is_refused() {
        // Es/N0 of −4 dB: mean/deviation = √(2 · 10^−0.4) = 0.89 a bit, so a fifth of the bits is wrong.
        let decoded = (0..40u64)
            .filter(|seed| {
                let mut noise = noise(*seed);
                let tag = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
                decode(&soft(tag).map(|bit| 0.89 * bit + noise())) == Some(tag)
            })
            .count();
        assert!(decoded >= 28, "{decoded} of 40");
        let accepted = (0..300).filter(|seed| {
            let mut noise = noise(1_000 + seed);
            decode(&[0.0; CODED_BITS].map(|zero: f32| zero + noise())).is_some()
        });
        assert_eq!(accepted.count(), 0);
    }

    proptest! {
        #[test]
        fn every_tag_comes_back(tag: [u8; 8]) {
            prop_assert_eq!(decode(&soft(tag)), Some(tag));
        }
    }
}
