//! The 256-colour palette of terminals: the nearest of its 6×6×6 cube and 24 greys.

/// Steps of the colour cube, as xterm defines them.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Index and value of the cube step nearest to `value`.
fn nearest_step(value: u8) -> (u8, u8) {
    let mut best = (0u8, 0u8);
    let mut distance = u8::MAX;
    for (index, step) in (0u8..).zip(CUBE) {
        let d = step.abs_diff(value);
        if d < distance {
            (best, distance) = ((index, step), d);
        }
    }
    best
}

/// The palette index (16 … 255) nearest to a colour, by squared distance in sRGB.
pub(crate) fn nearest([r, g, b]: [u8; 3]) -> u8 {
    let ((ri, rv), (gi, gv), (bi, bv)) = (nearest_step(r), nearest_step(g), nearest_step(b));
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    let cube = square(r, rv) + square(g, gv) + square(b, bv);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let level = u8::try_from(mean.saturating_sub(3) / 10).unwrap_or(23).min(23);
    let grey = 8 + 10 * level;
    if square(r, grey) + square(g, grey) + square(b, grey) < cube {
        232 + level
    } else {
        16 + 36 * ri + 6 * gi + bi
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_and_greys_are_exact() {
        assert_eq!(nearest([0, 0, 0]), 16);
        assert_eq!(nearest([255, 255, 255]), 231);
        assert_eq!(nearest([255, 0, 0]), 196);
        assert_eq!(nearest([128, 128, 128]), 244);
        assert_eq!(nearest([95, 135, 175]), 67);
    }
}
