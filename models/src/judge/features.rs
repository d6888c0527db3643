//! What the oracle sees of a clip: six pairs of neighbouring frames at half size, where the plan has the bodies in them,
//! and log-mel spectra of two seconds.

use kinora_media::footage::Footage;

use super::spectrum::{RATE, Spectra, mel_filters};
use crate::blocking::{Actor, Blocking, Role};
use crate::worlds::{HEIGHT, SCALE, WIDTH, to_picture};

/// Frames of a clip that is judged: two seconds.
pub const FRAMES: usize = 24;
/// Pairs of frames that the oracle sees.
pub const PAIRS: usize = 6;
/// Frames from a pair to the next.
const STRIDE: usize = FRAMES / PAIRS;
/// Width of what the oracle sees.
pub const SEEN_WIDTH: usize = WIDTH / 2;
/// Height of what the oracle sees.
pub const SEEN_HEIGHT: usize = HEIGHT / 2;
/// Channels: red, green, blue, their change to the next frame, and where the point is.
pub const CHANNELS: usize = 8;
/// Log-mel spectra.
pub const SPECTRA: usize = 192;
/// Mel bands of a spectrum.
pub const BANDS: usize = 64;
/// Samples that are heard.
pub const SAMPLES: usize = SPECTRA * HOP;
/// Samples between spectra.
const HOP: usize = 250;
const WINDOW: usize = 1_024;
/// Added to a mel magnitude before the logarithm.
const FLOOR: f32 = 1e-2;
/// A change of colour is made about as large as a colour.
const CHANGE: f32 = 4.0;
/// Roles whose bodies are looked at: the nearest of each.
pub const ROLES: [Role; 2] = [Role::Subject, Role::Partner];
/// Numbers that say where the bodies are: x, y and reach for each pair and role.
pub const PLACES: usize = PAIRS * ROLES.len() * 3;
/// Sides of a cut-out of a body.
pub const CUT_OUT: usize = 24;
/// Reach of a cut-out to each side, in half heights of the body.
const REACH: f32 = 1.3;
/// Bytes of one frame as it is seen.
const SEEN: usize = SEEN_WIDTH * SEEN_HEIGHT * 3;

/// Footage that cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a clip to judge has at least {FRAMES} frames of {WIDTH}×{HEIGHT} at 12 frames/s and 24 kHz mono")]
pub struct Unfit;

/// The numbers of the frames that are seen.
pub fn frames() -> impl Iterator<Item = usize> {
    (0..PAIRS).flat_map(|pair| [pair * STRIDE, pair * STRIDE + 1])
}

/// A clip as the oracle takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// `[2 · PAIRS, SEEN_HEIGHT, SEEN_WIDTH, 3]` bytes of sRGB.
    pub seen: Vec<u8>,
    /// `[SPECTRA, BANDS]`: log10 of mel magnitudes.
    pub heard: Vec<f32>,
    /// `[PAIRS, ROLES, 3]`: where the plan has the bodies, in pixels of the picture. All zero where there is none.
    pub places: Vec<f32>,
}

impl Features {
    /// From a clip and its plan.
    ///
    /// # Errors
    /// [`Unfit`] for footage that is too short or in another form.
    pub fn of(footage: &Footage, blocking: &Blocking) -> Result<Self, Unfit> {
        let form = (footage.width as usize, footage.height as usize, footage.fps);
        let size = |frame: &Vec<u8>| frame.len() == WIDTH * HEIGHT * 3;
        let fits = form == (WIDTH, HEIGHT, crate::blocking::FPS)
            && (footage.sample_rate, footage.channels) == (RATE, 1)
            && footage.frames.len() >= FRAMES
            && footage.frames.iter().all(size);
        if !fits {
            return Err(Unfit);
        }
        Ok(Self::new(frames().map(|f| footage.frames[f].as_slice()), &footage.samples, blocking))
    }

    /// From the frames of [`frames`], in their order, and the sound; silence where the sound is too short.
    #[must_use]
    pub fn new<T: AsRef<[u8]>>(shown: impl Iterator<Item = T>, samples: &[f32], blocking: &Blocking) -> Self {
        Self {
            seen: shown.flat_map(|frame| halved(frame.as_ref())).collect(),
            heard: log_mel(samples),
            places: places(blocking),
        }
    }

    /// `[PAIRS, CUT_OUT, CUT_OUT, 3]` in −1 … 1: what is seen where the plan has the body of a role, all bodies as large.
    #[must_use]
    pub fn cut_outs(&self, role: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(PAIRS * CUT_OUT * CUT_OUT * 3);
        for (pair, place) in self.seen.chunks_exact(2 * SEEN).zip(self.places.chunks_exact(3 * ROLES.len())) {
            let [x, y, reach] = [place[3 * role], place[3 * role + 1], place[3 * role + 2]];
            let along = |n: usize| reach * ((n as f32 + 0.5) / (CUT_OUT / 2) as f32 - 1.0);
            for row in 0..CUT_OUT {
                for column in 0..CUT_OUT {
                    out.extend(between(&pair[..SEEN], x + along(column), y + along(row)));
                }
            }
        }
        out
    }

    /// `[PAIRS, SEEN_HEIGHT, SEEN_WIDTH, CHANNELS]` for the network, within about −1 … 1.
    #[must_use]
    pub fn pictures(&self) -> Vec<f32> {
        let across = |n: usize, of: usize| 2.0 * n as f32 / (of - 1) as f32 - 1.0;
        let mut out = Vec::with_capacity(PAIRS * SEEN_WIDTH * SEEN_HEIGHT * CHANNELS);
        for pair in self.seen.chunks_exact(2 * SEEN) {
            let (now, next) = pair.split_at(SEEN);
            for (at, (a, b)) in now.chunks_exact(3).zip(next.chunks_exact(3)).enumerate() {
                out.extend(a.iter().map(|v| f32::from(*v) / 127.5 - 1.0));
                out.extend(a.iter().zip(b).map(|(a, b)| (f32::from(*b) - f32::from(*a)) * (CHANGE / 127.5)));
                out.extend([across(at % SEEN_WIDTH, SEEN_WIDTH), across(at / SEEN_WIDTH, SEEN_HEIGHT)]);
            }
        }
        out
    }
}

/// Where the plan has the nearest body of each role in the first frame of each pair.
fn places(blocking: &Blocking) -> Vec<f32> {
    let place = |frame: usize, role: Role| {
        let is = |actor: &&Actor| actor.role == role;
        let (x, y, size) = blocking.on_screen(blocking.cast.iter().rev().find(is)?, frame)?;
        let (x, y) = to_picture(x, y);
        Some([x, y, REACH * size * SCALE])
    };
    (0..PAIRS)
        .flat_map(|pair| ROLES.map(|role| place(pair * STRIDE, role).unwrap_or_default()))
        .flatten()
        .collect()
}

/// Colour in −1 … 1 of a frame as it is seen, at a point of the picture between pixels; its edge goes on for ever.
fn between(seen: &[u8], x: f32, y: f32) -> [f32; 3] {
    let (x, y) = (x / 2.0 - 0.5, y / 2.0 - 0.5);
    let (x, y) = (x.clamp(0.0, (SEEN_WIDTH - 1) as f32), y.clamp(0.0, (SEEN_HEIGHT - 1) as f32));
    let (fx, fy) = (x.fract(), y.fract());
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(SEEN_WIDTH - 1), (top + 1).min(SEEN_HEIGHT - 1));
    let at = |x: usize, y: usize, k: usize| f32::from(seen[(y * SEEN_WIDTH + x) * 3 + k]) / 127.5 - 1.0;
    std::array::from_fn(|k| {
        (at(left, top, k) * (1.0 - fx) + at(right, top, k) * fx) * (1.0 - fy)
            + (at(left, bottom, k) * (1.0 - fx) + at(right, bottom, k) * fx) * fy
    })
}

/// A frame at half size, averaged over 2×2 pixels.
pub(super) fn halved(frame: &[u8]) -> Vec<u8> {
    let at =
        |x: usize, y: usize, k: usize| u32::from(frame.get((y * WIDTH + x) * 3 + k).copied().unwrap_or(0));
    let mut out = Vec::with_capacity(SEEN);
    for y in (0..HEIGHT).step_by(2) {
        for x in (0..WIDTH).step_by(2) {
            for k in 0..3 {
                let sum = at(x, y, k) + at(x + 1, y, k) + at(x, y + 1, k) + at(x + 1, y + 1, k);
                out.push(((sum + 2) / 4) as u8);
            }
        }
    }
    out
}

/// Log-mel spectra `[SPECTRA, BANDS]` of the first two seconds of mono sound at 24 kHz.
#[must_use]
pub fn log_mel(samples: &[f32]) -> Vec<f32> {
    let mut heard = samples[..samples.len().min(SAMPLES)].to_vec();
    heard.resize(SAMPLES, 0.0);
    let spectra = Spectra::new(WINDOW, HOP);
    let filters = mel_filters(BANDS, spectra.bins());
    // Filters are narrow: only the bins between their edges count.
    let bands: Vec<(usize, &[f32])> = filters.chunks_exact(spectra.bins()).map(support).collect();
    spectra
        .magnitudes(&heard)
        .chunks_exact(spectra.bins())
        .flat_map(|row| {
            bands.iter().map(move |(first, band)| {
                let sum: f32 = band.iter().zip(&row[*first..]).map(|(f, m)| f * m).sum();
                (sum + FLOOR).log10()
            })
        })
        .collect()
}

/// Where a filter is not zero.
fn support(filter: &[f32]) -> (usize, &[f32]) {
    let first = filter.iter().position(|v| *v > 0.0).unwrap_or(0);
    let end = filter.iter().rposition(|v| *v > 0.0).map_or(first, |last| last + 1);
    (first, &filter[first..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::draw::Take;
    use crate::worlds;

    fn footage(take: &Take, frames: usize) -> Footage {
        Footage {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            fps: 12,
            frames: (0..frames).map(|f| worlds::render(&take.scene, &take.blocking, f).rgb).collect(),
            sample_rate: RATE,
            channels: 1,
            samples: worlds::sound(&take.scene, &take.blocking),
        }
    }

    #[test]
    fn a_clip_and_its_drawn_frames_give_the_same_features() {
        let take = Take::new(1, 2, false);
        let drawn = frames().map(|f| worlds::render(&take.scene, &take.blocking, f).rgb);
        let streamed = Features::new(drawn, &worlds::sound(&take.scene, &take.blocking), &take.blocking);
        assert_eq!(Features::of(&footage(&take, FRAMES), &take.blocking), Ok(streamed.clone()));
        assert_eq!(
            (streamed.places.len(), streamed.cut_outs(1).len()),
            (PLACES, PAIRS * CUT_OUT * CUT_OUT * 3)
        );
        assert_eq!(streamed.seen.len(), 2 * PAIRS * SEEN);
        assert_eq!(streamed.heard.len(), SPECTRA * BANDS);
        let pictures = streamed.pictures();
        assert_eq!(pictures.len(), PAIRS * SEEN_WIDTH * SEEN_HEIGHT * CHANNELS);
        assert_eq!(pictures[6..8], [-1.0, -1.0]);
        assert_eq!(pictures[pictures.len() - 2..], [1.0, 1.0]);
    }

    #[test]
    fn footage_of_another_form_is_refused() {
        let take = Take::new(1, 2, false);
        assert_eq!(Features::of(&footage(&take, FRAMES - 1), &take.blocking), Err(Unfit));
        let stereo = Footage { channels: 2, ..footage(&take, FRAMES) };
        assert_eq!(Features::of(&stereo, &take.blocking), Err(Unfit));
    }
}
