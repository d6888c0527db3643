//! `kinora status`: how the node stands.

use clap::Args;
use kinora_protocol::api::{Request, Response, Status as NodeStatus};

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;
use crate::output::size;

/// Arguments of `kinora status`.
#[derive(Debug, Args)]
pub struct Status {}

/// Runs it.
///
/// # Errors
/// When the home cannot be used.
pub async fn run(_: Status, context: &mut Context) -> Result<(), CommandError> {
    let status = match context.call(Network::Off, Request::Status).await? {
        Response::Status(status) => *status,
        other => return Err(unexpected(&other).into()),
    };
    if context.output.is_json() {
        return context.output.json(&status);
    }
    let embedded = context.session(Network::Off).await?.is_embedded();
    for line in lines(&status, embedded) {
        context.output.line(line)?;
    }
    Ok(())
}

fn lines(status: &NodeStatus, embedded: bool) -> Vec<String> {
    let node = if embedded {
        "not running (`kinora node` or `kinora` starts it)".to_owned()
    } else {
        format!("running for {} s, {}, {} peers", status.uptime, status.reachability, status.peers)
    };
    let keys =
        if status.keystore_passphrase { "encrypted with a passphrase" } else { "without a passphrase" };
    let mut lines = vec![
        format!("node       {node}"),
        format!("author     {} {}", status.author, status.name),
        format!("peer       {}", status.peer),
        format!(
            "stored     {} records, {} clips and stills ({})",
            status.records,
            status.blobs,
            size(status.bytes)
        ),
        format!("jobs       {}", status.jobs),
        format!("home       {}", status.home),
        format!("keys       {keys}"),
        format!("version    {}", status.version),
    ];
    lines.extend(status.addresses.iter().map(|address| format!("address    {address}")));
    lines
}
