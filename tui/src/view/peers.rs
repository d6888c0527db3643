//! Peers: who this node is connected to, and how others reach it.

use kinora_protocol::api::{Peer, Status};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::words::{cut, safe};
use super::{field, first_row, heading, hint, layout, lines, span};
use crate::app::App;
use crate::app::answers::address;

/// Characters at the end of a peer id that tell it from others.
const TAIL_CHARS: usize = 8;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let (head, rest) = layout::top(body, if body.width < layout::NARROW { 5 } else { 3 });
    lines(frame, head, reach(app.status.as_ref(), theme));
    let peers = app.peers.as_deref().unwrap_or(&[]);
    if peers.is_empty() {
        return hint(frame, rest, empty(app.peers.is_none(), theme));
    }
    let (table, about) = layout::bottom(rest, if rest.height > 14 { 9 } else { 0 });
    draw_table(app, peers, theme, frame, table);
    if let Some(peer) = peers.get(app.peer_selected) {
        lines(frame, about, one(peer, theme));
    }
}

/// How others reach this node.
fn reach(status: Option<&Status>, theme: Theme) -> Vec<Line<'static>> {
    let Some(status) = status else { return vec![Line::from(span("asking the node …", theme.quiet()))] };
    let words = match status.reachability.as_str() {
        "public" => span("has an address of the internet", theme.good()),
        "local" => span("reachable in the local network", theme.warn()),
        "offline" => span("not on the network", theme.bad()),
        other => span(safe(other), theme.quiet()),
    };
    let address = address(status).unwrap_or_else(|| "none yet".to_owned());
    vec![Line::from(vec![span("this node  ", theme.quiet()), words]), field("address", address, theme)]
}

fn empty(unknown: bool, theme: Theme) -> Vec<Line<'static>> {
    if unknown {
        return vec![Line::from(span("asking for the peers …", theme.quiet()))];
    }
    let key = |k: &str| span(k.to_owned(), theme.accent());
    vec![
        heading("No peers yet", theme),
        Line::default(),
        Line::from("Nodes in the same network find each other by themselves."),
        Line::from(vec![key("d"), Span::raw(" connects to a friend's node by its address.")]),
        Line::from(vec![
            key("8"),
            Span::raw(" then "),
            key("Y"),
            Span::raw(" copies your address, to send to a friend."),
        ]),
    ]
}

/// The end of a peer id: ids of one kind begin alike.
fn tail(peer: &str) -> String {
    let clean = safe(peer);
    let skip = clean.chars().count().saturating_sub(TAIL_CHARS);
    clean.chars().skip(skip).collect()
}

fn rtt(peer: &Peer) -> String {
    peer.rtt_millis.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"))
}

fn draw_table(app: &App, peers: &[Peer], theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (head, rows) = layout::top(area, 1);
    let wide = area.width >= layout::NARROW;
    let title =
        if wide { "  peer       state        round trip  records  agent" } else { "  peer       state" };
    frame.render_widget(Paragraph::new(span(title, theme.accent())), head);
    let shown = usize::from(rows.height);
    let first = first_row(app.peer_selected, peers.len(), shown);
    let mut text = Vec::new();
    for (at, peer) in peers.iter().enumerate().skip(first).take(shown) {
        let (word, style) = match (peer.connected, peer.in_mesh) {
            (true, true) => ("in the mesh", theme.good()),
            (true, false) => ("connected", theme.good()),
            (false, _) => ("away", theme.quiet()),
        };
        let name = if at == app.peer_selected { theme.selected() } else { ratatui::style::Style::new() };
        let mut line =
            vec![span(format!("  {:<10} ", tail(&peer.peer)), name), span(format!("{word:<13}"), style)];
        if wide {
            let figures = format!("{:>10}  {:>7}  ", rtt(peer), peer.accepted);
            line.push(Span::raw(figures));
            line.push(Span::raw(cut(&safe(peer.agent.as_str()), area.width.saturating_sub(47))));
        }
        text.push(Line::from(line));
    }
    frame.render_widget(Paragraph::new(text), rows);
}

/// The selected peer.
fn one(peer: &Peer, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![
        heading("Selected peer", theme),
        field("peer", safe(&peer.peer), theme),
        field("address", safe(peer.address.as_str()), theme),
        field("agent", safe(peer.agent.as_str()), theme),
        field("records", format!("{} accepted, {} refused", peer.accepted, peer.refused), theme),
    ];
    if let Some(fault) = &peer.last_fault {
        text.push(field("refused", safe(fault), theme));
    }
    text
}
