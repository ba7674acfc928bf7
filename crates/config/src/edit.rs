//! The tenants of `platform.toml` changed in its text: whatever else is in it stays as it is written.

use std::fmt;
use std::ops::Range;

use toml_edit::{
    ArrayOfTables, Decor, Document, DocumentMut, InlineTable, Item, RawString, Table, TableLike,
    Value, value,
};

use crate::document::{self, Source, Table as Tree};
use crate::fault::Faults;
use crate::file::{self, FileTenant};
use crate::load::read_file;
use crate::platform::Tier;

/// A tenant as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its name for people; nothing where that is the id.
    pub name: Option<String>,
    /// Its tier; nothing where that is `standard`.
    pub tier: Option<String>,
}

impl Entry {
    /// The entry as a file of its own would have it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut tables = ArrayOfTables::new();
        tables.push(self.table());
        let mut text = DocumentMut::new();
        text.insert(TENANTS, Item::ArrayOfTables(tables));
        text.to_string()
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [("name", self.name.as_deref()), ("tier", self.tier.as_deref())];
        let optional = optional.into_iter().filter_map(|(key, text)| Some((key, text?)));
        std::iter::once(("id", self.id.as_str())).chain(optional)
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        for (key, text) in self.fields() {
            table.insert(key, value(text));
        }
        table
    }
}

const TENANTS: &str = "tenants";

/// Reads the tenants of a file that has nothing else, as the platform of `platform` could have them: of its tiers, and
/// with ids that its names have room for.
///
/// # Errors
/// Everything that is wrong with the file; or with the platform's own, whose tenants are not looked at.
pub fn entries(source: Source<'_>, platform: Source<'_>) -> Result<Vec<Entry>, Faults> {
    let (_, of) = read_file(platform).map_err(Faults::new)?;
    let (mut reader, tree) = document::parse(source).map_err(Faults::new)?;
    let root = Tree::root(&tree);
    root.expect_keys(&mut reader, &[TENANTS]);
    let found = file::tenants_of(&mut reader, &root, &of);
    if !reader.faults.is_empty() {
        return Err(Faults::new(reader.faults));
    }
    Ok(found.into_iter().map(Entry::from).collect())
}

impl From<FileTenant> for Entry {
    fn from(tenant: FileTenant) -> Self {
        let id = tenant.id.to_string();
        let name = Some(tenant.name).filter(|name| *name != id);
        let tier = Some(tenant.tier.name).filter(|tier| tier != Tier::STANDARD);
        Self { id, name, tier }
    }
}

/// `platform.toml` as text in which tenants are changed. What it gives is to be read by [`load`](crate::load) before it is
/// written anywhere: nothing here vouches for it.
#[derive(Debug, Clone)]
pub struct Edited {
    text: String,
    /// The lines end as they do on Windows; inside, they do not.
    carriage_returns: bool,
}

impl Edited {
    /// The text of a file.
    ///
    /// # Errors
    /// [`EditError::NoToml`].
    pub fn new(text: &[u8]) -> Result<Self, EditError> {
        let no_toml = |reason: String| EditError::NoToml { reason };
        let text = std::str::from_utf8(text).map_err(|error| no_toml(error.to_string()))?;
        let carriage_returns = text.contains("\r\n");
        let text = text.replace("\r\n", "\n");
        text.parse::<DocumentMut>().map_err(|error| no_toml(error.to_string()))?;
        Ok(Self { text, carriage_returns })
    }

    /// The tenant with this id as the file has it.
    ///
    /// # Errors
    /// [`EditError`].
    pub fn entry(&self, id: &str) -> Result<Option<Entry>, EditError> {
        let document = self.document()?;
        let found = all(document.get(TENANTS)).into_iter().find(|one| text(*one, "id") == Some(id));
        Ok(found.map(|one| Entry {
            id: id.to_owned(),
            name: text(one, "name").map(ToOwned::to_owned),
            tier: text(one, "tier").map(ToOwned::to_owned),
        }))
    }

    /// Puts a tenant behind the last one.
    ///
    /// # Errors
    /// [`EditError`].
    pub fn add(&mut self, entry: &Entry) -> Result<(), EditError> {
        let mut document = self.document()?;
        match document.get_mut(TENANTS) {
            Some(Item::ArrayOfTables(tables)) => {
                let mut table = entry.table();
                table.decor_mut().set_prefix("\n");
                tables.push(table);
            }
            Some(Item::Value(Value::Array(array))) => {
                let mut one = InlineTable::new();
                for (key, text) in entry.fields() {
                    one.insert(key, text.into());
                }
                let prefix = array.get(0).and_then(|first| first.decor().prefix()).cloned();
                let several_lines = prefix
                    .as_ref()
                    .and_then(RawString::as_str)
                    .is_some_and(|prefix| prefix.contains('\n') && prefix.trim().is_empty());
                let mut one = Value::InlineTable(one);
                if several_lines && let Some(prefix) = prefix {
                    *one.decor_mut() = Decor::new(prefix, "");
                    array.push_formatted(one);
                    array.set_trailing_comma(true);
                } else {
                    array.push(one);
                }
            }
            _ => {
                let mut tables = ArrayOfTables::new();
                tables.push(entry.table());
                document.insert(TENANTS, Item::ArrayOfTables(tables));
            }
        }
        self.text = document.to_string();
        Ok(())
    }

    /// Sets a tenant's name for people.
    ///
    /// # Errors
    /// [`EditError::NoSuchTenant`].
    pub fn rename(&mut self, id: &str, name: &str) -> Result<(), EditError> {
        self.set(id, "name", Some(name.into()))
    }

    /// Sets a tenant's tier; the one that all have by default is not written.
    ///
    /// # Errors
    /// [`EditError::NoSuchTenant`].
    pub fn set_tier(&mut self, id: &str, tier: &str) -> Result<(), EditError> {
        self.set(id, "tier", (tier != Tier::STANDARD).then(|| tier.into()))
    }

    /// Stops a tenant at the door, or lets it in again.
    ///
    /// # Errors
    /// [`EditError::NoSuchTenant`].
    pub fn set_suspended(&mut self, id: &str, suspended: bool) -> Result<(), EditError> {
        self.set(id, "suspended", suspended.then(|| true.into()))
    }

    fn set(&mut self, id: &str, key: &str, to: Option<Value>) -> Result<(), EditError> {
        let mut document = self.document()?;
        let no_such = || EditError::NoSuchTenant { id: id.to_owned() };
        let is_it = |table: &&mut dyn TableLike| text(&**table, "id") == Some(id);
        let table = all_mut(document.get_mut(TENANTS)).into_iter().find(is_it);
        let table = table.ok_or_else(no_such)?;
        match (table.get_mut(key), to) {
            (_, None) => drop(table.remove(key)),
            // What stands behind the value, such as a comment, stays.
            (Some(Item::Value(old)), Some(mut new)) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            (_, Some(new)) => drop(table.insert(key, Item::Value(new))),
        }
        self.text = document.to_string();
        Ok(())
    }

    /// Takes a tenant out, with the comment lines that stand directly above it.
    ///
    /// # Errors
    /// [`EditError::NoSuchTenant`].
    pub fn remove(&mut self, id: &str) -> Result<(), EditError> {
        let no_such = || EditError::NoSuchTenant { id: id.to_owned() };
        let read = Document::parse(self.text.as_str());
        let read = read.map_err(|error| EditError::NoToml { reason: error.to_string() })?;
        match read.get(TENANTS) {
            Some(Item::ArrayOfTables(tables)) => {
                let table = tables.iter().find(|table| text(*table, "id") == Some(id));
                let span = table.and_then(span).ok_or_else(no_such)?;
                let lines = self.lines(span);
                self.text.replace_range(lines, "");
            }
            Some(Item::Value(Value::Array(array))) => {
                let is_it = |one: &Value| {
                    one.as_inline_table().is_some_and(|table| text(table, "id") == Some(id))
                };
                let at = array.iter().position(is_it).ok_or_else(no_such)?;
                let mut document = self.document()?;
                let array = document.get_mut(TENANTS).and_then(Item::as_array_mut);
                array.ok_or_else(no_such)?.remove(at);
                self.text = document.to_string();
            }
            _ => return Err(no_such()),
        }
        Ok(())
    }

    fn document(&self) -> Result<DocumentMut, EditError> {
        self.text
            .parse()
            .map_err(|error: toml_edit::TomlError| EditError::NoToml { reason: error.to_string() })
    }

    /// The whole lines of a table, the comments directly above it, and the blank lines behind it, or before it where it is
    /// the last thing.
    fn lines(&self, table: Range<usize>) -> Range<usize> {
        let before = self.text.get(..table.start).unwrap_or_default();
        let mut start = before.rfind('\n').map_or(0, |at| at + 1);
        while let Some(above) = self.text.get(..start).and_then(|text| text.strip_suffix('\n')) {
            let line = above.rfind('\n').map_or(0, |at| at + 1);
            if !above.get(line..).is_some_and(|line| line.trim_start().starts_with('#')) {
                break;
            }
            start = line;
        }
        let rest = self.text.get(table.end..).unwrap_or_default();
        let mut end = table.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
        let after = self.text.get(end..).unwrap_or_default();
        let blank = |text: &str| text.len() - text.trim_start_matches('\n').len();
        end += blank(after);
        if end == self.text.len() {
            let before = self.text.get(..start).unwrap_or_default();
            let kept = before.trim_end_matches('\n').len();
            // One end of a line is the text's own.
            start = start.min(kept + usize::from(kept > 0));
        }
        start..end
    }
}

impl fmt::Display for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.carriage_returns {
            f.write_str(&self.text.replace('\n', "\r\n"))
        } else {
            f.write_str(&self.text)
        }
    }
}

/// From the header to the end of the last value.
fn span(table: &Table) -> Option<Range<usize>> {
    let header = table.span()?;
    let values = table.iter().filter_map(|(_, item)| item.span());
    Some(header.start..values.map(|span| span.end).fold(header.end, usize::max))
}

fn text<'t, T: TableLike + ?Sized>(table: &'t T, key: &str) -> Option<&'t str> {
    table.get(key)?.as_str()
}

fn all(item: Option<&Item>) -> Vec<&dyn TableLike> {
    match item {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter().map(|table| table as &dyn TableLike).collect()
        }
        Some(Item::Value(Value::Array(array))) => {
            let tables = array.iter().filter_map(Value::as_inline_table);
            tables.map(|table| table as &dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

fn all_mut(item: Option<&mut Item>) -> Vec<&mut dyn TableLike> {
    match item {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter_mut().map(|table| table as &mut dyn TableLike).collect()
        }
        Some(Item::Value(Value::Array(array))) => {
            let tables = array.iter_mut().filter_map(Value::as_inline_table_mut);
            tables.map(|table| table as &mut dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

/// Why a file's text could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is no TOML.
    #[error("it is no TOML: {reason}")]
    NoToml {
        /// What is wrong with it.
        reason: String,
    },
    /// The tenant is not in it.
    #[error("there is no tenant {id:?} in it")]
    NoSuchTenant {
        /// The id.
        id: String,
    },
}
