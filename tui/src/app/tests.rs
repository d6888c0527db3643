//! The state under messages: what each key asks of the node, and what comes of the answers.

mod create;
mod feed;
mod inbox;
mod lineage;
mod moderation;
mod overlays;
mod remix;

use std::time::Duration;

use kinora_protocol::api::{ApiError, Blame, Event, Request};

use super::*;
use crate::probe::Capabilities;
use crate::testing::{answer_all, app, blob, load, options, press, ready, tick};

/// The requests among effects.
pub(super) fn requests(effects: &[Effect]) -> Vec<&Request> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Request { request, .. } => Some(request),
            _ => None,
        })
        .collect()
}

/// What is said at the bottom.
pub(super) fn said(app: &App) -> &str {
    app.flash.as_ref().map_or("", |(text, _)| text)
}

#[test]
fn the_start_asks_and_does_not_wait() {
    let (app, effects) = app(80, 24);
    let asked = requests(&effects);
    assert!(matches!(
        asked[..],
        [Request::Status, Request::Feed { before: None, .. }, Request::Jobs, Request::Cameo(_)]
    ));
    assert!(app.dirty, "the first frame needs no answer");
}

#[test]
fn every_screen_opens_by_its_digit_and_by_walking() {
    let mut app = ready(80, 24);
    for (screen, digit, _) in Screen::ALL {
        press(&mut app, "esc");
        app.create.editing = false;
        press(&mut app, &digit.to_string());
        assert_eq!(app.screen, screen);
    }
    press(&mut app, "1");
    for (screen, ..) in Screen::ALL.iter().cycle().skip(1).take(Screen::ALL.len()) {
        app.create.editing = false;
        press(&mut app, "g t");
        assert_eq!(app.screen, *screen);
    }
}

#[test]
fn a_program_with_nothing_to_do_sleeps_until_the_next_status() {
    let mut app = ready(80, 24);
    app.update(Message::Key(crate::testing::event("8")));
    tick(&mut app, 10_000);
    app.dirty = false;
    // The status that was asked for is not answered: nothing will happen by itself.
    assert_eq!(app.wait(), None);
    let mut app = ready(80, 24);
    let asked = press(&mut app, "8");
    answer_all(&mut app, asked);
    assert_eq!(app.wait(), Some(STATUS_EVERY));
    app.update(Message::Incoming(Incoming::Closed));
    tick(&mut app, 20_000);
    assert_eq!(app.wait(), None, "a node that is gone is not asked");
}

#[test]
fn a_silent_node_cannot_fill_memory() {
    let (mut app, _) = app(80, 24);
    for _ in 0..500 {
        press(&mut app, "8");
    }
    assert!(said(&app).contains("not answering"));
}

#[test]
fn errors_and_notices_are_cleaned_before_they_are_shown() {
    let mut app = ready(80, 24);
    app.update(Message::Incoming(Incoming::Event(Event::Notice { text: "a\x1b[2Jb\u{202e}".into() })));
    assert_eq!(said(&app), "a[2Jb");
    let effects = press(&mut app, "8");
    let id = match effects.first() {
        Some(Effect::Request { id, .. }) => *id,
        other => panic!("{other:?}"),
    };
    let error = ApiError { blame: Blame::Busy, message: "no\x07".into(), hints: vec!["wait\x1b]0;x".into()] };
    app.update(Message::Incoming(Incoming::Answer { id, result: Err(error) }));
    assert_eq!(said(&app), "no; wait]0;x");
}

#[test]
fn a_line_at_the_bottom_goes_away() {
    let mut app = ready(80, 24);
    press(&mut app, "Z");
    assert!(said(&app).contains("Z does nothing here"));
    tick(&mut app, 3_900);
    assert!(app.flash.is_some());
    tick(&mut app, 4_100);
    assert!(app.flash.is_none());
}

#[test]
fn the_renderer_follows_the_probe_and_skips_what_the_terminal_cannot() {
    let mut app = ready(80, 24);
    load(&mut app, blob(1));
    assert_eq!(app.theatre.renderer(), Video::Halfblock);
    let walked: Vec<Video> = (0..4)
        .map(|_| {
            press(&mut app, "v");
            app.theatre.video
        })
        .collect();
    assert_eq!(walked, [Video::Halfblock, Video::Ascii, Video::Off, Video::Auto]);
    app.update(Message::Probed(Capabilities { kitty: false, sixel: true, cell: None }));
    assert_eq!(app.theatre.renderer(), Video::Halfblock, "sixel is too slow for motion");
    press(&mut app, "space");
    assert_eq!(app.theatre.renderer(), Video::Sixel, "and good for a still");
    app.update(Message::Probed(Capabilities { kitty: true, ..Capabilities::default() }));
    assert_eq!(app.theatre.renderer(), Video::Kitty);
    app.paint();
    assert!(app.graphics().is_some());
    press(&mut app, "?");
    assert!(app.graphics().is_none(), "the help is made of cells and must not lie under a picture");
}

#[test]
fn the_sound_leads_and_its_loss_changes_nothing_else() {
    let mut app = ready(80, 24);
    let effects = load(&mut app, blob(1));
    assert!(effects.iter().any(|e| matches!(e, Effect::Sound(Sound::Play { .. }))), "{effects:?}");
    app.update(Message::Tick { now: Duration::from_millis(100), heard: Some(Duration::from_millis(500)) });
    assert_eq!(app.theatre.playback.as_ref().unwrap().1.index(), 6);
    app.update(Message::SoundState(Err("no device".into())));
    tick(&mut app, 200);
    assert!(!app.closed && app.theatre.playback.is_some());
    press(&mut app, "m");
    press(&mut app, "m");
    assert!(said(&app).contains("no device"));
}

#[test]
fn sound_can_start_off() {
    let options = Options { sound: false, ..options() };
    let mut app = crate::testing::ready_with(&options, 80, 24);
    let effects = load(&mut app, blob(1));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Sound(Sound::Play { .. }))));
    assert!(press(&mut app, "m").iter().any(|e| matches!(e, Effect::Sound(Sound::Play { .. }))));
}

#[test]
fn an_unchanged_picture_is_not_painted_twice() {
    let mut app = ready(80, 24);
    load(&mut app, blob(1));
    app.paint();
    let generation = app.theatre.generation;
    press(&mut app, "i");
    press(&mut app, "i");
    app.paint();
    assert_eq!(app.theatre.generation, generation);
    tick(&mut app, 1_000);
    app.paint();
    assert_ne!(app.theatre.generation, generation);
    let generation = app.theatre.generation;
    app.update(Message::Resize(120, 40));
    app.paint();
    assert_ne!(app.theatre.generation, generation);
}
