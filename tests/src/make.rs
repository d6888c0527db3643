//! `kinora make` as a newcomer types it: the good run, and everything that can be wrong with it.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Home, Node, PATIENCE, last_json, text, wait_for};

/// Exit codes that scripts may rely on.
const EXIT_REQUEST: i32 = 2;
const EXIT_SYSTEM: i32 = 6;

#[test]
fn one_command_makes_a_home_an_identity_and_a_clip() {
    let home = Home::new();
    let file = home.path().join("fox.mp4");
    let args = ["make", "a red fox runs along a beach at sunset, slow pan left, calm music", "--seed", "7"];
    let more = ["--seconds", "3", "--out", file.to_str().unwrap(), "--no-play", "--json"];
    let output = home.run(&[&args[..], &more[..]].concat());
    assert!(output.status.success(), "{}", text(&output));
    let done = last_json(&output);
    for key in ["clip", "blob", "file", "seconds", "elapsed", "recipe", "understood", "ignored"] {
        assert!(done.get(key).is_some(), "the last line of --json lacks {key:?}: {done}");
    }
    assert_eq!(done["recipe"]["scene"]["subject"], "fox");
    assert_eq!(done["recipe"]["scene"]["camera"], "pan_left");
    assert_eq!(done["recipe"]["seed"], 7);
    let bytes = std::fs::read(&file).unwrap();
    let footage = kinora_media::decode(&bytes, &kinora_media::DecodeLimits::default()).unwrap();
    assert!(footage.width >= 128 && footage.height >= 80 && footage.fps >= 8 && footage.seconds() >= 3.0);
    let loudest = footage.samples.iter().fold(0f32, |m, s| m.max(s.abs()));
    assert!(loudest > 0.02, "the clip is silent ({loudest})");
    let feed = home.feed();
    assert_eq!(feed.len(), 1);
    assert_eq!(feed[0]["clip"], done["clip"]);
    assert_eq!(feed[0]["state"], "ready");
    assert_eq!(feed[0]["verdict"], "verified");
}

#[test]
fn bad_prompts_say_what_is_wrong() {
    let home = Home::new();
    for (prompt, word) in [("", "empty"), ("   \t ", "empty"), (&*"x".repeat(10_000), "10000")] {
        let output = home.run(&["make", prompt, "--no-play"]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(EXIT_REQUEST), "{said}");
        assert!(said.contains("error:") && said.contains(word), "{said}");
        let output = home.run(&["make", prompt, "--no-play", "--json"]);
        assert!(last_json(&output).get("error").is_some(), "{}", text(&output));
    }
}

/// Root writes everywhere, so these two run as another user.
fn as_nobody(home: &Home, args: &[&str]) -> std::process::Output {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(crate::support::binary())
        .args(args)
        .env("KINORA_HOME", home.path().join("home"))
        .env("KINORA_MDNS", "off")
        .env("KINORA_LISTEN", "/ip4/127.0.0.1/tcp/0");
    command.output().unwrap()
}

#[test]
fn a_read_only_home_is_named() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("home")).unwrap();
    std::fs::set_permissions(home.path().join("home"), std::fs::Permissions::from_mode(0o555)).unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n");
    let output = if is_root {
        as_nobody(&home, &["make", "a cat", "--no-play"])
    } else {
        home.command(&["make", "a cat", "--no-play"])
            .env("KINORA_HOME", home.path().join("home"))
            .output()
            .unwrap()
    };
    let said = text(&output);
    assert_eq!(output.status.code(), Some(EXIT_SYSTEM), "{said}");
    assert!(said.contains(home.path().to_str().unwrap()) && said.contains("hint:"), "{said}");
}

#[test]
fn a_full_disk_is_named_and_nothing_half_written_stays() {
    let home = Home::new();
    home.author();
    // A file-size limit stands in for a full disk: writes fail with EFBIG as they would with ENOSPC.
    let script = format!(
        "ulimit -f 1; trap '' XFSZ; exec {} make 'a cat runs' --seconds 3 --no-play",
        crate::support::binary().display()
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script]).env("KINORA_HOME", home.path()).env("KINORA_MDNS", "off");
    let output = command.env("KINORA_LISTEN", "/ip4/127.0.0.1/tcp/0").output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(EXIT_SYSTEM), "{said}");
    assert!(said.contains("error:"), "{said}");
    assert!(home.feed().is_empty(), "a clip that could not be kept is in the feed");
    home.json(&["make", "a cat runs", "--seconds", "3", "--draft", "--no-play"]);
}

/// Process ids of render workers whose parent is `node`.
fn workers_of(node: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["-eo", "pid=,ppid=,args="]).output().unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(" engine"))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let pid = words.next()?.parse().ok()?;
            (words.next()?.parse() == Ok(node)).then_some(pid)
        })
        .collect()
}

#[test]
fn a_killed_worker_fails_its_job_and_the_queue_goes_on() {
    let home = Home::new();
    let node = Node::start(&home, &[]);
    let spawn = |prompt: &str| {
        home.command(&["make", prompt, "--seconds", "3", "--no-play", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let first = spawn("a dog runs in the snow");
    let (worker, _) = wait_for("a render worker", PATIENCE, || workers_of(node.pid()).first().copied());
    let second = spawn("a boat floats at night");
    std::thread::sleep(Duration::from_millis(300));
    assert!(Command::new("kill").args(["-9", &worker.to_string()]).status().unwrap().success());
    let first = first.wait_with_output().unwrap();
    assert!(!first.status.success(), "the killed render reported success: {}", text(&first));
    assert!(text(&first).contains("worker") && text(&first).contains('9'), "{}", text(&first));
    let second = second.wait_with_output().unwrap();
    assert!(second.status.success(), "the queue did not go on: {}", text(&second));
    assert_eq!(home.feed().len(), 1);
}

#[test]
fn ctrl_c_cancels_the_job_and_ends_the_worker() {
    let home = Home::new();
    let node = Node::start(&home, &[]);
    let make = home
        .command(&["make", "a horse runs in a meadow", "--no-play"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("a render worker", PATIENCE, || workers_of(node.pid()).first().copied());
    let start = Instant::now();
    assert!(Command::new("kill").args(["-INT", &make.id().to_string()]).status().unwrap().success());
    let output = make.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    wait_for("the worker to end", Duration::from_secs(5), || workers_of(node.pid()).is_empty().then_some(()));
    assert!(start.elapsed() < Duration::from_secs(6));
    assert!(home.feed().is_empty());
}
