//! `kinora cameo inbox`: what people ask of each other about cameos, and how it stands.

use clap::Args;
use kinora_protocol::api::{CameoAnswer, CameoCall, InboxItem, InboxKind, Response};

use crate::cli::context::Context;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora cameo inbox`.
#[derive(Debug, Args)]
pub struct Inbox {}

/// Runs it.
///
/// # Errors
/// When the node fails.
pub async fn run(_: Inbox, context: &mut Context) -> Result<(), CommandError> {
    let items = match super::call(context, Network::Off, CameoCall::Inbox).await? {
        CameoAnswer::Inbox { items } => items,
        other => return Err(unexpected(&Response::Cameo(Box::new(other))).into()),
    };
    if context.output.is_json() {
        return context.output.json(&items);
    }
    if items.is_empty() {
        context.output.note("nobody has asked you for anything, and you have asked nobody");
    }
    for line in items.iter().flat_map(lines) {
        context.output.line(line)?;
    }
    Ok(())
}

fn lines(item: &InboxItem) -> Vec<String> {
    let other = if item.other_name.is_empty() { item.other.short() } else { item.other_name.to_string() };
    let (to, what) = match (item.mine, item.kind) {
        (true, InboxKind::Ask) => ("you ask", "for their cameo"),
        (false, InboxKind::Ask) => ("asks you", "for your cameo"),
        (true, InboxKind::Draft) => ("you made", "a clip with their cameo"),
        (false, InboxKind::Draft) => ("made", "a clip with your cameo"),
        (true, InboxKind::Recording) => ("you ask", "as a witness"),
        (false, InboxKind::Recording) => ("asks you", "as a witness"),
    };
    let who = if item.mine { format!("{to} {other} {what}") } else { format!("{other} {to} {what}") };
    let mut lines = vec![
        format!("{:<9} {who} {}", item.state.as_str(), item.cameo_name),
        format!("  letter  {}", item.letter),
    ];
    if !item.words.is_empty() {
        lines.push(format!("  words   {}", item.words));
    }
    if !item.purposes.is_empty() {
        let words: Vec<&str> = item.purposes.iter().map(kinora_protocol::text::Text::as_str).collect();
        lines.push(format!("  for     {}", words.join(", ")));
    }
    if let Some(id) = item.id {
        lines.push(format!("  use     {id}"));
    }
    if item.blob.is_some() {
        lines.push(format!("  clip    {}", if item.ready { "here" } else { "not here yet" }));
    }
    lines
}
