//! `kinora cameo preview`: the very clip that waits for your approval.

use std::path::PathBuf;

use clap::Args;
use kinora_protocol::api::{CameoAnswer, CameoCall, Response};
use kinora_protocol::ids::Rid;

use crate::cli::context::Context;
use crate::cli::play;
use crate::cli::session::{Network, unexpected};
use crate::error::{self, CommandError, Hint as _};

/// Arguments of `kinora cameo preview`.
#[derive(Debug, Args)]
pub struct Preview {
    /// The letter, or the use, as `kinora cameo inbox` lists them.
    pub id: Rid,
    /// Write the clip to this file instead of playing it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When there is no such letter, or its clip has not come yet.
pub async fn run(args: Preview, context: &mut Context) -> Result<(), CommandError> {
    let items = match super::call(context, Network::Off, CameoCall::Inbox).await? {
        CameoAnswer::Inbox { items } => items,
        other => return Err(unexpected(&Response::Cameo(Box::new(other))).into()),
    };
    let found = items.into_iter().find(|item| item.letter == args.id || item.id == Some(args.id));
    let blob = found.and_then(|item| item.blob.filter(|_| item.ready)).ok_or_else(|| {
        error::missing("no clip waits under that id, or it has not come yet")
            .hint("`kinora cameo inbox` says what waits; keep `kinora node` running so that it comes")
    })?;
    let bytes = context.session(Network::Off).await?.client.blob(blob).await?;
    match args.out {
        Some(out) => std::fs::write(&out, &bytes).map_err(|e| error::file("write", &out, &e))?,
        None if context.output.is_watched() => return play::bytes(context, bytes).await,
        None => {}
    }
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "blob": blob, "bytes": bytes.len() }));
    }
    context.output.line(format!("{} bytes, {blob}", bytes.len()))
}
