//! `kinora bench`: how fast and how heavy Kinora is on this machine, and how good its model is.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::context::Context;
use crate::bench::fingerprint::{self, FingerprintFigures};
use crate::bench::ingest::{self, IngestFigures};
use crate::bench::inspect::{self, InspectFigures};
use crate::bench::pocket::{self, PocketFigures};
use crate::bench::process::{self, ProcessFigures};
use crate::bench::provenance::{self, ProvenanceFigures};
use crate::bench::render::{self, RenderFigures};
use crate::bench::revoke::{self, RevokeFigures};
use crate::bench::screen::{self, ScreenFigures};
use crate::error::{self, CommandError};
use crate::output::size;

/// Records stored by the ingest measurement.
const RECORDS_DEFAULT: usize = 20_000;

/// Arguments of `kinora bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure; everything but `fingerprint`, `revoke` and `pocket` without a word.
    pub what: Option<What>,
    /// Clips to render: 1, for `fingerprint` 200, or of each split for `pocket` 512.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    pub clips: Option<u32>,
    /// Length of each clip, in seconds.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=6))]
    pub seconds: u32,
    /// Nodes for `revoke`.
    #[arg(long, default_value_t = revoke::NODES_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub nodes: u32,
    /// Records to ingest.
    #[arg(long, default_value_t = RECORDS_DEFAULT)]
    pub records: usize,
    /// How `pocket` is measured.
    #[command(flatten)]
    pub pocket: PocketArgs,
}

/// Arguments of `kinora bench pocket`.
#[derive(Debug, Args)]
pub struct PocketArgs {
    /// For `pocket`: a quick look at 64 clips of each split.
    #[arg(long)]
    pub quick: bool,
    /// For `pocket`: sampler steps of the clips that are scored [default: the engine's].
    #[arg(long)]
    pub steps: Option<u32>,
    /// For `pocket`: seed of the scenes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// For `pocket`: other weights than those of the program.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// For `pocket`: what each speed-up saves and costs, instead of the scores.
    #[arg(long, conflicts_with = "kernels")]
    pub speed: bool,
    /// For `pocket`: where the time of a clip goes, instead of the scores.
    #[arg(long)]
    pub kernels: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Seconds per clip, by stage.
    Render,
    /// Records per second through check and store.
    Ingest,
    /// Files per second through a warm inspector.
    Inspect,
    /// Milliseconds to sign a clip, and bytes of its manifest.
    Provenance,
    /// Start-up, memory and size of a node.
    Node,
    /// From start to the first frame of the terminal program.
    Screen,
    /// How well fingerprints tell clips apart and find copies. Takes minutes, so it must be asked for.
    Fingerprint,
    /// How fast a takedown reaches many nodes. Runs that many processes, so it must be asked for.
    Revoke,
    /// How good the model's clips are. Takes long, so it must be asked for.
    Pocket,
}

/// Everything measured; what was not asked for is absent.
#[derive(Debug, Default, Serialize)]
struct Figures {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    render: Option<RenderFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingest: Option<IngestFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inspect: Option<InspectFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<ProvenanceFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<ProcessFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screen: Option<ScreenFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<FingerprintFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke: Option<RevokeFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pocket: Option<PocketFigures>,
}

/// Runs it.
///
/// # Errors
/// When a measurement fails.
pub async fn run(args: Bench, context: &mut Context) -> Result<(), CommandError> {
    let wants = |what: What| args.what.is_none_or(|only| only == what);
    let mut figures = Figures { version: env!("CARGO_PKG_VERSION"), ..Figures::default() };
    let program = context.place.program.clone();
    // A folder of our own: the home stays as it is.
    let folder = std::env::temp_dir().join(format!("kinora-bench-{}", std::process::id()));
    let measured = async {
        if wants(What::Node) {
            context.output.note("starting a node …");
            figures.node = Some(process::run(&program, &folder.join("home")).await?);
        }
        if wants(What::Screen) {
            context.output.note("opening the terminal program …");
            let (program, home) = (program.clone(), folder.join("screen"));
            let task = tokio::task::spawn_blocking(move || screen::run(&program, &home));
            figures.screen = Some(task.await.map_err(|e| e.to_string())??);
        }
        if wants(What::Ingest) {
            context.output.note("ingesting records …");
            let (folder, records) = (folder.join("ingest"), args.records);
            std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
            let task = tokio::task::spawn_blocking(move || ingest::bench_ingest(&folder, records));
            figures.ingest = Some(task.await.map_err(|e| e.to_string())??);
        }
        if wants(What::Inspect) {
            context.output.note("inspecting clips …");
            figures.inspect = Some(inspect::run(&program, args.seconds).await?);
        }
        if wants(What::Provenance) {
            context.output.note("signing clips …");
            let task = tokio::task::spawn_blocking(provenance::run);
            figures.provenance = Some(task.await.map_err(|e| e.to_string())??);
        }
        if wants(What::Render) {
            context.output.note("rendering …");
            let threads = context.place.settings.threads;
            let clips = args.clips.unwrap_or(1);
            figures.render = Some(render::run(&program, clips, args.seconds, threads).await?);
        }
        if args.what == Some(What::Fingerprint) {
            let folder = folder.join("fingerprint");
            let (clips, threads) =
                (args.clips.unwrap_or(fingerprint::CLIPS_DEFAULT), context.place.settings.threads as usize);
            let measure = move |note: &mut dyn FnMut(String)| fingerprint::run(&folder, clips, threads, note);
            figures.fingerprint = Some(heard(context, measure).await?);
        }
        if args.what == Some(What::Revoke) {
            let (folder, output) = (folder.join("revoke"), &mut context.output);
            std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
            let note = &mut |line| output.note(line);
            figures.revoke = Some(revoke::run(&program, &folder, args.nodes, note).await?);
        }
        if args.what == Some(What::Pocket) {
            figures.pocket = Some(judge(&args, context).await?);
        }
        Ok::<(), String>(())
    }
    .await;
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|e| error::file("remove", &folder, &e))?;
    }
    measured.map_err(|reason| error::system(format!("the measurement failed: {reason}")))?;
    if context.output.is_json() {
        return context.output.json(&figures);
    }
    for line in lines(&figures) {
        context.output.line(line)?;
    }
    Ok(())
}

/// Measures the model.
async fn judge(args: &Bench, context: &mut Context) -> Result<PocketFigures, String> {
    let asked = &args.pocket;
    let (table, usual) = match (asked.speed, asked.kernels) {
        (true, _) => (pocket::Table::Speed, pocket::CLIPS_SPEED),
        (_, true) => (pocket::Table::Cost, 1),
        _ if asked.quick => (pocket::Table::Score, pocket::CLIPS_QUICK),
        _ => (pocket::Table::Score, pocket::CLIPS_DEFAULT),
    };
    let weights = asked.weights.as_ref().map(|path| {
        std::fs::read(path).map_err(|e| format!("the weights {} cannot be read: {e}", path.display()))
    });
    let plan = pocket::Plan {
        clips: args.clips.unwrap_or(usual),
        seed: asked.seed,
        steps: asked.steps,
        threads: context.place.settings.threads as usize,
        weights: weights.transpose()?,
        table,
    };
    heard(context, move |note| pocket::run(&plan, note)).await
}

/// Measures on a thread of its own and says meanwhile how far it is.
async fn heard<T: Send + 'static>(
    context: &mut Context,
    measure: impl FnOnce(&mut dyn FnMut(String)) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (said, mut heard) = tokio::sync::mpsc::channel(16);
    let task = tokio::task::spawn_blocking(move || {
        measure(&mut |line| {
            // Nobody listens any more only when the command was given up.
            let _listened = said.blocking_send(line);
        })
    });
    while let Some(line) = heard.recv().await {
        context.output.note(line);
    }
    task.await.map_err(|e| e.to_string())?
}

fn lines(figures: &Figures) -> Vec<String> {
    let mut lines = figures.pocket.as_ref().map(pocket::lines).unwrap_or_default();
    if let Some(node) = &figures.node {
        let memory = node.idle_rss_bytes.map_or_else(|| "unknown".to_owned(), size);
        lines.push(format!(
            "node      ready in {} ms (first run {} ms)",
            node.ready_millis, node.first_ready_millis
        ));
        lines.push(format!("memory    {memory} idle"));
        lines.push(format!("binary    {}", size(node.binary_bytes)));
    }
    if let Some(screen) = &figures.screen {
        lines.push(format!(
            "screen    first frame after {:.0} ms (slowest of {}: {:.0} ms), gone {:.0} ms after q",
            screen.first_frame_millis, screen.runs, screen.first_frame_millis_max, screen.end_millis
        ));
    }
    if let Some(ingest) = &figures.ingest {
        let rate = ingest.records as f64 / ingest.seconds.max(f64::MIN_POSITIVE);
        lines.push(format!(
            "ingest    {rate:.0} records/s ({} records in {:.2} s)",
            ingest.records, ingest.seconds
        ));
    }
    lines.extend(figures.inspect.iter().flat_map(inspect::lines));
    lines.extend(figures.provenance.iter().flat_map(provenance::lines));
    lines.extend(figures.revoke.iter().flat_map(revoke::lines));
    lines.extend(figures.fingerprint.iter().flat_map(fingerprint::lines));
    if let Some(render) = &figures.render {
        lines.push(format!(
            "render    {:.1} s for {:.0} s of clip ({:.2} × real time), {} on {}, {} steps",
            render.seconds_per_clip,
            render.clip_seconds,
            render.real_time_factor,
            render.engine,
            render.executor,
            render.steps
        ));
        for (stage, figure) in &render.stages {
            lines.push(format!(
                "  {stage:<8}{:.2} s ({:.1} × real time)",
                figure.seconds, figure.real_time_factor
            ));
        }
    }
    lines
}
