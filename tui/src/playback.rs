//! One clip being played: which frame belongs on the screen now.
//!
//! Sound is the clock when there is any; otherwise the time that the runtime hands in. Late frames are left out,
//! never queued.

use std::sync::Arc;
use std::time::Duration;

use kinora_media::footage::Footage;

use crate::video::Picture;

/// Sound and picture further apart than this are put together at once.
const RESYNC: Duration = Duration::from_millis(250);

/// What [`Playback::advance`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// Another frame is due.
    pub(crate) moved: bool,
    /// The end was reached.
    pub(crate) ended: bool,
}

/// A clip with its position.
#[derive(Clone, Debug)]
pub(crate) struct Playback {
    footage: Arc<Footage>,
    /// Position at `anchor`.
    base: Duration,
    /// The runtime's time at which the position was `base`.
    anchor: Duration,
    paused: bool,
    index: usize,
    shown: u64,
    dropped: u64,
}

impl Playback {
    /// Starts at the first frame.
    pub(crate) const fn new(footage: Arc<Footage>, now: Duration) -> Self {
        Self { footage, base: Duration::ZERO, anchor: now, paused: false, index: 0, shown: 1, dropped: 0 }
    }

    /// The clip.
    pub(crate) const fn footage(&self) -> &Arc<Footage> {
        &self.footage
    }

    /// Length of the clip.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.footage.seconds())
    }

    /// Time between frames.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.footage.fps.max(1)
    }

    /// Position by the monotonic clock.
    pub(crate) fn position(&self, now: Duration) -> Duration {
        let gone = if self.paused { Duration::ZERO } else { now.saturating_sub(self.anchor) };
        (self.base + gone).min(self.length())
    }

    /// Moves to the frame that is due. `heard` is the position of the sound, when it runs. Only every `every`-th
    /// frame is taken.
    pub(crate) fn advance(&mut self, now: Duration, heard: Option<Duration>, every: usize) -> Step {
        if self.paused {
            return Step::default();
        }
        if let Some(heard) = heard {
            let own = self.position(now);
            // A sound clock ticks in steps: go back only when it is really somewhere else.
            if heard > own || own.saturating_sub(heard) > RESYNC {
                (self.base, self.anchor) = (heard, now);
            } else {
                // Lean towards the sound by a tenth of the difference, so that drift never adds up.
                let lean = own.saturating_sub(heard) / 10;
                (self.base, self.anchor) = (own.saturating_sub(lean), now);
            }
        }
        let position = self.position(now);
        if position >= self.length() {
            return Step { moved: false, ended: true };
        }
        let due = (position.as_secs_f64() * f64::from(self.footage.fps) + 1e-6) as usize;
        let due = due.min(self.footage.frames.len().saturating_sub(1));
        let due = due - due % every.max(1);
        if due == self.index {
            return Step::default();
        }
        self.dropped += due.saturating_sub(self.index + 1) as u64;
        self.shown += 1;
        self.index = due;
        Step { moved: true, ended: false }
    }

    /// Time until the next frame is due, when only every `every`-th is taken.
    pub(crate) fn wait(&self, now: Duration, every: usize) -> Option<Duration> {
        if self.paused {
            return None;
        }
        let every = every.max(1);
        let index = (self.index / every + 1) * every;
        let next = Duration::from_secs_f64(index as f64 / f64::from(self.footage.fps.max(1)));
        Some(next.min(self.length()).saturating_sub(self.position(now)))
    }

    /// Goes to a position.
    pub(crate) fn seek(&mut self, to: Duration, now: Duration) {
        (self.base, self.anchor) = (to.min(self.length()), now);
        let due = (self.base.as_secs_f64() * f64::from(self.footage.fps) + 1e-6) as usize;
        self.index = due.min(self.footage.frames.len().saturating_sub(1));
    }

    /// Pauses or goes on.
    pub(crate) fn pause(&mut self, paused: bool, now: Duration) {
        if paused != self.paused {
            (self.base, self.anchor) = (self.position(now), now);
            self.paused = paused;
        }
    }

    /// Whether it stands still.
    pub(crate) const fn paused(&self) -> bool {
        self.paused
    }

    /// The frame on the screen.
    pub(crate) fn picture(&self) -> Option<Picture<'_>> {
        let frame = self.footage.frames.get(self.index)?;
        Picture::new(self.footage.width, self.footage.height, frame)
    }

    /// Number of the frame on the screen.
    pub(crate) const fn index(&self) -> usize {
        self.index
    }

    /// Frames shown and left out so far.
    pub(crate) const fn counts(&self) -> (u64, u64) {
        (self.shown, self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip() -> Arc<Footage> {
        Arc::new(Footage {
            width: 16,
            height: 16,
            fps: 12,
            frames: (0..48u8).map(|n| vec![n; 16 * 16 * 3]).collect(),
            sample_rate: 24_000,
            channels: 1,
            samples: Vec::new(),
        })
    }

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn shown(playback: &Playback) -> u8 {
        playback.picture().unwrap().rgb[0]
    }

    #[test]
    fn the_clock_decides_which_frame_is_due() {
        let mut playback = Playback::new(clip(), at(1_000));
        for (now, frame) in [(1_000, 0), (1_083, 0), (1_084, 1), (1_500, 6), (2_000, 12), (4_950, 47)] {
            playback.advance(at(now), None, 1);
            assert_eq!(shown(&playback), frame, "at {now} ms");
        }
        assert_eq!(playback.advance(at(5_000), None, 1), Step { moved: false, ended: true });
    }

    #[test]
    fn a_slow_sink_drops_frames_and_stays_in_time() {
        let mut playback = Playback::new(clip(), at(0));
        // Each frame takes 300 ms to write: 3.6 frames pass meanwhile.
        for millis in (0..4_000).step_by(300) {
            playback.advance(at(millis), None, 1);
            assert_eq!(u64::from(shown(&playback)), millis * 12 / 1_000, "never behind the clock");
        }
        let (shown, dropped) = playback.counts();
        assert!(shown <= 14 && dropped >= 30, "{shown} shown, {dropped} dropped");
    }

    #[test]
    fn sound_is_the_master() {
        let mut playback = Playback::new(clip(), at(0));
        playback.advance(at(500), Some(at(1_000)), 1);
        assert_eq!(shown(&playback), 12, "the sound is ahead: follow it");
        playback.advance(at(600), Some(at(100)), 1);
        assert_eq!(shown(&playback), 1, "half a second apart: resynchronise");
        playback.advance(at(690), Some(at(180)), 1);
        assert_eq!(shown(&playback), 2, "a coarse clock does not make the picture stutter backwards");
    }

    #[test]
    fn pausing_holds_the_position_and_seeking_is_bounded() {
        let mut playback = Playback::new(clip(), at(0));
        playback.pause(true, at(1_000));
        assert_eq!(playback.position(at(9_000)), at(1_000));
        assert_eq!(playback.wait(at(9_000), 1), None);
        playback.pause(false, at(9_000));
        assert_eq!(playback.position(at(9_500)), at(1_500));
        playback.seek(at(99_000), at(9_500));
        assert_eq!(playback.position(at(9_500)), at(4_000));
        assert_eq!(shown(&playback), 47);
    }

    #[test]
    fn half_rate_takes_every_second_frame() {
        let mut playback = Playback::new(clip(), at(0));
        for millis in 0..2_000 {
            playback.advance(at(millis), None, 2);
            assert_eq!(shown(&playback) % 2, 0);
        }
        assert_eq!(playback.counts().0, 12);
        playback.seek(at(500), at(2_000));
        assert_eq!(playback.wait(at(2_010), 2), Some(at(2_000 / 12 - 10) + Duration::from_nanos(666_667)));
    }
}
