//! The files that were read, and places in them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// Which of the files of one reading.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FileId(pub(crate) u32);

/// A range of bytes in one file; `end` is exclusive.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Its first byte.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

/// A file's name and text, and where its lines begin.
#[derive(Debug)]
pub struct File<'a> {
    /// The name under which it was given.
    pub name: String,
    text: Cow<'a, str>,
    lines: OnceLock<Vec<u32>>,
}

/// A span as a reader wants it: file, line, column and the line's text.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The line where the span ends, from 1.
    pub end_line: usize,
    /// The column after the span's last character, from 1.
    pub end_column: usize,
    /// The text of the span's first line, cut to 160 characters around the span.
    pub text: String,
    /// How many characters of `text` come before the span.
    pub before: usize,
    /// How many characters of `text` the span covers; at least 1.
    pub length: usize,
}

impl<'a> File<'a> {
    pub(crate) fn new(name: String, text: Cow<'a, str>) -> Self {
        Self { name, text, lines: OnceLock::new() }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text that a span covers; empty for a span that is not of this file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Where a span lies.
    pub fn place(&self, span: Span) -> Place {
        let (line, column, start) = self.position(span.start);
        let (end_line, end_column, _) = self.position(span.end.max(span.start));
        let rest = self.text.get(start..).unwrap_or_default();
        let whole = rest.split(['\n', '\r']).next().unwrap_or_default();
        // A template in one line must not be shown whole.
        let skip = if whole.len() > WIDTH { (column - 1).saturating_sub(WIDTH / 2) } else { 0 };
        let text: String = whole.chars().skip(skip).take(WIDTH).collect();
        let before = column - 1 - skip;
        let shown = text.chars().count();
        let left = shown.saturating_sub(before).max(1);
        let length =
            if end_line == line { end_column.saturating_sub(column).clamp(1, left) } else { left };
        let file = self.name.clone();
        Place { file, line, column, end_line, end_column, text, before, length }
    }

    /// Line and column from 1, and the byte at which the line begins.
    fn position(&self, offset: u32) -> (usize, usize, usize) {
        let offset = offset.min(self.text.len() as u32);
        let lines = self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect()
        });
        let line = lines.partition_point(|start| *start <= offset);
        let start = lines.get(line.saturating_sub(1)).copied().unwrap_or_default() as usize;
        let before = self.text.as_bytes().get(start..offset as usize).unwrap_or_default();
        let column = before.iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        (line, column, start)
    }
}

const WIDTH: usize = 160;

impl Place {
    /// A range of bytes in a text that is no template, such as a file of exceptions.
    pub fn new(file: &str, text: &str, bytes: Range<usize>) -> Self {
        let span = Span::new(FileId::default(), bytes.start, bytes.end);
        File::new(file.to_owned(), Cow::Borrowed(text)).place(span)
    }
}

impl Span {
    pub(crate) fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: start as u32, end: end as u32 }
    }
}

impl fmt::Display for Place {
    /// `file:line:column`, then the line with the span underlined.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{margin}--> {}:{}:{}", self.file, self.line, self.column)?;
        let text: String = self.text.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
        writeln!(f, "{number} | {}", text.trim_end())?;
        write!(f, "{margin} | {}{}", " ".repeat(self.before), "^".repeat(self.length))
    }
}
