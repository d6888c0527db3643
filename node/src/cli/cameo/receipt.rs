//! `kinora cameo receipt`: a signed document of what was consented to, and whether one holds.

use std::path::PathBuf;

use clap::Args;
use kinora_protocol::api::{CameoAnswer, CameoCall, Response};
use kinora_protocol::ids::Rid;

use crate::cli::context::Context;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;
use crate::files;
use crate::node::receipts::{RECEIPT_BYTES_MAX, check};

/// Arguments of `kinora cameo receipt`.
#[derive(Debug, Args)]
pub struct Receipt {
    /// A grant, or a clip that shows somebody.
    #[arg(value_name = "GRANT|CLIP", required_unless_present = "check")]
    pub of: Option<Rid>,
    /// Check a receipt instead: who signed it, and whether it was changed.
    #[arg(long, value_name = "FILE", conflicts_with = "of")]
    pub check: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When there is no such grant or clip, or the receipt does not hold.
pub async fn run(args: Receipt, context: &mut Context) -> Result<(), CommandError> {
    if let Some(path) = &args.check {
        let found = check(&files::read(path, RECEIPT_BYTES_MAX)?)?;
        if context.output.is_json() {
            return context.output.json(&serde_json::json!({
                "holds": true, "issuer": found.issuer, "record": found.record, "by_subject": found.by_subject,
            }));
        }
        let who = if found.by_subject {
            "the person it is about"
        } else {
            "somebody else than the person it is about"
        };
        return context.output.line(format!("holds: signed by {}, {who}", found.issuer));
    }
    let Some(of) = args.of else { return Ok(()) };
    match super::call(context, Network::Off, CameoCall::Receipt { of }).await? {
        CameoAnswer::Receipt { json } => context.output.line(json),
        other => Err(unexpected(&Response::Cameo(Box::new(other))).into()),
    }
}
