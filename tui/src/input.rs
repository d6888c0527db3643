//! A line editor for prompts, comments and ids: typing, pasting, moving by characters and words.
//!
//! It holds a bounded text without control characters; drawing is the view's business.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kinora_protocol::text::Text;
use unicode_width::UnicodeWidthChar;

/// One line of text being edited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Input {
    text: Vec<char>,
    cursor: usize,
    bytes_max: usize,
}

impl Input {
    /// An empty line of at most `bytes_max` bytes.
    pub(crate) const fn new(bytes_max: usize) -> Self {
        Self { text: Vec::new(), cursor: 0, bytes_max }
    }

    /// What was typed.
    pub(crate) fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Whether nothing but spaces was typed.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.iter().all(|c| c.is_whitespace())
    }

    /// Replaces the text; the cursor goes to its end.
    pub(crate) fn set(&mut self, text: &str) {
        self.text.clear();
        self.cursor = 0;
        self.paste(text);
    }

    /// Inserts text at the cursor: one line, cleaned, up to the bound.
    pub(crate) fn paste(&mut self, text: &str) {
        let trailing = text.ends_with(' ');
        let clean = Text::line(text, self.bytes_max);
        for c in clean.as_str().chars().chain(trailing.then_some(' ')) {
            self.insert(c);
        }
    }

    fn bytes(&self) -> usize {
        self.text.iter().map(|c| c.len_utf8()).sum()
    }

    fn insert(&mut self, c: char) {
        if !c.is_control() && self.bytes() + c.len_utf8() <= self.bytes_max {
            self.text.insert(self.cursor, c);
            self.cursor += 1;
        }
    }

    fn word_left(&self) -> usize {
        let before = self.text.get(..self.cursor).unwrap_or(&[]);
        let spaces = before.iter().rev().take_while(|c| c.is_whitespace()).count();
        let word = before.iter().rev().skip(spaces).take_while(|c| !c.is_whitespace()).count();
        self.cursor - spaces - word
    }

    fn word_right(&self) -> usize {
        let after = self.text.get(self.cursor..).unwrap_or(&[]);
        let spaces = after.iter().take_while(|c| c.is_whitespace()).count();
        let word = after.iter().skip(spaces).take_while(|c| !c.is_whitespace()).count();
        self.cursor + spaces + word
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.drain(from..to);
        self.cursor = from;
    }

    /// Takes one key. Returns whether the text changed; keys that do not edit are ignored.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let before = self.text.len();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char('w') if control => self.cut(self.word_left(), self.cursor),
            KeyCode::Char('u') if control => self.cut(0, self.cursor),
            KeyCode::Char('k') if control => self.text.truncate(self.cursor),
            KeyCode::Char('b') if alt => self.cursor = self.word_left(),
            KeyCode::Char('f') if alt => self.cursor = self.word_right(),
            KeyCode::Char(c) if !control && !alt => self.insert(c),
            KeyCode::Left if control => self.cursor = self.word_left(),
            KeyCode::Right if control => self.cursor = self.word_right(),
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Backspace if self.cursor > 0 => self.cut(self.cursor - 1, self.cursor),
            KeyCode::Delete if self.cursor < self.text.len() => self.cut(self.cursor, self.cursor + 1),
            _ => {}
        }
        before != self.text.len()
    }

    /// The text broken into lines of at most `width` columns, after words where there are any, and the cursor's column
    /// and line.
    pub(crate) fn wrap(&self, width: u16) -> (Vec<String>, (u16, u16)) {
        let width = usize::from(width.max(2));
        let starts = self.line_starts(width);
        let ends = starts.iter().skip(1).copied().chain([self.text.len()]);
        let mut lines: Vec<&[char]> =
            starts.iter().zip(ends).map(|(start, end)| self.text.get(*start..end).unwrap_or(&[])).collect();
        let columns = |chars: &[char]| chars.iter().map(|c| c.width().unwrap_or(0)).sum::<usize>();
        let row = starts.iter().rposition(|start| *start <= self.cursor).unwrap_or(0);
        let before = lines.get(row).and_then(|line| line.get(..self.cursor - starts.get(row).unwrap_or(&0)));
        let mut place = (columns(before.unwrap_or(&[])), row);
        if place.0 >= width {
            // The cursor after a full line stands at the start of the next.
            place = (0, row + 1);
            lines.push(&[]);
        }
        (lines.into_iter().map(|line| line.iter().collect()).collect(), (place.0 as u16, place.1 as u16))
    }

    /// Where each line starts.
    fn line_starts(&self, width: usize) -> Vec<usize> {
        let mut starts = vec![0];
        // The column, and the place after the last space of the line with the column there.
        let (mut column, mut word) = (0usize, None);
        for (index, c) in self.text.iter().enumerate() {
            let wide = c.width().unwrap_or(0);
            // A space at the end of a line may hang over.
            if column + wide > width && *c != ' ' {
                let (start, kept) = word.take().unwrap_or((index, column));
                starts.push(start);
                column -= kept;
            }
            column += wide;
            if *c == ' ' {
                word = Some((index + 1, column));
            }
        }
        starts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn press(input: &mut Input, code: KeyCode, modifiers: KeyModifiers) -> bool {
        input.key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn typing_moving_and_cutting() {
        let mut input = Input::new(100);
        input.paste("a red  fox");
        assert!(press(&mut input, KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "a red  ");
        press(&mut input, KeyCode::Left, KeyModifiers::CONTROL);
        press(&mut input, KeyCode::Char('X'), KeyModifiers::SHIFT);
        assert_eq!(input.text(), "a Xred  ");
        press(&mut input, KeyCode::Home, KeyModifiers::NONE);
        assert!(!press(&mut input, KeyCode::Backspace, KeyModifiers::NONE));
        assert!(press(&mut input, KeyCode::Delete, KeyModifiers::NONE));
        assert_eq!(input.text(), " Xred  ");
        press(&mut input, KeyCode::Char('k'), KeyModifiers::CONTROL);
        assert_eq!(input.text(), "");
    }

    #[test]
    fn pasted_escapes_and_line_breaks_are_harmless() {
        let mut input = Input::new(100);
        input.paste("fox\x1b[31m\r\nat dusk");
        assert_eq!(input.text(), "fox[31m  at dusk");
    }

    #[test]
    fn the_bound_is_in_bytes() {
        let mut input = Input::new(5);
        input.paste("ééé");
        assert_eq!(input.text(), "éé");
    }

    #[test]
    fn wrapping_places_the_cursor_after_wide_characters() {
        let mut input = Input::new(100);
        input.paste("狐狐狐");
        assert_eq!(input.wrap(4), (vec!["狐狐".into(), "狐".into()], (2, 1)));
        assert_eq!(Input::new(10).wrap(4), (vec![String::new()], (0, 0)));
        input.set("狐狐");
        assert_eq!(input.wrap(4), (vec!["狐狐".into(), String::new()], (0, 1)));
    }

    #[test]
    fn lines_break_after_words() {
        let mut input = Input::new(100);
        input.set("a red fox runs");
        assert_eq!(input.wrap(6), (vec!["a red ".into(), "fox ".into(), "runs".into()], (4, 2)));
        for _ in 0..8 {
            press(&mut input, KeyCode::Left, KeyModifiers::NONE);
        }
        assert_eq!(input.wrap(6).1, (0, 1));
        input.set("extraordinary");
        assert_eq!(input.wrap(6).0, ["extrao", "rdinar", "y"]);
    }

    proptest! {
        #[test]
        fn no_key_sequence_breaks_it(keys in prop::collection::vec((0usize..14, any::<char>(), 0u8..8), 0..200)) {
            let mut input = Input::new(64);
            for (kind, c, bits) in keys {
                let code = [KeyCode::Char(c), KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End,
                    KeyCode::Backspace, KeyCode::Delete, KeyCode::Up, KeyCode::Char('w'), KeyCode::Char('u'),
                    KeyCode::Char('k'), KeyCode::Char('b'), KeyCode::Char('f'), KeyCode::Enter][kind];
                input.key(KeyEvent::new(code, KeyModifiers::from_bits_truncate(bits)));
                prop_assert!(input.cursor <= input.text.len() && input.bytes() <= 64);
            }
            let (lines, place) = input.wrap(7);
            prop_assert!(usize::from(place.1) < lines.len());
        }
    }
}
