//! Processor time: what a piece of work costs, whatever else the machine does meanwhile.
//!
//! Linux counts it in nanoseconds for each thread (`/proc/…/schedstat`). Where there is no such count, the clock on the
//! wall stands in, and the figures say so.

use std::time::{Duration, Instant};

use serde::Serialize;

/// What a duration was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Time on a processor.
    Processor,
    /// Time that passed.
    Wall,
}

/// A running measurement.
#[derive(Clone, Debug)]
pub struct Meter {
    count: String,
    spent: Option<Duration>,
    since: Instant,
}

impl Meter {
    /// Of the main thread of a process.
    #[must_use]
    pub fn process(pid: u32) -> Self {
        Self::start(format!("/proc/{pid}/schedstat"))
    }

    /// Of the thread that asks.
    #[must_use]
    pub fn thread() -> Self {
        Self::start("/proc/thread-self/schedstat".to_owned())
    }

    fn start(count: String) -> Self {
        Self { spent: spent(&count), count, since: Instant::now() }
    }

    /// How long it took, and by which clock.
    #[must_use]
    pub fn stop(&self) -> (Duration, Clock) {
        match (self.spent, spent(&self.count)) {
            (Some(before), Some(now)) => (now.saturating_sub(before), Clock::Processor),
            _ => (self.since.elapsed(), Clock::Wall),
        }
    }
}

/// The first number of the count: nanoseconds on a processor.
fn spent(count: &str) -> Option<Duration> {
    let line = std::fs::read_to_string(count).ok()?;
    line.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_and_waiting_is_not() {
        let meter = Meter::thread();
        std::thread::sleep(Duration::from_millis(60));
        let (waited, clock) = meter.stop();
        let meter = Meter::thread();
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(60) {
            std::hint::spin_loop();
        }
        let (worked, _) = meter.stop();
        assert!(worked > Duration::ZERO);
        assert!(clock == Clock::Wall || waited < Duration::from_millis(40), "{waited:?} {worked:?}");
    }
}
