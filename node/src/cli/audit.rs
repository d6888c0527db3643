//! `kinora audit`: makes a clip again from its recipe and says whether it is the same.

use std::path::PathBuf;

use clap::Args;
use kinora_protocol::api::{AuditOutcome, MaterialPaths, Request, Response};

use super::context::Context;
use super::given::absolute;
use super::play;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Exit code of a clip that is not what its recipe makes.
const DIFFERENT: u8 = 8;

/// Arguments of `kinora audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// Id of a clip; its first digits are enough.
    pub clip: String,
    /// The edited blocking it was made from, if its recipe names one.
    #[arg(long, value_name = "FILE")]
    pub blocking: Option<PathBuf>,
    /// The first frame it was given.
    #[arg(long, value_name = "FILE")]
    pub first: Option<PathBuf>,
    /// The last frame it was given.
    #[arg(long, value_name = "FILE")]
    pub last: Option<PathBuf>,
    /// The reference stills it was given, in their order.
    #[arg(long, value_name = "FILE")]
    pub reference: Vec<PathBuf>,
}

/// Runs it. A clip that comes out otherwise is an answer, with an exit code of its own.
///
/// # Errors
/// When the clip cannot be made again here.
pub async fn run(args: Audit, context: &mut Context) -> Result<(), CommandError> {
    let one = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose();
    let materials = MaterialPaths {
        blocking: one(&args.blocking)?,
        first: one(&args.first)?,
        last: one(&args.last)?,
        reference: args.reference.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?,
        ..MaterialPaths::default()
    };
    let clip = context.clip(&args.clip, Network::Off).await?;
    play::ready(context, clip).await?;
    context.output.note("making it again from its recipe …");
    let audit = match context.call(Network::Off, Request::Audit { clip, materials }).await? {
        Response::Audit(audit) => *audit,
        other => return Err(unexpected(&other).into()),
    };
    if context.output.is_json() {
        context.output.json(&audit)?;
    } else {
        context.output.line(format!("{} ({:.1} s)", audit.sentence, audit.elapsed))?;
    }
    if audit.outcome == AuditOutcome::Different { Err(CommandError::Said(DIFFERENT)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_exit_code_of_another_clip_is_documented() {
        let name = crate::error::EXIT_CODES.iter().find(|(code, ..)| *code == super::DIFFERENT);
        assert_eq!(name.map(|(_, name, _)| *name), Some("different"));
    }
}
