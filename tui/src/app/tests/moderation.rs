//! Covers and the Moderation screen: nothing covered is asked for before it is opened, and the node decides.

use kinora_protocol::api::{ClipState, LabelCall, Request};
use kinora_protocol::ids::AuthorId;
use kinora_protocol::labels::{Ruling, Setting};

use super::requests;
use crate::app::moderation::Pane;
use crate::app::{App, Effect, Message, Screen};
use crate::testing::{answer_all, blob, covered, item, press, ready, rid, tick};

fn with_cover(state: ClipState) -> App {
    let mut app = ready(80, 24);
    let plain = item(2, "a whale", ClipState::Missing);
    app.feed.items =
        Some(vec![plain, covered(4, "a fox hunts at dusk", state), item(5, "rain", ClipState::Ready)]);
    app
}

fn asks_for_blob(effects: &[Effect], n: u8) -> bool {
    effects.contains(&Effect::Blob(blob(n)))
}

#[test]
fn a_covered_clip_is_neither_asked_for_nor_decoded_before_it_is_opened() {
    let mut app = with_cover(ClipState::Ready);
    let effects = press(&mut app, "j");
    assert!(!asks_for_blob(&effects, 4), "{effects:?}");
    assert!(!asks_for_blob(&tick(&mut app, 500), 4));
    assert!(!asks_for_blob(&press(&mut app, "space"), 4), "nor by another key");
    let effects = press(&mut app, "enter");
    assert!(asks_for_blob(&effects, 4), "opening it asks for its file: {effects:?}");
    // It stays open when the feed is asked again.
    let again = app.feed.items.clone().unwrap();
    app.feed.take(again);
    assert_eq!(app.feed.wanted(), Some(blob(4)));
}

#[test]
fn a_covered_clip_is_not_decoded_ahead_either() {
    let mut app = ready(80, 24);
    app.feed.items =
        Some(vec![item(1, "a fox", ClipState::Ready), covered(4, "a fox hunts", ClipState::Ready)]);
    assert_eq!(app.feed.upcoming(), None);
    app.feed.items = Some(vec![item(1, "a fox", ClipState::Ready), item(4, "a fox hunts", ClipState::Ready)]);
    assert_eq!(app.feed.upcoming(), Some(blob(4)), "its twin without a cover is");
}

#[test]
fn opening_one_that_is_not_here_fetches_it() {
    let mut app = with_cover(ClipState::Missing);
    press(&mut app, "j");
    let effects = press(&mut app, "enter");
    assert!(requests(&effects).contains(&&Request::Fetch { clip: rid(4) }), "{effects:?}");
}

fn ruled(effects: &[Effect]) -> Option<(u8, Option<Ruling>)> {
    requests(effects).into_iter().find_map(|request| match request {
        Request::Label(call) => match &**call {
            LabelCall::Rule { clip, ruling } => Some((clip.0[0], *ruling)),
            _ => None,
        },
        _ => None,
    })
}

#[test]
fn a_clip_is_hidden_shown_and_left_to_the_labels() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "x");
    assert_eq!(ruled(&effects), Some((1, Some(Ruling::Hide))), "from the feed");
    let effects = press(&mut app, "7");
    assert_eq!(requests(&effects).len(), 2, "both lists are asked for");
    answer_all(&mut app, effects);
    assert_eq!(app.screen, Screen::Moderation);
    for (keys, want) in [
        ("g g a", Some((50, Some(Ruling::Show)))),
        ("u", None),
        ("j x", Some((51, Some(Ruling::Hide)))),
        ("j u", Some((52, None))),
    ] {
        let effects = press(&mut app, keys);
        assert_eq!(ruled(&effects), want, "{keys}");
        answer_all(&mut app, effects);
    }
}

#[test]
fn what_a_change_did_is_asked_for_and_the_selection_stays_on_its_clip() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "7");
    answer_all(&mut app, effects);
    press(&mut app, "G");
    let effects = press(&mut app, "x");
    let Some(Effect::Request { id, .. }) = effects.first() else { panic!("{effects:?}") };
    let answer = kinora_protocol::api::Response::Label(Box::new(kinora_protocol::api::LabelAnswer::Done));
    let effects =
        app.update(Message::Incoming(crate::link::Incoming::Answer { id: *id, result: Ok(answer) }));
    assert!(requests(&effects).contains(&&Request::Label(Box::new(LabelCall::Clips))), "{effects:?}");
    let mut fewer = app.moderation.clips.clone().unwrap();
    fewer.remove(0);
    app.moderation.take(kinora_protocol::api::LabelAnswer::Clips { items: fewer });
    assert_eq!(app.moderation.item().unwrap().clip, rid(52));
}

#[test]
fn a_labeler_is_subscribed_to_by_its_id() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "7");
    answer_all(&mut app, effects);
    press(&mut app, "s");
    press(&mut app, "\"nonsense");
    assert_eq!(press(&mut app, "enter"), [], "it is not sent");
    press(&mut app, "esc s");
    press(&mut app, &format!("\"{}", "09".repeat(32)));
    let effects = press(&mut app, "enter");
    let call = requests(&effects).into_iter().next().unwrap();
    assert!(
        matches!(call, Request::Label(call) if matches!(**call, LabelCall::Subscribe { .. })),
        "{call:?}"
    );
}

/// What a subscription is asked to be.
fn subscribed(effects: &[Effect]) -> Option<(u8, Vec<(String, Setting)>)> {
    requests(effects).into_iter().find_map(|request| match request {
        Request::Label(call) => match &**call {
            LabelCall::Subscribe { labeler, settings } => Some((
                labeler.0[0],
                settings.iter().map(|(value, setting)| (value.clone(), *setting)).collect(),
            )),
            _ => None,
        },
        _ => None,
    })
}

#[test]
fn what_a_label_does_is_chosen_by_keys_and_the_rest_stays_as_it_was() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "7");
    answer_all(&mut app, effects);
    press(&mut app, "l l");
    assert_eq!(app.moderation.pane, Pane::Values);
    let spam = ("spam".to_owned(), Setting::Inform);
    for (key, setting) in
        [("x", Setting::Hide), ("a", Setting::Inform), ("w", Setting::Warn), ("n", Setting::Ignore)]
    {
        let effects = press(&mut app, key);
        let both = vec![spam.clone(), ("violence".to_owned(), setting)];
        assert_eq!(subscribed(&effects), Some((7, both)), "{key}");
    }
    assert_eq!(subscribed(&press(&mut app, "u")), None, "nothing was said of violence");
    let effects = press(&mut app, "j u");
    assert_eq!(subscribed(&effects), Some((7, Vec::new())), "spam is as declared again");
}

#[test]
fn a_labeler_is_listened_to_no_more_after_a_question() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "7");
    answer_all(&mut app, effects);
    press(&mut app, "U");
    assert!(app.overlay.is_none() && super::said(&app).contains("choose a labeler"));
    press(&mut app, "l j U");
    assert!(app.overlay.is_some());
    let effects = press(&mut app, "y");
    let call = LabelCall::Unsubscribe { labeler: AuthorId([8; 32]) };
    assert!(requests(&effects).contains(&&Request::Label(Box::new(call))), "{effects:?}");
    // Who is listened to is not subscribed to once more: that would forget what was set.
    press(&mut app, "s");
    press(&mut app, &format!("\"{}", "07".repeat(32)));
    assert_eq!(press(&mut app, "enter"), []);
}
