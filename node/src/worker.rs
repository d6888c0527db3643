//! The render worker, `kinora engine`: one render message on standard input, frames on standard output.
//!
//! It runs in a process of its own with limits on memory, time and files, so that whatever goes wrong in a render
//! ends here. It opens no socket, no home and no key.

mod compare;
mod guard;

use std::any::Any;
use std::io::{self, Read, Write};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use kinora_media::enlarge::{Filter, enlarge};
use kinora_media::footage::Footage;
use kinora_media::mark::Budget;
use kinora_protocol::job::{
    self, Again, BadgeRequest, CutRequest, FromWorker, Picture, RenderRequest, Rendered, Stage, StageTime,
    ToWorker,
};
use kinora_protocol::recipe::{Format, Recipe};

pub use guard::{confine, take_stdout, watch_parent};

/// A worker that could not even talk.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The node is gone or never was there.
    #[error("the node's pipe broke: {0}")]
    Pipe(#[from] io::Error),
    /// What came in is not a message.
    #[error(transparent)]
    Frame(#[from] job::FrameFault),
}

/// Reads one message.
///
/// # Errors
/// [`WorkerError`] when there is none.
pub fn read_message(mut from: impl Read) -> Result<ToWorker, WorkerError> {
    let mut prefix = [0u8; 4];
    from.read_exact(&mut prefix)?;
    let length = job::body_length(prefix)?;
    let mut body = Vec::new();
    from.take(length as u64).read_to_end(&mut body)?;
    Ok(job::decode(&body)?)
}

/// Does what the message says; everything that goes wrong, a panic included, is said in the last frame.
///
/// # Errors
/// [`WorkerError`] when the node does not listen any more.
pub fn serve(message: ToWorker, mut out: impl Write) -> Result<(), WorkerError> {
    let last = match std::panic::catch_unwind(AssertUnwindSafe(|| answer(&message, &mut out))) {
        Ok(Ok(last)) => last,
        Ok(Err(reason)) => FromWorker::Failed { reason },
        Err(panic) => FromWorker::Failed { reason: format!("the engine failed: {}", panic_text(&*panic)) },
    };
    send(&mut out, &last)
}

fn answer(message: &ToWorker, out: &mut impl Write) -> Result<FromWorker, String> {
    let mut watch = Watch::new(out);
    match message {
        ToWorker::Render(request) => render(request, &mut watch).map(|done| FromWorker::Done(Box::new(done))),
        ToWorker::Cut(request) => cut(request, &mut watch).map(|done| FromWorker::Done(Box::new(done))),
        ToWorker::Badge(request) => label(request, &mut watch).map(|done| FromWorker::Done(Box::new(done))),
        ToWorker::Audit(request) => {
            let again = match &request.again {
                Again::Render(request) => render(request, &mut watch)?,
                Again::Cut(request) => cut(request, &mut watch)?,
            };
            compare::compare(&request.clip, again).map(|done| FromWorker::Compared(Box::new(done)))
        }
    }
}

fn send(out: &mut impl Write, message: &FromWorker) -> Result<(), WorkerError> {
    out.write_all(&job::encode(message)?)?;
    Ok(out.flush()?)
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a reason".to_owned())
}

/// Keeps the time of each stage while progress is told.
struct Watch<'a, W> {
    out: &'a mut W,
    since: Instant,
    stage: Stage,
    times: Vec<StageTime>,
}

impl<'a, W: Write> Watch<'a, W> {
    fn new(out: &'a mut W) -> Self {
        Self { out, since: Instant::now(), stage: Stage::Prepare, times: Vec::new() }
    }

    fn close(&mut self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        // An engine may return to a stage (sound after picture); its times add up.
        match self.times.iter_mut().find(|time| time.stage == self.stage) {
            Some(time) => time.millis = time.millis.saturating_add(millis),
            None => self.times.push(StageTime { stage: self.stage, millis }),
        }
        self.since = Instant::now();
    }

    /// Tells the node how far it is. When the node does not listen any more, `watch_parent` ends the process.
    fn tell(&mut self, stage: Stage, done: u32, total: u32, preview: Option<Picture>) {
        if stage != self.stage {
            self.close();
            self.stage = stage;
        }
        if let Err(error) = send(self.out, &FromWorker::Progress { stage, done, total, preview }) {
            tracing::debug!(%error, "progress could not be told");
        }
    }
}

fn render(request: &RenderRequest, watch: &mut Watch<'_, impl Write>) -> Result<Rendered, String> {
    watch.tell(Stage::Prepare, 0, 1, None);
    let (recipe, mut footage) = engine(request, &mut |stage, done, total, preview| {
        watch.tell(stage, done, total, preview);
    })?;
    footage.check().map_err(|fault| format!("the engine broke its promise: {fault}"))?;
    if let Some(tag) = request.tag {
        watch.tell(Stage::Encode, 0, footage.frames.len().try_into().unwrap_or(u32::MAX), None);
        mark(&mut footage, *tag)?;
    }
    encode(Some(recipe), &footage, request.threads, watch)
}

/// Puts the mark into the pictures, before anything that could leave this process is made of them.
fn mark(footage: &mut Footage, tag: [u8; 8]) -> Result<(), String> {
    let embedded = kinora_media::mark::embed(footage, tag, &Budget::default())
        .map_err(|fault| format!("the clip could not be marked: {fault}"))?;
    tracing::debug!(?embedded, "marked");
    Ok(())
}

/// A part of a clip as a clip: nothing is generated, and the mark of the whole goes on in the part.
fn cut(request: &CutRequest, watch: &mut Watch<'_, impl Write>) -> Result<Rendered, String> {
    watch.tell(Stage::Decode, 0, request.frames, None);
    let whole = kinora_media::decode(&request.clip, &kinora_media::DecodeLimits::default())
        .map_err(|fault| format!("the clip cannot be cut: {fault}"))?;
    let (first, frames) = (request.first, request.frames);
    let part = whole.part(first as usize, frames as usize).ok_or_else(|| {
        format!("{frames} frames from frame {first} on cannot be cut out of {} frames", whole.frames.len())
    })?;
    encode(None, &part, request.threads, watch)
}

/// A clip with a visible label in its pictures, enlarged first if that is asked. The mark stays under it; an enlarged
/// picture gets it anew, where it survives more.
fn label(request: &BadgeRequest, watch: &mut Watch<'_, impl Write>) -> Result<Rendered, String> {
    watch.tell(Stage::Decode, 0, 1, None);
    let mut footage = kinora_media::decode(&request.clip, &kinora_media::DecodeLimits::default())
        .map_err(|fault| format!("the clip cannot be labelled: {fault}"))?;
    if request.enlarge > 1 {
        footage = enlarge(&footage, request.enlarge, Filter::Smooth)
            .map_err(|fault| format!("the clip cannot be enlarged {} times: {fault}", request.enlarge))?;
        if let Some(tag) = request.tag {
            mark(&mut footage, *tag)?;
        }
    }
    kinora_media::badge::burn(&mut footage, &request.badge)
        .map_err(|fault| format!("the clip cannot be labelled: {fault}"))?;
    encode(None, &footage, request.threads, watch)
}

/// Footage as a file with its still: the last step of everything that becomes a clip.
fn encode(
    recipe: Option<Recipe>,
    footage: &Footage,
    threads: u32,
    watch: &mut Watch<'_, impl Write>,
) -> Result<Rendered, String> {
    watch.tell(Stage::Encode, 0, footage.frames.len().try_into().unwrap_or(u32::MAX), None);
    let options = kinora_media::EncodeOptions { threads: threads as usize, ..Default::default() };
    let clip = kinora_media::encode(footage, &options, &mut |done, total| {
        watch.tell(Stage::Encode, done, total, None);
    })
    .map_err(|fault| format!("the clip could not be encoded: {fault}"))?;
    let poster =
        kinora_media::poster(footage).map_err(|fault| format!("the still could not be made: {fault}"))?;
    watch.close();
    let format = Format {
        width: footage.width,
        height: footage.height,
        fps: footage.fps,
        frames: footage.frames.len().try_into().map_err(|_| "too many frames".to_owned())?,
    };
    Ok(Rendered { recipe, clip, poster, format, times: std::mem::take(&mut watch.times) })
}

/// The one place that knows which engine renders.
fn engine(
    request: &RenderRequest,
    on: &mut dyn FnMut(Stage, u32, u32, Option<Picture>),
) -> Result<(Recipe, Footage), String> {
    kinora_models::render(request, on).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
