//! Scores of one split: what the oracle recognises, camera, onsets, moods, and the distance from the drawn worlds.

use std::sync::atomic::{AtomicU64, Ordering};

use kinora_media::Footage;
use kinora_models::judge::bootstrap::{self, Interval};
use kinora_models::judge::draw::Take;
use kinora_models::judge::features::{BANDS, Features};
use kinora_models::judge::motion::{self, Kind};
use kinora_models::judge::nearest::{self, Drawings};
use kinora_models::judge::oracle::{HEARD, SEEN};
use kinora_models::judge::{onset, probe, psnr, real};
use kinora_models::pocket::Options;
use kinora_protocol::shot::{Mood, Music};
use serde::Serialize;

use super::{Bench, Plan, usual};

/// Axes that are scored.
const AXES: usize = SEEN.len() + HEARD.len();
/// Least share of the ceiling for scenes like those of training, and for held-out ones.
const SHARE: [f64; 2] = [0.9, 0.8];
const CAMERA: f64 = 0.95;
const ONSET: f64 = 0.9;
const MOOD: f64 = 0.8;

/// Least that a ceiling must lie above what always the same word gets; below, the oracle cannot judge the axis.
const SKILL: f64 = 0.1;

/// One score beside its ceiling. Shares are 0 … 1.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// What is scored.
    pub name: String,
    /// Clips (for onsets: events) that it is about.
    pub count: usize,
    /// What always the same word would get, where words are told apart; 0 otherwise.
    pub same_word: f64,
    /// On real renders of the same scenes.
    pub ceiling: f64,
    /// On generated clips.
    pub made: f64,
    /// The second as a share of the first.
    pub share: f64,
    /// 95 % interval of the share, by resampling clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The goal, if there is one: least share of the ceiling for axes, least score otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<f64>,
    /// Whether it is met; absent where nothing can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
}

/// One split.
#[derive(Clone, Debug, Serialize)]
pub struct SplitFigures {
    /// Whether the scenes are held out of training.
    pub held_out: bool,
    /// Clips.
    pub clips: usize,
    /// Axes of the oracle, but for those of `places`.
    pub axes: Vec<Score>,
    /// Axes that say where things are, by the nearest drawing.
    pub places: Vec<Score>,
    /// The camera's sign over all moves, then by kind.
    pub camera: Vec<Score>,
    /// Planned events with an onset within 80 ms.
    pub onset: Score,
    /// The same events against the sound of the next clip: what chance gives.
    pub onset_shuffled: f64,
    /// Median distance of a planned event from the nearest onset in generated sound, in milliseconds.
    pub onset_millis: f64,
    /// Moods by a linear probe, where music plays.
    pub mood: Score,
    /// Distance of generated pictures from the drawn worlds, in dB, the mean.
    pub psnr: f64,
}

/// What is known of one side of a clip.
struct Side {
    marks: [Option<bool>; AXES],
    nearest: [Option<bool>; nearest::AXES.len()],
    camera: Option<(Kind, bool)>,
    onsets: Vec<f64>,
    mood: Option<([f64; 2 * BANDS], usize)>,
}

/// One clip: drawn and generated.
struct Pair {
    words: [usize; kinora_protocol::shot::AXES],
    sides: [Side; 2],
    planned: Vec<f64>,
    psnr: f64,
}

/// Scores the clips of one split, each of the benches on a thread of its own.
pub(super) fn split(
    benches: &[Bench],
    plan: &Plan,
    held: bool,
    note: &mut dyn FnMut(String),
) -> Result<SplitFigures, String> {
    let name = if held { "held out" } else { "in distribution" };
    let next = AtomicU64::new(0);
    let work = |bench: &Bench, note: &mut dyn FnMut(String)| -> Result<Vec<(u64, Pair)>, String> {
        let mut pairs = Vec::new();
        loop {
            let clip = next.fetch_add(1, Ordering::Relaxed);
            if clip >= u64::from(plan.clips) {
                return Ok(pairs);
            }
            note(format!("{name}: clip {clip} of {} …", plan.clips));
            pairs.push((clip, pair(bench, plan, &Take::new(plan.seed, clip, held))?));
        }
    };
    let (first, others) = benches.split_first().ok_or("no network is loaded")?;
    let mut pairs = std::thread::scope(|scope| {
        let others: Vec<_> = others.iter().map(|bench| scope.spawn(|| work(bench, &mut |_| {}))).collect();
        let mut pairs = work(first, note)?;
        for other in others {
            pairs.extend(other.join().map_err(|_| "a thread that scores clips panicked")??);
        }
        Ok::<_, String>(pairs)
    })?;
    pairs.sort_unstable_by_key(|(clip, _)| *clip);
    let pairs: Vec<Pair> = pairs.into_iter().map(|(_, pair)| pair).collect();
    Ok(figures(&pairs, held))
}

/// Draws and makes one scene.
fn pair(bench: &Bench, plan: &Plan, take: &Take) -> Result<Pair, String> {
    let drawn = real(take);
    let usual = usual(take.seed);
    let options = Options { steps: plan.steps.unwrap_or(usual.steps), ..usual };
    let (made, _) = bench.made(take, &options)?;
    let drawings = Drawings::new(take);
    Ok(Pair {
        words: take.scene.indices(),
        psnr: psnr(&drawn, &made),
        planned: onset::planned(&take.scene, &take.blocking),
        sides: [side(bench, take, (&drawn, &drawings))?, side(bench, take, (&made, &drawings))?],
    })
}

/// The oracle's marks of a clip.
pub(super) fn marks(
    bench: &Bench,
    take: &Take,
    footage: &Footage,
) -> Result<([Option<bool>; AXES], Features), String> {
    let features = Features::of(footage, &take.blocking).map_err(|e| e.to_string())?;
    let verdict = bench.oracle.verdict(&features).map_err(|e| e.to_string())?;
    Ok((verdict.against(&take.scene), features))
}

fn side(bench: &Bench, take: &Take, (footage, drawings): (&Footage, &Drawings)) -> Result<Side, String> {
    let (marks, features) = marks(bench, take, footage)?;
    let camera = Kind::of(take.scene.camera).map(|kind| {
        let measured = motion::measured(&footage.frames, &take.blocking);
        (kind, kind.agrees(&measured, &motion::planned(&take.blocking)))
    });
    let plays = matches!(take.scene.music, Music::On);
    Ok(Side {
        marks,
        nearest: drawings.nearest(footage),
        camera,
        onsets: onset::onsets(&footage.samples),
        mood: plays.then(|| (probe::statistics(&features.heard), take.scene.mood.index())),
    })
}

fn figures(pairs: &[Pair], held: bool) -> SplitFigures {
    let axes = SEEN.iter().map(|axis| axis.name.to_owned());
    let axes = axes.chain(HEARD.iter().map(|axis| format!("{} (heard)", axis.name)));
    let goal = SHARE[usize::from(held)];
    let told = |name: &String| !nearest::AXES.contains(&name.as_str());
    let axes = axes.enumerate().filter(|(_, name)| told(name)).map(|(at, name)| {
        let score = marked(name, pairs, |side| side.marks[at]);
        Score { same_word: same_word(pairs, at), ..score }.share_of(goal)
    });
    let places = nearest::AXES.into_iter().enumerate();
    let places =
        places.map(|(at, name)| marked(name.to_owned(), pairs, |side| side.nearest[at]).share_of(goal));
    let shuffled = matched(pairs, 1, 1);
    let onsets: Vec<[f64; 2]> = matched(pairs, 0, 0)
        .into_iter()
        .zip(matched(pairs, 1, 0))
        .map(|(real, made)| [number(real <= onset::TOGETHER), number(made <= onset::TOGETHER)])
        .collect();
    SplitFigures {
        held_out: held,
        clips: pairs.len(),
        axes: axes.collect(),
        places: places.collect(),
        camera: camera(pairs),
        onset: score("onset within 80 ms".to_owned(), &onsets).at_least(ONSET),
        onset_shuffled: mean(shuffled.iter().map(|e| number(*e <= onset::TOGETHER))),
        onset_millis: 1_000.0 * median(matched(pairs, 1, 0)),
        mood: mood(pairs),
        psnr: mean(pairs.iter().map(|p| p.psnr)),
    }
}

/// A score of marks that both sides of a pair have or lack.
fn marked(name: String, pairs: &[Pair], mark: impl Fn(&Side) -> Option<bool>) -> Score {
    let both = pairs.iter().filter_map(|p| Some([mark(&p.sides[0])?, mark(&p.sides[1])?]));
    score(name, &both.map(|m| m.map(number)).collect::<Vec<_>>())
}

/// Share of the most frequent word among the clips that axis `at` is scored on.
fn same_word(pairs: &[Pair], at: usize) -> f64 {
    let index = SEEN.iter().chain(&HEARD).nth(at).map_or(0, |axis| axis.index);
    let mut counts = std::collections::BTreeMap::new();
    for pair in pairs.iter().filter(|p| p.sides[0].marks[at].is_some()) {
        *counts.entry(pair.words[index]).or_insert(0u32) += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    f64::from(most) / f64::from(counts.values().sum::<u32>().max(1))
}

/// Distances of planned events from the onsets of `side`, heard in the clip `later` further on.
fn matched(pairs: &[Pair], side: usize, later: usize) -> Vec<f64> {
    let heard = pairs.iter().cycle().skip(later).map(|p| &p.sides[side].onsets);
    pairs.iter().zip(heard).flat_map(|(p, heard)| onset::errors(&p.planned, heard)).collect()
}

fn camera(pairs: &[Pair]) -> Vec<Score> {
    let of = |wanted: Option<Kind>| -> Vec<[f64; 2]> {
        let both = pairs.iter().filter_map(|p| p.sides[0].camera.zip(p.sides[1].camera));
        both.filter(|((kind, _), _)| wanted.is_none_or(|w| w == *kind))
            .map(|((_, real), (_, made))| [number(real), number(made)])
            .collect()
    };
    let all = score("camera sign".to_owned(), &of(None)).at_least(CAMERA);
    let kinds = Kind::ALL.map(|kind| score(format!("  {}", kind.as_str()), &of(Some(kind))));
    std::iter::once(all).chain(kinds).collect()
}

/// A probe is fitted on one half of the clips and scored on the other, real and generated apart.
fn mood(pairs: &[Pair]) -> Score {
    let of = |side: usize| -> Vec<bool> {
        let clips: Vec<_> = pairs.iter().filter_map(|p| p.sides[side].mood).collect();
        probe::halves(&clips, Mood::ALL.len())
    };
    let both: Vec<[f64; 2]> = of(0).into_iter().zip(of(1)).map(|(a, b)| [number(a), number(b)]).collect();
    score("mood (linear probe)".to_owned(), &both).at_least(MOOD)
}

/// From pairs of marks: real, generated.
fn score(name: String, marks: &[[f64; 2]]) -> Score {
    let (ceiling, made) = (mean(marks.iter().map(|m| m[0])), mean(marks.iter().map(|m| m[1])));
    let flipped: Vec<[f64; 2]> = marks.iter().map(|[real, made]| [*made, *real]).collect();
    Score {
        name,
        count: marks.len(),
        same_word: 0.0,
        ceiling,
        made,
        share: if ceiling > 0.0 { made / ceiling } else { 0.0 },
        interval: bootstrap::ratio(&flipped),
        goal: None,
        met: None,
    }
}

impl Score {
    /// With a goal for the share of the ceiling.
    fn share_of(self, goal: f64) -> Self {
        let can_tell = self.count > 0 && self.ceiling >= self.same_word + SKILL;
        let met = can_tell.then_some(self.share >= goal);
        Self { goal: Some(goal), met, ..self }
    }

    /// With a goal for the score itself.
    fn at_least(self, goal: f64) -> Self {
        let met = (self.count > 0).then_some(self.made >= goal);
        Self { goal: Some(goal), met, ..self }
    }
}

fn number(right: bool) -> f64 {
    if right { 1.0 } else { 0.0 }
}

/// The mean; 0 of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), v| (sum + v, count + 1));
    sum / f64::from(count.max(1))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_for_an_axis_is_about_its_ceiling_and_one_for_the_camera_about_itself() {
        // Real: 4 of 5; generated: 3 of 5.
        let marks = [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]];
        let axis = score("x".to_owned(), &marks);
        assert!((axis.ceiling - 0.8).abs() < 1e-9 && (axis.made - 0.6).abs() < 1e-9);
        assert!((axis.share - 0.75).abs() < 1e-9);
        assert_eq!(axis.clone().share_of(0.7).met, Some(true));
        let blind = Score { same_word: 0.75, ..axis.clone() };
        assert_eq!(blind.share_of(0.7).met, None, "always the same word is right nearly as often");
        assert_eq!(axis.at_least(0.7).met, Some(false));
        assert_eq!(score("x".to_owned(), &[]).share_of(0.9).met, None, "nothing was scored");
    }

    #[test]
    fn events_are_matched_with_their_own_clip_or_the_next() {
        let side = |onsets: &[f64]| Side {
            marks: [None; AXES],
            nearest: [None; 5],
            camera: None,
            onsets: onsets.to_vec(),
            mood: None,
        };
        let pair = |at: f64| Pair {
            words: [0; 18],
            sides: [side(&[at]), side(&[at + 0.01])],
            planned: vec![at],
            psnr: 0.0,
        };
        let pairs = [pair(0.2), pair(1.0)];
        assert_eq!(matched(&pairs, 0, 0), [0.0, 0.0]);
        assert!(matched(&pairs, 1, 1).iter().all(|e| *e > 0.7));
        let figures = figures(&pairs, false);
        assert_eq!((figures.onset.ceiling, figures.onset.made, figures.onset_shuffled), (1.0, 1.0, 0.0));
    }
}
