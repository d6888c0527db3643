//! Which combinations of attributes training never sees. A rule, so that anyone can check a score on unseen ones.

use kinora_protocol::shot::Scene;

/// Whether a scene is kept out of training. About an eighth of all scenes; every single word occurs in training.
#[must_use]
pub const fn held_out(scene: &Scene) -> bool {
    let (subject, colour) = (scene.subject.index(), scene.colour.index());
    let (place, style, camera) = (scene.place.index(), scene.style.index(), scene.camera.index());
    (subject * 3 + colour * 5) % 23 == 0
        || (subject * 5 + place * 3) % 29 == 3
        || (place * 3 + style * 4) % 31 == 5
        || (style * 3 + camera * 5) % 37 == 7
}
