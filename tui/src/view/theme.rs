//! Colours and emphasis by meaning. Without colours everything is said by weight and words as well.

use ratatui::style::{Color, Modifier, Style};

/// Styles by meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    colours: bool,
}

impl Theme {
    /// A theme; without colours when the user does not want any.
    pub(crate) const fn new(no_color: bool) -> Self {
        Self { colours: !no_color }
    }

    const fn fg(self, colour: Color) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new() }
    }

    /// Keys, headings, what is chosen.
    pub(crate) const fn accent(self) -> Style {
        self.fg(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Said quietly.
    pub(crate) const fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Said loudly.
    pub(crate) const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// As it should be.
    pub(crate) const fn good(self) -> Style {
        self.fg(Color::Green)
    }

    /// Needs attention.
    pub(crate) const fn warn(self) -> Style {
        self.fg(Color::Yellow)
    }

    /// Wrong.
    pub(crate) const fn bad(self) -> Style {
        self.fg(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The selected row and the open tab.
    pub(crate) const fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}
