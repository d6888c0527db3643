//! Consent between real processes: the subject enrols and grants, a creator makes a clip and waits, the subject approves,
//! a third node that follows only the creator shows who consented, and a takedown reaches it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Home, Node, PATIENCE, last_json, text, through_ffmpeg, wait_for};

/// Exit code of a request that is refused.
const EXIT_REQUEST: i32 = 2;

fn id(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

pub(crate) fn item(home: &Home, clip: &str) -> Option<Value> {
    home.feed().into_iter().find(|item| item["clip"] == clip)
}

/// Waits until a home knows a fresh head of a cameo, and a grant of it.
fn knows(home: &Home, cameo: &str) {
    wait_for("the cameo and its grant", PATIENCE, || {
        let output = home.run(&["cameo", "show", cameo, "--json"]);
        let shown = output.status.success().then(|| last_json(&output))?;
        let fresh =
            shown[0]["fresh_until"].is_u64() && shown[0]["grants"].as_array().is_some_and(|g| !g.is_empty());
        fresh.then_some(())
    });
}

/// A draft of a clip with a cameo, rendered small.
fn draft(home: &Home, cameo: &str, prompt: &str) -> u64 {
    let args = ["make", prompt, "--cameo", cameo, "--seconds", "1", "--steps", "1", "--no-play", "--json"];
    let output = home.run(&args);
    assert!(output.status.success(), "{}", text(&output));
    let first = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
    assert_eq!(last_json(&output)["clip"], Value::Null, "it waits for an approval");
    serde_json::from_str::<Value>(&first).unwrap()["job"].as_u64().unwrap()
}

/// The subject sees a published clip among the uses of her likeness, though she follows nobody, and has a receipt of it that
/// others can check.
fn used_and_receipted(ada: &Home, ben: &Home, (cameo, clip): (&str, &str)) {
    wait_for("the clip among the subject's uses", PATIENCE, || {
        let uses = ada.json(&["cameo", "uses", cameo]);
        (uses[0]["state"] == "published" && uses[0]["clip"] == clip).then_some(())
    });
    let receipt = ada.run(&["cameo", "receipt", clip]);
    assert!(receipt.status.success(), "{}", text(&receipt));
    let path = ada.path().join("receipt.json");
    std::fs::write(&path, &receipt.stdout).unwrap();
    let held = ben.json(&["cameo", "receipt", "--check", path.to_str().unwrap()]);
    assert_eq!((&held["issuer"], &held["by_subject"]), (&ada.author().into(), &true.into()));
    std::fs::write(&path, String::from_utf8_lossy(&receipt.stdout).replace("comedy", "advertising")).unwrap();
    assert_eq!(
        ben.run(&["cameo", "receipt", "--check", path.to_str().unwrap()]).status.code(),
        Some(EXIT_REQUEST)
    );
}

/// A draft reaches its subject sealed, before it can be published: she sees the very clip, and nobody else hears of it.
fn previewed(ada: &Home, cleo: &Home, cameo: &str) -> Value {
    let (waiting, _) = wait_for("the draft in the subject's inbox", PATIENCE, || {
        letter(ada, "draft").filter(|item| item["ready"] == true)
    });
    let seen = ada.path().join("seen.mp4");
    ada.json(&["cameo", "preview", &id(&waiting, "letter"), "--out", seen.to_str().unwrap()]);
    let hash = kinora_protocol::ids::BlobHash::of(&std::fs::read(&seen).unwrap()).to_string();
    assert_eq!((hash, &waiting["state"]), (id(&waiting, "blob"), &"waiting".into()));
    assert_eq!(ada.json(&["cameo", "uses", cameo])[0]["state"], "draft");
    assert!(letter(cleo, "draft").is_none(), "nobody else hears of it");
    waiting
}

#[test]
fn a_likeness_is_granted_approved_shown_and_taken_down_everywhere() {
    let (ada, ben, cleo) = (Home::new(), Home::new(), Home::new());
    let node_ada = Node::start(&ada, &[]);
    let node_ben = Node::start(&ben, &node_ada.addresses());
    let _node_cleo = Node::start(&cleo, &node_ben.addresses());
    let eve = Home::new();
    let node_eve = Node::start(&eve, &node_ben.addresses());
    ben.json(&["follow", &ada.author()]);
    cleo.json(&["follow", &ben.author()]);
    eve.json(&["follow", &ben.author()]);

    let cameo = id(&ada.json(&["cameo", "enrol", "Ada", "--remix", "none"]), "record");
    // Without a grant nothing is rendered.
    wait_for("the cameo at the creator's", PATIENCE, || {
        ben.run(&["cameo", "show", &cameo]).status.success().then_some(())
    });
    let refused = ben.run(&["make", "Ada walks", "--cameo", &cameo, "--no-play"]);
    assert_eq!(refused.status.code(), Some(EXIT_REQUEST), "{}", text(&refused));
    assert!(text(&refused).contains("unknown_grant"), "{}", text(&refused));

    ada.json(&["cameo", "grant", &cameo, &ben.author(), "--uses", "3"]);
    knows(&ben, &cameo);
    let refused = ben.run(&["make", "Ada walks", "--cameo", &cameo, "--for", "political", "--no-play"]);
    assert!(text(&refused).contains("purpose_not_granted"), "{}", text(&refused));

    let job = draft(&ben, &cameo, "Ada walks along a beach").to_string();
    let waiting = previewed(&ada, &cleo, &cameo);
    let asked = ben.json(&["cameo", "request", &job]);
    let used = id(&asked, "id");
    assert_eq!(asked["approved"], false);
    assert_eq!(used, id(&waiting, "id"), "what she approves is what she saw");
    // It is not published before she approves.
    let early = ben.run(&["publish", &job]);
    assert!(!early.status.success() && text(&early).contains("approval_missing"), "{}", text(&early));

    ada.json(&["cameo", "approve", &used]);
    wait_for("the approval at the creator's", PATIENCE, || {
        (ben.json(&["cameo", "request", &job])["approved"] == true).then_some(())
    });
    ben.json(&["publish", &job]);
    let clip = id(&ben.feed()[0], "clip");

    wait_for("the clip at the third node", PATIENCE, || item(&cleo, &clip).filter(|i| i["state"] == "ready"));
    let shown = cleo.json(&["show", &clip]);
    assert_eq!(shown["people"][0]["name"], "Ada", "{shown}");
    assert_eq!(
        (&shown["people"][0]["approved"], &shown["people"][0]["freshness"]),
        (&Value::Bool(true), &"fresh".into())
    );
    used_and_receipted(&ada, &ben, (&cameo, &clip));
    remixes_are_refused(&cleo, &clip);
    let files = exported(&cleo, &clip);
    let before = cleo.json(&["status"])["blobs"].as_u64().filter(|blobs| *blobs > 0).unwrap();
    wait_for("the clip at the fourth node", PATIENCE, || item(&eve, &clip).filter(|i| i["state"] == "ready"));
    node_eve.terminate();

    ada.json(&["cameo", "revoke", &cameo, "--clip", &clip, "--takedown"]);
    for (name, home) in [("creator's", &ben), ("third", &cleo)] {
        wait_for(&format!("the withdrawal at the {name} node"), PATIENCE, || {
            item(home, &clip).filter(|i| i["state"] == "withdrawn")
        });
    }
    let reason = item(&cleo, &clip).unwrap();
    assert!(id(&reason, "reason").contains("consent withdrawn"), "{reason}");
    returned(&eve, &clip, &node_ben.addresses());
    assert!(
        !cleo.run(&["export", &clip, files[0].to_str().unwrap(), "--force"]).status.success(),
        "its file is given no more"
    );
    wait_for("the file to be gone from the third node's disk", PATIENCE, || {
        (cleo.json(&["status"])["blobs"].as_u64().unwrap() < before).then_some(())
    });
    // The blob store sweeps now and then.
    wait_for("the blob to be swept from the store's folder", PATIENCE, || {
        (!on_disk(&cleo, &id(&reason, "blob"))).then_some(())
    });
    copies_are_refused(&ben, &cleo, &files, &clip);
}

/// She allows no remixes, and a part is one: neither is made.
fn remixes_are_refused(cleo: &Home, clip: &str) {
    for how in [&["--cut", "0..0.5"][..], &["Ada in the snow", "--place"], &["Ada in the snow"]] {
        let refused = cleo.run(&[&["remix", clip, "--permitted"], how].concat());
        assert_eq!(refused.status.code(), Some(EXIT_REQUEST), "{}", text(&refused));
        assert!(text(&refused).contains("cameo_forbids_remix"), "{how:?}: {}", text(&refused));
    }
}

/// A node that was away when a clip was taken down shows it to nobody: not before anybody was heard, and not after.
fn returned(eve: &Home, clip: &str, peers: &[String]) {
    // Somebody is known who does not answer: a port on which nothing listens.
    let nobody = peers[0].split("/tcp/").next().unwrap().to_owned();
    let peer = peers[0].rsplit("/p2p/").next().unwrap();
    let alone = Node::start(eve, &[format!("{nobody}/tcp/9/p2p/{peer}")]);
    let waiting = item(eve, clip).unwrap();
    assert_eq!(waiting["state"], "withheld", "{waiting}");
    assert!(id(&waiting, "reason").contains("peers are being asked"), "{waiting}");
    assert!(!eve.run(&["export", clip, eve.path().join("c.mp4").to_str().unwrap()]).status.success());
    alone.terminate();
    let _node = Node::start(eve, peers);
    wait_for("the withdrawal at the node that was away", PATIENCE, || {
        let shown = item(eve, clip).unwrap();
        assert_ne!(shown["state"], "ready", "{shown}");
        (shown["state"] == "withdrawn").then_some(())
    });
}

/// A clip that shows somebody leaves with its label alone, as it is and enlarged.
fn exported(home: &Home, clip: &str) -> [PathBuf; 2] {
    let [file, large] = ["clip.mp4", "large.mp4"].map(|name| home.path().join(name));
    let bare = home.run(&["export", clip, file.to_str().unwrap(), "--original"]);
    assert!(!bare.status.success() && text(&bare).contains("never leaves"), "{}", text(&bare));
    assert_eq!(home.json(&["export", clip, file.to_str().unwrap()])["label"], "likeness");
    home.json(&["export", clip, large.to_str().unwrap(), "--enlarge", "2", "--corner", "bottom_left"]);
    let sides = |path: &Path| {
        let info = kinora_media::probe(&std::fs::read(path).unwrap()).unwrap();
        (info.width, info.height)
    };
    assert_eq!(sides(&large), (2 * sides(&file).0, 2 * sides(&file).1));
    [file, large]
}

/// What was exported before the takedown does not come back: not by those who had it, not from somebody who never had.
fn copies_are_refused(ben: &Home, cleo: &Home, files: &[PathBuf], clip: &str) {
    let mut copies = files.to_vec();
    copies.extend(["null", "hflip"].into_iter().filter_map(|change| through_ffmpeg(&files[0], change)));
    for copy in &copies {
        let refused = cleo.run(&["import", copy.to_str().unwrap(), "--title", "back again"]);
        assert_eq!(refused.status.code(), Some(EXIT_REQUEST), "{}", text(&refused));
        let said = text(&refused);
        assert!(said.contains("consent withdrawn") && said.contains(&clip[..8]), "{said}");
    }
    let verified = cleo.run(&["verify", files[0].to_str().unwrap(), "--json"]);
    assert_eq!(last_json(&verified)["verdict"], "withdrawn", "{}", text(&verified));
    // Dan never had the clip, so his node knows nothing of it; ben's does.
    let dan = Home::new();
    let node_dan = Node::start(&dan, &[]);
    ben.json(&["follow", &dan.author()]);
    ben.json(&["node", "dial", &node_dan.addresses()[0]]);
    for copy in &copies {
        let back = id(&dan.json(&["import", copy.to_str().unwrap(), "--title", "back again"]), "clip");
        let (refused, _) = wait_for("the copy to be refused", PATIENCE, || {
            item(ben, &back).filter(|i| i["state"] == "withdrawn")
        });
        assert!(id(&refused, "reason").contains(&clip[..8]), "{refused}");
        wait_for("the copy to leave the disk", PATIENCE, || {
            (!on_disk(ben, &id(&refused, "blob"))).then_some(())
        });
    }
}

/// A letter of this kind in a home's inbox.
fn letter(home: &Home, kind: &str) -> Option<Value> {
    home.json(&["cameo", "inbox"]).as_array().unwrap().iter().find(|item| item["kind"] == kind).cloned()
}

/// A remix inherits the use, and is the subject's to approve or not.
fn remixed(ada: &Home, cleo: &Home, (cameo, clip): (&str, &str)) -> String {
    let remix = [
        "remix",
        clip,
        "Ada walks in the snow",
        "--permitted",
        "--seconds",
        "1",
        "--steps",
        "1",
        "--no-play",
        "--json",
    ];
    let made = cleo.run(&remix);
    assert!(made.status.success(), "{}", text(&made));
    let draft = last_json(&made);
    assert_eq!(draft["clip"], Value::Null, "it waits for an approval");
    assert!(id(&draft, "waits_for").starts_with("Ada ("), "{draft}");
    let (inherits, _) = wait_for("the remix among the subject's uses", PATIENCE, || {
        let uses = ada.json(&["cameo", "uses", cameo]);
        uses.as_array().unwrap().iter().find(|row| row["from"] == clip && row["ready"] == true).cloned()
    });
    assert_eq!((&inherits["state"], &inherits["creator"]), (&"draft".into(), &cleo.author().into()));
    ada.json(&["cameo", "approve", &id(&inherits, "id")]);
    wait_for("the second approval", PATIENCE, || {
        letter(cleo, "draft").filter(|item| item["state"] == "approved")
    });
    let job = draft["job"].to_string();
    cleo.json(&["publish", &job, "--permitted"]);
    let second = id(&cleo.feed()[0], "clip");
    assert_eq!(cleo.json(&["show", &second])["people"][0]["name"], "Ada");
    second
}

/// A part of a clip shows the same people: it waits for their approval as a remix does, of the very file.
fn cut_out(ada: &Home, cleo: &Home, (cameo, clip): (&str, &str)) -> String {
    let made = cleo.run(&["remix", clip, "the start of it", "--cut", "0..0.5"]);
    let said = text(&made);
    assert!(made.status.success() && said.contains("waits for the approval of Ada ("), "{said}");
    let job = cleo.json(&["publish"])[0]["id"].to_string();
    assert!(said.contains(&format!("kinora publish {job}")), "{said}");
    let early = cleo.run(&["publish", &job, "--permitted"]);
    assert!(!early.status.success() && text(&early).contains("approval_missing"), "{}", text(&early));
    let (inherits, _) = wait_for("the part among the subject's uses", PATIENCE, || {
        let uses = ada.json(&["cameo", "uses", cameo]);
        let mut rows = uses.as_array().unwrap().iter();
        rows.find(|row| row["title"] == "the start of it" && row["ready"] == true).cloned()
    });
    assert_eq!((&inherits["state"], &inherits["from"]), (&"draft".into(), &clip.into()));
    ada.json(&["cameo", "approve", &id(&inherits, "id")]);
    wait_for("the approval of the part", PATIENCE, || {
        (cleo.json(&["cameo", "request", &job])["approved"] == true).then_some(())
    });
    let unpermitted = cleo.run(&["publish", &job]);
    assert!(
        !unpermitted.status.success() && text(&unpermitted).contains("all rights"),
        "{}",
        text(&unpermitted)
    );
    cleo.json(&["publish", &job, "--permitted"]);
    let part = id(&cleo.feed()[0], "clip");
    let shown = cleo.json(&["show", &part]);
    assert_eq!((&shown["people"][0]["name"], &shown["item"]["format"]["frames"]), (&"Ada".into(), &6.into()));
    assert_eq!(
        (&shown["parents"][0], &shown["item"]["verdict"]),
        (&clip.into(), &"verified".into()),
        "{shown}"
    );
    assert_eq!(
        cleo.json(&["audit", &part])["outcome"],
        "same_footage",
        "a part is cut again from its parent"
    );
    part
}

#[test]
fn a_cameo_is_asked_for_its_stills_travel_sealed_and_a_remix_waits_for_an_approval_of_its_own() {
    let (ada, ben, cleo) = (Home::new(), Home::new(), Home::new());
    let node_ada = Node::start(&ada, &[]);
    let node_ben = Node::start(&ben, &node_ada.addresses());
    let _node_cleo = Node::start(&cleo, &[node_ada.addresses(), node_ben.addresses()].concat());
    for home in [&ben, &cleo] {
        home.json(&["follow", &ada.author()]);
    }
    cleo.json(&["follow", &ben.author()]);
    let still = ada.path().join("face.png");
    let face = kinora_media::poster(&crate::support::footage(7)).unwrap();
    std::fs::write(&still, &face).unwrap();
    let cameo = id(&ada.json(&["cameo", "enrol", "Ada", "--still", still.to_str().unwrap()]), "record");
    wait_for("the cameo at the creator's", PATIENCE, || {
        ben.run(&["cameo", "show", &cameo]).status.success().then_some(())
    });

    ben.json(&["cameo", "ask", &cameo, "--uses", "2", "--note", "for my band"]);
    let (asked, _) = wait_for("the question", PATIENCE, || letter(&ada, "ask"));
    assert_eq!((&asked["words"], &asked["state"]), (&"for my band".into(), &"waiting".into()));
    ada.json(&["cameo", "accept", &id(&asked, "letter")]);
    knows(&ben, &cameo);
    wait_for("the answer", PATIENCE, || letter(&ben, "ask").filter(|item| item["state"] == "granted"));
    // The stills come by themselves; until then nothing is rendered.
    wait_for("the stills", PATIENCE, || {
        let made =
            ben.run(&["make", "Ada walks", "--cameo", &cameo, "--seconds", "1", "--steps", "1", "--no-play"]);
        made.status.success().then_some(())
    });
    assert!(!holds(ben.path(), &face), "a still lies on the grantee's disk in the clear");
    let (waiting, _) =
        wait_for("the draft", PATIENCE, || letter(&ada, "draft").filter(|i| i["ready"] == true));
    ada.json(&["cameo", "approve", &id(&waiting, "id")]);
    wait_for("the approval", PATIENCE, || letter(&ben, "draft").filter(|item| item["state"] == "approved"));
    let jobs = ben.json(&["publish"]);
    let job = jobs[0]["id"].to_string();
    ben.json(&["publish", &job]);
    let clip = id(&ben.feed()[0], "clip");
    wait_for("the clip at the third node", PATIENCE, || item(&cleo, &clip).filter(|i| i["state"] == "ready"));

    let part = cut_out(&ada, &cleo, (&cameo, &clip));
    let second = remixed(&ada, &cleo, (&cameo, &clip));

    // Taking down the first takes down what inherits it.
    ada.json(&["cameo", "revoke", &cameo, "--clip", &clip, "--takedown"]);
    for (what, rid) in [("remix", &second), ("part", &part)] {
        wait_for(&format!("the {what} to be withdrawn"), PATIENCE, || {
            item(&cleo, rid).filter(|found| found["state"] == "withdrawn")
        });
    }
}

/// Whether any file of a home holds these bytes.
fn holds(folder: &std::path::Path, bytes: &[u8]) -> bool {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(found) = std::fs::read(&path)
                && found.windows(bytes.len()).any(|part| part == bytes)
            {
                return true;
            }
        }
    }
    false
}

/// Whether the blob store still has the bytes of this hash. (Its tree of hashes may outlive them: the store leaves it.)
pub(crate) fn on_disk(home: &Home, hash: &str) -> bool {
    let mut open = vec![home.path().join("blobs")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy() == format!("{hash}.data").as_str())
            {
                return true;
            }
        }
    }
    false
}
