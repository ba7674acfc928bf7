//! Text of which some parts are not known: literals and symbols.

use std::fmt;
use std::sync::LazyLock;

/// A string that may hold symbols. Two texts are the same string whatever the symbols stand for
/// exactly when they are equal; adjacent literals are kept joined.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Text {
    parts: Vec<Part>,
}

/// One part of a [`Text`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Part {
    /// These characters.
    Literal(String),
    /// An unknown string.
    Symbol(Symbol),
}

/// An unknown string of a known form, the same string wherever the same symbol stands.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Symbol {
    /// What tells it from other symbols. Two different symbols may stand for the same string.
    pub id: u32,
    /// What it may stand for.
    pub form: Form,
}

/// A set of strings: all those over an alphabet, with or without the empty one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Form {
    ascii: u128,
    beyond_ascii: bool,
    may_be_empty: bool,
}

impl Form {
    /// Every string.
    pub const ANY: Self = Self { ascii: u128::MAX, beyond_ascii: true, may_be_empty: true };

    /// The non-empty strings over the characters for which `allowed` holds, ASCII only.
    pub fn over(allowed: impl Fn(char) -> bool) -> Self {
        let ascii = (0..128u8).filter(|byte| allowed(char::from(*byte)));
        let ascii = ascii.fold(0, |set, byte| set | (1u128 << byte));
        Self { ascii, beyond_ascii: false, may_be_empty: false }
    }

    /// The non-empty strings of digits, such as an account id.
    pub fn digits() -> Self {
        static DIGITS: LazyLock<Form> = LazyLock::new(|| Form::over(|char| char.is_ascii_digit()));
        *DIGITS
    }

    /// The non-empty strings that a region or a partition may be: small letters, digits and `-`.
    pub fn region() -> Self {
        static REGION: LazyLock<Form> = LazyLock::new(|| {
            Form::over(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-')
        });
        *REGION
    }

    /// The non-empty strings that a physical name may hold: letters, digits and `_+=,.@-`.
    pub fn name() -> Self {
        Self::over(|char| char.is_ascii_alphanumeric() || "_+=,.@-".contains(char))
    }

    /// Whether one of its strings may hold this character.
    pub fn contains(&self, char: char) -> bool {
        match u32::from(char) {
            code @ 0..128 => self.ascii >> code & 1 == 1,
            _ => self.beyond_ascii,
        }
    }

    /// Whether the empty string is one of its strings.
    pub fn may_be_empty(&self) -> bool {
        self.may_be_empty
    }
}

impl Text {
    /// A text that is only a symbol.
    pub fn symbol(symbol: Symbol) -> Self {
        Self { parts: vec![Part::Symbol(symbol)] }
    }

    /// Its parts, in order; no two literals follow each other and none is empty.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Appends a literal.
    pub fn push_str(&mut self, literal: &str) {
        if let Some(Part::Literal(last)) = self.parts.last_mut() {
            last.push_str(literal);
        } else if !literal.is_empty() {
            self.parts.push(Part::Literal(literal.to_owned()));
        }
    }

    /// Appends a symbol.
    pub fn push_symbol(&mut self, symbol: Symbol) {
        self.parts.push(Part::Symbol(symbol));
    }

    /// Appends another text.
    pub fn push(&mut self, other: &Self) {
        for part in &other.parts {
            match part {
                Part::Literal(literal) => self.push_str(literal),
                Part::Symbol(symbol) => self.push_symbol(*symbol),
            }
        }
    }

    /// The string, if nothing of it is unknown.
    pub fn as_str(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(literal)] => Some(literal),
            _ => None,
        }
    }

    /// The characters before the first symbol.
    pub fn literal_start(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(literal)) => literal,
            _ => "",
        }
    }

    /// The same text in which this symbol stands for this string.
    #[must_use]
    pub fn with_value(&self, symbol: Symbol, value: &str) -> Self {
        let mut filled = Self::default();
        for part in &self.parts {
            match part {
                Part::Symbol(own) if own.id == symbol.id => filled.push_str(value),
                Part::Symbol(other) => filled.push_symbol(*other),
                Part::Literal(literal) => filled.push_str(literal),
            }
        }
        filled
    }

    /// The same text with its ASCII letters in lower case; symbols stay as they are.
    #[must_use]
    pub fn lowercase(mut self) -> Self {
        for part in &mut self.parts {
            if let Part::Literal(literal) = part {
                literal.make_ascii_lowercase();
            }
        }
        self
    }

    /// The symbols in it, in order, with repetitions.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Symbol(symbol) => Some(*symbol),
            Part::Literal(_) => None,
        })
    }

    /// The colon-separated part of this index, if no symbol before or in it could hold a colon.
    pub fn segment(&self, index: usize) -> Option<Self> {
        let mut at = 0;
        let mut found = Self::default();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => {
                    for (nth, piece) in literal.split(':').enumerate() {
                        at += usize::from(nth > 0);
                        if at == index {
                            found.push_str(piece);
                        }
                    }
                }
                Part::Symbol(symbol) if at == index && !symbol.form.contains(':') => {
                    found.push_symbol(*symbol);
                }
                Part::Symbol(symbol) if at <= index && symbol.form.contains(':') => return None,
                Part::Symbol(_) => {}
            }
            if at > index {
                break;
            }
        }
        (at >= index).then_some(found)
    }
}

impl From<&str> for Text {
    fn from(literal: &str) -> Self {
        let mut text = Self::default();
        text.push_str(literal);
        text
    }
}

impl From<String> for Text {
    fn from(literal: String) -> Self {
        Self::from(literal.as_str())
    }
}

/// The literals as they are, a symbol as `{id}` in angle quotes: `arn:aws:s3:::‹7›`.
impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(literal) => formatter.write_str(literal),
            Part::Symbol(symbol) => write!(formatter, "‹{}›", symbol.id),
        })
    }
}
