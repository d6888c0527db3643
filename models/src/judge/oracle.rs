//! The oracle: a small network that says which words a clip shows and sounds like.
//!
//! It is trained on real worlds of both sides of the split and never on what Pocket makes. Its errors on real renders
//! are the ceiling that every score of a generated clip stands beside.

mod ear;
mod eye;
mod heads;
mod look;

use kinora_protocol::shot::{AXES, Scene};

use super::JudgeError;
use super::features::Features;
use crate::cpu::{Isa, Pool};
use crate::weights::{self, Weights};

/// The weights that come with this version.
pub const WEIGHTS: &[u8] = include_bytes!("../../weights/oracle.safetensors");
/// BLAKE3 of [`WEIGHTS`].
pub const WEIGHTS_HASH: &str = include_str!("../../weights/oracle.b3");

/// An axis that the oracle has a head for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Its name, which is also the head's.
    pub name: &'static str,
    /// Its place in [`Scene::indices`].
    pub index: usize,
    /// Words that the head tells apart.
    pub words: usize,
}

const fn axis(name: &'static str, index: usize) -> Axis {
    // One word more: there is no partner.
    let more = if index == RELATION { 1 } else { 0 };
    Axis { name, index, words: Scene::WORDS[index] + more }
}

const SUBJECT: usize = 0;
const COLOUR: usize = 1;
const COUNT: usize = 14;
const RELATION: usize = 15;
const PARTNER: usize = 16;
const MOOD: usize = 10;
const MUSIC: usize = 11;

/// What is told from the pictures: what a body is and its colour where the plan has it, the rest from whole pictures.
pub const SEEN: [Axis; 16] = [
    axis("subject", SUBJECT),
    axis("colour", COLOUR),
    axis("action", 2),
    axis("place", 3),
    axis("time", 4),
    axis("weather", 5),
    axis("framing", 6),
    axis("camera", 7),
    axis("speed", 8),
    axis("style", 9),
    axis("mood", MOOD),
    axis("angle", 12),
    axis("size", 13),
    axis("count", COUNT),
    axis("relation", RELATION),
    axis("partner", PARTNER),
];

/// What is told from the sound.
pub const HEARD: [Axis; 5] =
    [axis("action", 2), axis("place", 3), axis("weather", 5), axis("mood", MOOD), axis("music", MUSIC)];

/// The most likely word of each axis, as its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Of [`SEEN`].
    pub seen: [usize; SEEN.len()],
    /// Of [`HEARD`].
    pub heard: [usize; HEARD.len()],
}

impl Verdict {
    /// For each axis of [`SEEN`], then of [`HEARD`]: whether the verdict is the scene's word. `None` where the axis says
    /// nothing about the scene: relation and partner of a subject alone, the count beside a partner, the mood of music
    /// where none plays.
    #[must_use]
    pub fn against(&self, scene: &Scene) -> [Option<bool>; SEEN.len() + HEARD.len()] {
        let words: [usize; AXES] = scene.indices();
        let paired = scene.partner.is_some();
        let mut out = [None; SEEN.len() + HEARD.len()];
        let told = SEEN.iter().zip(self.seen).map(|pair| (pair, true));
        let told = told.chain(HEARD.iter().zip(self.heard).map(|pair| (pair, false)));
        for (slot, ((axis, word), seen)) in out.iter_mut().zip(told) {
            let applies = match axis.index {
                RELATION | PARTNER => paired,
                COUNT => !paired,
                MOOD => seen || words[MUSIC] == 0,
                _ => true,
            };
            *slot = applies.then(|| word == words[axis.index]);
        }
        out
    }
}

/// The network, ready to judge.
#[derive(Debug)]
pub struct Oracle {
    eye: eye::Eye,
    look: look::Look,
    ear: ear::Ear,
    pool: Pool,
}

/// Axes that are told from whole pictures.
fn whole() -> impl Iterator<Item = Axis> {
    SEEN.into_iter().filter(|axis| !matches!(axis.index, SUBJECT | COLOUR | PARTNER))
}

impl Oracle {
    /// Reads weights after checking their hash.
    ///
    /// # Errors
    /// [`JudgeError::Weights`] for other bytes than the hash names, or weights of another network.
    pub fn load(bytes: &[u8], stated_hash: &str, threads: usize) -> Result<Self, JudgeError> {
        let file = weights::open(bytes, stated_hash)?;
        let weights = Weights::new(&file, Isa::detect());
        Ok(Self {
            eye: eye::Eye::load(&weights.at("eye"))?,
            look: look::Look::load(&weights.at("look"))?,
            ear: ear::Ear::load(&weights.at("ear"))?,
            pool: Pool::new(threads)?,
        })
    }

    /// The oracle of this version of the program.
    ///
    /// # Errors
    /// As [`Oracle::load`]; only when the program file itself is damaged.
    pub fn embedded(threads: usize) -> Result<Self, JudgeError> {
        Self::load(WEIGHTS, WEIGHTS_HASH, threads)
    }

    /// Judges a clip.
    ///
    /// # Errors
    /// [`JudgeError::Cpu`] for features of another shape.
    pub fn verdict(&self, features: &Features) -> Result<Verdict, JudgeError> {
        let shown = self.eye.forward(&self.pool, &features.pictures())?;
        let subject = self.look.forward(&self.pool, &features.cut_outs(0))?;
        let partner = self.look.forward(&self.pool, &features.cut_outs(1))?;
        let told = self.ear.forward(&self.pool, &features.heard)?;
        let mut verdict = Verdict { seen: [0; SEEN.len()], heard: [0; HEARD.len()] };
        let mut shown = shown.iter();
        for (word, axis) in verdict.seen.iter_mut().zip(SEEN) {
            *word = match axis.index {
                SUBJECT => likeliest(&subject[0]),
                COLOUR => likeliest(&subject[1]),
                PARTNER => likeliest(&partner[0]),
                _ => shown.next().map_or(0, |logits| likeliest(logits)),
            };
        }
        verdict.heard.iter_mut().zip(&told).for_each(|(word, logits)| *word = likeliest(logits));
        Ok(verdict)
    }
}

fn likeliest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests;
