//! A TOML file as a tree that remembers where everything was, and collects what is wrong with it.

use std::ops::{Range, RangeInclusive};
use std::str::Utf8Error;
use std::sync::Arc;

use miette::NamedSource;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Error};
use toml::value::Datetime;

use crate::day::Day;
use crate::fault::{Fault, nearest, quote};

/// A file's name, for messages, and its content.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What messages call the file.
    pub name: &'a str,
    /// The content, as it was read.
    pub text: &'a [u8],
}

/// The largest file that is read: 16 MiB, a hundred times the platform of 10,000 tenants.
pub(crate) const LARGEST_FILE: usize = 16 << 20;

/// The faults found in a file so far.
pub(crate) struct Reader {
    source: Arc<NamedSource<String>>,
    pub(crate) faults: Vec<Fault>,
}

/// Parses a file.
///
/// # Errors
/// Why it is not TOML.
pub(crate) fn parse(source: Source<'_>) -> Result<(Reader, Spanned<DeTable<'_>>), Vec<Fault>> {
    let Source { name, text } = source;
    if text.len() > LARGEST_FILE {
        let size = text.len().div_ceil(1 << 20);
        let reader = Reader::new(name, "");
        return Err(vec![
            reader
                .fault("file-too-large", format!("{name} is {size} MiB large"))
                .help("at most 16 MiB are read: is this the file you mean?"),
        ]);
    }
    let text = std::str::from_utf8(text).map_err(|error| vec![not_utf_8(source, &error)])?;
    let mut reader = Reader::new(name, &harmless(text));
    if let Some(at) = text.find('\0') {
        return Err(vec![
            reader
                .fault("nul-byte", format!("{name} has a NUL byte"))
                .at(&(at..at + 1), "here")
                .help("this is no text, or it was saved as UTF-16: save it as UTF-8"),
        ]);
    }
    if let Some(at) = conflict_marker(text) {
        return Err(vec![
            reader
                .fault("merge-conflict", format!("{name} has a merge conflict"))
                .at(&(at..at + 7), "git left this here")
                .help(
                    "keep the tenants of both sides and remove the marker lines; of two tenants \
                     in one slot, keep the line of the one that is deployed: the other one gets a \
                     slot of its own",
                ),
        ]);
    }
    let (tree, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok((reader, tree));
    }
    for error in one_a_line(text, &errors).take(5) {
        let span = error.span().unwrap_or(text.len()..text.len());
        reader.add(
            reader
                .fault("syntax", format!("{name} is not valid TOML"))
                .at(&span, error.message())
                .help("https://toml.io describes the format in a page"),
        );
    }
    Err(reader.faults)
}

fn not_utf_8(Source { name, text }: Source<'_>, error: &Utf8Error) -> Fault {
    let at = error.valid_up_to();
    // Every run of bytes that is not UTF-8 becomes one replacement character.
    let reader = Reader::new(name, &harmless(&String::from_utf8_lossy(text)));
    reader
        .fault("not-utf-8", format!("{name} is not UTF-8 text"))
        .at(&(at..at + char::REPLACEMENT_CHARACTER.len_utf8()), "no UTF-8 from here on")
        .help("save the file as UTF-8")
}

/// The first error of each line: one slip often leaves several errors behind it.
fn one_a_line<'e>(text: &str, errors: &'e [Error]) -> impl Iterator<Item = &'e Error> {
    let mut last: Option<usize> = None;
    errors.iter().filter(move |error| {
        let start = error.span().map_or(text.len(), |span| span.start);
        let new = match last {
            Some(last) => text.get(last..start).is_some_and(|between| between.contains('\n')),
            None => true,
        };
        last = Some(start);
        new
    })
}

/// The text with every character that could steer a terminal replaced by one of the same length.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\r' | '\t' => character,
            '\0'..='\x1f' | '\x7f' => '?',
            '\u{80}'..='\u{9f}' => '¿',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            _ => character,
        })
        .collect()
}

fn conflict_marker(text: &str) -> Option<usize> {
    if text.starts_with("<<<<<<< ") { Some(0) } else { text.find("\n<<<<<<< ").map(|at| at + 1) }
}

impl Reader {
    fn new(name: &str, text: &str) -> Self {
        let source = Arc::new(NamedSource::new(name, text.to_owned()));
        Self { source, faults: Vec::new() }
    }

    /// A fault of this file, to be pointed and [added](Reader::add).
    pub(crate) fn fault(&self, code: &'static str, message: impl Into<String>) -> Fault {
        Fault::new(&self.source, code, message)
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn file(&self) -> &str {
        self.source.name()
    }
}

/// A table of the file.
#[derive(Clone, Copy)]
pub(crate) struct Table<'d> {
    entries: &'d DeTable<'d>,
    start: usize,
    end: usize,
}

/// A value of the file, and where it is.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

impl<'d> Table<'d> {
    pub(crate) fn root(tree: &'d Spanned<DeTable<'d>>) -> Self {
        Self::new(tree.get_ref(), &tree.span())
    }

    fn new(entries: &'d DeTable<'d>, span: &Range<usize>) -> Self {
        Self { entries, start: span.start, end: span.end }
    }

    /// Where the table is: its header, or all of an inline table.
    pub(crate) fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Every key with its value's table; a fault for each value that is none.
    pub(crate) fn tables(&self, reader: &mut Reader) -> Vec<(At<&'d str>, Table<'d>)> {
        let mut tables = Vec::new();
        for (key, value) in self.entries {
            let name = key.get_ref().as_ref();
            if let Some(table) = as_table(reader, name, value, Wanted::Table) {
                tables.push((At { value: name, span: key.span() }, table));
            }
        }
        tables
    }

    /// Every key that has a table, with it; what else there is is left alone.
    pub(crate) fn tables_among(&self) -> Vec<(At<&'d str>, Table<'d>)> {
        let table = |value: &'d Spanned<DeValue<'d>>| match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(entries, &value.span())),
            _ => None,
        };
        let entries = self.entries.iter();
        let named = entries.filter_map(|(key, value)| {
            Some((At { value: key.get_ref().as_ref(), span: key.span() }, table(value)?))
        });
        named.collect()
    }

    /// Every key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = At<&'d str>> {
        self.entries.keys().map(|key| At { value: key.get_ref().as_ref(), span: key.span() })
    }

    /// A fault for each key that is not known, with the known one it resembles, but for those that have a table.
    pub(crate) fn expect_keys_besides_tables(&self, reader: &mut Reader, known: &[&str]) {
        let tables = self.tables_among();
        let tables = tables.iter().map(|(name, _)| name.value);
        let all: Vec<&str> = known.iter().copied().chain(tables).collect();
        self.expect(reader, &all, known);
    }

    /// A fault for each key that is not known, with the known one it resembles.
    pub(crate) fn expect_keys(&self, reader: &mut Reader, known: &[&str]) {
        self.expect(reader, known, known);
    }

    /// A fault for each key that is not among those that are taken; `known` are told.
    fn expect(&self, reader: &mut Reader, taken: &[&str], known: &[&str]) {
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            if taken.contains(&name) {
                continue;
            }
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here: {}", listed(known)),
            };
            let label = "unknown";
            reader.add(
                reader
                    .fault("unknown-key", format!("{} is no key that tenantry knows", quote(name)))
                    .at(&key.span(), label)
                    .help(help),
            );
        }
    }

    pub(crate) fn string(&self, reader: &mut Reader, key: &str) -> Option<At<&'d str>> {
        let value = self.value(key)?;
        as_string(reader, key, value, Wanted::Text)
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, reader: &mut Reader, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        if let DeValue::Boolean(given) = value.get_ref() {
            return Some(*given);
        }
        reader.add(wrong_type(reader, key, value, Wanted::Boolean));
        None
    }

    /// A day, written as TOML writes one.
    pub(crate) fn day(&self, reader: &mut Reader, key: &str) -> Option<Day> {
        let value = self.value(key)?;
        if let DeValue::Datetime(Datetime { date: Some(date), time: None, offset: None }) =
            value.get_ref()
        {
            return Some(Day { year: date.year, month: date.month, day: date.day });
        }
        reader.add(wrong_type(reader, key, value, Wanted::Day));
        None
    }

    /// A whole number in a range; the unit, if it has one, is for the help.
    pub(crate) fn integer(
        &self,
        reader: &mut Reader,
        key: &str,
        range: RangeInclusive<u32>,
        unit: &str,
    ) -> Option<At<u32>> {
        let value = self.value(key)?;
        let span = value.span();
        let DeValue::Integer(integer) = value.get_ref() else {
            reader.add(wrong_type(reader, key, value, Wanted::Integer));
            return None;
        };
        let number = i128::from_str_radix(integer.as_str(), integer.radix()).ok();
        let fits = number.and_then(|number| u32::try_from(number).ok());
        if let Some(value) = fits.filter(|number| range.contains(number)) {
            return Some(At { value, span });
        }
        let (least, most) = (range.start(), range.end());
        let label = match number {
            Some(number) if number < i128::from(*least) => format!("less than {least}"),
            _ => format!("more than {most}"),
        };
        reader.add(
            reader
                .fault("out-of-range", format!("`{key}` is out of range"))
                .at(&span, label)
                .help(format!("give {least} to {most} {unit}").trim_end()),
        );
        None
    }

    pub(crate) fn table(&self, reader: &mut Reader, key: &str) -> Option<Table<'d>> {
        let value = self.value(key)?;
        as_table(reader, key, value, Wanted::Table)
    }

    /// The same without a fault when it is something else.
    pub(crate) fn table_if_it_is_one(&self, key: &str) -> Option<Table<'d>> {
        let value = self.value(key)?;
        let DeValue::Table(entries) = value.get_ref() else { return None };
        Some(Table::new(entries, &value.span()))
    }

    /// The strings of an array; nothing when one of them is something else.
    pub(crate) fn strings(&self, reader: &mut Reader, key: &str) -> Option<At<Vec<At<&'d str>>>> {
        let value = self.value(key)?;
        let DeValue::Array(array) = value.get_ref() else {
            reader.add(wrong_type(reader, key, value, Wanted::Strings));
            return None;
        };
        let strings: Vec<_> = array
            .iter()
            .filter_map(|element| as_string(reader, key, element, Wanted::TextEntry))
            .collect();
        let complete = strings.len() == array.len();
        complete.then(|| At { value: strings, span: value.span() })
    }

    /// The tables of an array; nothing when one of its elements is something else.
    pub(crate) fn array_of_tables(&self, reader: &mut Reader, key: &str) -> Option<Vec<Table<'d>>> {
        let value = self.value(key)?;
        let DeValue::Array(array) = value.get_ref() else {
            reader.add(wrong_type(reader, key, value, Wanted::Tables));
            return None;
        };
        let tables: Vec<_> = array
            .iter()
            .filter_map(|element| as_table(reader, key, element, Wanted::TableEntry))
            .collect();
        (tables.len() == array.len()).then_some(tables)
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.entries.get(key)
    }

    /// Whether the table has the key, right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }
}

fn as_string<'d>(
    reader: &mut Reader,
    key: &str,
    value: &'d Spanned<DeValue<'d>>,
    wanted: Wanted,
) -> Option<At<&'d str>> {
    if let DeValue::String(text) = value.get_ref() {
        return Some(At { value: DeString::as_ref(text), span: value.span() });
    }
    reader.add(wrong_type(reader, key, value, wanted));
    None
}

fn as_table<'d>(
    reader: &mut Reader,
    key: &str,
    value: &'d Spanned<DeValue<'d>>,
    wanted: Wanted,
) -> Option<Table<'d>> {
    if let DeValue::Table(entries) = value.get_ref() {
        return Some(Table::new(entries, &value.span()));
    }
    reader.add(wrong_type(reader, key, value, wanted));
    None
}

/// What a key's value has to be.
#[derive(Clone, Copy)]
enum Wanted {
    Text,
    TextEntry,
    Boolean,
    Day,
    Integer,
    Strings,
    Table,
    TableEntry,
    Tables,
}

fn wrong_type(reader: &Reader, key: &str, value: &Spanned<DeValue<'_>>, wanted: Wanted) -> Fault {
    let (what, example) = match wanted {
        Wanted::Text => ("a string", format!("it in quotes: `{key} = \"...\"`")),
        Wanted::TextEntry => ("only strings", "each of them in quotes".to_owned()),
        Wanted::Boolean => ("a truth value", format!("it without quotes: `{key} = true`")),
        Wanted::Day => {
            ("a day", format!("it without quotes and without a time: `{key} = 2026-12-31`"))
        }
        Wanted::Integer => ("a whole number", format!("it without quotes or point: `{key} = 10`")),
        Wanted::Strings => ("an array of strings", format!("`{key} = [\"...\", \"...\"]`")),
        Wanted::Table => ("a table", "its keys in `{ ... }` or below a line `[...]`".to_owned()),
        Wanted::TableEntry => ("only tables", format!("a line `[[{key}]]` above each entry")),
        Wanted::Tables => ("an array of tables", format!("a line `[[{key}]]` above each entry")),
    };
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    let verb = match wanted {
        Wanted::TextEntry | Wanted::TableEntry => "may hold",
        _ => "has to be",
    };
    reader
        .fault("wrong-type", format!("{} {verb} {what}", quote(key)))
        .at(&value.span(), format!("this is {found}"))
        .help(format!("write {example}"))
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
