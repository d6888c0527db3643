//! `kinora profile`: the name and biography others see.

use clap::Args;
use kinora_protocol::api::{Request, Response};

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora profile`.
#[derive(Debug, Args)]
pub struct Profile {
    /// The name others see beside your clips.
    #[arg(long)]
    pub name: Option<String>,
    /// A few words about you.
    #[arg(long, requires = "name")]
    pub bio: Option<String>,
}

/// Runs it.
///
/// # Errors
/// When a text is too long.
pub async fn run(args: Profile, context: &mut Context) -> Result<(), CommandError> {
    let Some(name) = args.name else {
        let status = match context.call(Network::Off, Request::Status).await? {
            Response::Status(status) => status,
            other => return Err(unexpected(&other).into()),
        };
        if context.output.is_json() {
            return context.output.json(&serde_json::json!({ "author": status.author, "name": status.name }));
        }
        if status.name.is_empty() {
            context.output.note("no name yet: `kinora profile --name NAME` sets one");
        }
        return context.output.line(format!("{}  {}", status.author, status.name));
    };
    let record = context.record(Request::SetProfile { name, bio: args.bio.unwrap_or_default() }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "record": record }));
    }
    context.output.line("done")
}
