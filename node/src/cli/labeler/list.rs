//! `kinora labeler list`: whom this persona listens to, in the order in which they are asked.

use clap::Args;
use kinora_protocol::api::{LabelAnswer, LabelCall, LabelerView, MeaningView, Response};

use crate::cli::context::Context;
use crate::cli::label;
use crate::cli::session::{Network, unexpected};
use crate::error::CommandError;

/// Arguments of `kinora labeler list`.
#[derive(Debug, Args)]
pub struct List {}

/// Runs it.
///
/// # Errors
/// When the home cannot be used.
pub async fn run(_: List, context: &mut Context) -> Result<(), CommandError> {
    let labelers = match label::call(context, Network::Off, LabelCall::Labelers).await? {
        LabelAnswer::Labelers { labelers } => labelers,
        other => return Err(unexpected(&Response::Label(Box::new(other))).into()),
    };
    if context.output.is_json() {
        return context.output.json(&labelers);
    }
    if labelers.is_empty() {
        context.output.note("you listen to no labeler: `kinora labeler subscribe ID` listens to one");
    }
    for labeler in &labelers {
        for line in lines(labeler) {
            context.output.line(line)?;
        }
    }
    Ok(())
}

fn lines(view: &LabelerView) -> Vec<String> {
    let name = if view.name.is_empty() { "not heard of yet" } else { view.name.as_str() };
    let mut lines = vec![format!("{}  {name}, {} labels", view.labeler, view.labels)];
    if !view.about.is_empty() {
        lines.push(format!("  {}", view.about.as_str().replace('\n', "\n  ")));
    }
    lines.extend(view.values.iter().map(|meaning| format!("  {:<16} {}", meaning.value, weight(meaning))));
    lines
}

/// What a label weighs here, and why.
fn weight(meaning: &MeaningView) -> String {
    let declared = meaning.severity.as_str();
    match meaning.setting {
        Some(setting) => format!("{} (you chose; declared {declared})", setting.as_str()),
        None if meaning.default => declared.to_owned(),
        None => format!("inform (declared {declared}, if you choose)"),
    }
}
