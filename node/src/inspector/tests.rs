//! The conversation of an inspector, and what it says of files, hostile ones included. Unconfined: this is a test's
//! process. What confinement does is tested on real processes, in `tests`.

use kinora_media::EncodeOptions;
use kinora_protocol::job::inspect::{Expected, Hold, Inspect, Inspected, Media, Question};
use kinora_protocol::recipe::Format;
use kinora_protocol::text::Text;
use kinora_protocol::verdict::{CheckName, CheckState};

use super::*;

const FORMAT: Format = Format { width: 64, height: 48, fps: 12, frames: 6 };

fn footage() -> Footage {
    let frames = (0..6u8).map(|f| vec![f * 30; 64 * 48 * 3]).collect();
    let samples = (0..12_000).map(|i| (i as f32 * 0.05).sin() * 0.2).collect();
    Footage { width: 64, height: 48, fps: 12, frames, sample_rate: 24_000, channels: 1, samples }
}

fn clip() -> Vec<u8> {
    kinora_media::encode(&footage(), &EncodeOptions::default(), &mut |_, _| {}).unwrap()
}

fn ask(file: &[u8], questions: &[Question], expected: Option<Expected>) -> Inspect {
    Inspect { file: ByteBuf::from(file), questions: questions.to_vec(), expected }
}

fn states(inspected: &Inspected) -> Vec<(CheckName, CheckState)> {
    inspected.checks.iter().map(|check| (check.name, check.state)).collect()
}

fn nothing() -> Confinement {
    let none = || Hold::None(Text::line("a test", 10));
    Confinement { limits: none(), files: none(), calls: none() }
}

/// A box of the ISO base media file format.
fn mp4_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], kind, body].concat()
}

#[test]
fn a_conversation_is_confinement_then_footage_then_answers() {
    let asked = ask(
        &clip(),
        &[Question::Footage, Question::Poster],
        Some(Expected { format: FORMAT, vouchers: None, tag: None }),
    );
    let messages =
        [ToInspector::Inspect(Box::new(asked)), ToInspector::Inspect(Box::new(ask(b"?", &[], None)))];
    let input: Vec<u8> = messages.iter().flat_map(|message| job::encode(message).unwrap()).collect();
    let mut out = Vec::new();
    serve(&*input, &mut out, &nothing()).unwrap();
    let (mut said, mut rest) = (Vec::new(), &*out);
    while let Some((prefix, after)) = rest.split_first_chunk::<4>() {
        let (body, after) = after.split_at(job::body_length(*prefix).unwrap());
        said.push(job::decode::<FromInspector>(body).unwrap());
        rest = after;
    }
    assert!(matches!(said[0], FromInspector::Confined(_)));
    assert!(said[1..7].iter().all(|m| matches!(m, FromInspector::Frame(rgb) if rgb.len() == 64 * 48 * 3)));
    let FromInspector::Sound(sound) = &said[7] else { panic!("{:?}", said[7]) };
    assert_eq!(sound.len(), 12_000 * 4);
    let FromInspector::Inspected(inspected) = &said[8] else { panic!("no answer") };
    assert!(
        matches!(inspected.media, Some(Media::Clip(facts)) if facts.format == FORMAT && facts.channels == 1)
    );
    let all =
        [CheckName::Container, CheckName::Format, CheckName::Decode].map(|name| (name, CheckState::Pass));
    assert_eq!(states(inspected), all);
    assert!(kinora_media::decode_poster(inspected.poster.as_ref().unwrap()).is_ok());
    let FromInspector::Inspected(second) = &said[9] else { panic!("no second answer") };
    assert_eq!(states(second), [(CheckName::Container, CheckState::Fail)]);
    assert_eq!(said.len(), 10);
}

#[test]
fn a_message_that_is_none_ends_it() {
    assert!(matches!(serve(&[0xff; 9][..], Vec::new(), &nothing()), Err(InspectorError::Frame(_))));
    assert!(matches!(serve(&[3, 0, 0, 0, 1][..], Vec::new(), &nothing()), Err(InspectorError::Frame(_))));
}

#[test]
fn stills_are_told_from_posters_and_a_damaged_one_does_not_decode() {
    let png = kinora_media::poster(&footage()).unwrap();
    let whole = examine::answer(&ask(&png, &[Question::Decode], None)).0;
    assert_eq!(whole.media, Some(Media::Poster { width: 64, height: 48 }));
    assert_eq!(states(&whole)[1], (CheckName::Decode, CheckState::Pass));
    let cut = examine::answer(&ask(&png[..png.len() - 20], &[Question::Decode], None)).0;
    assert_eq!(cut.media, Some(Media::Still { width: 64, height: 48 }));
    assert_eq!(states(&cut)[1], (CheckName::Decode, CheckState::Fail));
}

#[test]
fn another_format_than_expected_fails_and_nothing_is_decoded_unasked() {
    let expected = Expected { format: Format { frames: 7, ..FORMAT }, vouchers: None, tag: None };
    let inspected = examine::answer(&ask(&clip(), &[], Some(expected))).0;
    assert_eq!(
        states(&inspected),
        [(CheckName::Container, CheckState::Pass), (CheckName::Format, CheckState::Fail)]
    );
}

#[test]
fn a_clip_that_is_damaged_or_cut_short_fails_and_never_panics() {
    let clip = clip();
    let questions = [Question::Decode];
    for cut in (0..clip.len()).step_by(clip.len() / 60) {
        let inspected = examine::answer(&ask(&clip[..cut], &questions, None)).0;
        assert!(inspected.checks.iter().any(|c| c.state == CheckState::Fail), "{cut} bytes pass");
    }
    for at in (0..clip.len()).step_by(7) {
        let mut damaged = clip.clone();
        damaged[at] ^= 0x5a;
        let inspected = examine::answer(&ask(&damaged, &questions, None)).0;
        assert!(inspected.checks.iter().all(|c| c.name != CheckName::Inspection), "byte {at}: {inspected:?}");
    }
}

/// Files whose boxes are the weapon. None of them may take longer than reading it.
#[test]
fn hostile_boxes_are_refused_by_the_walk() {
    let ftyp = mp4_box(b"ftyp", b"iso6\0\0\0\0");
    let deep = (0..1_000).fold(Vec::new(), |inside, _| mp4_box(b"moov", &inside));
    let many = [ftyp.clone(), mp4_box(b"free", b"").repeat(10_000)].concat();
    let tracks = [ftyp.clone(), mp4_box(b"moov", &mp4_box(b"trak", b"").repeat(10_000))].concat();
    let mut lying = [ftyp.clone(), mp4_box(b"moov", &[0; 64])].concat();
    lying[ftyp.len()..ftyp.len() + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let large = [ftyp.clone(), [&1u32.to_be_bytes()[..], b"mdat", &u64::MAX.to_be_bytes()].concat()].concat();
    let zero = [ftyp.clone(), [&4u32.to_be_bytes()[..], b"moov"].concat().repeat(1_000)].concat();
    let nested = [ftyp.clone(), deep].concat();
    let start = std::time::Instant::now();
    for (name, file) in [
        ("nested", nested),
        ("many", many),
        ("tracks", tracks),
        ("lying", lying),
        ("large", large),
        ("zero", zero),
        ("empty", Vec::new()),
        ("only a head", ftyp),
        ("a JPEG that ends", vec![0xff, 0xd8, 0xff, 0xe0]),
    ] {
        let (inspected, footage) = examine::answer(&ask(&file, &[Question::Decode, Question::Footage], None));
        assert_eq!(states(&inspected), [(CheckName::Container, CheckState::Fail)], "{name}");
        assert!(footage.is_none() && inspected.media.is_none(), "{name}");
    }
    // Work that grows with the square of the boxes would take minutes.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
