//! Bootstrap intervals: how far a score would move if other clips had been drawn. The seed is fixed.

use serde::Serialize;

use crate::blocking::Dice;

/// Resamplings; more change the third digit.
const ROUNDS: usize = 1_000;
const SEED: u64 = 95;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// The interval of a mean. `None` for no values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<Interval> {
    let ones: Vec<[f64; 2]> = values.iter().map(|v| [*v, 1.0]).collect();
    ratio(&ones)
}

/// The interval of the ratio of two sums over the same clips, such as right verdicts on generated clips and on real
/// ones. `None` for no pairs, or where the second sum is zero in every resampling.
#[must_use]
pub fn ratio(pairs: &[[f64; 2]]) -> Option<Interval> {
    if pairs.is_empty() {
        return None;
    }
    let mut dice = Dice::new(SEED, 1);
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .filter_map(|_| {
            let [above, below] = pairs.iter().fold([0.0; 2], |[above, below], _| {
                let [a, b] = pairs[dice.index(pairs.len())];
                [above + a, below + b]
            });
            (below > 0.0).then(|| above / below)
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let at =
        |share: f64| ratios.get((share * (ratios.len().saturating_sub(1)) as f64).round() as usize).copied();
    Some(Interval { low: at(0.025)?, high: at(0.975)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_mean_and_narrows_with_more_clips() {
        let half = |n: usize| (0..n).map(|i| f64::from(u8::from(i % 2 == 0))).collect::<Vec<_>>();
        let (few, many) = (mean(&half(40)).unwrap(), mean(&half(1_000)).unwrap());
        assert!(few.low < 0.5 && few.high > 0.5 && many.low < 0.5 && many.high > 0.5);
        // A proportion of one half from 1,000 has a standard error of 0.0158.
        assert!((many.high - many.low - 4.0 * 0.0158).abs() < 0.012, "{many:?}");
        assert!(few.high - few.low > 3.0 * (many.high - many.low));
        assert_eq!(mean(&half(40)), Some(few), "the seed is fixed");
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn a_ratio_of_equals_is_one() {
        let pairs = [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]];
        assert_eq!(ratio(&pairs), Some(Interval { low: 1.0, high: 1.0 }));
        assert_eq!(ratio(&[[1.0, 0.0]]), None);
    }
}
