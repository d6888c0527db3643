//! `kinora block allow`: shows a clip that only looks like what is blocked.

use clap::Args;
use kinora_protocol::api::{BlockAnswer, BlockCall};
use kinora_protocol::ids::BlobHash;

use crate::cli::context::Context;
use crate::cli::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora block allow`.
#[derive(Debug, Args)]
pub struct Allow {
    /// The file's hash, as `kinora block list` and refusals name it, or the id of the clip.
    #[arg(value_name = "BLOB|CLIP")]
    pub file: BlobHash,
    /// End the exception.
    #[arg(long)]
    pub off: bool,
}

/// Runs it.
///
/// # Errors
/// When it is the very file that was withdrawn.
pub async fn run(args: Allow, context: &mut Context) -> Result<(), CommandError> {
    let Allow { file, off } = args;
    match super::call(context, Network::Off, BlockCall::Allow { file, on: !off }).await? {
        BlockAnswer::Done => {}
        answer => return Err(super::other(answer)),
    }
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "file": file, "allowed": !off }));
    }
    let word = if off { "no longer an exception" } else { "an exception on this node, and on no other" };
    context.output.line(format!("{file}: {word}"))
}
