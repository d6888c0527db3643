//! The runtime: paints first, then connects, then waits for whatever comes and does what `App::update` says.
//!
//! One inbox takes everything: keys, answers, decoded clips. Between two of them the program sleeps; it has no tick of
//! its own, only the next time at which the state says that something moves.

mod decoder;
mod machine;
mod screen;
mod stdin;
mod terminal;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use kinora_protocol::api::ApiError;

use crate::app::Message;
use crate::link::{Connect, Link, Mailbox};
use crate::options::Options;
use crate::{TuiError, plain};
use machine::Machine;

/// Things that came in and wait.
const INBOX_MAX: usize = 256;
/// How long [`Remote::end`] waits for the terminal to be given back.
const END_MAX: Duration = Duration::from_secs(1);

/// What comes into the inbox.
pub(crate) enum Input {
    /// Something for the state.
    Message(Message),
    /// A line was typed, in the plain view; `None` at the end of the input.
    Line(Option<String>),
    /// There is a node.
    Connected(Box<dyn Link>),
    /// There is none.
    Refused(ApiError),
    /// The terminal is gone, or [`Remote::end`] was called.
    End,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Message(_) => "Message",
            Self::Line(_) => "Line",
            Self::Connected(_) => "Connected",
            Self::Refused(_) => "Refused",
            Self::End => "End",
        })
    }
}

/// The terminal program before it runs.
#[derive(Debug)]
pub struct Program {
    options: Options,
    sender: SyncSender<Input>,
    inbox: Receiver<Input>,
    course: Arc<Course>,
}

/// Ends a running program from another thread, for example when a signal came.
#[derive(Clone, Debug)]
pub struct Remote {
    sender: SyncSender<Input>,
    course: Arc<Course>,
}

/// Whether the program should end, and whether it has.
#[derive(Debug, Default)]
struct Course {
    ending: AtomicBool,
    over: Mutex<bool>,
    changed: Condvar,
}

/// Says that the program is over, however it ends.
struct Over(Arc<Course>);

impl Drop for Over {
    fn drop(&mut self) {
        *self.0.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}

impl Remote {
    /// Asks the program to end and waits until it gave the terminal back, but not for long.
    pub fn end(&self) {
        self.course.ending.store(true, Ordering::Release);
        // A full inbox wakes the program just as well.
        drop(self.sender.try_send(Input::End));
        let over = self.course.over.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.course.changed.wait_timeout_while(over, END_MAX, |over| !*over));
    }
}

impl Program {
    /// A program with these options.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let (sender, inbox) = sync_channel(INBOX_MAX);
        Self { options, sender, inbox, course: Arc::default() }
    }

    /// A handle that ends it.
    #[must_use]
    pub fn remote(&self) -> Remote {
        Remote { sender: self.sender.clone(), course: Arc::clone(&self.course) }
    }

    /// Runs until the user leaves, on the calling thread. `connect` is called after the first paint and has returned
    /// when this returns.
    ///
    /// # Errors
    /// The terminal cannot be used, or there is no node.
    pub fn run(self, connect: Connect) -> Result<(), TuiError> {
        let Self { options, sender, inbox, course } = self;
        let over = Over(Arc::clone(&course));
        if options.plain {
            let connecting = spawn_connect(connect, &sender);
            let result = plain::run(&options, sender, inbox, &course.ending);
            drop(over);
            finish(connecting);
            return result;
        }
        let mut machine = Machine::start(options, sender.clone(), inbox)?;
        let connecting = spawn_connect(connect, &sender);
        let result = machine.run(&course.ending);
        // The terminal is given back before anything is waited for.
        drop((machine, over));
        finish(connecting);
        result
    }
}

fn spawn_connect(connect: Connect, sender: &SyncSender<Input>) -> thread::JoinHandle<()> {
    let sender = sender.clone();
    thread::spawn(move || {
        let input = match connect(Mailbox(sender.clone())) {
            Ok(link) => Input::Connected(link),
            Err(error) => Input::Refused(error),
        };
        // Nobody is there any more: then the link ends with this thread.
        drop(sender.send(input));
    })
}

fn finish(connecting: thread::JoinHandle<()>) {
    // A panic was reported by its own thread.
    drop(connecting.join());
}
