//! `kinora cameo enrol`: signs a cameo of this persona.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kinora_protocol::api::CameoCall;
use kinora_protocol::record::Open;

use super::policy::PolicyArgs;
use crate::cli::context::Context;
use crate::error::{self, CommandError};

/// To whom you may give your cameo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum To {
    /// To yourself only.
    OnlyMe,
    /// To people you name.
    Approved,
    /// And to those with whom you follow each other.
    Mutuals,
    /// And to everybody.
    Everyone,
}

/// Arguments of `kinora cameo enrol`.
#[derive(Debug, Args)]
pub struct Enrol {
    /// The name under which you are shown.
    pub name: String,
    /// A still of you, PNG or JPEG; may be repeated. It stays in your home.
    #[arg(long, value_name = "FILE")]
    pub still: Vec<PathBuf>,
    /// A clip in which you speak the phrase of `kinora cameo phrase`; it is sealed to the witness.
    #[arg(long, value_name = "FILE")]
    pub recording: Option<PathBuf>,
    /// To whom you may give it.
    #[arg(long, value_enum, default_value = "approved")]
    pub open: To,
    /// What it may be used for at most.
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// Runs it.
///
/// # Errors
/// When a still cannot be used or a bound is broken.
pub async fn run(args: Enrol, context: &mut Context) -> Result<(), CommandError> {
    let absolute = |path: &PathBuf| {
        let full = std::path::absolute(path).map_err(|e| error::file("find", path, &e))?;
        Ok::<_, CommandError>(full.display().to_string())
    };
    let call = CameoCall::Enrol {
        name: args.name,
        stills: args.still.iter().map(absolute).collect::<Result<_, _>>()?,
        open: match args.open {
            To::OnlyMe => Open::OnlyMe,
            To::Approved => Open::Approved,
            To::Mutuals => Open::Mutuals,
            To::Everyone => Open::Everyone,
        },
        policy: args.policy.policy()?,
        recording: args.recording.as_ref().map(absolute).transpose()?,
    };
    super::record(context, call, "enrolled as cameo").await.map(|_| ())
}
