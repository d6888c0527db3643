//! `kinora labeler`: whose labels count here, and what this persona labels itself. One verb per file.

pub mod declare;
pub mod list;
pub mod subscribe;
pub mod unsubscribe;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::CommandError;

/// Arguments of `kinora labeler`.
#[derive(Debug, Args)]
pub struct Labeler {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs about labelers.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Declare yourself a labeler: a name, and what your labels weigh.
    Declare(declare::Declare),
    /// Listen to a labeler. Nobody else learns of it.
    Subscribe(subscribe::Subscribe),
    /// Listen to a labeler no more.
    Unsubscribe(unsubscribe::Unsubscribe),
    /// List whom you listen to, in order, with what their labels weigh here.
    List(list::List),
}

/// Runs it.
///
/// # Errors
/// What the node says.
pub async fn run(args: Labeler, context: &mut Context) -> Result<(), CommandError> {
    match args.verb {
        Verb::Declare(args) => declare::run(args, context).await,
        Verb::Subscribe(args) => subscribe::run(args, context).await,
        Verb::Unsubscribe(args) => unsubscribe::run(args, context).await,
        Verb::List(args) => list::run(args, context).await,
    }
}

/// `VALUE=WORD` in its parts.
fn pair(text: &str) -> Result<(String, &str), String> {
    let (value, word) = text.split_once('=').ok_or_else(|| format!("{text:?} is not VALUE=WORD"))?;
    if !kinora_protocol::record::is_value(value) {
        return Err(format!("{value:?} cannot be a label: letters a to z, digits and -"));
    }
    Ok((value.to_owned(), word))
}
