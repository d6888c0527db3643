//! `kinora block`: lists of clips that must not be shown, made of hashes, and whose lists count here.
//!
//! One verb per file; each is one call of the control API.

pub mod add;
pub mod allow;
pub mod list;
pub mod remove;
pub mod subscribe;

use clap::{Args, Subcommand};
use kinora_protocol::api::{ApiError, BlockAnswer, BlockCall, Request, Response};

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora block`.
#[derive(Debug, Args)]
pub struct Block {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs about block lists.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Put a clip or a file on a list of yours: its hashes are published, never the file.
    Add(add::Add),
    /// Take a clip or a file off a list of yours.
    Remove(remove::Remove),
    /// Let the lists of an author count here: what matches is refused and hidden. Nobody is told.
    Subscribe(subscribe::Subscribe),
    /// Let them count no more: what they hid is shown again.
    Unsubscribe(subscribe::Unsubscribe),
    /// Show your lists, your subscriptions, and what is held back here.
    List(list::List),
    /// Show a clip that only looks like what is blocked.
    Allow(allow::Allow),
}

/// Runs it.
///
/// # Errors
/// What the node says.
pub async fn run(args: Block, context: &mut Context) -> Result<(), CommandError> {
    match args.verb {
        Verb::Add(args) => add::run(args, context).await,
        Verb::Remove(args) => remove::run(args, context).await,
        Verb::Subscribe(args) => subscribe::run(args, context).await,
        Verb::Unsubscribe(args) => subscribe::undo(args, context).await,
        Verb::List(args) => list::run(args, context).await,
        Verb::Allow(args) => allow::run(args, context).await,
    }
}

async fn call(context: &mut Context, network: Network, call: BlockCall) -> Result<BlockAnswer, ApiError> {
    match context.call(network, Request::Block(Box::new(call))).await? {
        Response::Block(answer) => Ok(*answer),
        other => Err(unexpected(&other)),
    }
}

/// An answer to another call about block lists.
fn other(answer: BlockAnswer) -> CommandError {
    unexpected(&Response::Block(Box::new(answer))).into()
}
