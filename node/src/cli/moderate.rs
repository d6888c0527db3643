//! `kinora moderate`: what this persona decided about clips itself, and what labels do to clips here.

use clap::{Args, ValueEnum};
use kinora_protocol::api::{FeedItem, LabelAnswer, LabelCall, Response, said_words};
use kinora_protocol::ids::Rid;
use kinora_protocol::labels::Ruling;

use super::context::Context;
use super::label;
use super::session::{Network, unexpected};
use crate::error::{self, CommandError, Hint as _};

/// Fewest digits of a clip id that are taken for one.
const DIGITS_MIN: usize = 4;

/// What to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Decision {
    /// Hide the clip here.
    Hide,
    /// Show it, whatever labels say.
    Show,
    /// Take the decision back: labels decide.
    Clear,
}

/// Arguments of `kinora moderate`.
#[derive(Debug, Args)]
pub struct Moderate {
    /// Id of a clip; without it, clips that something is said of are listed, hidden ones too.
    pub clip: Option<String>,
    /// What to decide about it.
    #[arg(value_enum)]
    pub decision: Option<Decision>,
}

/// Runs it.
///
/// # Errors
/// When the clip is unknown.
pub async fn run(args: Moderate, context: &mut Context) -> Result<(), CommandError> {
    let Some(clip) = args.clip else { return list(context).await };
    let Some(decision) = args.decision else {
        return Err(error::request("say what to do with the clip").hint("hide, show or clear").into());
    };
    let clip = hidden_too(&clip, context).await?;
    let (ruling, done) = match decision {
        Decision::Hide => (Some(Ruling::Hide), "hidden here"),
        Decision::Show => (Some(Ruling::Show), "shown here, whatever labels say"),
        Decision::Clear => (None, "labels decide again"),
    };
    label::done(context, Network::Off, LabelCall::Rule { clip, ruling }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "clip": clip, "ruling": ruling }));
    }
    context.output.line(done)
}

/// A clip by its id or its first digits: hidden clips are in no feed, and are what this verb is about.
async fn hidden_too(text: &str, context: &mut Context) -> Result<Rid, CommandError> {
    if text.len() >= DIGITS_MIN && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        let digits = text.to_ascii_lowercase();
        let hidden = clips(context).await?.into_iter().filter(|item| !item.hidden.is_empty());
        let mut found = hidden.map(|item| item.clip).filter(|clip| clip.to_string().starts_with(&digits));
        if let (Some(clip), None) = (found.next(), found.next()) {
            return Ok(clip);
        }
    }
    Ok(context.clip(text, Network::Off).await?)
}

async fn clips(context: &mut Context) -> Result<Vec<FeedItem>, CommandError> {
    match label::call(context, Network::Off, LabelCall::Clips).await? {
        LabelAnswer::Clips { items } => Ok(items),
        other => Err(unexpected(&Response::Label(Box::new(other))).into()),
    }
}

async fn list(context: &mut Context) -> Result<(), CommandError> {
    let items = clips(context).await?;
    if context.output.is_json() {
        return context.output.json(&items);
    }
    if items.is_empty() {
        context.output.note("nothing is said of the clips of your feed, and you decided about none");
    }
    for item in &items {
        context.output.line(row(item))?;
    }
    Ok(())
}

fn row(item: &FeedItem) -> String {
    let (word, said) = match (&item.hidden[..], &item.cover[..], item.ruling) {
        ([], _, Some(_)) => ("shown", &item.labels),
        ([], [], None) => ("told", &item.labels),
        ([], _, None) => ("covered", &item.cover),
        (..) => ("hidden", &item.hidden),
    };
    let decided = if item.ruling.is_some() { ", by you" } else { "" };
    let title = if item.title.is_empty() { "untitled" } else { item.title.as_str() };
    format!("{}  {:<14}  {title}: {}", item.clip.short(), format!("{word}{decided}"), said_words(said))
}
