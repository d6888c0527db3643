//! A clip made from another one, by keys.

use kinora_protocol::api::{JobState, MakeParent, ParentFrom, Request};
use kinora_protocol::recipe::Descent;

use super::{requests, said};
use crate::app::{App, Screen};
use crate::testing::{answer_all, job, press, ready, rid};

/// The parent in the request that the prompt made.
fn parent(app: &mut App) -> Option<MakeParent> {
    let effects = press(app, "enter");
    requests(&effects).into_iter().find_map(|request| match request {
        Request::Make(request) => Some(request.materials.parent.clone()),
        _ => None,
    })?
}

#[test]
fn a_remix_begins_with_the_words_of_its_clip_and_says_what_it_has_from_it() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "r");
    answer_all(&mut app, effects);
    assert!(app.screen == Screen::Create && app.editing());
    assert!(!app.create.prompt.is_blank(), "its own words are a beginning");
    press(&mut app, "C-u");
    press(&mut app, "\"at night");
    assert_eq!(
        parent(&mut app),
        Some(MakeParent { from: ParentFrom::Clip(rid(1)), descent: Descent::default() })
    );
}

#[test]
fn what_a_remix_has_from_its_clip_is_chosen_and_ends_with_the_request() {
    let mut app = ready(80, 24);
    press(&mut app, "r");
    press(&mut app, "esc");
    for (descent, words) in [(Descent::Continue, "going on after"), (Descent::Place, "with the subject of")] {
        press(&mut app, "o");
        assert_eq!(app.create.from.as_ref().map(|origin| origin.descent), Some(descent));
        assert!(said(&app).contains(words), "{}", said(&app));
    }
    press(&mut app, "e");
    assert_eq!(parent(&mut app).map(|parent| parent.descent), Some(Descent::Place));
    app.made(job(9, JobState::Queued));
    assert_eq!(app.create.from, None, "the next clip is a new one");
    press(&mut app, "esc");
    press(&mut app, "o");
    assert!(said(&app).contains("press r on one in the feed"), "{}", said(&app));
}

#[test]
fn a_clip_that_is_not_here_is_not_remixed() {
    let mut app = ready(80, 24);
    press(&mut app, "G");
    press(&mut app, "r");
    assert!(said(&app).contains("only a clip that is here"), "{}", said(&app));
    assert_eq!(app.screen, Screen::Feed);
    assert_eq!(app.create.from, None);
}

#[test]
fn a_relative_in_the_tree_is_remixed_as_well() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "5");
    answer_all(&mut app, effects);
    press(&mut app, "up");
    let clip = app.tree.kin().unwrap().clip;
    press(&mut app, "r");
    assert_eq!(app.create.from.as_ref().map(|origin| origin.clip), Some(clip));
    assert!(app.editing());
}
