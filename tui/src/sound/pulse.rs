//! Sound over the PulseAudio protocol: one stream as long as clips follow each other, fed when the server asks.
//!
//! The server tells where the sound is, so it is the clock of the picture. A reader thread waits for the server; all
//! writing happens on the sound thread, with a time limit.

use std::io::{BufReader, Cursor, Read as _, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{self as pa, Command};

use super::Nudge;
use super::pcm::Pcm;

/// How long the server may take for one step.
const STEP_MAX: Duration = Duration::from_millis(500);
/// Sound that the server holds ahead: loudness follows after this long.
const AHEAD: Duration = Duration::from_millis(100);
/// How often the server is asked where the sound is.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// Largest message of the server, in bytes.
const MESSAGE_BYTES_MAX: u32 = 256 * 1024;
/// Bytes of a cookie, always: the server hangs up on any other number. Without a file they are zero.
const COOKIE_BYTES: usize = 256;

/// Numbers of our commands; answers carry them, above the round they were sent in.
const AUTH: u32 = 0;
const NAME: u32 = 1;
const CREATE: u32 = 2;
const WHERE: u32 = 3;
const DRAIN: u32 = 4;
const FLUSH: u32 = 5;
/// Numbers of one round; the next begins after them.
const KINDS: u32 = 8;

/// What the server said on one connection.
#[derive(Debug)]
pub(super) struct Said {
    connection: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    /// It wants so many bytes more.
    More(u32),
    /// Where the sound of a round is, and when that was said.
    Where(u32, pa::PlaybackLatency, Instant),
    /// Everything of a round was played.
    Drained(u32),
    /// It will not go on.
    Gone(String),
}

/// A stream that plays one clip, and others of the same form after it.
pub(super) struct Pulse {
    socket: UnixStream,
    version: u16,
    channel: u32,
    connection: u64,
    /// Counts the clips of this stream.
    round: u32,
    pcm: Pcm,
    /// Bytes of this round written when the server was last asked where the sound is.
    written: i64,
    /// Bytes that the server asked for and did not get yet.
    owed: usize,
    asked: Instant,
    draining: bool,
}

impl Pulse {
    /// Connects and opens a stream.
    pub(super) fn open(
        path: &Path,
        cookies: &[PathBuf],
        pcm: Pcm,
        connection: u64,
        to: SyncSender<Nudge>,
    ) -> Result<Self, String> {
        let failed = |why: &dyn std::fmt::Display| format!("the sound server does not answer: {why}");
        let socket = UnixStream::connect(path).map_err(|e| failed(&e))?;
        socket.set_read_timeout(Some(STEP_MAX)).map_err(|e| failed(&e))?;
        socket.set_write_timeout(Some(STEP_MAX)).map_err(|e| failed(&e))?;
        let mut reader = BufReader::new(socket.try_clone().map_err(|e| failed(&e))?);
        let (version, stream) = handshake(&mut reader, cookies, &pcm).map_err(|e| failed(&e))?;
        reader.get_ref().set_read_timeout(None).map_err(|e| failed(&e))?;
        thread::spawn(move || listen(reader, version, connection, &to));
        Ok(Self {
            socket,
            version,
            channel: stream.channel,
            connection,
            round: 0,
            pcm,
            written: 0,
            owed: stream.requested_bytes as usize,
            asked: Instant::now(),
            draining: false,
        })
    }

    /// Plays another clip on this stream instead, without the pause of a new one. `false` when its sound has another
    /// form, or the server is gone.
    pub(super) fn again(&mut self, pcm: Pcm) -> bool {
        if (pcm.rate(), pcm.channels()) != (self.pcm.rate(), self.pcm.channels()) {
            return false;
        }
        self.pcm = pcm;
        self.round = self.round.wrapping_add(1) % (u32::MAX / KINDS);
        self.draining = false;
        // What the server asked for before stays owed: dropping its buffer does not change its account.
        self.command(FLUSH, &Command::FlushPlaybackStream(self.channel)).is_ok()
    }

    /// How long until it has something to do by itself.
    pub(super) fn wait(&self) -> Duration {
        if self.owed > 0 && !self.draining {
            Duration::ZERO
        } else {
            ASK_EVERY.saturating_sub(self.asked.elapsed())
        }
    }

    /// Takes what the server said and gives it what it wants. Whether there is more to play, and where the sound is if
    /// that was just said.
    pub(super) fn feed(
        &mut self,
        said: Option<Said>,
        loudness: f32,
    ) -> Result<(bool, Option<(Duration, Instant)>), String> {
        let mut heard = None;
        match said.filter(|said| said.connection == self.connection).map(|said| said.what) {
            Some(What::More(bytes)) => self.owed = self.owed.saturating_add(bytes as usize),
            Some(What::Where(round, answer, at)) if round == self.round && answer.playing => {
                // The server counts from the start of the stream; this round began where its first byte was written.
                let start = answer.write_offset.saturating_sub(self.written);
                let read = u64::try_from(answer.read_offset.saturating_sub(start)).unwrap_or(0);
                let position = self.pcm.position(read);
                heard = Some((position.saturating_sub(Duration::from_micros(answer.sink_usec)), at));
            }
            Some(What::Drained(round)) if round == self.round => return Ok((false, None)),
            Some(What::Gone(why)) => return Err(why),
            Some(What::Where(..) | What::Drained(_)) | None => {}
        }
        self.write(loudness).map_err(|e| format!("the sound server takes no more sound: {e}"))?;
        Ok((true, heard))
    }

    fn write(&mut self, loudness: f32) -> Result<(), pa::ProtocolError> {
        if self.owed > 0 && !self.draining {
            let chunk = self.pcm.take(self.owed, loudness);
            self.owed = 0;
            if !chunk.is_empty() {
                pa::write_memblock(&mut self.socket, self.channel, &chunk, 0)?;
            }
            if self.pcm.is_over() {
                self.draining = true;
                self.command(DRAIN, &Command::DrainPlaybackStream(self.channel))?;
            }
        }
        if self.asked.elapsed() >= ASK_EVERY {
            self.asked = Instant::now();
            self.written = i64::try_from(self.pcm.read()).unwrap_or(i64::MAX);
            // The server only sends the time back; nobody here reads it.
            let params = pa::LatencyParams { channel: self.channel, now: UNIX_EPOCH };
            self.command(WHERE, &Command::GetPlaybackLatency(params))?;
        }
        Ok(())
    }

    fn command(&mut self, number: u32, command: &Command) -> Result<(), pa::ProtocolError> {
        let mut message = Vec::new();
        let number = self.round * KINDS + number;
        pa::write_command_message(&mut message, number, command, self.version)?;
        Ok(self.socket.write_all(&message)?)
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        // Ends the stream at the server and the reader thread here.
        drop(self.socket.shutdown(Shutdown::Both));
    }
}

/// Introduces us and opens a stream; gives the protocol version that both sides speak.
fn handshake(
    reader: &mut BufReader<UnixStream>,
    cookies: &[PathBuf],
    pcm: &Pcm,
) -> Result<(u16, pa::CreatePlaybackStreamReply), pa::ProtocolError> {
    let auth = pa::AuthParams {
        version: pa::MAX_VERSION,
        supports_shm: false,
        supports_memfd: false,
        cookie: cookies.iter().find_map(|path| read_cookie(path)).unwrap_or_else(|| vec![0; COOKIE_BYTES]),
    };
    pa::write_command_message(reader.get_mut(), AUTH, &Command::Auth(auth), pa::MAX_VERSION)?;
    let (_, answer) = pa::read_reply_message::<pa::AuthReply>(reader, pa::MAX_VERSION)?;
    let version = answer.version.min(pa::MAX_VERSION);
    let mut props = pa::Props::new();
    props.set(pa::Prop::ApplicationName, c"Kinora");
    pa::write_command_message(reader.get_mut(), NAME, &Command::SetClientName(props), version)?;
    pa::read_reply_message::<pa::SetClientNameReply>(reader, version)?;
    let mut props = pa::Props::new();
    props.set(pa::Prop::MediaName, c"clip");
    let ahead = (pcm.bytes_per_second() as f64 * AHEAD.as_secs_f64()) as u32;
    let mono = pcm.channels() == 1;
    let params = pa::PlaybackStreamParams {
        sample_spec: pa::SampleSpec {
            format: pa::SampleFormat::S16Le,
            channels: if mono { 1 } else { 2 },
            sample_rate: pcm.rate(),
        },
        channel_map: if mono { pa::ChannelMap::mono() } else { pa::ChannelMap::stereo() },
        sink_name: Some(pa::DEFAULT_SINK.to_owned()),
        buffer_attr: BufferAttr { target_length: ahead, ..BufferAttr::default() },
        flags: StreamFlags { adjust_latency: true, ..StreamFlags::default() },
        props,
        ..pa::PlaybackStreamParams::default()
    };
    pa::write_command_message(reader.get_mut(), CREATE, &Command::CreatePlaybackStream(params), version)?;
    let (_, stream) = pa::read_reply_message::<pa::CreatePlaybackStreamReply>(reader, version)?;
    Ok((version, stream))
}

fn read_cookie(path: &Path) -> Option<Vec<u8>> {
    let mut cookie = vec![0; COOKIE_BYTES];
    std::fs::File::open(path).ok()?.read_exact(&mut cookie).ok()?;
    Some(cookie)
}

/// Hands on what the server says until one side is gone.
fn listen(mut reader: BufReader<UnixStream>, version: u16, connection: u64, to: &SyncSender<Nudge>) {
    loop {
        let what = match read(&mut reader, version) {
            Ok(Some(what)) => what,
            Ok(None) => continue,
            Err(error) => What::Gone(format!("the sound server went away: {error}")),
        };
        let last = matches!(what, What::Gone(_));
        if to.send(Nudge::Server(Said { connection, what })).is_err() || last {
            return;
        }
    }
}

/// Reads one message; `None` for what does not matter here.
fn read(reader: &mut BufReader<UnixStream>, version: u16) -> Result<Option<What>, pa::ProtocolError> {
    let head = pa::read_descriptor(reader)?;
    if head.length > MESSAGE_BYTES_MAX {
        return Err(pa::ProtocolError::Invalid(format!("a message of {} bytes", head.length)));
    }
    let mut body = vec![0; head.length as usize];
    reader.read_exact(&mut body)?;
    let mut body = Cursor::new(body);
    let (number, command) = Command::read_tag_prefixed(&mut body, version)?;
    let (round, kind) = (number / KINDS, number % KINDS);
    Ok(match (kind, command) {
        (_, Command::Request(request)) => Some(What::More(request.length)),
        (WHERE, Command::Reply) => {
            let answer = pa::TagStructReader::new(&mut body, version).read::<pa::PlaybackLatency>()?;
            Some(What::Where(round, answer, Instant::now()))
        }
        (DRAIN, Command::Reply) => Some(What::Drained(round)),
        // A clip that gave way to the next one before its end is not drained any more.
        (DRAIN | FLUSH, Command::Error(_)) => None,
        (_, Command::Error(error)) => Some(What::Gone(format!("the sound server refused: {error}"))),
        (_, Command::PlaybackStreamKilled(_)) => {
            Some(What::Gone("the sound server ended the stream".to_owned()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
