//! The attack suite: each case is a set of records that is taken, and the one thing that makes it refused, with the code
//! of the refusal. Its twin is the same set without that thing, so a case fails when its guard is missing *and* when
//! another guard refuses everything. Compiled under `#[cfg(test)]` only.

mod approvals;
mod clips;
mod encodings;
mod grants;
mod heads;
mod lineage;
mod liveness;
mod order;
mod people;
mod remixes;
mod revocations;
mod stage;

use std::collections::BTreeSet;

use super::{ConsentSet, Refusal};
use stage::{Built, Stage};

/// One attack.
struct Case {
    /// What is tried.
    name: &'static str,
    /// Code of the refusal.
    code: &'static str,
    /// A set of records that is taken.
    base: fn() -> Stage,
    /// What makes it an attack.
    wrong: fn(&mut Stage),
}

const fn case(name: &'static str, code: &'static str, base: fn() -> Stage, wrong: fn(&mut Stage)) -> Case {
    Case { name, code, base, wrong }
}

/// Every case.
fn cases() -> Vec<Case> {
    let tables = [
        clips::cases(),
        grants::cases(),
        approvals::cases(),
        heads::cases(),
        revocations::cases(),
        lineage::cases(),
        people::cases(),
    ];
    tables.into_iter().flatten().collect()
}

/// What the set built from these records says of its clip.
fn verdict(built: &Built, now: u64) -> Result<super::Standing, Refusal> {
    let mut set = ConsentSet::new(crate::NETWORK);
    for record in &built.records {
        set.handle(record);
    }
    set.admit(now, built.judged())
}

#[test]
fn every_attack_is_refused_with_its_code_and_its_twin_is_taken() {
    let mut wrong = Vec::new();
    for case in cases() {
        let twin = (case.base)();
        if let Err(refused) = verdict(&twin.build(), twin.now) {
            wrong.push(format!("the twin of {:?} is refused: {}", case.name, refused.code()));
        }
        let mut stage = (case.base)();
        (case.wrong)(&mut stage);
        let refused = verdict(&stage.build(), stage.now).map_err(Refusal::code).err();
        if refused != Some(case.code) {
            wrong.push(format!("{:?} should be {}, and is {refused:?}", case.name, case.code));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_refusal_has_a_case() {
    let tried: BTreeSet<&str> = cases().iter().map(|case| case.code).collect();
    let axes = super::Axis::ALL.map(super::Axis::code);
    // `widened` is said by axis, and the mirror is compared where the file is.
    let missing: Vec<&&str> = Refusal::WORDS
        .iter()
        .chain(&axes)
        .filter(|code| !tried.contains(*code) && !matches!(**code, "widened" | "mirror_differs"))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
    assert!(cases().len() >= 60, "{} cases", cases().len());
}

#[test]
fn codes_and_sentences_are_told_apart() {
    let words: BTreeSet<&&str> = Refusal::WORDS.iter().collect();
    assert_eq!(words.len(), Refusal::WORDS.len());
    assert_eq!(
        Refusal::Stale.to_string().split(':').next(),
        Some("nothing fresh was heard of the cameo for a day")
    );
}
