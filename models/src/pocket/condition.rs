//! What the whole network is told: the time of the flow and every word of the scene, as one vector, and the gains and
//! biases that layers make of it.

use super::PocketError;
use crate::cpu::{End, Film, LayerNorm, Linear, Pool};
use crate::weights::Weights;
use kinora_protocol::shot::{AXES, Scene};

/// Numbers in the vector.
pub(super) const COND: usize = 192;
/// Sines, and as many cosines, that tell the time of the flow.
const TIME_RATES: usize = 32;

/// Row of each axis' table that a scene uses.
pub(super) type Rows = [usize; AXES];

/// The rows that mean "not said" on every axis.
pub(super) const NOTHING: Rows = Scene::WORDS;

/// Time of the flow and attributes → one vector.
#[derive(Debug)]
pub(super) struct Condition {
    /// One table for each axis, `[words + 1, COND]`.
    words: Vec<Vec<f32>>,
    t1: Linear,
    t2: Linear,
}

impl Condition {
    pub(super) fn load(weights: &Weights<'_>) -> Result<Self, PocketError> {
        let words = Scene::WORDS
            .iter()
            .enumerate()
            .map(|(axis, n)| weights.at("words").at(axis).floats("weight", &[n + 1, COND]))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            words,
            t1: weights.at("t1").linear(2 * TIME_RATES, COND)?,
            t2: weights.at("t2").linear(COND, COND)?,
        })
    }

    /// `t`: 0 (noise) … 1 (clean).
    pub(super) fn forward(&self, pool: &Pool, rows: &Rows, t: f32) -> Result<Vec<f32>, PocketError> {
        let phases: Vec<f32> = (0..TIME_RATES)
            .map(|i| t * 100.0 * (i as f32 * (-(1000f32.ln()) / (TIME_RATES - 1) as f32)).exp())
            .collect();
        let wave: Vec<f32> = phases.iter().map(|p| p.sin()).chain(phases.iter().map(|p| p.cos())).collect();
        let (mut hidden, mut e) = (vec![0.0; COND], vec![0.0; COND]);
        self.t1.forward(pool, &wave, &mut hidden, End::RELU)?;
        self.t2.forward(pool, &hidden, &mut e, End::STORE)?;
        for (table, row) in self.words.iter().zip(rows) {
            e.iter_mut().zip(&table[row * COND..]).for_each(|(sum, word)| *sum += word);
        }
        e.iter_mut().for_each(|v| *v = v.max(0.0));
        Ok(e)
    }
}

/// Zero mean and unit variance, then gain and bias from the condition.
#[derive(Debug)]
pub(super) struct Modulation {
    film: Linear,
    pub(super) norm: LayerNorm,
}

/// Gain and bias of one clip at one time of the flow.
pub(super) struct Modulated(Vec<f32>);

impl Modulation {
    pub(super) fn load(weights: &Weights<'_>, width: usize) -> Result<Self, PocketError> {
        let film = weights.at("film").linear(COND, 2 * width)?;
        Ok(Self { film, norm: LayerNorm::new(weights.isa, width) })
    }

    /// For the condition `e`.
    pub(super) fn of(&self, pool: &Pool, e: &[f32]) -> Result<Modulated, PocketError> {
        let mut both = vec![0.0; self.film.outputs()];
        self.film.forward(pool, e, &mut both, End::STORE)?;
        Ok(Modulated(both))
    }
}

impl Modulated {
    pub(super) fn film(&self) -> Film<'_> {
        let (scale, shift) = self.0.split_at(self.0.len() / 2);
        Film { scale, shift }
    }
}
