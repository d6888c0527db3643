//! Real processes for the tests: homes in temporary folders, nodes on loopback, the CLI as a user runs it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Longest wait for something that happens between nodes, on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// How long a node may take until it answers.
const READY_MAX: Duration = Duration::from_secs(30);

/// The `kinora` binary of this build, built once if this package is tested alone.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let mut folder = std::env::current_exe().unwrap();
        folder.pop();
        if folder.ends_with("deps") {
            folder.pop();
        }
        let binary = folder.join("kinora");
        let cargo = option_env!("CARGO").unwrap_or("cargo");
        let mut build = Command::new(cargo);
        // What cargo says of this package to its tests is nothing to the crates that are built: one of them would be built
        // anew for it, and with it everything that uses it.
        let told = std::env::vars_os().map(|(name, _)| name);
        let ours = told.filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        ours.for_each(|name| {
            build.env_remove(name);
        });
        let status = build
            // With `--tests` the features of dependencies are those of `cargo test`, so that nothing is built twice.
            .args(["build", "--quiet", "--locked", "--workspace", "--bins", "--tests"])
            .current_dir(crate::architecture::root())
            .env("CARGO_TARGET_DIR", folder.parent().unwrap())
            .status()
            .unwrap();
        assert!(status.success() && binary.exists(), "cargo build of the binary failed");
        binary
    })
}

/// A home of its own; gone at the end of the test.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("kn").tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `kinora` with this home, quiet surroundings and loopback only.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .env("KINORA_HOME", self.path())
            .env("KINORA_MDNS", "off")
            .env("KINORA_LISTEN", "/ip4/127.0.0.1/tcp/0")
            .env_remove("KINORA_PASSPHRASE")
            .stdin(Stdio::null());
        command
    }

    /// Runs a verb to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a verb that must succeed, with `--json`, and gives its last line.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let output = self.run(&all);
        assert!(output.status.success(), "kinora {args:?}: {}\n{}", output.status, text(&output));
        last_json(&output)
    }

    /// Author id of this home's persona.
    pub(crate) fn author(&self) -> String {
        self.json(&["key", "show"])["author"].as_str().unwrap().to_owned()
    }

    /// Clips in the feed, newest first.
    pub(crate) fn feed(&self) -> Vec<Value> {
        self.json(&["feed"]).as_array().unwrap().clone()
    }
}

/// Standard output and error of a finished process.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The last line of standard output, as JSON; or all of it, if it is one document over several lines.
pub(crate) fn last_json(output: &Output) -> Value {
    let out = String::from_utf8_lossy(&output.stdout);
    let last = out.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("");
    let read = serde_json::from_str(last).or_else(|_| serde_json::from_str(&out));
    assert!(read.is_ok(), "no JSON: {out:?}");
    read.unwrap()
}

/// A running node.
pub(crate) struct Node<'a> {
    pub(crate) home: &'a Home,
    child: Child,
    /// Everything it logged so far.
    log: mpsc::Receiver<String>,
    seen: String,
}

impl<'a> Node<'a> {
    /// Starts `kinora node` and waits until it says `ready`.
    pub(crate) fn start(home: &'a Home, peers: &[String]) -> Self {
        let mut args = vec!["node"];
        for peer in peers {
            args.extend(["--peer", peer]);
        }
        let mut child = home.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let ready = lines(child.stdout.take().unwrap());
        let log = lines(child.stderr.take().unwrap());
        let line = ready.recv_timeout(READY_MAX);
        let mut node = Self { home, child, log, seen: String::new() };
        assert_eq!(line.as_deref(), Ok("ready"), "the node did not start: {}", node.log());
        node
    }

    /// Addresses that others can dial.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let deadline = Instant::now() + READY_MAX;
        loop {
            let status = self.home.json(&["status"]);
            let found: Vec<String> = status["addresses"]
                .as_array()
                .unwrap()
                .iter()
                .map(|a| a.as_str().unwrap().to_owned())
                .filter(|a| a.contains("127.0.0.1"))
                .collect();
            if !found.is_empty() || Instant::now() > deadline {
                assert!(!found.is_empty(), "no address: {status}");
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it logged.
    pub(crate) fn log(&mut self) -> &str {
        while let Ok(line) = self.log.try_recv() {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        &self.seen
    }

    /// Ends it without warning.
    pub(crate) fn kill_nine(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as a service manager would.
    pub(crate) fn terminate(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let deadline = Instant::now() + READY_MAX;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the node did not end on SIGTERM: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        // A test that failed half-way leaves no node behind; one that ended it already has nothing to kill.
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let killed = self.child.kill();
            let waited = self.child.wait();
            debug_assert!(killed.is_ok() && waited.is_ok(), "the node could not be ended");
        }
        if std::thread::panicking() {
            let home = self.home.path().display().to_string();
            let log = self.log().to_owned();
            eprint_log(&home, &log);
        }
    }
}

#[expect(clippy::print_stderr, reason = "a failing test shows what its nodes said")]
fn eprint_log(home: &str, log: &str) {
    eprintln!("---- log of the node in {home}\n{log}----");
}

fn lines(stream: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(10_000);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Asks until `found` gives an answer or the time is over.
pub(crate) fn wait_for<T>(what: &str, max: Duration, mut found: impl FnMut() -> Option<T>) -> (T, Duration) {
    let start = Instant::now();
    loop {
        if let Some(value) = found() {
            return (value, start.elapsed());
        }
        assert!(start.elapsed() < max, "waited {max:?} for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A short real clip file, different for every `seed`: a moving square and a tone.
pub(crate) fn clip_file(folder: &Path, seed: u8) -> PathBuf {
    let footage = footage(seed);
    let bytes =
        kinora_media::encode(&footage, &kinora_media::EncodeOptions::default(), &mut |_, _| {}).unwrap();
    let path = folder.join(format!("clip-{seed}.mp4"));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// One second of a square that moves, in a colour by `seed`, over a tone.
pub(crate) fn footage(seed: u8) -> kinora_media::Footage {
    let (width, height, fps) = (64u32, 48u32, 12u32);
    let frames = (0..fps)
        .map(|f| {
            let mut frame = vec![40u8; (width * height * 3) as usize];
            for y in 16..32 {
                for x in (f * 3)..(f * 3 + 16) {
                    let at = ((y * width + x) * 3) as usize;
                    frame[at..at + 3].copy_from_slice(&[seed.wrapping_mul(37), seed.wrapping_mul(91), 200]);
                }
            }
            frame
        })
        .collect();
    let samples = (0..24_000).map(|i| (i as f32 * (0.02 + f32::from(seed) * 0.001)).sin() * 0.2).collect();
    kinora_media::Footage { width, height, fps, frames, sample_rate: 24_000, channels: 1, samples }
}

/// The file as a stranger's encoder leaves it after a filter of ffmpeg (`null`, `hflip`): through H.264 and back to what
/// Kinora takes. Nothing where ffmpeg is not.
pub(crate) fn through_ffmpeg(path: &Path, change: &str) -> Option<PathBuf> {
    let raw = path.with_extension("rgb");
    let (middle, name) = (path.with_extension("mkv"), path.to_str().unwrap().to_owned());
    let middle = middle.to_str().unwrap().to_owned();
    let run = |args: &[&str]| Command::new("ffmpeg").args(["-v", "error", "-y"]).args(args).output();
    let there = run(&["-i", &name, "-an", "-vf", change, "-c:v", "libx264", "-crf", "28", &middle]);
    let Ok(output) = there else {
        skipped();
        return None;
    };
    assert!(output.status.success(), "ffmpeg: {}", text(&output));
    let back = run(&["-i", &middle, "-f", "rawvideo", "-pix_fmt", "rgb24", raw.to_str().unwrap()]).unwrap();
    assert!(back.status.success(), "ffmpeg: {}", text(&back));
    let bytes = std::fs::read(path).unwrap();
    let mut footage = kinora_media::decode(&bytes, &kinora_media::DecodeLimits::default()).unwrap();
    let frame = (footage.width * footage.height * 3) as usize;
    footage.frames = std::fs::read(&raw).unwrap().chunks_exact(frame).map(<[u8]>::to_vec).collect();
    let file = kinora_media::encode(&footage, &kinora_media::EncodeOptions::default(), &mut |_, _| {});
    let copy = path.with_file_name(format!("through-ffmpeg-{change}.mp4"));
    std::fs::write(&copy, file.unwrap()).unwrap();
    Some(copy)
}

#[expect(clippy::print_stderr, reason = "a test that does not do all of its work says so")]
fn skipped() {
    eprintln!("SKIPPED: ffmpeg cannot be started here; install it to run this check");
}
