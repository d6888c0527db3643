//! `kinora remix`: a new clip from another: new words over it, what comes after it, its subject in a new scene, or a part of it.
//!
//! All but a part are `make` with a parent, and go its way from the first line on. A part is cut by the
//! worker; nothing is generated.

use clap::Args;
use kinora_protocol::api::{ApiError, MakeCut, Request, Response};

use super::cameo::request;
use super::context::Context;
use super::given::Given;
use super::make::{How, Make, SpeedUps, run as make};
use super::play;
use super::session::{Network, unexpected};
use super::shots::{Shots, millis};
use crate::error::{self, CommandError, Hint as _};

/// Flags that mean nothing for a part of a clip.
const GENERATED_ONLY: [&str; 15] = [
    "strength",
    "continue",
    "place",
    "seed",
    "seconds",
    "steps",
    "guidance",
    "engine",
    "draft",
    "out",
    "further",
    "storyboard",
    "leap",
    "merge",
    "cache",
];

/// Arguments of `kinora remix`.
#[derive(Debug, Args)]
pub struct Remix {
    /// Id of a clip (its first digits are enough), or a file.
    #[arg(value_name = "CLIP|FILE")]
    pub clip: String,
    /// What to show; the words of the clip itself when absent. With --cut, the title.
    pub prompt: Option<String>,
    /// How much changes, in percent: 1 keeps nearly everything, 100 nothing [default: 60].
    #[arg(
        long, value_name = "PERCENT", conflicts_with = "continue",
        value_parser = clap::value_parser!(u32).range(1..=100)
    )]
    pub strength: Option<u32>,
    /// Go on where the clip ends.
    #[arg(long = "continue", id = "continue")]
    pub goes_on: bool,
    /// Place its subject in the scene of the prompt: who it is need not be said.
    #[arg(long, requires = "prompt", conflicts_with_all = ["continue", "strength", "cameo"])]
    pub place: bool,
    /// Take a part of it as it is, in seconds: 1.5..3, ..2 or 2..
    #[arg(long, value_name = "FROM..TO", conflicts_with_all = GENERATED_ONLY)]
    pub cut: Option<String>,
    /// How it is made.
    #[command(flatten)]
    pub how: How,
    /// Further shots: the remix becomes the first of a storyboard.
    #[command(flatten)]
    pub shots: Shots,
    /// What makes it quicker.
    #[command(flatten)]
    pub switches: SpeedUps,
}

/// Runs it.
///
/// # Errors
/// What was wrong with the request, the render or the machine.
pub async fn run(args: Remix, context: &mut Context) -> Result<(), CommandError> {
    if let Some(part) = &args.cut {
        let (from_millis, to_millis) = times(part)?;
        return cut(&args, (from_millis, to_millis), context).await;
    }
    let Remix { clip, prompt, strength, goes_on, place, how, shots, switches, .. } = args;
    let prompt = match prompt {
        Some(prompt) => prompt,
        None => words_of(&clip, context, if how.draft { Network::Off } else { Network::On }).await?,
    };
    let given = Given { from: Some(clip), strength, goes_on, place, ..Given::default() };
    Box::pin(make(Make { prompt: Some(prompt), how, shots, given, switches }, context)).await
}

/// The first prompt of a clip.
async fn words_of(clip: &str, context: &mut Context, network: Network) -> Result<String, CommandError> {
    let unknown = |what: &str| {
        error::request(format!("{what} states no prompt to take over"))
            .hint("say what to show: remix CLIP PROMPT")
    };
    if std::path::Path::new(clip).is_file() {
        return Err(unknown("a file").into());
    }
    let rid = context.clip(clip, network).await?;
    let view = play::view(context, rid).await?;
    let first = view.prompt.as_str().lines().next().unwrap_or_default().trim().to_owned();
    if first.is_empty() { Err(unknown("the clip").into()) } else { Ok(first) }
}

async fn cut(
    args: &Remix,
    (from_millis, to_millis): (u32, Option<u32>),
    context: &mut Context,
) -> Result<(), CommandError> {
    let parent = context.clip(&args.clip, Network::On).await?;
    let view = play::ready(context, parent).await?;
    context.output.note(format!("a part of “{}”, as it is; nothing is generated", view.item.title));
    let request = MakeCut {
        clip: parent,
        from_millis,
        to_millis,
        title: args.prompt.clone(),
        licence: args.how.licence.clone(),
        permitted: args.how.permitted,
    };
    let job = match context.call(Network::On, Request::Cut(request)).await? {
        Response::Record { rid } if context.output.is_json() => {
            return context.output.json(&serde_json::json!({ "clip": rid, "parent": parent }));
        }
        Response::Record { rid } => return context.output.line(format!("published {rid}")),
        Response::Job(job) => job.id,
        other => return Err(unexpected(&other).into()),
    };
    let waits_for = request::of_draft(context, Network::On, job).await?.and_then(|view| view.waits_for());
    if context.output.is_json() {
        let said = serde_json::json!({ "clip": null, "parent": parent, "job": job, "waits_for": waits_for });
        return context.output.json(&said);
    }
    context.output.line(format!("draft {job}"))?;
    request::tell_draft(context, job, waits_for.as_deref());
    Ok(())
}

/// `1.5..3` in milliseconds; both ends may be left out.
fn times(part: &str) -> Result<(u32, Option<u32>), ApiError> {
    let wrong = || {
        let shown: String = part.chars().take(40).flat_map(char::escape_default).collect();
        error::request(format!("--cut {shown:?} is no part of a clip"))
            .hint("name its times in seconds as FROM..TO, for example 1.5..3")
    };
    let (from, to) = part.split_once("..").ok_or_else(wrong)?;
    let read = |text: &str| -> Result<Option<u32>, ApiError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let seconds: f64 = text.trim().parse().map_err(|_| wrong())?;
        millis("--cut", seconds).map(Some)
    };
    match (read(from)?, read(to)?) {
        (None, None) => Err(wrong()),
        (from, to) => Ok((from.unwrap_or(0), to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_two_times_of_which_one_may_be_left_out() {
        for (text, read) in [
            ("1.5..3", (1_500, Some(3_000))),
            ("..2", (0, Some(2_000))),
            ("2..", (2_000, None)),
            (" 0.25 .. 1 ", (250, Some(1_000))),
        ] {
            assert_eq!(times(text).unwrap(), read, "{text:?}");
        }
        for bad in ["", "..", "3", "a..b", "1..x\u{1b}", "-1..2", "NaN..2"] {
            let refused = times(bad).unwrap_err();
            assert!(!refused.message.contains('\u{1b}'), "{refused}");
        }
    }
}
