//! The automata behind [`Pattern`]: position sets, read letter by letter.
//!
//! A letter is a character or a symbol as a whole. The alphabet of a question is finite: the
//! characters its patterns name, one more for each set of characters that they tell apart, and
//! its symbols. Two readings bracket the truth: in the *sure* reading a symbol is matched only by
//! itself and by wildcards that take anything it may hold; in the *loose* reading it is any
//! string of its form.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use super::{Class, Element, Match, Pattern};
use crate::text::{Part, Symbol, Text};

/// How many states a product may have before the question is given up.
const STATES: usize = 50_000;

/// A set question whose automaton would take too much memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the patterns are too large to compare exactly (more than {STATES} states)")]
pub struct TooLarge;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Letter {
    Char(char),
    Symbol(Symbol),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reading {
    Sure,
    Loose,
}

/// The positions of a pattern in which a reader may be: sorted, without repetition, and closed
/// (what can be skipped is skipped).
type Positions = Vec<u32>;

/// A pattern to be read in one way.
#[derive(Clone, Copy)]
struct Reader<'a> {
    elements: &'a [Element],
    reading: Reading,
}

impl<'a> Reader<'a> {
    fn new(pattern: &'a Pattern, reading: Reading) -> Self {
        Self { elements: &pattern.elements, reading }
    }

    fn start(self) -> Positions {
        self.closed(vec![0])
    }

    fn accepts(self, positions: &[u32]) -> bool {
        positions.last().is_some_and(|last| *last as usize == self.elements.len())
    }

    fn accepts_text(self, text: &Text, alphabet: &[Letter]) -> bool {
        let read = |positions: Positions, part: &Part| match part {
            Part::Literal(literal) => {
                literal.chars().fold(positions, |from, char| self.step_char(&from, char))
            }
            Part::Symbol(symbol) => self.step(&positions, Letter::Symbol(*symbol), alphabet),
        };
        self.accepts(&text.parts().iter().fold(self.start(), read))
    }

    fn step(self, from: &[u32], letter: Letter, alphabet: &[Letter]) -> Positions {
        match letter {
            Letter::Char(char) => self.step_char(from, char),
            Letter::Symbol(symbol) if self.reading == Reading::Sure => self.whole(from, symbol),
            Letter::Symbol(symbol) => self.loose(from, symbol, alphabet),
        }
    }

    fn step_char(self, from: &[u32], char: char) -> Positions {
        let mut next = Vec::with_capacity(from.len() + 1);
        for at in from {
            match self.elements.get(*at as usize) {
                Some(Element::Char(own)) if *own == char => next.push(at + 1),
                Some(Element::One(class)) if class.contains(char) => next.push(at + 1),
                Some(Element::Many(class)) if class.contains(char) => next.push(*at),
                Some(Element::Symbol(own))
                    if self.reading == Reading::Loose && own.form.contains(char) =>
                {
                    next.extend([*at, at + 1]);
                }
                _ => {}
            }
        }
        self.closed(next)
    }

    /// Where a symbol leads that is read as a whole.
    fn whole(self, from: &[u32], symbol: Symbol) -> Positions {
        let next = from.iter().filter_map(|at| match self.elements.get(*at as usize)? {
            Element::Symbol(own) => (own.id == symbol.id).then_some(at + 1),
            Element::Many(class) => {
                (*class == Class::Any || !symbol.form.contains(':')).then_some(*at)
            }
            Element::Char(_) | Element::One(_) => None,
        });
        self.closed(next.collect())
    }

    /// All positions to which some string of the symbol's form leads.
    fn loose(self, from: &[u32], symbol: Symbol, alphabet: &[Letter]) -> Positions {
        let mut reached = self.whole(from, symbol);
        if symbol.form.may_be_empty() {
            reached = merged(reached, from);
        }
        let mut frontier = from.to_vec();
        let mut visited = Vec::new();
        while !frontier.is_empty() {
            let mut next = Vec::new();
            for letter in alphabet {
                match letter {
                    Letter::Char(char) if symbol.form.contains(*char) => {
                        next = merged(next, &self.step_char(&frontier, *char));
                    }
                    _ => {}
                }
            }
            next.retain(|at| visited.binary_search(at).is_err());
            visited = merged(visited, &next);
            frontier = next;
        }
        merged(reached, &visited)
    }

    /// Adds what can be skipped without reading: `*`, and symbols that may be empty.
    fn closed(self, mut positions: Positions) -> Positions {
        let mut done = 0;
        while let Some(at) = positions.get(done).copied() {
            done += 1;
            let skipped = match self.elements.get(at as usize) {
                Some(Element::Many(_)) => true,
                Some(Element::Symbol(symbol)) => {
                    self.reading == Reading::Loose && symbol.form.may_be_empty()
                }
                _ => false,
            };
            if skipped && !positions.contains(&(at + 1)) {
                positions.push(at + 1);
            }
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

fn merged(mut into: Positions, more: &[u32]) -> Positions {
    into.extend_from_slice(more);
    into.sort_unstable();
    into.dedup();
    into
}

/// Whether a pattern holds a text: linear in the text.
pub(super) fn matches(pattern: &Pattern, text: &Text) -> Match {
    if Reader::new(pattern, Reading::Sure).accepts_text(text, &[]) {
        return Match::Yes;
    }
    let mut letters = Vec::new();
    if text.symbols().next().is_some() {
        letters = alphabet([pattern, &Pattern::exactly(text)], true);
    }
    if Reader::new(pattern, Reading::Loose).accepts_text(text, &letters) {
        return depends([pattern, &Pattern::exactly(text)]);
    }
    Match::No
}

/// Whether the pattern's strings are all in one of the others.
pub(super) fn within(inner: &Pattern, outer: &[Pattern]) -> Result<Match, TooLarge> {
    let alphabet = alphabet(outer.iter().chain([inner]), true);
    let escape = |reading| {
        let outer: Vec<_> = outer.iter().map(|each| Reader::new(each, reading)).collect();
        search(&[Reader::new(inner, Reading::Sure)], &outer, &alphabet)
    };
    if escape(Reading::Sure)?.is_none() {
        return Ok(Match::Yes);
    }
    // What escapes the loose reading escapes whatever the symbols stand for.
    if escape(Reading::Loose)?.is_some() {
        return Ok(Match::No);
    }
    Ok(depends(outer.iter().chain([inner])))
}

/// `No` when no choice of the symbols lets the two meet, else `Depends`.
pub(super) fn may_meet(one: &Pattern, other: &Pattern) -> Result<Match, TooLarge> {
    let both = [Reader::new(one, Reading::Loose), Reader::new(other, Reading::Loose)];
    Ok(match search(&both, &[], &alphabet([one, other], false))? {
        Some(_) => depends([one, other]),
        None => Match::No,
    })
}

/// A shortest text in all of `all` and in none of `none`, whatever the symbols stand for.
pub(super) fn witness(all: &[&Pattern], none: &[Pattern]) -> Result<Option<Text>, TooLarge> {
    let alphabet = alphabet(all.iter().copied().chain(none), true);
    let all: Vec<_> = all.iter().map(|each| Reader::new(each, Reading::Sure)).collect();
    let none: Vec<_> = none.iter().map(|each| Reader::new(each, Reading::Loose)).collect();
    let found = search(&all, &none, &alphabet)?;
    Ok(found.map(|letters| {
        let mut text = Text::default();
        for letter in letters {
            match letter {
                Letter::Char(char) => text.push_str(char.encode_utf8(&mut [0; 4])),
                Letter::Symbol(symbol) => text.push_symbol(symbol),
            }
        }
        text
    }))
}

/// Breadth first through the product: a shortest word that all of `all` accept and none of `none`.
fn search(
    all: &[Reader<'_>],
    none: &[Reader<'_>],
    alphabet: &[Letter],
) -> Result<Option<Vec<Letter>>, TooLarge> {
    let readers = || all.iter().chain(none);
    let start: Vec<Positions> = readers().map(|reader| reader.start()).collect();
    let mut seen: HashMap<Vec<Positions>, usize> = HashMap::from([(start.clone(), 0)]);
    let mut trail: Vec<(usize, Option<Letter>)> = vec![(0, None)];
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((state, index)) = queue.pop_front() {
        let mut accepted = readers().zip(&state).map(|(reader, at)| reader.accepts(at));
        if accepted.by_ref().take(all.len()).all(|yes| yes) && !accepted.any(|yes| yes) {
            return Ok(Some(walk_back(&trail, index)));
        }
        for letter in alphabet {
            let step =
                |(reader, from): (&Reader<'_>, &Positions)| reader.step(from, *letter, alphabet);
            let next: Vec<Positions> = readers().zip(&state).map(step).collect();
            if next.iter().take(all.len()).any(Vec::is_empty) {
                continue;
            }
            if let Entry::Vacant(entry) = seen.entry(next.clone()) {
                if trail.len() >= STATES {
                    return Err(TooLarge);
                }
                entry.insert(trail.len());
                queue.push_back((next, trail.len()));
                trail.push((index, Some(*letter)));
            }
        }
    }
    Ok(None)
}

fn walk_back(trail: &[(usize, Option<Letter>)], mut index: usize) -> Vec<Letter> {
    let mut letters = Vec::new();
    while let Some((before, Some(letter))) = trail.get(index) {
        letters.push(*letter);
        index = *before;
    }
    letters.reverse();
    letters
}

/// The letters that are enough to tell these patterns apart, with their symbols or without.
fn alphabet<'a>(
    patterns: impl IntoIterator<Item = &'a Pattern>,
    with_symbols: bool,
) -> Vec<Letter> {
    let mut chars = Vec::new();
    let mut symbols: Vec<Symbol> = Vec::new();
    for element in patterns.into_iter().flat_map(|pattern| &pattern.elements) {
        match element {
            Element::Char(char) => chars.push(*char),
            Element::Symbol(symbol) => symbols.push(*symbol),
            Element::One(Class::InSegment) | Element::Many(Class::InSegment) => chars.push(':'),
            Element::One(Class::Any) | Element::Many(Class::Any) => {}
        }
    }
    chars.sort_unstable();
    chars.dedup();
    symbols.sort_unstable();
    symbols.dedup();
    // One further character for each way in which the symbols' forms see it.
    let mut kinds: Vec<Vec<bool>> = Vec::new();
    let readable = ('a'..='z').chain('0'..='9').chain('A'..='Z').chain('\0'..='\u{7f}');
    let mut more = Vec::new();
    for char in readable.chain(['\u{e9}', '\u{e8}', '\u{ea}']) {
        let kind: Vec<bool> = symbols.iter().map(|symbol| symbol.form.contains(char)).collect();
        if chars.binary_search(&char).is_err() && !kinds.contains(&kind) {
            kinds.push(kind);
            more.push(char);
        }
    }
    if !with_symbols {
        symbols.clear();
    }
    let chars = chars.into_iter().chain(more).map(Letter::Char);
    symbols.into_iter().map(Letter::Symbol).chain(chars).collect()
}

/// That it depends on the symbols of these patterns.
pub(super) fn depends<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Match {
    let elements = patterns.into_iter().flat_map(|pattern| &pattern.elements);
    let symbols = elements.filter_map(|element| match element {
        Element::Symbol(symbol) => Some(*symbol),
        _ => None,
    });
    let mut symbols: Vec<Symbol> = symbols.collect();
    symbols.sort_unstable();
    symbols.dedup();
    Match::Depends(symbols)
}
