//! How the set moves in the picture: shift and magnification between frames, measured on what no actor covers.
//!
//! A dolly is measured on the set too, which takes a part of it; whether a move is a dolly or a zoom is not told apart.

use kinora_protocol::shot::Camera;

use crate::blocking::{Blocking, CENTRE};
use crate::worlds::{HEIGHT, SCALE, WIDTH, to_picture};

/// Frames between the two of a pair.
const APART: usize = 4;
/// Frames from one measured pair to the next.
const EVERY: usize = 3;
/// Brightness difference beyond which a point says nothing more: drops, actors, what came into the picture.
const CUT_OFF: f32 = 0.08;
/// Pixels of a block of pixel art: details smaller than that are blurred.
const BLOCK: usize = 4;
/// Points to each side that are a point's surroundings.
const REACH: usize = 3;
/// Least share of the planned move that counts as one.
const LEAST: f32 = 0.25;
/// How the set moved over a clip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moved {
    /// To the right, in pixels.
    pub across: f32,
    /// Down, in pixels.
    pub down: f32,
    /// Natural logarithm of the magnification.
    pub larger: f32,
}

/// Kinds of camera moves that have a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pan left or right.
    Pan,
    /// Tilt up or down.
    Tilt,
    /// Zoom in or out.
    Zoom,
    /// Dolly in or out.
    Dolly,
    /// Orbit left or right.
    Orbit,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Pan, Self::Tilt, Self::Zoom, Self::Dolly, Self::Orbit];

    /// The kind of a camera's move. `None` for a camera at rest or in a hand.
    #[must_use]
    pub const fn of(camera: Camera) -> Option<Self> {
        match camera {
            Camera::PanLeft | Camera::PanRight => Some(Self::Pan),
            Camera::TiltUp | Camera::TiltDown => Some(Self::Tilt),
            Camera::ZoomIn | Camera::ZoomOut => Some(Self::Zoom),
            Camera::DollyIn | Camera::DollyOut => Some(Self::Dolly),
            Camera::OrbitLeft | Camera::OrbitRight => Some(Self::Orbit),
            Camera::Static | Camera::Handheld => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pan => "pan",
            Self::Tilt => "tilt",
            Self::Zoom => "zoom",
            Self::Dolly => "dolly",
            Self::Orbit => "orbit",
        }
    }

    /// The part of a movement that this kind is about.
    const fn part(self, moved: &Moved) -> f32 {
        match self {
            Self::Pan | Self::Orbit => moved.across,
            Self::Tilt => moved.down,
            Self::Zoom | Self::Dolly => moved.larger,
        }
    }

    /// Whether a movement has the planned sign, and at least a quarter of the planned length.
    #[must_use]
    pub fn agrees(self, measured: &Moved, planned: &Moved) -> bool {
        let (is, wanted) = (self.part(measured), self.part(planned));
        is * wanted.signum() >= LEAST * wanted.abs()
    }
}

/// How the plan moves the set, as it appears in the picture.
#[must_use]
pub fn planned(blocking: &Blocking) -> Moved {
    let mut moved = Moved::default();
    for pair in blocking.camera.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let zoom = (a.set_zoom() + b.set_zoom()) / 2.0 * SCALE;
        moved.across -= (b.dx + b.orbit - a.dx - a.orbit) * zoom;
        moved.down -= (b.dy - a.dy) * zoom;
        moved.larger += (b.set_zoom() / a.set_zoom()).ln();
    }
    moved
}

/// How the set moves in `frames` (`HEIGHT × WIDTH × 3` bytes each): the steady movement that best explains every frame
/// from the one [`APART`] before, over the whole clip. `blocking` says where the actors are, and nothing else.
#[must_use]
pub fn measured(frames: &[Vec<u8>], blocking: &Blocking) -> Moved {
    let (rough, fine) = (stills(frames, blocking, 4), stills(frames, blocking, 2));
    let (rough, fine) = (pairs(&rough), pairs(&fine));
    let mut coarse = Vec::new();
    for across in -4i8..=4 {
        for down in -3i8..=3 {
            for larger in -3i8..=3 {
                let moved = Moved {
                    across: f32::from(across) * 4.0,
                    down: f32::from(down) * 4.0,
                    larger: f32::from(larger) * 0.04,
                };
                coarse.push((gain(&rough, &moved), moved));
            }
        }
    }
    coarse.sort_by(|a, b| b.0.total_cmp(&a.0));
    let refined = coarse.iter().take(4).map(|(_, moved)| climb(&fine, *moved));
    let still = (0.0, Moved::default());
    let step = refined.chain([still]).max_by(|a, b| a.0.total_cmp(&b.0)).map_or_else(Moved::default, |m| m.1);
    let steps = frames.len().saturating_sub(1) as f32 / APART as f32;
    Moved { across: step.across * steps, down: step.down * steps, larger: step.larger * steps }
}

/// A frame's detail at a fraction of its size, and which points no actor covers.
#[derive(Clone)]
struct Still {
    factor: usize,
    light: Vec<[f32; 3]>,
    free: Vec<bool>,
}

/// Two frames, and at each point how far they differ when nothing moves.
struct Pair<'a> {
    from: &'a Still,
    to: &'a Still,
    still: Vec<f32>,
}

/// The frames of a clip twice: without what stays, and as they are. What lies still is half of the evidence at most; a camera
/// that moves slowly is seen with it only.
fn stills(frames: &[Vec<u8>], blocking: &Blocking, factor: usize) -> [Vec<Still>; 2] {
    let of = |(n, rgb): (usize, &Vec<u8>)| Still::new(rgb, blocking, n, factor);
    let all: Vec<Still> = frames.iter().enumerate().map(of).collect();
    let mut moving = all.clone();
    forget_what_stays(&mut moving);
    [moving, all]
}

fn pairs(stills: &[Vec<Still>]) -> Vec<Pair<'_>> {
    let mut out = Vec::new();
    for clip in stills {
        let apart = clip.iter().zip(clip.iter().skip(APART));
        out.extend(apart.step_by(EVERY).map(|(from, to)| Pair::new(from, to)));
    }
    out
}

/// Takes from each point what it shows on average over the clip: paper, and the grid of pixel art, lie still on the picture
/// whatever the camera does.
fn forget_what_stays(stills: &mut [Still]) {
    let points = stills.first().map_or(0, |still| still.light.len());
    for at in 0..points {
        let free = stills.iter().filter(|still| still.free[at]).count().max(1) as f32;
        let mut mean = [0.0f32; 3];
        for still in stills.iter().filter(|still| still.free[at]) {
            mean.iter_mut().zip(still.light[at]).for_each(|(m, v)| *m += v / free);
        }
        for still in &mut *stills {
            still.light[at].iter_mut().zip(mean).for_each(|(v, m)| *v -= m);
        }
    }
}

impl<'a> Pair<'a> {
    fn new(from: &'a Still, to: &'a Still) -> Self {
        let still = from.light.iter().zip(&to.light).map(|(a, b)| difference(a, b)).collect();
        Self { from, to, still }
    }
}

/// Mean difference of two colours, cut off.
fn difference(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum();
    (sum / 3.0).min(CUT_OFF)
}

impl Still {
    fn new(rgb: &[u8], blocking: &Blocking, frame: usize, factor: usize) -> Self {
        let (width, height) = (WIDTH / factor, HEIGHT / factor);
        let boxes = boxes(blocking, frame);
        let (mut light, mut free) = (Vec::new(), Vec::new());
        for y in 0..height {
            for x in 0..width {
                let mut sums = [0u32; 3];
                for row in y * factor..(y + 1) * factor {
                    let from = (row * WIDTH + x * factor) * 3;
                    for pixel in rgb.get(from..from + 3 * factor).unwrap_or_default().chunks_exact(3) {
                        sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += u32::from(*v));
                    }
                }
                light.push(sums.map(|s| s as f32 / (255 * factor * factor) as f32));
                let (px, py) = ((x as f32 + 0.5) * factor as f32, (y as f32 + 0.5) * factor as f32);
                free.push(!boxes.iter().any(|[l, t, r, b]| (*l..*r).contains(&px) && (*t..*b).contains(&py)));
            }
        }
        if factor < BLOCK {
            light = blurred(&light, (width, height));
        }
        Self { factor, light: detail(&light, (width, height)), free }
    }

    /// Detail at a point of the picture between pixels. `None` outside and where an actor is.
    fn at(&self, x: f32, y: f32) -> Option<[f32; 3]> {
        let (width, height) = (WIDTH / self.factor, HEIGHT / self.factor);
        let (x, y) = (x / self.factor as f32 - 0.5, y / self.factor as f32 - 0.5);
        if x < 0.0 || y < 0.0 || x >= (width - 1) as f32 || y >= (height - 1) as f32 {
            return None;
        }
        let (fx, fy) = (x.fract(), y.fract());
        let at = y as usize * width + x as usize;
        if !self.free[at] {
            return None;
        }
        let [a, b, c, d] = [at, at + 1, at + width, at + width + 1].map(|at| &self.light[at]);
        Some(std::array::from_fn(|k| {
            (a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy
        }))
    }
}

/// A point and its eight neighbours, the nearer the more: the edges of blocks would hold the picture fast otherwise.
fn blurred(light: &[[f32; 3]], (width, height): (usize, usize)) -> Vec<[f32; 3]> {
    const WEIGHTS: [f32; 3] = [0.25, 0.5, 0.25];
    let at = |x: usize, y: usize, dx: usize, dy: usize| {
        let (x, y) = ((x + dx).saturating_sub(1).min(width - 1), (y + dy).saturating_sub(1).min(height - 1));
        light[y * width + x]
    };
    let mut out = Vec::with_capacity(light.len());
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0f32; 3];
            for (dy, down) in WEIGHTS.iter().enumerate() {
                for (dx, across) in WEIGHTS.iter().enumerate() {
                    let near = at(x, y, dx, dy);
                    sum.iter_mut().zip(near).for_each(|(s, v)| *s += v * down * across);
                }
            }
            out.push(sum);
        }
    }
    out
}

/// What each point adds to the mean of its surroundings: a vignette lies still on the picture whatever the camera does.
fn detail(light: &[[f32; 3]], (width, height): (usize, usize)) -> Vec<[f32; 3]> {
    let mut out = Vec::with_capacity(light.len());
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0f32; 3];
            let rows = y.saturating_sub(REACH)..(y + REACH + 1).min(height);
            let columns = x.saturating_sub(REACH)..(x + REACH + 1).min(width);
            for row in rows.clone() {
                for near in &light[row * width + columns.start..row * width + columns.end] {
                    sum.iter_mut().zip(near).for_each(|(s, v)| *s += v);
                }
            }
            let share = 1.0 / (rows.len() * columns.len()) as f32;
            out.push(std::array::from_fn(|k| light[y * width + x][k] - sum[k] * share));
        }
    }
    out
}

/// What actors cover in a frame: left, top, right, bottom in pixels.
fn boxes(blocking: &Blocking, frame: usize) -> Vec<[f32; 4]> {
    let place = |actor: &crate::blocking::Actor| {
        let (x, y, size) = blocking.on_screen(actor, frame)?;
        let (x, y) = to_picture(x, y);
        let burst = actor.explosion.is_some_and(|boom| blocking.time(frame) >= boom);
        let reach = size * SCALE * if burst { 2.2 } else { 1.25 };
        Some([x - reach, y - reach, x + reach, y + reach])
    };
    blocking.cast.iter().filter_map(place).collect()
}

/// Goes uphill in ever smaller steps.
fn climb(pairs: &[Pair<'_>], start: Moved) -> (f32, Moved) {
    let mut best = (gain(pairs, &start), start);
    let mut step = Moved { across: 2.0, down: 2.0, larger: 0.02 };
    while step.across > 0.2 {
        let near = [-1.0f32, 1.0].into_iter().flat_map(|sign| {
            let Moved { across, down, larger } = best.1;
            [
                Moved { across: across + sign * step.across, ..best.1 },
                Moved { down: down + sign * step.down, ..best.1 },
                Moved { larger: larger + sign * step.larger, ..best.1 },
            ]
        });
        let next = near.map(|moved| (gain(pairs, &moved), moved)).max_by(|a, b| a.0.total_cmp(&b.0));
        match next.filter(|next| next.0 > best.0) {
            Some(better) => best = better,
            None => {
                step = Moved { across: step.across / 2.0, down: step.down / 2.0, larger: step.larger / 2.0 };
            }
        }
    }
    best
}

/// How much better a movement explains the second frames from the first than rest does. Points that come in from outside
/// say nothing, so that no movement gains by pushing something out of the picture.
fn gain(pairs: &[Pair<'_>], moved: &Moved) -> f32 {
    let centre = to_picture(CENTRE.0, CENTRE.1);
    let shrink = (-moved.larger).exp();
    let mut sum = 0.0f32;
    for Pair { from, to, still } in pairs {
        let (width, factor) = (WIDTH / to.factor, to.factor as f32);
        for (at, light) in to.light.iter().enumerate().filter(|(at, _)| to.free[*at] && from.free[*at]) {
            let (x, y) = (((at % width) as f32 + 0.5) * factor, ((at / width) as f32 + 0.5) * factor);
            let source = (
                (x - centre.0 - moved.across) * shrink + centre.0,
                (y - centre.1 - moved.down) * shrink + centre.1,
            );
            if let Some(before) = from.at(source.0, source.1) {
                sum += still[at] - difference(light, &before);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinora_protocol::shot::Style;

    use crate::judge::draw::Take;
    use crate::judge::real;

    /// Right signs among real renders of clips, drawn in a style or in their own.
    fn right(clips: std::ops::Range<u64>, style: impl Fn(u64) -> Option<Style>) -> (i32, i32) {
        let (mut right, mut all) = (0, 0);
        for clip in clips {
            let mut take = Take::new(31, clip, false);
            let Some(kind) = Kind::of(take.scene.camera) else { continue };
            take.scene.style = style(clip).unwrap_or(take.scene.style);
            let moved = measured(&real(&take).frames, &take.blocking);
            right += i32::from(kind.agrees(&moved, &planned(&take.blocking)));
            all += 1;
        }
        (right, all)
    }

    #[test]
    fn signs_of_real_renders_are_found() {
        let (right, all) = right(0..60, |_| None);
        assert!(right * 100 >= all * 90, "{right} of {all}");
    }

    /// A regression: what lies still on the picture was taken for a camera at rest.
    #[test]
    fn paper_blocks_and_bands_do_not_hold_the_picture_fast() {
        let styles = [Style::Watercolour, Style::Pixel, Style::Cartoon];
        let (right, all) = right(0..60, |clip| styles.get(clip as usize % styles.len()).copied());
        assert!(right * 100 >= all * 85, "{right} of {all}");
    }

    #[test]
    fn a_pan_is_measured_in_pixels() {
        let take = Take::new(1, 0, false);
        let scene = kinora_protocol::shot::Scene {
            camera: Camera::PanLeft,
            place: kinora_protocol::shot::Place::City,
            weather: kinora_protocol::shot::Weather::Clear,
            style: Style::Plain,
            framing: kinora_protocol::shot::Framing::Wide,
            ..take.scene
        };
        let blocking = crate::blocking::plan(&scene, 4, 24);
        let take = Take { scene, blocking, seed: 4 };
        let (is, wanted) = (measured(&real(&take).frames, &take.blocking), planned(&take.blocking));
        assert!((wanted.across - 55.0).abs() < 0.1, "44 stage pixels are 55: {wanted:?}");
        assert!((is.across - wanted.across).abs() < 4.0 && is.down.abs() < 3.0, "{is:?}");
        assert!(!Kind::Pan.agrees(&Moved { across: -is.across, ..is }, &wanted));
        assert!(!Kind::Pan.agrees(&Moved::default(), &wanted), "standing still is no pan");
    }
}
