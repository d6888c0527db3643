//! A third node sends garbage to two honest ones: each piece is refused or rendered harmless, with a typed reason in
//! the log; nothing of it is stored or drawn raw, and the honest two go on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kinora_node::blobs::{Blobs as _, NetworkBlobs};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::recipe::Format;
use kinora_protocol::record::{BlobRef, Body, Clip, Comment, Profile};

use crate::mallory::Mallory;
use crate::support::{Home, Node, PATIENCE, clip_file, footage, text, wait_for};

/// Title, name and comment of somebody who wants your terminal.
const ESCAPES: &str = "pwn\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}dewo\r\nnext";

/// What the forger says its clip's size is.
const FORGED_BYTES: u64 = 200_000;

#[expect(clippy::disallowed_methods, reason = "the honest nodes judge by the clock of the machine")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A clip record for a file; the file may be anything.
fn clip(title: &str, bytes: &[u8], size: u64) -> Body {
    let honest = footage(1);
    let frames = u32::try_from(honest.frames.len()).unwrap();
    Body::Clip(Box::new(Clip {
        title: title.to_owned(),
        prompt: title.to_owned(),
        labels: vec![ESCAPES.to_owned()],
        ..Clip::new(
            BlobRef { hash: BlobHash::of(bytes), size },
            Format { width: honest.width, height: honest.height, fps: honest.fps, frames },
            [7; 8].into(),
        )
    }))
}

/// A valid clip whose video track says that it is 1920 pixels wide.
fn lying_header(folder: &std::path::Path) -> Vec<u8> {
    let mut bytes = std::fs::read(clip_file(folder, 90)).unwrap();
    let entry = bytes.windows(4).enumerate().filter(|(_, w)| w == b"av01").map(|(at, _)| at).nth(1).unwrap();
    // VisualSampleEntry: 6 reserved, 2 data reference, 16 predefined and reserved bytes, then the width.
    bytes[entry + 28..entry + 30].copy_from_slice(&1_920u16.to_be_bytes());
    bytes
}

/// Waits until the log of a node holds all of these words in one line.
fn logged(node: &mut Node<'_>, words: &[&str]) {
    wait_for(&format!("a line with {words:?}"), PATIENCE, || {
        node.log().lines().any(|line| words.iter().all(|w| line.contains(w))).then_some(())
    });
}

fn state_of(home: &Home, title: &str) -> Option<(String, String)> {
    let feed = home.feed();
    let item = feed.iter().find(|i| i["title"].as_str().is_some_and(|t| t.starts_with(title)))?;
    Some((item["state"].as_str()?.to_owned(), item["verdict"].as_str()?.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_or_harmless_and_the_honest_go_on() {
    let (a, b, lair) = (Home::new(), Home::new(), Home::new());
    let friend = a.author();
    let node_a = Node::start(&a, &[]);
    let mut node_b = Node::start(&b, &node_a.addresses());
    b.json(&["follow", &friend]);
    // Who sends records that are none loses the right to be heard, so whoever sends good records about bad files has
    // to be somebody else. The worst case: a friend who turned.
    let vandal = Mallory::forging_blobs(FORGED_BYTES, 66, now()).await;
    let forger = Mallory::forging_blobs(FORGED_BYTES, 77, now()).await;
    let (mallory, blobs) = Mallory::with_blobs(&lair.path().join("blobs"), 88, now()).await;
    b.json(&["follow", &forger.author()]);
    b.json(&["follow", &mallory.author()]);
    for hostile in [&vandal, &forger, &mallory] {
        hostile.net.dial_text(&node_b.addresses()[0]).await.unwrap();
    }
    wait_for("all five to connect", PATIENCE, || (b.json(&["status"])["peers"] == 4).then_some(()));

    records_that_are_none(&vandal, &b, &mut node_b).await;
    bytes_that_fit_no_hash(&forger, &b, &mut node_b).await;
    files_that_lie((&mallory, &blobs), &lair, &b, &mut node_b).await;
    text_that_wants_the_terminal((&mallory, &blobs), &lair, &b, &mut node_b).await;

    // Slander: records that say something wrong about a file of somebody else, before its own record comes and after.
    b.json(&["unfollow", &friend]);
    let file = clip_file(a.path(), 5);
    let made = a.json(&["import", file.to_str().unwrap(), "--title", "honest"]);
    a.json(&["export", made["clip"].as_str().unwrap(), file.to_str().unwrap(), "--force", "--original"]);
    let bytes = std::fs::read(&file).unwrap();
    mallory.say(mallory.sign(clip("early slander", &bytes, bytes.len() as u64 + 7))).await;
    wait_for("the slander", PATIENCE, || state_of(&b, "early slander"));
    b.json(&["follow", &friend]);
    wait_for("the honest clip", PATIENCE, || (state_of(&b, "honest")?.0 == "ready").then_some(()));
    let Body::Clip(mut late) = clip("late slander", &bytes, bytes.len() as u64) else { unreachable!() };
    late.format.frames += 1;
    mallory.say(mallory.sign(Body::Clip(late))).await;
    wait_for("more slander", PATIENCE, || state_of(&b, "late slander"));
    for title in ["early slander", "late slander"] {
        assert_eq!(state_of(&b, title).unwrap(), ("withheld".to_owned(), "altered".to_owned()), "{title}");
    }
    assert_eq!(state_of(&b, "honest").unwrap(), ("ready".to_owned(), "verified".to_owned()));
    assert_eq!(clip_with(&b, "honest"), made["clip"].as_str().unwrap());
    for hostile in [vandal, forger, mallory] {
        hostile.net.shutdown().await;
    }
    blobs.shutdown().await;
}

async fn records_that_are_none(mallory: &Mallory, b: &Home, node_b: &mut Node<'_>) {
    let records = || b.json(&["status"])["records"].as_u64().unwrap();
    // What friends sent a moment ago may still be on its way in.
    let (before, _) = wait_for("quiet", PATIENCE, || {
        let seen = records();
        std::thread::sleep(Duration::from_secs(2));
        (records() == seen).then_some(seen)
    });
    let comment =
        |text: &str| mallory.sign(Body::Comment(Comment { on: Rid([1; 32]), text: text.to_owned() }));
    let mut forged = comment("forged");
    *forged.last_mut().unwrap() ^= 1;
    mallory.say(forged).await;
    let mut trailing = comment("trailing");
    trailing.push(0);
    mallory.say(trailing).await;
    mallory.say(vec![0x41; 9 * 1024]).await;
    for reason in ["bad_signature", "not_canonical", "too_large"] {
        logged(node_b, &["a record was refused", reason]);
    }
    assert_eq!(records(), before, "nothing of it is stored");
}

async fn bytes_that_fit_no_hash(forger: &Mallory, b: &Home, node_b: &mut Node<'_>) {
    let promised = BlobHash::of(b"promised");
    forger.say(forger.sign(clip("forged", b"promised", FORGED_BYTES))).await;
    logged(node_b, &["a provider sent wrong bytes", &promised.to_string()]);
    let (state, verdict) = state_of(b, "forged").unwrap();
    assert!(
        ["missing", "fetching"].contains(&state.as_str()) && verdict == "unverified",
        "{state}, {verdict}"
    );
    assert!(!b.run(&["play", &clip_with(b, "forged"), "--json"]).status.success(), "it plays");
    assert_eq!(b.json(&["status"])["blobs"], 0, "nothing of it stays on disk");
}

async fn files_that_lie(
    (mallory, blobs): (&Mallory, &NetworkBlobs),
    lair: &Home,
    b: &Home,
    node_b: &mut Node<'_>,
) {
    // The size is another than the record's.
    let sized = std::fs::read(clip_file(lair.path(), 91)).unwrap();
    blobs.add(sized.clone().into()).await.unwrap();
    mallory.say(mallory.sign(clip("sized", &sized, sized.len() as u64 + 1))).await;
    // The header lies about the picture.
    let lying = lying_header(lair.path());
    blobs.add(lying.clone().into()).await.unwrap();
    mallory.say(mallory.sign(clip("lying", &lying, lying.len() as u64))).await;

    for refused in [&sized, &lying] {
        logged(node_b, &["a file was refused", &BlobHash::of(refused).to_string()]);
    }
    logged(node_b, &["the file says 1920×48 pixels, the coded picture has 64×48"]);
    for title in ["sized", "lying"] {
        let standing = state_of(b, title).unwrap();
        assert_eq!(standing, ("withheld".to_owned(), "altered".to_owned()), "{title}");
        assert!(!b.run(&["play", &clip_with(b, title), "--json"]).status.success(), "{title} plays");
    }
    wait_for("the refused files to leave the disk", PATIENCE, || {
        (b.json(&["status"])["blobs"] == 0).then_some(())
    });
}

async fn text_that_wants_the_terminal(
    (mallory, blobs): (&Mallory, &NetworkBlobs),
    lair: &Home,
    b: &Home,
    node_b: &mut Node<'_>,
) {
    let profile = Profile { name: ESCAPES.to_owned(), bio: ESCAPES.to_owned() };
    mallory.say(mallory.sign(Body::Profile(profile))).await;
    let good = std::fs::read(clip_file(lair.path(), 92)).unwrap();
    blobs.add(good.clone().into()).await.unwrap();
    mallory.say(mallory.sign(clip(ESCAPES, &good, good.len() as u64))).await;
    wait_for("the clip with the hostile title", PATIENCE, || state_of(b, "pwn"));
    let hostile = clip_with(b, "pwn");
    let on: Rid = hostile.parse().unwrap();
    mallory.say(mallory.sign(Body::Comment(Comment { on, text: ESCAPES.to_owned() }))).await;
    wait_for("the hostile comment", PATIENCE, || {
        (b.json(&["show", &hostile])["item"]["comments"] == 1).then_some(())
    });
    for verb in [&["feed"][..], &["show", &hostile], &["feed", "--json"], &["show", &hostile, "--json"]] {
        let said = text(&b.run(verb));
        assert!(said.contains("pwn"), "{verb:?}: {said}");
        let raw = said.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(raw, None, "{verb:?} draws it raw: {said:?}");
    }
    let raw = node_b.log().chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert_eq!(raw, None, "raw bytes in the log");
}

/// The clip whose title begins so.
fn clip_with(home: &Home, title: &str) -> String {
    let feed = home.feed();
    let item = feed.iter().find(|i| i["title"].as_str().is_some_and(|t| t.starts_with(title))).unwrap();
    item["clip"].as_str().unwrap().to_owned()
}
