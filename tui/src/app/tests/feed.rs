//! Feed: selection, playing, fetching, marks.

use kinora_protocol::api::{ClipState, Event, Request};

use super::{requests, said};
use crate::app::{Effect, Message, Sound};
use crate::link::Incoming;
use crate::testing::{answer_all, app, blob, item, items, load, press, ready, rid, tick};

#[test]
fn the_newest_clip_is_loaded_played_and_looped() {
    let (mut app, effects) = app(80, 24);
    let rest = answer_all(&mut app, effects);
    assert!(rest.contains(&Effect::Blob(blob(1))), "{rest:?}");
    let effects = app.update(Message::Incoming(Incoming::Blob { hash: blob(1), result: Ok(vec![7]) }));
    assert!(effects.contains(&Effect::Decode { hash: blob(1), bytes: vec![7] }));
    load(&mut app, blob(1));
    assert!(tick(&mut app, 10).contains(&Effect::Blob(blob(2))), "the next one is made ready");
    tick(&mut app, 3_990);
    assert_eq!(app.theatre.playback.as_ref().unwrap().1.index(), 47);
    let effects = tick(&mut app, 4_001);
    assert_eq!(app.theatre.playback.as_ref().unwrap().1.index(), 0);
    assert!(
        effects.iter().any(|e| matches!(e, Effect::Sound(Sound::Play { .. }))),
        "the sound starts over too"
    );
}

#[test]
fn moving_stops_one_clip_and_starts_another() {
    let mut app = ready(80, 24);
    load(&mut app, blob(1));
    let effects = press(&mut app, "j");
    assert!(effects.contains(&Effect::Sound(Sound::Stop)));
    assert!(app.theatre.playback.is_none());
    load(&mut app, blob(2));
    assert_eq!(app.theatre.playback.as_ref().unwrap().0, blob(2));
    press(&mut app, "k");
    assert_eq!(app.theatre.playback.as_ref().unwrap().0, blob(1), "it was kept decoded");
    press(&mut app, "G");
    assert_eq!((app.feed.selected, app.wanted()), (2, None), "a missing clip is not played");
    press(&mut app, "g g");
    assert_eq!(app.feed.selected, 0);
}

#[test]
fn pausing_and_seeking() {
    let mut app = ready(80, 24);
    load(&mut app, blob(1));
    tick(&mut app, 1_000);
    press(&mut app, "space");
    tick(&mut app, 3_000);
    let position =
        |app: &crate::app::App| app.theatre.playback.as_ref().unwrap().1.position(app.now).as_millis();
    assert_eq!(position(&app), 1_000);
    press(&mut app, "l");
    assert_eq!(position(&app), 3_000);
    press(&mut app, "h");
    press(&mut app, "h");
    assert_eq!(position(&app), 0);
    press(&mut app, "enter");
    assert!(!app.theatre.paused());
}

#[test]
fn a_missing_clip_is_fetched_on_demand() {
    let mut app = ready(80, 24);
    press(&mut app, "G");
    let effects = press(&mut app, "enter");
    assert_eq!(requests(&effects), [&Request::Fetch { clip: rid(3) }]);
}

#[test]
fn a_mark_is_set_and_taken_back() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "f");
    assert_eq!(requests(&effects), [&Request::React { clip: rid(1), mark: "♥".into(), on: true }]);
    answer_all(&mut app, effects);
    assert_eq!(said(&app), "liked");
}

#[test]
fn newer_clips_come_in_without_moving_who_reads() {
    let mut app = ready(80, 24);
    press(&mut app, "j");
    let effects = app.update(Message::Incoming(Incoming::Event(Event::FeedChanged)));
    let (id, rest) = match &effects[..] {
        [Effect::Request { id, request: Request::Feed { .. } }, rest @ ..] => (*id, rest.to_vec()),
        other => panic!("{other:?}"),
    };
    answer_all(&mut app, rest);
    let mut fresh = items();
    fresh.insert(0, item(9, "brand new", ClipState::Ready));
    let response = kinora_protocol::api::Response::Feed { items: fresh };
    app.update(Message::Incoming(Incoming::Answer { id, result: Ok(response) }));
    assert_eq!(app.feed.item().unwrap().clip, rid(2));
}

#[test]
fn only_ones_own_clip_can_be_deleted_and_only_others_unfollowed() {
    let mut app = ready(80, 24);
    press(&mut app, "D");
    assert!(app.overlay.is_none() && said(&app).contains("only your own"));
    press(&mut app, "G");
    press(&mut app, "U");
    assert!(app.overlay.is_none() && said(&app).contains("your own clip"));
    press(&mut app, "D");
    assert!(app.overlay.is_some());
    let effects = press(&mut app, "y");
    assert_eq!(requests(&effects), [&Request::Delete { target: rid(3) }]);
}
