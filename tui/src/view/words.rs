//! Numbers, ages and states as words, and text cut to columns.

use kinora_protocol::ids::AuthorId;
use kinora_protocol::text::Text;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(crate) use crate::app::answers::safe;

/// Text cut to `columns`, with `…` when something is missing.
pub(crate) fn cut(text: &str, columns: u16) -> String {
    let room = usize::from(columns);
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        out.push(c);
    }
    if room > 0 {
        out.push('…');
    }
    out
}

/// How long ago, from Unix seconds.
pub(crate) fn age(now: u64, then: u64) -> String {
    match now.saturating_sub(then) {
        0..60 => "now".to_owned(),
        s @ 60..3_600 => format!("{} min ago", s / 60),
        s @ 3_600..172_800 => format!("{} h ago", s / 3_600),
        s => format!("{} days ago", s / 86_400),
    }
}

/// A length of time to wait or that was spent.
pub(crate) fn span(millis: u64) -> String {
    match millis / 1_000 {
        s @ 0..60 => format!("{s} s"),
        s @ 60..3_600 => format!("{} min {} s", s / 60, s % 60),
        s => format!("{} h {} min", s / 3_600, s / 60 % 60),
    }
}

/// Bytes with a unit.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

/// A name, or the start of the id of who has none.
pub(crate) fn who(name: &Text, author: AuthorId) -> String {
    if name.is_empty() { author.short() } else { safe(name.as_str()) }
}

/// `one clip`, `2 clips`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns_and_not_bytes() {
        assert_eq!(cut("fox", 3), "fox");
        assert_eq!(cut("foxes", 3), "fo…");
        assert_eq!(cut("狐狐狐", 4), "狐…");
        assert_eq!(cut("狐狐狐", 1), "…");
        assert_eq!(cut("fox", 0), "");
    }

    #[test]
    fn times_and_sizes_are_short() {
        assert_eq!((age(100, 90), age(1_000, 100)), ("now".into(), "15 min ago".into()));
        assert_eq!((age(100, 900), age(400_000, 0)), ("now".into(), "4 days ago".into()));
        assert_eq!(
            (span(900), span(75_000), span(3_700_000)),
            ("0 s".into(), "1 min 15 s".into(), "1 h 1 min".into())
        );
        assert_eq!((size(10), size(2_048), size(3 << 20)), ("10 B".into(), "2 KiB".into(), "3.0 MiB".into()));
    }
}
