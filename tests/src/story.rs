//! The life of a consent by keys: two people and a third, each at the terminal program on a node of their own. One enrols, one
//! asks and makes a clip, the first looks at it, approves it and later takes it down; the third sees what that does.
//!
//! `consent.rs` tells the same by the command line; here every step of the two is a key.

use crate::consent::{item, on_disk};
use crate::support::{Home, Node, PATIENCE, text, wait_for};
use crate::terminal::{ENTER, ESCAPE, Terminal};

/// Exit code of a request that is refused.
const EXIT_REQUEST: i32 = 2;
/// What the clip shows, which is its title.
const PROMPT: &str = "Ada walks along a beach";

/// Follows somebody by the id on their Keys screen.
fn follow(who: &mut Terminal, whom: &Home) {
    who.press("F");
    who.sees("Paste the id of a creator");
    who.paste(&whom.author());
    who.press(ENTER);
    who.sees("following");
}

/// Ada enrols herself with a still, by its name in a field.
fn enrol(ada: &mut Terminal, still: &std::path::Path) {
    ada.press("4");
    ada.sees("Nobody has asked you for anything");
    ada.press("E");
    ada.sees("The name under which you are shown");
    ada.press("Ada");
    ada.press(ENTER);
    ada.sees("Names of files");
    // A name that does not exist is said, and what was typed stands there to be mended.
    ada.press("/nowhere/face.png");
    ada.press(ENTER);
    ada.sees("/nowhere/face.png: No such file");
    ada.press("\x15");
    ada.paste(&format!("'{}'", still.display()));
    ada.press(ENTER);
    ada.sees("enrolled");
    ada.press("h");
    ada.sees("Ada · yours");
    ada.press("l");
}

/// Ben asks, Ada grants.
fn ask_and_grant(ben: &mut Terminal, ada: &mut Terminal) {
    ben.press("4");
    ben.sees("you have asked nobody");
    ben.press("h");
    ben.sees("Ada · not yours to use");
    ben.press("n");
    ben.sees("A word to its subject");
    ben.press("for my band");
    ben.press(ENTER);
    ben.sees("asked; the answer appears here");
    ada.sees_all(&["waiting", "asks to use Ada", "for my band", "a grants it, x refuses"]);
    ada.press("a");
    ada.sees("make clips of you, 3 at most?");
    ada.press("y");
    ada.sees_all(&["granted", "R takes the grant back"]);
    ben.sees("Ada · granted to you");
}

/// Ben makes a clip that shows Ada; it waits for her.
fn make(ben: &mut Terminal) {
    ben.press("2");
    ben.sees("What is understood appears here");
    ben.press(ESCAPE);
    ben.sees("show somebody");
    ben.press("c");
    ben.sees("Prompt, showing Ada for comedy");
    ben.press("e");
    ben.press(PROMPT);
    ben.sees("understood shows Ada");
    // Ada's stills come sealed, by themselves; until they are here the studio says so and the prompt stays.
    ben.presses_until(ENTER, "Jobs");
    ben.sees("waits for the approval of whom it shows");
    // Publishing it now says what is missing.
    ben.press("P");
    ben.sees("Publish the clip of job");
    ben.press("y");
    ben.sees("approval_missing");
}

/// Ada looks at the very clip and approves it, Ben publishes it.
fn approve_and_publish(ada: &mut Terminal, ben: &mut Terminal) {
    ada.sees("made a clip with Ada");
    ada.press("gg");
    ada.sees_all(&["made a clip with Ada", PROMPT, "a approves this very clip"]);
    // The clip plays: its position and its length stand under the picture, and the picture is there.
    ada.sees_all(&["▶", "/ 4.0 s", "▄▄▄▄▄▄▄▄"]);
    ada.press("a");
    ada.sees("publish this very clip?");
    ada.press("y");
    ada.sees("approved");
    ben.sees("approved: P publishes it");
    ben.press("P");
    ben.sees("Publish the clip of job");
    ben.press("y");
    ben.sees(" published");
}

#[test]
fn a_consent_is_given_shown_and_taken_back_by_keys() {
    let (home_ada, home_ben, home_cleo) = (Home::new(), Home::new(), Home::new());
    let still = home_ada.path().join("my face.png");
    std::fs::write(&still, kinora_media::poster(&crate::support::footage(7)).unwrap()).unwrap();
    let node_ada = Node::start(&home_ada, &[]);
    let node_ben = Node::start(&home_ben, &node_ada.addresses());
    let _node_cleo = Node::start(&home_cleo, &node_ben.addresses());
    let mut ada = Terminal::open("Ada", &home_ada);
    let mut ben = Terminal::open("Ben", &home_ben);
    let mut cleo = Terminal::open("Cleo", &home_cleo);

    follow(&mut ben, &home_ada);
    follow(&mut cleo, &home_ben);
    enrol(&mut ada, &still);
    ask_and_grant(&mut ben, &mut ada);
    make(&mut ben);
    approve_and_publish(&mut ada, &mut ben);

    // The third node shows what it checked: the clip is verified, and who consented to it.
    cleo.sees_all(&[PROMPT, "✓ verified"]);
    cleo.press("i");
    cleo.sees_all(&["What was checked", "consented by Ada to this very clip", "expires in"]);
    let clip = home_cleo.feed()[0].clone();
    let (rid, blob) = (clip["clip"].as_str().unwrap().to_owned(), clip["blob"].as_str().unwrap().to_owned());
    assert!(on_disk(&home_cleo, &blob));
    let file = home_cleo.path().join("kept.mp4");
    assert_eq!(home_cleo.json(&["export", &rid, file.to_str().unwrap()])["label"], "likeness");

    // Ada finds the clip among the uses of her and takes it down.
    ada.press("l");
    ada.sees_all(&["published", PROMPT, "R takes it down, with what was made of it"]);
    ada.press("R");
    ada.sees("Take this clip down?");
    ada.press("y");
    ada.sees_all(&["withdrawn", "taken back"]);
    let start = std::time::Instant::now();
    cleo.sees_all(&["✗ withdrawn", "consent withdrawn"]);
    let took = start.elapsed();
    assert!(took < std::time::Duration::from_secs(30), "the withdrawal was on the screen after {took:?}");
    assert_eq!(item(&home_cleo, &rid).unwrap()["state"], "withdrawn");
    wait_for("the file to be gone from the third node's disk", PATIENCE, || {
        (!on_disk(&home_cleo, &blob)).then_some(())
    });
    // What was exported before does not come back.
    let again = home_cleo.run(&["import", file.to_str().unwrap(), "--title", "back again"]);
    assert_eq!(again.status.code(), Some(EXIT_REQUEST), "{}", text(&again));
    assert!(
        text(&again).contains("consent withdrawn") && text(&again).contains(&rid[..8]),
        "{}",
        text(&again)
    );
    for terminal in [ada, ben, cleo] {
        terminal.leave();
    }
}
