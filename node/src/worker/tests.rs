//! The worker's conversation, with the real engine and the real encoder.

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
    assert_eq!((rendered.recipe.seed, rendered.recipe.steps), (7, 1));
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
