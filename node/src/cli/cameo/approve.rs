//! `kinora cameo approve`: a subject countersigns one clip, or refuses it.

use clap::Args;
use kinora_protocol::api::CameoCall;
use kinora_protocol::ids::Rid;

use crate::cli::context::Context;
use crate::error::CommandError;

/// Arguments of `kinora cameo approve`.
#[derive(Debug, Args)]
pub struct Approve {
    /// The use, as `kinora cameo request` of the creator says.
    pub id: Rid,
    /// Refuse it, for ever.
    #[arg(long)]
    pub refuse: bool,
}

/// Runs it.
///
/// # Errors
/// When the record cannot be stored.
pub async fn run(args: Approve, context: &mut Context) -> Result<(), CommandError> {
    let done = if args.refuse { "refused by" } else { "approved by" };
    super::record(context, CameoCall::Approve { id: args.id, yes: !args.refuse }, done).await.map(|_| ())
}
