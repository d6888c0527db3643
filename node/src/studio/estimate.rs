//! How long a render takes: learned from the renders before, stage by stage. Pure.

use std::collections::BTreeMap;

use kinora_protocol::job::{Stage, StageTime};

/// The stages in order.
pub const STAGES: [Stage; 4] = [Stage::Prepare, Stage::Denoise, Stage::Decode, Stage::Encode];
/// Milliseconds per second of clip before anything was learned; one job later they are this machine's.
const FIRST_GUESS: [f64; 4] = [60.0, 1_500.0, 600.0, 150.0];
/// Weight of the newest run in the moving average.
const NEWEST_WEIGHT: f64 = 0.5;

/// Milliseconds per stage for each second of clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    cost: BTreeMap<Stage, f64>,
}

impl Default for Estimate {
    fn default() -> Self {
        Self { cost: STAGES.into_iter().zip(FIRST_GUESS).collect() }
    }
}

/// Where a render stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Share done, 0 … 1.
    pub fraction: f32,
    /// Milliseconds to go.
    pub eta_millis: u64,
}

impl Estimate {
    /// Takes the times of a finished render of `clip_millis` into account.
    pub fn learn(&mut self, times: &[StageTime], clip_millis: u64) {
        if clip_millis == 0 {
            return;
        }
        for time in times {
            let found = time.millis as f64 * 1000.0 / clip_millis as f64;
            let cost = self.cost.entry(time.stage).or_insert(found);
            *cost += NEWEST_WEIGHT * (found - *cost);
        }
    }

    /// Where a render of `clip_millis` stands after `done` of `total` units of `stage`, `stage_millis` into it.
    #[must_use]
    pub fn position(
        &self,
        clip_millis: u64,
        stage: Stage,
        (done, total): (u32, u32),
        stage_millis: u64,
    ) -> Position {
        let cost = |s: Stage| self.cost.get(&s).copied().unwrap_or(0.0) * clip_millis as f64 / 1000.0;
        let share = if total == 0 { 0.0 } else { f64::from(done.min(total)) / f64::from(total) };
        // What this very stage shows of its pace counts more the further it is.
        let paced = if share > 0.0 { stage_millis as f64 / share } else { cost(stage) };
        let here = share * paced + (1.0 - share) * cost(stage).max(stage_millis as f64);
        let before: f64 = STAGES.into_iter().filter(|s| *s < stage).map(cost).sum();
        let after: f64 = STAGES.into_iter().filter(|s| *s > stage).map(cost).sum();
        let all = (before + here + after).max(1.0);
        let eta = (1.0 - share) * here + after;
        Position {
            fraction: ((before + share * here) / all).clamp(0.0, 1.0) as f32,
            eta_millis: eta.max(0.0) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: [u64; 4]) -> Vec<StageTime> {
        STAGES.into_iter().zip(millis).map(|(stage, millis)| StageTime { stage, millis }).collect()
    }

    #[test]
    fn it_learns_this_machine() {
        let mut estimate = Estimate::default();
        for _ in 0..10 {
            estimate.learn(&times([100, 20_000, 4_000, 1_000]), 4_000);
        }
        let start = estimate.position(4_000, Stage::Prepare, (0, 1), 0);
        assert!((24_000..26_000).contains(&start.eta_millis), "{start:?}");
        let half = estimate.position(4_000, Stage::Denoise, (5, 10), 10_000);
        assert!((0.38..0.43).contains(&half.fraction), "{half:?}");
        assert!((14_000..16_000).contains(&half.eta_millis), "{half:?}");
        let longer = estimate.position(8_000, Stage::Prepare, (0, 1), 0);
        assert!(longer.eta_millis > 2 * start.eta_millis - 1_000);
    }

    #[test]
    fn the_end_is_the_end_and_nonsense_does_no_harm() {
        let estimate = Estimate::default();
        let end = estimate.position(4_000, Stage::Encode, (48, 48), 100);
        assert!(end.fraction > 0.99 && end.eta_millis == 0, "{end:?}");
        let odd = estimate.position(0, Stage::Denoise, (9, 0), u64::MAX);
        assert!((0.0..=1.0).contains(&odd.fraction));
    }
}
