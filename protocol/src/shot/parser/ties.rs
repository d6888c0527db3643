//! Who is the subject, who its partner, and of whom a colour, a size or a number is said.
//!
//! The first subject of the prompt is the subject. Another becomes its partner when a phrase ties the two: "A chases
//! B", "A and B", "behind B stands A", "A, and behind it B", "A on the left, B on the right". The first tie wins.

use super::split::{Gap, Kind, Segment, Token};
use crate::shot::lexicon::{DETERMINERS, Link, PRONOUNS, Word};
use crate::shot::vocabulary::Relation;

/// Two subjects and the phrase that ties them; subject and partner are places in the list of segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) partner: usize,
    pub(super) relation: Relation,
    /// The segment that decided the relation.
    pub(super) by: usize,
}

/// Of whom something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Subject,
    Partner,
    Nobody,
}

/// The prompt, cut, with the parts that its subjects play.
pub(super) struct Cast<'a> {
    pub(super) tokens: &'a [Token<'a>],
    pub(super) segments: &'a [Segment],
    pub(super) subject: Option<usize>,
    pub(super) pair: Option<Pair>,
}

impl<'a> Cast<'a> {
    pub(super) fn new(tokens: &'a [Token<'a>], segments: &'a [Segment]) -> Self {
        let mut cast = Self { tokens, segments, subject: None, pair: None };
        let nouns: Vec<usize> = (0..segments.len()).filter(|i| cast.is_noun(*i)).collect();
        cast.subject = nouns.first().copied();
        if let (Some(&first), Some(&second)) = (nouns.first(), nouns.get(1)) {
            let tie = (0..segments.len()).find_map(|i| cast.tie(i, first, second));
            if let Some((subject, pair)) = tie {
                (cast.subject, cast.pair) = (Some(subject), Some(pair));
            }
        }
        cast
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.segments.get(at).map(|s| s.kind)
    }

    fn is_noun(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::Word(Word::Subject(_))))
    }

    /// The nearest subject before `at`.
    fn noun_before(&self, at: usize) -> Option<usize> {
        (0..at).rev().find(|i| self.is_noun(*i))
    }

    /// Lookup form of the last word of a segment.
    fn key(&self, at: usize) -> &str {
        let last = self.segments.get(at).map(|s| s.at.saturating_add(s.count).saturating_sub(1));
        last.and_then(|i| self.tokens.get(i)).map_or("", |t| t.key.as_str())
    }

    /// Whether a segment is there and nothing separates it from the one before.
    fn goes_on(&self, at: usize) -> bool {
        self.segments.get(at).is_some_and(|s| s.gap == Gap::None)
    }

    /// The link at `at`, unless it is an adjective ("a hunting dog") or the camera's ("the camera follows a dog").
    fn link(&self, at: usize) -> Option<Link> {
        let Some(Kind::Word(Word::Link(link))) = self.kind(at) else { return None };
        let before = at.checked_sub(1).filter(|_| self.goes_on(at)).map_or("", |i| self.key(i));
        let chases = link.relation() == Relation::Chases;
        let article = DETERMINERS.contains(&before) && !matches!(before, "that" | "this");
        (!chases || !(article || before == "camera")).then_some(link)
    }

    /// The tie that the segment at `at` makes: the subject, and the rest.
    fn tie(&self, at: usize, first: usize, second: usize) -> Option<(usize, Pair)> {
        let link = self.link(at)?;
        let next = at.saturating_add(1);
        if let Link::Side(side) = link {
            let of = self.noun_after(next).or_else(|| self.noun_before(at))?;
            return (of == second && first < second).then(|| turned(first, second, side, at));
        }
        if self.before_pronoun(at) {
            // "A, and behind it B" and "A. B stands behind it".
            let said = || self.noun_before(at).filter(|i| *i == second && self.goes_on(at));
            let other = self.noun_after(next.saturating_add(1)).filter(|_| first < at).or_else(said)?;
            let kept = (first, Pair { partner: other, relation: Relation::Chases, by: at });
            return Some(if link == Link::ChasedBy {
                kept
            } else {
                turned(first, other, link.relation(), at)
            });
        }
        let other = self.noun_after(next)?;
        if other == first {
            // "Behind a tree stands a cat": the phrase comes first, and the subject after its partner.
            let may = !matches!(link, Link::Joins | Link::ChasedBy) && link.relation() != Relation::Chases;
            let apart = second > first.saturating_add(1) || !self.goes_on(second);
            let pair = Pair { partner: first, relation: link.relation(), by: at };
            return (may && apart).then_some((second, pair));
        }
        if link == Link::ChasedBy {
            return Some(turned(first, other, Relation::Chases, at));
        }
        let said = if link.is_vague() { self.side_elsewhere(first, other) } else { None };
        Some(said.unwrap_or((first, Pair { partner: other, relation: link.relation(), by: at })))
    }

    /// What the prompt says of the sides of two subjects that are merely named together.
    fn side_elsewhere(&self, first: usize, other: usize) -> Option<(usize, Pair)> {
        (0..self.segments.len()).find_map(|at| {
            let link = self.link(at)?;
            let (relation, alone) = match link {
                Link::Side(side) => (side, true),
                Link::Is(side @ (Relation::LeftOf | Relation::RightOf)) => (side, !self.before_pronoun(at)),
                _ => (link.relation(), false),
            };
            if alone && at < other && self.noun_after(at.saturating_add(1)).is_none_or(|n| n == first) {
                return Some((first, Pair { partner: other, relation, by: at }));
            }
            let of_other = at > other && (alone || (!link.is_vague() && self.before_pronoun(at)));
            let free = alone || link != Link::ChasedBy;
            (of_other && free).then(|| turned(first, other, relation, at))
        })
    }

    /// Whether the phrase ends in a pronoun: "behind it".
    fn before_pronoun(&self, at: usize) -> bool {
        let next = at.saturating_add(1);
        self.goes_on(next) && PRONOUNS.contains(&self.key(next))
    }

    /// The subject whose noun phrase begins at `at`: article, adjectives, noun.
    fn noun_after(&self, at: usize) -> Option<usize> {
        let (mut article, mut begun) = (false, false);
        for (i, segment) in self.segments.iter().enumerate().skip(at) {
            let and = begun && self.key(i) == "and";
            let describes = and || self.describes(i) || segment.kind == Kind::Unknown;
            match segment.gap {
                Gap::None => {}
                Gap::Comma if begun && describes => {}
                _ => return None,
            }
            match segment.kind {
                Kind::Word(Word::Subject(_)) => return Some(i),
                _ if describes => begun = true,
                // "A running dog", "the desert fox"; without the article the phrase is about something else.
                Kind::Word(Word::Action(_) | Word::Place(_) | Word::Weather(_) | Word::Time(_))
                    if article =>
                {
                    begun = true;
                }
                Kind::Word(Word::Link(_)) if article && !begun => begun = true,
                Kind::Function if !begun && DETERMINERS.contains(&self.key(i)) => article = true,
                Kind::Function if matches!(self.key(i), "very" | "so") => {}
                _ => return None,
            }
        }
        None
    }

    /// Whether the segment may stand between a colour and its noun.
    fn describes(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(Kind::Adjective) => true,
            Some(Kind::Word(word)) => match word {
                Word::Colour(_)
                | Word::Size(_)
                | Word::Count(_)
                | Word::Mood(_)
                | Word::Style(_)
                | Word::Speed(_) => true,
                Word::Action(_) => self.key(at).ends_with("ing"),
                _ => false,
            },
            _ => false,
        }
    }

    /// Of whom the colour, size or number at `at` is said.
    pub(super) fn owner(&self, at: usize) -> Owner {
        let counts = matches!(self.kind(at), Some(Kind::Word(Word::Count(_))));
        if !counts && let Some(owner) = self.said_after(at) {
            return owner;
        }
        let mut strange = false;
        for (i, segment) in self.segments.iter().enumerate().skip(at.saturating_add(1)) {
            let describes = self.describes(i);
            match segment.gap {
                Gap::None => {}
                Gap::Comma if describes && !strange => {}
                _ => break,
            }
            match segment.kind {
                Kind::Word(Word::Subject(_)) => return self.part(i),
                // What comes after an unknown word tells whether that is an adjective or a noun of its own:
                // "a big bad fox", "a red dragon runs".
                Kind::Word(Word::Action(_)) if strange => break,
                _ if describes => {}
                _ if strange => break,
                Kind::Unknown => strange = true,
                Kind::Function if counts && matches!(self.key(i), "of" | "the") => {}
                Kind::Function if matches!(self.key(i), "very" | "so") => {}
                _ if self.key(i) == "and" => {}
                Kind::Word(_) => return Owner::Nobody,
                _ => break,
            }
        }
        let unsaid = self.subject.is_none() || self.stands_alone(at);
        if unsaid && !counts { Owner::Subject } else { Owner::Nobody }
    }

    /// The part that the subject at `at` plays.
    pub(super) fn part(&self, at: usize) -> Owner {
        if self.subject == Some(at) {
            Owner::Subject
        } else if self.pair.is_some_and(|p| p.partner == at) {
            Owner::Partner
        } else {
            Owner::Nobody
        }
    }

    /// Of whom it is said when it follows: "the fox that is big and red", "a woman in red".
    fn said_after(&self, at: usize) -> Option<Owner> {
        let mut verb = at;
        while self.goes_on(verb) {
            verb = verb.checked_sub(1)?;
            if !(self.describes(verb) || matches!(self.key(verb), "and" | "very" | "so")) {
                break;
            }
        }
        let noun = self.noun_before(verb);
        match self.key(verb) {
            "is" | "are" | "was" | "were" => {
                let mut of = verb.checked_sub(1);
                while let Some(i) = of.filter(|i| matches!(self.key(*i), "that" | "which" | "who")) {
                    of = i.checked_sub(1);
                }
                Some(match of.map(|i| (i, self.kind(i))) {
                    Some((i, Some(Kind::Word(Word::Subject(_))))) => self.part(i),
                    Some((_, Some(Kind::Word(Word::Action(_) | Word::Link(_))))) | None => Owner::Subject,
                    Some((i, Some(Kind::Function)))
                        if !matches!(self.key(i), "sky" | "background" | "scene" | "weather") =>
                    {
                        Owner::Subject
                    }
                    _ => Owner::Nobody,
                })
            }
            "in" | "wearing" | "coloured" | "colored" | "painted" if verb.saturating_add(1) == at => {
                let next = at.saturating_add(1);
                let thing = matches!(
                    self.kind(next),
                    Some(
                        Kind::Unknown
                            | Kind::Adjective
                            | Kind::Word(
                                Word::Subject(_)
                                    | Word::Place(_)
                                    | Word::Weather(_)
                                    | Word::Time(_)
                                    | Word::Size(_)
                            )
                    )
                );
                let clothes = self.key(verb) != "wearing" && self.key(verb) != "in";
                let of = noun.map_or(Owner::Subject, |i| self.part(i));
                (clothes || !self.goes_on(next) || !thing).then_some(of)
            }
            _ => None,
        }
    }

    /// Whether the words between two commas say nothing but how something looks: "cat, big, orange, beach".
    fn stands_alone(&self, at: usize) -> bool {
        let mut from = at;
        while self.goes_on(from) && from > 0 {
            from = from.saturating_sub(1);
        }
        let mut end = from.saturating_add(1);
        while self.goes_on(end) {
            end = end.saturating_add(1);
        }
        (from..end).all(|i| self.describes(i) || self.key(i) == "and")
    }

    /// Whether the segment is a verb of a subject right before it: "a bird circles around" is no camera move.
    pub(super) fn is_subjects_verb(&self, at: usize) -> bool {
        let verb = self.segments.get(at).and_then(|s| self.tokens.get(s.at)).map_or("", |t| t.key.as_str());
        verb.ends_with('s') && self.goes_on(at) && at.checked_sub(1).is_some_and(|i| self.is_noun(i))
    }
}

/// The tie "B `relation` A". Only of the chase is B then the subject; on the other axes A stays it, seen from B.
const fn turned(a: usize, b: usize, relation: Relation, by: usize) -> (usize, Pair) {
    let relation = match relation {
        Relation::Chases => return (b, Pair { partner: a, relation, by }),
        Relation::LeftOf => Relation::RightOf,
        Relation::RightOf => Relation::LeftOf,
        Relation::Behind => Relation::InFrontOf,
        Relation::InFrontOf => Relation::Behind,
    };
    (a, Pair { partner: b, relation, by })
}
