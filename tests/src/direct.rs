//! Clips that are directed: planned and edited, begun from a picture, told in several shots, made from other clips.

use std::path::{Path, PathBuf};
use std::process::Output;

use kinora_media::Footage;
use kinora_protocol::ids::BlobHash;
use serde_json::Value;

use crate::support::{Home, clip_file, last_json, text};

/// Exit codes that scripts may rely on.
const EXIT_REQUEST: i32 = 2;
const EXIT_MISSING: i32 = 3;

fn read(file: &Path) -> Footage {
    let bytes = std::fs::read(file).unwrap();
    kinora_media::decode(&bytes, &kinora_media::DecodeLimits::default()).unwrap()
}

/// Makes a draft in few steps and gives what `--json` says, and the clip.
fn draft(home: &Home, args: &[&str]) -> (Value, Footage) {
    let out = home.path().join("draft.mp4");
    let usual = ["--draft", "--no-play", "--steps", "2", "--out", out.to_str().unwrap()];
    let made = home.json(&[&["make"], args, &usual].concat());
    (made, read(&out))
}

/// Makes and publishes a clip of a second; gives what `--json` says.
fn publish(home: &Home, args: &[&str]) -> Value {
    home.json(&[&["make"], args, &["--no-play", "--steps", "1", "--seconds", "1"]].concat())
}

/// A still of 160×96 pixels, the upper half of one colour and the lower of another.
fn still(home: &Home, name: &str, upper: [u8; 3], lower: [u8; 3]) -> PathBuf {
    let frame = [upper.repeat(160 * 48), lower.repeat(160 * 48)].concat();
    let footage = Footage { width: 160, height: 96, fps: 1, frames: vec![frame], ..Footage::default() };
    let path = home.path().join(name);
    std::fs::write(&path, kinora_media::poster(&footage).unwrap()).unwrap();
    path
}

/// Mean difference of two frames, 0 … 255.
fn apart(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

fn str(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `kinora plan` where there is no home and none can be made.
fn plan(args: &[&str]) -> Output {
    let home = Home::new();
    let output = home.command(&[&["plan"], args].concat()).env("KINORA_HOME", "/nonexistent/home").output();
    output.unwrap()
}

#[test]
fn a_plan_needs_no_home_and_is_the_same_for_the_same_seed() {
    let args = ["a small blue dog chases a red ball", "--seed", "7", "--seconds", "2"];
    let output = plan(&args);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for word in ["understood:", "blue dog", "chases a red ball", "24 frames", "partner", "camera", "sounds"] {
        assert!(said.contains(word), "no {word:?} in\n{said}");
    }
    let json = plan(&[&args[..], &["--json"]].concat());
    assert!(String::from_utf8_lossy(&json.stderr).contains("--blocking"), "{}", text(&json));
    let document = last_json(&json);
    assert_eq!(document["camera"].as_array().unwrap().len(), 24);
    assert_eq!(document["cast"].as_array().unwrap().len(), 2);
    assert_eq!(last_json(&plan(&[&args[..], &["--json"]].concat())), document);
    let empty = plan(&["  "]);
    assert_eq!(empty.status.code(), Some(EXIT_REQUEST), "{}", text(&empty));
}

#[test]
fn an_edited_plan_is_what_is_rendered() {
    let home = Home::new();
    let words = ["a red ball stands in a meadow", "--seed", "11"];
    let path = home.path().join("plan.json");
    let output = plan(&[&words[..], &["--seconds", "1", "--out", str(&path)]].concat());
    assert!(output.status.success(), "{}", text(&output));
    let mut document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    // The ball goes to the far left; then to the far right.
    let mut at = |x: f32| {
        for pose in document["cast"][0]["poses"].as_array_mut().unwrap() {
            pose["x"] = x.into();
        }
        let bytes = serde_json::to_vec(&document).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let (made, footage) = draft(&home, &[&words[..], &["--blocking", str(&path)]].concat());
        assert_eq!(made["recipe"]["given"]["blocking"], BlobHash::of(&bytes).to_string());
        assert_eq!((made["recipe"]["format"]["frames"].as_u64(), footage.frames.len()), (Some(12), 12));
        footage.frames[6].clone()
    };
    let (left, right) = (at(30.0), at(98.0));
    let half = |frame: &[u8], right: bool| -> Vec<u8> {
        let rows = frame.chunks_exact(frame.len() / 96);
        rows.flat_map(|row| if right { &row[row.len() / 2..] } else { &row[..row.len() / 2] })
            .copied()
            .collect()
    };
    let moved =
        apart(&half(&left, false), &half(&right, false)).min(apart(&half(&left, true), &half(&right, true)));
    assert!(moved > 2.0, "the ball did not go from one half to the other: {moved}");

    document["camera"][3]["zoom"] = 99.into();
    std::fs::write(&path, serde_json::to_vec(&document).unwrap()).unwrap();
    let fresh = Home::new();
    let output = fresh.run(&[&["make"], &words[..], &["--blocking", str(&path), "--no-play"]].concat());
    let said = text(&output);
    assert_eq!(output.status.code(), Some(EXIT_REQUEST), "{said}");
    assert!(said.contains("plan.json") && said.contains("camera frame 3: zoom"), "{said}");
    assert!(std::fs::read_dir(fresh.path()).unwrap().next().is_none(), "a refused job made a home");
}

#[test]
fn a_storyboard_is_one_clip_of_several_shots() {
    let home = Home::new();
    let args = [
        "a purple cat in the city at night",
        "--shot",
        "dissolve: it dances",
        "--seconds",
        "1",
        "--seed",
        "5",
    ];
    let (made, footage) = draft(&home, &args);
    let recipe = &made["recipe"];
    assert_eq!(recipe["next"][0]["transition"], "dissolve");
    assert_eq!(recipe["next"][0]["scene"]["action"], "dances");
    for anchor in ["subject", "colour", "place", "time"] {
        assert_eq!(recipe["next"][0]["scene"][anchor], recipe["scene"][anchor], "{anchor} changed");
    }
    // Both shots lie over each other for half a second.
    assert_eq!(footage.frames.len(), 18);
    assert_eq!(made["seconds"], 1.5);
    assert!(made["understood"].as_array().unwrap().iter().any(|u| u["value"] == "dances"), "{made}");

    let board = home.path().join("board.toml");
    let shots = "[[shot]]\nprompt = \"a red fox runs\"\nseconds = 1\n\n[[shot]]\nprompt = \"it stands\"\nseconds = 2\n";
    std::fs::write(&board, shots).unwrap();
    let made = home.json(&["make", "--storyboard", str(&board), "--no-play", "--steps", "1"]);
    assert_eq!(made["seconds"], 3.0);
    assert_eq!(made["recipe"]["next"][0]["frames"], 24);
    let shown = home.json(&["show", made["clip"].as_str().unwrap()]);
    assert_eq!(shown["prompt"], "a red fox runs\nit stands");
}

#[test]
fn a_clip_begins_and_ends_with_the_pictures_it_was_given() {
    let home = Home::new();
    let (dark, light) = ([20, 30, 90], [240, 230, 200]);
    let (first, last) = (still(&home, "first.png", dark, light), still(&home, "last.png", light, dark));
    let words = ["a red fox runs along a beach", "--seed", "3", "--seconds", "1"];
    let (_, plain) = draft(&home, &words);
    let (made, footage) =
        draft(&home, &[&words[..], &["--first", str(&first), "--last", str(&last)]].concat());
    let picture = |path: &Path| kinora_media::decode_poster(&std::fs::read(path).unwrap()).unwrap().rgb;
    let ends = [(&first, 0, "first"), (&last, 11, "last")];
    for (path, frame, name) in ends {
        let hash = BlobHash::of(&std::fs::read(path).unwrap()).to_string();
        assert_eq!(made["recipe"]["given"][name], hash);
        let (with, without) =
            (apart(&picture(path), &footage.frames[frame]), apart(&picture(path), &plain.frames[frame]));
        assert!(with < 0.5 * without, "the {name} frame is {with} from its still, without it {without}");
    }
    assert_eq!(home.json(&["status"])["blobs"], 4, "two clips and two posters, and no still that was given");
    let kept = home.path().join("materials");
    assert!(std::fs::read_dir(kept).unwrap().next().is_none(), "materials are kept after the job has ended");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_before_anything_is_rendered() {
    let home = Home::new();
    let files = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let whole = std::fs::read(still(&Home::new(), "a.png", [1; 3], [2; 3])).unwrap();
    let (words, cut) = (put("words.jpg", b"no picture"), put("cut.png", &whole[..whole.len() - 20]));
    let none = files.path().join("none.png").to_str().unwrap().to_owned();
    let folder = files.path().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 10] = [
        (&["--first", &words], EXIT_REQUEST, "words.jpg"),
        (&["--last", &cut], EXIT_REQUEST, "cut.png"),
        (&["--reference", &cut, "--face"], EXIT_REQUEST, "cut.png"),
        (&["--first", folder], EXIT_REQUEST, "no file"),
        (&["--first", &none], EXIT_MISSING, "none.png"),
        (&["--from", &words, "--continue"], EXIT_REQUEST, "words.jpg"),
        (&["--blocking", &words], EXIT_REQUEST, "words.jpg"),
        (&["--storyboard", &words], EXIT_REQUEST, "words.jpg"),
        (&["--seconds", "9"], EXIT_REQUEST, "9 s"),
        (&["--from", "gone.mp4"], EXIT_MISSING, "gone.mp4"),
    ];
    for (flags, code, says) in cases {
        let output = home.run(&[&["make", "a cat", "--no-play"], flags].concat());
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{flags:?}: {said}");
        assert!(said.contains("error:") && said.contains(says), "{flags:?}: {said}");
    }
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "a refused job made a home");
}

#[test]
fn a_clip_names_the_clip_it_was_made_from() {
    let home = Home::new();
    let parent = publish(&home, &["a red ball bounces in a room"])["clip"].as_str().unwrap().to_owned();
    let parents = |made: &Value| home.json(&["show", made["clip"].as_str().unwrap()])["parents"].clone();
    let goes_on = publish(&home, &["the red ball bounces", "--from", &parent[..12], "--continue"]);
    assert_eq!(goes_on["recipe"]["given"]["parent"][1], "continue");
    assert_eq!(parents(&goes_on), serde_json::json!([parent]));

    let file = home.path().join("exported.mp4");
    assert!(home.run(&["export", &parent, str(&file), "--original"]).status.success());
    let remix = publish(&home, &["a blue ball, noir", "--from", str(&file), "--strength", "40"]);
    let blob = BlobHash::of(&std::fs::read(&file).unwrap()).to_string();
    assert_eq!(
        remix["recipe"]["given"]["parent"],
        serde_json::json!([blob, {"remix": {"strength_percent": 40}}])
    );
    assert_eq!(parents(&remix), serde_json::json!([parent]), "the file is that clip's");

    let foreign = publish(&home, &["a blue ball", "--from", str(&clip_file(home.path(), 3))]);
    assert_eq!(parents(&foreign), serde_json::json!([]), "nobody here knows whose file that is");
    let unknown = "0".repeat(64);
    let output = home.run(&["make", "a cat", "--from", &unknown, "--no-play"]);
    assert_eq!(output.status.code(), Some(EXIT_MISSING), "{}", text(&output));
}
