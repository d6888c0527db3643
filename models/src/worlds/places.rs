//! The sets: ten places in three lights, painted in set coordinates (stage pixels, shifted by the blocking).
//!
//! Everything moves by the clock alone, so a frame of a place is a function of place, time of day and clock.

use std::f32::consts::TAU;

use kinora_protocol::shot::{Place, Time};

use super::canvas::{Canvas, Frame, Mask, Rgb, block, capsule, disc, ellipse, mix, tint, triangle};

/// A box that holds everything a camera may see of the set.
const ALL: [f32; 4] = [-160.0, -80.0, 320.0, 180.0];
/// Sky colours, top and horizon, by time of day.
const SKY: [[Rgb; 2]; 3] = [
    [[0.36, 0.64, 0.95], [0.8, 0.92, 1.0]],
    [[0.36, 0.22, 0.5], [1.0, 0.58, 0.3]],
    [[0.02, 0.03, 0.12], [0.1, 0.13, 0.3]],
];
/// Colour of the light by time of day.
pub(crate) const LIGHT: [Rgb; 3] = [[1.0, 1.0, 1.0], [1.0, 0.74, 0.58], [0.48, 0.52, 0.74]];

/// A number in 0 … 1 that looks random and is the same everywhere: placement of the n-th thing.
pub(crate) fn scatter(n: f32) -> f32 {
    ((n * 127.1 + 3.3).sin() * 43_758.547).rem_euclid(1.0)
}

/// What the painters of sets share.
struct Set<'a> {
    canvas: &'a mut Canvas,
    frame: Frame,
    time: Time,
    /// Phase of a two-second clock.
    clock: f32,
}

impl Set<'_> {
    fn light(&self, colour: Rgb) -> Rgb {
        tint(colour, LIGHT[self.time.index()])
    }

    /// A lit shape within `bounds`.
    fn put(&mut self, bounds: [f32; 4], colour: Rgb, distance: impl FnMut(f32, f32) -> f32) {
        let colour = self.light(colour);
        self.canvas.paint(self.frame, bounds, colour, Mask::Set, distance);
    }

    /// A shape that shines by itself.
    fn glow(&mut self, bounds: [f32; 4], colour: Rgb, distance: impl FnMut(f32, f32) -> f32) {
        self.canvas.paint(self.frame, bounds, colour, Mask::Set, distance);
    }

    /// Everything below `height(x)`.
    fn below(&mut self, colour: Rgb, mut height: impl FnMut(f32) -> f32) {
        self.put(ALL, colour, |x, y| height(x) - y);
    }

    fn disc(&mut self, x: f32, y: f32, r: f32, colour: Rgb) {
        self.put([x - r, y - r, x + r, y + r], colour, |u, v| disc(u, v, x, y, r));
    }

    fn rect(&mut self, x: f32, y: f32, a: f32, b: f32, colour: Rgb) {
        self.put([x - a, y - b, x + a, y + b], colour, |u, v| block(u, v, x, y, a, b));
    }

    /// Sky with sun, or moon and stars.
    fn sky(&mut self) {
        let [top, low] = SKY[self.time.index()];
        self.canvas.flood(self.frame, |_, y| mix(top, low, ((y + 24.0) / 76.0).clamp(0.0, 1.0)));
        match self.time {
            Time::Day => {
                self.glow([84.0, -2.0, 108.0, 22.0], [1.0, 0.95, 0.5], |u, v| disc(u, v, 96.0, 11.0, 8.0));
            }
            Time::Sunset => {
                self.glow([80.0, 22.0, 112.0, 54.0], [1.0, 0.86, 0.35], |u, v| disc(u, v, 96.0, 38.0, 12.0));
            }
            Time::Night => {
                self.stars(24, 44.0, 0.9);
                self.glow([84.0, -2.0, 108.0, 22.0], [0.95, 0.95, 0.85], |u, v| disc(u, v, 96.0, 11.0, 7.0));
                self.glow([84.0, -2.0, 108.0, 22.0], SKY[2][0], |u, v| disc(u, v, 93.0, 9.0, 6.0));
            }
        }
    }

    fn stars(&mut self, count: u32, depth: f32, brightness: f32) {
        for i in 0..count {
            let n = i as f32;
            let (x, y, r) =
                (-40.0 + 220.0 * scatter(n), -26.0 + depth * scatter(n + 50.0), 0.7 + 0.5 * scatter(n + 7.0));
            let colour = [brightness, brightness, 1.0];
            self.glow([x - r, y - r, x + r, y + r], colour, |u, v| disc(u, v, x, y, r));
        }
    }
}

/// Paints the set. `clock` is the phase of a two-second clock, in radians.
pub(crate) fn paint(canvas: &mut Canvas, frame: Frame, place: Place, time: Time, clock: f32) {
    let mut set = Set { canvas, frame, time, clock };
    match place {
        Place::Beach => beach(&mut set),
        Place::Forest => forest(&mut set),
        Place::City => city(&mut set),
        Place::Space => space(&mut set),
        Place::Underwater => underwater(&mut set),
        Place::Desert => desert(&mut set),
        Place::Snow => snow(&mut set),
        Place::Room => room(&mut set),
        Place::Meadow => meadow(&mut set),
        Place::Mountains => mountains(&mut set),
    }
}

fn beach(set: &mut Set<'_>) {
    set.sky();
    let clock = set.clock;
    set.below([0.1, 0.45, 0.75], |_| 42.0);
    for y in [45.5f32, 48.5] {
        set.put(ALL, [0.3, 0.62, 0.85], |u, v| (v - y - 0.5 * (u * 0.35 + clock).sin()).abs() - 0.35);
    }
    set.put(ALL, [0.9, 0.97, 1.0], |u, v| (v - 51.5 - 0.8 * (u * 0.2 + clock).sin()).abs() - 1.0);
    set.below([0.93, 0.82, 0.55], |x| 53.0 + 1.2 * (x * 0.08).sin());
    set.below([0.86, 0.73, 0.46], |x| 66.0 + 2.0 * (x * 0.05).sin());
    // One palm gives the shore a left and a right.
    set.put([18.0, 22.0, 36.0, 60.0], [0.42, 0.28, 0.14], |u, v| {
        capsule(u, v, (22.0, 58.0), (29.0, 26.0), 1.6)
    });
    for (dx, dy) in [(-11.0, 3.0), (-7.0, -5.0), (5.0, -6.0), (11.0, 1.0), (8.0, 7.0)] {
        set.put([10.0, 14.0, 48.0, 40.0], [0.12, 0.5, 0.2], |u, v| {
            capsule(u, v, (29.0, 26.0), (29.0 + dx, 26.0 + dy), 1.5)
        });
    }
}

fn forest(set: &mut Set<'_>) {
    set.sky();
    set.below([0.16, 0.38, 0.2], |x| 28.0 + 5.0 * (x * 0.11).sin());
    for i in 0..10 {
        let n = i as f32;
        let x = -44.0 + 25.0 * n + 6.0 * scatter(n);
        let tall = 10.0 * scatter(n + 9.0);
        set.rect(x, 47.0, 2.2, 13.0, [0.33, 0.2, 0.1]);
        for j in 0..3 {
            let k = j as f32;
            let (half, base, tip) = (12.0 - 2.5 * k, 45.0 - 11.0 * k, 23.0 - 11.0 * k - 0.3 * tall);
            set.put([x - half, tip, x + half, base], [0.08, 0.42 + 0.06 * k, 0.14], |u, v| {
                triangle(u, v, [(x - half, base), (x + half, base), (x, tip)])
            });
        }
    }
    set.below([0.22, 0.48, 0.16], |_| 55.0);
    set.below([0.17, 0.4, 0.12], |x| 67.0 + 1.0 * (x * 0.1).sin());
}

fn city(set: &mut Set<'_>) {
    set.sky();
    let lit = matches!(set.time, Time::Night);
    for i in 0..12 {
        let n = i as f32;
        let (x, tall) = (-46.0 + 20.0 * n, 22.0 + 26.0 * scatter(n + 3.0));
        let wall = [[0.45, 0.45, 0.52], [0.55, 0.42, 0.4], [0.38, 0.45, 0.55]][i % 3];
        set.rect(x, 56.0 - tall / 2.0, 9.0, tall / 2.0, wall);
        for row in 0..5 {
            for column in 0..2 {
                let (wx, wy) = (x - 4.0 + 8.0 * column as f32, 60.0 - tall + 8.0 * row as f32);
                if wy > 50.0 {
                    continue;
                }
                let bounds = [wx - 2.0, wy - 2.0, wx + 2.0, wy + 2.0];
                if lit {
                    set.glow(bounds, [1.0, 0.88, 0.45], |u, v| block(u, v, wx, wy, 2.0, 1.8));
                } else {
                    set.put(bounds, [0.75, 0.86, 0.94], |u, v| block(u, v, wx, wy, 2.0, 1.8));
                }
            }
        }
    }
    set.below([0.64, 0.64, 0.64], |_| 55.0);
    set.below([0.28, 0.28, 0.3], |_| 59.0);
    set.put(ALL, [0.95, 0.9, 0.6], |u, v| {
        ((v - 70.0).abs() - 1.1).max((u.rem_euclid(24.0) - 12.0).abs() - 6.0)
    });
}

fn space(set: &mut Set<'_>) {
    let haze = match set.time {
        Time::Day => [0.1, 0.08, 0.26],
        Time::Sunset => [0.26, 0.06, 0.2],
        Time::Night => [0.03, 0.03, 0.1],
    };
    set.canvas.flood(set.frame, |_, y| mix([0.02, 0.01, 0.06], haze, ((y + 20.0) / 90.0).clamp(0.0, 1.0)));
    set.stars(44, 92.0, 1.0);
    let planet = [[0.85, 0.6, 0.35], [0.9, 0.35, 0.3], [0.35, 0.45, 0.8]][set.time.index()];
    set.glow([14.0, 4.0, 42.0, 32.0], planet, |u, v| disc(u, v, 28.0, 18.0, 11.0));
    set.glow([6.0, 12.0, 50.0, 24.0], [0.9, 0.8, 0.6], |u, v| ellipse(u, v, 28.0, 18.0, 19.0, 2.4));
    set.glow(ALL, [0.62, 0.62, 0.66], |u, v| 60.0 + 2.0 * (u * 0.06).sin() - v);
    for i in 0..7 {
        let n = i as f32;
        let (x, y) = (-34.0 + 32.0 * n, 68.0 + 7.0 * scatter(n));
        set.glow([x - 7.0, y - 2.0, x + 7.0, y + 2.0], [0.45, 0.45, 0.5], |u, v| {
            ellipse(u, v, x, y, 7.0, 2.0)
        });
    }
}

fn underwater(set: &mut Set<'_>) {
    let light = LIGHT[set.time.index()];
    set.canvas.flood(set.frame, |_, y| {
        tint(mix([0.25, 0.75, 0.85], [0.02, 0.2, 0.45], ((y + 24.0) / 104.0).clamp(0.0, 1.0)), light)
    });
    let clock = set.clock;
    for i in 0..4 {
        let x = -20.0 + 45.0 * i as f32;
        let ray = tint([0.4, 0.8, 0.88], light);
        set.canvas.paint(set.frame, ALL, ray, Mask::Soft(10.0), |u, v| {
            (u - v * 0.4 - x).abs() - 3.0 - v * 0.04 + 2.0 * (clock + i as f32).sin()
        });
    }
    set.below([0.72, 0.66, 0.42], |x| 66.0 + 2.0 * (x * 0.07).sin());
    for i in 0..9 {
        let n = i as f32;
        let (x, top) = (-44.0 + 26.0 * n, 46.0 + 12.0 * scatter(n));
        set.put([x - 6.0, top, x + 6.0, 72.0], [0.08, 0.5, 0.25], |u, v| {
            ((u - x - 2.6 * (v * 0.22 + n + clock).sin()).abs() - 1.8).max((v - 72.0).max(top - v))
        });
    }
}

fn desert(set: &mut Set<'_>) {
    set.sky();
    set.below([0.88, 0.62, 0.32], |x| 44.0 + 6.0 * (x * 0.045).sin());
    set.below([0.95, 0.74, 0.4], |x| 54.0 + 3.5 * (x * 0.06 + 2.0).sin());
    set.below([0.86, 0.64, 0.34], |x| 68.0 + 2.0 * (x * 0.08).sin());
    let green = [0.18, 0.48, 0.2];
    for x in [-34.0f32, 14.0, 64.0, 114.0, 162.0] {
        let bounds = [x - 11.0, 30.0, x + 12.0, 62.0];
        set.put(bounds, green, |u, v| {
            capsule(u, v, (x, 59.0), (x, 36.0), 3.0)
                .min(capsule(u, v, (x, 50.0), (x + 8.0, 48.0), 2.0))
                .min(capsule(u, v, (x + 8.0, 48.0), (x + 8.0, 40.0), 2.0))
                .min(capsule(u, v, (x, 52.0), (x - 7.0, 51.0), 2.0))
                .min(capsule(u, v, (x - 7.0, 51.0), (x - 7.0, 44.0), 2.0))
        });
    }
}

fn snow(set: &mut Set<'_>) {
    set.sky();
    for i in 0..6 {
        let n = i as f32;
        let (x, tall) = (-44.0 + 42.0 * n, 20.0 + 12.0 * scatter(n + 2.0));
        set.put([x - 34.0, 54.0 - tall, x + 34.0, 54.0], [0.55, 0.65, 0.78], |u, v| {
            triangle(u, v, [(x - 34.0, 54.0), (x + 34.0, 54.0), (x, 54.0 - tall)])
        });
        set.put([x - 13.0, 54.0 - tall, x + 13.0, 54.0], [0.97, 0.98, 1.0], |u, v| {
            triangle(u, v, [(x - 13.0, 54.0 - tall * 0.62), (x + 13.0, 54.0 - tall * 0.62), (x, 54.0 - tall)])
        });
    }
    set.below([0.93, 0.96, 1.0], |x| 52.0 + 1.5 * (x * 0.06).sin());
    set.below([0.82, 0.88, 0.97], |x| 67.0 + 2.0 * (x * 0.09).sin());
}

fn room(set: &mut Set<'_>) {
    let wall = set.light([0.86, 0.74, 0.58]);
    set.canvas.flood(set.frame, |_, _| wall);
    set.put(ALL, [0.8, 0.66, 0.5], |u, _| (u.rem_euclid(16.0) - 8.0).abs() - 0.9);
    let outside = SKY[set.time.index()][1];
    set.rect(96.0, 24.0, 17.0, 15.0, [0.96, 0.96, 0.96]);
    set.glow([82.0, 12.0, 110.0, 36.0], outside, |u, v| block(u, v, 96.0, 24.0, 14.0, 12.0));
    set.rect(96.0, 24.0, 0.9, 12.0, [0.96, 0.96, 0.96]);
    set.rect(96.0, 24.0, 14.0, 0.9, [0.96, 0.96, 0.96]);
    set.rect(26.0, 26.0, 12.0, 9.0, [0.5, 0.3, 0.15]);
    set.rect(26.0, 26.0, 10.0, 7.0, [0.3, 0.55, 0.5]);
    set.rect(-22.0, 40.0, 9.0, 18.0, [0.42, 0.25, 0.14]);
    set.rect(152.0, 40.0, 9.0, 18.0, [0.42, 0.25, 0.14]);
    set.below([0.55, 0.33, 0.18], |_| 58.0);
    set.put(ALL, [0.44, 0.26, 0.14], |_, v| (58.0 - v).max(((v - 60.0).rem_euclid(7.0) - 3.5).abs() - 0.5));
    set.rect(64.0, 57.6, 300.0, 1.4, [0.95, 0.92, 0.85]);
}

fn meadow(set: &mut Set<'_>) {
    set.sky();
    set.below([0.3, 0.6, 0.25], |x| 44.0 + 4.0 * (x * 0.05).sin());
    set.below([0.38, 0.72, 0.28], |x| 54.0 + 1.5 * (x * 0.07 + 1.0).sin());
    for i in 0..26 {
        let n = i as f32;
        let (x, y) = (-42.0 + 8.4 * n, 60.0 + 16.0 * scatter(n + 4.0));
        let petal = [[0.98, 0.9, 0.3], [0.95, 0.45, 0.6], [0.95, 0.95, 0.98]][i % 3];
        set.disc(x, y, 1.7, petal);
    }
    set.rect(-8.0, 40.0, 1.8, 10.0, [0.38, 0.24, 0.12]);
    set.disc(-8.0, 28.0, 9.0, [0.2, 0.5, 0.2]);
    set.rect(134.0, 42.0, 1.8, 9.0, [0.38, 0.24, 0.12]);
    set.disc(134.0, 31.0, 8.0, [0.22, 0.54, 0.2]);
}

fn mountains(set: &mut Set<'_>) {
    set.sky();
    for i in 0..6 {
        let n = i as f32;
        let (x, tall) = (-46.0 + 44.0 * n, 34.0 + 14.0 * scatter(n + 5.0));
        set.put([x - 36.0, 60.0 - tall, x + 36.0, 60.0], [0.42, 0.4, 0.46], |u, v| {
            triangle(u, v, [(x - 36.0, 60.0), (x + 36.0, 60.0), (x, 60.0 - tall)])
        });
        set.put([x, 60.0 - tall, x + 36.0, 60.0], [0.32, 0.31, 0.38], |u, v| {
            triangle(u, v, [(x + 6.0, 60.0), (x + 36.0, 60.0), (x, 60.0 - tall)])
        });
        set.put([x - 9.0, 60.0 - tall, x + 9.0, 60.0], [0.95, 0.96, 1.0], |u, v| {
            triangle(u, v, [(x - 9.0, 60.0 - tall * 0.75), (x + 9.0, 60.0 - tall * 0.75), (x, 60.0 - tall)])
        });
    }
    set.below([0.36, 0.5, 0.26], |x| 56.0 + 1.5 * (x * 0.06).sin());
    set.below([0.5, 0.42, 0.3], |x| 67.0 + (x * TAU / 60.0).sin());
}
