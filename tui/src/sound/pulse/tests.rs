//! The client against a small server that speaks the protocol: every sample arrives, the server's clock is heard, and
//! a server that goes away is an answer.

use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use kinora_media::footage::Footage;

use super::*;

/// Bytes asked for at once.
const REQUEST: u32 = 4_000;
/// Channel of the stream.
const CHANNEL: u32 = 7;

/// A socket in a folder of its own, removed when dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> (Self, UnixListener) {
        let path = std::env::temp_dir().join(format!("kinora-pulse-{name}-{}", std::process::id()));
        let listener = UnixListener::bind(&path).unwrap();
        (Self(path), listener)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

fn pcm() -> Pcm {
    let samples = (0..8_000u16).map(|n| f32::from(n % 100) / 100.0).collect();
    let footage = Footage { sample_rate: 8_000, channels: 1, samples, ..Footage::default() };
    Pcm::new(Arc::new(footage), Duration::ZERO)
}

/// Serves one client, asking for `bytes` of sound; gives what came.
fn serve(listener: UnixListener, bytes: usize) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(socket);
        let version = pa::MAX_VERSION;
        let mut heard = Vec::new();
        let mut asked = bytes;
        loop {
            // The client leaves once everything was played.
            let Ok(head) = pa::read_descriptor(&mut reader) else { return heard };
            let mut body = vec![0; head.length as usize];
            reader.read_exact(&mut body).unwrap();
            let out = reader.get_mut();
            if head.channel == CHANNEL {
                heard.extend(body);
                if heard.len() < asked {
                    let more = Command::Request(pa::Request { channel: CHANNEL, length: REQUEST });
                    pa::write_command_message(out, u32::MAX, &more, version).unwrap();
                }
                continue;
            }
            match Command::read_tag_prefixed(&mut Cursor::new(body), version).unwrap() {
                (number, Command::Auth(auth)) => {
                    assert_eq!(auth.cookie.len(), COOKIE_BYTES);
                    let answer = pa::AuthReply { version, ..pa::AuthReply::default() };
                    pa::write_reply_message(out, number, &answer, version).unwrap();
                }
                (number, Command::SetClientName(_)) => {
                    pa::write_reply_message(out, number, &pa::SetClientNameReply { client_id: 1 }, version)
                        .unwrap();
                }
                (number, Command::CreatePlaybackStream(params)) => {
                    assert_eq!((params.sample_spec.sample_rate, params.sample_spec.channels), (8_000, 1));
                    let answer = pa::CreatePlaybackStreamReply {
                        channel: CHANNEL,
                        requested_bytes: REQUEST,
                        ..pa::CreatePlaybackStreamReply::default()
                    };
                    pa::write_reply_message(out, number, &answer, version).unwrap();
                }
                (number, Command::FlushPlaybackStream(CHANNEL)) => {
                    pa::write_ack_message(out, number).unwrap();
                    asked = heard.len() + bytes;
                    let more = Command::Request(pa::Request { channel: CHANNEL, length: REQUEST });
                    pa::write_command_message(out, u32::MAX, &more, version).unwrap();
                }
                (number, Command::GetPlaybackLatency(_)) => {
                    let answer = pa::PlaybackLatency {
                        sink_usec: 50_000,
                        source_usec: 0,
                        playing: true,
                        local_time: UNIX_EPOCH,
                        remote_time: UNIX_EPOCH,
                        write_offset: heard.len() as i64,
                        // The last 3200 bytes are still in the server.
                        read_offset: heard.len() as i64 - 3_200,
                        underrun_for: 0,
                        playing_for: 0,
                    };
                    if pa::write_reply_message(out, number, &answer, version).is_err() {
                        return heard;
                    }
                }
                (number, Command::DrainPlaybackStream(CHANNEL)) => {
                    pa::write_ack_message(out, number).unwrap();
                }
                (_, other) => panic!("{other:?}"),
            }
        }
    })
}

/// Feeds a stream until it is over; gives the last position heard.
fn play(pulse: &mut Pulse, inbox: &Receiver<Nudge>) -> Result<Option<Duration>, String> {
    let start = Instant::now();
    let mut last = None;
    loop {
        assert!(start.elapsed() < Duration::from_secs(20));
        let said = match inbox.recv_timeout(pulse.wait()) {
            Ok(Nudge::Server(said)) => Some(said),
            _ => None,
        };
        // As if time had gone by, so that the position is asked for.
        pulse.asked = pulse.asked.checked_sub(ASK_EVERY).unwrap();
        let (more, heard) = pulse.feed(said, 1.0)?;
        last = heard.map(|(position, _)| position).or(last);
        if !more {
            return Ok(last);
        }
    }
}

#[test]
fn every_sample_arrives_and_the_servers_clock_is_heard() {
    let (place, listener) = Place::new("whole");
    let server = serve(listener, 16_000);
    let (sender, inbox) = sync_channel(64);
    let mut pulse = Pulse::open(&place.0, &[], pcm(), 1, sender).unwrap();
    let heard = play(&mut pulse, &inbox).unwrap();
    // Of 16000 bytes, 3200 (200 ms) wait in the server, and 50 ms are on their way to the ear.
    assert_eq!(heard, Some(Duration::from_millis(750)));
    // The next clip goes on with the same stream and starts at its own beginning.
    assert!(pulse.again(pcm()));
    assert_eq!(play(&mut pulse, &inbox).unwrap(), Some(Duration::from_millis(750)));
    drop(pulse);
    let whole = pcm().take(usize::MAX, 1.0);
    assert_eq!(server.join().unwrap(), [whole.clone(), whole].concat());
}

#[test]
fn a_server_that_goes_away_is_an_answer() {
    let (place, listener) = Place::new("gone");
    let (sender, inbox) = sync_channel(64);
    let server = std::thread::spawn(move || drop(listener.accept().unwrap()));
    assert!(Pulse::open(&place.0, &[], pcm(), 1, sender.clone()).is_err());
    server.join().unwrap();
    drop(sender);
    assert!(inbox.recv().is_err(), "nothing is left behind");
    let nobody = Path::new("/nonexistent/native");
    assert!(Pulse::open(nobody, &[], pcm(), 1, sync_channel(1).0).is_err());
}
