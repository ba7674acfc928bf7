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
    lines: OnceLock<Lines>,
    blocks: OnceLock<Blocks>,
}

/// Where lines begin.
#[derive(Debug, Default)]
struct Lines {
    /// The byte at which each line begins.
    starts: Vec<u32>,
    /// Whether a carriage return stands where no line ends; lines are then cut there as well when
    /// they are shown.
    stray_returns: bool,
}

/// In bytes.
const BLOCK: usize = 1024;

impl Lines {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect();
        let stray = |pair: &[u8]| matches!(pair, [b'\r', next] if *next != b'\n');
        let stray_returns =
            bytes.contains(&b'\r') && (bytes.ends_with(b"\r") || bytes.windows(2).any(stray));
        Self { starts, stray_returns }
    }

    /// The line of a byte, from 1.
    fn of_byte(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= offset)
    }

    /// The byte at which a line begins.
    fn start(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default() as usize
    }

    /// What is shown of a line: all but its end.
    fn shown(&self, text: &str, line: usize) -> Range<usize> {
        let start = self.start(line);
        let next = self.starts.get(line).map_or(text.len(), |next| *next as usize - 1);
        let whole = text.get(start..next).unwrap_or_default();
        let cut = match self.stray_returns {
            true => whole.split('\r').next().map_or(0, str::len),
            false => whole.strip_suffix('\r').unwrap_or(whole).len(),
        };
        start..start + cut
    }
}

/// How many characters begin before each [`BLOCK`] of bytes, so that no place in a template that is
/// one long line costs the whole line.
#[derive(Debug, Default)]
struct Blocks(Vec<u32>);

impl Blocks {
    fn of(text: &str) -> Self {
        let mut before = 0;
        let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
            let here = before;
            before += begun(block) as u32;
            here
        });
        Self(blocks.collect())
    }

    /// How many characters begin before a byte.
    fn before(&self, text: &str, offset: usize) -> usize {
        let block = offset / BLOCK;
        let known = self.0.get(block).copied().unwrap_or_default() as usize;
        known + begun(text.as_bytes().get(block * BLOCK..offset).unwrap_or_default())
    }
}

/// How many characters begin in these bytes.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
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
        Self { name, text, lines: OnceLock::new(), blocks: OnceLock::new() }
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
        let lines = self.lines.get_or_init(|| Lines::of(&self.text));
        let offset = self.text.len().min(span.start as usize);
        let end = self.text.len().min(span.end.max(span.start) as usize);
        let (line, column) = self.position(lines, offset);
        let (end_line, end_column) = self.position(lines, end);
        let shown = lines.shown(&self.text, line);
        // A template in one line must not be shown whole.
        let skip = if shown.len() > WIDTH { (column - 1).saturating_sub(WIDTH / 2) } else { 0 };
        let from = if skip == 0 { shown.start } else { back(&self.text, offset, WIDTH / 2) };
        let rest = self.text.get(from..shown.end).unwrap_or_default();
        let text: String = rest.chars().take(WIDTH).collect();
        let before = column - 1 - skip;
        let shown = text.chars().count();
        let left = shown.saturating_sub(before).max(1);
        let length =
            if end_line == line { end_column.saturating_sub(column).clamp(1, left) } else { left };
        let file = self.name.clone();
        Place { file, line, column, end_line, end_column, text, before, length }
    }
}

impl File<'_> {
    /// Line and column of a byte, from 1.
    fn position(&self, lines: &Lines, offset: usize) -> (usize, usize) {
        let line = lines.of_byte(offset);
        let start = lines.start(line);
        let before = match offset - start {
            0..BLOCK => begun(self.text.as_bytes().get(start..offset).unwrap_or_default()),
            _ => {
                let blocks = self.blocks.get_or_init(|| Blocks::of(&self.text));
                blocks.before(&self.text, offset) - blocks.before(&self.text, start)
            }
        };
        (line, before + 1)
    }
}

/// The byte at which the last so many characters before an offset begin.
fn back(text: &str, offset: usize, characters: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.char_indices().rev().take(characters).last().map_or(offset, |(at, _)| at)
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

#[cfg(test)]
#[allow(clippy::string_slice)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(text: &str) -> File<'_> {
        File::new("a.json".to_owned(), Cow::Borrowed(text))
    }

    fn span(start: usize, end: usize) -> Span {
        Span::new(FileId::default(), start, end)
    }

    /// The place, found by going through the whole text.
    fn plainly(text: &str, start: usize, end: usize) -> Place {
        let position = |offset: usize| {
            let before = &text[..offset];
            let begin = before.rfind('\n').map_or(0, |at| at + 1);
            (before.matches('\n').count() + 1, before[begin..].chars().count() + 1, begin)
        };
        let (line, column, begin) = position(start);
        let (end_line, end_column, _) = position(end);
        let whole = text[begin..].split(['\n', '\r']).next().unwrap();
        let skip = if whole.len() > WIDTH { (column - 1).saturating_sub(WIDTH / 2) } else { 0 };
        let shown: String = whole.chars().skip(skip).take(WIDTH).collect();
        let before = column - 1 - skip;
        let left = shown.chars().count().saturating_sub(before).max(1);
        let length = match end_line == line {
            true => end_column.saturating_sub(column).clamp(1, left),
            false => left,
        };
        let file = "a.json".to_owned();
        Place { file, line, column, end_line, end_column, text: shown, before, length }
    }

    proptest! {
        #[test]
        fn a_place_is_what_going_through_the_whole_text_finds(
            pieces in prop::collection::vec("[a-c]{0,200}|é{1,90}|\n|\r\n|\r|日x{0,300}", 1..24),
            one in any::<prop::sample::Index>(),
            other in any::<prop::sample::Index>(),
        ) {
            let text = pieces.concat();
            let bounds: Vec<usize> =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (one, other) = (*one.get(&bounds), *other.get(&bounds));
            let (start, end) = (one.min(other), one.max(other));
            prop_assert_eq!(file(&text).place(span(start, end)), plainly(&text, start, end));
        }
    }

    #[test]
    fn a_place_in_one_long_line_is_counted_from_the_block_before_it() {
        let text = "x".repeat(100 * BLOCK);
        let blocks = Blocks::of(&text);
        assert_eq!(blocks.0.len(), 100);
        let counted = |(at, before): (usize, &u32)| *before as usize == at * BLOCK;
        assert!(blocks.0.iter().enumerate().all(counted));
        let place = file(&text).place(span(99 * BLOCK + 7, 100 * BLOCK));
        assert_eq!((place.line, place.column), (1, 99 * BLOCK + 8));
    }
}
