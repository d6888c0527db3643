//! `kinora publish`: a draft becomes a published clip.

use clap::Args;
use kinora_protocol::api::{JobId, JobState, Request, Response};

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// Number of the draft; without it, drafts are listed.
    pub job: Option<JobId>,
    /// Its licence as an SPDX expression [default: what was said when it was made, or the setting `licence`].
    #[arg(long, value_name = "SPDX", requires = "job")]
    pub licence: Option<String>,
    /// The author of the clip it is made from permitted it.
    #[arg(long, requires = "job")]
    pub permitted: bool,
    /// What you say of it, for example violence or satire; may be repeated.
    #[arg(long = "label", value_name = "VALUE", requires = "job")]
    pub labels: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// When there is no such draft.
pub async fn run(args: Publish, context: &mut Context) -> Result<(), CommandError> {
    let Some(job) = args.job else { return list(context).await };
    let Publish { licence, permitted, labels, .. } = args;
    let clip = context.record(Request::Publish { job, licence, permitted, labels }).await?;
    if context.output.is_json() {
        context.output.json(&serde_json::json!({ "clip": clip }))
    } else {
        context.output.line(format!("published {clip}"))
    }
}

async fn list(context: &mut Context) -> Result<(), CommandError> {
    let jobs = match context.call(Network::Off, Request::Jobs).await? {
        Response::Jobs { jobs } => jobs,
        other => return Err(unexpected(&other).into()),
    };
    let drafts: Vec<_> = jobs.into_iter().filter(|job| matches!(job.state, JobState::Draft { .. })).collect();
    if context.output.is_json() {
        return context.output.json(&drafts);
    }
    if drafts.is_empty() {
        context.output.note("no drafts; `kinora make PROMPT --draft` makes one");
    }
    for draft in drafts {
        context.output.line(format!(
            "{:>4}  {:>4.1} s  {}",
            draft.id,
            draft.millis as f64 / 1000.0,
            draft.prompt
        ))?;
    }
    Ok(())
}
