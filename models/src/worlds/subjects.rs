//! The subjects, each a handful of shapes in own units: x right, y up, about −1 … 1, looking to the right.

use kinora_protocol::shot::{Colour, Subject};

use super::canvas::{Rgb, block, capsule, disc, ellipse, mix, triangle};

const INK: Rgb = [0.06, 0.06, 0.08];
const PAPER: Rgb = [0.96, 0.96, 0.96];
const STEEL: Rgb = [0.45, 0.45, 0.5];
const GLASS: Rgb = [0.6, 0.85, 0.95];
const SKIN: Rgb = [0.93, 0.72, 0.55];

/// The main colour of a subject.
pub(crate) const fn rgb_of(colour: Colour) -> Rgb {
    match colour {
        Colour::Red => [0.88, 0.12, 0.12],
        Colour::Orange => [0.97, 0.52, 0.08],
        Colour::Yellow => [0.97, 0.88, 0.12],
        Colour::Green => [0.12, 0.68, 0.2],
        Colour::Blue => [0.12, 0.3, 0.92],
        Colour::Purple => [0.58, 0.15, 0.75],
        Colour::White => [0.96, 0.96, 0.96],
        Colour::Black => [0.1, 0.1, 0.12],
        Colour::Pink => [0.98, 0.5, 0.72],
        Colour::Brown => [0.5, 0.3, 0.14],
    }
}

/// Receives shapes in painter's order: colour and signed distance.
pub(crate) trait Painter {
    fn shape(&mut self, colour: Rgb, distance: impl FnMut(f32, f32) -> f32);
}

/// Paints `subject` in `colour`; `gait` is the phase of its legs, wings or wheels.
pub(crate) fn paint(subject: Subject, colour: Rgb, gait: f32, p: &mut impl Painter) {
    let look = Look {
        main: colour,
        dark: mix(colour, [0.0; 3], 0.4),
        light: mix(colour, [1.0; 3], 0.4),
        s: gait.sin(),
    };
    match subject {
        Subject::Ball => ball(&look, p),
        Subject::Cat => cat(&look, p),
        Subject::Dog => dog(&look, p),
        Subject::Fox => fox(&look, p),
        Subject::Horse => horse(&look, p),
        Subject::Car => car(&look, p),
        Subject::Train => train(&look, gait, p),
        Subject::Boat => boat(&look, p),
        Subject::Bird => bird(&look, p),
        Subject::Butterfly => butterfly(&look, p),
        Subject::Fish => fish(&look, p),
        Subject::Rocket => rocket(&look, p),
        Subject::Balloon => balloon(&look, p),
        Subject::Robot => robot(&look, p),
        Subject::Person => person(&look, p),
        Subject::Tree => tree(&look, p),
    }
}

struct Look {
    main: Rgb,
    dark: Rgb,
    light: Rgb,
    /// Sine of the gait.
    s: f32,
}

/// Four legs from the belly to the ground, in two pairs.
fn legs(k: &Look, foot: f32, r: f32, p: &mut impl Painter) {
    for (x, q) in [(-0.5, 1.0), (-0.3, -1.0), (0.25, -1.0), (0.45, 1.0)] {
        let step = x + 0.28 * k.s * q;
        p.shape(k.dark, |u, v| capsule(u, v, (x, -0.3), (step, foot), r));
    }
}

fn ball(k: &Look, p: &mut impl Painter) {
    let band = if k.main[0].min(k.main[1]).min(k.main[2]) > 0.9 { STEEL } else { k.light };
    p.shape(k.main, |u, v| disc(u, v, 0.0, 0.0, 0.88));
    p.shape(band, |u, v| disc(u, v, 0.0, 0.0, 0.88).max(v.abs() - 0.17));
    p.shape(PAPER, |u, v| disc(u, v, -0.3, 0.44, 0.16));
}

fn cat(k: &Look, p: &mut impl Painter) {
    legs(k, -0.85, 0.1, p);
    p.shape(k.dark, |u, v| capsule(u, v, (-0.65, -0.1), (-0.85, 0.75 + 0.1 * k.s), 0.09));
    p.shape(k.main, |u, v| ellipse(u, v, -0.05, -0.2, 0.68, 0.32));
    p.shape(k.main, |u, v| triangle(u, v, [(0.32, 0.5), (0.36, 0.98), (0.62, 0.66)]));
    p.shape(k.main, |u, v| triangle(u, v, [(0.62, 0.66), (0.92, 0.98), (0.92, 0.5)]));
    p.shape(k.main, |u, v| disc(u, v, 0.62, 0.35, 0.38));
    for x in [0.52, 0.8] {
        p.shape([0.2, 0.9, 0.3], |u, v| disc(u, v, x, 0.42, 0.08));
    }
    p.shape([0.95, 0.5, 0.6], |u, v| disc(u, v, 0.68, 0.24, 0.06));
}

fn dog(k: &Look, p: &mut impl Painter) {
    legs(k, -0.9, 0.12, p);
    p.shape(k.dark, |u, v| capsule(u, v, (-0.7, 0.0), (-1.0, 0.35 + 0.15 * k.s), 0.1));
    p.shape(k.main, |u, v| block(u, v, -0.05, -0.12, 0.68, 0.26) - 0.08);
    p.shape(k.light, |u, v| block(u, v, 0.95, 0.32, 0.26, 0.14) - 0.04);
    p.shape(k.main, |u, v| block(u, v, 0.62, 0.42, 0.24, 0.26) - 0.06);
    p.shape(k.dark, |u, v| ellipse(u, v, 0.42, 0.35, 0.14, 0.36));
    p.shape(INK, |u, v| disc(u, v, 0.72, 0.55, 0.08));
    p.shape(INK, |u, v| disc(u, v, 1.2, 0.42, 0.1));
}

fn fox(k: &Look, p: &mut impl Painter) {
    legs(k, -0.85, 0.08, p);
    p.shape(k.main, |u, v| ellipse(u, v, -0.95, 0.08 + 0.08 * k.s, 0.5, 0.24));
    p.shape(PAPER, |u, v| ellipse(u, v, -1.3, 0.1 + 0.08 * k.s, 0.2, 0.16));
    p.shape(k.main, |u, v| ellipse(u, v, -0.05, -0.15, 0.62, 0.26));
    p.shape(k.dark, |u, v| triangle(u, v, [(0.35, 0.5), (0.42, 1.05), (0.62, 0.6)]));
    p.shape(k.dark, |u, v| triangle(u, v, [(0.6, 0.6), (0.82, 1.0), (0.84, 0.5)]));
    p.shape(k.main, |u, v| triangle(u, v, [(0.3, 0.6), (0.85, 0.62), (1.25, 0.1)]));
    p.shape(PAPER, |u, v| triangle(u, v, [(0.3, 0.55), (0.35, 0.0), (1.2, 0.1)]));
    p.shape(INK, |u, v| disc(u, v, 0.7, 0.42, 0.07));
    p.shape(INK, |u, v| disc(u, v, 1.22, 0.12, 0.08));
}

fn horse(k: &Look, p: &mut impl Painter) {
    for (x, q) in [(-0.55, 1.0), (-0.4, -1.0), (0.3, -1.0), (0.45, 1.0)] {
        let step = x + 0.34 * k.s * q;
        p.shape(k.dark, |u, v| capsule(u, v, (x, -0.2), (step, -0.98), 0.08));
    }
    p.shape(k.dark, |u, v| capsule(u, v, (-0.68, 0.1), (-0.98, -0.35 + 0.12 * k.s), 0.12));
    p.shape(k.main, |u, v| ellipse(u, v, -0.05, -0.02, 0.7, 0.32));
    p.shape(k.main, |u, v| capsule(u, v, (0.5, 0.05), (0.82, 0.78), 0.19));
    p.shape(k.dark, |u, v| capsule(u, v, (0.36, 0.25), (0.7, 0.98), 0.1));
    p.shape(k.main, |u, v| capsule(u, v, (0.82, 0.8), (1.2, 0.52), 0.14));
    p.shape(k.main, |u, v| triangle(u, v, [(0.72, 0.88), (0.76, 1.12), (0.9, 0.9)]));
    p.shape(INK, |u, v| disc(u, v, 0.93, 0.8, 0.06));
}

fn car(k: &Look, p: &mut impl Painter) {
    p.shape(k.main, |u, v| block(u, v, -0.05, 0.22, 0.5, 0.24) - 0.06);
    for x in [-0.3, 0.2] {
        p.shape(GLASS, |u, v| block(u, v, x, 0.24, 0.2, 0.16));
    }
    p.shape(k.main, |u, v| block(u, v, 0.0, -0.22, 1.1, 0.22) - 0.06);
    p.shape([1.0, 0.95, 0.5], |u, v| block(u, v, 1.08, -0.15, 0.08, 0.08));
    for x in [-0.6, 0.6] {
        p.shape(INK, |u, v| disc(u, v, x, -0.5, 0.28));
        p.shape(STEEL, |u, v| disc(u, v, x, -0.5, 0.12));
    }
}

fn train(k: &Look, gait: f32, p: &mut impl Painter) {
    p.shape(STEEL, |u, v| block(u, v, 0.8, 0.5, 0.12, 0.3));
    for (i, r) in [0.16, 0.22, 0.28].into_iter().enumerate() {
        let drift = (gait * 0.15 + i as f32 * 0.33).rem_euclid(1.0);
        p.shape(PAPER, |u, v| disc(u, v, 0.7 - 1.1 * drift, 0.95 + 0.12 * drift, r * (0.5 + 0.5 * drift)));
    }
    p.shape(k.main, |u, v| block(u, v, 0.45, -0.02, 0.7, 0.3) - 0.06);
    p.shape(k.dark, |u, v| block(u, v, -0.65, 0.15, 0.42, 0.55) - 0.04);
    p.shape(GLASS, |u, v| block(u, v, -0.65, 0.36, 0.24, 0.2));
    p.shape([1.0, 0.95, 0.5], |u, v| disc(u, v, 1.18, 0.05, 0.12));
    for x in [-0.85, -0.35, 0.2, 0.7] {
        p.shape(INK, |u, v| disc(u, v, x, -0.58, 0.24));
        p.shape(STEEL, |u, v| disc(u, v, x, -0.58, 0.1));
    }
    p.shape(STEEL, |u, v| block(u, v, 0.2 + 0.08 * k.s, -0.55, 0.6, 0.05));
}

fn boat(k: &Look, p: &mut impl Painter) {
    p.shape([0.4, 0.25, 0.1], |u, v| block(u, v, 0.0, 0.2, 0.05, 0.75));
    p.shape(PAPER, |u, v| triangle(u, v, [(0.1, 0.95), (0.1, -0.1), (0.85, -0.1)]));
    p.shape(k.light, |u, v| triangle(u, v, [(-0.1, 0.8), (-0.1, -0.1), (-0.65, -0.1)]));
    p.shape(k.main, |u, v| (v + 0.22).max(-v - 0.75).max(u.abs() - 1.1 - (v + 0.3) * 0.6));
}

fn bird(k: &Look, p: &mut impl Painter) {
    p.shape(k.dark, |u, v| triangle(u, v, [(-0.4, 0.05), (-1.05, 0.3), (-1.0, -0.12)]));
    p.shape(k.main, |u, v| ellipse(u, v, -0.02, 0.0, 0.58, 0.34));
    p.shape(k.main, |u, v| disc(u, v, 0.55, 0.28, 0.28));
    p.shape([1.0, 0.65, 0.1], |u, v| triangle(u, v, [(0.78, 0.36), (0.78, 0.14), (1.15, 0.22)]));
    p.shape(INK, |u, v| disc(u, v, 0.62, 0.36, 0.08));
    p.shape(k.dark, |u, v| capsule(u, v, (0.05, 0.08), (-0.3, 0.08 + 0.8 * k.s), 0.17));
}

fn butterfly(k: &Look, p: &mut impl Painter) {
    // The wings fold: seen from above their width follows the beat.
    let open = 0.55 + 0.45 * k.s.abs();
    for side in [-1.0, 1.0] {
        p.shape(k.main, |u, v| ellipse(u * side / open, v, 0.5, 0.42, 0.46, 0.5) * open);
        p.shape(k.dark, |u, v| ellipse(u * side / open, v, 0.4, -0.38, 0.36, 0.4) * open);
        p.shape(PAPER, |u, v| disc(u * side / open, v, 0.55, 0.5, 0.16) * open);
        p.shape(INK, |u, v| capsule(u, v, (0.03 * side, 0.6), (0.28 * side, 1.05), 0.04));
    }
    p.shape(INK, |u, v| capsule(u, v, (0.0, -0.55), (0.0, 0.6), 0.1));
}

fn fish(k: &Look, p: &mut impl Painter) {
    p.shape(k.dark, |u, v| {
        triangle(u, v, [(-0.5, 0.0), (-1.1, 0.45 + 0.12 * k.s), (-1.1, -0.45 + 0.12 * k.s)])
    });
    p.shape(k.dark, |u, v| triangle(u, v, [(-0.25, 0.3), (0.25, 0.35), (-0.2, 0.75)]));
    p.shape(k.main, |u, v| ellipse(u, v, 0.05, 0.0, 0.75, 0.44));
    p.shape(k.light, |u, v| ellipse(u, v, 0.05, 0.0, 0.75, 0.44).max((u + 0.1).abs() - 0.1));
    p.shape(k.dark, |u, v| capsule(u, v, (0.0, -0.05), (-0.25, -0.25 + 0.15 * k.s), 0.1));
    p.shape(PAPER, |u, v| disc(u, v, 0.45, 0.1, 0.15));
    p.shape(INK, |u, v| disc(u, v, 0.49, 0.1, 0.08));
}

fn rocket(k: &Look, p: &mut impl Painter) {
    p.shape([1.0, 0.75, 0.1], |u, v| ellipse(u, v, 0.0, -0.95, 0.2, 0.34 + 0.06 * k.s));
    p.shape([1.0, 0.3, 0.1], |u, v| ellipse(u, v, 0.0, -0.9, 0.11, 0.2));
    for side in [-1.0, 1.0] {
        p.shape(k.dark, |u, v| triangle(u * side, v, [(0.2, -0.2), (0.65, -0.85), (0.2, -0.75)]));
    }
    p.shape(k.main, |u, v| ellipse(u, v, 0.0, 0.1, 0.38, 0.95));
    p.shape(PAPER, |u, v| ellipse(u, v, 0.0, 0.1, 0.38, 0.95).max(0.55 - v));
    p.shape(STEEL, |u, v| disc(u, v, 0.0, 0.22, 0.21));
    p.shape([0.5, 0.85, 1.0], |u, v| disc(u, v, 0.0, 0.22, 0.14));
}

fn balloon(k: &Look, p: &mut impl Painter) {
    for x in [-0.2, 0.2] {
        p.shape(STEEL, |u, v| capsule(u, v, (x, -0.4), (x * 0.8, -0.75), 0.03));
    }
    p.shape([0.55, 0.35, 0.15], |u, v| block(u, v, 0.0, -0.84, 0.2, 0.13));
    p.shape(k.main, |u, v| ellipse(u, v, 0.0, 0.28, 0.66, 0.72));
    p.shape(k.light, |u, v| ellipse(u, v, 0.0, 0.28, 0.26, 0.72));
    p.shape(k.dark, |u, v| ellipse(u, v, 0.0, 0.28, 0.66, 0.72).max((v + 0.3).abs() - 0.07));
}

fn robot(k: &Look, p: &mut impl Painter) {
    for side in [-1.0, 1.0] {
        let swing = 0.2 * k.s * side;
        p.shape(STEEL, |u, v| capsule(u, v, (0.2 * side, -0.4), (0.2 * side + swing, -0.95), 0.1));
        p.shape(STEEL, |u, v| capsule(u, v, (0.48 * side, 0.15), (0.75 * side, -0.25 - swing), 0.09));
    }
    p.shape(STEEL, |u, v| block(u, v, 0.0, 1.05, 0.04, 0.1));
    p.shape([1.0, 0.2, 0.2], |u, v| disc(u, v, 0.0, 1.14, 0.08));
    p.shape(k.main, |u, v| block(u, v, 0.0, -0.1, 0.42, 0.36) - 0.05);
    p.shape(k.main, |u, v| block(u, v, 0.0, 0.66, 0.36, 0.27) - 0.03);
    p.shape(INK, |u, v| block(u, v, 0.0, 0.68, 0.28, 0.13));
    for x in [-0.14, 0.14] {
        p.shape([0.3, 1.0, 1.0], |u, v| disc(u, v, x, 0.68, 0.09));
    }
    p.shape(k.light, |u, v| block(u, v, 0.0, -0.1, 0.18, 0.14));
}

fn person(k: &Look, p: &mut impl Painter) {
    for side in [-1.0, 1.0] {
        let swing = 0.32 * k.s * side;
        p.shape([0.2, 0.22, 0.35], |u, v| {
            capsule(u, v, (0.12 * side, -0.3), (0.12 * side + swing, -0.95), 0.11)
        });
        p.shape(SKIN, |u, v| capsule(u, v, (0.25 * side, 0.3), (0.45 * side - swing * 0.8, -0.15), 0.09));
    }
    p.shape(k.main, |u, v| block(u, v, 0.0, 0.05, 0.24, 0.34) - 0.07);
    p.shape(SKIN, |u, v| disc(u, v, 0.0, 0.7, 0.28));
    p.shape([0.25, 0.15, 0.08], |u, v| disc(u, v, 0.0, 0.73, 0.3).max(0.76 - v));
}

fn tree(k: &Look, p: &mut impl Painter) {
    p.shape([0.4, 0.24, 0.1], |u, v| block(u, v, 0.0, -0.6, 0.16, 0.42));
    let sway = 0.04 * k.s;
    for x in [-0.42, 0.42] {
        p.shape(k.dark, |u, v| disc(u, v, x + sway, 0.05, 0.45));
    }
    p.shape(k.main, |u, v| disc(u, v, sway * 1.5, 0.5, 0.55));
    p.shape(k.main, |u, v| disc(u, v, sway, 0.0, 0.42));
}
