//! Curves of tones: what a style does to every value of a finished picture.
//!
//! A network that learns by its error paints means, and the mean of pictures in few tones (cartoon, pixel art) has many. The
//! curve of a style says which value the worlds most often have where the model paints a certain one.

use kinora_protocol::shot::Scene;

use super::PocketError;
use crate::weights::Weights;

/// The style's place among a scene's axes.
pub(super) const STYLE: usize = 9;
/// Knots of a curve, from −1 to 1.
const KNOTS: usize = 129;

/// One curve for each style and one for "not said".
#[derive(Debug)]
pub(super) struct Tones {
    /// `[styles + 1, KNOTS]`.
    curves: Vec<f32>,
}

impl Tones {
    pub(super) fn load(weights: &Weights<'_>) -> Result<Self, PocketError> {
        Ok(Self { curves: weights.at("tone").floats("curves", &[Scene::WORDS[STYLE] + 1, KNOTS])? })
    }

    /// Takes pictures in −1 … 1 through the curve of a style, linear between its knots.
    pub(super) fn apply(&self, style: usize, pictures: &mut [f32]) {
        let curve = &self.curves[style * KNOTS..][..KNOTS];
        for value in pictures {
            let at = (value.clamp(-1.0, 1.0) + 1.0) / 2.0 * (KNOTS - 1) as f32;
            let below = (at as usize).min(KNOTS - 2);
            let share = at - below as f32;
            *value = curve[below] * (1.0 - share) + curve[below + 1] * share;
        }
    }
}
