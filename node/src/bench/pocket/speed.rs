//! Speed-ups at many steps, each against the run without it, and few steps without any beside them.

use std::time::Instant;

use kinora_media::Footage;
use kinora_models::judge::draw::Take;
use kinora_models::judge::psnr;
use kinora_models::pocket::Options;
use kinora_protocol::recipe::Switches;
use serde::Serialize;

use super::{Bench, Plan, score, usual};

/// Steps of a long walk.
const STEPS: u32 = 30;
/// A speed-up that saves less than this share of the time saves nothing.
const SAVED: f64 = 0.05;
/// A speed-up that costs more of the oracle's score than this costs too much.
const LOST: f64 = 0.02;

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct SpeedFigure {
    /// Which switches.
    pub name: &'static str,
    /// Steps.
    pub steps: u32,
    /// Clips.
    pub clips: u32,
    /// Evaluations of the network for a clip, the mean.
    pub evaluations: f64,
    /// Seconds for a clip: sampling and development, the mean.
    pub seconds: f64,
    /// Distance from the long walk without speed-ups, in dB, the mean; absent for that walk itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psnr: Option<f64>,
    /// Share of the oracle's verdicts that are right, all axes together.
    pub oracle: f64,
    /// Whether it is worth having.
    pub verdict: String,
}

/// Runs every line.
pub(super) fn run(
    bench: &Bench,
    plan: &Plan,
    note: &mut dyn FnMut(String),
) -> Result<Vec<SpeedFigure>, String> {
    let off = Switches::default();
    let runs = [
        ("off", STEPS, off),
        ("leap", STEPS, Switches { leap: true, ..off }),
        ("merge", STEPS, Switches { merge: true, ..off }),
        ("cache", STEPS, Switches { cache: true, ..off }),
        ("all", STEPS, Switches { leap: true, merge: true, cache: true }),
        ("few", 8, off),
        ("few", 4, off),
        ("few", 2, off),
        ("few", 1, off),
    ];
    let mut sums: Vec<Sum> = runs.iter().map(|_| Sum::default()).collect();
    // Clip by clip, so that whatever else the machine does meanwhile meets every line alike.
    for clip in 0..u64::from(plan.clips) {
        note(format!("clip {clip} of {} …", plan.clips));
        let take = Take::new(plan.seed, clip, false);
        let mut whole: Option<Footage> = None;
        for ((_, steps, switches), sum) in runs.iter().zip(&mut sums) {
            let options = Options { steps: *steps, switches: *switches, ..usual(take.seed) };
            let start = Instant::now();
            let (footage, effort) = bench.made(&take, &options)?;
            sum.seconds += start.elapsed().as_secs_f64();
            sum.evaluations += f64::from(effort);
            sum.marks.extend(score::marks(bench, &take, &footage)?.0.into_iter().flatten());
            match &whole {
                Some(other) => sum.far.push(psnr(other, &footage)),
                None => whole = Some(footage),
            }
        }
    }
    let mut figures: Vec<SpeedFigure> = Vec::new();
    for ((name, steps, _), sum) in runs.into_iter().zip(sums) {
        let mut figure = sum.figure((name, steps), plan.clips);
        figure.verdict = verdict(&figure, figures.first());
        figures.push(figure);
    }
    Ok(figures)
}

/// What the clips of one line add up to.
#[derive(Default)]
struct Sum {
    seconds: f64,
    evaluations: f64,
    far: Vec<f64>,
    marks: Vec<bool>,
}

impl Sum {
    fn figure(self, (name, steps): (&'static str, u32), clips: u32) -> SpeedFigure {
        let count = f64::from(clips.max(1));
        SpeedFigure {
            name,
            steps,
            clips,
            evaluations: self.evaluations / count,
            seconds: self.seconds / count,
            psnr: (!self.far.is_empty()).then(|| score::mean(self.far.into_iter())),
            oracle: score::mean(self.marks.into_iter().map(|right| f64::from(u8::from(right)))),
            verdict: String::new(),
        }
    }
}

/// What a line says about its switch.
fn verdict(figure: &SpeedFigure, off: Option<&SpeedFigure>) -> String {
    let Some(off) = off else { return "what the others are held against".to_owned() };
    let (saved, lost) = (1.0 - figure.seconds / off.seconds.max(1e-9), off.oracle - figure.oracle);
    let percent = |share: f64| (share * 100.0).round();
    match (saved >= SAVED, lost <= LOST) {
        (true, true) => format!("helps: saves {} % of the time", percent(saved)),
        (true, false) => {
            format!("saves {} % and costs {:.1} points of the oracle's score", percent(saved), lost * 100.0)
        }
        (false, _) => "does not help: it saves no time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_help_is_said() {
        let line = |evaluations: f64, seconds: f64, oracle: f64| SpeedFigure {
            name: "x",
            steps: STEPS,
            clips: 1,
            evaluations,
            seconds,
            psnr: None,
            oracle,
            verdict: String::new(),
        };
        let off = line(30.0, 10.0, 0.8);
        assert!(verdict(&line(20.0, 7.0, 0.79), Some(&off)).starts_with("helps"));
        assert!(verdict(&line(20.0, 7.0, 0.7), Some(&off)).contains("costs 10.0 points"));
        assert!(verdict(&line(30.0, 10.1, 0.8), Some(&off)).contains("saves no time"));
    }
}
