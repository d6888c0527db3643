//! An explosion: a ball of fire, and eight pieces of what burst under gravity.

use std::f32::consts::TAU;

use super::actor_frame;
use super::canvas::{Canvas, Frame, Mask, Rgb, disc};
use crate::blocking::{Actor, Blocking};

/// Pieces, and the radius of one in half heights of what burst.
const PIECES: usize = 8;
const PIECE: f32 = 0.22;
/// Parts of the fire's radius and their colours, the outermost first.
const SHELLS: [(f32, Rgb); 3] = [(1.0, [1.0, 0.45, 0.05]), (0.72, [1.0, 0.8, 0.15]), (0.4, [1.0, 1.0, 0.85])];
/// Fires smaller than this, in half heights of what burst, are not shown to the model.
const SMALLEST: f32 = 0.2;

/// One explosion in one frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blast {
    origin: (f32, f32),
    /// Half the height of what burst, in pixels.
    size: f32,
    /// Seconds since it burst.
    age: f32,
}

impl Blast {
    /// The explosion of an actor, once it has burst.
    pub(crate) fn of(blocking: &Blocking, actor: &Actor, frame: usize) -> Option<Self> {
        let age = blocking.time(frame) - actor.explosion?;
        let place = actor_frame(blocking, actor, frame).filter(|_| age >= 0.0)?;
        Some(Self { origin: place.origin, size: place.scale.1.abs(), age })
    }

    /// Radius of the fire in half heights of what burst.
    fn radius(&self) -> f32 {
        let fade = (1.5 - 1.1 * self.age).clamp(0.0, 1.0);
        1.9 * (1.0 - (-5.0 * self.age).exp()) * fade.sqrt()
    }

    /// Coordinates in which the fire is a still picture of radius one, while there is one.
    pub(crate) fn fire(&self) -> Option<Frame> {
        let scale = self.size * self.radius();
        (self.radius() > SMALLEST).then_some(Frame { origin: self.origin, scale: (scale, -scale), turn: 0.0 })
    }

    /// Where a piece is, in half heights of what burst from where it burst.
    fn piece(&self, piece: usize) -> (f32, f32) {
        let (up, right) = (piece as f32 * TAU / PIECES as f32 + 0.3).sin_cos();
        let fall = 0.6 * self.age - 1.2 * self.age * self.age;
        (right * self.age * 2.2, up * self.age * 2.2 + fall)
    }

    /// Coverage of a point of the picture by pieces, 0 … 1.
    pub(crate) fn debris(&self, x: f32, y: f32) -> f32 {
        let (u, v) = self.own().own_at(x, y);
        let distance = (0..PIECES).map(|n| self.piece(n)).map(|(px, py)| disc(u, v, px, py, PIECE));
        let nearest = distance.fold(f32::MAX, f32::min);
        (0.5 - nearest * self.size).clamp(0.0, 1.0)
    }

    fn own(&self) -> Frame {
        Frame { origin: self.origin, scale: (self.size, -self.size), turn: 0.0 }
    }

    /// Paints fire, then pieces in the colour of what burst.
    pub(super) fn paint(&self, canvas: &mut Canvas, colour: Rgb) {
        let (frame, whole) = (self.own(), self.radius());
        for (share, fire) in SHELLS {
            let radius = whole * share;
            canvas.paint(frame, [-2.6, -2.6, 2.6, 2.6], fire, Mask::Subject, |u, v| {
                u.hypot(v) - radius * (1.0 + 0.22 * (v.atan2(u) * 9.0).sin())
            });
        }
        for (px, py) in (0..PIECES).map(|n| self.piece(n)) {
            let bounds = [px - 0.3, py - 0.3, px + 0.3, py + 0.3];
            canvas.paint(frame, bounds, colour, Mask::Subject, |u, v| disc(u, v, px, py, PIECE));
        }
    }
}
