//! The shots of a clip as the command line gives them: one prompt, further ones, or a storyboard file.

use std::path::{Path, PathBuf};

use clap::Args;
use kinora_protocol::api::{ApiError, MakeShot};
use kinora_protocol::recipe::Transition;
use serde::Deserialize;

use crate::error::{self, Hint as _};
use crate::files;

/// Largest storyboard file, in bytes.
const STORYBOARD_BYTES_MAX: u64 = 64 * 1024;

/// Arguments that give shots.
#[derive(Debug, Default, Args)]
pub struct Shots {
    /// A further shot, of the same subject unless it names another; may be repeated. `dissolve:` or `cut:` before it
    /// says how it follows [default: cut].
    #[arg(long = "shot", value_name = "PROMPT", conflicts_with = "storyboard")]
    pub further: Vec<String>,
    /// A file of shots (TOML): each [[shot]] has a prompt and, if you like, seconds and a transition ("cut" or
    /// "dissolve"). With a PROMPT beside it, that is the first shot.
    #[arg(long, value_name = "FILE")]
    pub storyboard: Option<PathBuf>,
}

/// The shots of a clip, at least one.
#[derive(Debug, PartialEq, Eq)]
pub struct Board {
    /// The first; it follows nothing.
    pub first: MakeShot,
    /// The others, in order.
    pub next: Vec<MakeShot>,
}

/// A storyboard file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    shot: Vec<FileShot>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileShot {
    prompt: String,
    seconds: Option<f64>,
    #[serde(default)]
    transition: Transition,
}

impl Shots {
    /// Puts the shots together. `seconds` is the length of those that do not say their own.
    ///
    /// # Errors
    /// When the file cannot be read or a length is no length; the message says where.
    pub fn board(&self, prompt: Option<&str>, seconds: Option<f64>) -> Result<Board, ApiError> {
        let millis = seconds.map(|s| millis("--seconds", s)).transpose()?;
        let plain =
            |prompt: &str| MakeShot { prompt: prompt.to_owned(), millis, transition: Transition::Cut };
        let further = match &self.storyboard {
            Some(path) => read(path, millis)?,
            None => self.further.iter().map(|text| MakeShot { millis, ..shot_of(text) }).collect(),
        };
        let mut all = prompt.map(plain).into_iter().chain(further);
        let first = all.next().ok_or_else(|| {
            error::request("there is no shot to make")
                .hint("give a PROMPT, or a storyboard with at least one [[shot]]")
        })?;
        Ok(Board { first, next: all.collect() })
    }
}

/// Seconds of a flag or a file, in milliseconds.
///
/// # Errors
/// When it is not a number of seconds.
pub fn millis(what: &str, seconds: f64) -> Result<u32, ApiError> {
    scaled(what, seconds, 1000.0)
}

/// A number as the API wants it: whole, in a smaller unit.
///
/// # Errors
/// When it is negative or not a number.
pub fn scaled(what: &str, value: f64, by: f64) -> Result<u32, ApiError> {
    let value = (value * by).round();
    if value.is_finite() && (0.0..=f64::from(u32::MAX)).contains(&value) {
        Ok(value as u32)
    } else {
        Err(error::request(format!("{what} must be a number that is not negative")))
    }
}

/// `dissolve: a cat sleeps` as a shot.
fn shot_of(text: &str) -> MakeShot {
    let (transition, prompt) = [("cut:", Transition::Cut), ("dissolve:", Transition::Dissolve)]
        .into_iter()
        .find_map(|(word, transition)| Some((transition, text.trim_start().strip_prefix(word)?)))
        .unwrap_or((Transition::Cut, text));
    MakeShot { prompt: prompt.trim().to_owned(), millis: None, transition }
}

fn read(path: &Path, usual: Option<u32>) -> Result<Vec<MakeShot>, ApiError> {
    let wrong = |why: &str| {
        error::request(format!("the storyboard {} cannot be read: {why}", path.display()))
            .hint("a shot is: [[shot]] prompt = \"a cat sleeps\" seconds = 3 transition = \"dissolve\"")
    };
    let bytes = files::read(path, STORYBOARD_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not UTF-8"))?;
    let file: File = toml::from_str(text).map_err(|e| {
        let line =
            e.span().and_then(|span| text.get(..span.start)).map(|before| before.lines().count().max(1));
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        wrong(&format!("{place}{}", e.message().lines().next().unwrap_or("it is not TOML")))
    })?;
    if file.shot.is_empty() {
        return Err(wrong("it has no [[shot]]"));
    }
    let shots = file.shot.into_iter().enumerate().map(|(n, shot)| {
        let what = format!("the length of shot {} in {}", n + 1, path.display());
        let millis = shot.seconds.map(|s| millis(&what, s)).transpose()?.or(usual);
        Ok(MakeShot { prompt: shot.prompt, millis, transition: shot.transition })
    });
    shots.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shot(prompt: &str, millis: Option<u32>, transition: Transition) -> MakeShot {
        MakeShot { prompt: prompt.to_owned(), millis, transition }
    }

    #[test]
    fn further_shots_say_how_they_follow() {
        let further = ["a cat sleeps", "dissolve: it dances", " cut:it runs", "a dissolve: of ink"];
        let shots = Shots { further: further.map(str::to_owned).to_vec(), storyboard: None };
        let board = shots.board(Some("a fox"), Some(2.5)).unwrap();
        let (cut, dissolve, long) = (Transition::Cut, Transition::Dissolve, Some(2_500));
        assert_eq!(board.first, shot("a fox", long, cut));
        assert_eq!(
            board.next,
            [
                shot("a cat sleeps", long, cut),
                shot("it dances", long, dissolve),
                shot("it runs", long, cut),
                shot("a dissolve: of ink", long, cut)
            ]
        );
    }

    fn file(text: &str) -> (tempfile::TempDir, Shots) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("board.toml");
        std::fs::write(&path, text).unwrap();
        (folder, Shots { further: Vec::new(), storyboard: Some(path) })
    }

    #[test]
    fn a_storyboard_file_is_all_shots_or_follows_the_prompt() {
        let text = "[[shot]]\nprompt = \"a fox\"\nseconds = 3\n[[shot]]\nprompt = \"it runs\"\ntransition = \"dissolve\"\n";
        let (_folder, shots) = file(text);
        let alone = shots.board(None, None).unwrap();
        assert_eq!(alone.first, shot("a fox", Some(3_000), Transition::Cut));
        assert_eq!(alone.next, [shot("it runs", None, Transition::Dissolve)]);
        let after = shots.board(Some("a cat"), Some(1.0)).unwrap();
        assert_eq!(after.first.prompt, "a cat");
        let millis: Vec<_> = after.next.iter().map(|shot| shot.millis).collect();
        assert_eq!(millis, [Some(3_000), Some(1_000)]);
    }

    #[test]
    fn what_is_wrong_in_a_storyboard_is_said_with_its_place() {
        for (text, says) in [
            ("", "no [[shot]]"),
            ("[[shot]]\nprompt = \"a\"\n[[shot]]\nseconds = 1\n", "prompt"),
            ("[[shot]]\nprompt = \"a\"\ntransition = \"wipe\"\n", "line 3"),
            ("[[shot]]\nprompt = \"a\"\nsecond = 1\n", "second"),
            ("[[shot]]\nprompt = \"a\"\nseconds = -1\n", "shot 1"),
            ("not toml", "line 1"),
            (&"#".repeat(70_000), "70000 bytes"),
        ] {
            let (_folder, shots) = file(text);
            let error = shots.board(None, None).unwrap_err();
            let message = &error.message;
            assert!(message.contains(says) && message.contains("board.toml"), "{message}: no {says}");
        }
        let none = Shots::default().board(None, None).unwrap_err();
        assert!(none.message.contains("no shot"));
    }
}
