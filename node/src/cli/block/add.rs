//! `kinora block add`: puts a clip or a file on a list of this persona.

use clap::Args;
use kinora_protocol::api::{BlockAnswer, BlockCall};

use crate::cli::context::Context;
use crate::cli::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora block add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Id of a clip (its first digits are enough), or any file.
    #[arg(value_name = "CLIP|FILE")]
    pub what: String,
    /// Name of the list: the letters a to z, digits and -.
    #[arg(long, value_name = "NAME")]
    pub list: String,
    /// Why; whoever subscribes sees it.
    #[arg(long, value_name = "WORDS")]
    pub reason: String,
}

/// Runs it.
///
/// # Errors
/// When it is listed already, or the list is full.
pub async fn run(args: Add, context: &mut Context) -> Result<(), CommandError> {
    let what = context.clip_or_file(&args.what).await?;
    let list = args.list;
    let call = BlockCall::Add { what, list: list.clone(), reason: args.reason };
    let (rid, page, seconds) = match super::call(context, Network::On, call).await? {
        BlockAnswer::Page { rid, page, seconds } => (rid, page, seconds),
        answer => return Err(super::other(answer)),
    };
    if context.output.is_json() {
        let said = serde_json::json!({ "record": rid, "list": list, "page": page, "seconds": seconds });
        return context.output.json(&said);
    }
    let how = match seconds {
        0 => "by its very file: its picture is not known here, or shows too little".to_owned(),
        1 => "by its file and one second of picture".to_owned(),
        n => format!("by its file and {n} seconds of picture"),
    };
    context.output.line(format!("on the list {list}, {how}"))
}
