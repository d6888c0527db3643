//! `kinora make`: prompt to published clip.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use kinora_models::pocket;
use kinora_protocol::api::{
    ApiError, Blame, Event, Job, JobId, JobState, MakeCameo, MakeRequest, Request, Response,
};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::recipe::{Recipe, Switches};
use kinora_protocol::record::Audience;
use kinora_protocol::shot::{Reading, Understood};
use serde::Serialize;
use tokio::sync::mpsc;

use super::cameo::policy::purpose;
use super::cameo::request;
use super::context::Context;
use super::given::Given;
use super::play;
use super::session::{Network, unexpected};
use super::shots::{Board, Shots, scaled};
use crate::error::{self, CommandError, Hint as _};
use crate::output::Output;
use crate::studio::ask;

/// How often the job is asked after when no event comes.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// The engines of this build.
const ENGINES: &[&str] = &["pocket", pocket::ENGINE];

/// Arguments of `kinora make`.
#[derive(Debug, Args)]
pub struct Make {
    /// What to show, in a sentence.
    #[arg(required_unless_present = "storyboard")]
    pub prompt: Option<String>,
    /// How it is made.
    #[command(flatten)]
    pub how: How,
    /// One shot or several.
    #[command(flatten)]
    pub shots: Shots,
    /// Files it is made from.
    #[command(flatten)]
    pub given: Given,
    /// What makes it quicker.
    #[command(flatten)]
    pub switches: SpeedUps,
}

/// Numbers of a render, and what becomes of the clip.
#[derive(Clone, Debug, Default, Args)]
pub struct How {
    /// Seed: the same prompt, seed and settings give the same clip [default: drawn].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Length of each shot in seconds, 1 to 6 [default: 4; for a remix, that of its parent].
    #[arg(long)]
    pub seconds: Option<f64>,
    /// Sampler steps [default: the engine's].
    #[arg(long)]
    pub steps: Option<u32>,
    /// How strictly the prompt is followed, 1 to 8 [default: the engine's].
    #[arg(long)]
    pub guidance: Option<f64>,
    /// The engine that renders.
    #[arg(long, default_value = "pocket")]
    pub engine: String,
    /// Keep it as a draft; publish it later with `kinora publish`.
    #[arg(long)]
    pub draft: bool,
    /// Do not play it.
    #[arg(long)]
    pub no_play: bool,
    /// Also write the clip to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Its licence as an SPDX expression, for example CC-BY-4.0 [default: the setting `licence`; without one, all rights
    /// stay with you].
    #[arg(long, value_name = "SPDX")]
    pub licence: Option<String>,
    /// The author of the clip it is made from permitted it.
    #[arg(long)]
    pub permitted: bool,
    /// What you say of it, for example violence or satire; may be repeated. It is labelled synthetic anyway.
    #[arg(long = "label", value_name = "VALUE")]
    pub labels: Vec<String>,
    /// Show somebody who consented: the id of their cameo. The clip waits as a draft until they approve it.
    #[arg(long, value_name = "ID")]
    pub cameo: Option<Rid>,
    /// What the clip is for, with --cameo; may be repeated.
    #[arg(long = "for", value_name = "PURPOSE", requires = "cameo", default_value = "comedy")]
    pub purposes: Vec<String>,
}

/// Speed-ups of the sampler.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Quicker, and a little different")]
pub struct SpeedUps {
    /// Take the sampler's last steps in one.
    #[arg(long)]
    pub leap: bool,
    /// Let frames that hardly differ share their work.
    #[arg(long)]
    pub merge: bool,
    /// Skip steps that would change little.
    #[arg(long)]
    pub cache: bool,
}

/// The last line of `--json`. These keys stay.
#[derive(Debug, Serialize)]
struct Made<'a> {
    clip: Option<Rid>,
    blob: BlobHash,
    file: Option<String>,
    seconds: f64,
    elapsed: f64,
    recipe: Option<&'a Recipe>,
    understood: Vec<&'a Understood>,
    ignored: Vec<&'a String>,
    /// The number of the draft, when it was not published.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    /// Who has to approve it, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<String>,
}

/// Runs it.
///
/// # Errors
/// What was wrong with the request, the render or the machine.
pub async fn run(args: Make, context: &mut Context) -> Result<(), CommandError> {
    let mut request = request_of(&args)?;
    let prompts = std::iter::once(&request.prompt).chain(request.next.iter().map(|shot| &shot.prompt));
    let readings: Vec<Reading> = prompts.map(|prompt| ask::read(prompt)).collect::<Result<_, _>>()?;
    ask::check(&request)?;
    let How { draft, no_play, out, .. } = &args.how;
    if let Some(out) = out {
        check_target(out)?;
    }
    request.materials = args.given.files(&context.inspectors).await?;
    let network = if *draft { Network::Off } else { Network::On };
    let events = context.session(network).await?.client.events().await?;
    if let Some(parent) = args.given.clip(context, network).await? {
        request.materials.parent = Some(parent);
    }
    tell_readings(&mut context.output, &readings);
    let job = match context.call(network, Request::Make(Box::new(request))).await? {
        Response::Job(job) => job,
        other => return Err(unexpected(&other).into()),
    };
    context.job = Some(job.id);
    // A clip that shows somebody may become a draft although none was asked for: its number is needed to publish it.
    if (*draft || args.how.cameo.is_some()) && context.output.is_json() {
        context.output.json(&serde_json::json!({ "job": job.id }))?;
    }
    let job = follow(context, network, job.id, events).await?;
    context.job = None;
    context.output.end_progress();
    let (clip, blob) = result_of(&job)?;
    let wanted = out.is_some() || (!no_play && context.output.is_watched());
    let bytes = if wanted { Some(context.session(network).await?.client.blob(blob).await?) } else { None };
    if let (Some(out), Some(bytes)) = (out, &bytes) {
        std::fs::write(out, bytes).map_err(|e| error::file("write", out, &e))?;
    }
    let waits_for = match clip {
        Some(_) => None,
        None => request::of_draft(context, network, job.id).await?.and_then(|view| view.waits_for()),
    };
    tell_result(context, &args, (&job, &readings), (clip, blob), waits_for)?;
    match bytes {
        Some(bytes) if !no_play && context.output.is_watched() => play::bytes(context, bytes).await,
        _ => Ok(()),
    }
}

/// The numbers as the API wants them.
fn request_of(args: &Make) -> Result<MakeRequest, ApiError> {
    let how = &args.how;
    if !ENGINES.contains(&how.engine.as_str()) {
        let name: String = how.engine.chars().take(40).flat_map(char::escape_default).collect();
        return Err(
            error::request(format!("there is no engine {name:?} in this build")).hint("use --engine pocket")
        );
    }
    let Board { first, next } = args.shots.board(args.prompt.as_deref(), how.seconds)?;
    let guidance_percent = how.guidance.map(|g| scaled("--guidance", g, 100.0)).transpose()?;
    how.purposes.iter().try_for_each(|word| purpose(word))?;
    let purposes = how.purposes.clone();
    let cameo = how.cameo.map(|cameo| Box::new(MakeCameo::new(cameo, purposes, Audience::Public)));
    let SpeedUps { leap, merge, cache } = args.switches;
    Ok(MakeRequest {
        prompt: first.prompt,
        seed: how.seed,
        millis: first.millis,
        steps: how.steps,
        guidance_percent,
        draft: how.draft,
        next,
        cameo,
        switches: Switches { leap, merge, cache },
        licence: how.licence.clone(),
        permitted: how.permitted,
        labels: how.labels.clone(),
        ..MakeRequest::default()
    })
}

/// Whether the file can be written is better known before the render than after it.
fn check_target(out: &Path) -> Result<(), ApiError> {
    let folder = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if out.is_dir() || !folder.is_dir() {
        return Err(error::request(format!(
            "{} cannot be written: its folder does not exist, or it is one",
            out.display()
        ))
        .hint("choose another --out"));
    }
    Ok(())
}

/// Says of each shot what was understood; its number only when there are several.
fn tell_readings(output: &mut Output, readings: &[Reading]) {
    for (n, reading) in readings.iter().enumerate() {
        if readings.len() > 1 {
            output.note(format!("shot {}", n + 1));
        }
        for line in reading_lines(reading) {
            output.note(line);
        }
    }
}

/// What was understood of a prompt, and what was not.
#[must_use]
pub fn reading_lines(reading: &Reading) -> Vec<String> {
    let words: Vec<String> =
        reading.understood.iter().map(|u| format!("{} → {} {}", u.phrase, u.axis, u.value)).collect();
    let mut lines = vec![if words.is_empty() {
        "understood: nothing; everything is chosen by seed".to_owned()
    } else {
        format!("understood: {}", words.join(" · "))
    }];
    if !reading.ignored.is_empty() {
        lines.push(format!("ignored:    {}", reading.ignored.join(" · ")));
    }
    lines
}

/// Shows progress until the job has ended.
async fn follow(
    context: &mut Context,
    network: Network,
    id: JobId,
    mut events: mpsc::Receiver<Event>,
) -> Result<Job, CommandError> {
    let mut waits = false;
    loop {
        let event = tokio::time::timeout(ASK_EVERY, events.recv()).await;
        let job = match event {
            Ok(Some(Event::Job(job))) if job.id == id => Some(*job),
            Ok(Some(_)) => None,
            // Silence, or the stream broke: ask.
            Ok(None) | Err(_) => {
                if matches!(event, Ok(None)) {
                    tokio::time::sleep(ASK_EVERY).await;
                }
                Some(ask(context, network, id).await?)
            }
        };
        let Some(job) = job else { continue };
        match job.state {
            JobState::Queued if !waits => {
                waits = true;
                if ahead(context, network, id).await? > 0 {
                    context.output.note("waiting for the job before it …");
                }
            }
            JobState::Queued => {}
            JobState::Running { .. } => context.output.progress(&job),
            _ => return Ok(job),
        }
    }
}

async fn jobs(context: &mut Context, network: Network) -> Result<Vec<Job>, ApiError> {
    match context.call(network, Request::Jobs).await? {
        Response::Jobs { jobs } => Ok(jobs),
        other => Err(unexpected(&other)),
    }
}

async fn ask(context: &mut Context, network: Network, id: JobId) -> Result<Job, ApiError> {
    let jobs = jobs(context, network).await?;
    jobs.into_iter().find(|job| job.id == id).ok_or_else(|| error::missing(format!("job {id} is gone")))
}

async fn ahead(context: &mut Context, network: Network, id: JobId) -> Result<usize, ApiError> {
    let jobs = jobs(context, network).await?;
    let open = |job: &&Job| matches!(job.state, JobState::Queued | JobState::Running { .. });
    Ok(jobs.iter().filter(open).filter(|job| job.id < id).count())
}

/// Clip and blob of a job that went well.
fn result_of(job: &Job) -> Result<(Option<Rid>, BlobHash), CommandError> {
    match &job.state {
        JobState::Published { clip, blob } => Ok((Some(*clip), *blob)),
        JobState::Draft { blob } => Ok((None, *blob)),
        JobState::Cancelled => {
            Err(error::fail(Blame::Request, format!("job {} was cancelled", job.id)).into())
        }
        JobState::Failed { reason } => Err(error::system(format!("the clip could not be made: {reason}"))
            .hint("`kinora doctor` checks the render worker; the log says more")
            .into()),
        JobState::Queued | JobState::Running { .. } => Err(error::internal("the job has not ended").into()),
    }
}

fn tell_result(
    context: &mut Context,
    args: &Make,
    (job, readings): (&Job, &[Reading]),
    (clip, blob): (Option<Rid>, BlobHash),
    waits_for: Option<String>,
) -> Result<(), CommandError> {
    let elapsed = job.elapsed_millis as f64 / 1000.0;
    let seconds = job.millis as f64 / 1000.0;
    if context.output.is_json() {
        let file = args
            .how
            .out
            .as_ref()
            .map(|out| std::path::absolute(out).unwrap_or_else(|_| out.clone()).display().to_string());
        let understood = readings.iter().flat_map(|reading| &reading.understood).collect();
        let ignored = readings.iter().flat_map(|reading| &reading.ignored).collect();
        let recipe = job.recipe.as_ref();
        let job = clip.is_none().then_some(job.id);
        let made = Made { clip, blob, file, seconds, elapsed, recipe, understood, ignored, job, waits_for };
        return context.output.json(&made);
    }
    let what = format!("{seconds:.1} s, made in {elapsed:.1} s, seed {}", job.seed);
    match clip {
        Some(clip) => context.output.line(format!("published {clip}  ({what})"))?,
        None => {
            context.output.line(format!("draft {}  ({what})", job.id))?;
            request::tell_draft(context, job.id, waits_for.as_deref());
        }
    }
    if let Some(out) = &args.how.out {
        context.output.note(format!("written to {}", out.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> Make {
        with(How::default())
    }

    /// A request with the usual numbers and these other things.
    fn with(how: How) -> Make {
        let how = How {
            seconds: how.seconds.or(Some(2.5)),
            guidance: Some(1.5),
            engine: if how.engine.is_empty() { "pocket".into() } else { how.engine },
            no_play: true,
            ..how
        };
        Make {
            prompt: Some("a fox".into()),
            how,
            shots: Shots::default(),
            given: Given::default(),
            switches: SpeedUps::default(),
        }
    }

    #[test]
    fn numbers_become_what_the_api_wants() {
        let request = request_of(&args()).unwrap();
        assert_eq!((request.millis, request.guidance_percent), (Some(2_500), Some(150)));
        for seconds in [f64::NAN, f64::INFINITY, -1.0, 1e30] {
            let wrong = with(How { seconds: Some(seconds), ..How::default() });
            assert_eq!(request_of(&wrong).unwrap_err().blame, Blame::Request);
        }
        let other = request_of(&with(How { engine: "sora\u{1b}".into(), ..How::default() })).unwrap_err();
        assert!(other.message.contains("no engine") && !other.message.contains('\u{1b}'));
    }

    #[test]
    fn shots_and_switches_become_what_the_api_wants() {
        let shots = Shots { further: vec!["dissolve:a cat".into()], storyboard: None };
        let switches = SpeedUps { cache: true, ..SpeedUps::default() };
        let request = request_of(&Make { shots, switches, ..args() }).unwrap();
        assert_eq!((request.prompt.as_str(), request.next[0].prompt.as_str()), ("a fox", "a cat"));
        assert_eq!(request.next[0].millis, Some(2_500));
        assert_eq!(request.switches, Switches { cache: true, ..Switches::default() });
    }

    #[test]
    fn a_target_that_cannot_be_written_is_found_before_the_render() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_target(folder.path()).is_err());
        assert!(check_target(&folder.path().join("none").join("a.mp4")).is_err());
        assert!(check_target(&folder.path().join("a.mp4")).is_ok());
        assert!(check_target(Path::new("a.mp4")).is_ok());
    }
}
