//! `kinora key`: public keys. Secrets are never shown.

use clap::{Args, Subcommand};
use kinora_protocol::api::{Request, Response};

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora key`.
#[derive(Debug, Args)]
pub struct Key {
    /// What to do; `show` without a word.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Show the author id others follow, and the keys of device and node.
    Show,
}

/// Runs it.
///
/// # Errors
/// When the home cannot be used.
pub async fn run(args: Key, context: &mut Context) -> Result<(), CommandError> {
    let Action::Show = args.action.unwrap_or(Action::Show);
    let keys = match context.call(Network::Off, Request::Keys).await? {
        Response::Keys(keys) => *keys,
        other => return Err(unexpected(&other).into()),
    };
    if context.output.is_json() {
        return context.output.json(&keys);
    }
    context.output.line(format!("author     {}   (give this to friends: kinora follow …)", keys.author))?;
    context.output.line(format!("persona    {}", keys.persona))?;
    context.output.line(format!("device     {}", keys.device))?;
    context.output.line(format!("transport  {}", keys.transport))?;
    context.output.line(if keys.passphrase {
        "keystore   encrypted with a passphrase"
    } else {
        "keystore   NOT encrypted: whoever reads the file is you. Set KINORA_PASSPHRASE before the first run to encrypt."
    })
}
