//! Text with policy variables, such as `${aws:PrincipalTag/tenant_id, 'none'}`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::pattern::{Pattern, Style, Writer};
use crate::text::{Part, Symbol, Text};

/// A text of a policy in which variables are told from what surrounds them.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Template {
    pieces: Vec<Piece>,
    source: Text,
}

/// One piece of a [`Template`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Piece {
    /// Characters of which `*` and `?` may be wildcards.
    Wild(String),
    /// A character that is itself: `${*}`, `${?}`, `${$}`.
    Literal(char),
    /// An unknown string.
    Symbol(Symbol),
    /// The value of a context key.
    Variable {
        /// The key, as written.
        key: String,
        /// What stands for it when the request does not have the key.
        default: Option<String>,
    },
}

/// What stands for a variable in one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Filling {
    /// This text.
    Text(Text),
    /// Whatever the caller wishes.
    Anything,
    /// Nothing: what holds the variable matches nothing.
    Missing,
}

impl Template {
    /// Reads the variables of a text. A document of a version before 2012-10-17 has none: there
    /// `${` is three characters like any others. So is a `${` that is never closed.
    pub fn read(text: &Text, variables: bool) -> Self {
        let mut pieces = Vec::new();
        for part in text.parts() {
            match part {
                Part::Literal(literal) if variables => read_literal(literal, &mut pieces),
                Part::Literal(literal) => pieces.push(Piece::Wild(literal.clone())),
                Part::Symbol(symbol) => pieces.push(Piece::Symbol(*symbol)),
            }
        }
        Self { pieces, source: text.clone() }
    }

    /// The text as it was written.
    pub fn source(&self) -> &Text {
        &self.source
    }

    /// Its pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How many characters and symbols it was written with, about.
    pub(crate) fn length(&self) -> usize {
        let of = |part: &Part| match part {
            Part::Literal(literal) => literal.len(),
            Part::Symbol(_) => 1,
        };
        self.source.parts().iter().map(of).sum()
    }

    /// The same with these values in the place of the variables of their keys.
    pub(crate) fn with_values<'v>(&self, value: impl Fn(&str) -> Option<&'v Text>) -> Self {
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let known = match piece {
                Piece::Variable { key, .. } => value(key),
                _ => None,
            };
            let Some(text) = known else {
                pieces.push(piece.clone());
                continue;
            };
            for part in text.parts() {
                match part {
                    Part::Literal(literal) => pieces.extend(literal.chars().map(Piece::Literal)),
                    Part::Symbol(symbol) => pieces.push(Piece::Symbol(*symbol)),
                }
            }
        }
        Self { pieces, source: self.source.clone() }
    }

    /// The keys of its variables, in order, with repetitions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            _ => None,
        })
    }

    /// The characters before the first wildcard, variable or symbol.
    pub fn literal_start(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Wild(text)) => text.split(['*', '?']).next().unwrap_or(""),
            _ => "",
        }
    }

    /// The set for which it stands when `fill` answers for the variables; `None` when one of them
    /// is missing.
    pub fn pattern(&self, style: Style, fill: impl Fn(&str) -> Filling) -> Option<Pattern> {
        let mut writer = Writer::new(style);
        for piece in &self.pieces {
            match piece {
                Piece::Wild(text) => writer.wild(text),
                Piece::Literal(char) => writer.literal(char.encode_utf8(&mut [0; 4])),
                Piece::Symbol(symbol) => writer.symbol(*symbol),
                Piece::Variable { key, default } => match (fill(key), default) {
                    (Filling::Text(text), _) => writer.text(&text),
                    (Filling::Anything, _) => writer.anything(),
                    (Filling::Missing, Some(default)) => writer.literal(default),
                    (Filling::Missing, None) => return None,
                },
            }
        }
        Some(writer.finish())
    }

    /// The text when `fill` answers for the variables; `None` when one of them is missing or may
    /// be anything.
    pub fn text(&self, fill: impl Fn(&str) -> Filling) -> Option<Text> {
        let mut to = Text::default();
        for piece in &self.pieces {
            match piece {
                Piece::Wild(text) => to.push_str(text),
                Piece::Literal(char) => to.push_str(char.encode_utf8(&mut [0; 4])),
                Piece::Symbol(symbol) => to.push_symbol(*symbol),
                Piece::Variable { key, default } => match (fill(key), default) {
                    (Filling::Text(text), _) => to.push(&text),
                    (Filling::Missing, Some(default)) => to.push_str(default),
                    (Filling::Missing, None) | (Filling::Anything, _) => return None,
                },
            }
        }
        Some(to)
    }
}

fn read_literal(mut rest: &str, pieces: &mut Vec<Piece>) {
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, next)) = after.split_once('}') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Wild(before.to_owned()));
        }
        pieces.push(match inside {
            "*" => Piece::Literal('*'),
            "?" => Piece::Literal('?'),
            "$" => Piece::Literal('$'),
            _ => variable(inside),
        });
        rest = next;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Wild(rest.to_owned()));
    }
}

/// `key` or `key, 'default'`.
fn variable(inside: &str) -> Piece {
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let default = default.trim();
            let quoted = default.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            (key, Some(quoted.unwrap_or(default).to_owned()))
        }
    };
    Piece::Variable { key: key.trim().to_owned(), default }
}
