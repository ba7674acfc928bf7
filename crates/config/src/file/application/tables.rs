//! The tenants' tables.

use super::{TABLES_KEYS, quote};
use crate::application::{TableIndex, TenantTable};
use crate::document::{At, Reader, Table};

/// Global secondary indexes of a table.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
const MOST_INDEXES: usize = 20;

/// The tables below `[tables]`, by name.
pub(super) fn read<'d>(reader: &mut Reader, root: &Table<'d>) -> Vec<(At<&'d str>, TenantTable)> {
    // That it is no table at all is told where its other key is read.
    let Some(all) = root.table_if_it_is_one("tables") else { return Vec::new() };
    let tables = all.tables_among();
    let tables = tables.into_iter().filter(|(name, _)| !TABLES_KEYS.contains(&name.value));
    tables.map(|(name, table)| (name.clone(), tenant_table(reader, &name, &table))).collect()
}

/// A table whose keys are at fault is there, so that who uses it is not reported too.
fn tenant_table(reader: &mut Reader, name: &At<&str>, table: &Table<'_>) -> TenantTable {
    table.expect_keys(reader, &["partition_key", "sort_key", "time_to_live", "indexes"]);
    let [partition_key, sort_key] = keys(reader, name, table, "the table");
    let time_to_live = table.string(reader, "time_to_live").and_then(|given| {
        let name = attribute(reader, "time_to_live", &given)?;
        Some((name.to_owned(), given.span))
    });
    let indexes = indexes(reader, table);
    let is_a_key = |attribute: &String| {
        let own = [partition_key.as_ref(), sort_key.as_ref()];
        let of_indexes =
            indexes.iter().flat_map(|index| [Some(&index.partition_key), index.sort_key.as_ref()]);
        own.into_iter().chain(of_indexes).flatten().any(|key| key == attribute)
    };
    if let Some((attribute, span)) = &time_to_live
        && is_a_key(attribute)
    {
        reader.add(
            reader
                .fault("expiry-is-a-key", format!("{} is an attribute of a key", quote(attribute)))
                .at(span, "an item's expiry is a number, and keys are strings")
                .help(
                    "name another attribute, such as `expires_at`, which holds seconds since 1970",
                ),
        );
    }
    TenantTable {
        name: name.value.to_owned(),
        partition_key: partition_key.unwrap_or_default(),
        sort_key,
        time_to_live: time_to_live.map(|(attribute, _)| attribute),
        indexes,
    }
}

fn indexes(reader: &mut Reader, table: &Table<'_>) -> Vec<TableIndex> {
    let Some(given) = table.table(reader, "indexes") else { return Vec::new() };
    let mut indexes = Vec::new();
    for (name, index) in given.tables(reader) {
        let form = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(3..=64).contains(&name.value.len()) || !name.value.bytes().all(form) {
            reader.add(
                reader
                    .fault("bad-index-name", format!("{} cannot name an index", quote(name.value)))
                    .at(&name.span, "not 3 to 64 lower-case letters, digits and `_`")
                    .help("name it after what it finds items by: `by_customer`"),
            );
        }
        index.expect_keys(reader, &["partition_key", "sort_key"]);
        let [partition_key, sort_key] = keys(reader, &name, &index, "the index");
        indexes.push(TableIndex {
            name: name.value.to_owned(),
            partition_key: partition_key.unwrap_or_default(),
            sort_key,
        });
    }
    if indexes.len() > MOST_INDEXES {
        reader.add(
            reader
                .fault("too-many-indexes", format!("a table with {} indexes", indexes.len()))
                .at(&given.span(), format!("DynamoDB takes {MOST_INDEXES}"))
                .help("keep other kinds of items in a table of their own"),
        );
    }
    indexes
}

/// The partition key, which has to be there, and the sort key.
fn keys(
    reader: &mut Reader,
    name: &At<&str>,
    table: &Table<'_>,
    what: &str,
) -> [Option<String>; 2] {
    if !table.has("partition_key") {
        reader.add(
            reader
                .fault(
                    "no-partition-key",
                    format!("{what} {} has no partition key", quote(name.value)),
                )
                .at(&name.span, "there is no key `partition_key` in it")
                .help("name the attribute that says where an item is: `partition_key = \"pk\"`"),
        );
    }
    let partition = table.string(reader, "partition_key");
    let sort = table.string(reader, "sort_key");
    if let (Some(partition), Some(sort)) = (&partition, &sort)
        && partition.value == sort.value
    {
        reader.add(
            reader
                .fault(
                    "same-key-twice",
                    format!("{what} {} has one attribute for both keys", quote(name.value)),
                )
                .at(&sort.span, "the partition key is the same")
                .help("name another attribute, or leave the sort key out"),
        );
        return [None, None];
    }
    let mut key = |name, given: Option<At<&str>>| {
        given.and_then(|given| attribute(reader, name, &given).map(str::to_owned))
    };
    [key("partition_key", partition), key("sort_key", sort)]
}

/// An attribute's name as all engines take it: a key's may have 255 bytes.
fn attribute<'d>(reader: &mut Reader, key: &str, given: &At<&'d str>) -> Option<&'d str> {
    let form = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if (1..=255).contains(&given.value.len()) && given.value.bytes().all(form) {
        return Some(given.value);
    }
    reader.add(
        reader
            .fault("bad-attribute", format!("{} names no attribute", quote(given.value)))
            .at(&given.span, "not 1 to 255 letters, digits and `_-.`")
            .help(format!("give `{key}` the name of an attribute of the items, such as `pk`")),
    );
    None
}
