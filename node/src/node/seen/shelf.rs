//! Fingerprints by what they are of, and the question which of them look like another.
//!
//! One index of all compared seconds. It cannot forget: what is taken away is only not found any more, and a shelf that is
//! mostly of that kind says so and is made anew by its owner.

use std::collections::{BTreeMap, BTreeSet};

use kinora_media::fingerprint::index::Index;
use kinora_media::fingerprint::pdq::Hash;
use kinora_media::fingerprint::{Alike, Compared, Pair};

/// Seconds of which fewer are not worth making a shelf anew.
const WORTH: usize = 4_096;

/// Seconds of a fingerprint that are compared, by number.
pub(super) type Telling = Vec<(u32, Hash)>;

/// Fingerprints of `K`s.
#[derive(Debug)]
pub(super) struct Shelf<K> {
    index: Index,
    /// Of each hash in the index: whose it is, and which second.
    places: Vec<(u32, u32)>,
    /// What was put here, with how many seconds; none when it was taken away.
    things: Vec<Option<(K, u32)>>,
    numbers: BTreeMap<K, u32>,
    lost: usize,
    max: usize,
}

impl<K: Ord + Copy> Shelf<K> {
    /// A shelf of these, of at most so many seconds. What does not fit is not found by its looks.
    pub(super) fn of(things: Vec<(K, Telling)>, max: usize) -> Self {
        let mut shelf = Self {
            index: Index::default(),
            places: Vec::new(),
            things: Vec::new(),
            numbers: BTreeMap::new(),
            lost: 0,
            max,
        };
        let mut hashes = Vec::new();
        for (thing, telling) in things {
            if let Some(new) = shelf.place(thing, &telling) {
                hashes.extend(new);
            }
        }
        // All at once is quicker than one by one, and sorts even a single one into sixteen tables.
        if hashes.len() > WORTH {
            shelf.index = Index::new(hashes).unwrap_or_default();
        } else {
            shelf.index_all(&hashes);
        }
        shelf
    }

    /// Puts one more here, unless it is here.
    pub(super) fn add(&mut self, thing: K, telling: &[(u32, Hash)]) {
        if let Some(hashes) = self.place(thing, telling) {
            self.index_all(&hashes);
        }
    }

    fn index_all(&mut self, hashes: &[Hash]) {
        for hash in hashes {
            if self.index.add(*hash).is_err() {
                debug_assert!(false, "the shelf is smaller than the index can be");
            }
        }
    }

    /// Makes room; gives the hashes to be indexed.
    fn place(&mut self, thing: K, telling: &[(u32, Hash)]) -> Option<Vec<Hash>> {
        if telling.is_empty() || self.numbers.contains_key(&thing) {
            return None;
        }
        if self.places.len().saturating_add(telling.len()) > self.max {
            tracing::warn!(max = self.max, "no room for more fingerprints: this one is not looked for");
            return None;
        }
        let number = u32::try_from(self.things.len()).ok()?;
        self.things.push(Some((thing, u32::try_from(telling.len()).unwrap_or(u32::MAX))));
        self.numbers.insert(thing, number);
        self.places.extend(telling.iter().map(|(second, _)| (number, *second)));
        Some(telling.iter().map(|(_, hash)| *hash).collect())
    }

    /// Takes one away.
    pub(super) fn remove(&mut self, thing: &K) {
        let Some(number) = self.numbers.remove(thing) else { return };
        if let Some(place) = self.things.get_mut(number as usize)
            && let Some((_, seconds)) = place.take()
        {
            self.lost = self.lost.saturating_add(seconds as usize);
        }
    }

    /// Whether most of it was taken away.
    pub(super) fn is_worn(&self) -> bool {
        self.lost > WORTH && self.lost > self.places.len() / 2
    }

    /// How many are here.
    pub(super) fn files(&self) -> usize {
        self.numbers.len()
    }

    /// Whether this one is here.
    #[cfg(test)]
    pub(super) fn holds(&self, thing: &K) -> bool {
        self.numbers.contains_key(thing)
    }

    /// All that have a second in common with this, mirrored or not, the likeliest first.
    pub(super) fn like(&self, compared: &Compared) -> Vec<(K, Alike)> {
        let mut best: BTreeMap<K, Alike> = self.same(&compared.straight).collect();
        for (thing, alike) in self.same(&compared.mirrored) {
            let turned = Alike { mirrored: true, ..alike };
            let found = match best.remove(&thing) {
                Some(straight) => straight.or_better(turned),
                None => turned,
            };
            best.insert(thing, found);
        }
        let mut alike: Vec<(K, Alike)> = best.into_iter().collect();
        alike.sort_by_key(|(thing, alike)| (std::cmp::Reverse(alike.percent), bits(alike), *thing));
        alike
    }

    /// All that have a second in common with just this, in no order.
    fn same(&self, compared: &[(u32, Hash)]) -> impl Iterator<Item = (K, Alike)> {
        let mut found: BTreeMap<u32, (Vec<Pair>, BTreeSet<u32>)> = BTreeMap::new();
        for (ours, hash) in compared {
            // Nearest first: the first of each is its nearest second.
            for near in self.index.near(hash) {
                let Some((thing, theirs)) = self.places.get(near.number as usize) else { continue };
                let (pairs, back) = found.entry(*thing).or_default();
                if pairs.last().is_none_or(|pair| pair.ours != *ours) {
                    pairs.push(Pair { ours: *ours, theirs: *theirs, bits: near.distance });
                }
                back.insert(*theirs);
            }
        }
        let whole = compared.len();
        found.into_iter().filter_map(move |(number, (pairs, back))| {
            let (thing, seconds) = self.things.get(number as usize).copied().flatten()?;
            let share = |part: usize, whole: usize| (part * 100 / whole.max(1)).min(100);
            let percent = share(pairs.len(), whole).max(share(back.len(), seconds as usize));
            Some((thing, Alike { percent: u32::try_from(percent).unwrap_or(100), pairs, mirrored: false }))
        })
    }
}

/// The least difference of a pair.
fn bits(alike: &Alike) -> u32 {
    alike.pairs.iter().map(|pair| pair.bits).min().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use kinora_media::fingerprint::{alike, telling};
    use kinora_protocol::fingerprint::{Fingerprint, Second};

    use super::*;

    fn compared(seconds: &[Second]) -> Compared {
        Compared::of(&Fingerprint { seconds: seconds.to_vec(), ..Fingerprint::default() })
    }

    /// Seconds that no two numbers share.
    fn seconds(from: u8, count: u8) -> Vec<Second> {
        let hash = |n: u8| std::array::from_fn(|i| blake3::hash(&[n, i as u8 / 8]).as_bytes()[i]);
        (from..from + count).map(|n| Second { hash: hash(n).into(), quality: 90 }).collect()
    }

    #[test]
    fn a_shelf_finds_what_a_comparison_with_each_finds() {
        let clips: Vec<Vec<Second>> =
            vec![seconds(0, 5), seconds(3, 5), seconds(20, 2), seconds(4, 1), seconds(40, 9)];
        let things = clips.iter().enumerate().map(|(n, clip)| (n, telling(clip))).collect();
        let mut shelf = Shelf::of(things, 100);
        let compare = |shelf: &Shelf<usize>, ours: &[Second]| {
            for (n, theirs) in clips.iter().enumerate() {
                let expected = alike(ours, theirs).filter(|alike| !alike.pairs.is_empty());
                let found = shelf.like(&compared(ours)).into_iter().find(|(thing, _)| *thing == n);
                assert_eq!(found.map(|(_, alike)| alike), expected.filter(|_| shelf.holds(&n)), "{n}");
            }
        };
        for ours in [seconds(0, 8), seconds(4, 1), seconds(100, 3), seconds(21, 1)] {
            compare(&shelf, &ours);
            shelf.remove(&1);
            compare(&shelf, &ours);
            shelf.add(1, &telling(&clips[1]));
            compare(&shelf, &ours);
        }
    }

    #[test]
    fn a_full_shelf_takes_no_more_and_what_is_here_twice_counts_once() {
        let mut shelf = Shelf::of(vec![(1, telling(&seconds(0, 5)))], 8);
        shelf.add(2, &telling(&seconds(10, 4)));
        assert!(!shelf.holds(&2));
        shelf.add(2, &telling(&seconds(10, 3)));
        shelf.add(2, &telling(&seconds(10, 3)));
        assert_eq!(shelf.files(), 2);
        assert!(!shelf.is_worn());
    }
}
