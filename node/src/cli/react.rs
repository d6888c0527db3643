//! `kinora react`: a mark on a clip, or its end.

use clap::Args;
use kinora_protocol::api::Request;

use super::context::Context;
use super::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora react`.
#[derive(Debug, Args)]
pub struct React {
    /// Id of a clip; its first digits are enough.
    pub clip: String,
    /// The mark.
    #[arg(default_value = "♥")]
    pub mark: String,
    /// Take it back.
    #[arg(long)]
    pub off: bool,
}

/// Runs it.
///
/// # Errors
/// When the clip is unknown or the mark is too long.
pub async fn run(args: React, context: &mut Context) -> Result<(), CommandError> {
    let clip = context.clip(&args.clip, Network::On).await?;
    let record = context.record(Request::React { clip, mark: args.mark, on: !args.off }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "record": record, "clip": clip, "on": !args.off }));
    }
    context.output.line(if args.off { "taken back" } else { "done" })
}
