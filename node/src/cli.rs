//! The command line: words to calls. One verb per file; each speaks to a node over its control socket and nothing
//! else, embedding a node for the moment when none runs.

pub mod context;
pub mod given;
pub mod session;
pub mod shots;

pub mod audit;
pub mod bench;
pub mod block;
pub mod cameo;
pub mod comment;
pub mod delete;
pub mod doctor;
pub mod export;
pub mod feed;
pub mod find;
pub mod follow;
pub mod import;
pub mod key;
pub mod label;
pub mod labeler;
pub mod lineage;
pub mod make;
pub mod moderate;
pub mod node;
pub mod plan;
pub mod play;
pub mod profile;
pub mod publish;
pub mod react;
pub mod remix;
pub mod show;
pub mod status;
pub mod tui;
pub mod verify;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::error::{CommandError, EXIT_CODES, request};
use context::Context;

/// Kinora: type a prompt, get a short clip with sound, made on your own machine; sign it, publish it, watch your
/// friends' clips.
#[derive(Debug, Parser)]
#[command(name = "kinora", version, max_term_width = 100)]
pub struct Cli {
    /// What every verb understands.
    #[command(flatten)]
    pub common: Common,
    /// What the terminal program understands.
    #[command(flatten)]
    pub screen: tui::Screen,
    /// The verb; without one, the terminal program opens.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What every verb understands.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Write JSON to standard output and nothing else.
    #[arg(long, global = true)]
    pub json: bool,
    /// Home folder [default: the platform's data folder; environment: KINORA_HOME].
    #[arg(long, global = true, value_name = "FOLDER")]
    pub home: Option<PathBuf>,
    /// Address to listen on, for example /ip4/0.0.0.0/tcp/4001; may be repeated [environment: KINORA_LISTEN].
    #[arg(long, global = true, value_name = "MULTIADDR")]
    pub listen: Vec<String>,
    /// Address of a peer to connect to, ending in /p2p/…; may be repeated [environment: KINORA_PEERS].
    #[arg(long, global = true, value_name = "MULTIADDR")]
    pub peer: Vec<String>,
    /// Do not look for peers in the local network [environment: KINORA_MDNS=off].
    #[arg(long, global = true)]
    pub no_mdns: bool,
    /// What is logged: error, warn, info, debug, trace, or a filter [environment: KINORA_LOG].
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
    /// Threads a render may use; 0 takes all [environment: KINORA_THREADS].
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<u32>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a clip from a prompt, sign it, publish it and play it.
    Make(make::Make),
    /// Make a clip from another: new words over it, what comes after it, or a part of it.
    Remix(remix::Remix),
    /// Say how a prompt is understood and staged, without rendering; writes the plan as JSON to be edited.
    Plan(plan::Plan),
    /// Publish a draft; without a number, list the drafts.
    Publish(publish::Publish),
    /// List what you and the people you follow made, newest first.
    Feed(feed::Feed),
    /// Play a clip or a file in the terminal, with sound.
    Play(play::Play),
    /// Show everything about a clip.
    Show(show::Show),
    /// Show what a clip was made from, and what was made from it.
    Lineage(lineage::Ancestry),
    /// Make a clip again from its recipe and say whether it is the same.
    Audit(audit::Audit),
    /// Check a clip or any file: one sentence, then the reasons. Exit code 0 only for verified.
    Verify(verify::Verify),
    /// Find the known clips that a file, a clip or a mark's tag points to.
    Find(find::Find),
    /// Follow an author; without an id, list whom you follow.
    Follow(follow::Follow),
    /// Stop following an author.
    Unfollow(follow::Unfollow),
    /// Set a reaction on a clip, or take it back.
    React(react::React),
    /// Comment on a clip.
    Comment(comment::Comment),
    /// Your likeness in other people's clips: enrol, grant, approve, take back.
    Cameo(cameo::Cameo),
    /// Say something of a clip, as a labeler, or take it off.
    Label(label::Label),
    /// Whose labels count here, and what you label yourself.
    Labeler(labeler::Labeler),
    /// Hide or show a clip here; without one, list what labels do to clips.
    Moderate(moderate::Moderate),
    /// Lists of clips that must not be shown: yours, and those you subscribe to.
    Block(block::Block),
    /// Delete a clip or another record of yours.
    Delete(delete::Delete),
    /// Write a clip to a file.
    Export(export::Export),
    /// Publish a clip from an AV1 + Opus MP4 file.
    Import(import::Import),
    /// Show or change your name and biography.
    Profile(profile::Profile),
    /// Run a node without the terminal program, or tell a running one to dial or stop.
    Node(node::Run),
    /// Say how the node stands.
    Status(status::Status),
    /// Show your keys.
    Key(key::Key),
    /// Check this machine and say what to do about what does not work.
    Doctor(doctor::Doctor),
    /// Measure rendering, ingest, memory and start-up.
    Bench(bench::Bench),
    /// The exit codes.
    #[command(hide = true)]
    ExitCodes,
    /// The render worker.
    #[command(hide = true)]
    Engine,
    /// The inspector of hostile media.
    #[command(hide = true)]
    Inspect,
}

/// Reads the command line.
///
/// # Errors
/// What clap has to say: help, version, or what is wrong.
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, clap::Error> {
    let command = Cli::command().mut_subcommand("exit-codes", |c| c.long_about(exit_code_table()));
    Cli::from_arg_matches(&command.try_get_matches_from(args)?)
}

/// The table of exit codes, from the one list in `error`.
#[must_use]
pub fn exit_code_table() -> String {
    let rows = EXIT_CODES.iter().map(|(code, name, what)| format!("{code:>4}  {name:<12} {what}\n"));
    format!("The exit codes of every verb:\n\n{}", rows.collect::<String>())
}

/// Waits until the user or the system asks this process to end; gives the signal's name.
pub async fn signal() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return std::future::pending().await };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => if interrupted.is_ok() { "SIGINT" } else { std::future::pending().await },
        _ = terminate.recv() => "SIGTERM",
        _ = hangup.recv() => "SIGHUP",
    }
}

/// Runs a verb to its end.
///
/// # Errors
/// Whatever went wrong, ready to be said.
pub async fn dispatch(
    verb: Option<Verb>,
    screen: tui::Screen,
    context: &mut Context,
) -> Result<(), CommandError> {
    match verb {
        None => tui::run(screen, context).await,
        Some(Verb::Make(args)) => make::run(args, context).await,
        Some(Verb::Remix(args)) => remix::run(args, context).await,
        Some(Verb::Plan(args)) => plan::run(&args, &mut context.output),
        Some(Verb::Publish(args)) => publish::run(args, context).await,
        Some(Verb::Feed(args)) => feed::run(args, context).await,
        Some(Verb::Play(args)) => play::run(args, context).await,
        Some(Verb::Show(args)) => show::run(args, context).await,
        Some(Verb::Lineage(args)) => lineage::run(args, context).await,
        Some(Verb::Audit(args)) => audit::run(args, context).await,
        Some(Verb::Verify(args)) => verify::run(args, context).await,
        Some(Verb::Find(args)) => find::run(args, context).await,
        Some(Verb::Follow(args)) => follow::run(args, context).await,
        Some(Verb::Unfollow(args)) => follow::undo(args, context).await,
        Some(Verb::React(args)) => react::run(args, context).await,
        Some(Verb::Comment(args)) => comment::run(args, context).await,
        Some(Verb::Cameo(args)) => cameo::run(args, context).await,
        Some(Verb::Label(args)) => label::run(args, context).await,
        Some(Verb::Labeler(args)) => labeler::run(args, context).await,
        Some(Verb::Moderate(args)) => moderate::run(args, context).await,
        Some(Verb::Block(args)) => block::run(args, context).await,
        Some(Verb::Delete(args)) => delete::run(args, context).await,
        Some(Verb::Export(args)) => export::run(args, context).await,
        Some(Verb::Import(args)) => import::run(args, context).await,
        Some(Verb::Profile(args)) => profile::run(args, context).await,
        Some(Verb::Node(args)) => node::run(args, context).await,
        Some(Verb::Status(args)) => status::run(args, context).await,
        Some(Verb::Key(args)) => key::run(args, context).await,
        Some(Verb::Doctor(args)) => doctor::run(args, context).await,
        Some(Verb::Bench(args)) => bench::run(args, context).await,
        Some(Verb::ExitCodes) => context.output.line(exit_code_table().trim_end()),
        Some(Verb::Engine) => Err(request("the render worker is not started this way").into()),
        Some(Verb::Inspect) => Err(request("the inspector is not started this way").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Cli, clap::Error> {
        parse(std::iter::once("kinora").chain(words.iter().copied()).map(Into::into))
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a list of forms, one a line")]
    fn the_forms_that_scripts_rely_on_are_understood() {
        let id = "0".repeat(64);
        let forms: &[&[&str]] = &[
            &[],
            &["--plain"],
            &["--video", "kitty", "--mute"],
            &[
                "make",
                "a fox",
                "--engine",
                "pocket",
                "--seed",
                "7",
                "--seconds",
                "3",
                "--out",
                "f.mp4",
                "--no-play",
            ],
            &["make", "a fox", "--draft", "--json"],
            &["make", "a fox", "--blocking", "plan.json", "--seed", "7"],
            &["make", "a fox", "--first", "a.png", "--last", "b.jpg", "--reference", "c.png", "--face"],
            &["make", "a fox", "--from", &id, "--strength", "40"],
            &["make", "a fox", "--from", "parent.mp4", "--continue", "--shot", "it sleeps"],
            &["make", "a fox", "--shot", "dissolve:it sleeps", "--shot", "it runs", "--seconds", "2"],
            &["make", "--storyboard", "board.toml", "--leap", "--merge", "--cache"],
            &["remix", &id, "in the rain", "--strength", "40", "--licence", "CC-BY-4.0", "--permitted"],
            &["remix", &id, "--continue", "--seconds", "2", "--shot", "it sleeps", "--draft", "--json"],
            &["remix", &id, "the jump", "--cut", "1.5..3"],
            &["lineage", &id, "--json"],
            &["audit", &id, "--json"],
            &["audit", &id, "--first", "a.png", "--reference", "b.png", "--reference", "c.png"],
            &["publish", "3", "--licence", "CC0-1.0"],
            &["plan", "a fox", "--seed", "7", "--seconds", "3", "--json"],
            &["plan", "a fox", "--shot", "it sleeps", "--out", "plan.json"],
            &[
                "node",
                "--listen",
                "/ip4/127.0.0.1/tcp/0",
                "--listen",
                "/ip6/::1/tcp/0",
                "--peer",
                "/ip4/1.2.3.4/tcp/1",
            ],
            &["node", "dial", "/ip4/127.0.0.1/tcp/1"],
            &["status", "--json"],
            &["key", "show", "--json"],
            &["follow", &id],
            &["follow", &id, "--off"],
            &["unfollow", &id],
            &["feed", "--json"],
            &["play", &id],
            &["show", &id, "--json"],
            &["verify", &id, "--json"],
            &["verify", "in.mp4"],
            &["bench", "inspect", "--json"],
            &["export", &id, "out.mp4"],
            &["import", "in.mp4", "--title", "t"],
            &["delete", &id],
            &["make", "a fox", "--cameo", &id, "--for", "music"],
            &["cameo", "enrol", "Ada", "--still", "a.png", "--allow", "comedy", "--approval", "none"],
            &["cameo", "show", "--json"],
            &["cameo", "grant", &id, &id, "--uses", "3", "--days", "30"],
            &["cameo", "grant", &id, "--everyone"],
            &["cameo", "request", "7"],
            &["cameo", "approve", &id],
            &["cameo", "revoke", &id, "--clip", &id, "--takedown"],
            &["cameo", "head", &id],
            &["label", &id, "violence", "--expires", "7", "--why", "boxing", "--on", "author"],
            &["label", &id, "violence", "--off", "--json"],
            &[
                "labeler",
                "declare",
                "Watch",
                "--value",
                "violence=warn",
                "--value",
                "dull=hide",
                "--optional",
                "dull",
            ],
            &["labeler", "subscribe", &id, "--set", "violence=ignore"],
            &["labeler", "unsubscribe", &id],
            &["labeler", "list", "--json"],
            &["moderate", &id, "hide"],
            &["moderate", "--json"],
            &["make", "a fox", "--label", "satire", "--label", "violence"],
            &["publish", "3", "--label", "satire"],
            &["play", &id, "--open"],
            &["block", "add", &id, "--list", "no-fakes", "--reason", "a fake"],
            &["block", "remove", "in.mp4", "--list", "no-fakes"],
            &["block", "subscribe", &id],
            &["block", "unsubscribe", &id, "no-fakes"],
            &["block", "list", "--json"],
            &["block", "allow", &id, "--off"],
            &["find", "in.mp4", "--json"],
            &["find", "0102030405060708"],
            &["bench", "--json"],
            &["bench", "ingest", "--json"],
            &["doctor", "--json"],
        ];
        for form in forms {
            assert!(read(form).is_ok(), "{form:?}: {}", read(form).unwrap_err());
        }
        Cli::command().debug_assert();
    }

    #[test]
    fn help_shows_every_exit_code() {
        let help = read(&["help", "exit-codes"]).unwrap_err().to_string();
        for (code, name, _) in EXIT_CODES {
            assert!(help.contains(&code.to_string()) && help.contains(name), "{help}");
        }
    }

    #[test]
    fn a_prompt_that_looks_like_a_flag_needs_two_dashes_and_numbers_are_checked() {
        assert!(read(&["make", "--", "--a fox"]).is_ok());
        assert!(read(&["make", "a fox", "--seconds", "many"]).is_err());
        assert!(read(&["make"]).is_err());
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_both_names() {
        let cases: &[(&[&str], [&str; 2])] = &[
            (&["--blocking", "p", "--seconds", "3"], ["--blocking", "--seconds"]),
            (&["--blocking", "p", "--shot", "a cat"], ["--blocking", "--shot"]),
            (&["--blocking", "p", "--storyboard", "b"], ["--blocking", "--storyboard"]),
            (&["--shot", "a cat", "--storyboard", "b"], ["--shot", "--storyboard"]),
            (&["--from", "c", "--continue", "--strength", "9"], ["--continue", "--strength"]),
            (&["--from", "c", "--continue", "--first", "f"], ["--continue", "--first"]),
            (&["--continue"], ["--from", "required"]),
            (&["--strength", "9"], ["--from", "required"]),
            (&["--face"], ["--reference", "required"]),
            (&["--from", "c", "--strength", "0"], ["--strength", "1..=100"]),
        ];
        for (flags, names) in cases {
            let said = read(&[&["make", "a fox"], *flags].concat()).unwrap_err().to_string();
            assert!(names.iter().all(|name| said.contains(name)), "{flags:?}: {said}");
        }
    }
}
