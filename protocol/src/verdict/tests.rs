//! Every combination of checks against the rules, written a second time.

use super::*;

/// The states of all checks, in the order of [`CheckName::ALL`].
type States = [CheckState; 10];

fn checks(states: States) -> Vec<Check> {
    CheckName::ALL
        .into_iter()
        .zip(states)
        .map(|(name, state)| Check::new(name, state, name.as_str()))
        .collect()
}

/// Number `n` of the 4¹⁰ combinations.
fn combination(n: u32) -> States {
    std::array::from_fn(|at| CheckState::ALL[(n >> (2 * at)) as usize % 4])
}

/// The rules of specs/verdict.md as a table of conditions that exclude each other.
fn expected(states: &States) -> Verdict {
    use CheckState::{Fail, None, Pass, Warn};
    let [record, file, inspection, container, format, decode, provenance, consent, mark, fingerprint] =
        *states;
    let claimed = record != None || provenance != None;
    let broken = [record, file, container, format, decode, provenance, mark, fingerprint].contains(&Fail);
    let warned =
        [record, file, inspection, container, format, decode, provenance, mark, fingerprint].contains(&Warn);
    let complete = [record, file, container, format, decode].iter().all(|state| *state == Pass);
    match (consent, claimed, broken) {
        (Fail, _, _) => Verdict::Withdrawn,
        (_, false, _) => Verdict::Unknown,
        (_, _, true) => Verdict::Altered,
        (Warn, ..) => Verdict::StaleConsent,
        _ if complete && !warned && inspection != Fail => Verdict::Verified,
        _ => Verdict::Unverified,
    }
}

#[test]
fn every_combination_of_states_follows_the_rules() {
    let mut seen = std::collections::BTreeMap::new();
    let mut list = checks(combination(0));
    for n in 0..4u32.pow(10) {
        let states = combination(n);
        for (check, state) in list.iter_mut().zip(states) {
            check.state = state;
        }
        let verdict = of(&list);
        assert_eq!(verdict, expected(&states), "{states:?}");
        *seen.entry(verdict).or_insert(0u32) += 1;
    }
    assert_eq!(seen.len(), Verdict::ALL.len(), "{seen:?}");
    // Five needed checks pass; the other five are none or pass (consent too).
    assert_eq!(seen[&Verdict::Verified], 32);
    assert_eq!(seen[&Verdict::Withdrawn], 4u32.pow(9));
}

#[test]
fn a_check_that_is_none_counts_like_one_that_is_absent_and_order_does_not_matter() {
    for n in (0..4u32.pow(10)).step_by(97) {
        let mut list = checks(combination(n));
        let verdict = of(&list);
        list.reverse();
        assert_eq!(of(&list), verdict);
        list.retain(|check| check.state != CheckState::None);
        assert_eq!(of(&list), verdict, "{list:?}");
    }
    assert_eq!(of(&[]), Verdict::Unknown);
}

#[test]
fn the_most_serious_of_several_checks_of_one_name_counts() {
    let mut list = checks([CheckState::Pass; 10]);
    assert_eq!((of(&list), deciding(&list)), (Verdict::Verified, None));
    list.insert(0, Check::fail(CheckName::Consent, "taken back by the second person"));
    assert_eq!(of(&list), Verdict::Withdrawn);
    assert_eq!(deciding(&list).unwrap().detail.as_str(), "taken back by the second person");
}

#[test]
fn the_deciding_check_is_the_reason() {
    use CheckState::{Fail, None, Pass, Warn};
    let with = |changes: &[(CheckName, CheckState)]| {
        let mut list = checks([Pass; 10]);
        for (name, state) in changes {
            list.iter_mut().find(|c| c.name == *name).unwrap().state = *state;
        }
        (of(&list), deciding(&list).map(|c| c.name))
    };
    let cases: [(&[(CheckName, CheckState)], _, _); 6] = [
        (&[(CheckName::File, Fail), (CheckName::Consent, Fail)], Verdict::Withdrawn, CheckName::Consent),
        (&[(CheckName::Decode, Fail), (CheckName::File, Fail)], Verdict::Altered, CheckName::File),
        (&[(CheckName::Consent, Warn), (CheckName::Decode, None)], Verdict::StaleConsent, CheckName::Consent),
        (
            &[(CheckName::Inspection, Fail), (CheckName::Decode, None)],
            Verdict::Unverified,
            CheckName::Inspection,
        ),
        (&[(CheckName::Decode, None)], Verdict::Unverified, CheckName::Decode),
        (&[(CheckName::Record, None), (CheckName::Provenance, None)], Verdict::Unknown, CheckName::Record),
    ];
    for (changes, verdict, reason) in cases {
        assert_eq!(with(changes), (verdict, Some(reason)), "{changes:?}");
    }
}

#[test]
fn a_format_is_compared_number_by_number() {
    let said = Format { width: 64, height: 48, fps: 12, frames: 24 };
    assert_eq!(format(&said, &said).state, CheckState::Pass);
    for found in [
        Format { width: 62, ..said },
        Format { height: 50, ..said },
        Format { fps: 24, ..said },
        Format { frames: 23, ..said },
    ] {
        let check = format(&found, &said);
        assert_eq!(check.state, CheckState::Fail);
        assert!(check.detail.as_str().contains("the record says 64×48"), "{check:?}");
    }
}

#[test]
fn words_are_those_of_the_json() {
    for verdict in Verdict::ALL {
        let json = serde_json::to_value(verdict).unwrap();
        assert_eq!(json.as_str().unwrap().replace('_', " "), verdict.as_str());
    }
    for name in CheckName::ALL {
        assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
    }
    for state in CheckState::ALL {
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
    }
}

#[test]
fn a_detail_is_one_bounded_line_without_escapes() {
    let check = Check::fail(CheckName::Decode, &"\u{1b}[2J\n".repeat(1_000));
    assert!(check.detail.as_str().chars().count() <= CHECK_DETAIL_CHARS_MAX + 1);
    assert!(!check.detail.as_str().contains(['\n', '\u{1b}']));
}
