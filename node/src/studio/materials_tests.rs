//! Files for a render: what is taken, what is refused, and that what was read stays.

use kinora_protocol::api::{Blame, MakeParent};
use kinora_protocol::job::inspect::{Inspect, Question};
use kinora_protocol::shot::Shot;

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes a file and gives its path as the API wants it.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Frames and sound that the media package takes.
fn footage() -> kinora_media::Footage {
    kinora_media::Footage {
        width: 16,
        height: 16,
        fps: 12,
        frames: vec![vec![90; 16 * 16 * 3]; 12],
        sample_rate: 24_000,
        channels: 1,
        samples: vec![0.0; 24_000],
    }
}

/// A PNG.
fn png() -> Vec<u8> {
    kinora_media::poster(&footage()).unwrap()
}

/// What the inspector would say, said in this process.
fn look(bytes: &[u8]) -> Result<Media, String> {
    let asked = Inspect { file: ByteBuf::from(bytes), questions: vec![Question::Describe], expected: None };
    let inspected = crate::inspector::examine::answer(&asked).0;
    inspected.media.ok_or_else(|| inspected.checks[0].detail.to_string())
}

fn plan(frames: usize) -> Vec<u8> {
    let scene = kinora_models::blocking::fill(&Shot::default(), 1);
    serde_json::to_vec(&kinora_models::blocking::plan(&scene, 1, frames)).unwrap()
}

fn first(path: String) -> MaterialPaths {
    MaterialPaths { first: Some(path), ..MaterialPaths::default() }
}

#[test]
fn everything_that_is_named_is_read() {
    let folder = folder();
    let file = kinora_media::encode(&footage(), &kinora_media::EncodeOptions::default(), &mut |_, _| {});
    let clip = put(folder.path(), "clip.mp4", &file.unwrap());
    let still = put(folder.path(), "a.png", &png());
    let paths = MaterialPaths {
        blocking: Some(put(folder.path(), "plan.json", &plan(30))),
        first: Some(still.clone()),
        last: Some(still.clone()),
        reference: vec![still; 4],
        part: Part::Face,
        parent: Some(MakeParent {
            from: ParentFrom::File(clip),
            descent: Descent::Remix { strength_percent: 60 },
        }),
    };
    let gathered = gather(&paths, None, &look).unwrap();
    assert_eq!(
        (gathered.blocking_frames, gathered.parent_format.map(|f| f.millis())),
        (Some(30), Some(1_000))
    );
    assert_eq!(gathered.materials.reference.len(), 4);
    assert_eq!(gathered.materials.first.as_deref(), Some(&png()));
    assert_eq!(gathered.materials.part, Part::Face);
    assert!(gathered.parents.is_empty(), "a file says nothing of who made it");
}

#[test]
fn what_cannot_be_used_is_named_with_its_use() {
    let folder = folder();
    let text = put(folder.path(), "words.txt", b"a still of words");
    let mut lie = png();
    lie.truncate(20);
    let cut = put(folder.path(), "cut.png", &lie);
    let large = put(folder.path(), "large.png", &vec![0; STILL_BYTES_MAX + 1]);
    let odd = MaterialPaths { blocking: Some(text.clone()), ..MaterialPaths::default() };
    let parent = MakeParent { from: ParentFrom::File(text.clone()), descent: Descent::Continue };
    let cases = [
        (first(text.clone()), "words.txt cannot be used as first frame"),
        (first(cut), "cut.png cannot be used as first frame"),
        (first(large), "large.png has"),
        (first("a.png".to_owned()), "absolute"),
        (first(folder.path().to_str().unwrap().to_owned()), "is no file"),
        (odd, "words.txt cannot be used as blocking"),
        (
            MaterialPaths { reference: vec![text], ..MaterialPaths::default() },
            "words.txt cannot be used as reference",
        ),
        (
            MaterialPaths { parent: Some(parent), ..MaterialPaths::default() },
            "words.txt cannot be used as parent",
        ),
    ];
    for (paths, says) in cases {
        let error = gather(&paths, None, &look).unwrap_err();
        assert_eq!(error.blame, Blame::Request, "{error}");
        assert!(error.message.contains(says), "{error} instead of {says}");
    }
    let none = gather(&first("/nonexistent/a.png".to_owned()), None, &look).unwrap_err();
    assert_eq!(none.blame, Blame::Missing);
}

#[test]
fn what_contradicts_itself_is_refused_without_reading() {
    let parent = |descent| Some(MakeParent { from: ParentFrom::File("/none".to_owned()), descent });
    let none = MaterialPaths::default;
    let wrong = [
        MaterialPaths { reference: vec!["/none".to_owned(); 5], ..none() },
        MaterialPaths { part: Part::Face, ..none() },
        MaterialPaths { parent: parent(Descent::Remix { strength_percent: 0 }), ..none() },
        MaterialPaths { parent: parent(Descent::Remix { strength_percent: 101 }), ..none() },
        MaterialPaths { parent: parent(Descent::Continue), ..first("/none".to_owned()) },
        MaterialPaths { parent: parent(Descent::Place), reference: vec!["/none".to_owned()], ..none() },
    ];
    for paths in wrong {
        assert_eq!(gather(&paths, None, &look).unwrap_err().blame, Blame::Request, "{paths:?}");
    }
}

#[test]
fn files_that_are_too_large_together_are_refused() {
    let folder = folder();
    // A still may be padded: what follows the end of a PNG is not looked at here, but it counts.
    let mut padded = png();
    padded.resize(STILL_BYTES_MAX, 0);
    let still = put(folder.path(), "padded.png", &padded);
    let paths =
        MaterialPaths { last: Some(still.clone()), reference: vec![still.clone(); 4], ..first(still) };
    let error = gather(&paths, None, &look).unwrap_err();
    assert!(error.message.contains("together"), "{error}");
}

#[test]
fn a_drawer_keeps_gives_back_and_sweeps() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let drawer = Drawer::new(folder.path().join("materials"));
    drawer.sweep(&BTreeSet::new());
    let materials = Materials { first: Some(png().into()), ..Materials::default() };
    let (kept, left) = (drawer.keep(&materials).unwrap(), drawer.keep(&materials).unwrap());
    assert_ne!(kept, left, "two jobs of the same still do not share its end");
    let path = folder.path().join("materials").join(&kept);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    drawer.sweep(&BTreeSet::from([kept.as_str()]));
    assert_eq!(drawer.get(&kept).unwrap(), materials);
    assert_eq!(drawer.get(&left).unwrap_err().blame, Blame::Missing);
    std::fs::write(&path, b"damaged").unwrap();
    assert!(drawer.get(&kept).unwrap_err().message.contains("damaged"));
    drawer.remove(&kept);
    assert!(!path.exists());
}
