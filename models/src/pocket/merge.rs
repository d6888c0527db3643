//! Temporal token merging (TDTM of On-device Sora): in early steps, attention sees two frames as one.
//!
//! The modulated input of attention is the mean of the two frames' tokens, at the time between them; what comes out is
//! added to both. The layers around it and the sound tokens are untouched. A last frame without a partner stays alone.

use super::layers::Sight;
use super::sequence::{self, PICTURE_TOKENS, SOUND_TOKENS, Token};

/// Tokens of one latent frame in the sequence.
const PER_FRAME: usize = PICTURE_TOKENS + SOUND_TOKENS;

/// How a sequence is merged.
#[derive(Debug)]
pub(super) struct Merge {
    frames: usize,
    sight: Sight,
}

/// The tokens of a merged sequence: a pair's picture tokens lie between its two frames in time.
fn tokens(frames: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    for first in (0..frames).step_by(2) {
        let pair = (frames - first).min(2);
        let time = first as f32 + (pair - 1) as f32 / 2.0;
        tokens.extend((0..PICTURE_TOKENS).map(|_| Token { frame: first, time }));
        tokens.extend((first..first + pair).flat_map(sequence::sound_tokens));
    }
    tokens
}

impl Merge {
    /// For a sequence of so many latent frames.
    pub(super) fn new(frames: usize) -> Result<Self, crate::cpu::CpuError> {
        Ok(Self { frames, sight: sequence::sight(&tokens(frames))? })
    }

    /// Who sees whom in the merged sequence.
    pub(super) fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Calls `on(first token of the pair, its number of frames, first token of the merged)`.
    fn pairs(&self, mut on: impl FnMut(usize, usize, usize)) {
        let mut to = 0;
        for first in (0..self.frames).step_by(2) {
            let pair = (self.frames - first).min(2);
            on(first * PER_FRAME, pair, to);
            to += PICTURE_TOKENS + pair * SOUND_TOKENS;
        }
    }

    /// The merged sequence of `x` `[tokens, width]`.
    pub(super) fn merged(&self, x: &[f32], width: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(x.len());
        self.pairs(|from, pair, _| {
            let second = from + (pair - 1) * PER_FRAME;
            let rows = |at: usize, count: usize| &x[at * width..(at + count) * width];
            let (a, b) = (rows(from, PICTURE_TOKENS), rows(second, PICTURE_TOKENS));
            out.extend(a.iter().zip(b).map(|(a, b)| (a + b) * 0.5));
            for frame in 0..pair {
                out.extend_from_slice(rows(from + frame * PER_FRAME + PICTURE_TOKENS, SOUND_TOKENS));
            }
        });
        out
    }

    /// Adds what the merged tokens were told to `x`, the same to both frames of a pair.
    pub(super) fn add_back(&self, told: &[f32], x: &mut [f32], width: usize) {
        let mut add = |at: usize, from: usize, count: usize| {
            let to = &mut x[at * width..(at + count) * width];
            to.iter_mut().zip(&told[from * width..]).for_each(|(x, t)| *x += t);
        };
        self.pairs(|from, pair, to| {
            for frame in 0..pair {
                let at = from + frame * PER_FRAME;
                add(at, to, PICTURE_TOKENS);
                add(at + PICTURE_TOKENS, to + PICTURE_TOKENS + frame * SOUND_TOKENS, SOUND_TOKENS);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_halfway_between_its_frames() {
        let tokens = tokens(3);
        let sounds = 2 * SOUND_TOKENS;
        assert_eq!(tokens[0].time, 0.5);
        assert_eq!(tokens[PICTURE_TOKENS + sounds - 1].time, 1.25, "sound keeps its own time");
        assert_eq!(tokens[PICTURE_TOKENS + sounds].time, 2.0, "a frame alone keeps its own");
    }

    #[test]
    fn equal_frames_survive_merging_and_an_odd_one_stays_alone() {
        let merge = Merge::new(3).unwrap();
        let frame: Vec<f32> = (0..PER_FRAME).map(|n| n as f32).collect();
        let x: Vec<f32> = [&frame[..], &frame, &frame].concat();
        let few = merge.merged(&x, 1);
        assert_eq!(few.len(), 2 * PICTURE_TOKENS + 3 * SOUND_TOKENS);
        let mut twice = x.clone();
        merge.add_back(&few, &mut twice, 1);
        assert!(twice.iter().zip(&x).all(|(a, b)| *a == 2.0 * b));
        assert_eq!(merge.sight().window.len(), few.len());
    }
}
