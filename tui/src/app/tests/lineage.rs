//! Lineage: whose tree, walking it, opening what is in it.

use kinora_protocol::api::{ApiError, Blame, ClipState, Event, Request};

use super::{requests, said};
use crate::app::{App, Effect, Message};
use crate::link::Incoming;
use crate::testing::{answer_all, blob, kin, load, press, ready, rid};

fn opened() -> App {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "5");
    assert_eq!(requests(&effects), [&Request::Lineage { clip: rid(1) }]);
    answer_all(&mut app, effects);
    app
}

#[test]
fn the_tree_is_that_of_the_clip_selected_in_the_feed_and_plays_what_is_selected() {
    let mut app = opened();
    assert_eq!((app.tree.selected, app.tree.len()), (3, 7), "the clip itself, among its relatives");
    assert_eq!(app.wanted(), Some(blob(1)));
    let effects = press(&mut app, "up");
    assert!(effects.contains(&Effect::Blob(blob(40))), "{effects:?}");
    load(&mut app, blob(40));
    assert_eq!(app.theatre.playback.as_ref().unwrap().0, blob(40));
    press(&mut app, "g g");
    assert_eq!(app.tree.kin().unwrap().state, ClipState::Deleted);
    assert_eq!(app.wanted(), None, "a deleted clip is not asked for");
    press(&mut app, "enter");
    assert!(said(&app).contains("deleted"), "{}", said(&app));
    press(&mut app, "G k");
    let effects = press(&mut app, "enter");
    assert_eq!(requests(&effects), [&Request::Fetch { clip: rid(45) }]);
}

#[test]
fn a_walk_goes_to_the_tree_of_a_relative_and_back() {
    let mut app = opened();
    press(&mut app, "right");
    assert!(said(&app).contains("its tree"), "it is shown already");
    press(&mut app, "down");
    let effects = press(&mut app, "right");
    assert_eq!(requests(&effects), [&Request::Lineage { clip: rid(43) }]);
    assert!(app.tree.lineage.is_none(), "the old tree is not taken for the new one");
    answer_all(&mut app, effects);
    assert_eq!(app.tree.kin().unwrap().clip, rid(43));
    let effects = press(&mut app, "left");
    assert_eq!(requests(&effects), [&Request::Lineage { clip: rid(1) }]);
    answer_all(&mut app, effects);
    assert_eq!(press(&mut app, "left"), [], "there is nothing before it");
    assert_eq!(press(&mut app, "y"), [Effect::Copy(rid(1).to_string())]);
    press(&mut app, "g g");
    assert_eq!(press(&mut app, "right"), [], "nothing is known of a deleted clip");
}

#[test]
fn a_tree_that_grows_is_asked_for_again_and_the_selection_stays_on_its_clip() {
    let mut app = opened();
    press(&mut app, "G");
    assert_eq!(app.tree.kin().unwrap().clip, rid(44));
    let effects = app.update(Message::Incoming(Incoming::Event(Event::FeedChanged)));
    assert!(requests(&effects).contains(&&Request::Lineage { clip: rid(1) }));
    let mut grown = crate::testing::lineage(rid(1));
    grown.descendants.insert(0, kin(46, 1, 1, "a fox at night"));
    app.tree.take(grown);
    assert_eq!(app.tree.kin().unwrap().clip, rid(44));
}

#[test]
fn an_answer_to_an_older_question_is_not_shown_and_a_refusal_is() {
    let mut app = opened();
    let old = crate::testing::lineage(rid(7));
    app.tree.take(old);
    assert_eq!(
        app.tree.lineage.as_ref().unwrap().clip,
        kin(1, 0, 1, "a red fox runs along a beach at sunset")
    );
    let effects = press(&mut app, "5");
    let Some(Effect::Request { id, .. }) = effects.first() else { panic!("{effects:?}") };
    let error = ApiError { blame: Blame::Missing, message: "it is gone".into(), hints: Vec::new() };
    app.update(Message::Incoming(Incoming::Answer { id: *id, result: Err(error) }));
    assert_eq!(app.tree.fault.as_deref(), Some("it is gone"));
}
