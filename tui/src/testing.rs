//! Fixtures of the tests: a node's answers with fixed ids and times, clips without a file, a program of any size.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kinora_media::footage::Footage;
use kinora_protocol::api::{
    CameoAnswer, CameoCall, CameoView, ClipState, ClipView, CommentView, FeedItem, InboxItem, InboxKind,
    InboxState, Job, JobState, Keys, Kin, LabelAnswer, LabelCall, LabelView, LabelerView, Lineage,
    MeaningView, Peer, PersonView, Request, Response, Status, UseRow,
};
use kinora_protocol::ids::{AuthorId, BlobHash, DeviceKey, Rid, TransportKey};
use kinora_protocol::labels::{Ruling, Setting, Voice};
use kinora_protocol::recipe::Format;
use kinora_protocol::record::{Approval, Open, Role, Severity};
use kinora_protocol::shot::Shot;
use kinora_protocol::text::Text;
use kinora_protocol::verdict::{Check, CheckName, Verdict};

use crate::app::{App, Effect, Message};
use crate::link::Incoming;
use crate::options::{Decoder, Environment, Options};

/// Unix seconds at the start of every test.
pub(crate) const NOW: u64 = 1_790_000_000;

pub(crate) fn options() -> Options {
    let environment =
        Environment { term: "xterm".into(), colorterm: "truecolor".into(), ..Environment::default() };
    Options::new(environment, Decoder::new(|_| Err("not decoded here".into())), NOW)
}

/// A started program of this size; its first requests are not answered yet.
pub(crate) fn app(width: u16, height: u16) -> (App, Vec<Effect>) {
    app_with(&options(), width, height)
}

pub(crate) fn app_with(options: &Options, width: u16, height: u16) -> (App, Vec<Effect>) {
    let mut app = App::new(options, width, height);
    let effects = app.update(Message::Start);
    (app, effects)
}

/// A program that has heard everything a node says at the start, with three clips.
pub(crate) fn ready(width: u16, height: u16) -> App {
    ready_with(&options(), width, height)
}

pub(crate) fn ready_with(options: &Options, width: u16, height: u16) -> App {
    let (mut app, effects) = app_with(options, width, height);
    answer_all(&mut app, effects);
    app
}

/// Answers requests, and those that follow, as a node would; gives everything else back.
pub(crate) fn answer_all(app: &mut App, effects: Vec<Effect>) -> Vec<Effect> {
    let mut rest = Vec::new();
    let mut open = effects;
    while let Some(effect) = open.pop() {
        let Effect::Request { id, request } = effect else {
            rest.push(effect);
            continue;
        };
        let answer = match request {
            Request::Status => Response::Status(Box::new(status())),
            Request::Feed { before: None, .. } => Response::Feed { items: items() },
            Request::Feed { .. } => Response::Feed { items: Vec::new() },
            Request::Show { clip } => Response::Clip(Box::new(view(clip))),
            Request::Lineage { clip } => Response::Lineage(Box::new(lineage(clip))),
            Request::Jobs => Response::Jobs { jobs: jobs() },
            Request::Peers => Response::Peers { peers: peers() },
            Request::Keys => Response::Keys(Box::new(keys())),
            Request::Label(call) => Response::Label(Box::new(labels(&call))),
            Request::Cameo(call) => match cameo_answer(&call) {
                Some(answer) => Response::Cameo(Box::new(answer)),
                None => Response::Cameo(Box::new(CameoAnswer::Record { rid: rid(90) })),
            },
            _ => Response::Done,
        };
        open.extend(app.update(Message::Incoming(Incoming::Answer { id, result: Ok(answer) })));
    }
    rest
}

/// Presses keys in the notation of the table, separated by spaces, or types a text that begins with `"`.
pub(crate) fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut out = Vec::new();
    if let Some(text) = keys.strip_prefix('"') {
        for c in text.chars() {
            out.extend(app.update(Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))));
        }
        return out;
    }
    for key in keys.split(' ') {
        out.extend(app.update(Message::Key(event(key))));
    }
    out
}

/// The key press that a notation stands for.
pub(crate) fn event(notation: &str) -> KeyEvent {
    let mut rest = notation;
    let mut modifiers = KeyModifiers::NONE;
    for (prefix, modifier) in
        [("C-", KeyModifiers::CONTROL), ("M-", KeyModifiers::ALT), ("S-", KeyModifiers::SHIFT)]
    {
        if let Some(after) = rest.strip_prefix(prefix).filter(|r| !r.is_empty()) {
            (rest, modifiers) = (after, modifiers | modifier);
        }
    }
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "tab" if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        one => KeyCode::Char(one.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

pub(crate) fn me() -> AuthorId {
    AuthorId([0xaa; 32])
}

pub(crate) fn blob(n: u8) -> BlobHash {
    BlobHash([n; 32])
}

pub(crate) fn rid(n: u8) -> Rid {
    Rid([n; 32])
}

pub(crate) fn status() -> Status {
    Status {
        version: "0.1.0".into(),
        author: me(),
        name: Text::line("Ada", 40),
        peer: "12D3KooWabcdefgh".into(),
        addresses: vec!["/ip4/192.0.2.7/tcp/4040/p2p/12D3KooWabcdefgh".into()],
        records: 12,
        blobs: 3,
        bytes: 150_000,
        peers: 2,
        reachability: "local".into(),
        jobs: 0,
        uptime: 60,
        home: "/home/ada/.kinora".into(),
        keystore_passphrase: false,
    }
}

pub(crate) fn item(n: u8, title: &str, state: ClipState) -> FeedItem {
    FeedItem {
        clip: rid(n),
        author: if n == 3 { me() } else { AuthorId([n; 32]) },
        author_name: Text::line(if n == 2 { "" } else { "Bea" }, 40),
        title: Text::line(title, 80),
        time: NOW - u64::from(n) * 4_000,
        blob: blob(n),
        size: 51_200,
        format: Format { width: 128, height: 80, fps: 12, frames: 48 },
        state,
        verdict: Verdict::Verified,
        reason: "signature and file hold".into(),
        reactions: 2,
        comments: 1,
        mine: None,
        cursor: format!("cursor-{n}"),
        labels: Vec::new(),
        cover: Vec::new(),
        hidden: Vec::new(),
        ruling: None,
    }
}

pub(crate) fn items() -> Vec<FeedItem> {
    vec![
        item(1, "a red fox runs along a beach at sunset", ClipState::Ready),
        item(2, "a blue whale in the rain, slow zoom in", ClipState::Ready),
        item(3, "a lighthouse at night", ClipState::Missing),
    ]
}

pub(crate) fn view(clip: Rid) -> ClipView {
    let item = items().into_iter().find(|i| i.clip == clip).unwrap();
    ClipView {
        prompt: Text::line(item.title.as_str(), 200),
        item,
        device: DeviceKey([7; 32]),
        recipe: None,
        parents: Vec::new(),
        licence: Text::line("CC-BY-4.0", 20),
        checks: vec![
            Check::pass(CheckName::Record, "signed"),
            Check::pass(CheckName::Container, "fragmented MP4"),
            Check::none(CheckName::Consent, "nobody is shown"),
        ],
        people: if clip == rid(2) {
            vec![PersonView {
                cameo: rid(70),
                subject: AuthorId([70; 32]),
                name: Text::line("Dee", 20),
                until: NOW + 12 * 86_400,
                approved: true,
                heard: NOW - 150,
                freshness: "fresh".into(),
            }]
        } else {
            Vec::new()
        },
        labels: vec![Text::line("synthetic", 20)],
        reactions: vec![(Text::line("♥", 4), 2)],
        comments: vec![CommentView {
            rid: rid(99),
            author: AuthorId([9; 32]),
            author_name: Text::line("Cy", 20),
            text: Text::line("lovely light", 80),
            time: NOW - 300,
        }],
    }
}

/// What a labeler called Watch says of a clip.
pub(crate) fn said(value: &str, severity: Severity) -> LabelView {
    LabelView {
        by: Voice::Labeler(AuthorId([7; 32])),
        name: Text::line("Watch", 40),
        value: Text::line(value, 40),
        severity,
        why: Text::line("a fox hunts", 80),
        on: "clip".to_owned(),
        until: None,
    }
}

/// A clip that Watch covers.
pub(crate) fn covered(n: u8, title: &str, state: ClipState) -> FeedItem {
    let said = vec![said("violence", Severity::Warn)];
    FeedItem { labels: said.clone(), cover: said, ..item(n, title, state) }
}

/// What a node says of labels.
pub(crate) fn labels(call: &LabelCall) -> LabelAnswer {
    let meaning = |value: &str, severity, setting| MeaningView {
        value: Text::line(value, 40),
        severity,
        default: true,
        means: Text::default(),
        setting,
    };
    let watch = LabelerView {
        labeler: AuthorId([7; 32]),
        name: Text::line("Watch", 40),
        about: Text::line("Foxes only.", 80),
        values: vec![
            meaning("violence", Severity::Warn, None),
            meaning("spam", Severity::Hide, Some(Setting::Inform)),
        ],
        labels: 12,
    };
    let silent = LabelerView {
        labeler: AuthorId([8; 32]),
        name: Text::default(),
        about: Text::default(),
        values: Vec::new(),
        labels: 0,
    };
    let hides = vec![said("spam", Severity::Hide)];
    let hidden =
        FeedItem { labels: hides.clone(), hidden: hides, ..item(51, "buy foxes now", ClipState::Withheld) };
    let shown = FeedItem {
        labels: vec![said("spam", Severity::Hide)],
        ruling: Some(Ruling::Show),
        ..item(52, "foxes for everybody", ClipState::Ready)
    };
    match call {
        LabelCall::Labelers => LabelAnswer::Labelers { labelers: vec![watch, silent] },
        LabelCall::Clips => LabelAnswer::Clips {
            items: vec![covered(50, "a fox hunts at dusk", ClipState::Missing), hidden, shown],
        },
        _ => LabelAnswer::Done,
    }
}

/// A relative with a file, made some time before the tests.
pub(crate) fn kin(n: u8, depth: u32, via: u8, title: &str) -> Kin {
    Kin {
        clip: rid(n),
        depth,
        via: rid(via),
        author: Some(AuthorId([n; 32])),
        author_name: Text::line("Bea", 40),
        title: Text::line(title, 80),
        time: Some(NOW - u64::from(n) * 4_000),
        blob: Some(blob(n)),
        state: ClipState::Ready,
        covered: false,
        licence: Text::line("CC-BY-4.0", 20),
    }
}

/// Two parents, one of which is gone, a grandparent, and two branches below.
pub(crate) fn lineage(clip: Rid) -> Lineage {
    let n = clip.0[0];
    let gone = Kin { author: None, time: None, blob: None, state: ClipState::Deleted, ..kin(42, 1, n, "") };
    let missing = Kin { state: ClipState::Missing, ..kin(45, 2, 43, "the same fox, noir") };
    Lineage {
        clip: kin(n, 0, n, "a red fox runs along a beach at sunset"),
        ancestors: vec![kin(40, 1, n, "a fox runs"), kin(41, 2, 40, "a beach at sunset"), gone],
        descendants: vec![kin(43, 1, n, "a fox in the snow"), missing, kin(44, 1, n, "a fox sleeps")],
        complete: true,
    }
}

pub(crate) fn job(id: u64, state: JobState) -> Job {
    let prompt = "a red fox runs along a beach at sunset";
    Job {
        id,
        prompt: Text::line(prompt, 200),
        reading: Shot::parse(prompt).unwrap(),
        seed: 42,
        millis: 4_000,
        state,
        created: NOW,
        elapsed_millis: 21_000,
        times: Vec::new(),
        recipe: None,
    }
}

pub(crate) fn jobs() -> Vec<Job> {
    vec![job(2, JobState::Draft { blob: blob(20) }), job(1, JobState::Cancelled)]
}

pub(crate) fn peers() -> Vec<Peer> {
    let peer = |n: u32, connected| Peer {
        peer: format!("12D3KooWabcdefgh{n:08}"),
        transport: None,
        address: Text::line("/ip4/192.0.2.9/tcp/4001", 80),
        agent: Text::line("kinora/0.1.0", 40),
        connected,
        in_mesh: n == 1,
        rtt_millis: connected.then_some(12),
        accepted: 40,
        refused: 1,
        last_fault: Some("a signature does not hold".into()),
    };
    vec![peer(1, true), peer(2, false)]
}

pub(crate) fn keys() -> Keys {
    Keys {
        author: me(),
        persona: "main".into(),
        device: DeviceKey([7; 32]),
        transport: TransportKey([8; 32]),
        created: NOW - 90_000,
        passphrase: false,
    }
}

/// What a node answers about cameos; nothing for calls that sign a record.
fn cameo_answer(call: &CameoCall) -> Option<CameoAnswer> {
    match call {
        CameoCall::Inbox => Some(CameoAnswer::Inbox { items: letters() }),
        CameoCall::Uses { .. } => Some(CameoAnswer::Uses { uses: uses() }),
        CameoCall::List => Some(CameoAnswer::Cameos { cameos: cameos() }),
        _ => None,
    }
}

/// A letter about the cameo of this persona, or by this persona about another's.
fn letter(n: u8, kind: InboxKind, mine: bool, state: InboxState) -> InboxItem {
    let draft = kind != InboxKind::Ask;
    InboxItem {
        letter: rid(n),
        kind,
        mine,
        other: AuthorId([n; 32]),
        other_name: Text::line("Ben", 40),
        cameo: rid(if mine { 71 } else { 70 }),
        cameo_name: Text::line(if mine { "Cy" } else { "Ada" }, 40),
        words: Text::line(if draft { "Ada walks along a beach" } else { "for my band, please" }, 80),
        purposes: vec![Text::line("comedy", 20)],
        uses: (!draft).then_some(3),
        seconds: if draft { 0 } else { 90 * 86_400 },
        time: NOW - u64::from(n) * 60,
        id: draft.then(|| rid(n + 100)),
        grant: draft.then(|| rid(80)),
        blob: draft.then(|| blob(n)),
        ready: draft,
        state,
    }
}

/// A clip to approve, a question, one's own question, and a clip that was published.
pub(crate) fn letters() -> Vec<InboxItem> {
    vec![
        letter(61, InboxKind::Draft, false, InboxState::Waiting),
        letter(62, InboxKind::Ask, false, InboxState::Waiting),
        letter(63, InboxKind::Ask, true, InboxState::Granted),
        letter(64, InboxKind::Draft, false, InboxState::Published),
    ]
}

pub(crate) fn uses() -> Vec<UseRow> {
    let row = |n: u8, clip: bool, from: Option<Rid>, state: &str| UseRow {
        cameo: rid(70),
        cameo_name: Text::line("Ada", 40),
        creator: AuthorId([n; 32]),
        creator_name: Text::line("Ben", 40),
        clip: clip.then(|| rid(n)),
        title: Text::line("Ada walks along a beach", 80),
        blob: blob(n),
        ready: true,
        id: rid(n + 100),
        grant: rid(80),
        serial: 1,
        role: Role::Face,
        from,
        time: NOW - u64::from(n) * 60,
        state: Text::line(state, 16),
    };
    vec![
        row(61, false, None, "draft"),
        row(64, true, None, "published"),
        row(65, true, Some(rid(64)), "published"),
    ]
}

pub(crate) fn cameos() -> Vec<CameoView> {
    let view = |n: u8, name: &str, mine: bool, granted: &[&str]| CameoView {
        cameo: rid(n),
        subject: if mine { me() } else { AuthorId([n; 32]) },
        name: Text::line(name, 40),
        mine,
        open: Open::Approved,
        approval: Approval::EveryUse,
        fresh_until: Some(NOW + 600),
        head: Some(3),
        revoked: 0,
        granted: granted.iter().map(|word| Text::line(word, 20)).collect(),
        witnessed: Text::default(),
        grants: Vec::new(),
    };
    vec![view(70, "Ada", true, &[]), view(71, "Cy", false, &["comedy", "music"]), view(72, "Dee", false, &[])]
}

/// Four seconds of a picture that turns from black to red, with silence.
pub(crate) fn footage() -> Arc<Footage> {
    let frame = |n: u8| [n * 5, 0, 0].repeat(128 * 80);
    Arc::new(Footage {
        width: 128,
        height: 80,
        fps: 12,
        frames: (0..48).map(frame).collect(),
        sample_rate: 8_000,
        channels: 1,
        samples: vec![0.0; 32_000],
    })
}

/// Gives the program the clip that it asked for, decoded.
pub(crate) fn load(app: &mut App, hash: BlobHash) -> Vec<Effect> {
    app.update(Message::Incoming(Incoming::Blob { hash, result: Ok(vec![1]) }));
    app.update(Message::Decoded { hash, result: Ok(footage()) })
}

/// Time goes on to so many milliseconds after the start.
pub(crate) fn tick(app: &mut App, millis: u64) -> Vec<Effect> {
    app.update(Message::Tick { now: Duration::from_millis(millis), heard: None })
}
