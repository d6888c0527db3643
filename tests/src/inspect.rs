//! The inspector as a real process: confined from inside, replaced when it ends, and what `verify` makes of it.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kinora_node::inspector::confine;
use kinora_node::inspector::pool::{Bounds, Inspectors};
use kinora_node::inspector::process::End;
use kinora_protocol::job::inspect::{Media, Question, Rehearsal};
use kinora_protocol::verdict::{CheckName, CheckState};

use serde_json::Value;

use crate::support::{Home, binary, clip_file, footage, last_json, text};

/// Time for one file, in the tests that wait for its end.
const FILE_MAX: Duration = Duration::from_secs(3);

fn inspectors() -> Inspectors {
    Inspectors::with_bounds(binary().to_owned(), Bounds { file: FILE_MAX, ..Bounds::default() })
}

fn clip(seed: u8) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::read(clip_file(folder.path(), seed)).unwrap()
}

/// A file is looked into as ever: the inspector before it did not take anything with it.
async fn goes_on(inspectors: &Inspectors, clip: &[u8]) {
    let inspected = inspectors.inspect(clip.to_vec(), &[Question::Decode], None).await.unwrap();
    let states: Vec<_> = inspected.checks.iter().map(|check| (check.name, check.state)).collect();
    assert_eq!(states, [(CheckName::Container, CheckState::Pass), (CheckName::Decode, CheckState::Pass)]);
    assert!(matches!(inspected.media, Some(Media::Clip(_))));
}

#[tokio::test]
async fn nothing_but_the_pipes_is_open_from_inside() {
    let inspectors = Inspectors::new(binary().to_owned());
    let confinement = inspectors.confinement().await.unwrap();
    let tried = inspectors.rehearse(Rehearsal::Escape).await.unwrap();
    let open: Vec<_> = tried.iter().filter(|(_, stopped)| stopped.is_none()).collect();
    // Whatever the kernel has: descriptors are limited everywhere.
    for what in ["read a file", "list a folder", "write a file", "listen on TCP", "open a Unix socket"] {
        assert!(tried.iter().any(|(name, stopped)| name == what && stopped.is_some()), "{what}: {tried:?}");
    }
    let full = confine::is_full(&confinement);
    assert!(open.is_empty() || !full, "{} and yet {open:?}", confine::words(&confinement));
    if cfg!(target_os = "linux") && full {
        let (_, refusal) = tried.iter().find(|(name, _)| name == "become a program").unwrap();
        assert!(refusal.as_ref().unwrap().contains("not permitted"), "{tried:?}");
        assert!(tried.len() >= 9, "{tried:?}");
    }
}

/// The limits of a running inspector, as the kernel has them; only where there is a `/proc`.
#[tokio::test]
async fn the_kernel_says_the_same_from_outside() {
    let inspector = Command::new(binary())
        .arg("inspect")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut inspector = Ended(inspector);
    let proc = format!("/proc/{}", inspector.0.id());
    if !Path::new(&proc).exists() {
        return;
    }
    // Its first frame says that it is done.
    let mut prefix = [0u8; 4];
    std::io::Read::read_exact(inspector.0.stdout.as_mut().unwrap(), &mut prefix).unwrap();
    let limits = std::fs::read_to_string(format!("{proc}/limits")).unwrap();
    for (name, most) in
        [("Max address space", 2u64 << 30), ("Max open files", 0), ("Max file size", 0), ("Max core", 0)]
    {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let hard: u64 = line.split_whitespace().rev().nth(1).unwrap().parse().unwrap();
        assert!(hard <= most, "{line}");
    }
    let status = std::fs::read_to_string(format!("{proc}/status")).unwrap();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap();
    let words = confine::words(&Inspectors::new(binary().to_owned()).confinement().await.unwrap());
    assert_eq!(field("NoNewPrivs:") == "1", !words.contains("no call rules"), "{words}");
    assert_eq!(field("Seccomp:") == "2", !words.contains("no call rules"), "{words}");
    assert_eq!(field("Threads:"), "1");
}

/// A process that ends with its test.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let killed = self.0.kill().and_then(|()| self.0.wait());
        debug_assert!(killed.is_ok_and(|status| status.signal() == Some(9)), "it had ended before");
    }
}

#[tokio::test]
async fn a_crash_a_loop_and_a_memory_bomb_end_the_inspector_and_the_next_file_is_answered() {
    let (inspectors, clip) = (inspectors(), clip(11));
    goes_on(&inspectors, &clip).await;
    let crash = inspectors.rehearse(Rehearsal::Abort).await.unwrap_err();
    assert!(matches!(crash, End::Signal { signal: 6, .. }), "{crash}");
    goes_on(&inspectors, &clip).await;
    let start = Instant::now();
    let endless = inspectors.rehearse(Rehearsal::Loop).await.unwrap_err();
    assert!(matches!(endless, End::Slow(3)) && start.elapsed() >= FILE_MAX, "{endless}");
    goes_on(&inspectors, &clip).await;
    let bomb = inspectors.rehearse(Rehearsal::Memory).await.unwrap_err();
    assert!(matches!(bomb, End::Signal { signal: 6 | 9, .. }), "{bomb}");
    goes_on(&inspectors, &clip).await;
}

#[tokio::test]
async fn a_file_over_which_the_inspector_ends_could_not_be_inspected() {
    // No time for any file stands for a file that takes too long.
    let hurried = Bounds { file: Duration::ZERO, ..Bounds::default() };
    let hurried = Inspectors::with_bounds(binary().to_owned(), hurried);
    let inspected = hurried.inspect(clip(12), &[Question::Decode], None).await.unwrap();
    let [check] = inspected.checks.as_slice() else { panic!("{inspected:?}") };
    assert_eq!((check.name, check.state), (CheckName::Inspection, CheckState::Fail));
    assert!(
        check.detail.as_str().starts_with("could not be inspected: the inspector took longer"),
        "{check:?}"
    );
}

#[tokio::test]
async fn an_inspector_answers_for_a_bounded_number_of_files() {
    let few = Bounds { files: 2, ..Bounds::default() };
    let inspectors = Inspectors::with_bounds(binary().to_owned(), few);
    let clip = clip(13);
    for _ in 0..5 {
        goes_on(&inspectors, &clip).await;
    }
    assert_eq!(inspectors.started(), 3);
}

#[tokio::test]
async fn footage_comes_out_as_it_decodes_in_process() {
    let (inspectors, clip) = (inspectors(), clip(14));
    let there = inspectors.footage(clip.clone()).await.unwrap();
    let here = kinora_media::decode(&clip, &kinora_media::DecodeLimits::default()).unwrap();
    assert!(there == here, "{}×{}, {} frames", there.width, there.height, there.frames.len());
    assert_eq!(there.frames.len(), footage(14).frames.len());
    let still = kinora_media::poster(&here).unwrap();
    assert_eq!(inspectors.footage(still).await.unwrap_err(), "it is a still, not a clip");
    assert!(inspectors.footage(vec![0; 9]).await.unwrap_err().contains("neither an MP4"));
}

#[test]
fn verify_says_what_a_file_is_and_exits_accordingly() {
    let home = Home::new();
    let file = clip_file(home.path(), 15);
    let path = file.to_str().unwrap();
    let unknown = home.run(&["verify", path, "--json"]);
    assert_eq!(unknown.status.code(), Some(7), "{}", text(&unknown));
    assert_eq!(last_json(&unknown)["verdict"], "unknown");
    let clip = home.json(&["import", path, "--title", "fog"])["clip"].as_str().unwrap().to_owned();
    // What is published is the file with its manifest; the one that was brought in stays unknown.
    assert_eq!(last_json(&home.run(&["verify", path, "--json"]))["verdict"], "unknown");
    let published = home.path().join("published.mp4");
    let file = published.as_path();
    let path = file.to_str().unwrap();
    home.json(&["export", &clip, path, "--original"]);
    for what in [path, clip.as_str()] {
        let verified = home.json(&["verify", what]);
        assert_eq!((&verified["verdict"], &verified["clip"]), (&"verified".into(), &clip.clone().into()));
        let checks = verified["checks"].as_array().unwrap();
        let names: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
        for name in ["record", "file", "container", "format", "decode", "provenance"] {
            assert!(names.contains(&name), "{names:?}");
        }
        // It was not made here, so its pictures carry no mark.
        let expected = |name: &Value| if name == "mark" { "none" } else { "pass" };
        let fits = |check: &Value| check["state"] == expected(&check["name"]) && check["detail"] != "";
        assert!(checks.iter().all(fits), "{checks:?}");
    }
    let said = home.run(&["verify", &clip]);
    assert!(text(&said).starts_with("Verified: "), "{}", text(&said));
    // One bit further it is not what its manifest was signed over.
    let mut bytes = std::fs::read(file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(file, bytes).unwrap();
    let other = home.run(&["verify", path]);
    assert_eq!(other.status.code(), Some(7));
    assert!(text(&other).starts_with("Altered: "), "{}", text(&other));
    let none = home.run(&["verify", "0123456789", "--json"]);
    assert_eq!(none.status.code(), Some(3), "{}", text(&none));
}

#[test]
fn show_gives_the_checks_and_play_says_what_a_file_is() {
    let home = Home::new();
    let file = clip_file(home.path(), 16);
    let clip =
        home.json(&["import", file.to_str().unwrap(), "--title", "fog"])["clip"].as_str().unwrap().to_owned();
    let shown = home.json(&["show", &clip]);
    assert_eq!(shown["item"]["verdict"], "verified");
    assert!(shown["checks"].as_array().unwrap().len() >= 5, "{shown}");
    let played = home.json(&["play", file.to_str().unwrap()]);
    assert_eq!((&played["width"], &played["frames"]), (&64.into(), &12.into()));
    std::fs::write(&file, b"no clip at all").unwrap();
    let refused = home.run(&["play", file.to_str().unwrap()]);
    assert!(text(&refused).contains("this cannot be played"), "{}", text(&refused));
}
