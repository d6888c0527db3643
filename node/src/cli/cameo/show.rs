//! `kinora cameo show`: cameos that are known here, and what was granted.

use clap::Args;
use kinora_protocol::api::{CameoAnswer, CameoCall, CameoView, Response};
use kinora_protocol::ids::Rid;

use crate::cli::context::Context;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora cameo show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The cameo; without it, all that are known.
    pub cameo: Option<Rid>,
}

/// Runs it.
///
/// # Errors
/// When the cameo is not known.
pub async fn run(args: Show, context: &mut Context) -> Result<(), CommandError> {
    let call = args.cameo.map_or(CameoCall::List, |cameo| CameoCall::Show { cameo });
    let cameos = match super::call(context, Network::Off, call).await? {
        CameoAnswer::Cameos { cameos } => cameos,
        other => return Err(unexpected(&Response::Cameo(Box::new(other))).into()),
    };
    if context.output.is_json() {
        return context.output.json(&cameos);
    }
    for line in cameos.iter().flat_map(|cameo| lines(cameo, crate::clock::now_seconds())) {
        context.output.line(line)?;
    }
    Ok(())
}

fn lines(cameo: &CameoView, now: u64) -> Vec<String> {
    let mine = if cameo.mine { " (yours)" } else { "" };
    let fresh = match cameo.fresh_until {
        Some(until) if until >= now => format!("fresh for {} more minutes", (until - now) / 60),
        Some(_) => "stale: its subject must be reached before anything new is taken".to_owned(),
        None => "nothing was heard of it yet".to_owned(),
    };
    let mut lines = vec![
        format!("cameo     {} {}{mine}", cameo.cameo, cameo.name),
        format!("subject   {}", cameo.subject),
        format!("state     {fresh}, {} revocations", cameo.revoked),
    ];
    if !cameo.witnessed.is_empty() {
        lines.push(format!("alive     {}", cameo.witnessed));
    }
    lines.extend(cameo.grants.iter().map(|grant| {
        let to = grant.to.map_or_else(|| "everybody it is open to".to_owned(), |author| author.to_string());
        let uses = grant.uses.map_or_else(|| "without end".to_owned(), |count| format!("for {count} clips"));
        let days = grant.until.saturating_sub(now) / 86_400;
        let purposes: Vec<&str> = grant.purposes.iter().map(kinora_protocol::text::Text::as_str).collect();
        let state = if grant.stands { format!("{days} more days") } else { "over".to_owned() };
        format!("grant     {} to {to}, {uses}, {state}, for {}", grant.grant, purposes.join(", "))
    }));
    lines
}
