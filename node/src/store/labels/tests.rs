//! Labels in the store: they come and go as registers do, and what a viewer sees follows from those that stand.

use std::path::Path;

use kinora_protocol::check::Author;
use kinora_protocol::feed::Decision;
use kinora_protocol::record::{Comment, Delete, Follow, Meaning, Severity};

use super::*;
use crate::door::{Door, HIDDEN, Offer, Source};
use crate::store::Facts;
use crate::testing;

const NOW: u64 = 1_800_000_000;

struct Stage {
    folder: tempfile::TempDir,
    store: Store,
    me: Author,
    friend: Author,
    labeler: Author,
}

fn author(folder: &Path, name: &str) -> Author {
    let home = crate::home::Home::open(&folder.join(name)).unwrap();
    crate::keystore::Keystore::open_or_create(&home, None, NOW - 1_000).unwrap().author().clone()
}

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("records.redb"), kinora_protocol::NETWORK).unwrap()
}

/// A persona that follows a friend and listens to a labeler.
fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let [me, friend, labeler] = ["me", "friend", "labeler"].map(|name| author(folder.path(), name));
    let store = open(folder.path());
    let follow = Follow { author: friend.author_id(), set: true };
    store.put_all(&[me.sign(NOW, Body::Follow(follow)).unwrap()], NOW).unwrap();
    assert!(store.subscribe(&labeler.author_id(), BTreeMap::new()).unwrap());
    Stage { folder, store, me, friend, labeler }
}

fn clip(author: &Author, n: u8) -> Checked {
    author.sign(NOW, Body::Clip(Box::new(testing::clip(n)))).unwrap()
}

fn label(by: &Author, time: u64, on: Labelled, value: &str, set: bool) -> Checked {
    let label = Label { on, value: value.to_owned(), set, until: None, why: String::new() };
    by.sign(time, Body::Label(label)).unwrap()
}

fn declared(by: &Author) -> Checked {
    let meaning = |value: &str, severity| Meaning {
        value: value.to_owned(),
        severity,
        default: true,
        means: String::new(),
    };
    let values = vec![meaning("violence", Severity::Warn), meaning("spam", Severity::Hide)];
    by.sign(NOW, Body::Labeler(Labeler { name: "Watch".to_owned(), about: String::new(), values })).unwrap()
}

impl Stage {
    fn look(&self, clip: &Checked) -> Look {
        let Body::Clip(body) = &clip.record().body else { panic!("no clip") };
        self.store.viewer(self.me.author_id(), NOW).unwrap().look(clip, body).unwrap()
    }

    fn word(&self, clip: &Checked) -> &'static str {
        match self.look(clip).shown {
            Shown::Show => "show",
            Shown::Cover(_) => "cover",
            Shown::Hide(_) => "hide",
        }
    }

    fn put(&self, records: &[Checked]) -> Vec<Decision> {
        self.store.put_all(records, NOW).unwrap()
    }
}

#[test]
fn labels_come_and_go_and_survive_a_restart() {
    let mut stage = stage();
    let (theirs, by) = (clip(&stage.friend, 1), stage.labeler.clone());
    let on = Labelled::Clip(theirs.rid());
    stage.put(&[theirs.clone(), declared(&by), label(&by, NOW, on, "violence", true)]);
    assert_eq!(stage.word(&theirs), "cover");
    let spam = label(&by, NOW + 1, Labelled::Blob(BlobHash([1; 32])), "spam", true);
    stage.put(std::slice::from_ref(&spam));
    assert_eq!(stage.word(&theirs), "hide", "by its file");
    assert_eq!(stage.store.label_count(&by.author_id()).unwrap(), 2);

    drop(stage.store);
    stage.store = open(stage.folder.path());
    assert_eq!(stage.word(&theirs), "hide");
    let delete = by.sign(NOW + 2, Body::Delete(Delete { targets: vec![spam.rid()] })).unwrap();
    stage.put(&[delete]);
    assert_eq!(stage.word(&theirs), "cover", "a deleted label is none");
    stage.put(&[label(&by, NOW + 3, on, "violence", false)]);
    assert_eq!(stage.word(&theirs), "show", "it was taken off");
    let old = label(&by, NOW + 2, on, "violence", true);
    assert!(matches!(stage.put(&[old])[..], [Decision::Superseded(_)]), "an older one does not come back");
    assert_eq!(stage.word(&theirs), "show");
    stage.put(&[label(&by, NOW + 4, Labelled::Author(stage.friend.author_id()), "spam", true)]);
    assert_eq!(stage.word(&theirs), "hide", "by its author");
}

#[test]
fn nobody_else_counts_and_a_choice_is_kept_with_its_place() {
    let stage = stage();
    let theirs = clip(&stage.friend, 1);
    let on = Labelled::Clip(theirs.rid());
    stage.put(&[theirs.clone(), declared(&stage.friend), label(&stage.friend, NOW, on, "spam", true)]);
    assert_eq!(stage.word(&theirs), "show", "followed is not listened to");
    stage.put(&[declared(&stage.labeler), label(&stage.labeler, NOW, on, "spam", true)]);
    assert_eq!(stage.word(&theirs), "hide");
    let ignore = BTreeMap::from([("spam".to_owned(), Setting::Ignore)]);
    assert!(stage.store.subscribe(&stage.friend.author_id(), BTreeMap::new()).unwrap());
    assert!(stage.store.subscribe(&stage.labeler.author_id(), ignore.clone()).unwrap());
    let order: Vec<AuthorId> = stage.store.subscriptions().unwrap().iter().map(|s| s.labeler).collect();
    assert_eq!(order, [stage.labeler.author_id(), stage.friend.author_id()], "it keeps its place");
    assert_eq!(stage.store.subscriptions().unwrap()[0].settings, ignore);
    assert_eq!(stage.word(&theirs), "hide", "the friend says it too");
    assert!(stage.store.unsubscribe(&stage.friend.author_id()).unwrap());
    assert!(!stage.store.unsubscribe(&stage.friend.author_id()).unwrap());
    assert_eq!(stage.word(&theirs), "show");
    for n in 1..u8::try_from(LABELERS_MAX).unwrap() {
        assert!(stage.store.subscribe(&AuthorId([n; 32]), BTreeMap::new()).unwrap());
    }
    assert!(!stage.store.subscribe(&AuthorId([99; 32]), BTreeMap::new()).unwrap(), "there are enough");
}

#[test]
fn what_is_hidden_is_given_to_nobody_and_ones_own_decision_stands() {
    let stage = stage();
    let (theirs, hash) = (clip(&stage.friend, 1), BlobHash([1; 32]));
    let facts = Facts {
        size: 9,
        media: kinora_protocol::job::inspect::Media::Poster { width: 8, height: 8 },
        checks: Vec::new(),
        tag: None,
    };
    stage.put(&[theirs.clone(), declared(&stage.labeler)]);
    stage.store.set_blob_state(&hash, &BlobState::Complete(facts)).unwrap();
    let gives = || stage.store.gives(stage.me.author_id(), &hash, NOW).unwrap();
    assert!(gives());
    stage.put(&[label(&stage.labeler, NOW, Labelled::Clip(theirs.rid()), "spam", true)]);
    assert!(!gives());
    stage.store.rule(&theirs.rid(), Some(Ruling::Show)).unwrap();
    assert!(gives());
    assert_eq!(stage.look(&theirs).ruling, Some(Ruling::Show));
    stage.store.rule(&theirs.rid(), Some(Ruling::Hide)).unwrap();
    stage.put(&[label(&stage.labeler, NOW + 1, Labelled::Clip(theirs.rid()), "spam", false)]);
    assert!(!gives());
    stage.store.rule(&theirs.rid(), None).unwrap();
    assert!(gives());
    // A second clip of the same file that is not hidden gives it.
    stage.store.rule(&theirs.rid(), Some(Ruling::Hide)).unwrap();
    stage.put(&[clip(&stage.me, 1)]);
    assert!(gives());
}

#[test]
fn a_label_that_came_before_its_kind_was_known_takes_its_place() {
    let mut stage = stage();
    let theirs = clip(&stage.friend, 1);
    let on = Labelled::Clip(theirs.rid());
    let early = label(&stage.labeler, NOW, on, "spam", true);
    stage.put(&[theirs.clone(), declared(&stage.labeler)]);
    {
        let transaction = stage.store.inner.database.begin_write().unwrap();
        {
            // As a version without the kind stored it: for itself, in no register.
            let mut tables = Tables::open(&transaction).unwrap();
            tables.insert(&early, NOW).unwrap();
            tables.meta.insert("layout", 2).unwrap();
        }
        transaction.commit().unwrap();
    }
    drop(stage.store);
    stage.store = open(stage.folder.path());
    assert_eq!(stage.word(&theirs), "hide");
    let older = label(&stage.labeler, NOW - 1, on, "spam", false);
    assert!(matches!(stage.put(&[older])[..], [Decision::Superseded(rid)] if rid == early.rid()));
    stage.put(&[label(&stage.labeler, NOW + 1, on, "spam", false)]);
    assert_eq!(stage.word(&theirs), "show");
    assert_eq!(stage.store.counts().unwrap().records, 4, "and is kept once");
}

#[tokio::test]
async fn strangers_say_nothing_of_what_is_hidden_here() {
    let stage = stage();
    let stranger = author(stage.folder.path(), "stranger");
    let now = crate::clock::now_seconds();
    let (shown, hidden) = (clip(&stage.friend, 1), clip(&stage.friend, 2));
    let on = Labelled::Clip(hidden.rid());
    stage
        .store
        .put_all(
            &[
                shown.clone(),
                hidden.clone(),
                declared(&stage.labeler),
                label(&stage.labeler, NOW, on, "spam", true),
            ],
            NOW,
        )
        .unwrap();
    let door = Door::open(stage.store.clone(), stage.me.author_id()).unwrap();
    let offer = |by: &Author, on: Rid, text: &str| {
        let comment = Comment { on, text: text.to_owned() };
        let signed = by.sign(now, Body::Comment(comment)).unwrap();
        let door = door.clone();
        async move { door.offer(signed.bytes(), Source::Peer).await }
    };
    assert_eq!(offer(&stranger, hidden.rid(), "one").await, Offer::Dropped(HIDDEN));
    assert!(matches!(offer(&stranger, shown.rid(), "two").await, Offer::New(_)));
    assert!(matches!(offer(&stage.friend, hidden.rid(), "three").await, Offer::New(_)), "a friend may");
    let marked = label(&stage.labeler, NOW, Labelled::Author(stranger.author_id()), "spam", true);
    stage.store.put_all(&[marked], NOW).unwrap();
    assert_eq!(offer(&stranger, shown.rid(), "four").await, Offer::Dropped(HIDDEN));
    // A labeler's own records come in as those of somebody followed.
    let profile =
        stage.labeler.sign(now, Body::Profile(kinora_protocol::record::Profile::default())).unwrap();
    assert!(matches!(door.offer(profile.bytes(), Source::Peer).await, Offer::New(_)));
}
