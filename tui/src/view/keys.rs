//! Keys: who you are to others, and what keeps that safe. Only public keys are ever here.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::theme::Theme;
use super::words::{age, safe, size};
use super::{field, heading, lines, span};
use crate::app::App;
use crate::app::answers::address;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    lines(frame, body, text(app, theme));
}

fn text(app: &App, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![heading("You", theme)];
    let name = app.status.as_ref().map(|s| safe(s.name.as_str())).filter(|n| !n.is_empty());
    match name {
        Some(name) => text.push(field("name", name, theme)),
        None => text.push(Line::from(span("You have no name yet; n gives you one.", theme.warn()))),
    }
    match &app.keys {
        None => text.push(Line::from(span("asking the node for your keys …", theme.quiet()))),
        Some(keys) => {
            text.push(field("id", keys.author.to_string(), theme));
            text.push(Line::from(span(
                "Give this id to friends (y copies it): they press F and paste it.",
                theme.quiet(),
            )));
            text.push(Line::default());
            text.push(heading("Keys of this machine", theme));
            text.push(field("persona", safe(&keys.persona), theme));
            text.push(field("made", age(app.unix(), keys.created), theme));
            text.push(field("device", keys.device.to_string(), theme));
            text.push(field("transport", keys.transport.to_string(), theme));
            text.push(if keys.passphrase {
                Line::from(span("The keystore is encrypted with your passphrase.", theme.good()))
            } else {
                Line::from(span(
                    "The keystore is not encrypted: who can read your home folder can be you.",
                    theme.warn(),
                ))
            });
        }
    }
    text.extend(node(app, theme));
    text
}

fn node(app: &App, theme: Theme) -> Vec<Line<'static>> {
    let Some(status) = &app.status else { return Vec::new() };
    let address = address(status).unwrap_or_else(|| "none yet".to_owned());
    vec![
        Line::default(),
        heading("This node", theme),
        field("home", safe(&status.home), theme),
        field("address", address, theme),
        Line::from(span("Y copies the address; friends press 6, then d, and paste it.", theme.quiet())),
        field(
            "stored",
            format!("{} records, {} in {} files", status.records, size(status.bytes), status.blobs),
            theme,
        ),
        field("version", safe(&status.version), theme),
    ]
}
