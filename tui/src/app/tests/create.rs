//! Create: the prompt, jobs, previews.

use kinora_protocol::api::{Event, JobState, Request, Response};
use kinora_protocol::job::Stage;
use kinora_protocol::shot::Shot;

use super::{requests, said};
use crate::app::{App, Effect, Message};
use crate::link::Incoming;
use crate::testing::{answer_all, blob, job, load, press, ready};

fn running(fraction: f32) -> JobState {
    JobState::Running { stage: Stage::Denoise, done: 2, total: 8, fraction, eta_millis: Some(12_000) }
}

fn happens(app: &mut App, event: Event) -> Vec<Effect> {
    app.update(Message::Incoming(Incoming::Event(event)))
}

#[test]
fn typing_asks_one_reading_at_a_time() {
    let mut app = ready(80, 24);
    press(&mut app, "2");
    assert!(app.editing());
    let effects = press(&mut app, "\"fox");
    let asked = requests(&effects);
    assert_eq!(asked, [&Request::Read { prompt: "f".into() }], "the rest waits for the answer");
    let id = match &effects[0] {
        Effect::Request { id, .. } => *id,
        other => panic!("{other:?}"),
    };
    let reading = Response::Reading(Shot::parse("f").unwrap());
    let effects = app.update(Message::Incoming(Incoming::Answer { id, result: Ok(reading) }));
    assert_eq!(requests(&effects), [&Request::Read { prompt: "fox".into() }]);
}

#[test]
fn enter_makes_the_clip_and_its_end_is_watched() {
    let mut app = ready(80, 24);
    press(&mut app, "2");
    press(&mut app, "\"a red fox");
    let effects = press(&mut app, "enter");
    let made: Vec<_> = requests(&effects).into_iter().filter(|r| matches!(r, Request::Make(_))).collect();
    assert!(matches!(made[..], [Request::Make(request)] if request.prompt == "a red fox" && !request.draft));
    let id = effects.iter().find_map(|e| match e {
        Effect::Request { id, request: Request::Make(_) } => Some(*id),
        _ => None,
    });
    let queued = Response::Job(Box::new(job(3, JobState::Queued)));
    app.update(Message::Incoming(Incoming::Answer { id: id.unwrap(), result: Ok(queued) }));
    assert!(!app.editing() && app.create.prompt.is_blank() && app.create.job().unwrap().id == 3);
    happens(&mut app, Event::Job(Box::new(job(3, running(0.5)))));
    assert!(app.create.busy());
    let done = JobState::Published { clip: crate::testing::rid(30), blob: blob(30) };
    let effects = happens(&mut app, Event::Job(Box::new(job(3, done))));
    assert!(effects.contains(&Effect::Blob(blob(30))), "it plays by itself");
    load(&mut app, blob(30));
    assert!(app.theatre.playback.is_some());
    press(&mut app, "e");
    press(&mut app, "up");
    assert_eq!(app.create.prompt.text(), "a red fox", "the last prompt comes back");
}

#[test]
fn previews_must_be_what_they_say() {
    let mut app = ready(80, 24);
    press(&mut app, "2");
    happens(&mut app, Event::Job(Box::new(job(3, running(0.1)))));
    press(&mut app, "esc");
    press(&mut app, "g g");
    let preview =
        |width, height, rgb_hex: &str| Event::Preview { job: 3, width, height, rgb_hex: rgb_hex.into() };
    for bad in [preview(2, 1, "ff00"), preview(0, 0, ""), preview(9_000, 1, &"00".repeat(27_000))] {
        happens(&mut app, bad);
        assert!(app.create.preview().is_none());
    }
    happens(&mut app, preview(1, 1, "zz0000"));
    assert!(app.create.preview().is_none());
    happens(&mut app, preview(2, 1, "ff0000000ff0"));
    assert_eq!(app.create.preview().unwrap().1.rgb, [255, 0, 0, 0, 15, 240]);
    app.paint();
    assert!(app.theatre.canvas.place(crate::view::picture_area(&app)).is_some());
}

#[test]
fn cancelling_and_publishing_ask_first() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "2");
    answer_all(&mut app, effects);
    press(&mut app, "esc");
    press(&mut app, "P");
    let effects = press(&mut app, "y");
    assert_eq!(
        requests(&effects),
        [&Request::Publish { job: 2, licence: None, permitted: false, labels: Vec::new() }]
    );
    press(&mut app, "x");
    assert!(app.overlay.is_none() && said(&app).contains("over already"));
    happens(&mut app, Event::Job(Box::new(job(3, running(0.1)))));
    press(&mut app, "g g");
    press(&mut app, "x");
    assert!(press(&mut app, "n").is_empty() && app.overlay.is_none());
    press(&mut app, "x");
    assert_eq!(requests(&press(&mut app, "y")), [&Request::Cancel { job: 3 }]);
    press(&mut app, "q");
    assert!(app.overlay.is_some(), "leaving while a clip is made asks");
    assert_eq!(press(&mut app, "y"), [Effect::Quit]);
}

#[test]
fn the_end_of_a_job_is_said_on_other_screens() {
    let mut app = ready(80, 24);
    happens(&mut app, Event::Job(Box::new(job(3, running(0.1)))));
    happens(&mut app, Event::Job(Box::new(job(3, JobState::Failed { reason: "no\x1bmemory".into() }))));
    assert_eq!(said(&app), "your clip could not be made: nomemory");
}
