//! "Have we seen this?" over a million hashes, exactly: multi-index hashing.
//!
//! A hash is cut into 16 pieces of 16 bits. Two hashes that differ in at most 31 bits differ in at most one bit of some
//! piece (if all 16 differed in two there would be 32), so every match lies in one of 16 · 17 short lists (M. Norouzi,
//! A. Punjani, D. Fleet, "Fast exact search in Hamming space with multi-index hashing", PAMI 36, 2014; ThreatExchange's
//! `mih.h` has the same idea). New hashes wait in a short list that is compared one by one until it is worth sorting
//! them in.

use super::DISTANCE_MAX;
use super::pdq::Hash;

/// Pieces of a hash.
const PIECES: usize = 16;
/// Different values of a piece.
const VALUES: usize = 1 << 16;
/// Hashes that wait before they are sorted in, at least; beyond that a sixteenth of the sorted ones.
const WAITING_MIN: usize = 4_096;
/// Most hashes of an index: their numbers fit the lists, and 16 million of them need 1.6 GB.
pub const HASHES_MAX: usize = 1 << 24;

/// A hash that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Number of the hash, in the order in which they were added.
    pub number: u32,
    /// Bits in which it differs.
    pub distance: u32,
}

/// The index is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index already holds {HASHES_MAX} hashes: start another one, or drop what is old")]
pub struct Full;

/// Hashes by the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Index {
    hashes: Vec<Hash>,
    /// How many of them are sorted in.
    sorted: usize,
    pieces: Vec<Piece>,
}

/// The hashes by one of their pieces.
#[derive(Clone, Debug)]
struct Piece {
    /// Where the list of each value begins; one more entry says where the last one ends.
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

impl Index {
    /// An index of these hashes.
    ///
    /// # Errors
    /// More than [`HASHES_MAX`].
    pub fn new(hashes: Vec<Hash>) -> Result<Self, Full> {
        if hashes.len() > HASHES_MAX {
            return Err(Full);
        }
        let mut index = Self { hashes, ..Self::default() };
        index.sort();
        Ok(index)
    }

    /// How many hashes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Adds a hash and returns its number.
    ///
    /// # Errors
    /// The index is full.
    pub fn add(&mut self, hash: Hash) -> Result<u32, Full> {
        if self.hashes.len() >= HASHES_MAX {
            return Err(Full);
        }
        self.hashes.push(hash);
        if self.hashes.len() - self.sorted > WAITING_MIN.max(self.sorted / 16) {
            self.sort();
        }
        Ok((self.hashes.len() - 1) as u32)
    }

    /// Every hash within [`DISTANCE_MAX`] bits, nearest first, the older first among equals.
    #[must_use]
    pub fn near(&self, hash: &Hash) -> Vec<Match> {
        let mut found = Vec::new();
        let mut check = |number: u32| {
            let distance = self.hashes.get(number as usize).map(|other| hash.distance(other));
            if let Some(distance) = distance.filter(|d| *d <= DISTANCE_MAX) {
                found.push(Match { number, distance });
            }
        };
        for (at, piece) in self.pieces.iter().enumerate() {
            let value = value(hash, at);
            piece.list(value).iter().for_each(|number| check(*number));
            for bit in 0..16 {
                piece.list(value ^ (1 << bit)).iter().for_each(|number| check(*number));
            }
        }
        (self.sorted as u32..self.hashes.len() as u32).for_each(check);
        found.sort_unstable_by_key(|m| (m.distance, m.number));
        found.dedup();
        found
    }

    /// Bytes that the index takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let lists: usize = self.pieces.iter().map(|p| (p.starts.len() + p.numbers.len()) * 4).sum();
        self.hashes.len() * size_of::<Hash>() + lists
    }

    fn sort(&mut self) {
        self.pieces = (0..PIECES).map(|at| Piece::new(&self.hashes, at)).collect();
        self.sorted = self.hashes.len();
    }
}

impl Piece {
    /// A counting sort.
    fn new(hashes: &[Hash], at: usize) -> Self {
        let mut starts = vec![0u32; VALUES + 1];
        for hash in hashes {
            starts[usize::from(value(hash, at)) + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut numbers = vec![0u32; hashes.len()];
        for (number, hash) in hashes.iter().enumerate() {
            let slot = &mut next[usize::from(value(hash, at))];
            numbers[*slot as usize] = number as u32;
            *slot += 1;
        }
        Self { starts, numbers }
    }

    fn list(&self, value: u16) -> &[u32] {
        let value = usize::from(value);
        &self.numbers[self.starts[value] as usize..self.starts[value + 1] as usize]
    }
}

fn value(hash: &Hash, at: usize) -> u16 {
    u16::from_be_bytes([hash.0[2 * at], hash.0[2 * at + 1]])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flip(hash: &Hash, bits: impl IntoIterator<Item = usize>) -> Hash {
        let mut out = *hash;
        bits.into_iter().for_each(|bit| out.0[bit / 8] ^= 1 << (bit % 8));
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn finds_what_a_comparison_with_all_finds(
            hashes in prop::collection::vec(any::<[u8; 32]>(), 1..40),
            bits in prop::collection::vec(0usize..256, 0..40),
            late in 0usize..8,
        ) {
            let hashes: Vec<Hash> = hashes.into_iter().map(Hash).collect();
            let query = flip(&hashes[0], bits);
            let split = hashes.len() - late.min(hashes.len());
            let mut index = Index::new(hashes[..split].to_vec()).unwrap();
            for hash in &hashes[split..] {
                index.add(*hash).unwrap();
            }
            let mut all: Vec<Match> = hashes
                .iter()
                .enumerate()
                .map(|(number, hash)| Match { number: number as u32, distance: hash.distance(&query) })
                .filter(|m| m.distance <= DISTANCE_MAX)
                .collect();
            all.sort_by_key(|m| (m.distance, m.number));
            prop_assert_eq!(index.near(&query), all);
        }
    }

    #[test]
    fn the_limit_is_exact() {
        let hash = Hash([0x5a; 32]);
        let index = Index::new(vec![hash]).unwrap();
        // Two bits of each piece but one: the worst that still has to be found, and one more.
        let worst: Vec<usize> = (0..32).map(|k| k / 2 * 16 + k % 2 * 3).collect();
        assert_eq!(index.near(&flip(&hash, worst[..31].to_vec())), [Match { number: 0, distance: 31 }]);
        assert_eq!(index.near(&flip(&hash, worst)), []);
    }

    #[test]
    fn many_late_hashes_are_sorted_in() {
        let mut index = Index::default();
        for i in 0..WAITING_MIN as u64 + 10 {
            let mut hash = [0u8; 32];
            hash[..8].copy_from_slice(&i.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
            hash[8..16].copy_from_slice(&i.wrapping_mul(0xC2B2_AE3D_27D4_EB4F).to_be_bytes());
            assert_eq!(index.add(Hash(hash)), Ok(i as u32));
        }
        assert!(index.sorted > WAITING_MIN);
        let twelfth = index.hashes[12];
        assert_eq!(index.near(&twelfth)[0], Match { number: 12, distance: 0 });
    }
}
