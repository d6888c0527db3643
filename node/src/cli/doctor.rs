//! `kinora doctor`: what works on this machine, and what to do about what does not.

use std::time::{Duration, Instant};

use clap::Args;
use kinora_models::blocking::{self, Blocking};
use kinora_protocol::api::{Request, Response, Status};
use kinora_protocol::job::{FromWorker, RenderRequest, ToWorker};
use kinora_protocol::shot::Shot;
use serde::Serialize;

mod inspector;

use super::context::Context;
use super::session::Network;
use crate::error::{self, CommandError};
use crate::output::size;
use crate::studio::process::{Worker, WorkerEnd};

/// Free space below which a warning is given, in bytes.
const FREE_BYTES_MIN: u64 = 500 * 1024 * 1024;
/// Longest wait for the test render.
const RENDER_MAX: Duration = Duration::from_secs(120);
/// How long addresses may take to appear.
const LISTEN_MAX: Duration = Duration::from_secs(3);
/// Programs that take sound on their standard input.
const SOUND_PROGRAMS: &[&str] = &["pw-cat", "pacat", "paplay", "aplay"];

/// Arguments of `kinora doctor`.
#[derive(Debug, Args)]
pub struct Doctor {}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Works.
    Pass,
    /// Works, but.
    Warn,
    /// Does not work.
    Fail,
}

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    detail: String,
    hint: &'static str,
}

impl Check {
    fn pass(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: State::Pass, detail: detail.into(), hint: "" }
    }

    fn warn(name: &'static str, detail: impl Into<String>, hint: &'static str) -> Self {
        Self { name, state: State::Warn, detail: detail.into(), hint }
    }

    fn fail(name: &'static str, detail: impl Into<String>, hint: &'static str) -> Self {
        Self { name, state: State::Fail, detail: detail.into(), hint }
    }
}

/// Runs it.
///
/// # Errors
/// When a check failed; its line says which.
pub async fn run(_: Doctor, context: &mut Context) -> Result<(), CommandError> {
    let mut checks = Vec::new();
    match status(context).await {
        Err(error) => {
            let hint = "the lines below may be wrong until the home can be used";
            checks.push(Check::fail("home", error.to_string(), hint));
        }
        Ok(status) => {
            checks.push(home(&status));
            checks.push(keystore(&status));
            checks.push(store(context, &status).await);
            checks.push(listening(context, status).await);
        }
    }
    checks.push(planner());
    checks.push(worker(context).await);
    checks.push(inspector::check(&context.place.program).await);
    checks.push(terminal(&context.environment));
    checks.push(sound(&context.environment));
    if context.output.is_json() {
        context.output.json(&serde_json::json!({ "checks": checks }))?;
    } else {
        for check in &checks {
            let word = match check.state {
                State::Pass => "pass",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            context.output.line(format!("{word}  {:<9} {}", check.name, check.detail))?;
            if !check.hint.is_empty() {
                context.output.line(format!("                → {}", check.hint))?;
            }
        }
    }
    let failed = checks.iter().any(|check| check.state == State::Fail);
    if failed {
        Err(CommandError::Said(error::exit_code(kinora_protocol::api::Blame::System)))
    } else {
        Ok(())
    }
}

async fn status(context: &mut Context) -> Result<Status, CommandError> {
    match context.call(Network::On, Request::Status).await? {
        Response::Status(status) => Ok(*status),
        other => Err(super::session::unexpected(&other).into()),
    }
}

fn home(status: &Status) -> Check {
    match rustix::fs::statvfs(status.home.as_str()) {
        Err(error) => {
            Check::fail("home", format!("{}: {error}", status.home), "check the path and who owns it")
        }
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let detail = format!("{}, {} free", status.home, size(free));
            if free < FREE_BYTES_MIN {
                Check::warn("home", detail, "free some space: a node that cannot write stops taking clips")
            } else {
                Check::pass("home", detail)
            }
        }
    }
}

fn keystore(status: &Status) -> Check {
    if status.keystore_passphrase {
        Check::pass("keys", format!("encrypted, author {}", status.author.short()))
    } else {
        let hint = "whoever can read the home is you; a home made with KINORA_PASSPHRASE set is encrypted";
        Check::warn("keys", format!("author {}, not encrypted", status.author.short()), hint)
    }
}

/// Reads a page of everything the feed is made of.
async fn store(context: &mut Context, status: &Status) -> Check {
    let what = format!("{} records, {} blobs ({})", status.records, status.blobs, size(status.bytes));
    match context.feed(None, kinora_protocol::limits::FEED_PAGE_MAX).await {
        Ok(_) => Check::pass("store", what),
        Err(error) => Check::fail("store", error.message, "move records.redb aside; peers give records back"),
    }
}

async fn listening(context: &mut Context, mut status: Status) -> Check {
    let start = Instant::now();
    while status.addresses.is_empty() && start.elapsed() < LISTEN_MAX {
        tokio::time::sleep(Duration::from_millis(100)).await;
        match self::status(context).await {
            Ok(fresh) => status = fresh,
            Err(error) => return Check::fail("network", error.to_string(), "try again"),
        }
    }
    match status.addresses.first() {
        Some(first) => {
            let more = status.addresses.len().saturating_sub(1);
            Check::pass("network", format!("listens on {first} and {more} more, {} peers", status.peers))
        }
        None => Check::fail(
            "network",
            "listens nowhere",
            "another program may use the port: choose another --listen",
        ),
    }
}

/// A plan, written and read back as `kinora plan` and `kinora make --blocking` do.
fn planner() -> Check {
    let hint = "please report this: it is a defect of Kinora";
    let plan = blocking::plan(&blocking::fill(&Shot::default(), 1), 1, crate::studio::FPS as usize);
    let read = serde_json::to_vec(&plan)
        .map_err(|e| e.to_string())
        .and_then(|json| Blocking::from_json(&json).map_err(|fault| fault.to_string()));
    match read {
        Ok(read) if read == plan => {
            let (frames, sounds) = (plan.frames(), plan.events.len());
            Check::pass(
                "planner",
                format!("a blocking of {frames} frames and {sounds} sounds, there and back"),
            )
        }
        Ok(_) => Check::fail("planner", "a blocking changes when it is written and read", hint),
        Err(reason) => Check::fail("planner", reason, hint),
    }
}

/// A tiny render through the real worker.
async fn worker(context: &Context) -> Check {
    let hint = "the log in the home says more; memory may be short";
    let start = Instant::now();
    let request = RenderRequest {
        shot: Shot::default(),
        seed: 1,
        frames: crate::studio::FPS,
        steps: Some(1),
        threads: context.place.settings.threads,
        ..RenderRequest::default()
    };
    let render = async {
        let mut worker = Worker::start(&context.place.program, &ToWorker::Render(request)).await?;
        match worker.last().await? {
            FromWorker::Done(rendered) => {
                Ok(rendered.recipe.ok_or_else(|| "a clip without a recipe".to_owned()))
            }
            FromWorker::Failed { reason } => Ok(Err(reason)),
            FromWorker::Compared(_) | FromWorker::Progress { .. } => Err(WorkerEnd::Other),
        }
    };
    let ended: Result<Result<_, WorkerEnd>, _> = tokio::time::timeout(RENDER_MAX, render).await;
    match ended {
        Ok(Ok(Ok(recipe))) => {
            let (engine, executor) = (&recipe.engine, &recipe.executor);
            let seconds = start.elapsed().as_secs_f64();
            Check::pass("worker", format!("{engine} on {executor}: one second, one step, in {seconds:.1} s"))
        }
        Ok(Ok(Err(reason))) => Check::fail("worker", reason, hint),
        Ok(Err(end)) => Check::fail("worker", end.to_string(), hint),
        Err(_) => Check::fail("worker", format!("no clip within {} s", RENDER_MAX.as_secs()), hint),
    }
}

fn terminal(environment: &kinora_tui::Environment) -> Check {
    let term = kinora_protocol::text::Text::line(&environment.term, 40);
    if environment.dumb() || environment.term.is_empty() {
        Check::warn(
            "terminal",
            format!("TERM is {term:?}: lines only"),
            "use a terminal with colours for pictures",
        )
    } else if environment.truecolor() {
        Check::pass("terminal", format!("{term}, 24-bit colours"))
    } else {
        let hint = "set COLORTERM=truecolor if your terminal has 24-bit colours";
        Check::warn("terminal", format!("{term}: 256 colours assumed"), hint)
    }
}

fn sound(environment: &kinora_tui::Environment) -> Check {
    let found =
        SOUND_PROGRAMS.iter().find(|name| environment.path.iter().any(|folder| folder.join(name).is_file()));
    let socket =
        environment.runtime_dir.as_ref().map(|dir| dir.join("pulse/native")).filter(|path| path.exists());
    match (socket, found) {
        (Some(socket), _) => Check::pass("sound", format!("a sound server at {}", socket.display())),
        (None, Some(program)) => Check::pass("sound", format!("through {program}")),
        (None, None) => Check::warn(
            "sound",
            "no way to a loudspeaker found",
            "install pipewire or pulseaudio; clips play silently",
        ),
    }
}
