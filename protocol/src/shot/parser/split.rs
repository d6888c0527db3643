//! A prompt as words, and words as the phrases of the lexicon.
//!
//! Nothing is dropped here but what draws nothing: whatever is a letter, a digit or a picture becomes part of a
//! [`Token`], every token part of exactly one [`Segment`].

use unicode_normalization::char::is_combining_mark;

use crate::shot::lexicon::{
    ADJECTIVES, DETERMINERS, FUNCTION_WORDS, Link, NEGATIONS, PHRASE_WORDS_MAX, PHRASES, Word,
};
use crate::text::Text;

/// Shortest word in which a typing error is forgiven, in letters.
const TYPO_LETTERS_MIN: usize = 6;

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Space and the like: phrases run across.
    None,
    Comma,
    /// The end of a sentence, or the beginning of the prompt.
    Stop,
}

/// One word of the prompt: as typed, and in lookup form.
pub(super) struct Token<'a> {
    pub(super) typed: &'a str,
    pub(super) key: String,
    pub(super) gap: Gap,
}

/// What a run of tokens is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word(Word),
    /// Says nothing of its own, but may stand between a colour and its subject.
    Adjective,
    Function,
    /// A phrase and the negation before it.
    Negated,
    Unknown,
}

/// A run of tokens that belong together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) at: usize,
    pub(super) count: usize,
    pub(super) kind: Kind,
    pub(super) gap: Gap,
}

/// What one character is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Word,
    Picture,
    /// Belongs to what stands before it.
    Same,
    Between,
}

fn part(c: char) -> Part {
    match c {
        _ if c.is_alphanumeric() => Part::Word,
        '\'' | '’' => Part::Word,
        '&' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}' => Part::Picture,
        _ if is_combining_mark(c) || draws_nothing(c) => Part::Same,
        _ => Part::Between,
    }
}

/// Joiners, soft hyphens and marks of direction: they stand within words and are not seen.
const fn draws_nothing(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// The words of a prompt. Letters, digits and apostrophes make a word; pictures make one by themselves.
pub(super) fn tokens(prompt: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut gap = Gap::Stop;
    let mut open: Option<(usize, Part)> = None;
    for (at, c) in prompt.char_indices().chain(std::iter::once((prompt.len(), ' '))) {
        let part = part(c);
        if open.is_some_and(|(_, kind)| part == kind || part == Part::Same) {
            continue;
        }
        if let Some((from, _)) = open.take() {
            let typed = prompt.get(from..at).unwrap_or_default();
            if let Some(key) = key(typed) {
                out.push(Token { typed, key, gap });
                gap = Gap::None;
            }
        }
        match part {
            Part::Word | Part::Picture => open = Some((at, part)),
            Part::Same => {}
            Part::Between => gap = gap.max(gap_of(c)),
        }
    }
    out
}

const fn gap_of(c: char) -> Gap {
    match c {
        ',' | '،' | '、' | '，' => Gap::Comma,
        '.' | ';' | ':' | '!' | '?' | '\n' | '。' | '！' | '？' | '；' | '：' | '؟' | '؛' => Gap::Stop,
        _ => Gap::None,
    }
}

/// Lookup form of a word as typed; nothing for what has neither letter nor picture, such as a lone apostrophe.
fn key(typed: &str) -> Option<String> {
    if typed.chars().all(|c| matches!(c, '\'' | '’') || part(c) == Part::Same) {
        return None;
    }
    let seen: String = typed.chars().filter(|c| !draws_nothing(*c)).collect();
    let plain = Text::line(&seen, seen.len()).as_str().to_lowercase().replace('’', "'");
    let plain = plain.trim_matches('\'').trim_end_matches("'s");
    Some(if plain == "&" { "and" } else { plain }.to_owned())
}

/// The longest phrase of the lexicon at `at`, and its number of words.
fn longest(tokens: &[Token<'_>], at: usize) -> Option<(usize, Word)> {
    let mut found = None;
    let mut phrase = String::new();
    for (count, token) in tokens.iter().skip(at).take(PHRASE_WORDS_MAX).enumerate() {
        if count > 0 {
            if token.gap != Gap::None {
                break;
            }
            phrase.push(' ');
        }
        phrase.push_str(&token.key);
        if let Some(word) = PHRASES.get(&phrase) {
            found = Some((count.saturating_add(1), *word));
        }
    }
    found.or_else(|| tokens.get(at).and_then(|t| forgive(&t.key)).map(|word| (1, word)))
}

/// The prompt cut into phrases; every token stands in exactly one.
pub(super) fn segments(tokens: &[Token<'_>]) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut at = 0usize;
    while let Some(token) = tokens.get(at) {
        let key = token.key.as_str();
        let negated = if NEGATIONS.contains(&key) { negated(tokens, at) } else { 0 };
        let (count, kind) = match longest(tokens, at) {
            Some((count, word)) => (count, Kind::Word(word)),
            None if negated > 0 => (negated, Kind::Negated),
            None if ADJECTIVES.contains(&key) => (1, Kind::Adjective),
            None if FUNCTION_WORDS.contains(&key) => (1, Kind::Function),
            None => (1, Kind::Unknown),
        };
        out.push(Segment { at, count, kind, gap: token.gap });
        at = at.saturating_add(count.max(1));
    }
    out
}

/// Number of words that the negation at `at` takes with it: "no red cars or boats" is one wish.
fn negated(tokens: &[Token<'_>], at: usize) -> usize {
    let mut end = at.saturating_add(1);
    let mut reach = 0;
    while let Some(token) = tokens.get(end).filter(|t| t.gap == Gap::None) {
        let key = token.key.as_str();
        match longest(tokens, end) {
            Some((count, word)) => {
                let joins = matches!(word, Word::Link(Link::Joins));
                if joins && (reach > 0 || key == "and") {
                    break;
                }
                end = end.saturating_add(count);
                if joins {
                    continue;
                }
                reach = end.saturating_sub(at);
                let qualifies =
                    matches!(word, Word::Colour(_) | Word::Size(_) | Word::Count(_) | Word::Link(_));
                if !qualifies && tokens.get(end).is_none_or(|t| t.gap != Gap::None || !is_or(&t.key)) {
                    break;
                }
            }
            None if is_or(key) && reach > 0 => end = end.saturating_add(1),
            None if ADJECTIVES.contains(&key) => {
                end = end.saturating_add(1);
                reach = end.saturating_sub(at);
            }
            None if DETERMINERS.contains(&key) || FUNCTION_WORDS.contains(&key) || key == "any" => {
                end = end.saturating_add(1);
            }
            None => break,
        }
    }
    reach
}

fn is_or(key: &str) -> bool {
    matches!(key, "or" | "nor")
}

/// The one-word phrase that `key` is one typing error away from, if there is exactly one.
fn forgive(key: &str) -> Option<Word> {
    let letters = key.chars().count();
    if letters < TYPO_LETTERS_MIN || FUNCTION_WORDS.contains(&key) || ADJECTIVES.contains(&key) {
        return None;
    }
    let first = key.chars().next()?;
    let mut near = PHRASES
        .range(first.to_string()..)
        .take_while(|(phrase, _)| phrase.starts_with(first))
        .filter(|(phrase, _)| {
            !phrase.contains(' ')
                && phrase.len().abs_diff(letters) <= 1
                && phrase.len() >= TYPO_LETTERS_MIN.saturating_sub(1)
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
