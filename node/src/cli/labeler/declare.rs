//! `kinora labeler declare`: this persona says that it labels, and what its labels weigh.

use clap::Args;
use kinora_protocol::api::LabelCall;
use kinora_protocol::record::{Meaning, Severity};

use super::pair;
use crate::cli::context::Context;
use crate::cli::label;
use crate::error::CommandError;

/// Arguments of `kinora labeler declare`.
#[derive(Debug, Args)]
pub struct Declare {
    /// What the labeler is called.
    pub name: String,
    /// What it labels, and by which rules.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub about: String,
    /// A label and what it weighs: inform, warn or hide; may be repeated [default: those that mean the same everywhere].
    #[arg(long = "value", value_name = "VALUE=SEVERITY", value_parser = meaning)]
    pub values: Vec<Meaning>,
    /// A label that only informs until a subscriber chooses; may be repeated.
    #[arg(long = "optional", value_name = "VALUE", requires = "values")]
    pub optional: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// When a bound is broken or the record cannot be stored.
pub async fn run(args: Declare, context: &mut Context) -> Result<(), CommandError> {
    let Declare { name, about, mut values, optional } = args;
    for value in &optional {
        let Some(meaning) = values.iter_mut().find(|meaning| meaning.value == *value) else {
            let shown: String = value.chars().take(40).flat_map(char::escape_default).collect();
            return Err(
                crate::error::request(format!("--optional {shown} is none of the --value given")).into()
            );
        };
        meaning.default = false;
    }
    let record = label::record(context, LabelCall::Declare { name, about, values }).await?;
    if context.output.is_json() {
        return context.output.json(&serde_json::json!({ "record": record }));
    }
    context
        .output
        .line("declared; others listen with `kinora labeler subscribe` and the id of `kinora key show`")
}

fn meaning(text: &str) -> Result<Meaning, String> {
    let (value, word) = pair(text)?;
    let severity = match word {
        "inform" => Severity::Inform,
        "warn" => Severity::Warn,
        "hide" => Severity::Hide,
        other => return Err(format!("{other:?} is not inform, warn or hide")),
    };
    Ok(Meaning { value, severity, default: true, means: String::new() })
}
