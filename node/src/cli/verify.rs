//! `kinora verify`: whether a clip is what it claims to be, in one sentence and then the reasons.

use clap::Args;
use kinora_protocol::api::{Request, Response, Verified};
use kinora_protocol::verdict::{self, Verdict};

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::{CommandError, EXIT_UNVERIFIED};

/// Arguments of `kinora verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// Id of a clip (its first digits are enough), or any file.
    #[arg(value_name = "CLIP|FILE")]
    pub what: String,
}

/// Runs it.
///
/// # Errors
/// When it cannot be checked, and when it was and is not verified.
pub async fn run(args: Verify, context: &mut Context) -> Result<(), CommandError> {
    let what = context.clip_or_file(&args.what).await?;
    let verified = match context.call(Network::Off, Request::Verify { what }).await? {
        Response::Verified(verified) => *verified,
        other => return Err(unexpected(&other).into()),
    };
    if context.output.is_json() {
        context.output.json(&verified)?;
    } else {
        for line in lines(&verified) {
            context.output.line(line)?;
        }
    }
    match verified.verdict {
        Verdict::Verified => Ok(()),
        _ => Err(CommandError::Said(EXIT_UNVERIFIED)),
    }
}

/// What a verdict means, as a sentence.
const fn sentence(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "Verified: this is the clip that its author signed.",
        Verdict::Unverified => "Unverified: not everything could be checked.",
        Verdict::StaleConsent => "Stale consent: nothing is wrong, but the consent was not confirmed lately.",
        Verdict::Withdrawn => "Withdrawn: a consent that this clip needs was taken back.",
        Verdict::Altered => "Altered: this is not what its record says.",
        Verdict::Unknown => "Unknown: nothing that is known here vouches for this file.",
    }
}

fn lines(verified: &Verified) -> Vec<String> {
    let deciding = verdict::deciding(&verified.checks);
    let mut lines = vec![sentence(verified.verdict).to_owned()];
    lines.extend(verified.clip.map(|clip| format!("clip         {clip}")));
    lines.extend(verified.checks.iter().map(|check| {
        let mark = if Some(check) == deciding { "  ←" } else { "" };
        format!("{:<5} {:<12} {}{mark}", check.state.as_str(), check.name.as_str(), check.detail)
    }));
    lines
}

#[cfg(test)]
mod tests {
    use kinora_protocol::verdict::{Check, CheckName};

    use super::*;

    #[test]
    fn the_sentence_comes_first_and_the_reason_is_marked() {
        let checks = vec![
            Check::pass(CheckName::Record, "signed"),
            Check::fail(CheckName::File, "the record says 7 bytes, the file has 8"),
        ];
        let verdict = verdict::of(&checks);
        let said = lines(&Verified { verdict, clip: None, checks });
        assert!(said[0].starts_with("Altered:"), "{said:?}");
        assert!(said[1].starts_with("pass  record") && !said[1].contains('←'), "{said:?}");
        assert!(said[2].starts_with("fail  file") && said[2].ends_with('←'), "{said:?}");
    }

    #[test]
    fn every_sentence_begins_with_its_verdict() {
        for verdict in Verdict::ALL {
            assert!(sentence(verdict).to_lowercase().starts_with(verdict.as_str()), "{verdict}");
        }
    }
}
