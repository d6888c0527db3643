//! `kinora labeler unsubscribe`: a labeler's labels count here no more.

use clap::Args;
use kinora_protocol::api::LabelCall;
use kinora_protocol::ids::AuthorId;

use crate::cli::context::Context;
use crate::cli::label;
use crate::cli::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora labeler unsubscribe`.
#[derive(Debug, Args)]
pub struct Unsubscribe {
    /// Author id of the labeler.
    pub labeler: AuthorId,
}

/// Runs it.
///
/// # Errors
/// When it was not listened to.
pub async fn run(args: Unsubscribe, context: &mut Context) -> Result<(), CommandError> {
    let labeler = args.labeler;
    label::done(context, Network::Off, LabelCall::Unsubscribe { labeler }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "labeler": labeler, "subscribed": false }));
    }
    context.output.line(format!("no longer listening to {labeler}"))
}
