//! A rough re-encode: what a low-rate encoder leaves of a clip, near enough to choose a strength by.
//!
//! Blocks of 8 × 8, an orthonormal DCT, one quantiser step, each frame predicted from the one before without motion, and
//! small residuals dropped. No encoder of the world works exactly so; all of them lose what this loses.

use super::plane::Plane;

const SIDE: usize = 8;
/// Share of a step below which a coefficient is dropped, in a first frame and in a predicted one (the dead zones of the
/// H.264 reference encoder: 1/3 and 1/6 of rounding).
const ROUND_FIRST: f32 = 1.0 / 3.0;
const ROUND_NEXT: f32 = 1.0 / 6.0;

/// Re-encodes frames one after the other.
#[derive(Debug)]
pub(crate) struct Rough {
    step: f32,
    basis: [[f32; SIDE]; SIDE],
    before: Option<Plane>,
}

impl Rough {
    /// With this quantiser step, in levels of 255 (H.264: 0.625 · 2^(QP / 6)).
    pub(crate) fn new(step: f32) -> Self {
        let basis = std::array::from_fn(|k| {
            let scale = if k == 0 { (1.0 / SIDE as f32).sqrt() } else { (2.0 / SIDE as f32).sqrt() };
            std::array::from_fn(|n| {
                scale * (std::f32::consts::PI * (2 * n + 1) as f32 * k as f32 / (2 * SIDE) as f32).cos()
            })
        });
        Self { step, basis, before: None }
    }

    /// What a player of the re-encode would show for this frame.
    pub(crate) fn pass(&mut self, frame: &Plane) -> Plane {
        let round = if self.before.is_some() { ROUND_NEXT } else { ROUND_FIRST };
        let mut out = match self.before.take() {
            Some(before) => before,
            None => Plane { values: vec![128.0; frame.values.len()], ..frame.clone() },
        };
        for y in (0..frame.height).step_by(SIDE) {
            for x in (0..frame.width).step_by(SIDE) {
                self.block(frame, &mut out, (x, y), round);
            }
        }
        self.before = Some(out.clone());
        out
    }

    /// Adds the coded residual of one block; what lies outside the picture counts as coded.
    fn block(&self, frame: &Plane, out: &mut Plane, (x0, y0): (usize, usize), round: f32) {
        let (wide, high) = (SIDE.min(frame.width - x0), SIDE.min(frame.height - y0));
        let mut rest = [[0.0f32; SIDE]; SIDE];
        for (y, row) in rest.iter_mut().enumerate().take(high) {
            let start = (y0 + y) * frame.width + x0;
            for (x, value) in row.iter_mut().enumerate().take(wide) {
                *value = frame.values[start + x] - out.values[start + x];
            }
        }
        let mut coded = self.transform(&self.transform(&rest, false), false);
        for value in coded.as_flattened_mut() {
            let level = (value.abs() / self.step + round).floor();
            *value = level.copysign(*value) * self.step;
        }
        let rest = self.transform(&self.transform(&coded, true), true);
        for (y, row) in rest.iter().enumerate().take(high) {
            let start = (y0 + y) * frame.width + x0;
            for (x, value) in row.iter().enumerate().take(wide) {
                let value = out.values[start + x] + value;
                out.values[start + x] = value.round().clamp(0.0, 255.0);
            }
        }
    }

    /// One pass over rows that also turns the block, so that two passes are the whole transform.
    fn transform(&self, block: &[[f32; SIDE]; SIDE], back: bool) -> [[f32; SIDE]; SIDE] {
        let mut out = [[0.0; SIDE]; SIDE];
        for (y, row) in block.iter().enumerate() {
            for (k, out) in out.iter_mut().enumerate() {
                let weight = |n: usize| if back { self.basis[n][k] } else { self.basis[k][n] };
                out[y] = row.iter().enumerate().map(|(n, value)| value * weight(n)).sum();
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fine_step_changes_nothing_and_a_coarse_one_flattens() {
        let values = (0..40 * 20).map(|i| 100.0 + ((i * 37) % 11) as f32).collect();
        let frame = Plane { width: 40, height: 20, values };
        let apart = |step: f32| {
            let after = Rough::new(step).pass(&frame);
            frame.values.iter().zip(&after.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        assert!(apart(0.05) < 1.0, "{}", apart(0.05));
        let flat = Rough::new(500.0).pass(&frame);
        assert!(flat.values.windows(2).all(|w| w[0] == w[1]));
    }
}
