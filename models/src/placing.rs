//! Placing the subject of a clip in a new scene: where in the clip stills of it are, and those stills.
//!
//! Where the subject stands, the clip's own plan says: its recipe is planned again. Of a clip without one, whole frames are
//! taken. What was chosen is written into the new recipe, so that it can be made again from the parent alone.

use kinora_media::footage::Footage;
use kinora_protocol::job::Picture;
use kinora_protocol::limits::REFERENCE_STILLS_MAX;
use kinora_protocol::recipe::{Crop, Format, Part, Recipe, Transition};
use kinora_protocol::shot::{Scene, Shot};

use crate::blocking::Blocking;
use crate::pocket::ENGINE;
use crate::reference::region;
use crate::storyboard::{self, DISSOLVE_FRAMES};
use crate::worlds::{self, Frame, HEIGHT, WIDTH};

/// A subject turned by more than this, in radians, does not stand upright in its still.
const TURN_MAX: f32 = 0.35;
/// Smallest side of a still that shows anything, in pixels.
const SIDE_MIN: u32 = 8;

/// Stills that cannot be taken from a clip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacingFault {
    /// None, or too many.
    #[error("a subject is placed by 1 to {REFERENCE_STILLS_MAX} stills of it, not {0}")]
    Count(usize),
    /// A still that is not in the clip.
    #[error("still {still} is not in the clip, which has {frames} frames of {width}×{height} pixels")]
    Outside {
        /// Which still, from 1.
        still: usize,
        /// Frames of the clip.
        frames: usize,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// There are stills of the subject already, or nothing to take stills from.
    #[error("stills are taken from the clip whose subject is placed, and from nothing else")]
    Otherwise,
}

/// A shot of the subject of another scene: who it is, in which colour, how large, unless the shot says otherwise.
#[must_use]
pub fn placed(shot: &Shot, theirs: &Scene) -> Shot {
    let other = shot.subject.is_some_and(|subject| subject != theirs.subject);
    Shot {
        subject: shot.subject.or(Some(theirs.subject)),
        colour: shot.colour.or(if other { None } else { Some(theirs.colour) }),
        size: shot.size.or(if other { None } else { Some(theirs.size) }),
        ..shot.clone()
    }
}

/// Where in a clip stills of its subject are: evenly spaced, around the subject where its recipe says where that stands, else
/// whole frames. One to [`REFERENCE_STILLS_MAX`] of them, none for a clip without frames.
#[must_use]
pub fn crops(recipe: Option<&Recipe>, format: Format) -> Vec<Crop> {
    let around = recipe.and_then(|recipe| around_subject(recipe, format)).unwrap_or_default();
    if !around.is_empty() {
        return evenly(&around);
    }
    let whole =
        |frame| Crop { frame, left: 0, top: 0, width: format.width, height: format.height, mirrored: false };
    // No more frames than stills are looked at: a stranger's record may state any number of them.
    let most = u32::try_from(REFERENCE_STILLS_MAX).unwrap_or(u32::MAX);
    let count = format.frames.min(most);
    let middle = |n: u32| (u64::from(n) * 2 + 1) * u64::from(format.frames) / (u64::from(count) * 2);
    (0..count).map(|n| whole(u32::try_from(middle(n)).unwrap_or(u32::MAX))).collect()
}

/// The middle of each of so many equal parts of a list.
fn evenly(all: &[Crop]) -> Vec<Crop> {
    let count = all.len().min(REFERENCE_STILLS_MAX);
    (0..count).filter_map(|n| all.get((2 * n + 1) * all.len() / (2 * count)).copied()).collect()
}

/// The subject in every frame of the first shot in which it is whole; where there is no such frame, as far as it is seen. `None`
/// when it is not known where it stands.
fn around_subject(recipe: &Recipe, format: Format) -> Option<Vec<Crop>> {
    let ours = (format.width as usize, format.height as usize) == (WIDTH, HEIGHT);
    if recipe.engine != ENGINE || recipe.given.blocking.is_some() || recipe.format != format || !ours {
        return None;
    }
    let frames = storyboard::first_frames(recipe)?;
    let staged = storyboard::stage(&recipe.shot, frames, &[], recipe.seed);
    let opening = staged.first().filter(|staged| staged.scene == recipe.scene)?;
    let blended = recipe.next.first().is_some_and(|next| next.transition == Transition::Dissolve);
    let alone = opening.blocking.frames().saturating_sub(if blended { DISSOLVE_FRAMES } else { 0 });
    let seen: Vec<(bool, Crop)> =
        (0..alone).filter_map(|frame| subject_in(&opening.scene, &opening.blocking, frame)).collect();
    let whole: Vec<Crop> = seen.iter().filter(|(whole, _)| *whole).map(|(_, crop)| *crop).collect();
    Some(if whole.is_empty() { seen.into_iter().map(|(_, crop)| crop).collect() } else { whole })
}

/// The subject in one frame, and whether it is whole and upright there.
fn subject_in(scene: &Scene, blocking: &Blocking, frame: usize) -> Option<(bool, Crop)> {
    let actor = blocking.subject()?;
    if worlds::Blast::of(blocking, actor, frame).is_some() {
        return None;
    }
    let Frame { origin, scale, turn } = worlds::actor_frame(blocking, actor, frame)?;
    let [left, bottom, right, top] = region(scene.subject, Part::Figure);
    let (wide, high) = (scale.0.abs(), scale.1.abs());
    let edges =
        [origin.0 + left * wide, origin.1 - top * high, origin.0 + right * wide, origin.1 - bottom * high];
    let sides = [WIDTH as f32, HEIGHT as f32];
    let inside = edges.iter().zip(sides.iter().cycle()).all(|(edge, side)| (0.0..=*side).contains(edge));
    let [left, top, right, bottom] = [0, 1, 2, 3].map(|n| edges[n].clamp(0.0, sides[n % 2]).round() as u32);
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    let crop = Crop { frame: u32::try_from(frame).ok()?, left, top, width, height, mirrored: scale.0 < 0.0 };
    (width.min(height) >= SIDE_MIN).then_some((inside && turn.abs() <= TURN_MAX, crop))
}

/// Takes the stills out of the clip.
///
/// # Errors
/// [`PlacingFault`] when there are none, too many, or one is not in the clip.
pub(crate) fn stills(footage: &Footage, crops: &[Crop]) -> Result<Vec<Picture>, PlacingFault> {
    if crops.is_empty() || crops.len() > REFERENCE_STILLS_MAX {
        return Err(PlacingFault::Count(crops.len()));
    }
    let (width, height) = (footage.width, footage.height);
    let outside = |still| PlacingFault::Outside { still, frames: footage.frames.len(), width, height };
    let taken = crops.iter().enumerate();
    taken.map(|(n, crop)| still(footage, crop).ok_or_else(|| outside(n + 1))).collect()
}

fn still(footage: &Footage, crop: &Crop) -> Option<Picture> {
    let Crop { frame, left, top, width, height, mirrored } = *crop;
    let fits = |from: u32, length: u32, all: u32| {
        length > 0 && from.checked_add(length).is_some_and(|end| end <= all)
    };
    if !fits(left, width, footage.width) || !fits(top, height, footage.height) {
        return None;
    }
    let whole = footage.frames.get(frame as usize)?;
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for row in whole.chunks_exact(footage.width as usize * 3).skip(top as usize).take(height as usize) {
        let pixels = row.chunks_exact(3).skip(left as usize).take(width as usize);
        if mirrored {
            pixels.rev().for_each(|pixel| rgb.extend_from_slice(pixel));
        } else {
            pixels.for_each(|pixel| rgb.extend_from_slice(pixel));
        }
    }
    Some(Picture { width, height, rgb })
}

#[cfg(test)]
mod tests {
    use kinora_protocol::ids::BlobHash;
    use kinora_protocol::recipe::{Given, Switches};
    use kinora_protocol::shot::{Colour, Size, Subject};

    use super::*;
    use crate::blocking::FPS;

    const FORMAT: Format = Format { width: WIDTH as u32, height: HEIGHT as u32, fps: FPS, frames: 36 };

    fn shot(prompt: &str) -> Shot {
        Shot::parse(prompt).unwrap().shot
    }

    fn recipe(prompt: &str, seed: u64) -> Recipe {
        let shot = shot(prompt);
        Recipe {
            engine: ENGINE.to_owned(),
            weights: BlobHash([1; 32]),
            executor: "cpu".to_owned(),
            seed,
            steps: 1,
            guidance_percent: 100,
            format: FORMAT,
            scene: crate::blocking::fill(&shot, seed),
            shot,
            next: Vec::new(),
            switches: Switches::default(),
            given: Given::default(),
        }
    }

    /// The clip as the worlds draw it.
    fn footage(recipe: &Recipe) -> Footage {
        let plan = crate::blocking::plan(&recipe.scene, recipe.seed, FORMAT.frames as usize);
        let frames =
            (0..FORMAT.frames as usize).map(|n| worlds::render(&recipe.scene, &plan, n).rgb).collect();
        Footage { width: FORMAT.width, height: FORMAT.height, fps: FPS, frames, ..Footage::default() }
    }

    #[test]
    fn a_shot_takes_over_who_it_is_and_nothing_of_where_it_is() {
        let theirs = recipe("a large purple cat in the city at night", 3).scene;
        let same = placed(&shot("runs on a beach"), &theirs);
        assert_eq!(
            (same.subject, same.colour, same.size),
            (Some(Subject::Cat), Some(Colour::Purple), Some(Size::Large))
        );
        assert_eq!((same.place, same.time), (shot("on a beach").place, None), "the scene is the prompt's");
        let red = placed(&shot("a red cat"), &theirs);
        assert_eq!(red.colour, Some(Colour::Red));
        let other = placed(&shot("a dog runs"), &theirs);
        assert_eq!((other.subject, other.colour), (Some(Subject::Dog), None));
    }

    #[test]
    fn stills_are_around_the_subject_and_spread_over_the_clip() {
        for (prompt, seed) in [("a red ball stands in a meadow", 1), ("a blue robot walks in the city", 5)] {
            let recipe = recipe(prompt, seed);
            let found = crops(Some(&recipe), FORMAT);
            assert_eq!(found.len(), REFERENCE_STILLS_MAX, "{prompt}");
            assert!(found.is_sorted_by(|a, b| a.frame < b.frame), "{found:?}");
            let plan = crate::blocking::plan(&recipe.scene, seed, FORMAT.frames as usize);
            for crop in &found {
                let drawn = worlds::render(&recipe.scene, &plan, crop.frame as usize);
                let inside = |at: usize| {
                    let (x, y) = ((at % WIDTH) as u32, (at / WIDTH) as u32);
                    (crop.left..crop.left + crop.width).contains(&x)
                        && (crop.top..crop.top + crop.height).contains(&y)
                };
                let (mut within, mut all) = (0.0, 0.0);
                for (at, cover) in drawn.subject.iter().enumerate() {
                    all += cover;
                    within += if inside(at) { *cover } else { 0.0 };
                }
                assert!(all > 0.0 && within > 0.95 * all, "{prompt}: {within} of {all} in {crop:?}");
            }
            assert!(stills(&footage(&recipe), &found).is_ok());
        }
    }

    #[test]
    fn one_who_looks_to_the_left_is_mirrored() {
        let seeds = (0..40).map(|seed| recipe("a fox runs in a meadow", seed));
        let facing = |recipe: &Recipe| {
            let plan = crate::blocking::plan(&recipe.scene, recipe.seed, FORMAT.frames as usize);
            plan.subject().is_some_and(|actor| actor.facing < 0.0)
        };
        let (left, right): (Vec<Recipe>, Vec<Recipe>) = seeds.partition(facing);
        assert!(!left.is_empty() && !right.is_empty());
        assert!(left.iter().all(|recipe| crops(Some(recipe), FORMAT).iter().all(|crop| crop.mirrored)));
        assert!(right.iter().all(|recipe| crops(Some(recipe), FORMAT).iter().all(|crop| !crop.mirrored)));
        let rgb: Vec<u8> = (0..4 * 2 * 3).collect();
        let footage = Footage { width: 4, height: 2, fps: 1, frames: vec![rgb], ..Footage::default() };
        let crop = Crop { frame: 0, left: 1, top: 1, width: 2, height: 1, mirrored: true };
        assert_eq!(stills(&footage, &[crop]).unwrap()[0].rgb, [18, 19, 20, 15, 16, 17]);
    }

    #[test]
    fn whole_frames_are_taken_where_it_is_not_known_where_the_subject_stands() {
        let known = recipe("a fox runs in a meadow", 2);
        let whole = crops(None, FORMAT);
        assert_eq!(whole.iter().map(|crop| crop.frame).collect::<Vec<_>>(), [4, 13, 22, 31]);
        assert!(whole.iter().all(|crop| (crop.width, crop.height) == (FORMAT.width, FORMAT.height)));
        let edited = Given { blocking: Some(BlobHash([2; 32])), ..Given::default() };
        for unknown in [
            Recipe { given: edited, ..known.clone() },
            Recipe { engine: "another".to_owned(), ..known.clone() },
            Recipe { seed: known.seed + 1, scene: recipe("a cat", 1).scene, ..known.clone() },
            Recipe { format: Format { frames: 35, ..FORMAT }, ..known },
        ] {
            assert_eq!(crops(Some(&unknown), FORMAT), whole);
        }
        assert_eq!(crops(None, Format { frames: 2, ..FORMAT }).len(), 2);
        assert_eq!(crops(None, Format { frames: u32::MAX, ..FORMAT }).len(), 4, "in no time");
        assert!(crops(None, Format { frames: 0, ..FORMAT }).is_empty());
    }

    #[test]
    fn a_still_that_is_not_in_the_clip_is_refused() {
        let frames = vec![vec![7; 4 * 4 * 3]; 2];
        let footage = Footage { width: 4, height: 4, fps: 1, frames, ..Footage::default() };
        let good = Crop { frame: 1, left: 0, top: 0, width: 4, height: 4, mirrored: false };
        assert!(stills(&footage, &[good]).is_ok());
        for bad in [
            Crop { frame: 2, ..good },
            Crop { left: 1, ..good },
            Crop { left: u32::MAX, ..good },
            Crop { width: 0, ..good },
            Crop { top: 2, height: 3, ..good },
        ] {
            let fault = stills(&footage, &[good, bad]).unwrap_err();
            assert!(matches!(fault, PlacingFault::Outside { still: 2, .. }), "{fault}");
        }
        assert_eq!(stills(&footage, &[]), Err(PlacingFault::Count(0)));
        assert_eq!(stills(&footage, &[good; 5]), Err(PlacingFault::Count(5)));
    }
}
