//! Several shots as one clip: the same subject throughout, joined by cuts and dissolves.

use kinora_media::footage::Footage;
use kinora_protocol::job::NextRequest;
use kinora_protocol::recipe::{Recipe, Transition};
use kinora_protocol::shot::{Scene, Shot};

use crate::blocking::{self, Blocking};

/// Frames that both shots of a dissolve share: half a second.
pub const DISSOLVE_FRAMES: usize = 6;
/// Seconds over which sound fades at a cut, so that it does not click.
const CLICK_SECONDS: f32 = 0.01;

/// Frames of the first shot of a clip: a recipe states those of the whole and of all the others, and dissolves share some.
/// `None` when the others are longer than the whole.
#[must_use]
pub fn first_frames(recipe: &Recipe) -> Option<u32> {
    let shared = u32::try_from(DISSOLVE_FRAMES).unwrap_or(u32::MAX);
    recipe.next.iter().try_fold(recipe.format.frames, |frames, shot| {
        let overlap = if shot.transition == Transition::Dissolve { shared } else { 0 };
        frames.checked_add(overlap)?.checked_sub(shot.frames)
    })
}

/// A later shot with the anchors of the first: who it is, what colour, in which style, unless it says otherwise.
#[must_use]
pub fn anchored(shot: &Shot, first: &Scene) -> Shot {
    let other = shot.subject.is_some_and(|s| s != first.subject);
    Shot {
        subject: shot.subject.or(Some(first.subject)),
        colour: shot.colour.or(if other { None } else { Some(first.colour) }),
        size: shot.size.or(if other { None } else { Some(first.size) }),
        place: shot.place.or(Some(first.place)),
        time: shot.time.or(Some(first.time)),
        weather: shot.weather.or(Some(first.weather)),
        style: shot.style.or(Some(first.style)),
        mood: shot.mood.or(Some(first.mood)),
        music: shot.music.or(Some(first.music)),
        ..shot.clone()
    }
}

/// A shot with everything decided.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Every axis.
    pub scene: Scene,
    /// Who stands where.
    pub blocking: Blocking,
}

/// Decides and plans every shot of a clip: the first of `frames` frames, then `next`. Later ones are of the same subject
/// unless they name another, and have seeds of their own.
#[must_use]
pub fn stage(first: &Shot, frames: u32, next: &[NextRequest], seed: u64) -> Vec<Staged> {
    let one = |shot: &Shot, frames: u32, seed: u64| {
        let scene = blocking::fill(shot, seed);
        let blocking = blocking::plan(&scene, seed, frames as usize);
        Staged { scene, blocking }
    };
    let opening = one(first, frames, seed);
    let later = (1u64..)
        .zip(next)
        .map(|(n, next)| one(&anchored(&next.shot, &opening.scene), next.frames, seed.wrapping_add(n)));
    let later: Vec<Staged> = later.collect();
    std::iter::once(opening).chain(later).collect()
}

/// Joins the footage of shots, all of one format; `next` says how each after the first follows.
#[must_use]
pub fn join(parts: Vec<Footage>, next: &[NextRequest]) -> Footage {
    let mut parts = parts.into_iter();
    let mut whole = parts.next().unwrap_or_else(|| Footage {
        width: 0,
        height: 0,
        fps: 1,
        frames: Vec::new(),
        sample_rate: 1,
        channels: 1,
        samples: Vec::new(),
    });
    for (part, next) in parts.zip(next) {
        let shared = match next.transition {
            Transition::Cut => 0,
            Transition::Dissolve => DISSOLVE_FRAMES.min(whole.frames.len()).min(part.frames.len()),
        };
        append(&mut whole, part, shared);
    }
    whole
}

/// Appends `part`, whose first `shared` frames fade in over the last ones of `whole`.
fn append(whole: &mut Footage, part: Footage, shared: usize) {
    let start = whole.frames.len() - shared;
    for (n, frame) in part.frames.into_iter().enumerate() {
        match whole.frames.get_mut(start + n) {
            Some(old) => {
                let weight = (n + 1) as f32 / (shared + 1) as f32;
                let mix =
                    |a: u8, b: u8| (f32::from(a) * (1.0 - weight) + f32::from(b) * weight).round() as u8;
                old.iter_mut().zip(frame).for_each(|(a, b)| *a = mix(*a, b));
            }
            None => whole.frames.push(frame),
        }
    }
    let rate = whole.sample_rate as usize * usize::from(whole.channels);
    let click = (CLICK_SECONDS * rate as f32) as usize;
    let overlap = (shared * rate / whole.fps as usize).min(whole.samples.len()).min(part.samples.len());
    let first = whole.samples.len() - overlap;
    let mut samples = part.samples;
    if overlap == 0 {
        fade(&mut whole.samples, click, false);
        fade(&mut samples, click, true);
    } else {
        // Equal power: both are unrelated sounds.
        for (n, (new, old)) in samples.iter_mut().zip(&whole.samples[first..]).enumerate() {
            let angle = std::f32::consts::FRAC_PI_2 * (n as f32 + 0.5) / overlap as f32;
            *new = (old * angle.cos() + *new * angle.sin()).clamp(-1.0, 1.0);
        }
        whole.samples.truncate(first);
    }
    whole.samples.extend(samples);
}

/// Fades the first (`rising`) or last `count` samples.
fn fade(samples: &mut [f32], count: usize, rising: bool) {
    let length = samples.len();
    let count = count.min(length);
    for n in 0..count {
        let at = if rising { n } else { length - 1 - n };
        samples[at] *= n as f32 / count as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocking::fill;

    fn part(grey: u8, loud: f32) -> Footage {
        Footage {
            width: 2,
            height: 1,
            fps: 12,
            frames: vec![vec![grey; 6]; 12],
            sample_rate: 1_200,
            channels: 1,
            samples: vec![loud; 1_200],
        }
    }

    fn next(transition: Transition) -> Vec<NextRequest> {
        vec![NextRequest { transition, frames: 12, shot: Shot::default() }]
    }

    #[test]
    fn a_cut_keeps_every_frame_and_does_not_click() {
        let whole = join(vec![part(0, 0.5), part(200, -0.5)], &next(Transition::Cut));
        assert_eq!((whole.frames.len(), whole.samples.len()), (24, 2_400));
        assert_eq!((whole.frames[11][0], whole.frames[12][0]), (0, 200));
        let jump = whole.samples.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(jump < 0.1, "the sound jumps by {jump}");
    }

    #[test]
    fn a_dissolve_shares_half_a_second() {
        let whole = join(vec![part(0, 0.5), part(210, 0.5)], &next(Transition::Dissolve));
        assert_eq!((whole.frames.len(), whole.samples.len()), (18, 1_800));
        let greys: Vec<u8> = whole.frames[5..13].iter().map(|f| f[0]).collect();
        assert_eq!(greys, [0, 30, 60, 90, 120, 150, 180, 210]);
        assert!(whole.samples.iter().all(|s| s.abs() <= 1.0));
    }

    #[test]
    fn shots_of_the_same_words_are_staged_each_in_its_own_way() {
        let shot = Shot::parse("a cat runs").unwrap().shot;
        let again = NextRequest { transition: Transition::Cut, frames: 12, shot: shot.clone() };
        let staged = stage(&shot, 12, &[again.clone(), again], 4);
        assert_eq!(staged.len(), 3);
        assert_ne!(staged[0].blocking, staged[1].blocking);
        assert_ne!(staged[1].blocking, staged[2].blocking);
        assert_eq!(staged[0].blocking, stage(&shot, 12, &[], 4)[0].blocking, "the first is as it is alone");
    }

    #[test]
    fn the_same_subject_stays_the_same_unless_another_is_named() {
        let first = fill(&Shot::parse("a large purple cat in the city at night, noir").unwrap().shot, 3);
        let later = |prompt: &str| fill(&anchored(&Shot::parse(prompt).unwrap().shot, &first), 9);
        let same = later("it dances, close-up");
        assert_eq!((same.subject, same.colour, same.size), (first.subject, first.colour, first.size));
        assert_eq!((same.place, same.style, same.time), (first.place, first.style, first.time));
        let other = later("a dog runs on the beach");
        assert_ne!(other.subject, first.subject);
        assert_eq!(other.style, first.style);
        assert_ne!(other.size, first.size, "a large cat does not make a large dog");
    }
}
