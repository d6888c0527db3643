//! The standing of a clip is a function of the union of records: whatever order they came in, once or twice.

use proptest::prelude::*;

use super::{Built, Stage, cases};
use crate::check::Checked;
use crate::consent::{ConsentSet, Refusal, Standing};

fn set(records: &[Checked]) -> ConsentSet {
    let mut set = ConsentSet::new(crate::NETWORK);
    for record in records {
        set.handle(record);
    }
    set
}

/// Every stage of the suite, as it is taken and as it is refused.
fn stages() -> Vec<(Built, u64)> {
    let both = cases().into_iter().flat_map(|case| {
        let twin = (case.base)();
        let mut wrong: Stage = (case.base)();
        (case.wrong)(&mut wrong);
        [twin, wrong]
    });
    both.map(|stage| (stage.build(), stage.now)).collect()
}

/// A permutation that follows from a seed: Fisher and Yates, with the multiplier of Knuth's MMIX.
fn shuffled(records: &[Checked], seed: u64) -> Vec<Checked> {
    let mut out = records.to_vec();
    let mut state = seed;
    for at in (1..out.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.swap(at, (state >> 33) as usize % (at + 1));
    }
    out
}

fn standings(set: &ConsentSet, built: &Built, now: u64) -> Vec<Result<Standing, Refusal>> {
    built.line.iter().map(|clip| set.judge(now, clip)).collect()
}

#[test]
fn every_stage_ends_the_same_in_every_order() {
    for (n, (built, now)) in stages().iter().enumerate() {
        let first = set(&built.records);
        for seed in 0..3 {
            let mut records = shuffled(&built.records, seed * 1_000 + n as u64);
            records.extend(built.records.first().cloned());
            let other = set(&records);
            assert!(first == other, "stage {n}, seed {seed}");
            assert_eq!(standings(&first, built, *now), standings(&other, built, *now));
        }
    }
}

#[test]
fn a_clip_is_judged_the_same_before_and_after_it_is_taken_in() {
    for (n, (built, now)) in stages().iter().enumerate() {
        let others: Vec<Checked> =
            built.records.iter().filter(|record| record.rid() != built.judged().rid()).cloned().collect();
        let mut set = set(&others);
        let before = set.judge(*now, built.judged());
        set.handle(built.judged());
        assert_eq!(before, set.judge(*now, built.judged()), "stage {n}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any part of everything that the suite signed, in any two orders.
    #[test]
    fn any_part_in_any_order(pick in 0usize..1_000, keep in any::<u64>(), one in any::<u64>(), other in any::<u64>()) {
        let cases = cases();
        let case = &cases[pick % cases.len()];
        let mut stage = (case.base)();
        (case.wrong)(&mut stage);
        let built = stage.build();
        let kept: Vec<Checked> = built
            .records
            .iter()
            .enumerate()
            .filter(|(at, _)| keep >> (at % 64) & 1 == 1)
            .map(|(_, record)| record.clone())
            .collect();
        let (one, other) = (set(&shuffled(&kept, one)), set(&shuffled(&kept, other)));
        prop_assert!(one == other);
        prop_assert_eq!(standings(&one, &built, stage.now), standings(&other, &built, stage.now));
    }
}
