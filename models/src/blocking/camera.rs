//! The camera's path over a shot. "Pan left" turns the camera left: the picture moves right.

use std::f32::consts::TAU;

use kinora_protocol::shot::{Angle, Camera, Scene};

use super::{CameraPose, Dice, FPS};

/// How far a low or high camera looks up or down, in stage pixels.
const TILT: f32 = 9.0;

/// Plans the camera: its move over the shot, from the height that the scene asks for.
pub(super) fn path(scene: &Scene, dice: &mut Dice, frames: usize) -> Vec<CameraPose> {
    let (a, b) = (dice.range(0.0, TAU), dice.range(0.0, TAU));
    let (height, near) = match scene.angle {
        Angle::EyeLevel => (0.0, 1.0),
        // From below a subject looms; from above it is small on a wide ground.
        Angle::Low => (-TILT, 1.18),
        Angle::High => (TILT, 0.82),
    };
    (0..frames)
        .map(|f| {
            let u = f as f32 / frames.saturating_sub(1).max(1) as f32;
            let step = moved(scene.camera, u, f as f32 / FPS as f32, (a, b));
            CameraPose { dy: step.dy + height, near: step.near * near, ..step }
        })
        .collect()
}

/// The move at share `u` of the shot, second `t`; `shake` are the phases of a hand.
fn moved(camera: Camera, u: f32, t: f32, shake: (f32, f32)) -> CameraPose {
    let (a, b) = shake;
    let rest = CameraPose::REST;
    match camera {
        Camera::Static => rest,
        Camera::PanLeft => CameraPose { dx: 22.0 - 44.0 * u, ..rest },
        Camera::PanRight => CameraPose { dx: 44.0 * u - 22.0, ..rest },
        Camera::TiltUp => CameraPose { dy: 13.0 - 26.0 * u, ..rest },
        Camera::TiltDown => CameraPose { dy: 26.0 * u - 13.0, ..rest },
        Camera::ZoomIn => CameraPose { zoom: 0.85 + 0.55 * u, ..rest },
        Camera::ZoomOut => CameraPose { zoom: 1.4 - 0.55 * u, ..rest },
        Camera::DollyIn => CameraPose { near: 0.72 + 0.68 * u, ..rest },
        Camera::DollyOut => CameraPose { near: 1.4 - 0.68 * u, ..rest },
        Camera::OrbitLeft => CameraPose { orbit: 26.0 - 52.0 * u, ..rest },
        Camera::OrbitRight => CameraPose { orbit: 52.0 * u - 26.0, ..rest },
        Camera::Handheld => CameraPose {
            dx: 2.6 * (t * 7.3 + a).sin() + 1.2 * (t * 12.1 + b).sin(),
            dy: 1.8 * (t * 8.9 + b).sin() + 0.8 * (t * 14.3 + a).sin(),
            ..rest
        },
    }
}
