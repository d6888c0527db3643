//! Sound through a program of the machine that takes PCM on its standard input.
//!
//! It is fed a little ahead of time, so that loudness follows at once and stopping is immediate. Where it is in the
//! sound nobody knows, so the picture keeps its own clock.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use super::pcm::Pcm;

/// How far ahead the program is fed.
const AHEAD: Duration = Duration::from_millis(200);
/// How often it is fed.
const EVERY: Duration = Duration::from_millis(40);

/// A sound program that is being fed.
pub(super) struct Pipe {
    way: &'static str,
    program: Child,
    /// `None` once everything was written: the program plays what it has and ends.
    input: Option<ChildStdin>,
    pcm: Pcm,
    start: Instant,
}

impl Pipe {
    /// Starts the first sound program that is found and not known to be broken.
    pub(super) fn open(path: &[PathBuf], broken: &[&str], pcm: Pcm) -> Result<Self, String> {
        let (rate, channels) = (pcm.rate().to_string(), pcm.channels().to_string());
        let (rate_of, channels_of) = (format!("--rate={rate}"), format!("--channels={channels}"));
        let programs: [(&'static str, Vec<&str>); 3] = [
            (
                "pacat",
                vec!["--playback", "--raw", "--format=s16le", "--latency-msec=50", &rate_of, &channels_of],
            ),
            (
                "pw-cat",
                vec!["--playback", "--raw", "--format=s16", "--latency=50ms", &rate_of, &channels_of, "-"],
            ),
            ("aplay", vec!["-q", "-t", "raw", "-f", "S16_LE", "-r", &rate, "-c", &channels]),
        ];
        let mut reason = "no sound server, and none of pacat, pw-cat and aplay plays".to_owned();
        for (way, args) in programs.into_iter().filter(|(way, _)| !broken.contains(way)) {
            let Some(file) = path.iter().map(|folder| folder.join(way)).find(|file| file.is_file()) else {
                continue;
            };
            let started = Command::new(file)
                .args(args)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .and_then(|program| Self::feedable(way, program, pcm.clone()));
            match started {
                Ok(pipe) => return Ok(pipe),
                Err(error) => reason = format!("{way} could not be started: {error}"),
            }
        }
        Err(reason)
    }

    fn feedable(way: &'static str, mut program: Child, pcm: Pcm) -> io::Result<Self> {
        let input = program.stdin.take().ok_or_else(|| io::Error::other("it takes no input"))?;
        // A program that stops reading must not stop us.
        rustix::io::ioctl_fionbio(&input, true)?;
        Ok(Self { way, program, input: Some(input), pcm, start: Instant::now() })
    }

    /// The program's name.
    pub(super) const fn way(&self) -> &'static str {
        self.way
    }

    /// How long until it wants to be fed again.
    pub(super) const fn wait(&self) -> Duration {
        EVERY
    }

    /// Writes what is due; `Ok(false)` when the program has played everything.
    pub(super) fn feed(&mut self, loudness: f32) -> Result<bool, String> {
        if let Some(status) = self.program.try_wait().map_err(|e| format!("{}: {e}", self.way))? {
            return if self.input.is_none() || status.success() {
                Ok(false)
            } else {
                Err(format!("{} ended with {status}: is there a sound device?", self.way))
            };
        }
        let Some(input) = &mut self.input else { return Ok(true) };
        let due = (self.start.elapsed() + AHEAD).as_secs_f64() * self.pcm.bytes_per_second() as f64;
        let chunk = self.pcm.take((due as usize).saturating_sub(self.pcm.read()), loudness);
        match input.write(&chunk) {
            Ok(written) => self.pcm.untake(chunk.len() - written),
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                self.pcm.untake(chunk.len());
            }
            Err(error) => return Err(format!("{} takes no more sound: {error}", self.way)),
        }
        if self.pcm.is_over() {
            self.input = None;
        }
        Ok(true)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // It may have ended already; either way nothing is left to do.
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use kinora_media::footage::Footage;

    use super::*;

    /// A folder with a program called `aplay` that runs `script`, removed when dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, script: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("kinora-sound-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let file = folder.join("aplay");
            std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn pcm(seconds: usize) -> Pcm {
        let samples = vec![0.25; 8_000 * seconds];
        let footage = Footage { sample_rate: 8_000, channels: 1, samples, ..Footage::default() };
        Pcm::new(Arc::new(footage), Duration::ZERO)
    }

    #[test]
    fn every_sample_reaches_the_program_in_time_and_then_it_ends() {
        let folder = Folder::new("whole", "cat > \"$0.pcm\"");
        let mut pipe = Pipe::open(std::slice::from_ref(&folder.0), &[], pcm(1)).unwrap();
        let start = Instant::now();
        while pipe.feed(1.0).unwrap() {
            assert!(start.elapsed() < Duration::from_secs(20));
            std::thread::sleep(pipe.wait());
        }
        assert!(start.elapsed() >= Duration::from_millis(700), "it is fed as time goes, not at once");
        assert_eq!(std::fs::metadata(folder.0.join("aplay.pcm")).unwrap().len(), 16_000);
    }

    #[test]
    fn a_program_without_a_device_is_an_answer_and_one_that_does_not_read_does_no_harm() {
        let folder = Folder::new("broken", "exit 1");
        let mut pipe = Pipe::open(std::slice::from_ref(&folder.0), &[], pcm(1)).unwrap();
        let why = loop {
            match pipe.feed(1.0) {
                Ok(_) => std::thread::sleep(Duration::from_millis(5)),
                Err(why) => break why,
            }
        };
        assert!(why.contains("aplay"), "{why}");

        let folder = Folder::new("deaf", "exec sleep 60");
        let mut pipe = Pipe::open(std::slice::from_ref(&folder.0), &[], pcm(60)).unwrap();
        pipe.start = pipe.start.checked_sub(Duration::from_secs(30)).unwrap();
        let start = Instant::now();
        for _ in 0..20 {
            assert!(pipe.feed(1.0).unwrap());
        }
        drop(pipe);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
