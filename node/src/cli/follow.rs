//! `kinora follow` and `kinora unfollow`: whose clips come here.

use clap::Args;
use kinora_protocol::api::{Request, Response};
use kinora_protocol::ids::AuthorId;

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora follow`.
#[derive(Debug, Args)]
pub struct Follow {
    /// Author id; without it, the people followed are listed.
    pub author: Option<AuthorId>,
    /// Stop following.
    #[arg(long, requires = "author")]
    pub off: bool,
}

/// Arguments of `kinora unfollow`.
#[derive(Debug, Args)]
pub struct Unfollow {
    /// Author id.
    pub author: AuthorId,
}

/// Runs `follow`.
///
/// # Errors
/// When the record cannot be stored.
pub async fn run(args: Follow, context: &mut Context) -> Result<(), CommandError> {
    match args.author {
        Some(author) => set(author, !args.off, context).await,
        None => list(context).await,
    }
}

/// Runs `unfollow`.
///
/// # Errors
/// When the record cannot be stored.
pub async fn undo(args: Unfollow, context: &mut Context) -> Result<(), CommandError> {
    set(args.author, false, context).await
}

async fn set(author: AuthorId, on: bool, context: &mut Context) -> Result<(), CommandError> {
    let record = context.record(Request::Follow { author, on }).await?;
    if context.output.is_json() {
        return context
            .output
            .json(&serde_json::json!({ "record": record, "author": author, "following": on }));
    }
    let word = if on { "following" } else { "no longer following" };
    context.output.line(format!("{word} {author}"))
}

async fn list(context: &mut Context) -> Result<(), CommandError> {
    let people = match context.call(Network::Off, Request::Following).await? {
        Response::Following { people } => people,
        other => return Err(unexpected(&other).into()),
    };
    if context.output.is_json() {
        return context.output.json(&people);
    }
    if people.is_empty() {
        context.output.note("nobody is followed yet: ask a friend for the id that `kinora key show` gives");
    }
    for person in people {
        context.output.line(format!("{}  {:>4} clips  {}", person.author, person.clips, person.name))?;
    }
    Ok(())
}
