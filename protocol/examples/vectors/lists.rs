//! Vectors of block lists: pages that hold, pages that are refused, a page that is replaced, and the calls about them.

use ipld_core::ipld::Ipld;
use kinora_protocol::api::{
    BlockAnswer, BlockCall, BlockView, ClipState, FindWhat, Found, FoundClip, HeldView, Likeness, ListView,
    Request as Call, Response, SamePicture, VerifyWhat,
};
use kinora_protocol::check::{Author, Checked};
use kinora_protocol::fingerprint::{Fingerprint, SECOND_BYTES, Second};
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::limits::{LIST_ENTRIES_MAX, LIST_PAGES_MAX, LIST_SECONDS_MAX};
use kinora_protocol::record::{Body, List, ListEntry};
use kinora_protocol::text::Text;

use super::Fallible;
use super::verdicts::{kind, map};

/// A fingerprint of three seconds, the last of which shows nothing.
pub(super) fn fingerprint() -> Fingerprint {
    let second = |n: u8, quality| Second { hash: std::array::from_fn(|i| n ^ i as u8).into(), quality };
    Fingerprint {
        seconds: vec![second(0x5a, 100), second(0xa5, 50), second(0, 3)],
        sound: vec![0x1234_5678, u32::MAX],
        mirrored: vec![second(0xc3, 100), second(0x99, 50), second(0, 3)],
        altered: vec![second(0x3c, 70)],
    }
}

fn entry(seed: u8) -> ListEntry {
    let telling = fingerprint().seconds.into_iter().filter(Second::is_telling);
    ListEntry {
        reason: "a likeness without consent".to_owned(),
        file: Some(BlobHash([seed; 32])),
        seconds: telling.map(|second| second.pack().into()).collect(),
    }
}

fn page(page: u32, entries: Vec<ListEntry>) -> Body {
    Body::List(List { name: "no-fakes".to_owned(), page, entries })
}

pub(super) fn bodies() -> Vec<(&'static str, Body)> {
    let (file, pictures) =
        (ListEntry { seconds: Vec::new(), ..entry(1) }, ListEntry { file: None, ..entry(2) });
    vec![
        ("list", page(0, vec![entry(1)])),
        ("list, the last page", page(LIST_PAGES_MAX - 1, vec![file, pictures])),
        ("list, taken off", page(0, Vec::new())),
    ]
}

/// Pages at their bounds and beyond.
pub(super) fn refused() -> Fallible<Vec<(&'static str, Vec<u8>)>> {
    let second = |quality: u8| Ipld::Bytes([&[7; SECOND_BYTES - 1][..], &[quality]].concat());
    let entry = |seconds: Vec<Ipld>| map([("reason", "".into()), ("seconds", Ipld::List(seconds))]);
    let of = |name: &str, page: u32, entries: Vec<Ipld>| {
        kind("list", map([("name", name.into()), ("page", page.into()), ("entries", Ipld::List(entries))]))
    };
    let one = |entry: Ipld| of("no-fakes", 0, vec![entry]);
    Ok(vec![
        ("a page whose second just tells something", one(entry(vec![second(50)]))?),
        ("a page whose second tells nothing", one(entry(vec![second(49)]))?),
        ("a page whose second is better than can be", one(entry(vec![second(101)]))?),
        ("a page with a second of 32 bytes", one(entry(vec![Ipld::Bytes(vec![100; 32])]))?),
        ("a page whose entry names nothing", one(entry(Vec::new()))?),
        ("a page of 120 seconds", one(entry(vec![second(50); LIST_SECONDS_MAX]))?),
        ("a page of 121 seconds in one entry", one(entry(vec![second(50); LIST_SECONDS_MAX + 1]))?),
        ("a page of 65 entries", of("a", 0, vec![entry(vec![second(50)]); LIST_ENTRIES_MAX + 1])?),
        ("a page beyond the last", of("a", LIST_PAGES_MAX, Vec::new())?),
        ("a list without a name", of("", 0, Vec::new())?),
        ("a list whose name is no word", of("No Fakes", 0, Vec::new())?),
    ])
}

/// The newer page counts, and another page is another register.
pub(super) fn written(by: &Author) -> Fallible<Vec<Checked>> {
    let at = |time, body| -> Fallible<Checked> { Ok(by.sign(time, body)?) };
    Ok(vec![
        at(10, page(0, vec![entry(1)]))?,
        at(10, page(1, vec![entry(2)]))?,
        at(12, page(0, Vec::new()))?,
        at(11, page(0, vec![entry(3)]))?,
    ])
}

pub(super) fn calls() -> Vec<Call> {
    let (clip, author) = (Rid([1; 32]), AuthorId([2; 32]));
    let list = || "no-fakes".to_owned();
    let what = VerifyWhat::File("/films/fog.mp4".to_owned());
    let block = |call| Call::Block(Box::new(call));
    vec![
        block(BlockCall::Add { what, list: list(), reason: "a fake".to_owned() }),
        block(BlockCall::Remove { what: VerifyWhat::Clip(clip), list: list() }),
        block(BlockCall::Subscribe { author, list: None, on: true }),
        block(BlockCall::Subscribe { author, list: Some(list()), on: false }),
        block(BlockCall::Show),
        block(BlockCall::Allow { file: BlobHash([3; 32]), on: true }),
        Call::Find { what: FindWhat::Clip(clip) },
        Call::Find { what: FindWhat::File("/films/fog.mp4".to_owned()) },
        Call::Find { what: FindWhat::Tag("0102030405060708".to_owned()) },
    ]
}

pub(super) fn answers() -> Vec<Response> {
    let (clip, author) = (Rid([1; 32]), AuthorId([2; 32]));
    let view = |list: Option<&str>| ListView {
        author,
        author_name: Text::line("Ada", 48),
        list: list.map(str::to_owned),
        entries: 2,
    };
    let blocks = BlockView {
        own: vec![view(Some("no-fakes"))],
        subscribed: vec![view(None)],
        withdrawn: 1,
        held: vec![HeldView {
            file: BlobHash([3; 32]),
            clip: Some(clip),
            reason: Text::line("an example", 80),
        }],
        allowed: vec![BlobHash([4; 32])],
    };
    let found = FoundClip {
        clip,
        author: Some(author),
        title: Text::line("Fog", 80),
        state: ClipState::Ready,
        same_file: false,
        same_tag: true,
        picture: Some(Likeness {
            percent: 100,
            is_copy: true,
            mirrored: true,
            seconds: vec![SamePicture { ours: 0, theirs: 2, bits: 6 }],
        }),
        sound_percent: Some(93),
    };
    let found = Found { tag: Some("0102030405060708".to_owned()), seconds: 1, clips: vec![found] };
    vec![
        Response::Block(Box::new(BlockAnswer::Page { rid: clip, page: 0, seconds: 4 })),
        Response::Block(Box::new(BlockAnswer::Blocks(blocks))),
        Response::Found(Box::new(found)),
    ]
}
