//! The `kinora` binary: reads the command line, sets up logging and the runtime, runs one verb, gives the exit code.
//!
//! `kinora engine` and `kinora inspect` are taken first and apart: a worker and an inspector set up nothing that they do
//! not need.

use std::io;
use std::process::ExitCode;

use kinora_node::cli::context::{Context, Place};
use kinora_node::cli::{self, Cli, Common, Verb};
use kinora_node::error::{self, CommandError};
use kinora_node::inspector::{self, InspectorError};
use kinora_node::output::Output;
use kinora_node::settings::{Flags, Settings};
use kinora_node::{log, worker};

/// Threads of the runtime: it waits for sockets and disks; renders have a process of their own.
const RUNTIME_THREADS: usize = 2;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    match args.nth(1) {
        Some(first) if first == "engine" => return engine(),
        Some(first) if first == "inspect" => return inspect(),
        _ => {}
    }
    let wants_json = std::env::args_os().skip(1).take_while(|a| a != "--").any(|a| a == "--json");
    let mut output = Output::new(wants_json);
    let result = match cli::parse(std::env::args_os()) {
        Ok(cli) => run(cli, Output::new(wants_json)),
        Err(usage) => usage_result(&usage, wants_json),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.failure(&error);
            ExitCode::from(error.exit())
        }
    }
}

/// Help and version are answers; everything else clap says is a request error.
fn usage_result(usage: &clap::Error, json: bool) -> Result<(), CommandError> {
    if json && usage.use_stderr() {
        let text = usage.to_string();
        let first = text.lines().next().unwrap_or("the command line is wrong");
        return Err(error::request(first.trim_start_matches("error: ")).into());
    }
    usage.print()?;
    if usage.use_stderr() { Err(CommandError::Said(2)) } else { Ok(()) }
}

/// The render worker: limits first, then one message, then frames.
fn engine() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).without_time().init();
    worker::confine();
    let served = worker::take_stdout().map_err(worker::WorkerError::from).and_then(|frames| {
        let message = worker::read_message(io::stdin().lock())?;
        worker::watch_parent();
        worker::serve(message, io::BufWriter::new(frames))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the render worker gives up");
            ExitCode::FAILURE
        }
    }
}

/// The inspector: confined before the first byte, then one message after another.
fn inspect() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).without_time().init();
    let served = worker::take_stdout().map_err(InspectorError::from).and_then(|frames| {
        let confinement = inspector::confine::confine();
        inspector::serve(io::stdin().lock(), io::BufWriter::new(frames), &confinement)
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the inspector gives up");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, mut output: Output) -> Result<(), CommandError> {
    let Cli { common, screen, verb } = cli;
    // A plan is a function of its words: it needs no home, and none is made for it.
    if let Some(Verb::Plan(args)) = &verb {
        return cli::plan::run(args, &mut output);
    }
    let place = place(common)?;
    let file = place.home.join("log");
    let to = if matches!(&verb, Some(Verb::Node(_))) { None } else { Some(file.as_path()) };
    log::start(place.settings.log.as_deref(), to)
        .map_err(|e| error::request(format!("the log filter cannot be read: {e}")))?;
    let environment = environment();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(RUNTIME_THREADS)
        .thread_name("kinora")
        .enable_all()
        .build()
        .map_err(|e| error::system(format!("the runtime cannot be started: {e}")))?;
    let mut context = Context::new(output, place, environment);
    let result = runtime.block_on(Box::pin(async {
        let result = {
            let verb = Box::pin(cli::dispatch(verb, screen, &mut context));
            tokio::select! {
                result = verb => result,
                _ = cli::signal() => Err(CommandError::Interrupted),
            }
        };
        context.finish(&result).await;
        result
    }));
    // A blocked terminal read must not keep the process alive.
    runtime.shutdown_background();
    result
}

/// Resolves settings once, and finds this program.
fn place(common: Common) -> Result<Place, CommandError> {
    let flags = Flags {
        home: common.home,
        listen: common.listen,
        peers: common.peer,
        no_mdns: common.no_mdns,
        log: common.log,
        threads: common.threads,
    };
    let (home, settings) = Settings::resolve(&flags)?;
    let program = std::env::current_exe()
        .map_err(|e| error::system(format!("this program cannot find itself: {e}")))?;
    Ok(Place { home, settings, program })
}

#[expect(clippy::disallowed_methods, reason = "the terminal's variables are read here, once")]
fn environment() -> kinora_tui::Environment {
    kinora_tui::Environment::read(|name| std::env::var(name).ok())
}
