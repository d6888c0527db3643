//! Speed-ups of the sampler as small machines: they see what a step did and say what the next may leave out.
//!
//! Both need many steps to have anything to leave out; with the few steps of the default they never act.

/// Linear proportional leap (On-device Sora, arXiv 2502.04363): when the direction of the flow has stopped changing for
/// the better, the rest of the way is taken in one leap to the clean latents predicted now.
///
/// The rule is that of the published code: from step 14 of 30 on, the cosine of two successive velocities must grow by
/// `TOLERANCE`, or patience is lost three times. Other than there, the cosine is that of the whole latent, and the leap
/// waits until little noise is left, because it is a one-step prediction.
#[derive(Debug, Default)]
pub(super) struct Leap {
    previous: Option<Vec<f32>>,
    best: f32,
    impatient: u32,
}

/// Least growth of the cosine that counts.
const TOLERANCE: f32 = 1e-3;
/// Steps without growth before the leap.
const PATIENCE: u32 = 3;
/// Share of the schedule before which no leap is thought of: step 14 of 30.
const EARLIEST: f32 = 14.0 / 30.0;
/// Most noise that may be left at the leap.
const SIGMA_MAX: f32 = 0.6;

impl Leap {
    /// Whether to leap after step `step` of `steps` with this velocity, `sigma` of noise being left before it.
    pub(super) fn after(&mut self, (step, steps): (u32, u32), sigma: f32, velocity: &[f32]) -> bool {
        let cosine = self.previous.as_deref().map(|p| cosine(p, velocity));
        self.previous = Some(velocity.to_vec());
        let Some(cosine) = cosine.filter(|_| step as f32 >= EARLIEST * steps as f32) else { return false };
        if cosine > self.best + TOLERANCE {
            self.best = cosine;
            self.impatient = 0;
        } else {
            self.impatient += 1;
        }
        self.impatient >= PATIENCE && sigma <= SIGMA_MAX
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    (dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt()).max(1e-12)) as f32
}

/// Step cache by the rule of EasyCache (arXiv 2507.02860): while the output has changed little in proportion to what
/// the input did, the last difference between output and input is used again.
#[derive(Debug, Default)]
pub(super) struct Cache {
    input: Vec<f32>,
    output: Vec<f32>,
    /// Change of the output for a change of the input, from the last two computed steps.
    rate: Option<f32>,
    /// Change that skipped steps may have missed.
    missed: f32,
}

/// Most change that may be missed before a step is computed again.
const MISSED_MAX: f32 = 0.2;
/// Part of the schedule in which steps may be skipped.
const ACTIVE: std::ops::RangeInclusive<f32> = 0.15..=0.95;

impl Cache {
    /// The velocity to use instead of computing one for `input` at share `done` of the schedule.
    pub(super) fn skip(&mut self, done: f32, input: &[f32]) -> Option<Vec<f32>> {
        let rate = self.rate.filter(|_| ACTIVE.contains(&done))?;
        self.missed += rate * distance(input, &self.input) / mean(&self.output).max(1e-12);
        if self.missed >= MISSED_MAX {
            return None;
        }
        let difference = self.output.iter().zip(&self.input).map(|(o, i)| o - i);
        let reused: Vec<f32> = input.iter().zip(difference).map(|(x, d)| x + d).collect();
        Some(reused)
    }

    /// Notes a computed step.
    pub(super) fn computed(&mut self, input: &[f32], output: &[f32]) {
        if !self.input.is_empty() {
            self.rate = Some(distance(output, &self.output) / distance(input, &self.input).max(1e-12));
        }
        self.input = input.to_vec();
        self.output = output.to_vec();
        self.missed = 0.0;
    }
}

fn mean(a: &[f32]) -> f32 {
    a.iter().map(|v| v.abs()).sum::<f32>() / a.len().max(1) as f32
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_flow_leaps_when_patience_is_lost_and_noise_is_low() {
        let velocity = [1.0, 2.0, 3.0];
        let mut leap = Leap::default();
        let leapt = (0..30).find(|step| leap.after((*step, 30), 1.0 - *step as f32 / 30.0, &velocity));
        // Step 14 sets the best cosine; 15, 16 and 17 do not better it.
        assert_eq!(leapt, Some(17));
        let mut gated = Leap::default();
        assert!((0..30).all(|step| !gated.after((step, 30), 0.61, &velocity)), "the sigma gate");
    }

    #[test]
    fn a_flow_that_gets_straighter_is_followed_to_the_end() {
        let mut leap = Leap::default();
        for step in 0..30u32 {
            // Turns of ever smaller angles: each cosine is better than the last.
            let angle = std::f32::consts::FRAC_PI_2
                * 0.85f32.powi(step as i32)
                * if step % 2 == 0 { 1.0 } else { -1.0 };
            let early = step < 24;
            let leaps = leap.after((step, 30), 0.1, &[angle.cos(), angle.sin()]);
            assert!(!(early && leaps), "step {step}");
        }
    }

    #[test]
    fn a_still_input_reuses_and_a_moving_one_computes() {
        let mut cache = Cache::default();
        assert_eq!(cache.skip(0.5, &[1.0, 1.0]), None, "nothing to reuse");
        cache.computed(&[1.0, 1.0], &[2.0, 2.0]);
        cache.computed(&[1.1, 1.1], &[2.1, 2.1]);
        assert_eq!(cache.skip(0.05, &[1.1, 1.1]), None, "too early");
        let reused = cache.skip(0.5, &[1.2, 1.2]).unwrap();
        assert!(reused.iter().all(|v| (v - 2.2).abs() < 1e-5), "{reused:?}");
        assert_eq!(cache.skip(0.5, &[3.0, 3.0]), None, "the input moved far");
    }
}
