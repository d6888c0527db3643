//! `kinora cameo witness` and `phrase`: a witness's fresh nonce, and what its subject speaks.

use clap::Args;
use kinora_protocol::api::{CameoAnswer, CameoCall, Response};
use kinora_protocol::ids::{AuthorId, Rid};

use crate::cli::context::Context;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora cameo witness`.
#[derive(Debug, Args)]
pub struct Witness {
    /// Whom you are to see alive.
    pub author: AuthorId,
}

/// Arguments of `kinora cameo phrase`.
#[derive(Debug, Args)]
pub struct Phrase {
    /// The witness's challenge [default: the newest to you].
    pub challenge: Option<Rid>,
}

/// Makes a challenge.
///
/// # Errors
/// When it is for yourself.
pub async fn witness(args: Witness, context: &mut Context) -> Result<(), CommandError> {
    super::record(context, CameoCall::Challenge { subject: args.author }, "challenged by").await.map(|_| ())
}

/// Says the phrase.
///
/// # Errors
/// When nobody challenged you within an hour.
pub async fn phrase(args: Phrase, context: &mut Context) -> Result<(), CommandError> {
    let answer = super::call(context, Network::Off, CameoCall::Phrase { challenge: args.challenge }).await?;
    let CameoAnswer::Phrase { challenge, witness, phrase, until } = answer else {
        return Err(unexpected(&Response::Cameo(Box::new(answer))).into());
    };
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({
            "challenge": challenge, "witness": witness, "phrase": phrase, "until": until,
        }));
    }
    let minutes = until.saturating_sub(crate::clock::now_seconds()) / 60;
    context.output.line(format!("say       {phrase}"))?;
    context.output.line(format!("to        {witness}"))?;
    context.output.note(format!(
        "record yourself speaking it, and within {minutes} minutes: kinora cameo enrol NAME --recording FILE"
    ));
    Ok(())
}
