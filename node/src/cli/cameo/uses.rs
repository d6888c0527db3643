//! `kinora cameo uses`: where you are shown, as far as this node knows.

use clap::Args;
use kinora_protocol::api::{CameoAnswer, CameoCall, Response, UseRow};
use kinora_protocol::ids::Rid;

use crate::cli::context::Context;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora cameo uses`.
#[derive(Debug, Args)]
pub struct Uses {
    /// Of this cameo only.
    pub cameo: Option<Rid>,
}

/// Runs it.
///
/// # Errors
/// When the cameo is none of yours.
pub async fn run(args: Uses, context: &mut Context) -> Result<(), CommandError> {
    let uses = match super::call(context, Network::Off, CameoCall::Uses { cameo: args.cameo }).await? {
        CameoAnswer::Uses { uses } => uses,
        other => return Err(unexpected(&Response::Cameo(Box::new(other))).into()),
    };
    if context.output.is_json() {
        return context.output.json(&uses);
    }
    if uses.is_empty() {
        context.output.note("no clip that is known here shows you");
    }
    for line in uses.iter().flat_map(lines) {
        context.output.line(line)?;
    }
    Ok(())
}

fn lines(row: &UseRow) -> Vec<String> {
    let who = if row.creator_name.is_empty() { row.creator.short() } else { row.creator_name.to_string() };
    let inherited = row.from.map_or_else(String::new, |from| format!(", inherited from {}", from.short()));
    let id = row.clip.map_or_else(|| format!("use {}", row.id), |clip| format!("clip {clip}"));
    vec![
        format!("{:<9} “{}” by {who}", row.state, row.title),
        format!("  {id}"),
        format!("  grant {} ticket {}{inherited}", row.grant.short(), row.serial),
    ]
}
