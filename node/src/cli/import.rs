//! `kinora import`: publishes a clip made elsewhere.

use std::path::PathBuf;

use clap::Args;
use kinora_protocol::api::Request;

use super::context::Context;
use crate::error::{self, CommandError};

/// Arguments of `kinora import`.
#[derive(Debug, Args)]
pub struct Import {
    /// An AV1 + Opus MP4 file.
    pub file: PathBuf,
    /// Title shown in feeds [default: the file's name].
    #[arg(long)]
    pub title: Option<String>,
    /// Its licence as an SPDX expression [default: the setting `licence`; without one, all rights stay with you].
    #[arg(long, value_name = "SPDX")]
    pub licence: Option<String>,
    /// What you say of it, for example violence or satire; may be repeated.
    #[arg(long = "label", value_name = "VALUE")]
    pub labels: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// When the file is not such a clip or cannot be read.
pub async fn run(args: Import, context: &mut Context) -> Result<(), CommandError> {
    let path = std::fs::canonicalize(&args.file).map_err(|e| error::file("read", &args.file, &e))?;
    let name = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let title = args.title.unwrap_or_else(name);
    let path = path
        .to_str()
        .ok_or_else(|| error::request(format!("{} is not named in UTF-8", args.file.display())))?
        .to_owned();
    let (licence, labels) = (args.licence, args.labels);
    let clip = context.record(Request::Import { path, title, licence, labels }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "clip": clip }));
    }
    context.output.line(format!("published {clip}"))
}
