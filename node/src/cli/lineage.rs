//! `kinora lineage`: what a clip was made from and what was made from it, as a small tree.

use clap::Args;
use kinora_protocol::api::{ClipState, Kin, Lineage, Request, Response, Side};
use kinora_protocol::ids::Rid;

use super::context::Context;
use super::feed::state_word;
use super::session::{Network, unexpected};
use crate::error::CommandError;
use crate::output::ago;

/// Arguments of `kinora lineage`.
#[derive(Debug, Args)]
pub struct Ancestry {
    /// Id of a clip; its first digits are enough.
    pub clip: String,
}

/// Runs it.
///
/// # Errors
/// When the clip is unknown.
pub async fn run(args: Ancestry, context: &mut Context) -> Result<(), CommandError> {
    let clip = context.clip(&args.clip, Network::Off).await?;
    let lineage = of(context, clip).await?;
    if context.output.is_json() {
        return context.output.json(&lineage);
    }
    for line in lines(&lineage, crate::clock::now_seconds()) {
        context.output.line(line)?;
    }
    if !lineage.complete {
        context.output.note("there are more relatives than are shown");
    }
    Ok(())
}

/// The lineage of a clip.
///
/// # Errors
/// When the clip is unknown.
pub async fn of(context: &mut Context, clip: Rid) -> Result<Lineage, CommandError> {
    match context.call(Network::Off, Request::Lineage { clip }).await? {
        Response::Lineage(lineage) => Ok(*lineage),
        other => Err(unexpected(&other).into()),
    }
}

/// Ancestors above, descendants below, each step further in; then who is to be named.
fn lines(lineage: &Lineage, now: u64) -> Vec<String> {
    let mut lines: Vec<String> = lineage.rows().map(|(side, kin)| line(side, kin, now)).collect();
    if let Some(credit) = lineage.credit() {
        lines.push(format!("credit: {credit}"));
    }
    if lineage.ancestors.is_empty() && lineage.descendants.is_empty() {
        lines.push("made from no other clip, and no clip known here was made from it".to_owned());
    }
    lines
}

fn line(side: Side, kin: &Kin, now: u64) -> String {
    let mark = match side {
        Side::Above => "┌",
        Side::Middle => "●",
        Side::Below => "└",
    };
    let indent = "  ".repeat(usize::try_from(kin.depth).unwrap_or(0));
    let mut words = format!("{indent}{mark} {}  {}", kin.clip.short(), kin.words());
    if let Some(time) = kin.time {
        words.push_str(&format!(", {}", ago(now, time)));
    }
    if !kin.licence.is_empty() {
        words.push_str(&format!(", {}", kin.licence));
    }
    // A clip without a record has said already what is the matter with it.
    if kin.author.is_some() && kin.state != ClipState::Ready {
        words.push_str(&format!(" [{}]", state_word(kin.state)));
    }
    words
}

#[cfg(test)]
mod tests {
    use kinora_protocol::ids::AuthorId;
    use kinora_protocol::text::Text;

    use super::*;

    fn kin(n: u8, depth: u32, title: &str, state: ClipState) -> Kin {
        Kin {
            clip: Rid([n; 32]),
            depth,
            via: Rid([1; 32]),
            author: Some(AuthorId([n; 32])),
            author_name: Text::line("Ada", 10),
            title: Text::line(title, 40),
            time: Some(1_000),
            blob: None,
            state,
            covered: false,
            licence: Text::line(if n == 2 { "CC-BY-4.0" } else { "" }, 20),
        }
    }

    #[test]
    fn ancestors_stand_above_and_descendants_below() {
        let gone = Kin { author: None, time: None, ..kin(3, 2, "", ClipState::Deleted) };
        let lineage = Lineage {
            clip: kin(1, 0, "a fox", ClipState::Ready),
            ancestors: vec![kin(2, 1, "a cat", ClipState::Ready), gone],
            descendants: vec![kin(4, 1, "noir", ClipState::Missing)],
            complete: true,
        };
        let said = lines(&lineage, 1_010);
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said[0].starts_with("    ┌ 0303") && said[0].contains("a deleted clip"), "{said:?}");
        assert!(said[1].starts_with("  ┌ 0202") && said[1].ends_with("CC-BY-4.0"), "{said:?}");
        assert!(said[2].starts_with("● 0101") && said[2].contains("“a fox” by Ada"), "{said:?}");
        assert!(said[3].starts_with("  └ 0404") && said[3].ends_with("[missing]"), "{said:?}");
        assert!(said[4].starts_with("credit: remix of “a cat” by Ada"), "{said:?}");
    }
}
