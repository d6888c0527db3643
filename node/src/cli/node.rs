//! `kinora node`: a node without the terminal program; and words to a running one.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use kinora_protocol::api::Request;

use super::context::Context;
use super::session::Network;
use crate::error::{self, CommandError, Hint as _};
use crate::home::Home;
use crate::node::{Node, NodeOptions};

/// How long to wait for another process to leave the home.
const TURN_MAX: Duration = Duration::from_secs(15);
/// How often to look.
const TURN_EVERY: Duration = Duration::from_millis(40);

/// Arguments of `kinora node`.
#[derive(Debug, Args)]
pub struct Run {
    /// A word to the running node; without one, a node is run here.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// Words to a running node.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Connect to a peer.
    Dial {
        /// Its address, ending in /p2p/….
        address: String,
    },
    /// End the running node.
    Stop,
}

/// Runs it.
///
/// # Errors
/// When the home is in use or cannot be used, or the network cannot be listened on.
pub async fn run(args: Run, context: &mut Context) -> Result<(), CommandError> {
    match args.action {
        None => serve(context).await,
        Some(Action::Dial { address }) => tell(Request::Dial { address }, context).await,
        Some(Action::Stop) => tell(Request::Shutdown, context).await,
    }
}

async fn tell(request: Request, context: &mut Context) -> Result<(), CommandError> {
    if context.session(Network::On).await?.is_embedded() && matches!(request, Request::Shutdown) {
        return Err(error::missing("no node runs here").into());
    }
    context.call(Network::On, request).await?;
    if context.output.is_json() { context.output.json(&serde_json::json!({ "done": true })) } else { Ok(()) }
}

async fn serve(context: &Context) -> Result<(), CommandError> {
    let place = context.place.clone();
    let deadline = Instant::now() + TURN_MAX;
    let (home, lock) = loop {
        let home = Home::open(&place.home)?;
        if let Some(lock) = home.try_lock()? {
            break (home, lock);
        }
        if Instant::now() > deadline {
            let message = format!("a node runs in {} already", place.home.display());
            return Err(error::busy(message)
                .hint("`kinora status` shows it; choose another --home for a second one")
                .into());
        }
        tokio::time::sleep(TURN_EVERY).await;
    };
    let options = NodeOptions { settings: place.settings, network: true, program: place.program };
    let node = Node::start(home, lock, options).await?;
    context.output.line("ready")?;
    let reason = tokio::select! {
        reason = super::signal() => reason,
        () = node.asked_to_stop() => "a call",
    };
    tracing::info!(reason, "the node ends");
    node.stop().await;
    Ok(())
}
