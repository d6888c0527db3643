//! The loop: inbox in, effects out, a frame when something changed, never more often than the eye can follow.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use crossterm::terminal::size;
use kinora_protocol::ids::BlobHash;

use super::Input;
use super::decoder::DecoderThread;
use super::screen::Screen;
use super::terminal::Stage;
use super::{stdin, terminal};
use crate::TuiError;
use crate::app::{App, Effect, Message, Sound};
use crate::link::Link;
use crate::options::Options;
use crate::sound::Speaker;

/// Shortest time between two frames.
const DRAW_EVERY: Duration = Duration::from_millis(10);
/// Things taken from the inbox before the next frame.
const INPUTS_MAX: usize = 64;
/// Requests and blobs kept until there is a node.
const WAITING_MAX: usize = 128;

/// Whether the loop goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    End,
}

/// What waits for the node.
#[derive(Debug)]
enum Outgoing {
    Request(u64, Box<kinora_protocol::api::Request>),
    Blob(BlobHash),
}

/// The running program. Dropping it gives the terminal back.
pub(super) struct Machine {
    app: App,
    screen: Screen<std::fs::File>,
    stage: Stage,
    link: Option<Box<dyn Link>>,
    waiting: Vec<Outgoing>,
    decoder: DecoderThread,
    speaker: Speaker,
    inbox: Receiver<Input>,
    start: Instant,
    drawn: Instant,
}

impl Machine {
    /// Takes the terminal, paints the first frame, and only then asks the terminal anything.
    pub(super) fn start(
        options: Options,
        sender: SyncSender<Input>,
        inbox: Receiver<Input>,
    ) -> Result<Self, TuiError> {
        let start = Instant::now();
        let stage = Stage::enter(options.log.clone())?;
        let (width, height) = size()?;
        let mut app = App::new(&options, width, height);
        let mut screen = Screen::new(terminal::output()?, (width, height))?;
        screen.draw(&mut app)?;
        let limit = crate::probe::limit(&options.environment);
        if limit.is_some() {
            screen.query()?;
        }
        let speaker = Speaker::new(&options.environment);
        let decoder = DecoderThread::start(options.decoder.clone(), sender.clone());
        stdin::start(options.environment, limit, sender);
        let waiting = Vec::new();
        Ok(Self { app, screen, stage, link: None, waiting, decoder, speaker, inbox, start, drawn: start })
    }

    /// Runs until the user leaves or `ending` is set.
    pub(super) fn run(&mut self, ending: &AtomicBool) -> Result<(), TuiError> {
        if self.message(Message::Start)? == Flow::End {
            return Ok(());
        }
        loop {
            let mut next = self.next();
            for _ in 0..INPUTS_MAX {
                let Some(input) = next else { break };
                if self.input(input)? == Flow::End {
                    return Ok(());
                }
                next = self.inbox.try_recv().ok();
            }
            if let Some(input) = next
                && self.input(input)? == Flow::End
            {
                return Ok(());
            }
            if ending.load(Ordering::Acquire) || self.tick()? == Flow::End {
                return Ok(());
            }
            if self.app.dirty && self.drawn.elapsed() >= DRAW_EVERY {
                self.draw()?;
            }
        }
    }

    /// The next thing that comes in, or nothing when something moves by itself first.
    fn next(&self) -> Option<Input> {
        let frame = self.app.dirty.then(|| DRAW_EVERY.saturating_sub(self.drawn.elapsed()));
        // The state's time is that of the last tick.
        let late = self.start.elapsed().saturating_sub(self.app.now);
        let moves = self.app.wait().map(|wait| wait.saturating_sub(late));
        match frame.into_iter().chain(moves).min() {
            None => Some(self.inbox.recv().unwrap_or(Input::End)),
            Some(wait) => match self.inbox.recv_timeout(wait) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Input::End),
            },
        }
    }

    fn input(&mut self, input: Input) -> Result<Flow, TuiError> {
        match input {
            Input::Message(message) => {
                match &message {
                    Message::Resize(width, height) if (*width, *height) == self.app.size => {
                        return Ok(Flow::On);
                    }
                    Message::Resize(width, height) => self.screen.resize((*width, *height))?,
                    _ => {}
                }
                self.message(message)
            }
            Input::Connected(mut link) => {
                for outgoing in self.waiting.drain(..) {
                    match outgoing {
                        Outgoing::Request(id, request) => link.send(id, *request),
                        Outgoing::Blob(hash) => link.blob(hash),
                    }
                }
                self.link = Some(link);
                Ok(Flow::On)
            }
            Input::Refused(error) => Err(TuiError::Node(error)),
            Input::Line(_) => Ok(Flow::On),
            Input::End => Ok(Flow::End),
        }
    }

    fn tick(&mut self) -> Result<Flow, TuiError> {
        let state = self.speaker.state();
        if let Some(state) = state.filter(|s| self.app.theatre.sound_state.as_ref() != Some(s))
            && self.message(Message::SoundState(state))? == Flow::End
        {
            return Ok(Flow::End);
        }
        self.message(Message::Tick { now: self.start.elapsed(), heard: self.speaker.heard() })
    }

    fn message(&mut self, message: Message) -> Result<Flow, TuiError> {
        for effect in self.app.update(message) {
            if self.perform(effect)? == Flow::End {
                return Ok(Flow::End);
            }
        }
        Ok(Flow::On)
    }

    fn perform(&mut self, effect: Effect) -> Result<Flow, TuiError> {
        match effect {
            Effect::Request { id, request } => self.send(Outgoing::Request(id, Box::new(request))),
            Effect::Blob(hash) => self.send(Outgoing::Blob(hash)),
            Effect::Decode { hash, bytes } => {
                if !self.decoder.put(hash, bytes) {
                    let result = Err("too many clips are being read at once".to_owned());
                    return self.message(Message::Decoded { hash, result });
                }
            }
            Effect::Sound(Sound::Play { footage, from }) => self.speaker.play(footage, from),
            Effect::Sound(Sound::Stop) => self.speaker.stop(),
            Effect::Sound(Sound::Volume(loudness)) => self.speaker.volume(loudness),
            Effect::Copy(text) => self.screen.copy(&text)?,
            Effect::Redraw => self.screen.clear()?,
            Effect::Suspend => return self.suspend(),
            Effect::Quit => return Ok(Flow::End),
        }
        Ok(Flow::On)
    }

    fn send(&mut self, outgoing: Outgoing) {
        match (&mut self.link, outgoing) {
            (Some(link), Outgoing::Request(id, request)) => link.send(id, *request),
            (Some(link), Outgoing::Blob(hash)) => link.blob(hash),
            (None, outgoing) if self.waiting.len() < WAITING_MAX => self.waiting.push(outgoing),
            (None, _) => {}
        }
    }

    /// Gives the terminal to the shell until the user comes back.
    fn suspend(&mut self) -> Result<Flow, TuiError> {
        self.speaker.stop();
        self.screen.leave()?;
        self.stage.suspend()?;
        let (width, height) = size()?;
        self.screen.resize((width, height))?;
        self.message(Message::Resize(width, height))
    }

    fn draw(&mut self) -> Result<(), TuiError> {
        let start = Instant::now();
        self.screen.draw(&mut self.app)?;
        self.drawn = Instant::now();
        // Takes no effect but on the pace of pictures.
        self.app.update(Message::Wrote(self.drawn.duration_since(start)));
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // What cannot be written to a terminal that is gone need not be.
        drop(self.screen.leave());
    }
}
