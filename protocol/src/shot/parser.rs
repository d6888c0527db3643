//! Prompt → [`Reading`]: which phrases were understood, and which words changed nothing.
//!
//! The prompt is cut into phrases, longest first ([`split`]); its subjects get their parts, and colours, sizes and
//! numbers their subjects ([`ties`]); then every phrase is reported where it stands. Rules beyond the lexicon: a
//! negated phrase sets nothing; the first subject, action and so on wins, later ones are reported as ignored; a word
//! of six letters or more may have one typing error.

mod split;
mod ties;

#[cfg(test)]
mod junk_tests;
#[cfg(test)]
mod tests;

use split::{Kind, Segment};
use ties::{Cast, Owner, Pair};

use super::lexicon::{Link, Word};
use super::vocabulary::{Action, Relation};
use super::{Reading, Shot, ShotPartner, Understood};
use crate::limits::PROMPT_BYTES_MAX;
use crate::text::Text;

/// Most entries in the lists of a [`Reading`]; the last of a list that would be longer is `…`.
pub const READING_ENTRIES_MAX: usize = 256;

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

impl Shot {
    /// Reads a prompt.
    ///
    /// # Errors
    /// [`PromptFault`] when it is empty or too long. Words nobody knows are no error: they are listed.
    pub fn parse(prompt: &str) -> Result<Reading, PromptFault> {
        if prompt.len() > PROMPT_BYTES_MAX {
            return Err(PromptFault::TooLong { bytes: prompt.len() });
        }
        let tokens = split::tokens(prompt);
        if tokens.is_empty() {
            return Err(PromptFault::Empty);
        }
        let segments = split::segments(&tokens);
        let cast = Cast::new(&tokens, &segments);
        let mut reader = Reader { cast: &cast, reading: Reading::default() };
        reader.reading.shot.partner = cast.pair.and_then(|pair| reader.partner(pair));
        for (at, segment) in segments.iter().enumerate() {
            reader.read(at, *segment);
        }
        Ok(reader.reading)
    }
}

/// The report, phrase by phrase.
struct Reader<'a> {
    cast: &'a Cast<'a>,
    reading: Reading,
}

impl Reader<'_> {
    fn partner(&self, pair: Pair) -> Option<ShotPartner> {
        match self.cast.segments.get(pair.partner).map(|s| s.kind) {
            Some(Kind::Word(Word::Subject(subject))) => {
                Some(ShotPartner { relation: pair.relation, subject, colour: None })
            }
            _ => None,
        }
    }

    /// Says what became of one segment.
    fn read(&mut self, at: usize, segment: Segment) {
        let phrase = self.phrase(segment.at, segment.count);
        let word = match segment.kind {
            Kind::Function => return,
            Kind::Adjective | Kind::Negated | Kind::Unknown => return self.ignore(phrase),
            Kind::Word(word) => word,
        };
        let (axis, value) = word.names();
        let set = match word {
            Word::Link(link) => return self.link(at, link, phrase),
            Word::Subject(subject) => match self.cast.part(at) {
                Owner::Subject => self.set(word),
                Owner::Partner => return self.report(phrase, "partner", subject.as_str()),
                Owner::Nobody => false,
            },
            Word::Colour(colour) => match self.cast.owner(at) {
                Owner::Subject => self.set(word),
                Owner::Partner => {
                    let axis = self.reading.shot.partner.as_mut().map(|p| &mut p.colour);
                    if axis.is_some_and(|axis| put(axis, colour)) {
                        return self.report(phrase, "partner colour", value);
                    }
                    false
                }
                Owner::Nobody => false,
            },
            Word::Size(_) => self.cast.owner(at) == Owner::Subject && self.set(word),
            // Beside a partner the subject is one.
            Word::Count(_) => {
                self.cast.pair.is_none() && self.cast.owner(at) == Owner::Subject && self.set(word)
            }
            Word::Camera(_) => !self.cast.is_subjects_verb(at) && self.set(word),
            _ => self.set(word),
        };
        if set { self.report(phrase, axis, value) } else { self.ignore(phrase) }
    }

    /// Reports a phrase that ties, or would tie, two subjects.
    fn link(&mut self, at: usize, link: Link, phrase: String) {
        let runs = Word::Action(Action::Runs);
        match self.cast.pair.filter(|pair| pair.by == at) {
            Some(pair) => {
                let whole = if link.is_vague() { self.through(at, pair.partner) } else { phrase.clone() };
                self.report(whole, "relation", pair.relation.as_str());
                if pair.relation == Relation::Chases && self.set(runs) {
                    self.report(phrase, "action", Action::Runs.as_str());
                }
            }
            None if link == Link::Chases && self.set(runs) => {
                self.report(phrase, "action", Action::Runs.as_str());
            }
            None if link == Link::Joins => {}
            None => self.ignore(phrase),
        }
    }

    /// Writes `word` into its axis; says whether the axis was open.
    fn set(&mut self, word: Word) -> bool {
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
            Word::Angle(w) => put(&mut shot.angle, w),
            Word::Size(w) => put(&mut shot.size, w),
            Word::Count(w) => put(&mut shot.count, w),
            Word::Link(_) => false,
        }
    }

    /// Lists a phrase as understood. Every axis is set once, so the list is short.
    fn report(&mut self, phrase: String, axis: &str, value: &str) {
        let entry = Understood { phrase, axis: axis.to_owned(), value: value.to_owned() };
        self.reading.understood.push(entry);
    }

    /// Lists a phrase as ignored.
    fn ignore(&mut self, phrase: String) {
        let list = &mut self.reading.ignored;
        if phrase.is_empty() {
        } else if list.len() < READING_ENTRIES_MAX {
            list.push(phrase);
        } else if let Some(last) = list.last_mut() {
            "…".clone_into(last);
        }
    }

    /// The words from one segment to the end of another.
    fn through(&self, from: usize, to: usize) -> String {
        let segments = self.cast.segments.get(from..=to).unwrap_or_default();
        let at = segments.first().map_or(0, |s| s.at);
        self.phrase(at, segments.iter().map(|s| s.count).sum())
    }

    /// The words as typed, made safe to draw.
    fn phrase(&self, at: usize, count: usize) -> String {
        let words: Vec<&str> = self.cast.tokens.iter().skip(at).take(count).map(|t| t.typed).collect();
        Text::line(&words.join(" "), 80).as_str().to_owned()
    }
}

/// Writes a value where none is yet; says whether it did.
fn put<T>(axis: &mut Option<T>, value: T) -> bool {
    let open = axis.is_none();
    if open {
        *axis = Some(value);
    }
    open
}
