//! Random scenes: those that Pocket is trained on, and those it is judged on.
//!
//! The distribution is uniform on every axis, with more weight on the words that people leave unsaid.

use kinora_protocol::shot::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Partner, Place, Relation, Scene, Size, Speed,
    Style, Subject, Time, Weather,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::features::FRAMES;
use crate::blocking::{self, Blocking};
use crate::worlds::split;

/// Random numbers of one clip.
#[derive(Debug)]
pub struct Draw(ChaCha8Rng);

/// One clip to be judged.
#[derive(Clone, Debug)]
pub struct Take {
    /// What is asked for.
    pub scene: Scene,
    /// How it is played, over [`FRAMES`] frames.
    pub blocking: Blocking,
    /// Seed of the plan; also used for the noise of a generated clip.
    pub seed: u64,
}

/// Seed of clip `clip` of a stream.
#[must_use]
pub const fn seed_of(stream: u64, clip: u64) -> u64 {
    stream.wrapping_mul(1_000_003).wrapping_add(clip)
}

impl Take {
    /// Clip `clip` of the stream `stream`, of scenes that training sees or of those it does not (`held`).
    #[must_use]
    pub fn new(stream: u64, clip: u64, held: bool) -> Self {
        let seed = seed_of(stream, clip);
        let scene = Draw::new(seed).scene(held);
        let blocking = blocking::plan(&scene, seed, FRAMES);
        Self { scene, blocking, seed }
    }
}

impl Draw {
    /// The same seed gives the same numbers on every machine.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.0.next_u32() as usize) % n.max(1)
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// The first word in `percent` of 100 cases, otherwise any.
    fn usual<T: Copy>(&mut self, all: &[T], percent: usize) -> T {
        if self.below(100) < percent { all[0] } else { self.one(all) }
    }

    /// A scene on the wanted side of the split.
    pub fn scene(&mut self, held: bool) -> Scene {
        loop {
            let framing = if self.below(100) < 50 { Framing::Medium } else { self.one(Framing::ALL) };
            let partner = (self.below(100) < 25).then(|| Partner {
                relation: self.one(Relation::ALL),
                subject: self.one(Subject::ALL),
                colour: self.one(Colour::ALL),
            });
            let scene = Scene {
                subject: self.one(Subject::ALL),
                colour: self.one(Colour::ALL),
                action: self.one(Action::ALL),
                place: self.one(Place::ALL),
                time: self.usual(Time::ALL, 20),
                weather: self.usual(Weather::ALL, 40),
                framing,
                camera: self.usual(Camera::ALL, 20),
                speed: self.usual(Speed::ALL, 30),
                style: self.usual(Style::ALL, 30),
                mood: self.usual(Mood::ALL, 20),
                music: self.one(Music::ALL),
                angle: self.usual(Angle::ALL, 60),
                size: self.usual(Size::ALL, 50),
                count: if partner.is_some() { Count::One } else { self.usual(Count::ALL, 60) },
                partner,
            };
            if split::held_out(&scene) == held {
                return scene;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sides_of_the_split_do_not_meet() {
        for clip in 0..200 {
            assert!(!split::held_out(&Take::new(3, clip, false).scene));
            assert!(split::held_out(&Take::new(3, clip, true).scene));
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_take() {
        let (a, b) = (Take::new(5, 8, false), Take::new(5, 8, false));
        assert_eq!((a.scene, a.blocking), (b.scene, b.blocking));
        assert_ne!(Take::new(5, 9, false).seed, a.seed);
    }
}
