//! Patterns as sets of strings, and the questions asked of such sets.
//!
//! A pattern is a sequence of elements; its set is decided with position automata, exactly. A
//! symbol stands for one unknown string, so an answer may depend on what it is: answers are
//! [`Match::Yes`] (whatever the symbols stand for), [`Match::No`] (whatever they stand for) or
//! [`Match::Depends`]. `Yes` and `No` are never wrong; where a symbol occurs twice, `Depends` may
//! be answered although a finer analysis could tell.
//!
//! Wildcards are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>.

mod automaton;

use crate::text::{Part, Symbol, Text};

pub use automaton::TooLarge;

/// A set of strings.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Pattern {
    elements: Vec<Element>,
}

/// One element of a [`Pattern`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Element {
    /// This character.
    Char(char),
    /// Any one character of the class.
    One(Class),
    /// Any string over the class, the empty one too.
    Many(Class),
    /// The string for which the symbol stands.
    Symbol(Symbol),
}

/// The characters for which a wildcard may stand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Class {
    /// All.
    Any,
    /// All but the colon: a wildcard inside one of the first five segments of an ARN.
    InSegment,
}

/// How the wildcards `*` and `?` of a text are to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// They are characters like any other (`StringEquals`).
    Exact,
    /// They stand for any characters (`StringLike`, actions).
    Glob,
    /// The `Resource` element: in the first five segments they stay inside their segment, except
    /// that a `*` at a segment's end may run on beyond the colon.
    Resource,
    /// `ArnLike`, `ArnEquals`: each of the six segments is matched on its own.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
    Arn,
}

/// What is known about a set question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Match {
    /// It holds, whatever the symbols stand for.
    Yes,
    /// It does not hold, whatever they stand for.
    No,
    /// It depends on these symbols, in order of their ids.
    Depends(Vec<Symbol>),
}

impl Class {
    fn contains(self, char: char) -> bool {
        self == Self::Any || char != ':'
    }
}

impl Pattern {
    /// The pattern of these elements.
    pub fn new(elements: Vec<Element>) -> Self {
        Self { elements }
    }

    /// The pattern that holds every string.
    pub fn everything() -> Self {
        Self::new(vec![Element::Many(Class::Any)])
    }

    /// The pattern that holds this text alone.
    pub fn exactly(text: &Text) -> Self {
        Self::read(text, Style::Exact)
    }

    /// Reads the wildcards of a text in the given style.
    pub fn read(text: &Text, style: Style) -> Self {
        let mut writer = Writer::new(style);
        for part in text.parts() {
            match part {
                Part::Literal(literal) => writer.wild(literal),
                Part::Symbol(symbol) => writer.symbol(*symbol),
            }
        }
        writer.finish()
    }

    /// Its elements.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The characters with which every one of its strings begins, as far as they are known.
    pub fn literal_start(&self) -> String {
        let literals = self.elements.iter().map_while(|element| match element {
            Element::Char(char) => Some(*char),
            _ => None,
        });
        literals.collect()
    }

    /// The same pattern in which this symbol stands for this string.
    #[must_use]
    pub fn with_value(self, symbol: Symbol, value: &str) -> Self {
        let mut elements = Vec::with_capacity(self.elements.len());
        for element in self.elements {
            match element {
                Element::Symbol(own) if own.id == symbol.id => {
                    elements.extend(value.chars().map(Element::Char));
                }
                _ => elements.push(element),
            }
        }
        Self::new(elements)
    }

    /// The same pattern in lower case: both sides of a comparison without regard to case.
    #[must_use]
    pub fn lowercase(mut self) -> Self {
        for element in &mut self.elements {
            if let Element::Char(char) = element {
                *char = char.to_ascii_lowercase();
            }
        }
        self
    }

    /// Whether it holds this text.
    pub fn matches(&self, text: &Text) -> Match {
        // What begins alike, symbols included, is equal exactly when the rests are.
        let (elements, head, tail) = self.parting(text);
        match (elements, head.is_empty(), tail.is_empty()) {
            ([], true, true) | ([Element::Many(Class::Any)], ..) => return Match::Yes,
            ([] | [Element::Char(_), ..], false, _) | ([Element::Char(_), ..], true, true) => {
                return Match::No;
            }
            _ => {}
        }
        let mut rest = Text::from(head);
        for part in tail {
            match part {
                Part::Literal(literal) => rest.push_str(literal),
                Part::Symbol(symbol) => rest.push_symbol(*symbol),
            }
        }
        match automaton::matches(&Self::new(elements.to_vec()), &rest) {
            Match::Depends(_) => automaton::depends([self, &Self::exactly(text)]),
            known => known,
        }
    }

    /// Whether every string of it is in one of `others`.
    ///
    /// # Errors
    /// When the sets are too large to compare.
    pub fn within(&self, others: &[Self]) -> Result<Match, TooLarge> {
        automaton::within(self, others)
    }

    /// Whether some string is in it and in `other`.
    ///
    /// # Errors
    /// When the sets are too large to compare.
    pub fn meets(&self, other: &Self) -> Result<Match, TooLarge> {
        Ok(match self.witness(other, &[])? {
            Some(_) => Match::Yes,
            None => automaton::may_meet(self, other)?,
        })
    }

    /// A shortest text that is in it, in `other` and in none of `except`, whatever the symbols
    /// stand for; `None` when there is none.
    ///
    /// # Errors
    /// When the sets are too large to compare.
    pub fn witness(&self, other: &Self, except: &[Self]) -> Result<Option<Text>, TooLarge> {
        automaton::witness(&[self, other], except)
    }

    /// What is left of the pattern and of the text where they no longer begin alike; of the text
    /// the rest of a literal, and the parts after it.
    fn parting<'s>(&'s self, text: &'s Text) -> (&'s [Element], &'s str, &'s [Part]) {
        let mut elements = self.elements.as_slice();
        let mut parts = text.parts();
        while let [part, tail @ ..] = parts {
            match part {
                Part::Literal(literal) => {
                    for (at, char) in literal.char_indices() {
                        match elements {
                            [Element::Char(own), rest @ ..] if *own == char => elements = rest,
                            _ => return (elements, literal.get(at..).unwrap_or_default(), tail),
                        }
                    }
                }
                Part::Symbol(symbol) => match elements {
                    [Element::Symbol(own), rest @ ..] if own.id == symbol.id => elements = rest,
                    _ => return (elements, "", parts),
                },
            }
            parts = tail;
        }
        (elements, "", parts)
    }
}

/// Writes a pattern part by part; some parts have wildcards, others are literal.
pub(crate) struct Writer {
    style: Style,
    elements: Vec<Element>,
    colons: usize,
}

impl Writer {
    pub(crate) fn new(style: Style) -> Self {
        Self { style, elements: Vec::new(), colons: 0 }
    }

    pub(crate) fn wild(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '*' if self.style != Style::Exact => {
                    self.elements.push(Element::Many(self.class()));
                }
                '?' if self.style != Style::Exact => {
                    self.elements.push(Element::One(self.class()));
                }
                _ => self.char(char),
            }
        }
    }

    pub(crate) fn literal(&mut self, text: &str) {
        text.chars().for_each(|char| self.char(char));
    }

    pub(crate) fn symbol(&mut self, symbol: Symbol) {
        self.elements.push(Element::Symbol(symbol));
    }

    /// A value that was filled in: its `*` and `?` are characters like any other.
    pub(crate) fn text(&mut self, text: &Text) {
        for part in text.parts() {
            match part {
                Part::Literal(literal) => self.literal(literal),
                Part::Symbol(symbol) => self.symbol(*symbol),
            }
        }
    }

    /// A string that somebody may choose: a wildcard, whatever the style.
    pub(crate) fn anything(&mut self) {
        self.elements.push(Element::Many(Class::Any));
    }

    fn char(&mut self, char: char) {
        if char == ':' {
            self.colons += 1;
            if self.style == Style::Resource && self.colons <= 5 {
                self.run_on();
            }
        }
        self.elements.push(Element::Char(char));
    }

    fn class(&self) -> Class {
        let segmented = matches!(self.style, Style::Resource | Style::Arn) && self.colons < 5;
        if segmented { Class::InSegment } else { Class::Any }
    }

    /// A `*` that ends a segment of a resource may match beyond the colon.
    fn run_on(&mut self) {
        if let Some(Element::Many(class)) = self.elements.last_mut() {
            *class = Class::Any;
        }
    }

    pub(crate) fn finish(mut self) -> Pattern {
        if matches!(self.style, Style::Resource | Style::Arn) {
            self.run_on();
        }
        Pattern::new(self.elements)
    }
}
