//! Screens as text at three sizes, and what must hold for all of them.

use kinora_protocol::api::{ClipState, Event, FeedItem, JobState};
use kinora_protocol::job::Stage;
use kinora_protocol::record::Severity;
use kinora_protocol::text::Text;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use crate::action::{BINDINGS, Scope};
use crate::app::{App, Message};
use crate::link::Incoming;
use crate::options::Options;
use crate::testing::{
    answer_all, app, blob, covered, item, job, load, options, peers, press, ready, ready_with, said, tick,
};

fn draw(app: &mut App) -> Buffer {
    let (width, height) = app.size;
    app.paint();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| super::draw(app, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen as text; cells of the picture are `▒`, so that snapshots show where it is.
fn text(app: &mut App) -> String {
    let buffer = draw(app);
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol().replace('▄', "▒")).collect();
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn open(app: &mut App, keys: &str) {
    let effects = press(app, keys);
    answer_all(app, effects);
}

fn playing(width: u16, height: u16) -> App {
    let mut app = ready(width, height);
    load(&mut app, blob(1));
    tick(&mut app, 1_500);
    app
}

fn rendering(width: u16, height: u16) -> App {
    let mut app = ready(width, height);
    open(&mut app, "2");
    press(&mut app, "esc");
    let state = JobState::Running {
        stage: Stage::Denoise,
        done: 5,
        total: 8,
        fraction: 0.6,
        eta_millis: Some(9_000),
    };
    app.update(Message::Incoming(Incoming::Event(Event::Job(Box::new(job(3, state))))));
    press(&mut app, "g g");
    let preview = Event::Preview { job: 3, width: 4, height: 2, rgb_hex: "804020".repeat(8) };
    app.update(Message::Incoming(Incoming::Event(preview)));
    app
}

#[test]
fn before_any_answer() {
    let (mut app, _) = app(80, 24);
    insta::assert_snapshot!(text(&mut app));
}

#[test]
fn an_empty_feed_says_what_to_do() {
    let mut app = ready(80, 24);
    app.feed.items = Some(Vec::new());
    insta::assert_snapshot!(text(&mut app));
    let mut small = ready(40, 15);
    small.feed.items = Some(Vec::new());
    insta::assert_snapshot!(text(&mut small));
}

#[test]
fn the_feed_plays() {
    insta::assert_snapshot!("feed_80", text(&mut playing(80, 24)));
    insta::assert_snapshot!("feed_120", text(&mut playing(120, 40)));
    insta::assert_snapshot!("feed_40", text(&mut playing(40, 15)));
}

#[test]
fn the_feed_shows_details() {
    let mut app = playing(120, 40);
    press(&mut app, "i");
    insta::assert_snapshot!("details_120", text(&mut app));
    let mut app = playing(80, 24);
    press(&mut app, "i");
    insta::assert_snapshot!("details_80", text(&mut app));
}

#[test]
fn the_feed_says_who_consented_until_when_and_how_fresh_that_is() {
    let mut app = playing(120, 40);
    open(&mut app, "j");
    press(&mut app, "i");
    let seen = text(&mut app).split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["consented by Dee", "expires in 12 days", "checked 2 min ago"] {
        assert!(words.split(' ').all(|word| seen.contains(word)), "{words} in {seen}");
    }
}

#[test]
fn a_remix_names_its_clip_and_whom_it_shows_and_cuts_the_title() {
    let mut app = ready(120, 40);
    open(&mut app, "r");
    app.create.shows = Some((crate::testing::rid(50), "Dee".to_owned(), "comedy".to_owned()));
    if let Some(origin) = &mut app.create.from {
        origin.title = Text::line(&"a very long title ".repeat(9), 120);
    }
    let seen = text(&mut app);
    let line = seen.lines().find(|line| line.contains("Prompt, over")).unwrap();
    assert!(line.contains("…”, showing Dee for comedy"), "{line}");
}

#[test]
fn the_inbox_shows_letters_uses_and_cameos() {
    let mut app = ready(80, 24);
    open(&mut app, "4");
    load(&mut app, blob(61));
    insta::assert_snapshot!("inbox_80", text(&mut app));
    press(&mut app, "j");
    insta::assert_snapshot!("inbox_question_80", text(&mut app));
    press(&mut app, "l");
    insta::assert_snapshot!("inbox_uses_80", text(&mut app));
    press(&mut app, "l");
    insta::assert_snapshot!("inbox_cameos_80", text(&mut app));
    let mut small = ready(40, 15);
    open(&mut small, "4");
    insta::assert_snapshot!("inbox_40", text(&mut small));
    let mut wide = ready(120, 40);
    open(&mut wide, "4");
    load(&mut wide, blob(61));
    press(&mut wide, "a");
    insta::assert_snapshot!("inbox_approve_120", text(&mut wide));
}

#[test]
fn a_clip_that_is_not_here_says_what_to_do() {
    let mut app = ready(80, 24);
    press(&mut app, "G");
    insta::assert_snapshot!(text(&mut app));
}

#[test]
fn create_renders() {
    insta::assert_snapshot!("create_80", text(&mut rendering(80, 24)));
    insta::assert_snapshot!("create_120", text(&mut rendering(120, 40)));
    insta::assert_snapshot!("create_40", text(&mut rendering(40, 15)));
}

#[test]
fn create_for_a_newcomer() {
    let mut app = ready(80, 24);
    app.create.jobs = Some(Vec::new());
    press(&mut app, "2");
    insta::assert_snapshot!(text(&mut app));
}

#[test]
fn peers_and_keys() {
    for (name, keys) in [("peers", "6"), ("keys", "8")] {
        for (width, height) in [(80, 24), (120, 40), (40, 15)] {
            let mut app = ready(width, height);
            open(&mut app, keys);
            insta::assert_snapshot!(format!("{name}_{width}"), text(&mut app));
        }
    }
    let mut app = ready(80, 24);
    press(&mut app, "6");
    app.peers = Some(Vec::new());
    insta::assert_snapshot!("peers_none", text(&mut app));
}

#[test]
fn lineage() {
    for (width, height) in [(80, 24), (120, 40), (40, 15)] {
        let mut app = playing(width, height);
        open(&mut app, "5");
        insta::assert_snapshot!(format!("lineage_{width}"), text(&mut app));
    }
    let mut app = ready(80, 24);
    open(&mut app, "5");
    press(&mut app, "k k");
    insta::assert_snapshot!("lineage_parent", text(&mut app));
    let mut none = ready(80, 24);
    none.feed.items = Some(Vec::new());
    press(&mut none, "5");
    insta::assert_snapshot!("lineage_none", text(&mut none));
}

#[test]
fn a_covered_clip_says_why_and_shows_nothing() {
    let mut app = ready(80, 24);
    load(&mut app, blob(1));
    app.feed.items = Some(vec![covered(1, "a fox hunts at dusk", ClipState::Ready)]);
    tick(&mut app, 100);
    insta::assert_snapshot!(text(&mut app));
}

#[test]
fn moderation() {
    for (width, height) in [(80, 24), (120, 40), (40, 15)] {
        let mut app = ready(width, height);
        open(&mut app, "7");
        insta::assert_snapshot!(format!("moderation_{width}"), text(&mut app));
    }
    let mut app = ready(80, 24);
    open(&mut app, "7");
    press(&mut app, "j");
    insta::assert_snapshot!("moderation_hidden", text(&mut app));
    press(&mut app, "l");
    insta::assert_snapshot!("moderation_labelers", text(&mut app));
    press(&mut app, "l j");
    insta::assert_snapshot!("moderation_values", text(&mut app));
    press(&mut app, "l");
    app.moderation.labelers = Some(Vec::new());
    app.moderation.clips = Some(Vec::new());
    insta::assert_snapshot!("moderation_none", text(&mut app));
}

#[test]
fn overlays() {
    for (name, keys) in [("help", "?"), ("follow", "F"), ("unfollow", "U")] {
        let mut app = playing(80, 24);
        press(&mut app, keys);
        insta::assert_snapshot!(name, text(&mut app));
    }
}

#[test]
fn without_colours_there_are_none_and_nothing_is_lost() {
    let plain = Options { no_color: true, ..options() };
    for keys in ["1", "2", "5", "6", "7", "8", "?"] {
        let mut app = ready_with(&plain, 80, 24);
        load(&mut app, blob(1));
        open(&mut app, keys);
        let buffer = draw(&mut app);
        let coloured = buffer.content.iter().filter(|c| c.fg != Color::Reset || c.bg != Color::Reset).count();
        assert_eq!(coloured, 0, "on {keys}");
    }
    let mut app = ready_with(&plain, 80, 24);
    load(&mut app, blob(1));
    tick(&mut app, 3_000);
    insta::assert_snapshot!(text(&mut app));
}

#[test]
fn the_footer_and_the_help_are_the_table() {
    let mut app = ready(200, 60);
    let footer = super::footer::commands(&app);
    for binding in BINDINGS.iter().filter(|b| matches!(b.scope, Scope::Feed | Scope::List | Scope::Global)) {
        let shown = footer.contains(&(binding.keys[0], binding.word));
        assert_eq!(shown, !binding.word.is_empty(), "{:?}", binding.action);
    }
    assert!(text(&mut app).lines().last().unwrap().contains("f like"));
    press(&mut app, "?");
    let help: Vec<String> =
        super::help::text(&app, super::Theme::new(true)).iter().map(ToString::to_string).collect();
    for binding in BINDINGS {
        let line =
            help.iter().find(|l| l.ends_with(binding.help) && binding.keys.iter().all(|k| l.contains(k)));
        assert!(line.is_some(), "{:?} is not in the help", binding.action);
    }
}

#[test]
fn the_start_of_a_sequence_shows_what_may_follow() {
    let mut app = ready(80, 24);
    press(&mut app, "g");
    let screen = text(&mut app);
    let last = screen.lines().last().unwrap();
    assert!(last.contains("g g First") && last.contains("g t Next screen"), "{last}");
}

/// A text with everything that must not reach a terminal.
const HOSTILE: &str = "x\x1b]0;pwned\x07\x1b[2J\u{202e}\u{200b}\r\n\u{9b}31m y";

#[test]
fn no_text_of_a_stranger_is_drawn_raw() {
    let mut app = playing(120, 40);
    let mut bad = item(1, "", ClipState::Missing);
    bad.title = Text::block(HOSTILE, 500);
    bad.author_name = Text::block(HOSTILE, 500);
    bad.reason = HOSTILE.into();
    app.feed.items = Some(vec![bad]);
    app.feed.details = true;
    app.peers = Some(peers());
    for peer in app.peers.iter_mut().flatten() {
        peer.peer = HOSTILE.into();
        peer.last_fault = Some(HOSTILE.into());
        peer.address = Text::block(HOSTILE, 500);
    }
    if let Some(status) = &mut app.status {
        status.addresses = vec![HOSTILE.into()];
        status.reachability = HOSTILE.into();
        status.home = HOSTILE.into();
    }
    let failed = job(9, JobState::Failed { reason: HOSTILE.into() });
    app.update(Message::Incoming(Incoming::Event(Event::Job(Box::new(failed)))));
    let mut said = said("", Severity::Warn);
    (said.value, said.why, said.name) =
        (Text::block(HOSTILE, 500), Text::block(HOSTILE, 500), Text::block(HOSTILE, 500));
    let labelled =
        FeedItem { labels: vec![said.clone()], cover: vec![said], ..item(1, HOSTILE, ClipState::Ready) };
    app.moderation.clips = Some(vec![labelled]);
    app.moderation.labelers = Some(Vec::new());
    for keys in ["1", "2", "5", "6", "7", "8"] {
        app.create.editing = false;
        press(&mut app, keys);
        for cell in &draw(&mut app).content {
            let raw = |c: char| c.is_control() || matches!(c, '\u{200b}' | '\u{202e}' | '\u{9b}');
            assert!(!cell.symbol().chars().any(raw), "{:?} on {keys}", cell.symbol());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_size_is_drawn(width in 1u16..220, height in 1u16..80, at in 0usize..9) {
        let keys = ["1", "2", "5", "6", "7", "8", "?", "F", "i"][at];
        let mut app = ready(width, height);
        load(&mut app, blob(1));
        open(&mut app, keys);
        draw(&mut app);
    }
}
