//! What is blocked, against a real store: each refusal with its twin that is taken.

use kinora_protocol::check::Author;
use kinora_protocol::fingerprint::Second;
use kinora_protocol::job::inspect::{ClipFacts, Media};
use kinora_protocol::limits::FINGERPRINT_QUALITY_MIN;
use kinora_protocol::record::{List, ListEntry};

use super::*;
use crate::keystore::Keystore;
use crate::store::{BlobState, Facts, TakenDown};
use crate::testing;

const NOW: u64 = 1_800_000_000;

struct Stage {
    _folders: [tempfile::TempDir; 3],
    store: Store,
    me: Author,
    other: Author,
    seen: Seen,
}

fn author(folder: &std::path::Path) -> Author {
    let home = crate::home::Home::open(folder).unwrap();
    Keystore::open_or_create(&home, None, NOW - 1_000).unwrap().author().clone()
}

impl Stage {
    fn new() -> Self {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [me, other] = [author(folders[0].path()), author(folders[1].path())];
        let store = Store::open(&folders[2].path().join("records.redb"), kinora_protocol::NETWORK).unwrap();
        let seen = Seen::open(store.clone(), me.author_id()).unwrap();
        Self { _folders: folders, store, me, other, seen }
    }

    /// A clip with a file of its own is published and arrives.
    fn arrives(&self, n: u8, print: &Fingerprint) -> Option<Barred> {
        let file = BlobHash([n; 32]);
        let clip = testing::clip(n);
        let signed = self.me.sign(NOW, Body::Clip(Box::new(clip))).unwrap();
        self.store.put_all(&[signed], NOW).unwrap();
        let barred = self.seen.arrive(&file, Some(&Print { still: false, of: print.clone() })).unwrap();
        let state = match &barred {
            Some(barred) => BlobState::Barred(Box::new(barred.clone())),
            None => BlobState::Complete(facts()),
        };
        self.store.set_blob_state(&file, &state).unwrap();
        barred
    }

    fn state(&self, n: u8) -> BlobState {
        self.store.blob_state(&BlobHash([n; 32])).unwrap().unwrap()
    }

    /// A page of the other author's list.
    fn page(&self, time: u64, prints: &[&Fingerprint]) {
        let entry = |print: &&Fingerprint| ListEntry {
            reason: "a fake\u{202e}".to_owned(),
            file: Some(BlobHash([99; 32])),
            seconds: print.seconds.iter().map(|second| second.pack().into()).collect(),
        };
        let list = List { name: "no-fakes".to_owned(), page: 0, entries: prints.iter().map(entry).collect() };
        self.store.put_all(&[self.other.sign(time, Body::List(list)).unwrap()], NOW).unwrap();
    }

    fn withdrawn(&self, clip: u8, cameo: u8, print: &Fingerprint) {
        let (file, clip) = (BlobHash([clip; 32]), Rid([clip; 32]));
        let gone = TakenDown { file, clip, cameos: vec![Rid([cameo; 32])], seconds: print.seconds.clone() };
        self.store.remember_withdrawn(&gone).unwrap();
    }

    fn refresh(&self) -> sweep::Swept {
        self.seen.refresh(false).unwrap()
    }
}

fn facts() -> Facts {
    let media = Media::Clip(ClipFacts { format: testing::FORMAT, sample_rate: 0, channels: 0, fragments: 1 });
    Facts { size: 9, media, checks: Vec::new(), tag: None }
}

/// Seconds that no two numbers share.
fn print(from: u8, count: u8) -> Fingerprint {
    let hash = |n: u8| std::array::from_fn(|i| blake3::hash(&[n, i as u8]).as_bytes()[0]);
    let seconds = (from..from + count).map(|n| Second { hash: hash(n).into(), quality: 90 }).collect();
    Fingerprint { seconds, ..Fingerprint::default() }
}

/// As a re-encode leaves it: some bits of each second are others.
fn again(print: &Fingerprint, bits: usize) -> Fingerprint {
    let mut out = print.clone();
    for second in &mut out.seconds {
        (0..bits).for_each(|bit| second.hash[bit % 32] ^= 1 << (bit / 32));
    }
    out
}

#[test]
fn a_copy_of_a_withdrawn_clip_is_refused_and_its_twin_with_the_consent_is_taken() {
    let stage = Stage::new();
    let shown = print(0, 4);
    stage.withdrawn(50, 7, &shown);
    stage.refresh();
    let admit = |n: u8, print: &Fingerprint, cameos: &[Rid]| {
        stage.seen.admit(&BlobHash([n; 32]), print, cameos).map_err(|error| error.message)
    };
    for (what, copy) in [
        ("re-encoded", again(&shown, 31)),
        ("four of five seconds", Fingerprint { seconds: print(0, 5).seconds, ..Fingerprint::default() }),
        ("mirrored", Fingerprint { mirrored: shown.seconds.clone(), ..print(60, 4) }),
        ("a part", Fingerprint { seconds: shown.seconds[1..3].to_vec(), ..Fingerprint::default() }),
    ] {
        let refused = admit(1, &copy, &[]).unwrap_err();
        assert!(refused.contains("32323232") && refused.contains("consent withdrawn"), "{what}: {refused}");
        assert_eq!(admit(1, &copy, &[Rid([7; 32])]), Ok(()), "{what}, with the consent");
        assert!(admit(1, &copy, &[Rid([8; 32])]).is_err(), "{what}, with another's consent");
    }
    assert_eq!(admit(1, &again(&shown, 32), &[]), Ok(()), "a bit further it is another picture");
    assert_eq!(admit(1, &print(100, 4), &[]), Ok(()));
    // The file itself is refused by its hash, before anything of it is fetched.
    assert!(stage.seen.refused_unseen(&BlobHash([50; 32])).unwrap().is_some());
    assert!(stage.seen.refused_unseen(&BlobHash([51; 32])).unwrap().is_none());
    assert!(admit(50, &Fingerprint::default(), &[]).unwrap_err().contains("it is the file of clip"));
}

#[test]
fn an_exception_shows_what_only_looks_alike_and_never_the_withdrawn_file() {
    let stage = Stage::new();
    let shown = print(0, 3);
    stage.withdrawn(50, 7, &shown);
    stage.refresh();
    assert!(stage.arrives(1, &again(&shown, 9)).is_some());
    stage.store.allow(&BlobHash([1; 32]), true).unwrap();
    assert!(stage.refresh().changed);
    assert_eq!(stage.state(1), BlobState::Wanted, "its file had left the disk");
    stage.store.allow(&BlobHash([1; 32]), false).unwrap();
    stage.refresh();
    assert!(matches!(stage.state(1), BlobState::Barred(_)));
    stage.store.allow(&BlobHash([50; 32]), true).unwrap();
    stage.refresh();
    let refused = stage.seen.admit(&BlobHash([50; 32]), &shown, &[]).unwrap_err();
    assert!(refused.hints.iter().all(|hint| !hint.contains("allow")), "{refused:?}");
}

#[test]
fn what_is_here_when_a_clip_is_taken_down_goes_with_it() {
    let stage = Stage::new();
    let shown = print(0, 4);
    assert_eq!(stage.arrives(1, &again(&shown, 20)), None);
    assert_eq!(stage.arrives(2, &print(60, 4)), None);
    stage.withdrawn(50, 7, &shown);
    assert_eq!(stage.refresh().gone, [BlobHash([1; 32])]);
    let BlobState::Barred(barred) = stage.state(1) else { panic!("{:?}", stage.state(1)) };
    assert_eq!((barred.by, barred.facts), (BarredBy::Withdrawn(Rid([50; 32])), None));
    assert_eq!(stage.state(2), BlobState::Complete(facts()));
    // After a restart nothing has to happen again.
    let again = Seen::open(stage.store.clone(), stage.me.author_id()).unwrap();
    assert_eq!(again.refresh(true).unwrap(), sweep::Swept::default());
}

#[test]
fn a_list_hides_what_is_here_and_refuses_what_comes_as_long_as_it_is_subscribed_to() {
    let stage = Stage::new();
    let fake = print(0, 4);
    let them = stage.other.author_id();
    stage.page(NOW - 50, &[&fake]);
    stage.refresh();
    assert_eq!(stage.arrives(1, &again(&fake, 12)), None, "nobody subscribed: the list does nothing");
    stage.store.subscribe_list(&them, Some("other"), true).unwrap();
    assert!(!stage.refresh().changed, "another list of theirs");
    stage.store.subscribe_list(&them, Some("no-fakes"), true).unwrap();
    let swept = stage.refresh();
    assert!(swept.changed && swept.gone.is_empty(), "it is hidden and stays on the disk");
    let BlobState::Barred(barred) = stage.state(1) else { panic!("{:?}", stage.state(1)) };
    assert_eq!(barred.facts, Some(facts()));
    assert!(barred.reason.contains("no-fakes") && barred.reason.ends_with("a fake"), "{}", barred.reason);
    assert!(stage.arrives(2, &again(&fake, 3)).is_some());
    assert_eq!(stage.arrives(3, &print(90, 4)), None);
    // Its author takes it off: what was hidden is shown, what was refused is wanted.
    stage.page(NOW - 40, &[]);
    stage.refresh();
    assert_eq!((stage.state(1), stage.state(2)), (BlobState::Complete(facts()), BlobState::Wanted));
    // And again on it; then the subscription ends.
    stage.page(NOW - 30, &[&fake]);
    stage.refresh();
    assert!(matches!(stage.state(1), BlobState::Barred(_)));
    stage.store.subscribe_list(&them, Some("no-fakes"), false).unwrap();
    stage.refresh();
    assert_eq!(stage.state(1), BlobState::Complete(facts()));
}

#[test]
fn plain_pictures_are_never_blocked() {
    let stage = Stage::new();
    let mut flat = print(0, 4);
    stage.page(NOW - 50, &[&flat]);
    stage.store.subscribe_list(&stage.other.author_id(), None, true).unwrap();
    stage.refresh();
    assert!(stage.arrives(1, &flat).is_some());
    flat.seconds.iter_mut().for_each(|second| second.quality = FINGERPRINT_QUALITY_MIN - 1);
    assert_eq!(stage.arrives(2, &flat), None);
}
