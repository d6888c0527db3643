//! Other people's programs play our files: ffprobe and ffmpeg, and a browser.
//!
//! A program that is not installed makes its test say so loudly and do nothing else.

use std::path::Path;
use std::process::{Command, Output};

use crate::testing::scene;
use crate::{EncodeOptions, encode};

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
    // Raw sound: the delay is dropped at the start and the padding at the end.
    let raw = ["-v", "error", "-i", &path, "-map", "0:a", "-f", "f32le", "-"];
    let Some(output) = program("ffmpeg", &raw) else { return };
    let samples = output.stdout.len() / 4;
    assert!(samples.abs_diff(192_000) <= 480, "{samples} samples of sound");
}

#[test]
fn a_browser_plays_the_clip_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = clip_in(folder.path());
    let page = folder.path().join("page.html");
    std::fs::write(
        &page,
        "<body><video id=v src=clip.mp4 muted></video><pre id=r>waiting</pre><script>
        const v = document.getElementById('v'), seen = [];
        const tell = () => document.getElementById('r').textContent =
          'RESULT ' + seen.join(' ') + ' t=' + v.currentTime.toFixed(2) + ' d=' + v.duration.toFixed(2) +
          ' ' + v.videoWidth + 'x' + v.videoHeight + ' e=' + (v.error ? v.error.message : 'none') + ' END';
        for (const e of ['loadeddata', 'playing', 'ended', 'error'])
          v.addEventListener(e, () => { seen.push(e); tell(); });
        v.play().catch(x => { seen.push('refused:' + x.name); tell(); });
        </script></body>",
    )
    .unwrap();
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let address = format!("file://{}", page.display());
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
    let quiet =
        ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio"];
    let mut arguments = [flags.as_slice(), &quiet].concat();
    arguments.extend([
        "--autoplay-policy=no-user-gesture-required",
        "--timeout=9000",
        &profile,
        "--dump-dom",
        &address,
    ]);
    let Some(output) = program("chromium", &arguments) else { return };
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.split("RESULT ").nth(1).and_then(|rest| rest.split(" END").next());
    let found = found.unwrap_or_else(|| panic!("no result from the page for {path}:\n{said}"));
    for part in ["loadeddata", "playing", "ended", "128x80", "e=none"] {
        assert!(found.contains(part), "{part} is missing from: {found}");
    }
}
