//! `kinora cameo head`: signs a fresh head, so that others may go on using the cameo.

use clap::Args;
use kinora_protocol::api::CameoCall;
use kinora_protocol::ids::Rid;

use crate::cli::context::Context;
use crate::error::CommandError;

/// Arguments of `kinora cameo head`.
#[derive(Debug, Args)]
pub struct Head {
    /// Your cameo.
    pub cameo: Rid,
}

/// Runs it.
///
/// # Errors
/// When the cameo is not yours.
pub async fn run(args: Head, context: &mut Context) -> Result<(), CommandError> {
    super::record(context, CameoCall::Head { cameo: args.cameo }, "signed head").await.map(|_| ())
}
