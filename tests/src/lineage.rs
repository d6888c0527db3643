//! Clips made from other people's clips: a remix that reaches the first author's lineage, what licences permit, parts of
//! clips, and audits that make a clip again.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Home, Node, PATIENCE, clip_file, text, wait_for};

/// Exit codes that scripts may rely on.
const EXIT_REQUEST: i32 = 2;
const EXIT_MISSING: i32 = 3;

/// Flags of a clip of one second in one step.
const QUICK: [&str; 5] = ["--no-play", "--steps", "1", "--seconds", "1"];

fn rid(made: &Value) -> String {
    made["clip"].as_str().unwrap().to_owned()
}

fn state_of(home: &Home, clip: &str) -> Option<Value> {
    home.feed().iter().find(|item| item["clip"] == clip).map(|item| item["state"].clone())
}

/// How a check went.
fn state<'a>(checks: &'a Value, name: &str) -> Option<&'a str> {
    checks.as_array()?.iter().find(|check| check["name"] == name)?["state"].as_str()
}

fn clips(branch: &Value) -> Vec<&str> {
    branch.as_array().unwrap().iter().map(|kin| kin["clip"].as_str().unwrap()).collect()
}

#[test]
fn a_remix_stands_in_the_lineage_of_whoever_made_the_first_clip() {
    let (a, b) = (Home::new(), Home::new());
    a.json(&["profile", "--name", "Ada"]);
    let author = a.author();
    let node_a = Node::start(&a, &[]);
    let _node_b = Node::start(&b, &node_a.addresses());
    b.json(&["follow", &author]);
    a.json(&["follow", &b.author()]);
    let words = ["make", "a red ball bounces in a room", "--licence", "CC-BY-SA-4.0", "--seed", "3"];
    let first = rid(&a.json(&[&words[..], &QUICK].concat()));
    wait_for("the clip at B", PATIENCE, || (state_of(&b, &first)? == "ready").then_some(()));

    let remix = b.json(
        &[&["remix", &first, "a blue ball bounces in a room", "--strength", "60"], &QUICK[..]].concat(),
    );
    assert_eq!(remix["recipe"]["given"]["parent"][1]["remix"]["strength_percent"], 60);
    let second = rid(&remix);
    let shown = b.json(&["show", &second]);
    assert_eq!((&shown["parents"], &shown["licence"]), (&serde_json::json!([first]), &"CC-BY-SA-4.0".into()));
    let (_, taken) = wait_for("the remix in A's lineage", PATIENCE, || {
        let lineage = a.json(&["lineage", &first]);
        (clips(&lineage["descendants"]) == [second.as_str()]).then_some(())
    });
    assert!(taken < Duration::from_secs(10), "A knew of the remix {taken:?} after it was published");

    // Signatures are looked at when a clip arrives; marks when somebody asks.
    wait_for("A's look at the remix", PATIENCE, || {
        let checks = a.json(&["show", &second])["checks"].clone();
        (state(&checks, "provenance")? == "pass").then_some(())
    });
    let verified = b.json(&["verify", &first]);
    assert_eq!(
        (&verified["verdict"], state(&verified["checks"], "mark")),
        (&"verified".into(), Some("pass"))
    );

    let said = text(&b.run(&["lineage", &second]));
    assert!(said.contains("credit: remix of “a red ball bounces in a room” by Ada"), "{said}");
    let said = text(&b.run(&["show", &second]));
    assert!(said.contains("“a red ball bounces in a room” by Ada"), "{said}");
    a.json(&["delete", &first]);
    wait_for("the deletion at B", PATIENCE, || {
        let lineage = b.json(&["lineage", &second]);
        (lineage["ancestors"][0]["state"] == "deleted").then_some(())
    });
    let said = text(&b.run(&["lineage", &second]));
    assert!(said.contains("credit: remix of a deleted clip"), "{said}");
}

#[test]
fn a_licence_decides_what_may_be_published_and_a_draft_is_ones_own() {
    let (a, b) = (Home::new(), Home::new());
    let author = a.author();
    let node_a = Node::start(&a, &[]);
    let _node_b = Node::start(&b, &node_a.addresses());
    b.json(&["follow", &author]);
    let import = |n: u8, licence: &[&str]| {
        let file = clip_file(a.path(), n);
        rid(&a.json(&[&["import", file.to_str().unwrap(), "--title", "fog"], licence].concat()))
    };
    let (kept, locked) = (import(1, &[]), import(2, &["--licence", "CC-BY-ND-4.0"]));
    for clip in [&kept, &locked] {
        wait_for("the clips at B", PATIENCE, || (state_of(&b, clip)? == "ready").then_some(()));
    }
    let refused = |args: &[&str], says: &str| {
        let output = b.run(args);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(EXIT_REQUEST), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
    };
    refused(&[&["remix", &kept, "in the rain"], &QUICK[..]].concat(), "--permitted");
    refused(&["remix", &kept, "--cut", "0..0.5"], "all rights");
    refused(&["remix", &locked, "--cut", "0..0.5", "--permitted"], "CC-BY-ND-4.0");
    refused(&["import", clip_file(b.path(), 3).to_str().unwrap(), "--licence", "CC BY"], "SPDX");
    let draft = b.json(&[&["remix", &locked, "a cat in the rain", "--draft"], &QUICK[..]].concat());
    assert_eq!(draft["clip"], Value::Null);
    refused(&["publish", "1"], "CC-BY-ND-4.0");
    let part = rid(&b.json(&["remix", &kept, "the start", "--cut", "0..0.5", "--permitted"]));
    let shown = b.json(&["show", &part]);
    assert_eq!(
        (&shown["parents"], &shown["item"]["format"]["frames"]),
        (&serde_json::json!([kept]), &6.into())
    );
    assert_eq!((&shown["item"]["title"], &shown["recipe"]), (&"the start".into(), &Value::Null));
    assert_eq!(b.json(&["audit", &part])["outcome"], "same_footage", "a part is cut again from its parent");
}

/// The middle frame of a clip.
fn frame_of(home: &Home, clip: &str, name: &str) -> Vec<u8> {
    let file = home.path().join(name);
    let written = home.run(&["export", clip, file.to_str().unwrap(), "--original"]);
    assert!(written.status.success(), "{}", text(&written));
    let bytes = std::fs::read(&file).unwrap();
    let footage = kinora_media::decode(&bytes, &kinora_media::DecodeLimits::default()).unwrap();
    footage.frames[footage.frames.len() / 2].clone()
}

#[test]
fn the_subject_of_a_clip_is_placed_in_a_new_scene_and_that_can_be_made_again() {
    let home = Home::new();
    let words = ["make", "a large purple cat stands in the city at night", "--seed", "4"];
    let parent = rid(&home.json(&[&words[..], &QUICK].concat()));
    let place = |seed: &str| {
        let words = ["remix", &parent, "stands on a beach at noon", "--place", "--seed", seed];
        home.json(&[&words[..], &QUICK].concat())
    };
    let made = place("9");
    let (scene, given) = (&made["recipe"]["scene"], &made["recipe"]["given"]);
    assert_eq!((&scene["subject"], &scene["colour"]), (&"cat".into(), &"purple".into()), "{scene}");
    assert_eq!((&scene["place"], &scene["time"]), (&"beach".into(), &"day".into()), "{scene}");
    assert_eq!(given["parent"][1], "place");
    let crops = given["crops"].as_array().unwrap();
    assert!((1..=4).contains(&crops.len()), "{crops:?}");
    assert!(crops.iter().all(|crop| crop["width"].as_u64().unwrap() < 160), "around the subject: {crops:?}");
    let child = rid(&made);
    assert_eq!(home.json(&["show", &child])["parents"], serde_json::json!([parent]));
    let said = text(&home.run(&["lineage", &child]));
    assert!(said.contains("credit: remix of “a large purple cat stands in the city at night”"), "{said}");
    assert_eq!(home.json(&["audit", &child])["outcome"], "same_footage");
    assert_eq!(home.json(&["verify", &child])["verdict"], "verified");
    // The looks come from the parent: without them the same words and seed give another picture.
    let plain = ["make", "a large purple cat stands on a beach at noon", "--seed", "9"];
    let plain = rid(&home.json(&[&plain[..], &QUICK].concat()));
    let (with, without) = (frame_of(&home, &child, "with.mp4"), frame_of(&home, &plain, "without.mp4"));
    assert_ne!(with, without);

    let nowhere = home.run(&[&["remix", &parent, "--place"], &QUICK[..]].concat());
    assert_eq!(nowhere.status.code(), Some(EXIT_REQUEST), "{}", text(&nowhere));
    let foreign = rid(&home.json(&["import", clip_file(home.path(), 6).to_str().unwrap()]));
    let who = home.run(&[&["remix", &foreign, "on a beach", "--place"], &QUICK[..]].concat());
    assert!(text(&who).contains("say in the prompt who it is"), "{}", text(&who));
    let whole = home.json(&[&["remix", &foreign, "a red ball on a beach", "--place"], &QUICK[..]].concat());
    assert_eq!(
        whole["recipe"]["given"]["crops"][0]["width"], 64,
        "whole frames: {}",
        whole["recipe"]["given"]
    );
    assert_eq!(home.json(&["audit", &rid(&whole)])["outcome"], "same_footage");
}

#[test]
fn an_audit_makes_a_clip_again_and_says_what_it_lacks() {
    let home = Home::new();
    let story = ["make", "a red fox runs", "--shot", "dissolve: it stands", "--seed", "5"];
    let parent = rid(&home.json(&[&story[..], &QUICK].concat()));
    let audit = home.json(&["audit", &parent]);
    assert_eq!((&audit["outcome"], &audit["psnr"]), (&"same_footage".into(), &Value::Null), "{audit}");
    let remix = rid(&home.json(&[&["remix", &parent, "--seed", "9", "--continue"], &QUICK[..]].concat()));
    let said = text(&home.run(&["audit", &remix]));
    assert!(said.contains("reproduced: the same pictures and sound"), "{said}");

    let still = home.path().join("still.png");
    let footage = crate::support::footage(4);
    std::fs::write(&still, kinora_media::poster(&footage).unwrap()).unwrap();
    let still = still.to_str().unwrap();
    let given = rid(&home.json(&[&["make", "a cat stands", "--first", still], &QUICK[..]].concat()));
    let without = home.run(&["audit", &given]);
    assert_eq!(without.status.code(), Some(EXIT_MISSING), "{}", text(&without));
    assert!(text(&without).contains("--first FILE"), "{}", text(&without));
    assert_eq!(home.json(&["audit", &given, "--first", still])["outcome"], "same_footage");
    let foreign = rid(&home.json(&["import", clip_file(home.path(), 6).to_str().unwrap()]));
    let nothing = home.run(&["audit", &foreign]);
    assert_eq!(nothing.status.code(), Some(EXIT_MISSING), "{}", text(&nothing));
}
