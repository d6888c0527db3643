//! What comes from the terminal: first the answer to the probe, then keys, pastes and sizes, on a thread of its own.

use std::io;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Input;
use crate::app::Message;
use crate::options::Environment;
use crate::probe::{self, Parser};

/// Bytes read at once while an answer is waited for.
const READ_BYTES: usize = 256;

/// Starts reading. With a `limit` the terminal was asked what it can do, and its answer is read first.
pub(super) fn start(environment: Environment, limit: Option<Duration>, to: SyncSender<Input>) {
    thread::spawn(move || {
        if let Some(limit) = limit
            && !answer(&environment, limit, &to)
        {
            return;
        }
        loop {
            let input = match event::read() {
                Ok(Event::Key(key)) => Input::Message(Message::Key(key)),
                Ok(Event::Paste(text)) => Input::Message(Message::Paste(text)),
                Ok(Event::Resize(width, height)) => Input::Message(Message::Resize(width, height)),
                Ok(_) => continue,
                Err(_) => Input::End,
            };
            let last = matches!(input, Input::End);
            if to.send(input).is_err() || last {
                return;
            }
        }
    });
}

/// Reads the answer to the probe; whether the program is still there.
fn answer(environment: &Environment, limit: Duration, to: &SyncSender<Input>) -> bool {
    let mut parser = Parser::default();
    let deadline = Instant::now() + limit;
    while !parser.done() {
        match read_some(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) if bytes.is_empty() => break,
            Ok(bytes) => bytes.iter().for_each(|byte| parser.byte(*byte)),
            Err(_) => break,
        }
    }
    let (found, keys) = parser.finish();
    let probed = Message::Probed(probe::judge(found, environment));
    let keys = keys.into_iter().map(Message::Key);
    // A change of size while nobody listened to the signal would be lost.
    let size = crossterm::terminal::size().ok().map(|(width, height)| Message::Resize(width, height));
    std::iter::once(probed).chain(keys).chain(size).all(|message| to.send(Input::Message(message)).is_ok())
}

/// What comes in before the time is over; nothing when it is.
fn read_some(wait: Duration) -> io::Result<Vec<u8>> {
    let stdin = rustix::stdio::stdin();
    let timeout = Timespec::try_from(wait).map_err(io::Error::other)?;
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    if poll(&mut fds, Some(&timeout))? == 0 {
        return Ok(Vec::new());
    }
    let mut bytes = vec![0; READ_BYTES];
    let read = rustix::io::read(stdin, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}
