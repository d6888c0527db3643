//! "Have we seen this?" between real processes: what was taken down does not come back by another file, a list counts for
//! whoever subscribes, and `find` names what a file points to.

use std::path::{Path, PathBuf};

use kinora_models::blocking::{self, FPS};
use kinora_models::worlds;
use kinora_protocol::shot::Shot;
use serde_json::Value;

use crate::support::{Home, Node, PATIENCE, last_json, text, wait_for};

/// Exit code of a request that is refused.
const EXIT_REQUEST: i32 = 2;

/// A clip of two seconds in which there is something to see: a drawn world.
fn telling_clip(folder: &Path, seed: u8) -> PathBuf {
    const PROMPTS: [&str; 2] = ["a red fox runs in the city", "a blue boat floats in the mountains"];
    let prompt = PROMPTS[usize::from(seed) % PROMPTS.len()];
    let scene = blocking::fill(&Shot::parse(prompt).unwrap().shot, u64::from(seed));
    let plan = blocking::plan(&scene, u64::from(seed), 2 * FPS as usize);
    let footage = kinora_media::Footage {
        width: worlds::WIDTH as u32,
        height: worlds::HEIGHT as u32,
        fps: FPS,
        frames: (0..2 * FPS as usize).map(|frame| worlds::render(&scene, &plan, frame).rgb).collect(),
        ..kinora_media::Footage::default()
    };
    let bytes =
        kinora_media::encode(&footage, &kinora_media::EncodeOptions::default(), &mut |_, _| {}).unwrap();
    let path = folder.join(format!("telling-{seed}.mp4"));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The file again, by another encoder run, with a rim of the picture cut off.
fn again(path: &Path, name: &str, rim: u32) -> PathBuf {
    let footage = kinora_media::decode(&std::fs::read(path).unwrap(), &kinora_media::DecodeLimits::default());
    let mut footage = footage.unwrap();
    let (width, height) = (footage.width - 2 * rim, footage.height - 2 * rim);
    for frame in &mut footage.frames {
        let row = |y: u32| ((y + rim) * footage.width + rim) as usize * 3;
        let kept = (0..height).flat_map(|y| frame[row(y)..row(y) + width as usize * 3].to_vec());
        *frame = kept.collect();
    }
    (footage.width, footage.height) = (width, height);
    let rough = kinora_media::EncodeOptions { quality: 50, threads: 1 };
    let bytes = kinora_media::encode(&footage, &rough, &mut |_, _| {}).unwrap();
    let copy = path.with_file_name(name);
    std::fs::write(&copy, bytes).unwrap();
    copy
}

fn import(home: &Home, path: &Path, title: &str) -> String {
    let made = home.json(&["import", path.to_str().unwrap(), "--title", title]);
    made["clip"].as_str().unwrap().to_owned()
}

fn item(home: &Home, clip: &str) -> Option<Value> {
    home.feed().into_iter().find(|item| item["clip"] == clip)
}

fn comes(home: &Home, clip: &str, state: &str) -> Value {
    wait_for(&format!("{clip} to be {state}"), PATIENCE, || {
        item(home, clip).filter(|item| item["state"] == state)
    })
    .0
}

#[test]
fn a_list_counts_for_whoever_subscribes_until_it_is_taken_off() {
    let (ada, ben) = (Home::new(), Home::new());
    let node_ada = Node::start(&ada, &[]);
    let _node_ben = Node::start(&ben, &node_ada.addresses());
    ben.json(&["follow", &ada.author()]);
    let fake = telling_clip(ada.path(), 1);
    let shown = import(&ada, &fake, "fake");
    let other = import(&ada, &telling_clip(ada.path(), 4), "other");
    comes(&ben, &shown, "ready");
    comes(&ben, &other, "ready");

    // A third person lists it by a file of their own, which is not that of the clip.
    let cleo = Home::new();
    let _node_cleo = Node::start(&cleo, &node_ada.addresses());
    let rough = again(&fake, "rough.mp4", 1);
    let rough = rough.to_str().unwrap();
    let listed = cleo.json(&["block", "add", rough, "--list", "no-fakes", "--reason", "not real"]);
    assert!(listed["seconds"].as_u64().unwrap() >= 1, "{listed}");
    let twice = cleo.run(&["block", "add", rough, "--list", "no-fakes", "--reason", "again"]);
    assert_eq!(twice.status.code(), Some(EXIT_REQUEST), "{}", text(&twice));

    ben.json(&["block", "subscribe", &cleo.author(), "no-fakes"]);
    let hidden = comes(&ben, &shown, "withheld");
    assert!(hidden["reason"].as_str().unwrap().contains("no-fakes"), "{hidden}");
    assert!(hidden["reason"].as_str().unwrap().contains("not real"), "{hidden}");
    assert_eq!(item(&ben, &other).unwrap()["state"], "ready");
    assert_eq!(item(&ada, &shown).unwrap()["state"], "ready", "ada did not subscribe");
    // A copy that comes now is refused.
    let copy = import(&ada, &again(&fake, "copy.mp4", 2), "copy");
    comes(&ben, &copy, "withheld");
    let held = ben.json(&["block", "list"]);
    assert_eq!(held["subscribed"][0]["entries"], 1, "{held}");
    assert!(held["held"].as_array().unwrap().len() >= 2, "{held}");

    cleo.json(&["block", "remove", rough, "--list", "no-fakes"]);
    comes(&ben, &shown, "ready");
    comes(&ben, &copy, "ready");
}

#[test]
fn find_names_what_a_file_points_to_and_says_that_it_is_no_proof() {
    let home = Home::new();
    let file = telling_clip(home.path(), 1);
    let clip = import(&home, &file, "fog");
    import(&home, &telling_clip(home.path(), 4), "other");
    let copy = again(&file, "copy.mp4", 1);
    let found = home.json(&["find", copy.to_str().unwrap()]);
    assert_eq!(found["clips"][0]["clip"], clip.as_str(), "{found}");
    assert_eq!(found["clips"][0]["picture"]["is_copy"], true, "{found}");
    assert!(found["note"].as_str().unwrap().contains("no proof"), "{found}");
    let said = home.run(&["find", copy.to_str().unwrap()]);
    assert!(text(&said).starts_with("It looks like clip "), "{}", text(&said));
    let verified = home.run(&["verify", copy.to_str().unwrap(), "--json"]);
    let checks = last_json(&verified)["checks"].clone();
    let check = checks.as_array().unwrap().iter().find(|check| check["name"] == "fingerprint").unwrap();
    assert_eq!(check["state"], "warn", "{checks}");
    assert!(check["detail"].as_str().unwrap().contains(&clip[..8]), "{check}");
    // By the tag of the mark, which the record names; and of a tag that nobody names.
    let none = home.json(&["find", "0123456789abcdef"]);
    assert_eq!(none["clips"].as_array().unwrap().len(), 0, "{none}");
    let wrong = home.run(&["find", "no such thing"]);
    assert!(!wrong.status.success());
}
