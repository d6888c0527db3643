//! Sound without a C library: the PulseAudio protocol over its socket (PipeWire speaks it too), else a sound program
//! of the machine fed through a pipe, else silence with its reason.
//!
//! Everything that could wait happens on one thread, which starts with the first clip. The caller only says what it
//! wants and reads where the sound is.

mod pcm;
mod pipe;
mod pulse;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kinora_media::footage::Footage;

use crate::options::Environment;
use pcm::Pcm;
use pipe::Pipe;
use pulse::Pulse;

/// Wake-ups and messages of the sound server that wait for the thread.
const INBOX_MAX: usize = 64;

/// What wakes the thread.
#[derive(Debug)]
enum Nudge {
    /// What is wanted changed.
    Wanted,
    /// The sound server said something.
    Server(pulse::Said),
}

/// What the caller wants.
#[derive(Debug, Default)]
struct Wanted {
    /// Counts the changes of what is played.
    turn: u64,
    play: Option<(Arc<Footage>, Duration)>,
    loudness: f32,
    ended: bool,
}

/// Where the sound of a turn is.
#[derive(Clone, Copy, Debug)]
struct Heard {
    turn: u64,
    position: Duration,
    at: Instant,
}

/// What both sides see.
#[derive(Debug, Default)]
struct Shared {
    wanted: Mutex<Wanted>,
    heard: Mutex<Option<Heard>>,
    state: Mutex<Option<Result<&'static str, String>>>,
    /// The last turn that was played to its end or given up.
    finished: Mutex<u64>,
    changed: Condvar,
}

/// A poisoned lock holds plain values: they are as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The caller's end.
#[derive(Debug)]
pub(crate) struct Speaker {
    shared: Arc<Shared>,
    wake: Option<SyncSender<Nudge>>,
    ways: Ways,
}

impl Speaker {
    /// A speaker that has started nothing yet.
    pub(crate) fn new(environment: &Environment) -> Self {
        Self { shared: Arc::default(), wake: None, ways: Ways::new(environment) }
    }

    /// Plays a clip's sound from a position, instead of anything else.
    pub(crate) fn play(&mut self, footage: Arc<Footage>, from: Duration) {
        self.want(|wanted| {
            wanted.turn += 1;
            wanted.play = Some((footage, from));
        });
        if self.wake.is_none() {
            let (sender, inbox) = sync_channel(INBOX_MAX);
            let (shared, ways, server) = (Arc::clone(&self.shared), self.ways.clone(), sender.clone());
            thread::spawn(move || {
                Player { shared, ways, server, output: None, turn: 0, broken: Vec::new() }.run(&inbox);
            });
            self.wake = Some(sender);
        }
    }

    /// Falls silent.
    pub(crate) fn stop(&self) {
        self.want(|wanted| {
            wanted.turn += 1;
            wanted.play = None;
        });
    }

    /// Loudness, 0 … 1.
    pub(crate) fn volume(&self, loudness: f32) {
        self.want(|wanted| wanted.loudness = loudness);
    }

    /// Where the sound is, when that is known.
    pub(crate) fn heard(&self) -> Option<Duration> {
        let heard = (*lock(&self.shared.heard))?;
        let turn = lock(&self.shared.wanted).turn;
        (heard.turn == turn).then(|| heard.position + heard.at.elapsed())
    }

    /// Which way the sound goes, or why there is none; nothing before it was needed.
    pub(crate) fn state(&self) -> Option<Result<&'static str, String>> {
        lock(&self.shared.state).clone()
    }

    /// Waits until what was wanted last has been played, but not longer than `at_most`.
    pub(crate) fn finish(&self, at_most: Duration) {
        let turn = lock(&self.shared.wanted).turn;
        let finished = lock(&self.shared.finished);
        drop(self.shared.changed.wait_timeout_while(finished, at_most, |finished| *finished < turn));
    }

    fn want(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut lock(&self.shared.wanted));
        if let Some(wake) = &self.wake {
            // A full inbox wakes the thread just as well.
            drop(wake.try_send(Nudge::Wanted));
        }
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.want(|wanted| wanted.ended = true);
    }
}

/// Where sound can go, in the order in which it is tried.
#[derive(Clone, Debug)]
struct Ways {
    /// Sockets of the sound server.
    sockets: Vec<PathBuf>,
    /// Files with the sound server's cookie.
    cookies: Vec<PathBuf>,
    /// Folders of programs.
    path: Vec<PathBuf>,
}

impl Ways {
    fn new(environment: &Environment) -> Self {
        let named =
            environment.pulse_server.as_deref().map(|s| PathBuf::from(s.strip_prefix("unix:").unwrap_or(s)));
        let usual = environment.runtime_dir.as_ref().map(|folder| folder.join("pulse/native"));
        let home = environment.home.as_ref();
        Self {
            sockets: named.into_iter().chain(usual).filter(|p| p.is_absolute()).collect(),
            cookies: home
                .map(|h| vec![h.join(".config/pulse/cookie"), h.join(".pulse-cookie")])
                .unwrap_or_default(),
            path: environment.path.clone(),
        }
    }
}

/// A way that was opened for one turn.
enum Output {
    Pulse(Pulse),
    Pipe(Pipe),
}

/// The thread's end.
struct Player {
    shared: Arc<Shared>,
    ways: Ways,
    server: SyncSender<Nudge>,
    output: Option<Output>,
    turn: u64,
    /// Programs that could be started and did not play.
    broken: Vec<&'static str>,
}

impl Player {
    fn run(mut self, inbox: &Receiver<Nudge>) {
        loop {
            let wait = self.output.as_ref().map(|output| match output {
                Output::Pulse(pulse) => pulse.wait(),
                Output::Pipe(pipe) => pipe.wait(),
            });
            let turn = lock(&self.shared.wanted).turn;
            let nudge = match wait {
                _ if turn != self.turn => None,
                None => match inbox.recv() {
                    Ok(nudge) => Some(nudge),
                    Err(_) => return,
                },
                Some(wait) => match inbox.recv_timeout(wait) {
                    Ok(nudge) => Some(nudge),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
            };
            if !self.step(nudge) {
                return;
            }
        }
    }

    /// Follows what is wanted and feeds the output; `false` at the end.
    fn step(&mut self, nudge: Option<Nudge>) -> bool {
        let (turn, play, loudness, ended) = {
            let wanted = lock(&self.shared.wanted);
            (wanted.turn, wanted.play.clone(), wanted.loudness, wanted.ended)
        };
        if ended {
            return false;
        }
        if turn != self.turn {
            self.turn = turn;
            self.turn_to(play);
        }
        let fed = match (&mut self.output, nudge) {
            (Some(Output::Pulse(pulse)), nudge) => {
                let said = match nudge {
                    Some(Nudge::Server(said)) => Some(said),
                    _ => None,
                };
                pulse.feed(said, loudness)
            }
            (Some(Output::Pipe(pipe)), _) => pipe.feed(loudness).map(|more| (more, None)),
            (None, _) => return true,
        };
        match fed {
            Ok((more, position)) => {
                if let Some((position, at)) = position {
                    *lock(&self.shared.heard) = Some(Heard { turn, position, at });
                }
                if !more {
                    self.finished();
                }
            }
            Err(why) => {
                if let Some(Output::Pipe(pipe)) = self.output.take() {
                    self.broken.push(pipe.way());
                }
                *lock(&self.shared.heard) = None;
                *lock(&self.shared.state) = Some(Err(why));
                self.finished();
            }
        }
        true
    }

    /// Plays something else, or nothing.
    fn turn_to(&mut self, play: Option<(Arc<Footage>, Duration)>) {
        *lock(&self.shared.heard) = None;
        let before = self.output.take();
        let Some((footage, from)) = play else {
            // Dropping an output silences it.
            drop(before);
            return self.finished();
        };
        let pcm = Pcm::new(footage, from);
        if let Some(Output::Pulse(mut pulse)) = before
            && pulse.again(pcm.clone())
        {
            self.output = Some(Output::Pulse(pulse));
            return;
        }
        let opened = self.open(pcm, self.turn);
        *lock(&self.shared.state) = Some(opened.as_ref().map(Output::way).map_err(Clone::clone));
        match opened {
            Ok(output) => self.output = Some(output),
            Err(_) => self.finished(),
        }
    }

    fn finished(&self) {
        *lock(&self.shared.finished) = self.turn;
        self.shared.changed.notify_all();
    }

    /// Opens the first way that works, or says why none does.
    fn open(&self, pcm: Pcm, turn: u64) -> Result<Output, String> {
        let mut reasons = Vec::new();
        for socket in &self.ways.sockets {
            match Pulse::open(socket, &self.ways.cookies, pcm.clone(), turn, self.server.clone()) {
                Ok(pulse) => return Ok(Output::Pulse(pulse)),
                Err(why) => reasons.push(why),
            }
        }
        match Pipe::open(&self.ways.path, &self.broken, pcm) {
            Ok(pipe) => Ok(Output::Pipe(pipe)),
            Err(why) => {
                reasons.push(why);
                Err(reasons.join("; "))
            }
        }
    }
}

impl Output {
    const fn way(&self) -> &'static str {
        match self {
            Self::Pulse(_) => "pulse",
            Self::Pipe(pipe) => pipe.way(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beep() -> Arc<Footage> {
        Arc::new(Footage {
            width: 16,
            height: 16,
            fps: 10,
            frames: vec![vec![0; 16 * 16 * 3]; 10],
            sample_rate: 8_000,
            channels: 1,
            samples: vec![0.5; 8_000],
        })
    }

    #[test]
    fn a_machine_without_sound_says_why_and_nothing_waits() {
        let mut speaker = Speaker::new(&Environment::default());
        assert_eq!((speaker.state(), speaker.heard()), (None, None));
        speaker.play(beep(), Duration::ZERO);
        speaker.finish(Duration::from_secs(10));
        assert!(speaker.state().unwrap().unwrap_err().contains("pacat"));
        assert_eq!(speaker.heard(), None, "the picture keeps its own clock");
    }

    #[test]
    fn the_server_is_found_where_the_environment_says() {
        let environment = Environment {
            pulse_server: Some("unix:/run/a".into()),
            runtime_dir: Some("/run/user/1".into()),
            ..Environment::default()
        };
        let ways = Ways::new(&environment);
        assert_eq!(ways.sockets, [PathBuf::from("/run/a"), "/run/user/1/pulse/native".into()]);
        let remote = Environment { pulse_server: Some("tcp:host".into()), ..Environment::default() };
        assert!(Ways::new(&remote).sockets.is_empty(), "a server elsewhere is not a socket here");
    }
}
