//! `kinora` alone: the terminal program, on the node that runs or on one embedded for as long as it is open.
//!
//! It paints before it connects. A signal ends it through its remote, so that the terminal is given back first.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use clap::Args;
use kinora_protocol::api::{ApiError, Event};
use kinora_tui::{Connect, Decoder, Incoming, Link, Mailbox, Options, Program, Remote, TuiError, Video};
use tokio::runtime::Handle;

use super::context::{Context, Place, SessionSlot};
use super::session::{Network, Session};
use crate::clock;
use crate::error::{self, CommandError, Hint as _};
use crate::log;
use crate::tui_link::SocketLink;

/// What the terminal program understands.
#[derive(Clone, Debug, Args)]
pub struct Screen {
    /// Lines instead of screens, for screen readers and simple terminals [environment: KINORA_A11Y=text].
    #[arg(long)]
    pub plain: bool,
    /// How moving pictures are drawn: auto, halfblock, kitty, sixel, ascii or off.
    #[arg(long, default_value = "auto")]
    pub video: Video,
    /// Start without sound.
    #[arg(long)]
    pub mute: bool,
    /// Show the first frame of clips only, until space is pressed.
    #[arg(long)]
    pub still: bool,
}

/// Ends the program when the command is interrupted.
struct EndOnDrop(Remote);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Runs it until the user leaves.
///
/// # Errors
/// When there is no terminal, or no node can be reached or started.
pub async fn run(args: Screen, context: &mut Context) -> Result<(), CommandError> {
    if context.output.is_json() {
        return Err(error::request("the terminal program has no JSON form")
            .hint("`kinora feed --json` and the other verbs have one")
            .into());
    }
    let options = options(&args, context);
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if !terminal && !options.plain {
        return Err(error::request("the terminal program needs a terminal")
            .hint("`kinora --plain` reads and writes lines")
            .hint("`kinora help` lists the verbs")
            .into());
    }
    let program = Program::new(options);
    let guard = EndOnDrop(program.remote());
    let connect = connect(context.place.clone(), context.screen_slot());
    let ran = tokio::task::spawn_blocking(move || program.run(connect)).await;
    drop(guard);
    match ran {
        Ok(Ok(())) => Ok(()),
        Ok(Err(TuiError::Node(error))) => Err(error.into()),
        Ok(Err(other)) => Err(error::system(other.to_string()).into()),
        Err(ended) => Err(error::internal(format!("the terminal program ended: {ended}")).into()),
    }
}

fn options(args: &Screen, context: &Context) -> Options {
    // Clips are decoded by an inspector: whoever made them reaches neither the terminal nor the keys.
    let (inspectors, runtime) = (context.inspectors.clone(), Handle::current());
    let decoder = Decoder::new(move |bytes| runtime.block_on(inspectors.footage(bytes.to_vec())));
    let mut options = Options::new(context.environment.clone(), decoder, clock::now_seconds());
    options.plain |= args.plain;
    options.video = args.video;
    options.sound = !args.mute;
    options.reduce_motion = args.still;
    options.log = log_file(&context.place.home);
    options.folder = std::env::current_dir().ok();
    options
}

/// The log, or nothing at all while there is no home yet: either way not the screen.
fn log_file(home: &Path) -> Option<Arc<File>> {
    let log = log::open(&home.join("log")).or_else(|_| File::options().write(true).open("/dev/null"));
    log.ok().map(Arc::new)
}

/// Opens the session on the thread of the terminal program and leaves it in `slot`, to be closed later.
fn connect(place: Place, slot: SessionSlot) -> Connect {
    let runtime = Handle::current();
    Box::new(move |mailbox: Mailbox| -> Result<Box<dyn Link>, ApiError> {
        let session = runtime.block_on(Box::pin(Session::open(&place, Network::On)))?;
        let (client, first_run) = (session.client.clone(), session.first_run);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
        let link = runtime.block_on(SocketLink::open(client, mailbox.clone()))?;
        if first_run {
            let text = format!("Welcome. Your home is {}, with a new identity in it.", place.home.display());
            if !mailbox.put(Incoming::Event(Event::Notice { text })) {
                tracing::debug!("the user left before the node was there");
            }
        }
        Ok(Box::new(link))
    })
}
