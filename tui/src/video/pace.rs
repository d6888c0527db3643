//! How much a slow terminal is asked to take: raise the stickiness, then halve the frame rate, then drop to 256 colours.
//!
//! The measure is the time that writing a frame takes, smoothed, as a share of the time between frames.

use std::time::Duration;

/// Share of the frame interval that writing may take before less is sent.
const BUSY: f64 = 0.6;
/// Share below which more may be sent again.
const CALM: f64 = 0.15;
/// Frames that must be calm in a row before more is sent.
const CALM_FRAMES: u32 = 96;
/// Weight of the newest measurement.
const ALPHA: f64 = 0.2;
/// Frames after a change before the next one, so that it can show its effect.
const SETTLE_FRAMES: u32 = 6;
/// The last level.
const LEVEL_MAX: u8 = 4;

/// The adaptive rule's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    level: u8,
    seconds: f64,
    calm: u32,
    settle: u32,
}

impl Pace {
    /// Takes note of how long one frame took to write.
    pub(crate) fn wrote(&mut self, took: Duration, interval: Duration) {
        self.seconds += ALPHA * (took.as_secs_f64() - self.seconds);
        self.settle = self.settle.saturating_sub(1);
        let share = self.seconds / interval.as_secs_f64().max(0.001);
        self.calm = if share < CALM { self.calm.saturating_add(1) } else { 0 };
        if share > BUSY && self.level < LEVEL_MAX && self.settle == 0 {
            self.level += 1;
            self.settle = SETTLE_FRAMES;
        } else if self.calm > CALM_FRAMES && self.level > 0 {
            self.level -= 1;
            self.calm = 0;
        }
    }

    /// Smallest change of a channel that is drawn.
    pub(crate) const fn threshold(&self) -> u8 {
        match self.level {
            0 => 4,
            1 => 8,
            _ => 12,
        }
    }

    /// Only every n-th frame is drawn.
    pub(crate) const fn every(&self) -> usize {
        if self.level >= 3 { 2 } else { 1 }
    }

    /// Whether the palette of 256 colours must do.
    pub(crate) const fn indexed(&self) -> bool {
        self.level >= LEVEL_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_sink_lowers_the_load_step_by_step_and_a_fast_one_brings_it_back() {
        let interval = Duration::from_millis(80);
        let mut pace = Pace::default();
        assert_eq!((pace.threshold(), pace.every(), pace.indexed()), (4, 1, false));
        let mut seen = vec![0u8];
        for _ in 0..100 {
            pace.wrote(Duration::from_millis(200), interval);
            if seen.last() != Some(&pace.level) {
                seen.push(pace.level);
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4], "one level at a time");
        assert_eq!((pace.threshold(), pace.every(), pace.indexed()), (12, 2, true));
        for _ in 0..1_000 {
            pace.wrote(Duration::from_millis(1), interval);
        }
        assert_eq!(pace.level, 0);
    }

    #[test]
    fn one_slow_frame_changes_nothing() {
        let mut pace = Pace::default();
        pace.wrote(Duration::from_millis(100), Duration::from_millis(80));
        assert_eq!(pace.level, 0);
    }
}
