//! `kinora cameo request`: the id that the subject of a draft approves.

use clap::Args;
use kinora_protocol::api::{CameoAnswer, CameoCall, JobId, Response};

use crate::cli::context::Context;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora cameo request`.
#[derive(Debug, Args)]
pub struct Ask {
    /// Number of the draft, as `kinora publish` lists it.
    pub job: JobId,
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
