//! The sequence that the transformer sees: for each latent frame its picture patches, then its sound tokens.

use super::layers::Sight;
use crate::cpu::{CpuError, Rotary};

/// Picture patches of a latent frame: 6 × 10.
pub(super) const PICTURE_TOKENS: usize = 60;
/// Sound tokens of a latent frame: one for each of its two pictures.
pub(super) const SOUND_TOKENS: usize = 2;
/// Latent frames that a token sees to either side.
const WINDOW: usize = 7;
/// Pairs of numbers of each head that turn with time.
const ROTARY: usize = 16;

/// Where a token is in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// The latent frame it belongs to.
    pub(super) frame: usize,
    /// Its time in latent frames.
    pub(super) time: f32,
}

/// The sound tokens of a latent frame.
pub(super) fn sound_tokens(frame: usize) -> impl Iterator<Item = Token> {
    (0..SOUND_TOKENS).map(move |n| {
        let time = (SOUND_TOKENS * frame + n) as f32 / SOUND_TOKENS as f32 - 0.25;
        Token { frame, time }
    })
}

/// All tokens of a clip of so many latent frames.
pub(super) fn tokens(frames: usize) -> Vec<Token> {
    let picture = |frame| (0..PICTURE_TOKENS).map(move |_| Token { frame, time: frame as f32 });
    (0..frames).flat_map(|frame| picture(frame).chain(sound_tokens(frame))).collect()
}

/// Turns and windows of tokens that lie in the order of their frames.
pub(super) fn sight(tokens: &[Token]) -> Result<Sight, CpuError> {
    let rate = |i: usize| (-(100f32.ln()) * i as f32 / (ROTARY - 1) as f32).exp();
    let angles: Vec<f32> = tokens.iter().flat_map(|t| (0..ROTARY).map(|i| t.time * rate(i))).collect();
    let window = tokens
        .iter()
        .map(|t| {
            let first = tokens.partition_point(|o| o.frame + WINDOW < t.frame);
            let end = tokens.partition_point(|o| o.frame <= t.frame + WINDOW);
            (first as u32, end as u32)
        })
        .collect();
    Ok(Sight { rotary: Rotary::new(&angles, ROTARY)?, window })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_sees_seven_latent_frames_to_either_side() {
        let tokens = tokens(20);
        let sight = sight(&tokens).unwrap();
        for (token, (first, end)) in tokens.iter().zip(&sight.window) {
            let (first, end) = (*first as usize, *end as usize);
            for (n, other) in tokens.iter().enumerate() {
                let near = other.frame.abs_diff(token.frame) <= WINDOW;
                assert_eq!((first..end).contains(&n), near);
            }
        }
    }
}
