//! Licences as far as remixing needs them: may this clip be changed and the result be published, and under what?
//!
//! A record states an SPDX expression, or nothing. This file reads the licences that people put on films and pictures;
//! it is no lawyer, and what it does not know counts as not allowed. The rule is in `specs/lineage.md`.

use crate::record::WORD_BYTES_MAX;

/// What a licence says about remixes that are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Terms {
    /// Anybody may; some licences ask for credit, which the record of a remix gives by naming its parent.
    Free,
    /// Anybody may, if nobody earns from it.
    NonCommercial,
    /// Only whom the author permits it: there is no licence, or one that this version does not know.
    Ask,
    /// Nobody may.
    Never,
}

/// A text that is no SPDX expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LicenceFault {
    /// Too long for a record.
    #[error("a licence has at most {WORD_BYTES_MAX} bytes")]
    TooLong,
    /// Not words of letters, digits, `-`, `.` and `+`, joined by AND, OR and WITH.
    #[error("{0:?} is no SPDX expression: name a licence as CC-BY-4.0, CC0-1.0 or CC-BY-NC-SA-4.0")]
    Malformed(String),
}

/// Checks the form of an SPDX expression. Empty stands for all rights reserved.
///
/// # Errors
/// [`LicenceFault`] when it is too long, or not made of licence names and operators in turn.
pub fn valid(expression: &str) -> Result<(), LicenceFault> {
    if expression.len() > WORD_BYTES_MAX {
        return Err(LicenceFault::TooLong);
    }
    let malformed = || LicenceFault::Malformed(expression.escape_default().to_string());
    let mut open = 0usize;
    let mut wants_name = true;
    for word in words(expression) {
        let fits = match word {
            "(" => {
                open = open.saturating_add(1);
                wants_name
            }
            ")" => {
                let had = open;
                open = open.saturating_sub(1);
                had > 0 && !wants_name
            }
            "AND" | "OR" | "WITH" => !std::mem::replace(&mut wants_name, true),
            name => {
                let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.+:".contains(&b));
                letters && std::mem::replace(&mut wants_name, false)
            }
        };
        if !fits {
            return Err(malformed());
        }
    }
    let empty = expression.is_empty();
    if open == 0 && (empty || !wants_name) { Ok(()) } else { Err(malformed()) }
}

/// Names, operators and parentheses of an expression.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    let spaced = expression.split_whitespace();
    spaced.flat_map(|word| word.split_inclusive(['(', ')'])).flat_map(|part| {
        // `split_inclusive` leaves a parenthesis at the end of the word before it.
        match part.strip_suffix(['(', ')']) {
            Some(name) => {
                let mark = part.get(name.len()..).unwrap_or_default();
                [name, mark]
            }
            None => [part, ""],
        }
        .into_iter()
        .filter(|word| !word.is_empty())
    })
}

/// What an expression says about remixes that are published.
///
/// Of alternatives (OR) the freest counts, of joined licences (AND, WITH) the strictest. With parentheses all count:
/// rather too strict than too free.
#[must_use]
pub fn terms(expression: &str) -> Terms {
    if expression.is_empty() || valid(expression).is_err() {
        return Terms::Ask;
    }
    let all: Vec<&str> = words(expression).collect();
    let nested = all.contains(&"(");
    all.split(|word| *word == "OR" && !nested)
        .map(|joined| {
            let names = joined.iter().filter(|word| !matches!(**word, "AND" | "OR" | "WITH" | "(" | ")"));
            names.map(|name| terms_of(name)).max().unwrap_or(Terms::Ask)
        })
        .min()
        .unwrap_or(Terms::Ask)
}

/// One licence by its SPDX name.
fn terms_of(name: &str) -> Terms {
    let upper = name.to_ascii_uppercase();
    if let Some(rest) = upper.strip_prefix("CC-BY") {
        let parts: Vec<&str> = rest.split('-').collect();
        // ND comes first: NC-ND forbids, whatever else it says.
        return match () {
            () if parts.contains(&"ND") => Terms::Never,
            () if parts.contains(&"NC") => Terms::NonCommercial,
            () => Terms::Free,
        };
    }
    const FREE: &[&str] = &[
        "CC0-1.0",
        "CC-PDDC",
        "CC-PDM-1.0",
        "PDDL-1.0",
        "UNLICENSE",
        "0BSD",
        "MIT",
        "MIT-0",
        "APACHE-2.0",
        "BSD-2-CLAUSE",
        "BSD-3-CLAUSE",
        "WTFPL",
        "LAL-1.2",
        "LAL-1.3",
    ];
    if FREE.contains(&upper.as_str()) { Terms::Free } else { Terms::Ask }
}

/// Whether remixes must be published under the same licence: CC's ShareAlike and the Free Art Licence.
#[must_use]
pub fn shares_alike(expression: &str) -> bool {
    let asks = |name: &str| {
        let upper = name.to_ascii_uppercase();
        upper.starts_with("LAL-") || (upper.starts_with("CC-BY") && upper.split('-').any(|part| part == "SA"))
    };
    let all: Vec<&str> = words(expression).collect();
    // With a choice there is one that does not ask for it, unless all do.
    all.split(|word| *word == "OR").all(|joined| joined.iter().any(|name| asks(name)))
}
