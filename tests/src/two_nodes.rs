//! Two nodes on loopback: publication, fetching, absence, and kills at random moments.

use std::time::Duration;

use crate::support::{Home, Node, clip_file, wait_for};

/// Publishes a small clip made elsewhere and gives its record id.
fn import(home: &Home, seed: u8) -> String {
    let file = clip_file(home.path(), seed);
    let answer = home.json(&["import", file.to_str().unwrap(), "--title", &format!("clip {seed}")]);
    answer["clip"].as_str().unwrap().to_owned()
}

fn state_of(home: &Home, clip: &str) -> Option<String> {
    let feed = home.feed();
    let item = feed.iter().find(|item| item["clip"] == clip)?;
    Some(item["state"].as_str().unwrap().to_owned())
}

fn ready(home: &Home, clip: &str) -> Option<()> {
    (state_of(home, clip).as_deref() == Some("ready")).then_some(())
}

#[test]
fn a_clip_reaches_the_follower_and_absence_is_made_good() {
    let (a, b) = (Home::new(), Home::new());
    let author = a.author();
    let node_a = Node::start(&a, &[]);
    let peers = node_a.addresses();
    let node_b = Node::start(&b, &peers);
    b.json(&["follow", &author]);
    wait_for("the two to connect", Duration::from_secs(15), || {
        (a.json(&["status"])["peers"] == 1).then_some(())
    });

    let first = import(&a, 1);
    let (_, shown) = wait_for("the clip in B's feed", Duration::from_secs(10), || state_of(&b, &first));
    let (_, fetched) = wait_for("B to fetch the blob", Duration::from_secs(10), || ready(&b, &first));
    assert!(shown < Duration::from_secs(2), "B showed the clip {shown:?} after publication");
    assert!(fetched < Duration::from_secs(10), "B fetched the blob {fetched:?} after publication");
    let item = b.json(&["show", &first]);
    assert_eq!(item["item"]["verdict"], "verified", "{item}");
    let [here, there] = [&a, &b].map(|home| {
        let exported = home.path().join("out.mp4");
        home.json(&["export", &first, exported.to_str().unwrap(), "--original"]);
        std::fs::read(exported).unwrap()
    });
    assert!(here == there, "both have the same bytes");
    let verified = b.json(&["verify", b.path().join("out.mp4").to_str().unwrap()]);
    assert_eq!(verified["verdict"], "verified", "{verified}");

    node_b.terminate();
    let missed: Vec<String> = (2..5).map(|seed| import(&a, seed)).collect();
    let _again = Node::start(&b, &peers);
    for clip in &missed {
        wait_for("what B missed", Duration::from_secs(10), || ready(&b, clip));
    }
    let feed = b.feed();
    let times: Vec<u64> = feed.iter().map(|item| item["time"].as_u64().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first: {times:?}");
    let mut titles: Vec<&str> = feed.iter().map(|item| item["title"].as_str().unwrap()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["clip 1", "clip 2", "clip 3", "clip 4"]);
}

#[test]
fn a_follow_that_comes_late_brings_what_was_published_before() {
    let (a, b) = (Home::new(), Home::new());
    let author = a.author();
    let node_a = Node::start(&a, &[]);
    let clip = import(&a, 7);
    let _node_b = Node::start(&b, &node_a.addresses());
    assert!(b.feed().is_empty(), "nobody is followed yet");
    b.json(&["follow", &author]);
    wait_for("the clip of the new friend", Duration::from_secs(10), || ready(&b, &clip));

    a.json(&["delete", &clip]);
    wait_for("the deletion", Duration::from_secs(10), || {
        state_of(&b, &clip).is_none_or(|s| s == "deleted").then_some(())
    });
}

/// Fifty kills at moments drawn from a seed: whatever was acknowledged before is there after.
#[test]
fn kill_nine_loses_nothing() {
    const KILLS: u64 = 50;
    let (a, b) = (Home::new(), Home::new());
    let author = a.author();
    let mut acknowledged = Vec::new();
    let mut node_a = Node::start(&a, &[]);
    let mut node_b = Node::start(&b, &node_a.addresses());
    b.json(&["follow", &author]);
    for round in 0..KILLS {
        let seed = u8::try_from(round).unwrap();
        // A different moment each round: before, during and after the import.
        let pause = Duration::from_millis((round * 7_919) % 120);
        let file = clip_file(a.path(), seed);
        let title = format!("clip {seed}");
        let import = a
            .command(&["import", file.to_str().unwrap(), "--title", &title, "--json"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(pause);
        if round % 2 == 0 {
            node_a.kill_nine();
        } else {
            node_b.kill_nine();
            node_b = Node::start(&b, &node_a.addresses());
            let output = import.wait_with_output().unwrap();
            note(&output, &mut acknowledged);
            continue;
        }
        let output = import.wait_with_output().unwrap();
        note(&output, &mut acknowledged);
        node_a = Node::start(&a, &[]);
        b.run(&["node", "dial", node_a.addresses().first().unwrap()]);
    }
    assert!(acknowledged.len() > 10, "only {} imports were acknowledged", acknowledged.len());
    let feed = a.feed();
    for clip in &acknowledged {
        let item = feed.iter().find(|i| i["clip"] == clip.as_str());
        assert_eq!(
            item.map(|i| i["state"].clone()),
            Some("ready".into()),
            "{clip} was acknowledged and is lost"
        );
    }
    for clip in &acknowledged {
        wait_for("B to have what A has", Duration::from_secs(60), || ready(&b, clip));
    }
}

fn note(output: &std::process::Output, acknowledged: &mut Vec<String>) {
    if output.status.success() {
        let answer = crate::support::last_json(output);
        acknowledged.push(answer["clip"].as_str().unwrap().to_owned());
    }
}
