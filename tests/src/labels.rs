//! Labels between real processes: an author, a labeler and somebody who follows the one and listens to the other. The
//! labeler's own node, which listens to nobody, is where a label changes nothing.

use serde_json::Value;

use crate::support::{Home, Node, PATIENCE, clip_file, text, wait_for};

/// Exit code of a request that is refused.
const EXIT_REQUEST: i32 = 2;

fn item(home: &Home, clip: &str) -> Option<Value> {
    home.feed().into_iter().find(|item| item["clip"] == clip)
}

fn publish(home: &Home, seed: u8) -> String {
    let file = clip_file(home.path(), seed);
    let title = format!("clip {seed}");
    let answer = home.json(&["import", file.to_str().unwrap(), "--title", &title, "--label", "satire"]);
    answer["clip"].as_str().unwrap().to_owned()
}

fn is_empty(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

/// Waits until a clip is ready and nothing covers it.
fn plain(home: &Home, clip: &str, what: &str) -> Value {
    let found = || item(home, clip).filter(|i| i["state"] == "ready" && is_empty(&i["cover"]));
    wait_for(what, PATIENCE, found).0
}

/// Waits until a clip is in no feed.
fn absent(home: &Home, clip: &str, what: &str) {
    wait_for(what, PATIENCE, || item(home, clip).is_none().then_some(()));
}

#[test]
fn a_labeler_covers_and_hides_for_its_subscribers_alone_and_takes_it_back() {
    let (ada, lou, ben) = (Home::new(), Home::new(), Home::new());
    let node_ada = Node::start(&ada, &[]);
    let node_lou = Node::start(&lou, &node_ada.addresses());
    let _node_ben = Node::start(&ben, &[node_ada.addresses(), node_lou.addresses()].concat());
    for home in [&lou, &ben] {
        home.json(&["follow", &ada.author()]);
    }
    lou.json(&["labeler", "declare", "Watch", "--value", "violence=warn", "--value", "hide=hide"]);
    ben.json(&["labeler", "subscribe", &lou.author()]);
    let clip = publish(&ada, 1);
    for (name, home) in [("labeler's", &lou), ("subscriber's", &ben)] {
        let item = plain(home, &clip, &format!("the clip at the {name} node"));
        assert_eq!(item["labels"][0]["value"], "satire", "its author says so: {item}");
    }
    wait_for("the declaration at the subscriber's", PATIENCE, || {
        (ben.json(&["labeler", "list"])[0]["name"] == "Watch").then_some(())
    });

    covered_until_taken_off(&lou, &ben, &clip);
    hidden_until_taken_off(&lou, &ben, &clip);

    // Whom nobody listens to changes nothing: here the author, who is followed.
    ada.json(&["labeler", "declare", "Ada", "--value", "hide=hide"]);
    ada.json(&["label", &clip, "hide"]);
    let second = publish(&ada, 2);
    plain(&ben, &second, "what came after the label of nobody");
    let item = plain(&ben, &clip, "the clip that nobody hid");
    assert!(!item["labels"].to_string().contains("hide"), "{item}");

    nothing_hidden_is_fetched(&ada, &lou, &ben, &clip);
}

fn covered_until_taken_off(lou: &Home, ben: &Home, clip: &str) {
    lou.json(&["label", clip, "violence", "--why", "a boxing match"]);
    let (item, _) = wait_for("the cover", PATIENCE, || item(ben, clip).filter(|i| !is_empty(&i["cover"])));
    assert_eq!(
        (&item["cover"][0]["name"], &item["cover"][0]["value"]),
        (&"Watch".into(), &"violence".into())
    );
    assert!(is_empty(&self::item(lou, clip).unwrap()["cover"]), "the labeler listens to nobody");
    let refused = ben.run(&["play", clip]);
    assert_eq!(refused.status.code(), Some(EXIT_REQUEST), "{}", text(&refused));
    assert!(
        text(&refused).contains("a boxing match") && text(&refused).contains("--open"),
        "{}",
        text(&refused)
    );
    let opened = ben.json(&["play", clip, "--open"]);
    assert_eq!(opened["frames"], 12, "{opened}");
    lou.json(&["label", clip, "violence", "--off"]);
    plain(ben, clip, "the cover to be gone");
}

fn hidden_until_taken_off(lou: &Home, ben: &Home, clip: &str) {
    lou.json(&["label", clip, "hide"]);
    absent(ben, clip, "the clip to be hidden");
    assert!(item(lou, clip).is_some(), "it is hidden at its subscriber's alone");
    let shown = ben.json(&["show", clip]);
    assert_eq!(shown["item"]["state"], "withheld", "{shown}");
    assert!(shown["item"]["reason"].as_str().unwrap().contains("hide, says Watch"), "{shown}");
    let file = ben.path().join("hidden.mp4");
    assert!(
        !ben.run(&["export", clip, file.to_str().unwrap()]).status.success(),
        "its file is not given out"
    );
    assert_eq!(ben.json(&["moderate"])[0]["clip"], clip);
    // The persona's own decision stands before every label, until it is taken back.
    ben.json(&["moderate", clip, "show"]);
    plain(ben, clip, "the clip that was decided to be shown");
    ben.json(&["moderate", clip.get(..12).unwrap(), "clear"]);
    absent(ben, clip, "the decision to be taken back");
    lou.json(&["label", clip, "hide", "--off"]);
    plain(ben, clip, "the clip after the label was taken off");
}

fn nothing_hidden_is_fetched(ada: &Home, lou: &Home, ben: &Home, clip: &str) {
    lou.json(&["label", clip, "hide", "--on", "author"]);
    absent(ben, clip, "everything of the author to be hidden");
    let before = ben.json(&["status"])["blobs"].as_u64().unwrap();
    let third = publish(ada, 3);
    let (shown, _) = wait_for("the record of what is hidden", PATIENCE, || {
        let output = ben.run(&["show", &third, "--json"]);
        output.status.success().then(|| crate::support::last_json(&output))
    });
    assert_eq!(shown["item"]["state"], "withheld", "{shown}");
    plain(lou, &third, "the clip where it is not hidden");
    let refused = ben.run(&["play", &third, "--open"]);
    assert!(!refused.status.success(), "{}", text(&refused));
    assert_eq!(ben.json(&["status"])["blobs"].as_u64().unwrap(), before, "its file was not fetched");
    lou.json(&["label", clip, "hide", "--on", "author", "--off"]);
    plain(ben, &third, "what was hidden, fetched now");
}
