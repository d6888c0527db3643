//! `kinora labeler subscribe`: whose labels count here, and what they weigh.

use std::collections::BTreeMap;

use clap::Args;
use kinora_protocol::api::LabelCall;
use kinora_protocol::ids::AuthorId;
use kinora_protocol::labels::Setting;

use super::pair;
use crate::cli::context::Context;
use crate::cli::label;
use crate::cli::session::Network;
use crate::error::CommandError;

/// Arguments of `kinora labeler subscribe`.
#[derive(Debug, Args)]
pub struct Subscribe {
    /// Author id of the labeler.
    pub labeler: AuthorId,
    /// What to make of one of its labels: ignore, inform, warn or hide; may be repeated [default: what it declares].
    #[arg(long = "set", value_name = "VALUE=SETTING", value_parser = setting)]
    pub settings: Vec<(String, Setting)>,
}

/// Runs it.
///
/// # Errors
/// When there are too many.
pub async fn run(args: Subscribe, context: &mut Context) -> Result<(), CommandError> {
    let (labeler, settings) = (args.labeler, args.settings.into_iter().collect::<BTreeMap<_, _>>());
    label::done(context, Network::On, LabelCall::Subscribe { labeler, settings: settings.clone() }).await?;
    if context.output.is_json() {
        let said = serde_json::json!({ "labeler": labeler, "subscribed": true, "settings": settings });
        return context.output.json(&said);
    }
    context.output.line(format!("listening to {labeler}"))
}

fn setting(text: &str) -> Result<(String, Setting), String> {
    let (value, word) = pair(text)?;
    let setting = match word {
        "ignore" => Setting::Ignore,
        "inform" => Setting::Inform,
        "warn" => Setting::Warn,
        "hide" => Setting::Hide,
        other => return Err(format!("{other:?} is not ignore, inform, warn or hide")),
    };
    Ok((value, setting))
}
