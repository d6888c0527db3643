//! Inbox: what each row can be answered with, what is played, and whom a clip may show.

use kinora_protocol::api::{CameoCall, Event, Request};
use kinora_protocol::record::{Effect as Taken, Target};

use super::{requests, said};
use crate::app::inbox::{Pile, cameo};
use crate::app::{App, Effect, Message};
use crate::link::Incoming;
use crate::testing::{answer_all, blob, load, press, ready, rid};

fn opened() -> App {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "4");
    answer_all(&mut app, effects);
    app
}

/// The one request that follows from a confirmed question.
fn confirmed(app: &mut App, key: &str) -> Request {
    assert!(press(app, key).is_empty() && app.overlay.is_some(), "{key} asks first: {:?}", app.flash);
    let effects = press(app, "y");
    let asked = requests(&effects);
    assert_eq!(asked.len(), 1, "{asked:?}");
    asked[0].clone()
}

#[test]
fn the_very_clip_that_waits_is_played_before_it_is_approved_or_refused() {
    let mut app = opened();
    assert_eq!((app.inbox.waiting(), app.wanted()), (2, Some(blob(61))));
    load(&mut app, blob(61));
    assert_eq!(app.theatre.playback.as_ref().unwrap().0, blob(61));
    assert_eq!(confirmed(&mut app, "a"), cameo(CameoCall::Approve { id: rid(161), yes: true }));
    assert_eq!(confirmed(&mut app, "x"), cameo(CameoCall::Approve { id: rid(161), yes: false }));
    app.inbox.letters.as_mut().unwrap()[0].ready = false;
    press(&mut app, "a");
    assert!(app.overlay.is_none() && said(&app).contains("look at the clip first"), "{}", said(&app));
}

#[test]
fn a_question_is_granted_or_refused_and_ones_own_is_not() {
    let mut app = opened();
    press(&mut app, "j");
    assert_eq!(app.wanted(), None);
    assert_eq!(confirmed(&mut app, "a"), cameo(CameoCall::Accept { ask: rid(62) }));
    assert_eq!(confirmed(&mut app, "x"), cameo(CameoCall::Refuse { ask: rid(62) }));
    press(&mut app, "j");
    press(&mut app, "a");
    assert!(app.overlay.is_none() && said(&app).contains("they answer it"));
}

#[test]
fn a_published_clip_is_taken_down_from_the_letter_and_from_the_list_of_uses() {
    let takedown = |n: u8| {
        cameo(CameoCall::Revoke { cameo: rid(70), target: Target::Use(rid(n)), effect: Taken::Takedown })
    };
    let mut app = opened();
    press(&mut app, "G");
    assert_eq!(confirmed(&mut app, "R"), takedown(164));
    press(&mut app, "l");
    assert_eq!((app.inbox.pile, app.inbox.len()), (Pile::Uses, 3));
    press(&mut app, "R");
    assert!(app.overlay.is_none(), "a draft is refused, not taken down: {}", said(&app));
    assert_eq!(confirmed(&mut app, "x"), cameo(CameoCall::Approve { id: rid(161), yes: false }));
    press(&mut app, "G");
    assert_eq!(app.wanted(), Some(blob(65)), "a remix that inherits is played too");
    assert_eq!(confirmed(&mut app, "R"), takedown(165));
}

#[test]
fn a_cameo_is_asked_for_by_a_word_and_one_enrols_by_a_name() {
    let mut app = opened();
    press(&mut app, "h");
    assert_eq!(app.inbox.pile, Pile::Cameos);
    press(&mut app, "n");
    assert!(app.overlay.is_none() && said(&app).contains("your own"));
    press(&mut app, "G");
    press(&mut app, "n");
    press(&mut app, "\"please");
    let effects = press(&mut app, "enter");
    match requests(&effects)[..] {
        [Request::Cameo(call)] => match &**call {
            CameoCall::Ask { cameo, ask } => {
                assert_eq!((*cameo, ask.note.as_str(), ask.uses), (rid(72), "please", Some(3)));
            }
            other => panic!("{other:?}"),
        },
        ref other => panic!("{other:?}"),
    }
    press(&mut app, "E");
    press(&mut app, "\"Ada");
    assert_eq!(press(&mut app, "enter"), [], "stills are asked for next");
    let effects = press(&mut app, "enter");
    assert_eq!(enrolled(&effects), Some(("Ada".to_owned(), Vec::new())), "none are needed");
    press(&mut app, "g g");
    let whole = CameoCall::Revoke { cameo: rid(70), target: Target::Cameo, effect: Taken::Future };
    assert_eq!(confirmed(&mut app, "R"), cameo(whole));
}

/// Name and stills of an enrolment that is asked for.
fn enrolled(effects: &[Effect]) -> Option<(String, Vec<String>)> {
    requests(effects).into_iter().find_map(|request| match request {
        Request::Cameo(call) => match &**call {
            CameoCall::Enrol { name, stills, .. } => Some((name.clone(), stills.clone())),
            _ => None,
        },
        _ => None,
    })
}

#[test]
fn one_enrols_with_stills_and_what_was_typed_stays_when_the_node_says_no() {
    let mut app = opened();
    app.folders = (Some("/home/ada".into()), Some("/films".into()));
    press(&mut app, "E");
    press(&mut app, "\"Ada");
    press(&mut app, "enter");
    press(&mut app, "\"'/my face.png");
    assert_eq!(press(&mut app, "enter"), [], "the quote is not closed");
    press(&mut app, "\"' ~/b.png c.jpg");
    let effects = press(&mut app, "enter");
    let stills = ["/my face.png", "/home/ada/b.png", "/films/c.jpg"].map(str::to_owned).to_vec();
    assert_eq!(enrolled(&effects), Some(("Ada".to_owned(), stills.clone())));
    let Some(Effect::Request { id, .. }) = effects.first() else { panic!("{effects:?}") };
    let error = kinora_protocol::api::ApiError {
        blame: kinora_protocol::api::Blame::Request,
        message: "/films/c.jpg cannot be used as a still".to_owned(),
        hints: Vec::new(),
    };
    app.update(Message::Incoming(Incoming::Answer { id: *id, result: Err(error) }));
    let Some(crate::app::overlay::Overlay::Ask { input, fault, .. }) = &app.overlay else {
        panic!("not asked again")
    };
    assert_eq!(input.text(), "'/my face.png' ~/b.png c.jpg");
    assert!(fault.as_ref().is_some_and(|fault| fault.contains("c.jpg")));
    assert_eq!(enrolled(&press(&mut app, "enter")).map(|(_, stills)| stills), Some(stills), "again as it is");
}

#[test]
fn the_next_clip_shows_whom_one_chooses_among_those_who_granted_it() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "2");
    answer_all(&mut app, effects);
    press(&mut app, "esc");
    press(&mut app, "c");
    assert!(said(&app).contains("Cy, for comedy"), "{}", said(&app));
    press(&mut app, "c");
    press(&mut app, "e");
    press(&mut app, "\"Cy sings");
    let effects = press(&mut app, "enter");
    let made = requests(&effects).into_iter().find_map(|request| match request {
        Request::Make(make) => make.cameo.clone(),
        _ => None,
    });
    let made = made.unwrap();
    assert_eq!((made.cameo, made.purposes, made.ticket), (rid(71), vec!["music".to_owned()], None));
    press(&mut app, "esc");
    press(&mut app, "c");
    assert_eq!((app.create.shows.clone(), said(&app)), (None, "the next clip shows nobody"));
}

#[test]
fn news_is_asked_for_and_the_selection_stays_on_its_letter() {
    let mut app = opened();
    press(&mut app, "j");
    let effects = app.update(Message::Incoming(Incoming::Event(Event::FeedChanged)));
    assert!(requests(&effects).contains(&&cameo(CameoCall::Inbox)), "{effects:?}");
    let mut items = crate::testing::letters();
    items.rotate_right(1);
    app.inbox.take(kinora_protocol::api::CameoAnswer::Inbox { items });
    assert_eq!(app.inbox.selected, 2);
    let nothing: Vec<Effect> = press(&mut app, "space");
    assert!(nothing.is_empty());
}
