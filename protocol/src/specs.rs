//! The tables of the specification say what the code does. Compiled under `#[cfg(test)]` only.

use std::collections::BTreeSet;

/// Cells of the rows of all tables of a page, without heads and rules.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let rows = page.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Names and values of the constants in `limits.rs`; every value there is a product of numbers.
fn limits() -> Vec<(&'static str, u64)> {
    let constants = include_str!("limits.rs").lines().filter_map(|line| line.strip_prefix("pub const "));
    let read = |line: &'static str| {
        let (name, rest) = line.split_once(": ").unwrap();
        let value = rest.split_once(" = ").unwrap().1.trim_end_matches(';');
        (name, value.split('*').map(|n| n.trim().replace('_', "").parse::<u64>().unwrap()).product())
    };
    constants.map(read).collect()
}

#[test]
fn the_table_of_limits_is_the_code() {
    let rows = rows(include_str!("../../specs/limits.md"));
    let table: Vec<(&str, u64)> =
        rows.iter().filter(|row| row[0] != "name").map(|row| (row[0], row[1].parse().unwrap())).collect();
    assert_eq!(table, limits());
    assert!(table.contains(&("RECORD_BYTES_MAX", crate::limits::RECORD_BYTES_MAX as u64)));
    assert!(table.contains(&("CLIP_BYTES_MAX", crate::limits::CLIP_BYTES_MAX)));
}

#[test]
fn every_bound_that_a_page_names_exists() {
    let known: BTreeSet<&str> = limits().into_iter().map(|(name, _)| name).collect();
    for page in [
        include_str!("../../specs/drisl.md"),
        include_str!("../../specs/identity.md"),
        include_str!("../../specs/envelope.md"),
        include_str!("../../specs/records.md"),
        include_str!("../../specs/feed.md"),
        include_str!("../../specs/consent.md"),
        include_str!("../../specs/labels.md"),
        include_str!("../../specs/sync.md"),
        include_str!("../../specs/network.md"),
        include_str!("../../specs/fetch.md"),
        include_str!("../../specs/provenance.md"),
        include_str!("../../specs/jobs.md"),
        include_str!("../../specs/lineage.md"),
        include_str!("../../specs/fingerprint.md"),
        include_str!("../../specs/verdict.md"),
        include_str!("../../specs/api.md"),
    ] {
        for word in page.split('`').filter(|word| word.ends_with("_MAX")) {
            assert!(known.contains(word), "{word} is no limit");
        }
    }
}

#[test]
fn every_fault_and_every_kind_is_on_its_page() {
    let faults: BTreeSet<String> = rows(include_str!("../../specs/envelope.md"))
        .iter()
        .filter(|row| row.len() == 2)
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    let code = include_str!("fault.rs").split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut count = 0;
    for word in code {
        assert!(faults.contains(word), "specs/envelope.md does not explain {word}");
        count += 1;
    }
    assert_eq!(count, 10);
    let records = include_str!("../../specs/records.md");
    for kind in [
        "profile",
        "clip",
        "comment",
        "react",
        "follow",
        "delete",
        "rotate",
        "device",
        "address",
        "cameo",
        "grant",
        "approve",
        "revoke",
        "head",
        "label",
        "labeler",
        "list",
        "sealed",
        "challenge",
    ] {
        assert!(records.contains(&format!("\n## {kind}\n")), "specs/records.md has no part about {kind}");
    }
}

#[test]
fn every_check_and_every_verdict_is_on_its_page() {
    let page = include_str!("../../specs/verdict.md");
    let named: BTreeSet<&str> = rows(page).iter().map(|row| row[0].trim_matches('`')).collect();
    for name in crate::verdict::CheckName::ALL {
        assert!(named.contains(name.as_str()), "specs/verdict.md does not explain {}", name.as_str());
    }
    for verdict in crate::verdict::Verdict::ALL {
        assert!(page.contains(&format!("*{verdict}*")), "specs/verdict.md does not explain {verdict}");
    }
}

#[test]
fn names_and_sizes_on_the_wire_are_on_their_pages() {
    let sync = include_str!("../../specs/sync.md");
    assert!(sync.contains(&format!("`{}`", crate::sync::PROTOCOL)));
    for size in [crate::sync::REQUEST_BYTES_MAX, crate::sync::ANSWER_BYTES_MAX] {
        let written = format!("{},{:03}", size / 1_000, size % 1_000);
        assert!(sync.contains(&written), "specs/sync.md does not say {written}");
    }
    let network = include_str!("../../specs/network.md");
    assert!(network.contains(&format!("`{}/safety`", crate::NETWORK)));
    let fetch = include_str!("../../specs/fetch.md");
    assert!(fetch.contains(&format!("At most {} attempts", crate::fetch::RUNNING_MAX)));
    assert!(fetch.contains(&format!("When {} are barred", crate::fetch::BARRED_MAX)));
}

#[test]
fn every_refusal_of_consent_and_every_purpose_is_on_its_page() {
    use crate::consent::{Axis, Purpose, Refusal};
    let page = include_str!("../../specs/consent.md");
    let codes: BTreeSet<String> = rows(page)
        .iter()
        .filter(|row| row.len() == 2)
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    let axes = Axis::ALL.map(Axis::code);
    for code in Refusal::WORDS.iter().filter(|code| **code != "widened").chain(&axes) {
        assert!(codes.contains(*code), "specs/consent.md does not explain {code}");
    }
    let words = crate::consent::WORDS.join(" ");
    assert!(page.split_whitespace().collect::<Vec<_>>().join(" ").contains(&words), "the words of phrases");
    for reason in crate::consent::Unwitnessed::ALL {
        assert!(codes.contains(reason.code()), "specs/consent.md does not explain {}", reason.code());
    }
    for purpose in Purpose::ALL {
        assert!(page.contains(purpose.as_str()), "specs/consent.md does not name {}", purpose.as_str());
    }
}
