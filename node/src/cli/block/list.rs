//! `kinora block list`: this persona's lists, its subscriptions, and what is held back here.

use clap::Args;
use kinora_protocol::api::{BlockAnswer, BlockCall, BlockView, ListView};

use crate::cli::context::Context;
use crate::cli::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora block list`.
#[derive(Debug, Args)]
pub struct List {}

/// Runs it.
///
/// # Errors
/// What the node says.
pub async fn run(_: List, context: &mut Context) -> Result<(), CommandError> {
    let view = match super::call(context, Network::Off, BlockCall::Show).await? {
        BlockAnswer::Blocks(view) => view,
        answer => return Err(super::other(answer)),
    };
    if context.output.is_json() {
        return context.output.json(&view);
    }
    for line in lines(&view) {
        context.output.line(line)?;
    }
    Ok(())
}

fn lines(view: &BlockView) -> Vec<String> {
    let name = |list: &ListView| list.list.clone().unwrap_or_else(|| "all lists".to_owned());
    let mut lines: Vec<String> = view
        .own
        .iter()
        .map(|list| format!("yours       {} ({} entries)", name(list), list.entries))
        .collect();
    lines.extend(view.subscribed.iter().map(|list| {
        format!(
            "subscribed  {} of {} {} ({} entries)",
            name(list),
            list.author,
            list.author_name,
            list.entries
        )
    }));
    lines.push(format!(
        "withdrawn   {} files of clips that were taken down; copies are refused",
        view.withdrawn
    ));
    lines.extend(view.held.iter().map(|held| format!("held back   {}: {}", held.file, held.reason)));
    lines.extend(view.allowed.iter().map(|file| format!("allowed     {file}")));
    lines
}

#[cfg(test)]
mod tests {
    use kinora_protocol::ids::{AuthorId, BlobHash};
    use kinora_protocol::text::Text;

    use super::*;

    #[test]
    fn everything_that_is_held_back_is_named_with_its_reason() {
        let held = kinora_protocol::api::HeldView {
            file: BlobHash([7; 32]),
            clip: None,
            reason: Text::line("on the block list no-fakes", 80),
        };
        let list =
            ListView { author: AuthorId([1; 32]), author_name: Text::default(), list: None, entries: 3 };
        let said = lines(&BlockView { subscribed: vec![list], held: vec![held], ..BlockView::default() });
        assert!(
            said[0].starts_with("subscribed  all lists of 0101") && said[0].ends_with("(3 entries)"),
            "{said:?}"
        );
        assert!(said[1].contains("0 files"), "{said:?}");
        assert!(said[2].contains("0707") && said[2].ends_with("no-fakes"), "{said:?}");
    }
}
