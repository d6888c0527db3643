//! `kinora show`: everything about a clip.

use clap::Args;
use kinora_protocol::api::{ClipView, Kin, PersonView, said_words};
use kinora_protocol::recipe::{Descent, Given};

use super::context::Context;
use super::feed::state_word;
use super::play;
use super::session::Network;
use crate::error::CommandError;
use crate::output::{ago, size};

/// Arguments of `kinora show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Id of a clip; its first digits are enough.
    pub clip: String,
}

/// Runs it.
///
/// # Errors
/// When the clip is unknown.
pub async fn run(args: Show, context: &mut Context) -> Result<(), CommandError> {
    let clip = context.clip(&args.clip, Network::Off).await?;
    let view = play::view(context, clip).await?;
    if context.output.is_json() {
        return context.output.json(&view);
    }
    let parents =
        if view.parents.is_empty() { Vec::new() } else { super::lineage::of(context, clip).await?.ancestors };
    for line in lines(&view, &parents, crate::clock::now_seconds()) {
        context.output.line(line)?;
    }
    Ok(())
}

/// What a clip was made from beside its prompt; the files themselves stay with their owner.
fn given_words(given: &Given) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |there: bool, what: &str| {
        if there {
            words.push(what.to_owned());
        }
    };
    say(given.blocking.is_some(), "an edited blocking");
    say(given.first.is_some(), "a first frame");
    say(given.last.is_some(), "a last frame");
    say(!given.reference.is_empty(), "reference stills");
    match given.parent {
        Some((_, Descent::Continue)) => words.push("a clip that it goes on from".to_owned()),
        Some((_, Descent::Place)) => words.push("the subject of a clip".to_owned()),
        Some((_, Descent::Remix { strength_percent })) => {
            words.push(format!("a clip that it changes by {strength_percent} %"));
        }
        None => {}
    }
    words
}

/// Who consented, until when, and how fresh that is.
fn person_line(person: &PersonView, now: u64) -> String {
    let approved = if person.approved { ", this clip" } else { "" };
    let days = person.until.saturating_sub(now) / 86_400;
    format!(
        "consent   by {} {}{approved}, {days} more days, {} (heard {})",
        person.name,
        person.subject.short(),
        person.freshness,
        ago(now, person.heard)
    )
}

fn lines(view: &ClipView, ancestors: &[Kin], now: u64) -> Vec<String> {
    let item = &view.item;
    let format = &item.format;
    let mut lines = vec![
        format!("clip      {}", item.clip),
        format!("title     {}", item.title),
        format!("author    {} {}", item.author, item.author_name),
        format!("device    {}", view.device),
        format!("made      {}", ago(now, item.time)),
        format!("blob      {} ({})", item.blob, size(item.size)),
        format!(
            "format    {}×{}, {} frames/s, {:.1} s",
            format.width,
            format.height,
            format.fps,
            format.millis() as f64 / 1000.0
        ),
        format!("state     {}", state_word(item.state)),
        format!("verdict   {}: {}", item.verdict.as_str(), item.reason),
    ];
    lines.extend(
        view.checks.iter().map(|check| {
            format!("  {:<4}    {}: {}", check.state.as_str(), check.name.as_str(), check.detail)
        }),
    );
    if !view.prompt.is_empty() {
        lines.push(format!("prompt    {}", view.prompt.as_str().replace('\n', "\n          ")));
    }
    if let Some(recipe) = &view.recipe {
        let engine = kinora_protocol::text::Text::line(&recipe.engine, 40);
        let (seed, steps) = (recipe.seed, recipe.steps);
        lines.push(format!(
            "recipe    {engine}, seed {seed}, {steps} steps, weights {}",
            recipe.weights.short()
        ));
        let given = given_words(&recipe.given);
        if !given.is_empty() {
            lines.push(format!("given     {}", given.join(", ")));
        }
    }
    let parents = ancestors.iter().filter(|kin| kin.depth == 1);
    lines.extend(parents.map(|kin| format!("parent    {} {}", kin.clip, kin.words())));
    let licence = if view.licence.is_empty() { "none: all rights reserved" } else { view.licence.as_str() };
    lines.push(format!("licence   {licence}"));
    lines.extend(view.people.iter().map(|person| person_line(person, now)));
    if !view.labels.is_empty() {
        let labels: Vec<&str> = view.labels.iter().map(kinora_protocol::text::Text::as_str).collect();
        lines.push(format!("labels    {}", labels.join(", ")));
    }
    lines.extend(item.labels.iter().map(|said| format!("  {:<6}  {}", said.severity.as_str(), said.words())));
    if !item.cover.is_empty() {
        lines.push(format!("covered   {}", said_words(&item.cover)));
    }
    for (mark, count) in &view.reactions {
        lines.push(format!("reaction  {mark} {count}"));
    }
    for comment in &view.comments {
        let name = &comment.author_name;
        let who = if name.is_empty() { comment.author.short() } else { name.to_string() };
        let text = comment.text.as_str().replace('\n', "\n          ");
        lines.push(format!("comment   {who}, {}: {text}", ago(now, comment.time)));
    }
    lines
}
