//! What is known of a file's provenance: one value, a list of named checks, each with its reason.

use kinora_protocol::text::Text;
/// How a check ended.
pub use kinora_protocol::verdict::CheckState as State;

use super::manifest::{COMPOSITE, GENERATED};

/// Longest reason, in characters.
const DETAIL_CHARS_MAX: usize = 240;
/// Longest name out of a file, in characters.
const NAME_CHARS_MAX: usize = 120;

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `structure manifest content coverage signature issuer author source record consent mark lineage`.
    pub name: &'static str,
    /// How it ended.
    pub state: State,
    /// Why, in one line; safe to show, whatever the file holds.
    pub detail: Text,
}

/// What a manifest says of itself. Anybody can write anything here: the checks say what of it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Organisation of the certificate's issuer.
    pub issuer: Text,
    /// Common name of the certificate.
    pub name: Text,
    /// Software that wrote the manifest, with its version.
    pub generator: Text,
    /// Software or model that made the content, with its version.
    pub agent: Text,
    /// Title.
    pub title: Text,
    /// IPTC digital source types of its actions, without their common prefix.
    pub sources: Vec<Text>,
    /// Its actions, in order.
    pub actions: Vec<Text>,
    /// Titles of what it was made from.
    pub ingredients: Vec<Text>,
}

/// What is known of a file's provenance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Every check that was made, in the order in which they were made.
    pub checks: Vec<Check>,
    /// What the manifest says; none when there is no readable manifest.
    pub claims: Option<Claims>,
}

impl Provenance {
    /// Adds a check.
    pub(super) fn note(&mut self, name: &'static str, state: State, detail: &str) {
        self.checks.push(Check { name, state, detail: Text::line(detail, DETAIL_CHARS_MAX) });
    }

    /// How the check of this name ended; [`State::None`] when it was not made.
    #[must_use]
    pub fn state(&self, name: &str) -> State {
        self.checks.iter().find(|check| check.name == name).map_or(State::None, |check| check.state)
    }

    /// Whether the manifest says that a model made the content, or a part of it.
    #[must_use]
    pub fn says_generated(&self) -> bool {
        let sources = self.claims.iter().flat_map(|claims| &claims.sources);
        sources.into_iter().any(|source| [GENERATED, COMPOSITE].contains(&source.as_str()))
    }

    /// Whether the file is signed by whom it should be, holds, and nothing about it fails.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        let needed = ["structure", "manifest", "content", "coverage", "signature", "issuer", "author"];
        needed.iter().all(|name| self.state(name) == State::Pass)
            && self.checks.iter().all(|check| check.state != State::Fail)
    }
}

/// A name out of a file, made safe.
pub(super) fn name(raw: &str) -> Text {
    Text::line(raw, NAME_CHARS_MAX)
}
