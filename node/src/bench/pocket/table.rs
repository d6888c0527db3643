//! The tables for people.

use super::score::{Score, SplitFigures};
use super::{CostFigures, PocketFigures, SpeedFigure};

/// Every table that was measured, line by line.
#[must_use]
pub fn lines(figures: &PocketFigures) -> Vec<String> {
    let short = |hash: &str| hash.chars().take(16).collect::<String>();
    let mut lines = vec![format!(
        "pocket    weights {}, oracle {}, seed {}",
        short(&figures.weights),
        short(&figures.oracle),
        figures.seed
    )];
    figures.splits.iter().for_each(|split| scores(split, &mut lines));
    if !figures.speed.is_empty() {
        speed(&figures.speed, &mut lines);
    }
    if let Some(found) = &figures.cost {
        cost(found, &mut lines);
    }
    lines
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// One line of scores.
fn row(score: &Score) -> String {
    let interval =
        score.interval.map_or_else(String::new, |i| format!("{} – {}", percent(i.low), percent(i.high)));
    let goal = match (score.goal, score.met) {
        (Some(goal), Some(met)) => {
            format!("≥ {} {}", (goal * 100.0).round(), if met { "met" } else { "not met" })
        }
        (Some(_), None) => "not measured: real renders are told no better than by one word".to_owned(),
        _ => String::new(),
    };
    format!(
        "{:<21}{:>6}{:>9}{:>9}{:>9}  {:<15}{goal}",
        score.name,
        score.count,
        percent(score.ceiling),
        percent(score.made),
        percent(score.share),
        interval
    )
}

fn scores(split: &SplitFigures, lines: &mut Vec<String>) {
    lines.push(String::new());
    let name = if split.held_out { "held-out scenes" } else { "scenes like those of training" };
    lines.push(format!("{name}, {} clips; all but dB in parts per hundred", split.clips));
    lines.push(format!(
        "{:<21}{:>6}{:>9}{:>9}{:>9}  {:<15}{}",
        "", "n", "real", "made", "share", "95 % of share", "goal"
    ));
    lines.extend(split.axes.iter().map(row));
    lines.push("by the nearest drawing: real renders are their own".to_owned());
    lines.extend(split.places.iter().map(row));
    lines.push(
        "goals of the axes are for the share of the ceiling; those below for the score itself".to_owned(),
    );
    lines.extend(split.camera.iter().map(row));
    lines.push(row(&split.onset));
    lines.push(format!(
        "{:<27}{:>18}  by chance; median distance {:.0} ms",
        "  sound of another clip",
        percent(split.onset_shuffled),
        split.onset_millis
    ));
    lines.push(row(&split.mood));
    lines.push(format!("{:<36}{:>9.2}  dB to the drawn worlds", "PSNR", split.psnr));
}

fn speed(figures: &[SpeedFigure], lines: &mut Vec<String>) {
    lines.push(String::new());
    let clips = figures.first().map_or(0, |f| f.clips);
    lines.push(format!("speed-ups, {clips} clips of 24 frames"));
    lines.push(format!(
        "{:<9}{:>6}{:>13}{:>9}{:>9}{:>9}",
        "", "steps", "evaluations", "s/clip", "dB", "oracle"
    ));
    for f in figures {
        let psnr = f.psnr.map_or_else(|| "–".to_owned(), |v| format!("{v:.2}"));
        lines.push(format!(
            "{:<9}{:>6}{:>13.1}{:>9.2}{:>9}{:>9}  {}",
            f.name,
            f.steps,
            f.evaluations,
            f.seconds,
            psnr,
            percent(f.oracle),
            f.verdict
        ));
    }
}

fn cost(found: &CostFigures, lines: &mut Vec<String>) {
    lines.push(String::new());
    lines.push(format!(
        "a clip of {} frames in {} steps: {:.2} s of work",
        found.frames, found.steps, found.seconds
    ));
    for stage in &found.stages {
        lines.push(format!("  {:<18}{:>8.3} s{:>7} %", stage.name, stage.seconds, percent(stage.share)));
    }
    let kernels = &found.kernels;
    lines.push(format!(
        "peak of {} threads: {:.0} GFLOP/s ({} floats in a vector)",
        kernels.threads, kernels.peak_gflops, kernels.lanes
    ));
    lines.push(
        "3×3 convolutions are counted as they are written: Winograd's transform may pass the peak".to_owned(),
    );
    for layer in &kernels.layers {
        lines.push(format!(
            "  {:<17}{:<32}× {:<3}{:>8.2} ms{:>7.0} GFLOP/s{:>6.0} %",
            layer.kind,
            layer.layer,
            layer.count,
            layer.millis,
            layer.gflops,
            layer.of_peak * 100.0
        ));
    }
}
