//! `kinora feed`: what this persona and the people it follows made, newest first.

use clap::Args;
use kinora_protocol::api::{ClipState, FeedItem};
use kinora_protocol::limits::FEED_PAGE_MAX;

use super::context::Context;
use crate::error::CommandError;
use crate::output::ago;

/// Arguments of `kinora feed`.
#[derive(Debug, Args)]
pub struct Feed {
    /// At most this many clips.
    #[arg(long, default_value_t = FEED_PAGE_MAX, value_name = "N")]
    pub limit: usize,
    /// Only clips before this position (`cursor` in the JSON form).
    #[arg(long, value_name = "CURSOR")]
    pub before: Option<String>,
}

/// Runs it.
///
/// # Errors
/// When the home cannot be used.
pub async fn run(args: Feed, context: &mut Context) -> Result<(), CommandError> {
    let mut items = Vec::new();
    let mut before = args.before;
    while items.len() < args.limit {
        let page = context.feed(before, (args.limit - items.len()).min(FEED_PAGE_MAX)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.cursor.clone());
        items.extend(page);
    }
    if context.output.is_json() {
        return context.output.json(&items);
    }
    if items.is_empty() {
        context
            .output
            .note("no clips yet: `kinora make PROMPT` makes one, `kinora follow AUTHOR` brings a friend's");
    }
    let now = crate::clock::now_seconds();
    for item in &items {
        context.output.line(row(item, now))?;
    }
    Ok(())
}

fn row(item: &FeedItem, now: u64) -> String {
    let author = if item.author_name.is_empty() { item.author.short() } else { item.author_name.to_string() };
    let title = if item.title.is_empty() { "untitled" } else { item.title.as_str() };
    format!(
        "{}  {:<10} {:<10} {:>10}  {author}: {title}",
        item.clip.short(),
        if item.cover.is_empty() { state_word(item.state) } else { "covered" },
        item.verdict.as_str(),
        ago(now, item.time),
    )
}

/// The word for a state, as in JSON.
#[must_use]
pub const fn state_word(state: ClipState) -> &'static str {
    match state {
        ClipState::Ready => "ready",
        ClipState::Fetching => "fetching",
        ClipState::Missing => "missing",
        ClipState::Withheld => "withheld",
        ClipState::Withdrawn => "withdrawn",
        ClipState::Deleted => "deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_json_form() {
        let all = [
            ClipState::Ready,
            ClipState::Fetching,
            ClipState::Missing,
            ClipState::Withheld,
            ClipState::Withdrawn,
            ClipState::Deleted,
        ];
        for state in all {
            assert_eq!(serde_json::to_value(state).unwrap(), state_word(state));
        }
    }
}
