//! `kinora cameo ask`, `accept` and `refuse`: asking for a cameo by a sealed letter, and answering one.

use clap::Args;
use kinora_protocol::api::CameoCall;
use kinora_protocol::consent::Purpose;
use kinora_protocol::ids::Rid;
use kinora_protocol::sealed;

use super::policy::purpose;
use crate::cli::context::Context;
use crate::error::CommandError;

const SECONDS_OF_A_DAY: u64 = 24 * 3600;

/// Arguments of `kinora cameo ask`.
#[derive(Debug, Args)]
pub struct Ask {
    /// The cameo.
    pub cameo: Rid,
    /// What for; may be repeated [default: comedy].
    #[arg(long = "for", value_name = "PURPOSE")]
    pub purposes: Vec<String>,
    /// For how many clips [default: without end].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub uses: Option<u32>,
    /// For how many days, at most 366.
    #[arg(long, default_value_t = 90)]
    pub days: u64,
    /// A word to them.
    #[arg(long, default_value = "")]
    pub note: String,
}

/// Arguments of `kinora cameo accept` and `refuse`.
#[derive(Debug, Args)]
pub struct Answer {
    /// The letter, as `kinora cameo inbox` lists it.
    pub letter: Rid,
}

/// Asks.
///
/// # Errors
/// When the cameo is not known, or is your own, or a bound is broken.
pub async fn run(args: Ask, context: &mut Context) -> Result<(), CommandError> {
    args.purposes.iter().try_for_each(|word| purpose(word))?;
    let usual = || vec![Purpose::Comedy.as_str().to_owned()];
    let ask = sealed::Ask {
        purposes: if args.purposes.is_empty() { usual() } else { args.purposes },
        uses: args.uses,
        seconds: args.days.saturating_mul(SECONDS_OF_A_DAY),
        note: args.note,
    };
    super::record(context, CameoCall::Ask { cameo: args.cameo, ask }, "asked by").await.map(|_| ())
}

/// Grants what was asked.
///
/// # Errors
/// When there is no such letter, or the cameo allows nothing of it.
pub async fn accept(args: Answer, context: &mut Context) -> Result<(), CommandError> {
    super::record(context, CameoCall::Accept { ask: args.letter }, "granted by").await.map(|_| ())
}

/// Refuses what was asked.
///
/// # Errors
/// When there is no such letter.
pub async fn refuse(args: Answer, context: &mut Context) -> Result<(), CommandError> {
    super::record(context, CameoCall::Refuse { ask: args.letter }, "refused by").await.map(|_| ())
}
