//! What is wrong with a file: where, why, and what to do.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// One thing that is wrong with `platform.toml` or `platform.lock`.
///
/// As a [`Diagnostic`] it has a code, the file's text, at least one label where the place is
/// known, and a help that says what to do.
#[derive(Debug, Clone)]
pub struct Fault {
    code: &'static str,
    message: String,
    source: Arc<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
}

impl Fault {
    pub(crate) fn new(
        source: &Arc<NamedSource<String>>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let source = Arc::clone(source);
        Self { code, message: message.into(), source, labels: Vec::new(), help: None }
    }

    /// Points at a place, given in bytes.
    pub(crate) fn at(mut self, span: &Range<usize>, label: impl Into<String>) -> Self {
        self.labels.push(LabeledSpan::new_with_span(Some(label.into()), span.clone()));
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The kind of fault, in kebab case: `duplicate-tenant`. It is stable, messages are not.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The name of the file that has the fault, as it was given to [`load`](crate::load).
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// What to do about it.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Where the fault is in the file, both counted from 1, columns in characters; `None` where it has no place
    /// or stands in a line that is too long to show, whose message then says the place.
    #[must_use]
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let text = self.source.inner().as_str();
        let before = text.get(..self.labels.first()?.offset()).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((before.matches('\n').count() + 1, column))
    }

    fn offset(&self) -> usize {
        self.labels.first().map_or(0, LabeledSpan::offset)
    }

    /// Says the place in words when it is in a line too long to show: a report shows lines whole,
    /// and a machine's line can be megabytes.
    fn spare_long_lines(&mut self) {
        const LONGEST_LINE: usize = 400;
        let text = self.source.inner().as_str();
        let Some(first) = self.labels.first() else { return };
        let is_long = |label: &LabeledSpan| {
            let before = text.get(..label.offset()).unwrap_or_default();
            let after = text.get(label.offset()..).unwrap_or_default();
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            let end = after.find('\n').map_or(text.len(), |at| before.len() + at);
            end - start > LONGEST_LINE
        };
        if self.labels.iter().any(is_long) {
            let (line, column) = self.line_and_column().unwrap_or_default();
            let label = first.label().unwrap_or_default();
            let file = self.source.name();
            self.message.push_str(&format!(": {label} ({file}, line {line}, column {column})"));
            self.labels.clear();
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl Diagnostic for Fault {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.labels.is_empty()).then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

/// Everything that is wrong with the files, at least one fault, in the order of the text.
///
/// As a [`Diagnostic`] it relates at most [`Faults::SHOWN`] of them and counts the rest.
#[derive(Debug, Clone)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// How many faults a report shows. A file with more is most likely not what was meant.
    pub const SHOWN: usize = 20;

    /// Puts the faults in order: the first fault's file first, and each file from top to bottom.
    pub(crate) fn new(mut faults: Vec<Fault>) -> Self {
        let first = faults.first().map(|fault| fault.file().to_owned()).unwrap_or_default();
        faults.sort_by_key(|fault| (fault.file() != first, fault.offset()));
        faults.iter_mut().take(Self::SHOWN).for_each(Fault::spare_long_lines);
        Self(faults)
    }

    /// The faults.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "{} has a fault", only.file()),
            [first, ..] => {
                write!(f, "{}", first.file())?;
                if let Some(other) = self.0.iter().find(|fault| fault.file() != first.file()) {
                    write!(f, " and {}", other.file())?;
                    write!(f, " have")?;
                } else {
                    write!(f, " has")?;
                }
                write!(f, " {} faults", self.0.len())?;
                if self.0.len() > Self::SHOWN {
                    write!(f, "; these are the first {}", Self::SHOWN)?;
                }
                Ok(())
            }
            [] => Ok(()),
        }
    }
}

impl std::error::Error for Faults {}

impl Diagnostic for Faults {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let shown = self.0.iter().take(Self::SHOWN);
        Some(Box::new(shown.map(|fault| fault as &dyn Diagnostic)))
    }
}

/// A text from a file as a message can show it: in backticks, short, and without characters that
/// could change what a terminal displays.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut quoted = String::from("`");
    for (n, character) in text.chars().enumerate() {
        if n == LONGEST {
            quoted.push_str("...");
            break;
        }
        if is_hidden(character) {
            quoted.extend(character.escape_unicode());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('`');
    quoted
}

/// Whether a character controls a display instead of appearing on it: control characters, and the
/// marks of the Unicode bidirectional algorithm (UAX #9) and of line structure.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The candidate that a text most likely is a slip of: at most a third of it typed otherwise.
pub(crate) fn nearest<'c>(
    text: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    // The distance is quadratic in the length, and no key is near so long a text.
    if text.len() > 64 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_cannot_steer_a_terminal_or_fill_it() {
        assert_eq!(quote("a\u{1b}[2J\u{202e}b"), "`a\\u{1b}[2J\\u{202e}b`");
        assert_eq!(quote(&"é".repeat(100)).chars().count(), 80 + "``...".len());
    }

    #[test]
    fn only_a_slip_has_a_nearest_candidate() {
        let keys = ["id", "cell", "slot"];
        assert_eq!(nearest("slto", keys), Some("slot"));
        assert_eq!(nearest("cidr", keys), None);
        assert_eq!(nearest(&"slot".repeat(1000), keys), None);
    }
}
