//! A canvas of linear RGB floats and the signed-distance shapes painted on it.
//!
//! Shapes are painted in painter's order, each only inside its bounding box. Distances are in the shape's own units and
//! scaled to pixels for anti-aliasing over one pixel.

/// A colour: red, green, blue in 0 … 1.
pub(crate) type Rgb = [f32; 3];

/// Mixes `a` towards `b`.
pub(crate) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/// Multiplies channel by channel.
pub(crate) fn tint(a: Rgb, b: Rgb) -> Rgb {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

/// A box in the units of a frame of reference: left, top, right, bottom.
pub(crate) type Bounds = [f32; 4];

/// Where a shape's own coordinates lie on the canvas: `pixel = origin + scale · rotate(turn) · own`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Pixel of the origin.
    pub(crate) origin: (f32, f32),
    /// Pixels per unit to the right and down; negative flips.
    pub(crate) scale: (f32, f32),
    /// Rotation, counter-clockwise as seen.
    pub(crate) turn: f32,
}

impl Frame {
    /// Own coordinates of the centre of pixel (`i`, `j`).
    pub(crate) fn own(&self, i: usize, j: usize) -> (f32, f32) {
        self.own_at(i as f32 + 0.5, j as f32 + 0.5)
    }

    /// Own coordinates of a point of the canvas.
    pub(crate) fn own_at(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (x - self.origin.0, y - self.origin.1);
        let (s, c) = self.turn.sin_cos();
        ((c * x - s * y) / self.scale.0, (s * x + c * y) / self.scale.1)
    }

    /// Pixel box that holds `bounds`, clipped to the canvas.
    fn pixels(&self, bounds: Bounds, width: usize, height: usize) -> [usize; 4] {
        let (s, c) = self.turn.sin_cos();
        let mut edge = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        for (x, y) in [(0, 1), (2, 1), (0, 3), (2, 3)].map(|(a, b): (usize, usize)| (bounds[a], bounds[b])) {
            let (x, y) = (x * self.scale.0, y * self.scale.1);
            let (px, py) = (self.origin.0 + c * x + s * y, self.origin.1 - s * x + c * y);
            edge = [edge[0].min(px), edge[1].min(py), edge[2].max(px), edge[3].max(py)];
        }
        let clip = |v: f32, max: usize| v.clamp(0.0, max as f32) as usize;
        [
            clip(edge[0] - 1.0, width),
            clip(edge[1] - 1.0, height),
            clip(edge[2] + 2.0, width),
            clip(edge[3] + 2.0, height),
        ]
    }
}

/// The picture under work.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<Rgb>,
    /// Coverage by the subject, 0 … 1.
    pub(crate) subject: Vec<f32>,
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![[0.0; 3]; width * height], subject: vec![0.0; width * height] }
    }

    /// Sets every pixel from its own coordinates in `frame`.
    pub(crate) fn flood(&mut self, frame: Frame, mut colour: impl FnMut(f32, f32) -> Rgb) {
        for j in 0..self.height {
            for i in 0..self.width {
                let (x, y) = frame.own(i, j);
                self.pixels[j * self.width + i] = colour(x, y);
            }
        }
    }

    /// Paints one colour where `distance` (own units, negative inside) says.
    pub(crate) fn paint(
        &mut self,
        frame: Frame,
        bounds: Bounds,
        colour: Rgb,
        mask: Mask,
        distance: impl FnMut(f32, f32) -> f32,
    ) {
        self.texture(frame, bounds, |_, _| colour, mask, distance);
    }

    /// Paints the colour of each place where `distance` (own units, negative inside) says.
    pub(crate) fn texture(
        &mut self,
        frame: Frame,
        bounds: Bounds,
        colour: impl Fn(f32, f32) -> Rgb,
        mask: Mask,
        mut distance: impl FnMut(f32, f32) -> f32,
    ) {
        let [left, top, right, bottom] = frame.pixels(bounds, self.width, self.height);
        let unit = frame.scale.0.abs().min(frame.scale.1.abs());
        for j in top..bottom {
            for i in left..right {
                let (x, y) = frame.own(i, j);
                let alpha = match mask {
                    Mask::Set | Mask::Subject => (0.5 - distance(x, y) * unit).clamp(0.0, 1.0),
                    Mask::Soft(soft) => (0.5 - distance(x, y) / soft).clamp(0.0, 1.0),
                };
                if alpha > 0.0 {
                    let at = j * self.width + i;
                    self.pixels[at] = mix(self.pixels[at], colour(x, y), alpha);
                    if matches!(mask, Mask::Subject) {
                        self.subject[at] = self.subject[at].max(alpha);
                    }
                }
            }
        }
    }
}

/// What a painted shape belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mask {
    /// The set.
    Set,
    /// The subject: its coverage is recorded.
    Subject,
    /// The set, with an edge as soft as this many own units.
    Soft(f32),
}

/// Distance to a disc.
pub(crate) fn disc(u: f32, v: f32, x: f32, y: f32, r: f32) -> f32 {
    (u - x).hypot(v - y) - r
}

/// Approximate distance to an ellipse.
pub(crate) fn ellipse(u: f32, v: f32, x: f32, y: f32, a: f32, b: f32) -> f32 {
    (((u - x) / a).hypot((v - y) / b) - 1.0) * a.min(b)
}

/// Distance-like bound of a box with half sides `a`, `b`.
pub(crate) fn block(u: f32, v: f32, x: f32, y: f32, a: f32, b: f32) -> f32 {
    ((u - x).abs() - a).max((v - y).abs() - b)
}

/// Distance to a thick line.
pub(crate) fn capsule(u: f32, v: f32, from: (f32, f32), to: (f32, f32), r: f32) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let along = (((u - from.0) * dx + (v - from.1) * dy) / (dx * dx + dy * dy + 1e-6)).clamp(0.0, 1.0);
    (u - from.0 - along * dx).hypot(v - from.1 - along * dy) - r
}

/// Distance-like bound of a triangle.
pub(crate) fn triangle(u: f32, v: f32, p: [(f32, f32); 3]) -> f32 {
    let centre = ((p[0].0 + p[1].0 + p[2].0) / 3.0, (p[0].1 + p[1].1 + p[2].1) / 3.0);
    let mut distance = f32::MIN;
    for k in 0..3 {
        let (a, b) = (p[k], p[(k + 1) % 3]);
        let (mut nx, mut ny) = (b.1 - a.1, a.0 - b.0);
        let length = nx.hypot(ny) + 1e-6;
        (nx, ny) = (nx / length, ny / length);
        if nx * (centre.0 - a.0) + ny * (centre.1 - a.1) > 0.0 {
            (nx, ny) = (-nx, -ny);
        }
        distance = distance.max((u - a.0) * nx + (v - a.1) * ny);
    }
    distance
}
