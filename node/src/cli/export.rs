//! `kinora export`: a clip's file, byte for byte.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::play;
use crate::error::{self, CommandError, Hint as _};
use crate::output::size;

/// Arguments of `kinora export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Id of a clip; its first digits are enough.
    pub clip: String,
    /// The file to write.
    pub file: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    pub force: bool,
}

/// Runs it.
///
/// # Errors
/// When the clip is not here or the file cannot be written.
pub async fn run(args: Export, context: &mut Context) -> Result<(), CommandError> {
    if args.file.exists() && !args.force {
        let message = format!("{} is there already", args.file.display());
        return Err(error::request(message).hint("choose another name, or add --force").into());
    }
    let bytes = play::clip_bytes(context, &args.clip).await?;
    std::fs::write(&args.file, &bytes).map_err(|e| error::file("write", &args.file, &e))?;
    if context.output.is_json() {
        let file = std::path::absolute(&args.file).unwrap_or(args.file).display().to_string();
        return context.output.json(&serde_json::json!({ "file": file, "bytes": bytes.len() }));
    }
    context.output.line(format!("{} ({})", args.file.display(), size(bytes.len() as u64)))
}
