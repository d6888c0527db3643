//! The queue's rules, without a process or a disk.

use kinora_protocol::job::StageTime;
use kinora_protocol::recipe::Transition;
use kinora_protocol::shot::{Reading, Scene, Shot, vocabulary as v};
use kinora_protocol::text::Text;

use super::*;

pub(crate) fn entry(draft: bool) -> Entry {
    let request = MakeRequest { prompt: "a fox".into(), seed: Some(7), draft, ..MakeRequest::default() };
    let reading: Reading = Shot::parse("a fox").unwrap();
    let job = Job {
        id: 0,
        prompt: Text::line("a fox", 100),
        reading,
        seed: 7,
        millis: 4_000,
        state: JobState::Queued,
        created: 1,
        elapsed_millis: 0,
        times: Vec::new(),
        recipe: None,
    };
    Entry {
        job,
        request,
        frames: 48,
        next: Vec::new(),
        parents: Vec::new(),
        cut: None,
        tag: [9; 8].into(),
        kept: None,
        made: None,
        signed: None,
    }
}

fn made() -> Made {
    let format = Format { width: 128, height: 80, fps: 12, frames: 48 };
    Made { blob: BlobHash([1; 32]), size: 9, poster: Some((BlobHash([2; 32]), 3)), format }
}

pub(crate) fn rendered() -> Rendered {
    let scene = Scene {
        subject: v::Subject::Fox,
        colour: v::Colour::Orange,
        action: v::Action::Runs,
        place: v::Place::Beach,
        time: v::Time::Sunset,
        weather: v::Weather::Clear,
        framing: v::Framing::Medium,
        camera: v::Camera::Static,
        speed: v::Speed::Normal,
        style: v::Style::Plain,
        mood: v::Mood::Calm,
        music: v::Music::On,
        angle: v::Angle::EyeLevel,
        size: v::Size::Normal,
        count: v::Count::One,
        partner: None,
    };
    let recipe = kinora_protocol::recipe::Recipe {
        engine: "pocket-v0".into(),
        weights: BlobHash([3; 32]),
        executor: "cpu".into(),
        seed: 7,
        steps: 8,
        guidance_percent: 150,
        format: made().format,
        shot: Shot::default(),
        scene,
        next: Vec::new(),
        switches: Default::default(),
        given: Default::default(),
    };
    let times = vec![StageTime { stage: Stage::Denoise, millis: 10_000 }];
    Rendered { recipe: Some(recipe), clip: vec![1], poster: vec![2], format: made().format, times }
}

#[test]
fn one_at_a_time_in_order() {
    let mut queue = Queue::default();
    let first = queue.push(entry(false)).unwrap();
    let second = queue.push(entry(false)).unwrap();
    let (started, request) = queue.start(2).unwrap();
    assert_eq!((started, request.seed, request.frames, request.threads), (first, 7, 48, 2));
    assert!(queue.start(2).is_none(), "one render at a time");
    queue.settle(first, JobState::Failed { reason: "killed".into() });
    assert_eq!(queue.start(2).unwrap().0, second, "the queue goes on after a failure");
}

#[test]
fn the_bar_never_runs_backwards() {
    let mut queue = Queue::default();
    let id = queue.push(entry(false)).unwrap();
    queue.start(1).unwrap();
    let mut last = 0.0;
    let steps =
        [(Stage::Prepare, 1, 1), (Stage::Denoise, 1, 2), (Stage::Denoise, 2, 2), (Stage::Decode, 0, 9)];
    for (n, (stage, done, total)) in steps.into_iter().enumerate() {
        queue.progress(id, stage, (done, total), (n as u64 + 1) * 9_000);
        let JobState::Running { fraction, .. } = queue.get(id).unwrap().job.state else { panic!("it runs") };
        assert!(fraction >= last, "{fraction} after {last}");
        last = fraction;
    }
}

#[test]
fn a_restart_takes_up_what_waited_and_keeps_what_ended() {
    let mut queue = Queue::default();
    let ids: Vec<JobId> = (0..4).map(|_| queue.push(entry(false)).unwrap()).collect();
    queue.start(1).unwrap();
    queue.made(ids[0], &rendered(), made(), 5);
    queue.settle(ids[0], JobState::Published { clip: Rid([9; 32]), blob: made().blob });
    queue.start(1).unwrap();
    queue.cancel(ids[3]);
    let stored: Vec<Entry> = queue.newest_first().cloned().collect();
    let json = serde_json::to_vec(&stored).unwrap();
    let mut again = Queue::restore(serde_json::from_slice::<Vec<Entry>>(&json).unwrap());
    assert_eq!(again.busy(), 2);
    assert_eq!(again.start(1).unwrap().0, ids[1], "what ran is first in line again");
    assert_eq!(again.get(ids[3]).unwrap().job.state, JobState::Cancelled);
    assert_eq!(again.get(ids[0]), queue.get(ids[0]));
    assert!(again.push(entry(false)).unwrap() > ids[3], "numbers are not used twice");
}

#[test]
fn queue_drafts_and_history_are_bounded() {
    let mut queue = Queue::default();
    for _ in 0..STUDIO_QUEUE_MAX {
        queue.push(entry(false)).unwrap();
    }
    assert_eq!(queue.push(entry(false)), Err(Full::Queue));
    let mut queue = Queue::default();
    let mut gone = Vec::new();
    for _ in 0..HISTORY_MAX + 5 {
        let id = queue.push(entry(false)).unwrap();
        gone.extend(queue.settle(id, JobState::Cancelled));
    }
    assert_eq!(gone, [1, 2, 3, 4, 5]);
    for _ in 0..DRAFTS_MAX {
        let id = queue.push(entry(true)).unwrap();
        queue.settle(id, JobState::Draft { blob: made().blob });
    }
    assert_eq!(queue.push(entry(true)), Err(Full::Drafts));
    queue.push(entry(false)).unwrap();
}

#[test]
fn cancel_says_what_has_to_happen() {
    let mut queue = Queue::default();
    let running = queue.push(entry(false)).unwrap();
    let waiting = queue.push(entry(false)).unwrap();
    queue.start(1).unwrap();
    assert_eq!(queue.cancel(running), Cancel::Kill);
    assert_eq!(queue.cancel(waiting), Cancel::Dropped);
    assert_eq!(queue.cancel(waiting), Cancel::Ended);
    assert_eq!(queue.cancel(99), Cancel::Unknown);
    queue.requeue(running);
    assert_eq!(queue.start(1).unwrap().0, running);
}

#[test]
fn a_draft_owns_its_blobs_until_it_is_published() {
    let mut queue = Queue::default();
    let id = queue.push(entry(true)).unwrap();
    queue.start(1).unwrap();
    queue.made(id, &rendered(), made(), 5);
    queue.settle(id, JobState::Draft { blob: made().blob });
    assert!(queue.owns(made().blob) && queue.owns(BlobHash([2; 32])) && !queue.owns(BlobHash([8; 32])));
    queue.settle(id, JobState::Published { clip: Rid([9; 32]), blob: made().blob });
    assert!(!queue.owns(made().blob), "the record owns it now");
    assert_eq!(queue.of_clip(Rid([9; 32])).map(|e| e.job.id), Some(id));
}

#[test]
fn materials_are_given_up_when_the_job_has_ended_and_not_before() {
    let mut queue = Queue::default();
    let kept = || Some("name".to_owned());
    let id = queue.push(Entry { kept: kept(), ..entry(false) }).unwrap();
    assert_eq!(queue.release(id), None, "it waits");
    queue.start(1).unwrap();
    assert_eq!(queue.release(id), None, "it runs");
    queue.requeue(id);
    assert_eq!(queue.release(id), None, "it waits again");
    queue.settle(id, JobState::Cancelled);
    assert_eq!((queue.release(id), queue.release(id)), (kept(), None));
}

#[test]
fn a_storyboard_and_its_switches_reach_the_worker() {
    let mut queue = Queue::default();
    let shot = Shot::parse("a cat").unwrap().shot;
    let next = vec![NextRequest { transition: Transition::Dissolve, frames: 24, shot }];
    let mut asked = entry(false);
    asked.request.switches.leap = true;
    queue.push(Entry { next: next.clone(), ..asked }).unwrap();
    let (_, request) = queue.start(1).unwrap();
    assert_eq!((request.frames, request.next, request.switches.leap), (48, next, true));
}

#[test]
fn a_job_of_an_older_version_is_taken_up() {
    let mut json = serde_json::to_value(entry(false)).unwrap();
    for new in ["next", "parents", "kept"] {
        json.as_object_mut().unwrap().remove(new);
    }
    assert_eq!(serde_json::from_value::<Entry>(json).unwrap(), entry(false));
}

#[test]
fn what_is_done_already_becomes_a_draft_as_long_as_there_is_room() {
    let mut queue = Queue::default();
    let first = queue.push(entry(false)).unwrap();
    let blob = BlobHash([5; 32]);
    let id = queue.adopt(Entry { made: Some(made()), ..entry(true) }, blob).unwrap();
    assert_eq!((first, id), (1, 2));
    assert_eq!(queue.get(id).unwrap().job.state, JobState::Draft { blob });
    assert_eq!(queue.start(1).map(|(id, _)| id), Some(first), "it is not rendered");
    assert_eq!(queue.busy(), 1);
    while queue.room_for_draft().is_ok() {
        queue.adopt(entry(true), blob).unwrap();
    }
    assert_eq!(queue.adopt(entry(true), blob), Err(Full::Drafts));
    assert_eq!(queue.newest_first().count(), DRAFTS_MAX + 1);
}
