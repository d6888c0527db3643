//! Questions, the help, copying, leaving.

use kinora_protocol::api::Request;
use kinora_protocol::ids::AuthorId;

use super::{requests, said};
use crate::app::overlay::Overlay;
use crate::app::{Effect, Message};
use crate::testing::{answer_all, event, me, press, ready};

#[test]
fn following_takes_an_id_and_says_what_is_wrong_with_others() {
    let mut app = ready(80, 24);
    press(&mut app, "F");
    press(&mut app, "\"q123");
    assert!(press(&mut app, "enter").is_empty(), "letters go into the answer and nowhere else");
    let fault = |app: &crate::app::App| match &app.overlay {
        Some(Overlay::Ask { fault, .. }) => fault.clone(),
        _ => None,
    };
    assert!(fault(&app).unwrap().contains("64 digits"));
    press(&mut app, "C-u");
    assert_eq!(fault(&app), None);
    app.update(Message::Paste(me().to_string()));
    press(&mut app, "enter");
    assert!(fault(&app).unwrap().contains("your own id"));
    press(&mut app, "C-u");
    let author = AuthorId([5; 32]);
    app.update(Message::Paste(format!(" {author}\n")));
    let effects = press(&mut app, "enter");
    assert_eq!(requests(&effects), [&Request::Follow { author, on: true }]);
    assert!(app.overlay.is_none());
}

#[test]
fn peers_are_dialled_by_address() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "6");
    answer_all(&mut app, effects);
    press(&mut app, "d");
    press(&mut app, "\"example.org");
    assert!(press(&mut app, "enter").is_empty());
    press(&mut app, "esc");
    press(&mut app, "d");
    press(&mut app, "\"/ip4/192.0.2.1/tcp/1/p2p/x");
    let effects = press(&mut app, "enter");
    assert_eq!(requests(&effects), [&Request::Dial { address: "/ip4/192.0.2.1/tcp/1/p2p/x".into() }]);
}

#[test]
fn ids_and_addresses_are_copied() {
    let mut app = ready(80, 24);
    let effects = press(&mut app, "8");
    assert_eq!(press(&mut app, "y"), [], "before the node has told them there is nothing to copy");
    answer_all(&mut app, effects);
    assert_eq!(press(&mut app, "y"), [Effect::Copy(me().to_string())]);
    assert!(matches!(&press(&mut app, "Y")[..], [Effect::Copy(address)] if address.starts_with("/ip4/")));
    assert!(said(&app).contains("copied"));
}

#[test]
fn the_help_opens_scrolls_and_closes() {
    let mut app = ready(80, 24);
    press(&mut app, "?");
    for _ in 0..500 {
        press(&mut app, "j");
    }
    let max = crate::view::help_scroll_max(&app);
    assert!(max > 0 && matches!(app.overlay, Some(Overlay::Help { scroll }) if scroll == max));
    press(&mut app, "k");
    press(&mut app, "q");
    assert!(app.overlay.is_none(), "q closes the help and does not leave");
}

#[test]
fn interrupting_ends_from_everywhere() {
    for keys in ["1", "2", "?", "F"] {
        let mut app = ready(80, 24);
        press(&mut app, keys);
        assert_eq!(app.update(Message::Key(event("C-c"))), [Effect::Quit], "after {keys}");
    }
}

#[test]
fn suspending_and_redrawing_are_effects() {
    let mut app = ready(80, 24);
    assert_eq!(press(&mut app, "C-z"), [Effect::Suspend]);
    assert_eq!(press(&mut app, "C-l"), [Effect::Redraw]);
    assert_eq!(press(&mut app, "q"), [Effect::Quit]);
}
