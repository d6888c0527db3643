//! Where things are: which word's drawn world a clip is nearest to.
//!
//! The oracle tells what a thing is well and where it is badly. But a world can be drawn for every word of an axis with all
//! else the same, and a clip that follows its plan is nearest to the drawing of its own word. Nothing is learned here. A
//! real render is its own drawing, so that the ceiling is 100 % by construction.

use kinora_media::footage::Footage;
use kinora_protocol::shot::{Count, Framing, Partner, Relation, Scene, Size, Speed};

use super::draw::Take;
use super::features::{FRAMES, halved};
use crate::blocking::{self, Blocking};
use crate::worlds;

/// The axes that are told in this way.
pub const AXES: [&str; 5] = ["framing", "speed", "size", "count", "relation"];
/// Frames from one that is compared to the next.
const EVERY: usize = 4;
/// Drawings whose mean squared difference is less, in squared steps of 8 bits, cannot be told apart.
const ALIKE: f64 = 2.0;

/// Half-size frames of one drawing.
type Drawing = Vec<Vec<u8>>;

/// The drawings of a scene and of every scene that differs from it by one word.
#[derive(Debug)]
pub struct Drawings {
    own: Drawing,
    /// For each axis, the drawings of the other words that can be told from the scene's own.
    others: [Vec<Drawing>; AXES.len()],
}

impl Drawings {
    /// Draws everything.
    #[must_use]
    pub fn new(take: &Take) -> Self {
        let own = draw(&take.scene, &take.blocking);
        let others = variants(&take.scene).map(|scenes| {
            let drawn = scenes.iter().map(|scene| draw(scene, &blocking::plan(scene, take.seed, FRAMES)));
            drawn.filter(|other| distance(&own, other) >= ALIKE).collect()
        });
        Self { own, others }
    }

    /// For each axis whether a clip is nearest to its own word. `None` where no other word can be told from it.
    #[must_use]
    pub fn nearest(&self, footage: &Footage) -> [Option<bool>; AXES.len()] {
        let seen: Drawing = footage.frames.iter().step_by(EVERY).map(|frame| halved(frame)).collect();
        let own = distance(&seen, &self.own);
        let closest = |others: &Vec<Drawing>| {
            others.iter().map(|other| distance(&seen, other)).min_by(f64::total_cmp).map(|other| own < other)
        };
        self.others.each_ref().map(closest)
    }
}

fn draw(scene: &Scene, blocking: &Blocking) -> Drawing {
    let frames = (0..blocking.frames()).step_by(EVERY);
    frames.map(|frame| halved(&worlds::render(scene, blocking, frame).rgb)).collect()
}

/// Mean squared difference of two drawings of one size.
fn distance(a: &Drawing, b: &Drawing) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    let (sum, count) =
        pairs.fold((0u64, 0u64), |(sum, count), (a, b)| (sum + u64::from(a.abs_diff(*b)).pow(2), count + 1));
    sum as f64 / count.max(1) as f64
}

/// For each axis the scenes with another word of it. A count is about a subject alone, a relation about two.
fn variants(scene: &Scene) -> [Vec<Scene>; AXES.len()] {
    fn others<T: Copy + PartialEq>(all: &[T], own: T, scene: impl Fn(T) -> Scene) -> Vec<Scene> {
        all.iter().filter(|word| **word != own).map(|word| scene(*word)).collect()
    }
    let (counts, relations) = match scene.partner {
        None => (others(Count::ALL, scene.count, |count| Scene { count, ..*scene }), Vec::new()),
        Some(partner) => {
            let with = |relation| Scene { partner: Some(Partner { relation, ..partner }), ..*scene };
            (Vec::new(), others(Relation::ALL, partner.relation, with))
        }
    };
    [
        others(Framing::ALL, scene.framing, |framing| Scene { framing, ..*scene }),
        others(Speed::ALL, scene.speed, |speed| Scene { speed, ..*scene }),
        others(Size::ALL, scene.size, |size| Scene { size, ..*scene }),
        counts,
        relations,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::real;

    #[test]
    fn a_real_render_is_nearest_to_its_own_word_and_another_words_render_is_not() {
        let mut told = [0; AXES.len()];
        for clip in 0..6 {
            let take = Take::new(7, clip, false);
            let drawings = Drawings::new(&take);
            let own = drawings.nearest(&real(&take));
            assert!(own.iter().flatten().all(|right| *right), "{own:?}");
            for (axis, scenes) in variants(&take.scene).iter().enumerate().filter(|(n, _)| own[*n].is_some())
            {
                // The last word's world was drawn for it, so another word wins, if it can be told at all.
                let Some(scene) = scenes.last() else { continue };
                let other = Take {
                    scene: scene.clone(),
                    blocking: blocking::plan(scene, take.seed, FRAMES),
                    seed: take.seed,
                };
                let there = draw(&other.scene, &other.blocking);
                if distance(&there, &drawings.own) >= ALIKE {
                    assert_eq!(drawings.nearest(&real(&other))[axis], Some(false), "{}", AXES[axis]);
                    told[axis] += 1;
                }
            }
        }
        assert!(told.iter().all(|n| *n > 0), "every axis was tried: {told:?}");
    }

    #[test]
    fn a_count_is_about_a_subject_alone_and_a_relation_about_two() {
        for clip in 0..40 {
            let scene = Take::new(9, clip, false).scene;
            let [framing, .., counts, relations] = variants(&scene);
            assert_eq!((framing.len(), counts.is_empty()), (Framing::ALL.len() - 1, scene.partner.is_some()));
            assert_eq!(relations.is_empty(), scene.partner.is_none());
        }
    }
}
