//! `kinora cameo request`: the id that the subject of a draft approves, and whom a draft waits for.

use clap::Args;
use kinora_protocol::api::{ApiError, Blame, CameoAnswer, CameoCall, JobId, Response, UseView};

use crate::cli::context::Context;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora cameo request`.
#[derive(Debug, Args)]
pub struct Ask {
    /// Number of the draft, as `kinora publish` lists it.
    pub job: JobId,
}

/// Whom a draft shows, if it shows anybody.
///
/// # Errors
/// What the node says.
pub async fn of_draft(
    context: &mut Context,
    network: Network,
    job: JobId,
) -> Result<Option<UseView>, ApiError> {
    match super::call(context, network, CameoCall::Request { job }).await {
        Ok(CameoAnswer::Request(view)) => Ok(Some(view)),
        Ok(other) => Err(unexpected(&Response::Cameo(Box::new(other)))),
        // A draft that shows nobody.
        Err(error) if error.blame == Blame::Request => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says of a draft whom it waits for, and what to run next.
pub fn tell_draft(context: &mut Context, job: JobId, waits_for: Option<&str>) {
    if let Some(names) = waits_for {
        context.output.note(format!(
            "it shows somebody and waits for the approval of {names}: the very clip is on its way to them"
        ));
        context.output.note(format!(
            "how that stands: kinora cameo request {job}; then publish it: kinora publish {job}"
        ));
    } else {
        context.output.note(format!("publish it with: kinora publish {job}"));
    }
}

/// Runs it.
///
/// # Errors
/// When there is no such draft, or it shows nobody's cameo.
pub async fn run(args: Ask, context: &mut Context) -> Result<(), CommandError> {
    let view = match super::call(context, Network::Off, CameoCall::Request { job: args.job }).await? {
        CameoAnswer::Request(view) => view,
        other => return Err(unexpected(&Response::Cameo(Box::new(other))).into()),
    };
    if context.output.is_json() {
        return context.output.json(&view);
    }
    for person in &view.people {
        let how = match (person.approved, person.needed) {
            (true, _) => "approved",
            (false, true) => "waits for their approval",
            (false, false) => "needs no approval",
        };
        context.output.line(format!("shows     {} {}: {how}", person.name, person.subject.short()))?;
    }
    context.output.line(format!("use       {}", view.id))?;
    context.output.line(format!("of        {}", view.subject))?;
    if view.approved {
        context.output.note(format!("it is approved: publish it with kinora publish {}", args.job));
    } else {
        context.output.note(format!(
            "its subject sees this very clip in their inbox as soon as their node is reached; or tell them: kinora cameo approve {}",
            view.id
        ));
    }
    Ok(())
}
