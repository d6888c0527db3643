//! What the binary says when something fails: who is to blame, what to do next, and the exit code.
//!
//! Every library error becomes a [`CommandError`] here and nowhere else. This file never prints; `output` does.

use std::io;

use kinora_protocol::api::{ApiError, Blame};
use kinora_protocol::ids::IdError;
use serde::Serialize;

/// The exit code of `kinora verify` for every verdict but verified.
pub const EXIT_UNVERIFIED: u8 = 7;

/// Exit codes, their names and meaning; printed by `kinora help exit-codes`.
pub const EXIT_CODES: &[(u8, &str, &str)] = &[
    (0, "ok", "it was done"),
    (1, "internal", "a defect of Kinora; please report it"),
    (2, "request", "what was asked is wrong: an argument, a prompt, an id"),
    (3, "missing", "it is not here: an unknown clip, job or file"),
    (4, "busy", "something is full or in use; the same command may work later"),
    (5, "network", "no peer could provide it"),
    (6, "system", "the machine: disk, permissions, memory, a killed worker"),
    (8, "different", "a clip that was audited is not what its recipe makes"),
    (EXIT_UNVERIFIED, "unverified", "`kinora verify` looked, and the verdict is not verified"),
    (130, "interrupted", "Ctrl-C"),
];

/// The exit code of a call that failed.
#[must_use]
pub const fn exit_code(blame: Blame) -> u8 {
    match blame {
        Blame::Internal => 1,
        Blame::Request => 2,
        Blame::Missing => 3,
        Blame::Busy => 4,
        Blame::Network => 5,
        Blame::System => 6,
    }
}

/// A command that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It failed, and somebody is to blame.
    #[error("{0}")]
    Failed(#[from] ApiError),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
    /// It failed and the user has been told already, with this exit code.
    #[error("the command failed")]
    Said(u8),
    /// Whoever read our output went away; not a failure.
    #[error("the reader of the output went away")]
    BrokenPipe,
}

/// The JSON form of a failure.
#[derive(Debug, Serialize)]
pub struct Failure<'a> {
    /// What was wrong.
    pub error: String,
    /// Name of the exit code.
    pub kind: &'static str,
    /// The exit code.
    pub exit: u8,
    /// What to do next.
    pub hints: &'a [String],
}

impl CommandError {
    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> u8 {
        match self {
            Self::Failed(error) => exit_code(error.blame),
            Self::Interrupted => 130,
            Self::Said(code) => *code,
            Self::BrokenPipe => 0,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        match self {
            Self::Failed(error) => &error.hints,
            Self::Interrupted | Self::Said(_) | Self::BrokenPipe => &[],
        }
    }

    /// The JSON form.
    #[must_use]
    pub fn failure(&self) -> Failure<'_> {
        let exit = self.exit();
        let kind = EXIT_CODES.iter().find(|(code, ..)| *code == exit).map_or("internal", |(_, name, _)| name);
        Failure { error: self.to_string(), kind, exit, hints: self.hints() }
    }
}

/// A failed call of a given blame.
#[must_use]
pub fn fail(blame: Blame, message: impl Into<String>) -> ApiError {
    ApiError { blame, message: message.into(), hints: Vec::new() }
}

/// The request is wrong.
#[must_use]
pub fn request(message: impl Into<String>) -> ApiError {
    fail(Blame::Request, message)
}

/// It is not there.
#[must_use]
pub fn missing(message: impl Into<String>) -> ApiError {
    fail(Blame::Missing, message)
}

/// Something is full or in use.
#[must_use]
pub fn busy(message: impl Into<String>) -> ApiError {
    fail(Blame::Busy, message)
}

/// The network could not provide it.
#[must_use]
pub fn network(message: impl Into<String>) -> ApiError {
    fail(Blame::Network, message)
}

/// The machine is to blame.
#[must_use]
pub fn system(message: impl Into<String>) -> ApiError {
    fail(Blame::System, message)
}

/// Kinora is to blame.
#[must_use]
pub fn internal(message: impl Into<String>) -> ApiError {
    fail(Blame::Internal, message)
}

/// Adds what to do next.
pub trait Hint {
    /// The same failure with one more hint.
    #[must_use]
    fn hint(self, hint: impl Into<String>) -> Self;
}

impl Hint for ApiError {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// A file that could not be read or written: what was tried, on which path, and the usual remedy.
#[must_use]
pub fn file(what: &str, path: &std::path::Path, error: &io::Error) -> ApiError {
    let message = format!("cannot {what} {}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::NotFound => missing(message).hint("check the path"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            system(message).hint("check who owns it and whether it may be written")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            system(message).hint("free some space and try again")
        }
        _ => system(message),
    }
}

impl From<crate::home::HomeError> for CommandError {
    fn from(error: crate::home::HomeError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Failed(system(format!("input or output failed: {error}")))
        }
    }
}

impl From<IdError> for CommandError {
    fn from(error: IdError) -> Self {
        Self::Failed(
            request(error.to_string()).hint("`kinora feed` lists clips, `kinora key show` your author id"),
        )
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        if error.io_error_kind() == Some(io::ErrorKind::BrokenPipe) {
            Self::BrokenPipe
        } else {
            Self::Failed(internal(format!("JSON could not be written: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blame_has_its_own_documented_exit_code() {
        let all =
            [Blame::Internal, Blame::Request, Blame::Missing, Blame::Busy, Blame::Network, Blame::System];
        let codes: std::collections::BTreeSet<u8> = all.into_iter().map(exit_code).collect();
        assert_eq!(codes.len(), all.len());
        for code in codes.into_iter().chain([0, CommandError::Interrupted.exit()]) {
            assert!(
                EXIT_CODES.iter().any(|(known, ..)| *known == code),
                "exit code {code} is not documented"
            );
        }
    }

    #[test]
    fn the_json_form_names_error_kind_exit_and_hints() {
        let error = CommandError::from(request("the prompt is empty").hint("say what to show"));
        let json = serde_json::to_value(error.failure()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"error": "the prompt is empty", "kind": "request", "exit": 2, "hints": ["say what to show"]})
        );
    }

    #[test]
    fn a_full_disk_is_the_machines_fault_and_a_lost_reader_is_nobodys() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(file("write", std::path::Path::new("/x"), &full).blame, Blame::System);
        assert_eq!(CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe)).exit(), 0);
    }
}
