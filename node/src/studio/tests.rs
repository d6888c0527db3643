//! The studio with real worker processes (shell scripts) and a shelf in memory.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;

#[derive(Default)]
struct Memory {
    saved: Mutex<BTreeMap<JobId, Entry>>,
}

impl Shelf for Memory {
    fn save(&self, entry: &Entry) -> Result<(), ApiError> {
        lock(&self.saved).insert(entry.job.id, entry.clone());
        Ok(())
    }

    fn forget(&self, id: JobId) {
        lock(&self.saved).remove(&id);
    }

    fn keep<'a>(
        &'a self,
        _: &'a Entry,
        rendered: Arc<Rendered>,
        _: Materials,
    ) -> BoxFuture<'a, Result<Made, ApiError>> {
        let made = Made {
            blob: BlobHash::of(&rendered.clip),
            size: rendered.clip.len() as u64,
            poster: None,
            format: rendered.format,
        };
        Box::pin(async move { Ok(made) })
    }

    fn sign(&self, entry: &Entry) -> Result<Vec<u8>, ApiError> {
        Ok(entry.request.prompt.clone().into_bytes())
    }

    fn publish<'a>(&'a self, signed: &'a [u8]) -> BoxFuture<'a, Result<Rid, ApiError>> {
        Box::pin(async move { Ok(Rid(*BlobHash::of(signed).as_bytes())) })
    }
}

fn drawn(seed: u64) -> Drawn {
    Drawn { seed, tag: [9; 8].into() }
}

fn request(prompt: &str) -> MakeRequest {
    MakeRequest { prompt: prompt.into(), ..MakeRequest::default() }
}

/// A worker that writes one ready-made `Done` frame, or does what `body` says.
fn program(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("worker");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn done_frame(folder: &Path) -> PathBuf {
    let rendered = super::queue::tests::rendered();
    let path = folder.join("done");
    let frame = kinora_protocol::job::encode(&FromWorker::Done(Box::new(rendered))).unwrap();
    std::fs::write(&path, frame).unwrap();
    path
}

/// A studio whose drawer stands beside the worker.
fn studio(program: PathBuf, entries: Vec<Entry>) -> (Studio, Arc<Memory>, broadcast::Receiver<Event>) {
    let shelf = Arc::new(Memory::default());
    let (events, receiver) = broadcast::channel(64);
    let drawer = Drawer::new(program.with_file_name("materials"));
    let studio = Studio::new(Options { program, threads: 1, drawer }, entries, shelf.clone(), events);
    (studio, shelf, receiver)
}

async fn ended(studio: &Studio, id: JobId) -> JobState {
    for _ in 0..500 {
        let state = studio.jobs().into_iter().find(|job| job.id == id).unwrap().state;
        if !matches!(state, JobState::Queued | JobState::Running { .. }) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("job {id} did not end");
}

#[tokio::test]
async fn a_killed_worker_fails_its_job_and_the_next_one_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let (done, mark) = (done_frame(folder.path()), folder.path().join("second"));
    let body = format!(
        "if [ -e {mark} ]; then cat {done}; else touch {mark}; kill -9 $$; fi",
        mark = mark.display(),
        done = done.display()
    );
    let (studio, shelf, mut events) = studio(program(folder.path(), &body), Vec::new());
    let first = studio.make(request("a fox"), Gathered::default(), drawn(1), 0).await.unwrap().id;
    let second = studio.make(request("a dog"), Gathered::default(), drawn(2), 0).await.unwrap().id;
    let task = tokio::spawn(studio.clone().run());
    let JobState::Failed { reason } = ended(&studio, first).await else { panic!("it was killed") };
    assert!(reason.contains("killed by signal 9"), "{reason}");
    assert!(matches!(ended(&studio, second).await, JobState::Published { .. }));
    assert!(matches!(events.recv().await, Ok(Event::Job(_))));
    assert!(lock(&shelf.saved)[&second].signed.is_some());
    studio.stop();
    task.await.unwrap();
}

#[tokio::test]
async fn cancel_kills_and_stop_keeps_the_job_for_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), "exec sleep 100");
    let (studio, shelf, _events) = self::studio(program.clone(), Vec::new());
    let first = studio.make(request("a fox"), Gathered::default(), drawn(1), 0).await.unwrap().id;
    let second = studio.make(request("a dog"), Gathered::default(), drawn(2), 0).await.unwrap().id;
    let task = tokio::spawn(studio.clone().run());
    tokio::time::sleep(Duration::from_millis(100)).await;
    studio.cancel(first).unwrap();
    assert_eq!(ended(&studio, first).await, JobState::Cancelled);
    tokio::time::sleep(Duration::from_millis(100)).await;
    studio.stop();
    task.await.unwrap();
    let entries: Vec<Entry> = lock(&shelf.saved).values().cloned().collect();
    assert_eq!(entries[1].job.state, JobState::Queued);
    let (again, ..) = self::studio(program, entries);
    assert_eq!((again.busy(), again.jobs()[0].id, again.jobs()[0].seed), (1, second, 2));
}

#[tokio::test]
async fn a_job_signed_before_a_restart_is_not_rendered_or_signed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (first, shelf, _events) = self::studio(program(folder.path(), "exit 1"), Vec::new());
    let id = first.make(request("a fox"), Gathered::default(), drawn(1), 0).await.unwrap().id;
    let mut entry = lock(&shelf.saved)[&id].clone();
    let rendered = super::queue::tests::rendered();
    entry.made = Some(shelf.keep(&entry, Arc::new(rendered.clone()), Materials::default()).await.unwrap());
    entry.signed = Some(b"signed before".to_vec());
    let (again, ..) = self::studio(program(folder.path(), "exit 1"), vec![entry]);
    let task = tokio::spawn(again.clone().run());
    let clip = Rid(*BlobHash::of(b"signed before").as_bytes());
    assert_eq!(ended(&again, id).await, JobState::Published { clip, blob: BlobHash::of(&rendered.clip) });
    again.stop();
    task.await.unwrap();
}

/// What a job waits for lies in the drawer until it has ended.
fn drawer_is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder.join("materials")).map_or(true, |mut entries| entries.next().is_none())
}

fn still() -> Gathered {
    let materials = Materials { first: Some(b"a still".to_vec().into()), ..Materials::default() };
    Gathered { materials, parents: vec![Rid([7; 32])], ..Gathered::default() }
}

#[tokio::test]
async fn the_worker_gets_what_was_kept_and_it_is_thrown_away_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let done = done_frame(folder.path());
    let seen = folder.path().join("seen");
    // One read takes the whole message: it is small, and written at once.
    let body = format!("dd bs=65536 count=1 of={} 2>/dev/null; cat {}", seen.display(), done.display());
    let (studio, shelf, _events) = self::studio(program(folder.path(), &body), Vec::new());
    let id = studio.make(request("a fox"), still(), drawn(1), 0).await.unwrap().id;
    assert!(!drawer_is_empty(folder.path()));
    let (other, cancelled) =
        (studio.clone(), studio.make(request("a dog"), still(), drawn(1), 0).await.unwrap().id);
    other.cancel(cancelled).unwrap();
    let task = tokio::spawn(studio.clone().run());
    assert!(matches!(ended(&studio, id).await, JobState::Published { .. }));
    let seen = std::fs::read(seen).unwrap();
    assert!(seen.windows(7).any(|w| w == b"a still"), "{}", String::from_utf8_lossy(&seen));
    assert!(drawer_is_empty(folder.path()));
    let entry = lock(&shelf.saved)[&id].clone();
    assert_eq!((entry.kept, entry.parents), (None, vec![Rid([7; 32])]));
    studio.stop();
    task.await.unwrap();
}

#[tokio::test]
async fn a_restart_finds_what_a_waiting_job_is_made_from_and_sweeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), "exec sleep 100");
    let (studio, shelf, _events) = self::studio(program.clone(), Vec::new());
    studio.make(request("a fox"), still(), drawn(1), 0).await.unwrap();
    let entries: Vec<Entry> = lock(&shelf.saved).values().cloned().collect();
    let stray = folder.path().join("materials/stray");
    std::fs::write(&stray, b"left by a killed node").unwrap();
    let (again, ..) = self::studio(program, entries);
    assert!(!stray.exists());
    assert_eq!(again.materials(1).await.unwrap(), still().materials);
}

#[tokio::test]
async fn requests_are_checked_before_they_are_queued() {
    let folder = tempfile::tempdir().unwrap();
    let (studio, ..) = self::studio(folder.path().join("none"), Vec::new());
    let wrong = [
        request(" "),
        request(&"x".repeat(10_000)),
        MakeRequest { millis: Some(0), ..request("a fox") },
        MakeRequest { millis: Some(60_000), ..request("a fox") },
        MakeRequest { steps: Some(0), ..request("a fox") },
        MakeRequest { guidance_percent: Some(u32::MAX), ..request("a fox") },
    ];
    for request in wrong {
        let error = studio.make(request.clone(), still(), drawn(1), 0).await.unwrap_err();
        assert_eq!(error.blame, kinora_protocol::api::Blame::Request, "{request:?}");
    }
    assert!(drawer_is_empty(folder.path()), "a refused job keeps nothing");
    let request = MakeRequest { millis: Some(3_000), ..request("a fox") };
    let job = studio.make(request, Gathered::default(), drawn(1), 0).await.unwrap();
    assert_eq!(job.millis, 3_000);
}

#[test]
fn a_preview_is_hexadecimal() {
    let picture = Picture { width: 1, height: 1, rgb: vec![0, 171, 255] };
    assert!(matches!(preview_event(1, &picture), Event::Preview { rgb_hex, .. } if rgb_hex == "00abff"));
}
