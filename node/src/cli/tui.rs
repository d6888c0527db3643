//! `kinora` alone: the terminal program, on the running node or on one embedded while it is open.

use std::io::IsTerminal as _;

use kinora_tui::{Decoder, Options};

use super::context::Context;
use super::play;
use super::session::Network;
use crate::error::{self, CommandError, Hint as _};
use crate::tui_link::SocketLink;

/// Runs it.
///
/// # Errors
/// When there is no terminal, or the home cannot be used.
pub async fn run(context: &mut Context) -> Result<(), CommandError> {
    if context.output.is_json() || !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(error::request("the terminal program needs a terminal").hint("`kinora help` lists the verbs").into());
    }
    let client = context.session(Network::On).await?.client.clone();
    let link = SocketLink::open(client).await?;
    let decoder = Decoder::new(play::decode);
    let options = Options::new(context.environment.clone(), decoder, crate::clock::now_seconds());
    let program = tokio::task::spawn_blocking(move || kinora_tui::run(Box::new(link), options));
    let ended = program.await.map_err(|e| error::internal(format!("the terminal program ended: {e}")))?;
    Ok(ended.map_err(|e| error::system(e.to_string()))?)
}
