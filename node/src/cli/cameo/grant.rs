//! `kinora cameo grant`: lets somebody use your cameo.

use clap::Args;
use kinora_protocol::api::CameoCall;
use kinora_protocol::ids::{AuthorId, Rid};

use super::policy::PolicyArgs;
use crate::cli::context::Context;
use crate::error::CommandError;

const SECONDS_OF_A_DAY: u64 = 24 * 3600;

/// Arguments of `kinora cameo grant`.
#[derive(Debug, Args)]
pub struct Grant {
    /// Your cameo.
    pub cameo: Rid,
    /// To whom.
    #[arg(required_unless_present = "everyone")]
    pub author: Option<AuthorId>,
    /// To everybody; the cameo must be open to everyone.
    #[arg(long, conflicts_with_all = ["author", "uses"])]
    pub everyone: bool,
    /// For how many days, at most 366.
    #[arg(long, default_value_t = 90)]
    pub days: u64,
    /// For how many clips [default: without end].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub uses: Option<u32>,
    /// Narrow the policy to what these flags say, instead of the cameo's own.
    #[arg(long)]
    pub narrow: bool,
    /// The narrower policy.
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// Runs it.
///
/// # Errors
/// When the cameo is not yours or a bound is broken.
pub async fn run(args: Grant, context: &mut Context) -> Result<(), CommandError> {
    let call = CameoCall::Grant {
        cameo: args.cameo,
        to: args.author,
        policy: args.narrow.then(|| args.policy.policy()).transpose()?,
        seconds: args.days.saturating_mul(SECONDS_OF_A_DAY),
        uses: args.uses,
    };
    super::record(context, call, "granted by").await.map(|_| ())
}
