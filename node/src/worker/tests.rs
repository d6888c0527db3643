//! The worker's conversation, with the real engine and the real encoder.

use kinora_protocol::job::AuditRequest;
use kinora_protocol::shot::Shot;

use super::*;

fn frames(mut bytes: &[u8]) -> Vec<FromWorker> {
    let mut out = Vec::new();
    while let Some((prefix, rest)) = bytes.split_first_chunk::<4>() {
        let (body, rest) = rest.split_at(job::body_length(*prefix).unwrap());
        out.push(job::decode(body).unwrap());
        bytes = rest;
    }
    out
}

fn request(frames: u32) -> RenderRequest {
    let shot = Shot::parse("a red fox runs along a beach at sunset").unwrap().shot;
    RenderRequest {
        shot,
        seed: 7,
        frames,
        steps: Some(1),
        guidance_percent: Some(100),
        threads: 1,
        ..RenderRequest::default()
    }
}

#[test]
fn a_message_becomes_progress_and_a_clip_that_decodes() {
    let message = ToWorker::Render(request(12));
    let read = read_message(&*job::encode(&message).unwrap()).unwrap();
    assert_eq!(read, message);
    let mut out = Vec::new();
    serve(read, &mut out).unwrap();
    let mut said = frames(&out);
    let Some(FromWorker::Done(rendered)) = said.pop() else { panic!("no clip: {:?}", said.last()) };
    let stages: Vec<Stage> = said
        .iter()
        .map(|frame| match frame {
            FromWorker::Progress { stage, done, total, .. } => {
                assert!(done <= total, "{frame:?}");
                *stage
            }
            other => panic!("{other:?} before the end"),
        })
        .collect();
    assert!(stages.is_sorted(), "stages come in order: {stages:?}");
    for stage in crate::studio::estimate::STAGES {
        assert!(stages.contains(&stage), "{stage:?} was not told");
        assert!(rendered.times.iter().any(|time| time.stage == stage), "{stage:?} has no time");
    }
    let footage = kinora_media::decode(&rendered.clip, &kinora_media::DecodeLimits::default()).unwrap();
    assert_eq!(footage.frames.len(), 12);
    let info = kinora_media::probe(&rendered.clip).unwrap();
    assert_eq!(
        (info.width, info.height, info.fps, info.frames),
        (rendered.format.width, rendered.format.height, rendered.format.fps, rendered.format.frames)
    );
    assert!(kinora_media::decode_poster(&rendered.poster).is_ok());
    let recipe = rendered.recipe.unwrap();
    assert_eq!((recipe.seed, recipe.steps), (7, 1));
}

#[test]
fn what_the_engine_refuses_is_said_in_the_last_frame() {
    let mut out = Vec::new();
    serve(ToWorker::Render(request(0)), &mut out).unwrap();
    let Some(FromWorker::Failed { reason }) = frames(&out).pop() else { panic!("it must fail") };
    assert!(reason.contains("frames"), "{reason}");
}

#[test]
fn a_message_that_ends_early_or_lies_is_an_error() {
    assert!(read_message(&[][..]).is_err());
    assert!(read_message(&[0xff; 4][..]).is_err());
    assert!(read_message(&[3, 0, 0, 0, 1][..]).is_err());
}

fn last_of(message: ToWorker) -> FromWorker {
    let mut out = Vec::new();
    serve(message, &mut out).unwrap();
    frames(&out).pop().unwrap()
}

fn clip_of(frame: FromWorker) -> Vec<u8> {
    let FromWorker::Done(rendered) = frame else { panic!("no clip: {frame:?}") };
    rendered.clip
}

fn audit(clip: &[u8], again: Again) -> kinora_protocol::job::Compared {
    let last = last_of(ToWorker::Audit(AuditRequest { clip: clip.to_vec(), again }));
    let FromWorker::Compared(compared) = last else { panic!("not compared: {last:?}") };
    *compared
}

#[test]
fn a_tag_is_marked_into_the_pictures_and_read_out_of_the_file() {
    use kinora_protocol::job::inspect::{Expected, Inspect, Question};
    use kinora_protocol::verdict::{CheckName, CheckState};
    let tag = [0x3a, 1, 2, 3, 4, 5, 6, 0xc5];
    let marked = RenderRequest { tag: Some(tag.into()), ..request(36) };
    let last = last_of(ToWorker::Render(marked.clone()));
    let FromWorker::Done(rendered) = last else { panic!("no clip: {last:?}") };
    let read = |clip: &[u8], tag: Option<[u8; 8]>| {
        let expected =
            tag.map(|tag| Expected { format: rendered.format, vouchers: None, tag: Some(tag.into()) });
        let asked = Inspect { file: clip.to_vec().into(), questions: vec![Question::Mark], expected };
        let (found, _) = crate::inspector::examine::answer(&asked);
        let check = found.checks.iter().find(|check| check.name == CheckName::Mark).unwrap().state;
        (check, found.tag.map(|tag| *tag))
    };
    assert_eq!(read(&rendered.clip, Some(tag)), (CheckState::Pass, Some(tag)));
    assert_eq!(read(&rendered.clip, Some([1; 8])), (CheckState::Warn, Some(tag)), "the mark of another clip");
    assert_eq!(read(&rendered.clip, None), (CheckState::None, Some(tag)), "a file that no record names");
    let bare = clip_of(last_of(ToWorker::Render(request(36))));
    assert_eq!(read(&bare, Some(tag)), (CheckState::None, None));
    assert!(audit(&rendered.clip, Again::Render(marked)).same_file, "the same tag gives the same file");
}

#[test]
fn a_cut_is_the_frames_and_the_sound_of_its_place() {
    let whole = clip_of(last_of(ToWorker::Render(request(24))));
    let cut = |first, frames| CutRequest { clip: whole.clone(), first, frames, threads: 1 };
    let last = last_of(ToWorker::Cut(cut(6, 12)));
    let FromWorker::Done(rendered) = last else { panic!("no clip: {last:?}") };
    assert_eq!((rendered.recipe.clone(), rendered.format.frames), (None, 12), "nothing was generated");
    let decode = |bytes: &[u8]| kinora_media::decode(bytes, &kinora_media::DecodeLimits::default()).unwrap();
    let (parent, part) = (decode(&whole), decode(&rendered.clip));
    let apart = |a: &[u8], b: &[u8]| {
        a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
    };
    let at = |frame: usize| apart(&part.frames[0], &parent.frames[frame]);
    assert!(at(6) < 6.0 && at(6) < at(0), "{} from its place, {} from the start", at(6), at(0));
    assert_eq!(part.samples.len(), parent.samples.len() / 2);
    assert_eq!(clip_of(last_of(ToWorker::Cut(cut(6, 12)))), rendered.clip, "twice the same");
    for (first, frames) in [(13, 12), (0, 0), (u32::MAX, 2)] {
        let last = last_of(ToWorker::Cut(cut(first, frames)));
        assert!(matches!(&last, FromWorker::Failed { reason } if reason.contains("24 frames")), "{last:?}");
    }
    assert!(audit(&rendered.clip, Again::Cut(cut(6, 12))).same_file);
}

#[test]
fn an_audit_knows_a_clip_again_and_tells_another_apart() {
    let clip = clip_of(last_of(ToWorker::Render(request(12))));
    let same = audit(&clip, Again::Render(RenderRequest { threads: 2, ..request(12) }));
    assert!(same.same_file && same.same_frames && same.same_samples && same.psnr_millibels.is_none());
    assert_eq!(same.recipe.unwrap().seed, 7);

    let footage = kinora_media::decode(&clip, &kinora_media::DecodeLimits::default()).unwrap();
    let options = kinora_media::EncodeOptions { quality: 60, threads: 1 };
    let coarse = kinora_media::encode(&footage, &options, &mut |_, _| {}).unwrap();
    let near = audit(&coarse, Again::Render(request(12)));
    assert!(!near.same_file && near.same_format && near.psnr_millibels.unwrap() > 2_500, "{near:?}");
    let other = audit(&clip, Again::Render(RenderRequest { seed: 8, ..request(12) }));
    assert!(other.psnr_millibels.unwrap() < near.psnr_millibels.unwrap(), "{other:?}");
    assert!(other.psnr_millibels.unwrap() < 2_500 && other.correlation.unwrap() < 5_000, "{other:?}");
    assert!(!audit(&clip, Again::Render(request(14))).same_format);
    let hostile =
        last_of(ToWorker::Audit(AuditRequest { clip: vec![7; 99], again: Again::Render(request(12)) }));
    assert!(matches!(hostile, FromWorker::Failed { .. }), "{hostile:?}");
}
