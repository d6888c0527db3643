//! `kinora play`: a clip of the feed, or a file, in the terminal with sound.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use kinora_media::footage::Footage;
use kinora_protocol::api::{ClipState, ClipView, Request, Response, said_words};
use kinora_protocol::ids::Rid;
use kinora_protocol::limits::CLIP_BYTES_MAX;
use kinora_protocol::verdict::Verdict;
use kinora_tui::Video;
use kinora_tui::player::{self, PlayOptions};

use super::context::Context;
use super::feed::state_word;
use super::session::{Network, unexpected};
use crate::error::{self, CommandError, Hint as _};

/// Arguments of `kinora play`.
#[derive(Debug, Args)]
pub struct Play {
    /// Id of a clip (its first digits are enough), or a file.
    #[arg(value_name = "CLIP|FILE")]
    pub what: String,
    /// How the pictures are drawn: auto, halfblock, kitty, sixel, ascii or off.
    #[arg(long, default_value = "auto")]
    pub video: Video,
    /// Without sound.
    #[arg(long)]
    pub mute: bool,
    /// Open a clip that labels cover.
    #[arg(long)]
    pub open: bool,
    /// How often.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub times: u32,
}

/// Runs it.
///
/// # Errors
/// When it is not here or cannot be played.
pub async fn run(args: Play, context: &mut Context) -> Result<(), CommandError> {
    let path = Path::new(&args.what);
    let bytes = if path.is_file() { read_file(path)? } else { uncovered(context, &args).await? };
    show(context, bytes, |options| {
        options.video = args.video;
        options.sound = !args.mute;
        options.times = args.times;
    })
    .await
}

/// The bytes of a clip that may be looked at: a covered one only when it is to be opened.
async fn uncovered(context: &mut Context, args: &Play) -> Result<Vec<u8>, CommandError> {
    let clip = context.clip(&args.what, Network::Off).await?;
    let item = view(context, clip).await?.item;
    if !item.cover.is_empty() && !args.open {
        let message = format!("clip {} is covered: {}", clip.short(), said_words(&item.cover));
        return Err(error::request(message).hint("add --open to look at it all the same").into());
    }
    clip_bytes(context, &args.what).await
}

/// Plays the bytes of a clip with the usual options.
///
/// # Errors
/// When they cannot be played.
pub async fn bytes(context: &mut Context, bytes: Vec<u8>) -> Result<(), CommandError> {
    show(context, bytes, |_| {}).await
}

/// Reads a clip file of bounded size.
///
/// # Errors
/// When it cannot be read or is too large.
pub fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    Ok(crate::files::read(path, CLIP_BYTES_MAX)?)
}

/// The bytes of a clip of the feed, fetched first if need be.
///
/// # Errors
/// When it is unknown, deleted or nobody has it.
pub async fn clip_bytes(context: &mut Context, text: &str) -> Result<Vec<u8>, CommandError> {
    let clip = context.clip(text, Network::Off).await?;
    let blob = ready(context, clip).await?.item.blob;
    Ok(context.session(Network::Off).await?.client.blob(blob).await?)
}

/// A clip whose file is here, fetched first if need be.
///
/// # Errors
/// When it is unknown, deleted or nobody has it.
pub async fn ready(context: &mut Context, clip: Rid) -> Result<ClipView, CommandError> {
    let mut view = view(context, clip).await?;
    // What could not be inspected may be once more: memory may have been short.
    let uninspected = view.item.state == ClipState::Withheld && view.item.verdict == Verdict::Unverified;
    if uninspected || matches!(view.item.state, ClipState::Missing | ClipState::Fetching) {
        context.output.note("fetching the clip from its peers …");
        context.call(Network::Off, Request::Fetch { clip }).await.map_err(|e| {
            e.hint(
                "the author's node, or one that has the clip, must be reachable: keep `kinora node` running",
            )
        })?;
        view = self::view(context, clip).await?;
    }
    if view.item.state != ClipState::Ready {
        let message = format!("clip {} cannot be used: it is {}", clip.short(), state_word(view.item.state));
        return Err(error::missing(message).hint(view.item.reason).into());
    }
    Ok(view)
}

/// Everything about a clip.
///
/// # Errors
/// When it is unknown.
pub async fn view(context: &mut Context, clip: Rid) -> Result<ClipView, CommandError> {
    match context.call(Network::Off, Request::Show { clip }).await? {
        Response::Clip(view) => Ok(*view),
        other => Err(unexpected(&other).into()),
    }
}

async fn show(
    context: &mut Context,
    bytes: Vec<u8>,
    change: impl FnOnce(&mut PlayOptions),
) -> Result<(), CommandError> {
    let footage = context.inspectors.footage(bytes).await;
    let footage = footage.map_err(|reason| error::request(format!("this cannot be played: {reason}")))?;
    if !context.output.is_watched() {
        return describe(context, &footage);
    }
    let mut options = PlayOptions {
        video: Video::Auto,
        sound: true,
        volume: 80,
        no_color: context.environment.no_color,
        times: 1,
        environment: context.environment.clone(),
    };
    change(&mut options);
    let footage = Arc::new(footage);
    // The player waits for the terminal and the sound: not on the runtime's threads.
    let playing =
        tokio::task::spawn_blocking(move || player::play(&footage, &options, &mut std::io::stdout()));
    let played = playing.await.map_err(|e| error::internal(format!("the player ended: {e}")))?;
    let played = played.map_err(|e| error::system(e.to_string()))?;
    if let Some(why) = played.silent_because {
        context.output.note(format!("without sound: {why}"));
    }
    Ok(())
}

/// Without a terminal there is nothing to play on: say what it is.
fn describe(context: &Context, footage: &Footage) -> Result<(), CommandError> {
    let (width, height, seconds) = (footage.width, footage.height, footage.seconds());
    let sound = !footage.samples.is_empty();
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({
            "width": width, "height": height, "fps": footage.fps, "frames": footage.frames.len(),
            "seconds": seconds, "sound": sound,
        }));
    }
    let sound = if sound { "with sound" } else { "silent" };
    context.output.line(format!("{width}×{height}, {} frames/s, {seconds:.1} s, {sound}", footage.fps))
}
