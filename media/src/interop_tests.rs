//! Other people's programs play our files: ffprobe and ffmpeg, and a browser.
//!
//! A program that is not installed makes its test say so loudly and do nothing else.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::testing::scene;
use crate::{EncodeOptions, encode};

/// How long a browser may take to start and to play four seconds.
const BROWSER_MAX: Duration = Duration::from_secs(60);

/// Runs a program, or says that it is not installed.
fn program(name: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(name).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("SKIPPED: {name} cannot be started here ({error}); install it to run this check");
            None
        }
    }
}

fn clip_in(folder: &Path) -> String {
    let bytes = encode(&scene(128, 80, 12, 48), &EncodeOptions::default(), &mut |_, _| {}).unwrap();
    let path = folder.join("clip.mp4");
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn ffprobe_sees_av1_and_opus_with_the_right_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = clip_in(folder.path());
    let entries = "stream=codec_name,profile,width,height,pix_fmt,color_space,color_range,chroma_location,\
                   r_frame_rate,nb_read_frames,sample_rate,channels:format=duration";
    let arguments = ["-v", "warning", "-count_frames", "-show_entries", entries, "-of", "flat", &path];
    let Some(output) = program("ffprobe", &arguments) else { return };
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{warned}");
    assert!(warned.trim().is_empty(), "ffprobe warns: {warned}");
    for line in [
        r#"streams.stream.0.codec_name="av1""#,
        r#"streams.stream.0.profile="Main""#,
        "streams.stream.0.width=128",
        "streams.stream.0.height=80",
        r#"streams.stream.0.pix_fmt="yuv420p""#,
        r#"streams.stream.0.color_range="tv""#,
        r#"streams.stream.0.color_space="bt709""#,
        r#"streams.stream.0.r_frame_rate="12/1""#,
        r#"streams.stream.0.nb_read_frames="48""#,
        r#"streams.stream.1.codec_name="opus""#,
        r#"streams.stream.1.sample_rate="48000""#,
        "streams.stream.1.channels=1",
    ] {
        assert!(said.lines().any(|l| l == line), "{line} is missing from\n{said}");
    }
    let length = said.lines().find_map(|l| l.strip_prefix("format.duration=\"")).unwrap();
    let seconds: f64 = length.trim_end_matches('"').parse().unwrap();
    assert!((seconds - 4.0).abs() < 0.03, "{seconds} s");
}

#[test]
fn ffmpeg_decodes_without_a_complaint_and_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = clip_in(folder.path());
    let Some(output) = program("ffmpeg", &["-v", "warning", "-i", &path, "-f", "null", "-"]) else { return };
    let warned = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && warned.trim().is_empty(), "ffmpeg: {warned}");
    // Raw sound: the delay is dropped at the start. The padding at the end is dropped by newer versions only; it is
    // less than one packet.
    let raw = ["-v", "error", "-i", &path, "-map", "0:a", "-f", "f32le", "-"];
    let Some(output) = program("ffmpeg", &raw) else { return };
    let samples = output.stdout.len() / 4;
    assert!((192_000 - 480..192_000 + 960).contains(&samples), "{samples} samples of sound");
}

/// What the page tells: every event in order, and how the video stands then.
const PAGE: &str = "<body><video id=v src=/clip.mp4 muted></video><script>
    const v = document.getElementById('v'), seen = [];
    const tell = () => fetch('/told/' + encodeURIComponent(
        seen.join(' ') + ' t=' + v.currentTime.toFixed(2) + ' d=' + v.duration.toFixed(2) +
        ' ' + v.videoWidth + 'x' + v.videoHeight + ' e=' + (v.error ? v.error.message : 'none')));
    for (const e of ['loadeddata', 'playing', 'ended', 'error'])
        v.addEventListener(e, () => { seen.push(e); tell(); });
    v.play().catch(x => { seen.push('refused:' + x.name); tell(); });
    </script></body>";

/// Answers one request of the browser; gives what the page told, if it told something.
fn serve(mut stream: std::net::TcpStream, clip: &[u8]) -> Option<String> {
    let mut head = String::new();
    BufReader::new(&stream).read_line(&mut head).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    let (kind, body) = match path.as_str() {
        "/" => ("text/html", PAGE.as_bytes()),
        "/clip.mp4" => ("video/mp4", clip),
        _ => ("text/plain", &b""[..]),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // The browser may hang up once it has what it needs.
    drop(stream.write_all(&[answer.as_bytes(), body].concat()));
    path.strip_prefix("/told/").map(|told| told.replace("%20", " ").replace("%3D", "="))
}

#[test]
fn a_browser_plays_the_clip_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let clip = std::fs::read(clip_in(folder.path())).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
    let quiet =
        ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio"];
    let mut browser = Command::new("chromium");
    browser.args([flags.as_slice(), &quiet].concat()).arg("--autoplay-policy=no-user-gesture-required");
    browser.arg(profile).arg(format!("http://{}/", listener.local_addr().unwrap()));
    let Ok(mut browser) = browser.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        eprintln!("SKIPPED: chromium is not installed");
        return;
    };
    let (sender, told) = std::sync::mpsc::sync_channel(64);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if serve(stream, &clip).is_some_and(|told| sender.send(told).is_err()) {
                return;
            }
        }
    });
    let mut last = "nothing".to_owned();
    let deadline = Instant::now() + BROWSER_MAX;
    while !last.contains("ended") && !last.contains("error") {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(told) = told.recv_timeout(left) else { break };
        last = told;
    }
    browser.kill().unwrap();
    browser.wait().unwrap();
    for part in ["loadeddata", "playing", "ended", "128x80", "e=none"] {
        assert!(last.contains(part), "{part} is missing from: {last}");
    }
}
