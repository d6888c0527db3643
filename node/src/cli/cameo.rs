//! `kinora cameo`: your likeness in other people's clips, with a consent that you signed and can take back.
//!
//! One verb per file; each is one call of the control API.

pub mod approve;
pub mod ask;
pub mod enrol;
pub mod grant;
pub mod head;
pub mod inbox;
pub mod liveness;
pub mod policy;
pub mod preview;
pub mod receipt;
pub mod request;
pub mod revoke;
pub mod show;
pub mod uses;

use clap::{Args, Subcommand};
use kinora_protocol::api::{ApiError, CameoAnswer, CameoCall, Request, Response};
use kinora_protocol::ids::Rid;

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora cameo`.
#[derive(Debug, Args)]
pub struct Cameo {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs about cameos.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Enrol yourself: sign a cameo. Stills stay in your home; only a commitment to them is published.
    Enrol(enrol::Enrol),
    /// List the cameos that are known here, or show one with its grants.
    Show(show::Show),
    /// Ask somebody for their cameo. Only they can read it.
    Ask(ask::Ask),
    /// Questions to you and by you, and clips that wait for your approval.
    Inbox(inbox::Inbox),
    /// Play the very clip that waits for your approval.
    Preview(preview::Preview),
    /// Grant what somebody asks in a letter of `inbox`.
    Accept(ask::Answer),
    /// Refuse what somebody asks.
    Refuse(ask::Answer),
    /// Every use of your likeness that is known here: clips, remixes, drafts that were announced to you.
    Uses(uses::Uses),
    /// Write a signed receipt of a grant or a clip, or check one.
    Receipt(receipt::Receipt),
    /// Make a fresh nonce for somebody whom you are to see alive.
    Witness(liveness::Witness),
    /// Say what to speak in the recording of your enrolment.
    Phrase(liveness::Phrase),
    /// Let somebody use your cameo.
    Grant(grant::Grant),
    /// Say which use a draft waits to have approved.
    Request(request::Ask),
    /// Approve, or refuse, one use of your cameo.
    Approve(approve::Approve),
    /// Take back a cameo, a grant, a use or a clip.
    Revoke(revoke::Revoke),
    /// Sign a fresh head of your cameo; a running node does it by itself.
    Head(head::Head),
}

/// Runs it.
///
/// # Errors
/// What the node says.
pub async fn run(args: Cameo, context: &mut Context) -> Result<(), CommandError> {
    match args.verb {
        Verb::Enrol(args) => enrol::run(args, context).await,
        Verb::Show(args) => show::run(args, context).await,
        Verb::Ask(args) => ask::run(args, context).await,
        Verb::Inbox(args) => inbox::run(args, context).await,
        Verb::Preview(args) => preview::run(args, context).await,
        Verb::Accept(args) => ask::accept(args, context).await,
        Verb::Refuse(args) => ask::refuse(args, context).await,
        Verb::Uses(args) => uses::run(args, context).await,
        Verb::Receipt(args) => receipt::run(args, context).await,
        Verb::Witness(args) => liveness::witness(args, context).await,
        Verb::Phrase(args) => liveness::phrase(args, context).await,
        Verb::Grant(args) => grant::run(args, context).await,
        Verb::Request(args) => request::run(args, context).await,
        Verb::Approve(args) => approve::run(args, context).await,
        Verb::Revoke(args) => revoke::run(args, context).await,
        Verb::Head(args) => head::run(args, context).await,
    }
}

async fn call(context: &mut Context, network: Network, call: CameoCall) -> Result<CameoAnswer, ApiError> {
    match context.call(network, Request::Cameo(Box::new(call))).await? {
        Response::Cameo(answer) => Ok(*answer),
        other => Err(unexpected(&other)),
    }
}

/// Makes a call that signs a record, and says what was done.
async fn record(context: &mut Context, request: CameoCall, done: &str) -> Result<Rid, CommandError> {
    let rid = match call(context, Network::On, request).await? {
        CameoAnswer::Record { rid } => rid,
        other => return Err(unexpected(&Response::Cameo(Box::new(other))).into()),
    };
    if context.output.is_json() {
        context.output.json(&serde_json::json!({ "record": rid }))?;
    } else {
        context.output.line(format!("{done} {rid}"))?;
    }
    Ok(rid)
}
