//! `kinora block remove`: takes a clip or a file off a list of this persona.

use clap::Args;
use kinora_protocol::api::{BlockAnswer, BlockCall};

use crate::cli::context::Context;
use crate::cli::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora block remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Id of a clip (its first digits are enough), or the file.
    #[arg(value_name = "CLIP|FILE")]
    pub what: String,
    /// Name of the list.
    #[arg(long, value_name = "NAME")]
    pub list: String,
}

/// Runs it.
///
/// # Errors
/// When it is not on the list.
pub async fn run(args: Remove, context: &mut Context) -> Result<(), CommandError> {
    let what = context.clip_or_file(&args.what).await?;
    let list = args.list;
    match super::call(context, Network::On, BlockCall::Remove { what, list: list.clone() }).await? {
        BlockAnswer::Page { rid, page, .. } if context.output.is_json() => {
            context.output.json(&serde_json::json!({ "record": rid, "list": list, "page": page }))
        }
        BlockAnswer::Page { .. } => context.output.line(format!("off the list {list}")),
        answer => Err(super::other(answer)),
    }
}
