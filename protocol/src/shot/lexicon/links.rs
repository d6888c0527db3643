//! Phrases that tie one subject to another, and the small words between all others.

use super::Word;
use crate::shot::vocabulary::Relation;

/// How a phrase ties the subject (A) to its partner (B).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::shot) enum Link {
    /// "A behind B".
    Is(Relation),
    /// "A chases B"; without a B, A runs.
    Chases,
    /// "A chased by B".
    ChasedBy,
    /// "A next to B": a place at its side, and the vocabulary knows two sides; left is taken.
    Beside,
    /// "A and B": as [`Self::Beside`], but a mere function word where no subject follows.
    Joins,
    /// "A and B on the right": says of the subject before it on which side it is.
    Side(Relation),
}

impl Link {
    /// What it makes A to B, if nothing else in the prompt says so.
    pub(in crate::shot) const fn relation(self) -> Relation {
        match self {
            Self::Is(relation) | Self::Side(relation) => relation,
            Self::Chases | Self::ChasedBy => Relation::Chases,
            Self::Beside | Self::Joins => Relation::LeftOf,
        }
    }

    /// Whether it says itself what A is to B.
    pub(in crate::shot) const fn is_vague(self) -> bool {
        matches!(self, Self::Beside | Self::Joins)
    }
}

const fn is(relation: Relation) -> Word {
    Word::Link(Link::Is(relation))
}

/// Every phrase, by what it ties.
pub(super) const ROWS: &[(Word, &str)] = &[
    (
        is(Relation::LeftOf),
        "left of|to the left of|on the left of|at the left of|just left of|left side of|on the left side of|\
         to the left side of|left hand side of|\
         on the left hand side of|to the left hand side of|left from",
    ),
    (
        is(Relation::RightOf),
        "right of|to the right of|on the right of|at the right of|just right of|right side of|\
         on the right side of|to the right side of|right hand side of|on the right hand side of|to the right hand side of|right from",
    ),
    (
        is(Relation::Chases),
        "follow|follows|following|followed|pursue|pursues|pursuing|pursued|hunt|hunts|hunting|hunted|goes after|\
         going after|is after|races after|racing after|in pursuit of|on the heels of",
    ),
    (
        Word::Link(Link::Chases),
        "chases|chase|chasing|chased|chases after|chasing after|chase after|runs after|run after|running after|\
         ran after|dashes after|sprints after",
    ),
    (
        Word::Link(Link::ChasedBy),
        "chased by|is chased by|are chased by|being chased by|is being chased by|gets chased by|followed by|\
         is followed by|being followed by|pursued by|is pursued by|being pursued by|hunted by|is hunted by",
    ),
    (
        is(Relation::Behind),
        "behind|from behind|right behind|directly behind|just behind|close behind|hiding behind|hidden behind|\
         hides behind|in back of|at the back of|in the back of",
    ),
    (
        is(Relation::InFrontOf),
        "in front of|infront of|in the front of|right in front of|directly in front of|just in front of|front of|\
         ahead of",
    ),
    (
        Word::Link(Link::Beside),
        "next to|right next to|beside|besides|right beside|alongside|by the side of|at the side of|side by side|\
         side by side with|close to|near to|together with|along with|accompanied by|meets|meeting|opposite|vs|versus",
    ),
    (Word::Link(Link::Joins), "and|with|near|plus|as well as"),
    (
        Word::Link(Link::Side(Relation::LeftOf)),
        "on the left|at the left|on the left side|at the left side|on the left hand side|at left",
    ),
    (
        Word::Link(Link::Side(Relation::RightOf)),
        "on the right|at the right|on the right side|at the right side|on the right hand side|at right",
    ),
];

/// Words that carry no wish of their own: they are neither understood nor reported as ignored.
pub(in crate::shot) const FUNCTION_WORDS: &[&str] = &[
    "a",
    "an",
    "the",
    "or",
    "of",
    "in",
    "on",
    "at",
    "by",
    "to",
    "is",
    "are",
    "be",
    "was",
    "were",
    "it",
    "its",
    "his",
    "her",
    "their",
    "as",
    "into",
    "onto",
    "from",
    "for",
    "through",
    "along",
    "over",
    "across",
    "under",
    "while",
    "that",
    "this",
    "there",
    "then",
    "than",
    "some",
    "up",
    "down",
    "around",
    "during",
    "style",
    "scene",
    "shot",
    "video",
    "clip",
    "camera",
    "film",
    "movie",
    "mood",
    "background",
    "so",
    "very",
    "please",
    "make",
    "show",
    "me",
    "weather",
    "sky",
    "time",
    "another",
    "him",
    "them",
    "which",
    "who",
    "being",
    "view",
];

/// Words that begin a noun.
pub(in crate::shot) const DETERMINERS: &[&str] =
    &["a", "an", "the", "his", "her", "its", "their", "some", "another", "this", "that"];

/// Words that stand for the subject named before.
pub(in crate::shot) const PRONOUNS: &[&str] = &["it", "him", "her", "them"];

/// Words without a wish of their own that may stand between a colour or a size and its subject.
pub(in crate::shot) const ADJECTIVES: &[&str] = &[
    "cute",
    "old",
    "young",
    "fluffy",
    "shiny",
    "toy",
    "wild",
    "bright",
    "dark",
    "light",
    "baby",
    "furry",
    "fuzzy",
    "wooden",
    "metal",
    "rusty",
    "sleepy",
    "angry",
    "scared",
    "friendly",
    "brave",
    "beautiful",
    "pretty",
    "lovely",
    "wet",
    "fat",
    "striped",
    "spotted",
    "soft",
    "round",
    "new",
    "pale",
    "deep",
    "hungry",
    "lazy",
    "clever",
    "adorable",
    "majestic",
];

/// Words that turn the phrase after them into its opposite.
pub(in crate::shot) const NEGATIONS: &[&str] = &[
    "no", "not", "without", "never", "isn't", "aren't", "don't", "doesn't", "isnt", "dont", "doesnt", "non",
    "nor",
];
