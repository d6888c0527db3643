//! Tables of the fetch queue: order, bounds, backoff and blame.

use super::*;

fn hash(n: u16) -> BlobHash {
    BlobHash::of(&n.to_le_bytes())
}

fn want(n: u16, class: Class) -> Want {
    Want { hash: hash(n), size: 1_000, class }
}

fn key(n: u8) -> TransportKey {
    TransportKey([n; 32])
}

#[test]
fn sizes_are_refused_before_anything_starts() {
    let cases = [
        (Class::Clip, 0, Err(Unwanted::Empty)),
        (Class::Clip, CLIP_AUTO_FETCH_BYTES_MAX, Ok(())),
        (
            Class::Clip,
            CLIP_AUTO_FETCH_BYTES_MAX + 1,
            Err(Unwanted::TooLarge { size: CLIP_AUTO_FETCH_BYTES_MAX + 1, max: CLIP_AUTO_FETCH_BYTES_MAX }),
        ),
        (Class::Asked, CLIP_BYTES_MAX, Ok(())),
        (Class::Asked, u64::MAX, Err(Unwanted::TooLarge { size: u64::MAX, max: CLIP_BYTES_MAX })),
        (
            Class::Poster,
            POSTER_BYTES_MAX + 1,
            Err(Unwanted::TooLarge { size: POSTER_BYTES_MAX + 1, max: POSTER_BYTES_MAX }),
        ),
    ];
    for (class, size, expected) in cases {
        let mut queue = Fetcher::default();
        assert_eq!(queue.want(0, Want { hash: hash(1), size, class }), expected, "{class:?} {size}");
        assert_eq!(queue.start(0).len(), usize::from(expected.is_ok()));
    }
}

#[test]
fn posters_before_clips_and_what_was_asked_for_before_both() {
    let mut queue = Fetcher::default();
    for (n, class) in [(1, Class::Clip), (2, Class::Poster), (3, Class::Clip), (4, Class::Asked)] {
        queue.want(0, want(n, class)).unwrap();
    }
    let first: Vec<_> = queue.start(0).iter().map(|w| w.hash).collect();
    assert_eq!(first, [hash(4), hash(2), hash(1)]);
    assert!(queue.start(0).is_empty(), "only {RUNNING_MAX} at a time");
    assert_eq!(queue.wake(), None);
    queue.ended(5, &hash(2), &Ending::Complete);
    assert_eq!(queue.start(5).iter().map(|w| w.hash).collect::<Vec<_>>(), [hash(3)]);
}

#[test]
fn failures_wait_twice_as_long_each_time_and_new_peers_end_the_wait() {
    let mut queue = Fetcher::default();
    queue.want(0, want(1, Class::Clip)).unwrap();
    let mut now = 0;
    for wait in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000] {
        assert_eq!(queue.start(now).len(), 1);
        queue.ended(now, &hash(1), &Ending::Missing);
        assert_eq!(queue.wake(), Some(now + wait));
        assert!(queue.start(now + wait - 1).is_empty());
        assert!(!queue.is_fetching(&hash(1)));
        now += wait;
    }
    assert_eq!(queue.start(now).len(), 1);
    queue.ended(now, &hash(1), &Ending::Local);
    queue.peers_changed(now + 3);
    assert_eq!(queue.start(now + 3).len(), 1, "due at once");
}

#[test]
fn who_gave_wrong_bytes_is_not_asked_for_them_again() {
    let mut queue = Fetcher::default();
    queue.want(0, want(1, Class::Clip)).unwrap();
    queue.want(0, want(2, Class::Clip)).unwrap();
    assert_eq!(queue.start(0).len(), 2);
    queue.ended(0, &hash(1), &Ending::Wrong(vec![key(9)]));
    assert!(!queue.allows(&hash(1), &key(9)));
    assert!(queue.allows(&hash(1), &key(8)), "others are");
    assert!(queue.allows(&hash(2), &key(9)), "and for other blobs");
    // Enough liars end it; the queue stays usable.
    let liars: Vec<_> = (0..40).map(key).collect();
    queue.ended(0, &hash(1), &Ending::Wrong(liars));
    queue.ended(0, &hash(2), &Ending::Complete);
    assert_eq!(queue.want(9, want(1, Class::Asked)), Err(Unwanted::GivenUp));
    assert!(queue.start(u64::MAX).is_empty());
    assert_eq!(queue.wake(), None);
}

#[test]
fn the_queue_is_bounded_and_forgetting_makes_room() {
    let mut queue = Fetcher::default();
    for n in 0..u16::try_from(WANTS_MAX).unwrap() {
        queue.want(0, want(n, Class::Clip)).unwrap();
    }
    assert_eq!(queue.want(0, want(60_000, Class::Clip)), Err(Unwanted::Full));
    assert_eq!(queue.want(0, want(7, Class::Asked)), Ok(()), "known ones may still be asked for");
    queue.forget(&hash(1));
    assert_eq!(queue.want(0, want(60_000, Class::Clip)), Ok(()));
    assert_eq!(queue.start(0).first().map(|w| w.hash), Some(hash(7)));
    queue.forget(&hash(7));
    queue.ended(1, &hash(7), &Ending::Missing);
    assert!(!queue.is_fetching(&hash(7)), "the end of a forgotten attempt changes nothing");
}

#[test]
fn what_the_user_asks_for_finds_room_in_a_full_queue() {
    let mut queue = Fetcher::default();
    for n in 0..u16::try_from(WANTS_MAX).unwrap() {
        queue.want(0, want(n, Class::Clip)).unwrap();
    }
    assert_eq!(queue.start(0).len(), RUNNING_MAX);
    queue.ended(0, &hash(1), &Ending::Missing);
    assert_eq!(queue.want(1, want(60_000, Class::Clip)), Err(Unwanted::Full));
    assert_eq!(queue.want(1, want(60_000, Class::Asked)), Ok(()));
    assert_eq!(queue.len(), WANTS_MAX, "the bound holds");
    assert!(!queue.allows(&hash(1), &key(1)), "what had failed gave its place");
    assert!(queue.is_fetching(&hash(0)), "what runs stays");
    assert_eq!(queue.start(1).first().map(|w| w.hash), Some(hash(60_000)));
    // A queue of nothing but wishes is full for everybody.
    let mut wishes = Fetcher::default();
    for n in 0..u16::try_from(WANTS_MAX).unwrap() {
        wishes.want(0, want(n, Class::Asked)).unwrap();
    }
    assert_eq!(wishes.want(0, want(60_000, Class::Asked)), Err(Unwanted::Full));
}

#[test]
fn what_would_not_be_shown_any_more_is_let_go_of_unless_the_user_waits_for_it() {
    let mut queue = Fetcher::default();
    queue.want(0, want(1, Class::Clip)).unwrap();
    queue.want(0, want(2, Class::Asked)).unwrap();
    queue.forget_unasked(&hash(1));
    queue.forget_unasked(&hash(2));
    assert!(!queue.is_fetching(&hash(1)) && queue.is_fetching(&hash(2)));
    queue.forget(&hash(2));
    assert!(queue.is_empty());
}
