//! The plain view: lines that are only ever appended, numbered choices, no colours, no alternate screen; for screen
//! readers and for terminals that can do no more.
//!
//! Each line typed is a choice or an answer. Clips are heard and described. The node is asked one thing at a time.

mod clip;
mod inbox;
mod make;
mod pages;

use std::collections::VecDeque;
use std::io::{self, BufRead as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;

use kinora_protocol::api::{ApiError, Event, JobId, Request, Response};
use kinora_protocol::ids::{AuthorId, BlobHash};

use crate::TuiError;
use crate::app::{Message, answers};
use crate::link::{Incoming, Link};
use crate::options::Options;
use crate::program::Input;
use crate::sound::Speaker;

/// Longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 8 * 1024;
/// Notices kept until they are said.
const NOTICES_MAX: usize = 16;

/// Why a page ends before its time.
#[derive(Debug)]
pub(super) enum Stop {
    /// The user leaves, or the input has ended.
    Quit,
    /// Something that cannot be helped.
    Failed(TuiError),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(TuiError::Terminal(error))
    }
}

/// What a page returns.
pub(super) type Page<T = ()> = Result<T, Stop>;

/// Everything a page needs.
pub(super) struct Plain<'a> {
    options: &'a Options,
    out: Box<dyn Write>,
    inbox: Receiver<Input>,
    ending: &'a AtomicBool,
    link: Option<Box<dyn Link>>,
    speaker: Speaker,
    /// This persona, once the node told.
    me: Option<AuthorId>,
    lines: VecDeque<String>,
    notices: VecDeque<String>,
    calls: u64,
    /// The job that is being watched, and its latest state.
    job: Option<(JobId, Option<kinora_protocol::api::Job>)>,
}

/// Runs until the user leaves.
pub(crate) fn run(
    options: &Options,
    sender: SyncSender<Input>,
    inbox: Receiver<Input>,
    ending: &AtomicBool,
) -> Result<(), TuiError> {
    thread::spawn(move || read_lines(&sender));
    let mut plain = Plain {
        options,
        out: Box::new(io::stdout()),
        inbox,
        ending,
        link: None,
        speaker: Speaker::new(&options.environment),
        me: None,
        lines: VecDeque::new(),
        notices: VecDeque::new(),
        calls: 0,
        job: None,
    };
    plain.speaker.volume(f32::from(options.volume.min(100)) / 100.0);
    match plain.start() {
        Ok(()) | Err(Stop::Quit) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Hands on lines until the input ends.
fn read_lines(to: &SyncSender<Input>) {
    let mut stdin = io::stdin().lock();
    loop {
        let mut line = String::new();
        let read = io::Read::take(&mut stdin, LINE_BYTES_MAX).read_line(&mut line);
        let more = matches!(read, Ok(bytes) if bytes > 0);
        if to.send(Input::Line(more.then(|| line.trim().to_owned()))).is_err() || !more {
            return;
        }
    }
}

impl Plain<'_> {
    fn start(&mut self) -> Page {
        self.say("Kinora. Each line you type is a choice or an answer. Connecting to the node.")?;
        while self.link.is_none() {
            self.take()?;
        }
        if let Some(Response::Status(status)) = self.call(Request::Status)? {
            self.me = Some(status.author);
        }
        self.menu()
    }

    /// Says one line.
    pub(super) fn say(&mut self, line: impl AsRef<str>) -> Page {
        writeln!(self.out, "{}", line.as_ref())?;
        Ok(self.out.flush()?)
    }

    /// Says what to type and waits for it.
    pub(super) fn ask(&mut self, what: &str) -> Page<String> {
        while let Some(notice) = self.notices.pop_front() {
            self.say(format!("Notice: {notice}"))?;
        }
        write!(self.out, "{what} > ")?;
        self.out.flush()?;
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            self.take()?;
        }
    }

    /// Takes whatever comes next; an answer to a call is given back.
    fn take(&mut self) -> Page<Option<(u64, Result<Response, ApiError>)>> {
        let input = self.inbox.recv().unwrap_or(Input::End);
        if self.ending.load(Ordering::Acquire) {
            return Err(Stop::Quit);
        }
        match input {
            Input::Message(Message::Incoming(incoming)) => return self.incoming(incoming),
            Input::Line(Some(line)) => self.lines.push_back(line),
            Input::Line(None) | Input::End => return Err(Stop::Quit),
            Input::Connected(link) => self.link = Some(link),
            Input::Refused(error) => return Err(Stop::Failed(TuiError::Node(error))),
            Input::Message(_) => {}
        }
        Ok(None)
    }

    fn incoming(&mut self, incoming: Incoming) -> Page<Option<(u64, Result<Response, ApiError>)>> {
        match incoming {
            Incoming::Answer { id, result } => return Ok(Some((id, result))),
            Incoming::Event(Event::Notice { text }) if self.notices.len() < NOTICES_MAX => {
                self.notices.push_back(answers::safe(&text));
            }
            Incoming::Event(Event::Job(job)) => {
                if let Some((watched, latest)) = &mut self.job
                    && *watched == job.id
                {
                    *latest = Some(*job);
                }
            }
            Incoming::Event(_) | Incoming::Blob { .. } => {}
            Incoming::Closed => {
                self.say("The node is gone.")?;
                return Err(Stop::Quit);
            }
        }
        Ok(None)
    }

    /// Makes one call; what the node refuses is said, and there is no answer then.
    pub(super) fn call(&mut self, request: Request) -> Page<Option<Response>> {
        self.calls += 1;
        let number = self.calls;
        if let Some(link) = &mut self.link {
            link.send(number, request);
        }
        loop {
            match self.take()? {
                Some((id, Ok(response))) if id == number => return Ok(Some(response)),
                Some((id, Err(error))) if id == number => {
                    self.say(format!("That did not work: {}", answers::line(&error)))?;
                    return Ok(None);
                }
                _ => {}
            }
        }
    }

    /// The bytes of a blob.
    pub(super) fn blob(&mut self, wanted: BlobHash) -> Page<Option<Vec<u8>>> {
        if let Some(link) = &mut self.link {
            link.blob(wanted);
        }
        loop {
            let input = self.inbox.recv().unwrap_or(Input::End);
            match input {
                Input::Message(Message::Incoming(Incoming::Blob { hash, result })) if hash == wanted => {
                    return match result {
                        Ok(bytes) => Ok(Some(bytes)),
                        Err(error) => {
                            self.say(format!("That did not work: {}", answers::line(&error)))?;
                            Ok(None)
                        }
                    };
                }
                Input::Message(Message::Incoming(incoming)) => {
                    self.incoming(incoming)?;
                }
                Input::Line(Some(line)) => self.lines.push_back(line),
                Input::Line(None) | Input::End => return Err(Stop::Quit),
                _ => {}
            }
        }
    }
}
