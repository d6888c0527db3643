//! The store against the in-memory feed set, and across a restart.

use kinora_protocol::check::Author;
use kinora_protocol::feed::FeedSet;
use kinora_protocol::ids::AuthorId;
use kinora_protocol::job::inspect::ClipFacts;
use kinora_protocol::lineage::Direction;
use kinora_protocol::record::{Body, Comment, Delete, Follow, React};
use kinora_protocol::sync::Summary;
use proptest::prelude::*;

use super::*;
use crate::keystore::Keystore;

const NOW: u64 = 1_800_000_000;

fn author(folder: &Path) -> Author {
    let home = crate::home::Home::open(folder).unwrap();
    Keystore::open_or_create(&home, None, NOW - 1_000).unwrap().author().clone()
}

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("records.redb"), kinora_protocol::NETWORK).unwrap()
}

fn body(choice: u8, earlier: &[Checked]) -> Body {
    let target = earlier.get(usize::from(choice) / 4).map_or(Rid([choice; 32]), Checked::rid);
    match choice % 4 {
        0 => Body::Comment(Comment { on: Rid([9; 32]), text: format!("comment {choice}") }),
        1 => Body::React(React { on: Rid([8; 32]), mark: "♥".to_owned(), set: choice & 4 == 0 }),
        2 => Body::Follow(Follow { author: AuthorId([choice / 8; 32]), set: choice & 4 == 0 }),
        _ => Body::Delete(Delete { targets: vec![target] }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn the_store_keeps_what_the_feed_set_keeps(choices in proptest::collection::vec((any::<u8>(), 0u64..40), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let (author, store) = (author(folder.path()), open(folder.path()));
        let mut set = FeedSet::default();
        let mut made = Vec::new();
        for (choice, time) in choices {
            made.push(author.sign(NOW - time, body(choice, &made)).unwrap());
        }
        let decided = store.put_all(&made, NOW).unwrap();
        for (checked, decision) in made.iter().zip(decided) {
            prop_assert_eq!(set.insert(checked.clone(), NOW), decision);
        }
        let live: Vec<Rid> = set.live().map(Checked::rid).collect();
        prop_assert_eq!(store.counts().unwrap().records, live.len() as u64);
        for rid in &live {
            prop_assert!(store.get(rid).unwrap().is_some());
        }
        prop_assert_eq!(
            kinora_protocol::sync::Shelf::summary(&store, &author.author_id()),
            Summary::of(live.iter())
        );
        let ids = kinora_protocol::sync::Shelf::ids(&store, &author.author_id(), None, 1_000);
        prop_assert_eq!(ids.len(), live.len());
        prop_assert!(ids.windows(2).all(|w| (w[0].time, w[0].rid) > (w[1].time, w[1].rid)));
    }
}

#[test]
fn what_is_stored_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let author = author(folder.path());
    let one = author.sign(NOW, Body::Follow(Follow { author: AuthorId([3; 32]), set: true })).unwrap();
    {
        let store = open(folder.path());
        store.put_all(std::slice::from_ref(&one), NOW).unwrap();
        store.put_job(4, b"job").unwrap();
    }
    let store = open(folder.path());
    assert_eq!(store.get(&one.rid()).unwrap().unwrap(), one);
    assert_eq!(store.following(&author.author_id()).unwrap(), [AuthorId([3; 32])]);
    assert_eq!(store.jobs().unwrap(), [(4, b"job".to_vec())]);
    assert_eq!(store.put_all(&[one], NOW).unwrap(), [Decision::Known]);
}

#[test]
fn a_record_of_the_future_is_held_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let (author, store) = (author(folder.path()), open(folder.path()));
    let later = author.sign(NOW + 5_000, body(0, &[])).unwrap();
    assert!(matches!(store.put_all(std::slice::from_ref(&later), NOW).unwrap()[..], [Decision::Hold { .. }]));
    assert!(store.take_held(NOW).unwrap().is_empty());
    assert_eq!(store.take_held(NOW + 5_000).unwrap(), [later.bytes().to_vec()]);
    assert!(store.take_held(NOW + 5_000).unwrap().is_empty());
}

#[test]
fn a_store_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    {
        let store = open(folder.path());
        let transaction = store.inner.database.begin_write().unwrap();
        Tables::open(&transaction).unwrap().meta.insert("layout", LAYOUT + 1).unwrap();
        transaction.commit().unwrap();
    }
    let refused = Store::open(&folder.path().join("records.redb"), kinora_protocol::NETWORK);
    assert!(matches!(refused, Err(StoreError::Newer(layout)) if layout == LAYOUT + 1));
}

/// The record of a clip with these parents.
fn clip(author: &Author, n: u8, parents: &[Rid]) -> Checked {
    let clip = kinora_protocol::record::Clip { parents: parents.to_vec(), ..crate::testing::clip(n) };
    author.sign(NOW - 100 + u64::from(n), Body::Clip(Box::new(clip))).unwrap()
}

fn relatives(store: &Store, clip: Rid, direction: Direction) -> Vec<(Rid, usize)> {
    store.lineage(clip, direction).unwrap().steps.iter().map(|step| (step.clip, step.depth)).collect()
}

#[test]
fn the_index_of_children_follows_clips_as_they_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let (author, store) = (author(folder.path()), open(folder.path()));
    let parent = clip(&author, 1, &[]);
    let [older, newer] = [clip(&author, 2, &[parent.rid()]), clip(&author, 3, &[parent.rid()])];
    let grandchild = clip(&author, 4, &[newer.rid(), Rid([9; 32])]);
    // Children come before their parent, as they may on a network.
    store.put_all(&[grandchild.clone(), newer.clone(), older.clone(), parent.clone()], NOW).unwrap();
    let down = relatives(&store, parent.rid(), Direction::Descendants);
    assert_eq!(down, [(older.rid(), 1), (newer.rid(), 1), (grandchild.rid(), 2)]);
    let up = relatives(&store, grandchild.rid(), Direction::Ancestors);
    assert_eq!(up, [(newer.rid(), 1), (parent.rid(), 2), (Rid([9; 32]), 1)]);

    let gone = author.sign(NOW, Body::Delete(Delete { targets: vec![newer.rid()] })).unwrap();
    store.put_all(&[gone], NOW).unwrap();
    assert_eq!(relatives(&store, parent.rid(), Direction::Descendants), [(older.rid(), 1)]);
    let up = relatives(&store, grandchild.rid(), Direction::Ancestors);
    assert_eq!(
        up,
        [(newer.rid(), 1), (Rid([9; 32]), 1)],
        "a deleted parent is still named, and hides its own"
    );
    assert_eq!(relatives(&store, newer.rid(), Direction::Descendants), [(grandchild.rid(), 1)]);
}

#[test]
fn a_manifest_waits_for_record_and_file_and_again_for_a_parent() {
    let folder = tempfile::tempdir().unwrap();
    let (author, store) = (author(folder.path()), open(folder.path()));
    let waiting = || store.unproven(10).unwrap();
    let parent = clip(&author, 1, &[]);
    let child = clip(&author, 2, &[parent.rid()]);
    let here = |n: u8| {
        let format = kinora_protocol::recipe::Format { width: 64, height: 48, fps: 12, frames: 12 };
        let media = Media::Clip(ClipFacts { format, sample_rate: 0, channels: 0, fragments: 1 });
        let state = BlobState::Complete(Facts { size: 9, media, checks: Vec::new(), tag: None });
        store.set_blob_state(&kinora_protocol::ids::BlobHash([n; 32]), &state).unwrap();
    };
    store.put_all(std::slice::from_ref(&child), NOW).unwrap();
    assert_eq!(waiting(), [], "its file is not here");
    here(2);
    assert_eq!(waiting(), [child.rid()]);
    let found = Check::pass(CheckName::Provenance, "signed");
    store.set_provenance(&child.rid(), Some(&found)).unwrap();
    assert_eq!((waiting(), store.provenance(&child.rid()).unwrap()), (Vec::new(), Some(found.clone())));

    here(1);
    assert_eq!(waiting(), [], "no record names that file");
    store.put_all(std::slice::from_ref(&parent), NOW).unwrap();
    let mut both = [parent.rid(), child.rid()];
    both.sort_unstable();
    assert_eq!(waiting(), both, "the parent, and the child whose lineage is known now");
    assert_eq!(store.provenance(&child.rid()).unwrap(), None);

    let gone = author.sign(NOW, Body::Delete(Delete { targets: vec![child.rid()] })).unwrap();
    store.put_all(&[gone], NOW).unwrap();
    assert_eq!(waiting(), [parent.rid()]);
    store.set_provenance(&child.rid(), Some(&found)).unwrap();
    assert_eq!(store.provenance(&child.rid()).unwrap(), None, "an answer that comes too late is dropped");
}

#[test]
fn a_store_without_the_index_of_children_gets_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let author = author(folder.path());
    let parent = clip(&author, 1, &[]);
    let child = clip(&author, 2, &[parent.rid()]);
    {
        let store = open(folder.path());
        store.put_all(&[parent.clone(), child.clone()], NOW).unwrap();
        let transaction = store.inner.database.begin_write().unwrap();
        transaction.delete_table(tables::CHILDREN).unwrap();
        Tables::open(&transaction).unwrap().meta.insert("layout", 1).unwrap();
        transaction.commit().unwrap();
        assert!(relatives(&store, parent.rid(), Direction::Descendants).is_empty());
    }
    let store = open(folder.path());
    assert_eq!(relatives(&store, parent.rid(), Direction::Descendants), [(child.rid(), 1)]);
}

#[test]
fn what_is_known_of_a_blob_comes_back_and_older_judgements_are_made_again() {
    use kinora_protocol::job::inspect::ClipFacts;
    use kinora_protocol::recipe::Format;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let format = Format { width: 64, height: 48, fps: 12, frames: 24 };
    let clip = Media::Clip(ClipFacts { format, sample_rate: 24_000, channels: 1, fragments: 2 });
    let checks = vec![Check::pass(CheckName::Decode, "all 24 frames")];
    for state in [
        BlobState::Wanted,
        BlobState::Sized(7),
        BlobState::Complete(Facts { size: 9, media: clip, checks, tag: None }),
        BlobState::Complete(Facts {
            size: 9,
            media: Media::Poster { width: 3, height: 2 },
            checks: Vec::new(),
            tag: Some([7; 8].into()),
        }),
        BlobState::Refused { reason: "no clip".to_owned() },
        BlobState::Uninspected { reason: "it crashed".to_owned() },
    ] {
        store.set_blob_state(&BlobHash([1; 32]), &state).unwrap();
        assert_eq!(store.blob_state(&BlobHash([1; 32])).unwrap(), Some(state));
    }
    for old in [1, 4, 5] {
        let bytes = [&[old][..], &[0; 20]].concat();
        assert_eq!(states::read(&bytes).unwrap(), BlobState::Wanted);
    }
    assert!(states::read(&[6, b'{']).is_err() && states::read(&[]).is_err());
}

/// A value that was read does not keep its snapshot: the page it lay in was freed under it by a write beside.
#[test]
fn what_is_read_beside_writes_is_not_freed_under_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let hash = BlobHash([7; 32]);
    let refused = |n: u32| BlobState::Refused { reason: format!("{n:0>3000}") };
    store.set_blob_state(&hash, &refused(0)).unwrap();
    std::thread::scope(|scope| {
        let writes = scope.spawn(|| (1..60).for_each(|n| store.set_blob_state(&hash, &refused(n)).unwrap()));
        while !writes.is_finished() {
            let state = store.blob_state(&hash).unwrap();
            assert!(matches!(state, Some(BlobState::Refused { reason }) if reason.len() == 3_000));
        }
        writes.join().unwrap();
    });
}
