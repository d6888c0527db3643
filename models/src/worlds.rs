//! The procedural worlds that Pocket learns from: pictures, sound, captions and ground truth, all from data.
//!
//! A frame is a function of scene and blocking; nothing here draws a random number of its own. Every training pixel can
//! be drawn again from this repository.

mod blast;
mod canvas;
pub mod caption;
mod look;
mod places;
pub mod prompts;
mod sound;
pub mod split;
mod subjects;
mod synth;

use std::f32::consts::TAU;

use kinora_protocol::shot::Scene;

use crate::blocking::{Actor, Blocking, CENTRE, Role, STAGE_HEIGHT, STAGE_WIDTH};
use crate::reference::Reference;
pub(crate) use blast::Blast;
pub(crate) use canvas::Frame;
use canvas::{Canvas, Mask, Rgb, mix, tint};
pub use sound::sound;

/// Width of a frame in pixels.
pub const WIDTH: usize = 160;
/// Height of a frame in pixels.
pub const HEIGHT: usize = 96;
/// Pixels of a frame to one stage pixel.
pub const SCALE: f32 = WIDTH as f32 / STAGE_WIDTH;
/// What the frame cuts off at the top of the stage (and as much at the bottom), in stage pixels.
pub const CUT: f32 = (STAGE_HEIGHT - HEIGHT as f32 / SCALE) / 2.0;

/// Stage coordinates of a point of the picture.
#[must_use]
pub fn to_stage(x: f32, y: f32) -> (f32, f32) {
    (x / SCALE, y / SCALE + CUT)
}

/// Where a point of the stage lies in the picture.
#[must_use]
pub fn to_picture(x: f32, y: f32) -> (f32, f32) {
    (x * SCALE, (y - CUT) * SCALE)
}

/// One frame of a world.
#[derive(Clone, Debug)]
pub struct Picture {
    /// `HEIGHT × WIDTH × 3` bytes of sRGB, row by row.
    pub rgb: Vec<u8>,
    /// Coverage by the subject, `HEIGHT × WIDTH`, 0 … 1.
    pub subject: Vec<f32>,
}

/// Phase of the two-second clock that moves water and light, in radians.
pub(crate) fn clock(time: f32) -> f32 {
    TAU * (time / 2.0).fract()
}

/// Coverage by rain or snow at a pixel, 0 … 1; the conditioning maps show it to the model.
pub(crate) fn falling(
    scene_weather: kinora_protocol::shot::Weather,
    blocking: &Blocking,
    time: f32,
    x: f32,
    y: f32,
) -> f32 {
    look::falling(scene_weather, blocking.fall_phase, time, x, y)
}

/// Renders one frame. A frame beyond the plan is rendered as its last.
#[must_use]
pub fn render(scene: &Scene, blocking: &Blocking, frame: usize) -> Picture {
    render_with(scene, blocking, None, frame)
}

/// Renders one frame in which the subject has the looks of a reference.
#[must_use]
pub fn render_with(scene: &Scene, blocking: &Blocking, looks: Option<&Reference>, frame: usize) -> Picture {
    let frame = frame.min(blocking.frames().saturating_sub(1));
    let time = blocking.time(frame);
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    if let Some(camera) = blocking.camera.get(frame) {
        // Set coordinates: stage pixels, shifted; the camera looks at CENTRE + (dx + orbit, dy).
        let zoom = camera.set_zoom();
        let aim = (CENTRE.0 + camera.dx + camera.orbit - blocking.set_shift, CENTRE.1 + camera.dy);
        let set = Frame {
            origin: to_picture(CENTRE.0 - aim.0 * zoom, CENTRE.1 - aim.1 * zoom),
            scale: (zoom * SCALE, zoom * SCALE),
            turn: 0.0,
        };
        places::paint(&mut canvas, set, scene.place, scene.time, clock(time));
    }
    for actor in &blocking.cast {
        let looks = looks.filter(|_| actor.role == Role::Subject);
        paint_actor(&mut canvas, scene, blocking, (actor, looks), frame);
    }
    look::grade(&mut canvas, scene, blocking.fall_phase, time);
    let rgb = canvas.pixels.iter().flatten().map(|v| (v * 255.0 + 0.5) as u8).collect();
    Picture { rgb, subject: canvas.subject }
}

/// Paints shapes given in the subject's own units.
struct OnCanvas<'a> {
    canvas: &'a mut Canvas,
    frame: Frame,
    light: Rgb,
    looks: Option<&'a Reference>,
}

/// How much of its own colour a subject gives up where a reference covers it.
const LOOKS: f32 = 0.9;

impl subjects::Painter for OnCanvas<'_> {
    fn shape(&mut self, colour: Rgb, distance: impl FnMut(f32, f32) -> f32) {
        let colour = tint(colour, self.light);
        let bounds = [-1.6, -1.4, 1.6, 1.4];
        let Some(looks) = self.looks else {
            self.canvas.paint(self.frame, bounds, colour, Mask::Subject, distance);
            return;
        };
        let light = self.light;
        let mixed = |u: f32, v: f32| looks.at(u, v).map_or(colour, |c| mix(colour, tint(c, light), LOOKS));
        self.canvas.texture(self.frame, bounds, mixed, Mask::Subject, distance);
    }
}

/// Where an actor's own coordinates lie in the picture.
pub(crate) fn actor_frame(blocking: &Blocking, actor: &Actor, frame: usize) -> Option<Frame> {
    let (x, y, size) = blocking.on_screen(actor, frame)?;
    let pose = actor.poses.get(frame)?;
    let squash = pose.squash.clamp(0.4, 1.0);
    // Squashed onto its feet, not onto its centre.
    let origin = to_picture(x, y + size * (1.0 - squash) * 0.8);
    let size = size * SCALE;
    Some(Frame { origin, scale: (size * actor.facing / squash.sqrt(), -size * squash), turn: pose.turn })
}

fn paint_actor(
    canvas: &mut Canvas,
    scene: &Scene,
    blocking: &Blocking,
    (actor, looks): (&Actor, Option<&Reference>),
    frame: usize,
) {
    let Some(place) = actor_frame(blocking, actor, frame) else { return };
    let (kind, colour) = match (actor.role, scene.partner) {
        (Role::Partner, Some(partner)) => (partner.subject, partner.colour),
        _ => (scene.subject, scene.colour),
    };
    let colour = subjects::rgb_of(colour);
    // The subject stands out: it takes only half of the set's light.
    let light = mix(places::LIGHT[scene.time.index()], [1.0; 3], 0.55);
    if let Some(blast) = Blast::of(blocking, actor, frame) {
        blast.paint(canvas, colour);
        return;
    }
    let gait = actor.poses.get(frame).map_or(0.0, |p| p.gait);
    let mut painter = OnCanvas { canvas, frame: place, light, looks };
    subjects::paint(kind, colour, gait, &mut painter);
}

#[cfg(test)]
mod tests;
