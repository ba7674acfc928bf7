//! Marks of what texts name, by which two texts that name the same thing are found.
//!
//! A text is cut where ARNs, paths and lists are cut. Its marks are the segments between two cuts,
//! each pair of neighbours, and runs of a few words. A text that names a thing holds all segments
//! and all runs of the thing's name. Marks are hashes: two that are equal by
//! chance make templates be read together, and nothing else.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::quality::{FixedState, FoldHasher};
use tenantry_template::{PartRef, Symbol, Symbols, Text};

/// A segment, a pair of segments or a run of words.
pub(super) type Mark = u64;

/// The length of the runs by which names and patterns are known of which a segment is not.
pub(super) const IN_NAMES: usize = 2;

/// Stands for what is not known.
pub(super) const UNKNOWN: char = '*';

/// What keeps marks of different kinds apart.
#[derive(Clone, Copy)]
enum Kind {
    Segment,
    Pair,
    Run,
    Whole,
}

fn hasher(kind: Kind) -> FoldHasher<'static> {
    const STATE: FixedState = FixedState::with_seed(0);
    let mut hasher = STATE.build_hasher();
    hasher.write_u8(kind as u8);
    hasher
}

fn mark(kind: Kind, bytes: &[u8]) -> Mark {
    let mut hasher = hasher(kind);
    hasher.write(bytes);
    hasher.finish()
}

fn join(kind: Kind, marks: &[Mark]) -> Mark {
    let mut hasher = hasher(kind);
    marks.iter().for_each(|each| hasher.write_u64(*each));
    hasher.finish()
}

/// Writes a text with [`UNKNOWN`] for each symbol. The account is written as any twelve digits
/// are: an account that is written out may be the one that templates are deployed to.
pub(super) fn write(text: &Text<'_>, out: &mut String) {
    out.clear();
    for part in text.parts() {
        match part {
            PartRef::Literal(literal) => write_literal(literal, out),
            PartRef::Symbol(symbol) => write_symbol(symbol, out),
        }
    }
}

const ACCOUNT: &str = "000000000000";

pub(super) fn write_symbol(symbol: Symbol, out: &mut String) {
    match symbol {
        Symbols::ACCOUNT => out.push_str(ACCOUNT),
        _ => out.push(UNKNOWN),
    }
}

pub(super) fn write_literal(mut literal: &str, out: &mut String) {
    let is_digit = |char: char| char.is_ascii_digit();
    while let Some((before, rest)) =
        literal.find(is_digit).and_then(|at| literal.split_at_checked(at))
    {
        let length = rest.find(|char| !is_digit(char)).unwrap_or(rest.len());
        let (digits, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        out.push_str(before);
        out.push_str(if length == ACCOUNT.len() { ACCOUNT } else { digits });
        literal = after;
    }
    out.push_str(literal);
}

/// The mark of a text as a whole.
pub(super) fn whole(text: &str) -> Mark {
    mark(Kind::Whole, text.as_bytes())
}

/// The mark of a tenant's id, and of how many words it is; `None` when it has none.
pub(super) fn id(text: &str) -> Option<(Mark, usize)> {
    let words: Vec<Mark> = words(text).flatten().collect();
    (!words.is_empty()).then(|| (join(Kind::Run, &words), words.len()))
}

/// What cuts texts; a `.` does not, so that a domain is one segment.
fn cuts(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(
            byte,
            b':' | b'/'
                | b','
                | b';'
                | b'='
                | b'|'
                | b'<'
                | b'>'
                | b'@'
                | b'#'
                | b'&'
                | b'+'
                | b'!'
                | b'%'
                | b'"'
                | b'\''
                | b'('
                | b')'
                | b'['
                | b']'
        )
}

/// Wildcards, unknowns and the marks of policy variables: what they touch is not known whole.
fn blurs(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'$' | b'{' | b'}')
}

/// Gives the segments of a text and their pairs.
pub(super) fn segments(text: &str, found: &mut impl FnMut(Mark)) {
    let mut before = None;
    for segment in text.as_bytes().split(|byte| cuts(*byte)) {
        if segment.is_empty() {
            continue;
        }
        if segment.iter().any(|byte| blurs(*byte)) {
            before = None;
            continue;
        }
        let own = mark(Kind::Segment, segment);
        found(own);
        if let Some(before) = before {
            found(join(Kind::Pair, &[before, own]));
        }
        before = Some(own);
    }
}

/// Gives every run of so many words of a text.
pub(super) fn runs(text: &str, lengths: &[usize], found: &mut impl FnMut(Mark)) {
    let mut last: Vec<Mark> = Vec::with_capacity(16);
    for word in words(text) {
        let Some(word) = word else {
            last.clear();
            continue;
        };
        last.push(word);
        for length in lengths {
            if let Some(start) = last.len().checked_sub(*length)
                && let Some(run) = last.get(start..)
            {
                found(join(Kind::Run, run));
            }
        }
    }
}

/// The words of a text, without regard to case; `None` stands for one that is not known whole.
fn words(text: &str) -> impl Iterator<Item = Option<Mark>> {
    let bytes = text.as_bytes();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || blurs(*byte);
    bytes.split(move |byte| !is_word(byte)).filter(|word| !word.is_empty()).map(|word| {
        let known = !word.iter().any(|byte| blurs(*byte));
        known.then(|| {
            let mut hasher = hasher(Kind::Run);
            word.iter().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
            hasher.finish()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{id, runs, segments};

    fn of(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        segments(text, &mut |mark| found.push(mark));
        found
    }

    #[test]
    fn a_text_that_names_a_thing_holds_the_segments_of_its_name() {
        let name = of("tenant-1-users");
        let arn = of("arn:aws:dynamodb:*:*:table/tenant-1-users");
        assert!(name.iter().all(|mark| arn.contains(mark)));
        assert!(!of("arn:aws:dynamodb:*:*:table/tenant-10-users").contains(&name[0]));
    }

    #[test]
    fn what_touches_a_wildcard_or_a_variable_marks_nothing() {
        assert!(of("tenant-1*/${aws:username}/?x").is_empty());
        assert!(of("*").is_empty());
    }

    #[test]
    fn an_id_is_found_between_any_separators_and_in_any_case() {
        let (mark, words) = id("tenant-01").unwrap();
        for text in ["/aws/Tenant/01/x", "a tenant-01.", "TENANT_01", "tenant-01"] {
            let mut found = Vec::new();
            runs(text, &[words], &mut |mark| found.push(mark));
            assert!(found.contains(&mark), "{text}");
        }
        for text in ["tenant-010", "xtenant-01", "tenant-0*", "tenant"] {
            runs(text, &[words], &mut |found| assert_ne!(found, mark, "{text}"));
        }
    }
}
