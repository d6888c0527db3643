//! `kinora plan`: what a prompt becomes before a picture is drawn: the scene, who stands where, the camera, the sounds.
//!
//! It needs no home, key or node. What it writes as JSON is what `kinora make --blocking` takes back.

use std::path::{Path, PathBuf};

use clap::Args;
use kinora_models::blocking::{Blocking, CameraPose, Role, STAGE_HEIGHT, STAGE_WIDTH};
use kinora_models::storyboard;
use kinora_protocol::api::{ApiError, MakeRequest};
use kinora_protocol::recipe::Transition;
use kinora_protocol::shot::{Reading, Scene};

use super::make::reading_lines;
use super::shots::{Board, Shots};
use crate::error::{self, CommandError};
use crate::output::Output;
use crate::random;
use crate::studio::ask::{self, FPS};
use crate::studio::materials::Gathered;
use crate::studio::queue::Drawn;

/// Moments of a track that are shown.
const MOMENTS: usize = 6;
/// Times of one sound on a line.
const TIMES_A_LINE: usize = 12;
/// Words of a scene on a line.
const WORDS_A_LINE: usize = 7;

/// Arguments of `kinora plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// What to show, in a sentence.
    #[arg(required_unless_present = "storyboard")]
    pub prompt: Option<String>,
    /// Seed: the same prompt and seed give the same plan, and the same clip [default: drawn].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Length of each shot in seconds, 1 to 6 [default: 4].
    #[arg(long)]
    pub seconds: Option<f64>,
    /// One shot or several.
    #[command(flatten)]
    pub shots: Shots,
    /// Write the plan to this file, as JSON to be edited; with several shots, a list of plans.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// One shot with all that was decided.
struct Staged {
    prompt: String,
    transition: Transition,
    reading: Reading,
    scene: Scene,
    plan: Blocking,
}

/// Runs it.
///
/// # Errors
/// When the prompt cannot be read or the file not be written.
pub fn run(args: &Plan, output: &mut Output) -> Result<(), CommandError> {
    let board = args.shots.board(args.prompt.as_deref(), args.seconds)?;
    let seed = match args.seed {
        Some(seed) => seed,
        None => random::seed()?,
    };
    let staged = stage(board, seed)?;
    if let Some(path) = &args.out {
        write(path, &staged)?;
    }
    if output.is_json() {
        match staged.as_slice() {
            [only] => output.json(&only.plan)?,
            several => output.json(&several.iter().map(|shot| &shot.plan).collect::<Vec<_>>())?,
        }
    } else {
        for line in lines(&staged, seed) {
            output.line(line)?;
        }
    }
    if let Some(path) = &args.out {
        output.note(format!("written to {}", path.display()));
    }
    hint(args, seed, staged.len(), output);
    Ok(())
}

/// How to go on from here.
fn hint(args: &Plan, seed: u64, shots: usize, output: &mut Output) {
    if shots > 1 {
        output.note("--blocking takes the plan of one shot; the plans of a storyboard are for looking at");
    } else if args.out.is_some() || output.is_json() {
        let file = args.out.as_deref().unwrap_or(Path::new("FILE")).display();
        output.note(format!(
            "edit it, and render it with the same words: kinora make PROMPT --seed {seed} --blocking {file}"
        ));
    } else {
        output.note(format!(
            "--out FILE writes it as JSON to be edited; kinora make PROMPT --seed {seed} --blocking FILE renders it"
        ));
    }
}

/// Decides and plans every shot, as the engine does: later ones are of the same subject unless they name another.
fn stage(board: Board, seed: u64) -> Result<Vec<Staged>, ApiError> {
    let Board { first, next } = board;
    let request =
        MakeRequest { prompt: first.prompt.clone(), millis: first.millis, next, ..MakeRequest::default() };
    let entry = ask::entry(request, &Gathered::default(), Drawn { seed, tag: [0; 8].into() }, 0)?;
    let all = storyboard::stage(&entry.job.reading.shot, entry.frames, &entry.next, seed);
    let prompts = std::iter::once((first.prompt, Transition::Cut))
        .chain(entry.request.next.into_iter().map(|asked| (asked.prompt, asked.transition)));
    all.into_iter()
        .zip(prompts)
        .map(|(shot, (prompt, transition))| {
            let reading = ask::read(&prompt)?;
            Ok(Staged { prompt, transition, reading, scene: shot.scene, plan: shot.blocking })
        })
        .collect()
}

/// One line would be no joy to edit.
fn write(path: &Path, staged: &[Staged]) -> Result<(), CommandError> {
    let mut bytes = match staged {
        [only] => serde_json::to_vec_pretty(&only.plan)?,
        several => serde_json::to_vec_pretty(&several.iter().map(|shot| &shot.plan).collect::<Vec<_>>())?,
    };
    bytes.push(b'\n');
    Ok(std::fs::write(path, bytes).map_err(|e| error::file("write", path, &e))?)
}

fn lines(staged: &[Staged], seed: u64) -> Vec<String> {
    let mut lines = Vec::new();
    for (n, shot) in staged.iter().enumerate() {
        if staged.len() > 1 {
            let follows = match (n, shot.transition) {
                (0, _) => "",
                (_, Transition::Cut) => ", after a cut",
                (_, Transition::Dissolve) => ", after a dissolve",
            };
            let prompt = kinora_protocol::text::Text::line(&shot.prompt, 200);
            lines.push(format!("{}shot {}{follows}: {prompt}", if n > 0 { "\n" } else { "" }, n + 1));
        }
        lines.extend(reading_lines(&shot.reading));
        lines.extend(scene_lines(&shot.scene));
        let plan = &shot.plan;
        lines.push(format!(
            "plan:       seed {}, {} frames in {:.1} s; on a stage of {STAGE_WIDTH}×{STAGE_HEIGHT}, x to the right, y down",
            seed.wrapping_add(n as u64),
            plan.frames(),
            plan.frames() as f32 / FPS as f32
        ));
        lines.extend(track_lines(&shot.scene, plan));
        lines.extend(camera_lines(&shot.scene, plan));
        lines.extend(sound_lines(plan));
    }
    lines
}

fn scene_lines(scene: &Scene) -> Vec<String> {
    let mut words = vec![
        format!("{} {}", scene.colour, scene.subject),
        scene.action.to_string(),
        scene.place.to_string(),
        scene.time.to_string(),
        scene.weather.to_string(),
        scene.framing.to_string(),
        scene.angle.to_string(),
        scene.camera.to_string(),
        scene.speed.to_string(),
        scene.music.to_string(),
        format!("style {}", scene.style),
        format!("mood {}", scene.mood),
        scene.size.to_string(),
        format!("count {}", scene.count),
    ];
    if let Some(partner) = scene.partner {
        words.push(format!("{} a {} {}", partner.relation, partner.colour, partner.subject));
    }
    under("scene:", words.chunks(WORDS_A_LINE).map(|some| some.join(" · ")))
}

/// A head before the first line, and room of the same width before the others.
fn under(head: &str, rest: impl Iterator<Item = String>) -> Vec<String> {
    rest.enumerate().map(|(n, line)| format!("{:<12}{line}", if n == 0 { head } else { "" })).collect()
}

/// Frames that are shown: the first, the last, and some between.
fn moments(frames: usize) -> Vec<usize> {
    let last = frames.saturating_sub(1);
    let steps = MOMENTS.saturating_sub(1);
    let mut at: Vec<usize> = (0..=steps).map(|n| n * last / steps).collect();
    at.dedup();
    at
}

/// One line of a table: a name and a number for every moment.
fn row(name: &str, values: impl Iterator<Item = f32>) -> String {
    let cells: String = values.map(|value| format!("{value:>9.1}")).collect();
    format!("  {name:<10}{cells}")
}

/// Where each body is: as it stands on the stage, before the camera.
fn track_lines(scene: &Scene, plan: &Blocking) -> Vec<String> {
    let moments = moments(plan.frames());
    let mut lines = vec![row("seconds", moments.iter().map(|f| plan.time(*f)))];
    for actor in &plan.cast {
        let name = match (actor.role, scene.partner) {
            (Role::Partner, Some(partner)) => format!("partner, a {}", partner.subject),
            (Role::Partner, None) => "partner".to_owned(),
            (Role::Subject, _) => format!("subject, a {}", scene.subject),
        };
        let side = if actor.facing < 0.0 { "left" } else { "right" };
        let boom = actor.explosion.map_or_else(String::new, |at| format!(", explodes at {at:.2} s"));
        lines.push(format!("{name}, looks {side}{boom}"));
        let poses = || moments.iter().filter_map(|f| actor.poses.get(*f));
        lines.push(row("x", poses().map(|pose| pose.x)));
        lines.push(row("y", poses().map(|pose| pose.y)));
        lines.push(row("size", poses().map(|pose| pose.size)));
    }
    lines
}

/// A number of a camera's pose, by name.
type Dial = (&'static str, fn(&CameraPose) -> f32);

/// What the camera changes; what stays as at rest is left out.
fn camera_lines(scene: &Scene, plan: &Blocking) -> Vec<String> {
    const DIALS: [Dial; 5] = [
        ("right", |pose| pose.dx),
        ("down", |pose| pose.dy),
        ("zoom %", |pose| pose.zoom * 100.0),
        ("near %", |pose| pose.near * 100.0),
        ("orbit", |pose| pose.orbit),
    ];
    let mut lines = vec![format!("camera, {}", scene.camera)];
    for (name, read) in DIALS {
        let rest = read(&CameraPose::REST);
        if plan.camera.iter().any(|pose| read(pose) != rest) {
            let poses = moments(plan.frames()).into_iter().filter_map(|f| plan.camera.get(f));
            lines.push(row(name, poses.map(read)));
        }
    }
    if lines.len() == 1 {
        lines.push("  at rest".to_owned());
    }
    lines
}

/// Times of each kind of sound, by whose it is.
fn sound_lines(plan: &Blocking) -> Vec<String> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    for event in &plan.events {
        let whose = match event.role {
            Role::Subject => "subject",
            Role::Partner => "partner",
        };
        let kind = format!("{} ({whose})", format!("{:?}", event.sound).to_lowercase());
        let time = format!("{:.2}", event.time);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, times)) => times.push(time),
            None => kinds.push((kind, vec![time])),
        }
    }
    if kinds.is_empty() {
        return vec!["sounds: none of its own".to_owned()];
    }
    let mut lines = vec!["sounds, in seconds".to_owned()];
    for (kind, times) in kinds {
        for (n, some) in times.chunks(TIMES_A_LINE).enumerate() {
            lines.push(format!("  {:<17} {}", if n == 0 { &kind } else { "" }, some.join("  ")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use kinora_protocol::api::MakeShot;

    use super::*;

    fn board(prompts: &[&str]) -> Board {
        let shot = |prompt: &&str| MakeShot {
            prompt: (*prompt).to_owned(),
            millis: Some(2_500),
            transition: Transition::Dissolve,
        };
        let mut all = prompts.iter().map(shot);
        Board { first: all.next().unwrap(), next: all.collect() }
    }

    #[test]
    fn a_plan_says_scene_tracks_camera_and_sounds() {
        let staged = stage(board(&["a red fox runs along a beach, slow pan left, wobbly"]), 7).unwrap();
        let text = lines(&staged, 7).join("\n");
        for word in [
            "understood:",
            "ignored:    wobbly",
            "red fox",
            "seed 7",
            "30 frames in 2.5 s",
            "looks",
            "camera, pan left",
        ] {
            assert!(text.contains(word), "no {word:?} in\n{text}");
        }
        assert!(text.contains("step (subject)"), "{text}");
        let ours = text.lines().filter(|line| !line.starts_with("understood"));
        assert!(ours.map(str::chars).all(|line| line.count() <= 100), "{text}");
        let still = stage(board(&["a tree"]), 1).unwrap();
        assert!(lines(&still, 1).contains(&"  at rest".to_owned()));
    }

    #[test]
    fn a_plan_as_json_is_what_a_render_takes_back() {
        let staged = stage(board(&["two dogs run in the snow"]), 3).unwrap();
        let json = serde_json::to_vec(&staged[0].plan).unwrap();
        let plan = Blocking::from_json(&json).unwrap();
        assert_eq!(plan, staged[0].plan);
        ask::check_blocking(u32::try_from(plan.frames()).unwrap()).unwrap();
    }

    #[test]
    fn later_shots_keep_the_subject_and_have_a_seed_of_their_own() {
        let staged = stage(board(&["a purple cat in the city", "it dances", "it dances"]), 5).unwrap();
        assert!(staged.iter().all(|shot| shot.scene.subject == staged[0].scene.subject));
        assert!(staged.iter().all(|shot| shot.scene.colour == staged[0].scene.colour));
        assert_ne!(staged[1].plan, staged[2].plan);
        let text = lines(&staged, 5).join("\n");
        assert!(text.contains("shot 2, after a dissolve: it dances") && text.contains("seed 7"), "{text}");
        assert!(stage(board(&["a cat"; 9]), 5).is_err());
    }

    #[test]
    fn moments_are_few_and_hold_both_ends() {
        assert_eq!(moments(48), [0, 9, 18, 28, 37, 47]);
        assert_eq!(moments(3), [0, 1, 2]);
        assert_eq!(moments(1), [0]);
    }
}
