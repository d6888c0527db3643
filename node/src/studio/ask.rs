//! A request, read and checked before it is queued: prompts, numbers, shots and what was gathered for it.
//!
//! The one place that turns a length into frames; `kinora plan` uses it too, so that a plan is as long as its clip.

use kinora_models::placing::placed;
use kinora_models::pocket::GUIDANCE_PERCENT_MAX;
use kinora_models::storyboard::DISSOLVE_FRAMES;
use kinora_protocol::api::{ApiError, Job, JobState, MakeRequest};
use kinora_protocol::ids::Rid;
use kinora_protocol::job::NextRequest;
use kinora_protocol::limits::{PROMPT_BYTES_MAX, STORYBOARD_FRAMES_MAX, STORYBOARD_SHOTS_MAX};
use kinora_protocol::lineage::Cut;
use kinora_protocol::recipe::{Descent, Format, Transition};
use kinora_protocol::shot::{PromptFault, Reading, Shot, Subject};
use kinora_protocol::text::Text;
use serde_bytes::ByteArray;

use super::materials::Gathered;
use super::queue::{Drawn, Entry};
use crate::error::{self, Hint as _};

/// Frames per second of the Pocket engine.
pub const FPS: u32 = 12;
/// Frames that the engine draws together: a clip has a whole number of these.
pub const FRAMES_TOGETHER: u32 = 2;
/// Shortest shot, in milliseconds.
pub const CLIP_MILLIS_MIN: u32 = 1_000;
/// Longest shot of the Pocket engine, in milliseconds.
pub const CLIP_MILLIS_MAX: u32 = 6_000;
/// Length of a shot when nothing is said, in milliseconds.
pub const CLIP_MILLIS_DEFAULT: u32 = 4_000;
/// Most sampler steps.
pub const STEPS_MAX: u32 = 64;
/// Weakest guidance, in hundredths: none.
pub const GUIDANCE_PERCENT_MIN: u32 = 100;

/// Frames of a shot of this length: none is cut off, and the engine draws them in twos.
///
/// # Errors
/// When no shot is that long.
pub fn frames_of(millis: u32) -> Result<u32, ApiError> {
    if !(CLIP_MILLIS_MIN..=CLIP_MILLIS_MAX).contains(&millis) {
        return Err(length_error(f64::from(millis) / 1000.0, "choose another --seconds"));
    }
    Ok((millis * FPS).div_ceil(1000).next_multiple_of(FRAMES_TOGETHER))
}

fn length_error(seconds: f64, hint: &str) -> ApiError {
    let (min, max) = (CLIP_MILLIS_MIN / 1000, CLIP_MILLIS_MAX / 1000);
    // Three digits behind the point at most: a third of a second has no last one.
    let seconds = (seconds * 1000.0).round() / 1000.0;
    let message = format!("a shot of {seconds} s cannot be made: from {min} to {max} s");
    error::request(message).hint(hint)
}

/// Milliseconds that so many frames last.
#[must_use]
pub fn millis_of(frames: u32) -> u64 {
    u64::from(frames) * 1000 / u64::from(FPS)
}

/// Whether an edited blocking is as long as a shot can be.
///
/// # Errors
/// When it is not.
pub fn check_blocking(frames: u32) -> Result<(), ApiError> {
    let seconds = f64::from(frames) / f64::from(FPS);
    if !(u64::from(CLIP_MILLIS_MIN)..=u64::from(CLIP_MILLIS_MAX)).contains(&millis_of(frames)) {
        return Err(length_error(seconds, "give the blocking more or fewer frames"));
    }
    if !frames.is_multiple_of(FRAMES_TOGETHER) {
        let message = format!("the blocking has {frames} frames; the engine draws two at a time");
        return Err(error::request(message).hint("add a frame or take one away"));
    }
    Ok(())
}

/// Reads a prompt.
///
/// # Errors
/// When it is empty or too long.
pub fn read(prompt: &str) -> Result<Reading, ApiError> {
    Shot::parse(prompt).map_err(|fault| prompt_error(&fault))
}

/// A prompt that cannot be read, as a failure.
#[must_use]
pub fn prompt_error(fault: &PromptFault) -> ApiError {
    error::request(fault.to_string())
        .hint("say in a sentence what to show, for example \"a red fox runs along a beach at sunset\"")
}

/// Reads the prompts and checks every number of a request.
///
/// # Errors
/// Naming the first thing that is wrong.
pub fn entry(request: MakeRequest, gathered: &Gathered, drawn: Drawn, now: u64) -> Result<Entry, ApiError> {
    let mut reading = read(&request.prompt)?;
    if let Some(theirs) = &gathered.placed {
        reading.shot = placed(&reading.shot, theirs);
    }
    // Whose likeness is shown is a person, unless the prompt makes something else of them.
    if request.cameo.is_some() && reading.shot.subject.is_none() {
        reading.shot.subject = Some(Subject::Person);
    }
    check(&request)?;
    if gathered.blocking_frames.is_some() && !request.next.is_empty() {
        return Err(error::request("a blocking plans one shot, but a storyboard was given too")
            .hint("leave out one of them"));
    }
    let frames = first_frames(&request, gathered)?;
    let next: Vec<NextRequest> = request
        .next
        .iter()
        .map(|shot| {
            let millis = shot.millis.unwrap_or(CLIP_MILLIS_DEFAULT);
            let frames = frames_of(millis)?;
            Ok(NextRequest { transition: shot.transition, frames, shot: read(&shot.prompt)?.shot })
        })
        .collect::<Result<_, ApiError>>()?;
    let total = next.iter().map(|shot| shot.frames).sum::<u32>().saturating_add(frames);
    if total > STORYBOARD_FRAMES_MAX {
        let seconds = STORYBOARD_FRAMES_MAX / FPS;
        let message = format!("the storyboard has {total} frames; at most {STORYBOARD_FRAMES_MAX} are made");
        return Err(error::request(message).hint(format!("keep all shots together to {seconds} s")));
    }
    // The two shots of a dissolve lie over each other for a moment.
    let dissolves = next.iter().filter(|shot| shot.transition == Transition::Dissolve).count();
    let shared = u32::try_from(dissolves * DISSOLVE_FRAMES).unwrap_or(u32::MAX);
    let job = Job {
        id: 0,
        prompt: Text::line(&request.prompt, request.prompt.len()),
        reading,
        seed: drawn.seed,
        millis: millis_of(total.saturating_sub(shared)),
        state: JobState::Queued,
        created: now,
        elapsed_millis: 0,
        times: Vec::new(),
        recipe: None,
    };
    let parents = gathered.parents.clone();
    let blank = blank(job, request);
    Ok(Entry { frames, next, parents, tag: drawn.tag, ..blank })
}

/// A part of a clip as a job that is done: whoever is in it may have to approve it before it is published. Its title stands in
/// the place of a prompt, and nothing is understood of it.
#[must_use]
pub fn cut_entry(
    request: MakeRequest,
    (parent, cut): (Rid, Cut),
    (tag, format): (ByteArray<8>, Format),
    now: u64,
) -> Entry {
    let job = Job {
        id: 0,
        prompt: Text::line(&request.prompt, request.prompt.len()),
        reading: Reading::default(),
        seed: 0,
        millis: format.millis(),
        state: JobState::Queued,
        created: now,
        elapsed_millis: 0,
        times: Vec::new(),
        recipe: None,
    };
    Entry { frames: format.frames, parents: vec![parent], cut: Some(cut), tag, ..blank(job, request) }
}

/// A job that nothing was done for.
fn blank(job: Job, request: MakeRequest) -> Entry {
    Entry {
        job,
        request,
        frames: 0,
        next: Vec::new(),
        parents: Vec::new(),
        cut: None,
        tag: [0; 8].into(),
        kept: None,
        made: None,
        signed: None,
    }
}

/// Checks what can be checked without the files that a request names: its numbers, and how many shots it has.
///
/// # Errors
/// Naming the first thing that is wrong.
pub fn check(request: &MakeRequest) -> Result<(), ApiError> {
    if request.steps.is_some_and(|steps| !(1..=STEPS_MAX).contains(&steps)) {
        return Err(error::request(format!("the sampler takes 1 to {STEPS_MAX} steps"))
            .hint("choose another --steps"));
    }
    let guidance = GUIDANCE_PERCENT_MIN..=GUIDANCE_PERCENT_MAX;
    if request.guidance_percent.is_some_and(|percent| !guidance.contains(&percent)) {
        let (min, max) = (GUIDANCE_PERCENT_MIN / 100, GUIDANCE_PERCENT_MAX / 100);
        return Err(
            error::request(format!("guidance is {min} (none) to {max}")).hint("choose another --guidance")
        );
    }
    for millis in std::iter::once(request.millis).chain(request.next.iter().map(|shot| shot.millis)).flatten()
    {
        frames_of(millis)?;
    }
    let shots = request.next.len().saturating_add(1);
    if shots > STORYBOARD_SHOTS_MAX {
        let message = format!("the storyboard has {shots} shots; at most {STORYBOARD_SHOTS_MAX} are made");
        return Err(error::request(message).hint("make two clips, the second with --from and --continue"));
    }
    let bytes = prompt_of(request).len();
    if bytes > PROMPT_BYTES_MAX {
        let message =
            format!("the prompts have {bytes} bytes together; the record has room for {PROMPT_BYTES_MAX}");
        return Err(error::request(message).hint("say it in fewer words"));
    }
    Ok(())
}

/// All prompts, one a line, as the clip's record states them.
#[must_use]
pub fn prompt_of(request: &MakeRequest) -> String {
    let all = std::iter::once(&request.prompt).chain(request.next.iter().map(|shot| &shot.prompt));
    all.map(|prompt| prompt.trim()).collect::<Vec<_>>().join("\n")
}

/// Frames of the first shot: as asked, as the blocking has, as a remix's parent has, or the usual number.
fn first_frames(request: &MakeRequest, gathered: &Gathered) -> Result<u32, ApiError> {
    let asked = request.millis.map(frames_of).transpose()?;
    if let Some(frames) = gathered.blocking_frames {
        check_blocking(frames)?;
        return match asked {
            Some(asked) if asked != frames => {
                let message = format!("the blocking has {frames} frames, but {asked} were asked for");
                Err(error::request(message).hint("leave out the length: the blocking decides it"))
            }
            _ => Ok(frames),
        };
    }
    let remix = matches!(gathered.materials.parent, Some((_, Descent::Remix { .. })));
    let parent = gathered.parent_format.map(|format| format.millis()).filter(|_| remix).map(|millis| {
        let bounded = millis.clamp(CLIP_MILLIS_MIN.into(), CLIP_MILLIS_MAX.into());
        u32::try_from(bounded).unwrap_or(CLIP_MILLIS_MAX)
    });
    asked.map_or_else(|| frames_of(parent.unwrap_or(CLIP_MILLIS_DEFAULT)), Ok)
}

#[cfg(test)]
mod tests {
    use kinora_protocol::api::{Blame, MakeCameo, MakeShot};
    use kinora_protocol::job::Materials;
    use kinora_protocol::record::Audience;

    use super::*;

    fn shot(prompt: &str, millis: Option<u32>, transition: Transition) -> MakeShot {
        MakeShot { prompt: prompt.to_owned(), millis, transition }
    }

    fn request(next: Vec<MakeShot>) -> MakeRequest {
        MakeRequest { prompt: "a red fox runs ".to_owned(), next, ..MakeRequest::default() }
    }

    fn made(request: MakeRequest, gathered: &Gathered) -> Result<Entry, ApiError> {
        entry(request, gathered, Drawn { seed: 7, tag: [9; 8].into() }, 0)
    }

    fn parent(descent: Descent) -> Gathered {
        let materials = Materials { parent: Some((vec![1].into(), descent)), ..Materials::default() };
        let format = Format { width: 160, height: 96, fps: 12, frames: 30 };
        Gathered { materials, parent_format: Some(format), ..Gathered::default() }
    }

    #[test]
    fn a_length_becomes_an_even_number_of_frames_that_cuts_nothing_off() {
        let cases =
            [(1_000, 12), (1_001, 14), (2_000, 24), (2_100, 26), (2_500, 30), (4_000, 48), (6_000, 72)];
        for (millis, frames) in cases {
            assert_eq!(frames_of(millis).unwrap(), frames, "{millis} ms");
        }
        for millis in [0, 999, 6_001, u32::MAX] {
            assert_eq!(frames_of(millis).unwrap_err().blame, Blame::Request);
        }
    }

    #[test]
    fn a_storyboard_is_as_long_as_its_shots_less_what_dissolves_share() {
        let next = vec![
            shot("a cat sleeps", Some(2_000), Transition::Cut),
            shot("it dances", None, Transition::Dissolve),
        ];
        let entry = made(request(next), &Gathered::default()).unwrap();
        let frames: Vec<u32> = entry.next.iter().map(|shot| shot.frames).collect();
        assert_eq!((entry.frames, frames), (48, vec![24, 48]));
        assert_eq!(entry.job.millis, 9_500);
        assert_eq!(prompt_of(&entry.request), "a red fox runs\na cat sleeps\nit dances");
    }

    #[test]
    fn whose_likeness_is_shown_is_a_person_unless_the_prompt_says_otherwise() {
        let shows = MakeCameo::new(Rid([1; 32]), Vec::new(), Audience::Public);
        let made = |prompt: &str, cameo: Option<&MakeCameo>| {
            let request = MakeRequest {
                prompt: prompt.to_owned(),
                cameo: cameo.cloned().map(Box::new),
                ..MakeRequest::default()
            };
            made(request, &Gathered::default()).unwrap().job.reading.shot.subject
        };
        assert_eq!(made("Ada walks along a beach", Some(&shows)), Some(Subject::Person));
        assert_eq!(made("Ada as a robot", Some(&shows)), Some(Subject::Robot));
        assert_eq!(made("Ada walks along a beach", None), None, "the seed decides");
    }

    #[test]
    fn a_storyboard_out_of_bounds_is_refused() {
        let long = "a cat ".repeat(300);
        let blocking = Gathered { blocking_frames: Some(24), ..Gathered::default() };
        let none = Gathered::default();
        let plain = |prompt: &str| shot(prompt, None, Transition::Cut);
        let cases = [
            (vec![plain("a cat"); STORYBOARD_SHOTS_MAX], &none, "9 shots"),
            (vec![plain(" ")], &none, "empty"),
            (vec![shot("a cat", Some(7_000), Transition::Cut)], &none, "7 s"),
            (vec![plain(&long), plain(&long)], &none, "together"),
            (vec![plain("a cat")], &blocking, "one shot"),
        ];
        for (next, gathered, says) in cases {
            let error = made(request(next), gathered).unwrap_err();
            assert!(error.blame == Blame::Request && error.message.contains(says), "{error}: no {says}");
        }
        assert!(made(request(vec![plain("a cat"); STORYBOARD_SHOTS_MAX - 1]), &none).is_ok());
    }

    #[test]
    fn a_blocking_and_the_parent_of_a_remix_say_how_long_a_clip_is() {
        let blocking = |frames| Gathered { blocking_frames: Some(frames), ..Gathered::default() };
        assert_eq!(made(request(Vec::new()), &blocking(26)).unwrap().frames, 26);
        let same = MakeRequest { millis: Some(2_100), ..request(Vec::new()) };
        assert_eq!(made(same.clone(), &blocking(26)).unwrap().frames, 26);
        for (request, frames, says) in [
            (same, 48, "48 frames, but 26"),
            (request(Vec::new()), 27, "two at a time"),
            (request(Vec::new()), 8, "0.667 s"),
        ] {
            let error = made(request, &blocking(frames)).unwrap_err();
            assert!(error.message.contains(says), "{error}: no {says}");
        }
        let remix = parent(Descent::Remix { strength_percent: 60 });
        assert_eq!(made(request(Vec::new()), &remix).unwrap().frames, 30);
        let asked = MakeRequest { millis: Some(1_000), ..request(Vec::new()) };
        assert_eq!(made(asked, &remix).unwrap().frames, 12);
        assert_eq!(made(request(Vec::new()), &parent(Descent::Continue)).unwrap().frames, 48);
        assert_eq!(made(request(Vec::new()), &parent(Descent::Place)).unwrap().frames, 48);
    }
}
