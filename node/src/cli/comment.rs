//! `kinora comment`: a word about a clip.

use clap::Args;
use kinora_protocol::api::Request;

use super::context::Context;
use super::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora comment`.
#[derive(Debug, Args)]
pub struct Comment {
    /// Id of a clip; its first digits are enough.
    pub clip: String,
    /// What is said.
    pub text: String,
}

/// Runs it.
///
/// # Errors
/// When the clip is unknown or the text is empty or too long.
pub async fn run(args: Comment, context: &mut Context) -> Result<(), CommandError> {
    let clip = context.clip(&args.clip, Network::On).await?;
    let record = context.record(Request::Comment { clip, text: args.text }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "record": record, "clip": clip }));
    }
    context.output.line(format!("said {}", record.short()))
}
