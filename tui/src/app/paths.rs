//! File names as they are typed into a field: several in a line, quoted or escaped as shells and terminals write them.
//!
//! Nothing is looked up: a name becomes a path, and the node says whether there is a file.

use std::path::{Path, PathBuf};

/// Splits a line into absolute paths. Names are told apart by spaces; one with spaces in it stands in quotes or has a backslash
/// before each. `~/` is the home; other names begin in `folder`.
pub(crate) fn split(line: &str, home: Option<&Path>, folder: Option<&Path>) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut name: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(c) = letters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                name.get_or_insert_default();
            }
            ('\\', None) => match letters.next() {
                Some(c) => name.get_or_insert_default().push(c),
                None => return Err("a name ends in a backslash".to_owned()),
            },
            (c, None) if c.is_whitespace() => names.extend(name.take()),
            (c, _) => name.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    names.extend(name);
    names.into_iter().map(|name| absolute(&name, home, folder)).collect()
}

fn absolute(name: &str, home: Option<&Path>, folder: Option<&Path>) -> Result<String, String> {
    let path = match (name.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(name),
    };
    let full = if path.is_absolute() { Some(path) } else { folder.map(|folder| folder.join(path)) };
    let full = full.as_deref().and_then(Path::to_str).map(str::to_owned);
    full.ok_or_else(|| format!("{name}: begin the name with a slash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<String>, String> {
        split(line, Some(Path::new("/home/ada")), Some(Path::new("/films")))
    }

    #[test]
    fn names_are_told_apart_as_a_shell_tells_them_apart() {
        for (line, names) in [
            ("", &[][..]),
            ("  /a.png\t/b.jpg ", &["/a.png", "/b.jpg"]),
            ("'/my face.png' \"/b'c.png\"", &["/my face.png", "/b'c.png"]),
            ("/my\\ face.png", &["/my face.png"]),
            ("~/a.png a.png ./b.png", &["/home/ada/a.png", "/films/a.png", "/films/./b.png"]),
            ("''", &["/films/"]),
        ] {
            assert_eq!(read(line).unwrap(), names, "{line:?}");
        }
        for line in ["'/a.png", "/a.png\\"] {
            assert!(read(line).is_err(), "{line:?}");
        }
        assert!(split("a.png", None, None).unwrap_err().contains("slash"));
    }
}
