//! `kinora delete`: takes a record of one's own back. Copies that others exported stay with them.

use clap::Args;
use kinora_protocol::api::Request;

use super::context::Context;
use super::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// Id of a clip (its first digits are enough) or of another record.
    pub clip: String,
}

/// Runs it.
///
/// # Errors
/// When the record is unknown or somebody else's.
pub async fn run(args: Delete, context: &mut Context) -> Result<(), CommandError> {
    let target = context.clip(&args.clip, Network::On).await?;
    let record = context.record(Request::Delete { target }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "record": record, "deleted": target }));
    }
    context.output.line(format!("deleted {target}"))
}
