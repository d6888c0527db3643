//! `kinora cameo revoke`: takes back a cameo, a grant, a use or a clip.

use clap::Args;
use kinora_protocol::api::CameoCall;
use kinora_protocol::ids::Rid;
use kinora_protocol::record::{Effect, Target};

use crate::cli::context::Context;
use crate::error::CommandError;

/// Arguments of `kinora cameo revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Your cameo; without one of the flags, all of it is taken back.
    pub cameo: Rid,
    /// Only this grant.
    #[arg(long, value_name = "GRANT")]
    pub grant: Option<Rid>,
    /// Only this use.
    #[arg(long = "use", value_name = "USE", conflicts_with = "grant")]
    pub used: Option<Rid>,
    /// Only this clip.
    #[arg(long, value_name = "CLIP", conflicts_with_all = ["grant", "used"])]
    pub clip: Option<Rid>,
    /// Take down the clips that are there, and what was made of them; otherwise they stay and nothing new is made.
    #[arg(long)]
    pub takedown: bool,
}

/// Runs it.
///
/// # Errors
/// When the cameo is not yours.
pub async fn run(args: Revoke, context: &mut Context) -> Result<(), CommandError> {
    let target = match (args.grant, args.used, args.clip) {
        (Some(rid), _, _) => Target::Grant(rid),
        (_, Some(id), _) => Target::Use(id),
        (_, _, Some(rid)) => Target::Clip(rid),
        (None, None, None) => Target::Cameo,
    };
    let effect = if args.takedown { Effect::Takedown } else { Effect::Future };
    super::record(context, CameoCall::Revoke { cameo: args.cameo, target, effect }, "taken back by")
        .await
        .map(|_| ())
}
