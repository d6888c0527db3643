//! Prompt → [`Reading`]: which phrases were understood, and which words changed nothing.
//!
//! One pass, longest phrase first. Rules beyond the lexicon: a negated phrase sets nothing; a colour belongs to the
//! subject it stands before (or after "is"); the first subject, action and so on wins, later ones are reported as
//! ignored; a word of six letters or more may have one typing error.

use super::lexicon::{FUNCTION_WORDS, NEGATIONS, PHRASE_WORDS_MAX, PHRASES, SIZE_WORDS, Word};
use super::{Reading, Shot, Understood};
use crate::limits::PROMPT_BYTES_MAX;
use crate::text::Text;

/// Most entries in the lists of a [`Reading`]; a prompt of single letters cannot grow them further.
pub const READING_ENTRIES_MAX: usize = 256;
/// Shortest word in which a typing error is forgiven, in letters.
const TYPO_LETTERS_MIN: usize = 6;

/// A prompt that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptFault {
    /// Nothing but space and punctuation.
    #[error("the prompt is empty")]
    Empty,
    /// Longer than [`PROMPT_BYTES_MAX`].
    #[error("the prompt has {bytes} bytes; at most {PROMPT_BYTES_MAX} are read")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
}

/// One word of the prompt: as typed, and in lookup form.
struct Token<'a> {
    typed: &'a str,
    key: String,
    /// Punctuation stands before it, so no phrase runs across.
    breaks: bool,
}

/// Splits at everything that is neither letter, digit nor apostrophe.
fn tokens(prompt: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut breaks = false;
    let mut start = None;
    for (at, c) in prompt.char_indices().chain(std::iter::once((prompt.len(), ' '))) {
        let inside = c.is_alphanumeric() || matches!(c, '\'' | '’');
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if let Some(typed) = prompt.get(from..at) {
                    let key = typed.to_lowercase().replace('’', "'").trim_end_matches("'s").to_owned();
                    out.push(Token { typed, key, breaks });
                }
                start = None;
                breaks = false;
            }
            _ => {}
        }
        breaks |= matches!(c, ',' | '.' | ';' | ':' | '!' | '?' | '\n');
    }
    out
}

impl Shot {
    /// Reads a prompt.
    ///
    /// # Errors
    /// [`PromptFault`] when it is empty or too long. Words nobody knows are no error: they are listed.
    pub fn parse(prompt: &str) -> Result<Reading, PromptFault> {
        if prompt.len() > PROMPT_BYTES_MAX {
            return Err(PromptFault::TooLong { bytes: prompt.len() });
        }
        let tokens = tokens(prompt);
        if tokens.is_empty() && Text::line(prompt, PROMPT_BYTES_MAX).as_str().trim().is_empty() {
            return Err(PromptFault::Empty);
        }
        let mut reader = Reader { tokens: &tokens, reading: Reading::default() };
        let mut at = 0usize;
        while at < tokens.len() {
            at = at.saturating_add(reader.step(at).max(1));
        }
        Ok(reader.reading)
    }
}

/// The pass over the prompt.
struct Reader<'a> {
    tokens: &'a [Token<'a>],
    reading: Reading,
}

impl Reader<'_> {
    /// Reads what stands at `at` and returns how many words that were.
    fn step(&mut self, at: usize) -> usize {
        if let Some((count, word)) = self.longest(at) {
            self.place(at, count, word);
            return count;
        }
        let Some(token) = self.tokens.get(at) else { return 1 };
        if NEGATIONS.contains(&token.key.as_str()) {
            let next = at.saturating_add(1);
            if let Some((count, _)) = self.longest(next) {
                let whole = count.saturating_add(1);
                self.ignore(at, whole);
                return whole;
            }
        }
        if !FUNCTION_WORDS.contains(&token.key.as_str()) {
            self.ignore(at, 1);
        }
        1
    }

    /// The longest phrase of the lexicon at `at`, and its number of words.
    fn longest(&self, at: usize) -> Option<(usize, Word)> {
        let mut found = None;
        let mut phrase = String::new();
        for (count, token) in self.tokens.iter().skip(at).take(PHRASE_WORDS_MAX).enumerate() {
            if count > 0 {
                if token.breaks {
                    break;
                }
                phrase.push(' ');
            }
            phrase.push_str(&token.key);
            if let Some(word) = PHRASES.get(&phrase) {
                found = Some((count.saturating_add(1), *word));
            }
        }
        found.or_else(|| self.tokens.get(at).and_then(|t| forgive(&t.key)).map(|word| (1, word)))
    }

    /// Sets the axis of `word` if it is still open and the word stands where it may.
    fn place(&mut self, at: usize, count: usize, word: Word) {
        let bound =
            !matches!(word, Word::Colour(_)) || self.colour_is_of_subject(at.saturating_add(count), at);
        if bound && self.set(word) {
            let (axis, value) = word.names();
            let phrase = self.phrase(at, count);
            if self.reading.understood.len() < READING_ENTRIES_MAX {
                self.reading.understood.push(Understood {
                    phrase,
                    axis: axis.to_owned(),
                    value: value.to_owned(),
                });
            }
        } else {
            self.ignore(at, count);
        }
    }

    /// Whether the colour that ends before `next` (and starts at `at`) is said of the subject.
    fn colour_is_of_subject(&self, mut next: usize, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|i| self.tokens.get(i)).map(|t| t.key.as_str());
        if matches!(before, Some("is" | "are" | "in" | "coloured" | "colored" | "painted")) {
            return true;
        }
        while let Some(token) = self.tokens.get(next).filter(|t| !t.breaks) {
            match self.longest(next) {
                Some((_, Word::Subject(_))) => return true,
                Some((_, Word::Colour(_))) => {}
                _ if SIZE_WORDS.contains(&token.key.as_str()) || token.key == "and" => {}
                Some(_) => return false,
                // An unknown noun: the colour is its own, unless the prompt names no subject at all.
                None => return !self.names_subject(),
            }
            next = next.saturating_add(1);
        }
        !self.names_subject()
    }

    /// Whether any word of the prompt is a subject.
    fn names_subject(&self) -> bool {
        (0..self.tokens.len()).any(|i| matches!(self.longest(i), Some((_, Word::Subject(_)))))
    }

    /// Writes `word` into its axis; says whether the axis was open.
    fn set(&mut self, word: Word) -> bool {
        fn put<T>(axis: &mut Option<T>, value: T) -> bool {
            let open = axis.is_none();
            if open {
                *axis = Some(value);
            }
            open
        }
        let shot = &mut self.reading.shot;
        match word {
            Word::Subject(w) => put(&mut shot.subject, w),
            Word::Colour(w) => put(&mut shot.colour, w),
            Word::Action(w) => put(&mut shot.action, w),
            Word::Place(w) => put(&mut shot.place, w),
            Word::Time(w) => put(&mut shot.time, w),
            Word::Weather(w) => put(&mut shot.weather, w),
            Word::Framing(w) => put(&mut shot.framing, w),
            Word::Camera(w) => put(&mut shot.camera, w),
            Word::Speed(w) => put(&mut shot.speed, w),
            Word::Style(w) => put(&mut shot.style, w),
            Word::Mood(w) => put(&mut shot.mood, w),
            Word::Music(w) => put(&mut shot.music, w),
        }
    }

    /// Lists the words as ignored.
    fn ignore(&mut self, at: usize, count: usize) {
        let phrase = self.phrase(at, count);
        if !phrase.is_empty() && self.reading.ignored.len() < READING_ENTRIES_MAX {
            self.reading.ignored.push(phrase);
        }
    }

    /// The words as typed, made safe to draw.
    fn phrase(&self, at: usize, count: usize) -> String {
        let words: Vec<&str> = self.tokens.iter().skip(at).take(count).map(|t| t.typed).collect();
        Text::line(&words.join(" "), 80).as_str().to_owned()
    }
}

/// The one-word phrase that `key` is one typing error away from, if there is exactly one.
fn forgive(key: &str) -> Option<Word> {
    let letters = key.chars().count();
    if letters < TYPO_LETTERS_MIN || FUNCTION_WORDS.contains(&key) || SIZE_WORDS.contains(&key) {
        return None;
    }
    let mut near = PHRASES
        .iter()
        .filter(|(phrase, _)| {
            !phrase.contains(' ')
                && phrase.chars().next() == key.chars().next()
                && phrase.chars().count().abs_diff(letters) <= 1
                && phrase.chars().count() >= TYPO_LETTERS_MIN.saturating_sub(1)
                && one_error_apart(phrase, key)
        })
        .map(|(_, word)| *word);
    let first = near.next()?;
    near.all(|other| other == first).then_some(first)
}

/// Whether one insertion, deletion, substitution or swap of neighbours turns `a` into `b`.
fn one_error_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(head..).unwrap_or(&[]), b.get(head..).unwrap_or(&[]));
    match (a, b) {
        ([], []) => false,
        ([_, rest @ ..], other) if rest == other => true,
        (other, [_, rest @ ..]) if rest == other => true,
        ([_, x @ ..], [_, y @ ..]) if x == y => true,
        ([p, q, x @ ..], [r, s, y @ ..]) => p == s && q == r && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `prompt` must set exactly the axes in `want` (`axis=value, …`) and ignore exactly `ignored`.
    fn check(prompt: &str, want: &str, ignored: &[&str]) {
        let reading = Shot::parse(prompt).unwrap();
        let got: Vec<String> = reading.understood.iter().map(|u| format!("{}={}", u.axis, u.value)).collect();
        assert_eq!(got.join(", "), want, "{prompt:?}");
        assert_eq!(reading.ignored, ignored, "{prompt:?}");
    }

    #[test]
    fn the_readme_prompt_is_understood_whole() {
        check(
            "a red fox runs along a beach at sunset, slow pan left, calm music",
            "colour=red, subject=fox, action=runs, place=beach, time=sunset, camera=pan left, mood=calm, music=music",
            &[],
        );
    }

    #[test]
    fn order_spelling_and_synonyms_do_not_matter() {
        check(
            "At night, downtown: the violet spaceship takes off. Watercolor, hand-held, no music!",
            "time=night, place=city, colour=purple, subject=rocket, action=flies, style=watercolour, \
             camera=handheld, music=no music",
            &[],
        );
        check(
            "CLOSE-UP of a Kitten dancing in the living room",
            "framing=close-up, subject=cat, action=dances, place=room",
            &[],
        );
    }

    #[test]
    fn a_colour_belongs_to_its_noun() {
        check("a dog on yellow sand", "subject=dog", &["yellow", "sand"]);
        check(
            "a big shiny blue little car drives",
            "colour=blue, subject=car, action=drives",
            &["big", "shiny", "little"],
        );
        check("the car is green", "subject=car, colour=green", &[]);
        check("a black and white cat", "style=noir, subject=cat", &[]);
        check("a red dragon flies", "colour=red, action=flies", &["dragon"]);
    }

    #[test]
    fn a_negated_wish_sets_nothing() {
        check("a boat, no rain, without fog", "subject=boat", &["no rain", "without fog"]);
    }

    #[test]
    fn a_second_subject_is_reported() {
        check("a cat and a dog run", "subject=cat, action=runs", &["dog"]);
    }

    #[test]
    fn one_typing_error_is_forgiven_in_long_words() {
        check("a buterfly in the froest", "subject=butterfly, place=forest", &[]);
        check("a hause and a goat", "", &["hause", "goat"]);
    }

    #[test]
    fn phrases_do_not_run_across_punctuation() {
        check("the dog may pan. left alone", "subject=dog", &["may", "pan", "left", "alone"]);
    }

    #[test]
    fn empty_and_endless_prompts_are_refused() {
        for empty in ["", "   ", "\u{1b}\u{7}", "\n\t"] {
            assert_eq!(Shot::parse(empty), Err(PromptFault::Empty), "{empty:?}");
        }
        assert_eq!(Shot::parse(&"x".repeat(10_000)), Err(PromptFault::TooLong { bytes: 10_000 }));
    }

    #[test]
    fn other_languages_and_emoji_are_listed_not_lost() {
        check("ein roter Fuchs 🦊 läuft", "", &["ein", "roter", "Fuchs", "läuft"]);
        assert!(Shot::parse("🦊🦊").unwrap().understood.is_empty());
    }

    proptest! {
        #[test]
        fn any_prompt_is_read_without_panic(prompt in "(?s).{0,300}") {
            if let Ok(reading) = Shot::parse(&prompt) {
                prop_assert!(reading.ignored.len() <= READING_ENTRIES_MAX);
                prop_assert!(reading.ignored.iter().all(|w| !w.chars().any(char::is_control)));
            }
        }

        #[test]
        fn words_of_the_vocabulary_in_any_order(mut words in Just(vec!["purple", "horse", "gallops", "meadow", "foggy", "noir"]).prop_shuffle()) {
            // The colour must stand before its subject; everything else may stand anywhere.
            words.retain(|w| *w != "purple");
            let at = words.iter().position(|w| *w == "horse").unwrap();
            words.insert(at, "purple");
            let shot = Shot::parse(&words.join(" ")).unwrap().shot;
            prop_assert!(shot.subject.is_some() && shot.colour.is_some() && shot.action.is_some()
                && shot.place.is_some() && shot.weather.is_some() && shot.style.is_some());
        }
    }
}
