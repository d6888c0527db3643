//! The one place where a stranger's text becomes text that may be drawn.
//!
//! [`Text`] can only be made through [`Text::line`] or [`Text::block`]; the terminal program and the CLI draw
//! nothing else that came from the network. No escape code, no control character, no bidirectional override and no
//! unbounded stack of combining marks survives.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most combining marks kept on one base character.
pub const COMBINING_MARKS_MAX: usize = 4;

/// Text that is safe to draw in a terminal, a log or a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// One line: line breaks and tabs become spaces; at most `chars_max` characters, then `…`.
    #[must_use]
    pub fn line(raw: &str, chars_max: usize) -> Self {
        Self(clean(raw, chars_max, false))
    }

    /// Several lines: line breaks stay (as `\n`), everything else as in [`Text::line`].
    #[must_use]
    pub fn block(raw: &str, chars_max: usize) -> Self {
        Self(clean(raw, chars_max, true))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// Reading from JSON sanitises again, so that no path makes a `Text` from raw bytes.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        Ok(Self::block(&raw, raw.len()))
    }
}

/// Characters that draw nothing, or change how others are drawn.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

fn clean(raw: &str, chars_max: usize, keep_breaks: bool) -> String {
    let mut out = String::with_capacity(raw.len().min(chars_max.saturating_mul(4)));
    let mut count = 0usize;
    let mut marks = 0usize;
    // Bounding the input as well keeps the cost of a hostile string proportional to what is shown.
    for c in raw.nfc().take(chars_max.saturating_mul(4).saturating_add(16)) {
        let c = match c {
            '\n' if keep_breaks => '\n',
            '\n' | '\t' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => ' ',
            c if is_unsafe(c) => continue,
            c => c,
        };
        if is_combining_mark(c) {
            marks = marks.saturating_add(1);
            if marks > COMBINING_MARKS_MAX || out.is_empty() {
                continue;
            }
        } else {
            marks = 0;
        }
        if count >= chars_max {
            out.push('…');
            break;
        }
        count = count.saturating_add(1);
        out.push(c);
    }
    // What was taken out may have stood between a letter and its mark: compose again, so that reading the text once
    // more changes nothing.
    out.trim_end().nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_and_overrides_are_gone() {
        let hostile = "a\u{1b}[2J\u{1b}]0;pwn\u{7}b\u{202e}c\u{9b}31md\r\ne\u{200b}";
        assert_eq!(Text::line(hostile, 80).as_str(), "a[2J]0;pwnbc31md  e");
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(Text::line("abcdef", 3).as_str(), "abc…");
        assert_eq!(Text::line("abc", 3).as_str(), "abc");
    }

    #[test]
    fn a_mark_meets_its_letter_when_what_stood_between_is_gone() {
        assert_eq!(Text::line("e\u{200b}\u{301}", 9).as_str(), "\u{e9}");
    }

    #[test]
    fn stacked_marks_are_bounded() {
        let zalgo = format!("x{}", "\u{0301}\u{0300}".repeat(500));
        assert!(Text::line(&zalgo, 2_000).as_str().chars().count() <= 1 + COMBINING_MARKS_MAX);
    }

    proptest! {
        #[test]
        fn nothing_unsafe_survives(raw in "\\PC*|(?s).*", max in 0usize..300) {
            let text = Text::block(&raw, max);
            prop_assert!(text.as_str().chars().all(|c| c == '\n' || !is_unsafe(c)));
            prop_assert!(text.as_str().chars().count() <= max + 1);
            prop_assert!(!Text::line(&raw, max).as_str().contains('\n'));
        }

        #[test]
        fn clean_text_stays_as_it_is(raw in "[a-f\u{200b}\u{301}\u{302}\u{323}\u{1100}\u{1161}\u{11a8} \n\u{7}]{0,60}|(?s).{0,60}") {
            let text = Text::block(&raw, 200);
            prop_assert_eq!(&Text::block(text.as_str(), 200), &text);
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), text);
        }
    }
}
