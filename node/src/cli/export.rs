//! `kinora export`: a clip's file, with a visible label in its pictures.

use std::path::PathBuf;

use clap::Args;
use kinora_media::enlarge::TIMES_MAX;
use kinora_protocol::api::{ExportRequest, Request, Response};
use kinora_protocol::badge::{Corner, Size, Variant};

use super::context::Context;
use super::given::word;
use super::play;
use super::session::{Network, unexpected};
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
    /// Byte for byte as it was published, without a label; not for clips that show somebody.
    #[arg(long, conflicts_with_all = ["label", "corner", "size", "enlarge"])]
    pub original: bool,
    /// What the label says: full, partial or likeness; what fits the clip when left out.
    #[arg(long, value_parser = word::<Variant>)]
    pub label: Option<Variant>,
    /// Where it stands: top_left, top_right, bottom_left or bottom_right.
    #[arg(long, default_value = "top_right", value_parser = word::<Corner>)]
    pub corner: Corner,
    /// How large it is: small, medium or large.
    #[arg(long, default_value = "medium", value_parser = word::<Size>)]
    pub size: Size,
    /// How many times as long each side of the picture becomes: small clips look better elsewhere, and their mark survives more.
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=TIMES_MAX as i64))]
    pub enlarge: u32,
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
    let clip = context.clip(&args.clip, Network::Off).await?;
    play::ready(context, clip).await?;
    let file = std::path::absolute(&args.file).unwrap_or(args.file);
    let path = file.display().to_string();
    let request = ExportRequest {
        clip,
        path: path.clone(),
        original: args.original,
        variant: args.label,
        corner: args.corner,
        size: args.size,
        enlarge: args.enlarge,
    };
    let answer = context.session(Network::Off).await?.client.call(&Request::Export(request)).await?;
    let Response::Exported(exported) = answer else { return Err(unexpected(&answer).into()) };
    if context.output.is_json() {
        let (bytes, label) = (exported.bytes, exported.label);
        return context.output.json(&serde_json::json!({ "file": path, "bytes": bytes, "label": label }));
    }
    let label = match exported.label {
        Some(Variant::Full) => ", labelled as made by AI",
        Some(Variant::Partial) => ", labelled as made with AI",
        Some(Variant::Likeness) => ", labelled as a likeness made by AI",
        None => "",
    };
    context.output.line(format!("{path} ({}{label})", size(exported.bytes)))
}
