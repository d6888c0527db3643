//! The words people use for the vocabulary: every phrase that sets an axis or ties two subjects together.
//!
//! A row is one word of the vocabulary and its phrases, separated by `|`, lower case, words separated by one space
//! (hyphens count as spaces, a final `'s` is dropped). Longer phrases win over shorter ones. British and American
//! spellings both stand here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::vocabulary::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Place, Size, Speed, Style, Subject, Time,
    Weather,
};

mod film;
mod links;
mod world;

pub(super) use links::{ADJECTIVES, DETERMINERS, FUNCTION_WORDS, Link, NEGATIONS, PRONOUNS};

/// One word of one axis, or a tie between two subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Subject(Subject),
    Colour(Colour),
    Action(Action),
    Place(Place),
    Time(Time),
    Weather(Weather),
    Framing(Framing),
    Camera(Camera),
    Speed(Speed),
    Style(Style),
    Mood(Mood),
    Music(Music),
    Angle(Angle),
    Size(Size),
    Count(Count),
    Link(Link),
}

impl Word {
    /// Name of the axis and stable name of the word.
    pub(super) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Subject(w) => ("subject", w.as_str()),
            Self::Colour(w) => ("colour", w.as_str()),
            Self::Action(w) => ("action", w.as_str()),
            Self::Place(w) => ("place", w.as_str()),
            Self::Time(w) => ("time", w.as_str()),
            Self::Weather(w) => ("weather", w.as_str()),
            Self::Framing(w) => ("framing", w.as_str()),
            Self::Camera(w) => ("camera", w.as_str()),
            Self::Speed(w) => ("speed", w.as_str()),
            Self::Style(w) => ("style", w.as_str()),
            Self::Mood(w) => ("mood", w.as_str()),
            Self::Music(w) => ("music", w.as_str()),
            Self::Angle(w) => ("angle", w.as_str()),
            Self::Size(w) => ("size", w.as_str()),
            Self::Count(w) => ("count", w.as_str()),
            Self::Link(link) => ("relation", link.relation().as_str()),
        }
    }
}

/// Most words of one phrase.
pub(super) const PHRASE_WORDS_MAX: usize = 6;

/// The rows of all tables.
fn rows() -> impl Iterator<Item = (String, Word)> {
    [world::ROWS, film::ROWS, links::ROWS].into_iter().flatten().flat_map(|(word, list)| {
        list.split('|').map(|phrase| (phrase.split_whitespace().collect::<Vec<_>>().join(" "), *word))
    })
}

/// Phrase → word of the vocabulary.
pub(super) static PHRASES: LazyLock<BTreeMap<String, Word>> = LazyLock::new(|| rows().collect());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shot::Relation;

    #[test]
    fn no_phrase_stands_for_two_words() {
        let mut seen = BTreeMap::new();
        for (phrase, word) in rows() {
            assert!(phrase.split(' ').count() <= PHRASE_WORDS_MAX, "{phrase:?} is too long");
            assert!(
                phrase.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | ' ')),
                "{phrase:?} is not in lookup form"
            );
            if let Some(other) = seen.insert(phrase.clone(), word) {
                panic!("{phrase:?} stands for both {other:?} and {word:?}");
            }
        }
    }

    #[test]
    fn no_small_word_is_a_phrase() {
        for word in
            FUNCTION_WORDS.iter().chain(ADJECTIVES).chain(NEGATIONS).chain(DETERMINERS).chain(PRONOUNS)
        {
            assert!(!PHRASES.contains_key(*word), "{word:?} is a phrase as well");
        }
    }

    #[test]
    fn every_word_of_the_vocabulary_understands_its_own_name() {
        macro_rules! all { ($($axis:ident),+) => { $(for word in $axis::ALL {
            let found = PHRASES.get(&word.as_str().replace('-', " ")).copied();
            assert_eq!(found, Some(Word::$axis(*word)), "{word}");
        })+ } }
        all!(Subject, Colour, Action, Place, Time, Weather, Framing, Camera, Speed, Style, Mood, Music);
        all!(Angle, Size, Count);
        for relation in Relation::ALL {
            let found = PHRASES.get(relation.as_str()).map(|word| word.names());
            assert_eq!(found, Some(("relation", relation.as_str())));
        }
    }
}
