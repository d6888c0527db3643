//! `kinora block subscribe` and `kinora block unsubscribe`: whose lists count here.

use clap::Args;
use kinora_protocol::api::{BlockAnswer, BlockCall};
use kinora_protocol::ids::AuthorId;

use crate::cli::context::Context;
use crate::cli::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora block subscribe`.
#[derive(Debug, Args)]
pub struct Subscribe {
    /// Whose lists; the author need not be followed.
    pub author: AuthorId,
    /// Which list; all of theirs without it.
    pub name: Option<String>,
}

/// Arguments of `kinora block unsubscribe`.
#[derive(Debug, Args)]
pub struct Unsubscribe {
    /// Whose lists.
    pub author: AuthorId,
    /// Which list, if it was subscribed to by its name.
    pub name: Option<String>,
}

/// Runs `subscribe`.
///
/// # Errors
/// When there are too many.
pub async fn run(args: Subscribe, context: &mut Context) -> Result<(), CommandError> {
    set(args.author, args.name, true, context).await
}

/// Runs `unsubscribe`.
///
/// # Errors
/// When it was not subscribed to.
pub async fn undo(args: Unsubscribe, context: &mut Context) -> Result<(), CommandError> {
    set(args.author, args.name, false, context).await
}

async fn set(
    author: AuthorId,
    list: Option<String>,
    on: bool,
    context: &mut Context,
) -> Result<(), CommandError> {
    let call = BlockCall::Subscribe { author, list: list.clone(), on };
    match super::call(context, Network::On, call).await? {
        BlockAnswer::Done => {}
        answer => return Err(super::other(answer)),
    }
    if context.output.is_json() {
        let said = serde_json::json!({ "author": author, "list": list, "subscribed": on });
        return context.output.json(&said);
    }
    let which = list.map_or_else(|| "the lists".to_owned(), |list| format!("the list {list}"));
    let word = if on { "count here now" } else { "count here no more" };
    context.output.line(format!("{which} of {author}: {word}"))
}
