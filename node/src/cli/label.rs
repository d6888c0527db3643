//! `kinora label`: says something of a clip, of its file or of its author, as a labeler; or takes it back.

use clap::{Args, ValueEnum};
use kinora_protocol::api::{ApiError, LabelAnswer, LabelCall, Request, Response};
use kinora_protocol::ids::Rid;
use kinora_protocol::record::Labelled;

use super::context::Context;
use super::play;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// On what a label is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum On {
    /// This clip alone.
    #[default]
    Clip,
    /// Its file, whoever publishes it.
    File,
    /// Everything its author publishes.
    Author,
}

/// Arguments of `kinora label`.
#[derive(Debug, Args)]
pub struct Label {
    /// Id of a clip; its first digits are enough.
    pub clip: String,
    /// The label, for example violence; `kinora labeler declare` says which you use.
    pub value: String,
    /// Take it off.
    #[arg(long, conflicts_with_all = ["expires", "why"])]
    pub off: bool,
    /// For so many days [default: without end].
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    pub expires: Option<u64>,
    /// Why, for people; it is published.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub why: String,
    /// On what it is put.
    #[arg(long, value_enum, default_value_t)]
    pub on: On,
}

/// Runs it.
///
/// # Errors
/// When the clip is unknown, or the label is none.
pub async fn run(args: Label, context: &mut Context) -> Result<(), CommandError> {
    let clip = context.clip(&args.clip, Network::On).await?;
    let on = match args.on {
        On::Clip => Labelled::Clip(clip),
        On::File => Labelled::Blob(play::view(context, clip).await?.item.blob),
        On::Author => Labelled::Author(play::view(context, clip).await?.item.author),
    };
    let seconds = args.expires.map(|days| days.saturating_mul(DAY));
    let (value, set) = (args.value, !args.off);
    let put = LabelCall::Put { on, value: value.clone(), set, seconds, why: args.why };
    let record = record(context, put).await?;
    if context.output.is_json() {
        let said = serde_json::json!({ "record": record, "clip": clip, "value": value, "set": set });
        return context.output.json(&said);
    }
    let done = if set { format!("labelled {value}") } else { format!("{value} taken off") };
    context.output.line(format!("{done}; those who subscribed to you are told"))
}

/// Makes a call about labels.
///
/// # Errors
/// What the node says.
pub async fn call(context: &mut Context, network: Network, call: LabelCall) -> Result<LabelAnswer, ApiError> {
    match context.call(network, Request::Label(Box::new(call))).await? {
        Response::Label(answer) => Ok(*answer),
        other => Err(unexpected(&other)),
    }
}

/// Makes a call that signs a record.
///
/// # Errors
/// What the node says.
pub async fn record(context: &mut Context, request: LabelCall) -> Result<Rid, ApiError> {
    match call(context, Network::On, request).await? {
        LabelAnswer::Record { rid } => Ok(rid),
        other => Err(unexpected(&Response::Label(Box::new(other)))),
    }
}

/// Makes a call that changes something of this home alone.
///
/// # Errors
/// What the node says.
pub async fn done(context: &mut Context, network: Network, request: LabelCall) -> Result<(), ApiError> {
    match call(context, network, request).await? {
        LabelAnswer::Done => Ok(()),
        other => Err(unexpected(&Response::Label(Box::new(other)))),
    }
}
