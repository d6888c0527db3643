//! A policy on the command line.

use clap::{Args, ValueEnum};
use kinora_protocol::api::ApiError;
use kinora_protocol::consent::Purpose;
use kinora_protocol::record::{Approval, Audience, Policy, Remix};

use crate::error::{self, Hint as _};

/// When you must approve a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Approve {
    /// Every clip.
    EveryUse,
    /// The first clip of each grant.
    FirstUse,
    /// None.
    None,
}

/// What may be made of the clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Remixes {
    /// Nothing.
    None,
    /// What keeps the policy.
    KeepPolicy,
    /// Anything.
    Free,
}

/// Who sees the clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Seen {
    /// Named people.
    Private,
    /// Followers of the creator.
    Followers,
    /// Everybody.
    Public,
}

/// What a likeness may be used for.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What it may be used for")]
pub struct PolicyArgs {
    /// A purpose that is allowed; may be repeated [default: comedy, music, education].
    #[arg(long, value_name = "PURPOSE")]
    pub allow: Vec<String>,
    /// A purpose that is denied; may be repeated.
    #[arg(long, value_name = "PURPOSE")]
    pub deny: Vec<String>,
    /// Rules in words.
    #[arg(long, default_value = "")]
    pub note: String,
    /// When you must approve a clip.
    #[arg(long, value_enum, default_value = "every-use")]
    pub approval: Approve,
    /// What others may make of the clips.
    #[arg(long, value_enum, default_value = "keep-policy")]
    pub remix: Remixes,
    /// How many remixes deep.
    #[arg(long, default_value_t = 1)]
    pub depth: u32,
    /// Who may see the clips at most.
    #[arg(long, value_enum, default_value = "public")]
    pub audience: Seen,
    /// The clips may earn money.
    #[arg(long)]
    pub commercial: bool,
    /// Your voice may be used too.
    #[arg(long)]
    pub voice: bool,
}

impl PolicyArgs {
    /// The policy.
    ///
    /// # Errors
    /// When a purpose is no word of the list; the message has the list.
    pub fn policy(&self) -> Result<Policy, ApiError> {
        let allow = match self.allow.as_slice() {
            [] => Policy::usual().allow,
            words => words.to_vec(),
        };
        allow.iter().chain(&self.deny).try_for_each(|word| purpose(word))?;
        Ok(Policy {
            allow,
            deny: self.deny.clone(),
            note: self.note.clone(),
            voice: self.voice,
            remix: match self.remix {
                Remixes::None => Remix::None,
                Remixes::KeepPolicy => Remix::KeepPolicy,
                Remixes::Free => Remix::Free,
            },
            depth: self.depth,
            audience: match self.audience {
                Seen::Private => Audience::Private,
                Seen::Followers => Audience::Followers,
                Seen::Public => Audience::Public,
            },
            commercial: self.commercial,
            approval: match self.approval {
                Approve::EveryUse => Approval::EveryUse,
                Approve::FirstUse => Approval::FirstUse,
                Approve::None => Approval::None,
            },
        })
    }
}

/// Whether a word is a purpose.
///
/// # Errors
/// With the list of purposes.
pub fn purpose(word: &str) -> Result<(), ApiError> {
    if Purpose::parse(word).is_some() {
        return Ok(());
    }
    let words: Vec<&str> = Purpose::ALL.iter().map(|purpose| purpose.as_str()).collect();
    let shown: String = word.chars().take(40).flat_map(char::escape_default).collect();
    Err(error::request(format!("{shown:?} is no purpose")).hint(format!("purposes are {}", words.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_words_of_the_list() {
        assert!(Purpose::ALL.iter().all(|known| purpose(known.as_str()).is_ok()));
        for word in ["", "Comedy", "fun\u{1b}"] {
            let said = purpose(word).unwrap_err();
            assert!(
                !said.message.contains('\u{1b}') && said.hints.iter().any(|hint| hint.contains("comedy"))
            );
        }
    }
}
