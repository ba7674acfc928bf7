//! The tenants, and the tiers that they are in.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::{FileTenant, is_hidden, nearest, options, quote};
use crate::document::{At, Reader, Table};
use crate::limits::{self, Naming};
use crate::platform::Tier;
use crate::tenant_id::{InvalidTenantId, TenantId};
use crate::words;

/// The tiers by name. A tier whose numbers are at fault is there, so that its tenants are not
/// reported too.
pub(super) fn tiers(reader: &mut Reader, root: &Table<'_>) -> BTreeMap<String, Tier> {
    let mut tiers = BTreeMap::from([(Tier::STANDARD.to_owned(), Tier::default())]);
    let Some(table) = root.table(reader, "tiers") else { return tiers };
    for (name, table) in table.tables(reader) {
        if words::check(name.value).is_err() || name.value.len() > 32 {
            reader.add(
                reader
                    .fault("bad-tier-name", format!("{} cannot name a tier", quote(name.value)))
                    .at(&name.span, "1 to 32 lower-case letters, digits and single hyphens")
                    .help("a tier is named like `standard` or `gold-2`"),
            );
        }
        table.expect_keys(reader, &["requests_per_second", "burst", "protection"]);
        let mut tier = Tier { name: name.value.to_owned(), ..Tier::default() };
        if let Some(rate) =
            table.integer(reader, "requests_per_second", 1..=MOST_REQUESTS, "requests a second")
        {
            tier.requests_per_second = rate.value;
        }
        if let Some(burst) = table.integer(reader, "burst", 1..=LARGEST_BURST, "requests") {
            tier.burst = burst.value;
        }
        tier.deletion_protection = options::deletion_protection(reader, &table);
        tiers.insert(tier.name.clone(), tier);
    }
    tiers
}

/// An account's throttle over all its APIs in a region: 10,000 requests a second in bursts of
/// 5,000. API Gateway Developer Guide, "Quotas". A tenant may not be promised more.
const MOST_REQUESTS: u32 = 10_000;
const LARGEST_BURST: u32 = 5_000;

/// The tenants, in the file's order.
pub(super) fn read(
    reader: &mut Reader,
    root: &Table<'_>,
    tiers: &BTreeMap<String, Tier>,
    naming: Naming<'_>,
) -> Vec<FileTenant> {
    let tables = root.array_of_tables(reader, "tenants");
    if tables.as_ref().is_some_and(Vec::is_empty) || !root.has("tenants") {
        let message = format!("{} has no tenants", reader.file());
        reader.add(reader.fault("no-tenants", message).help(
            "add one:\n\n[[tenants]]\nid = \"tenant-001\"\n\n`tenantry init` writes a file to \
             start from; `tenantry down` takes a platform down",
        ));
    }
    let mut tenants = Vec::new();
    let mut seen = HashMap::new();
    for table in tables.unwrap_or_default() {
        tenants.extend(tenant(reader, &table, tiers, naming, &mut seen));
    }
    tenants
}

/// Where a tenant was first named, by its id without regard to case and white space.
type Seen<'d> = HashMap<String, At<&'d str>>;

fn tenant<'d>(
    reader: &mut Reader,
    table: &Table<'d>,
    tiers: &BTreeMap<String, Tier>,
    naming: Naming<'_>,
    seen: &mut Seen<'d>,
) -> Option<FileTenant> {
    table.expect_keys(reader, &["id", "name", "tier", "suspended"]);
    let id = id(reader, table, naming, seen);
    let name = table.string(reader, "name").and_then(|given| name(reader, &given));
    let tier = match table.string(reader, "tier") {
        Some(given) => tier(reader, &given, tiers),
        None => tiers.get(Tier::STANDARD).cloned(),
    };
    let suspended = table.boolean(reader, "suspended").unwrap_or(false);
    let id = id?;
    let name = name.unwrap_or_else(|| id.to_string());
    Some(FileTenant { name, id, tier: tier?, suspended })
}

fn id<'d>(
    reader: &mut Reader,
    table: &Table<'d>,
    naming: Naming<'_>,
    seen: &mut Seen<'d>,
) -> Option<TenantId> {
    if !table.has("id") {
        reader.add(
            reader
                .fault("tenant-without-id", "a tenant has no id")
                .at(&table.span(), "this one")
                .help("add a line such as `id = \"tenant-001\"`"),
        );
        return None;
    }
    let given = table.string(reader, "id")?;
    let normal = given.value.trim().to_lowercase();
    if let Some(first) = seen.get(&normal) {
        let same = first.value == given.value;
        let message = if same {
            format!("the tenant {} is there twice", quote(given.value))
        } else {
            format!("{} and {} are one tenant", quote(first.value), quote(given.value))
        };
        reader.add(
            reader
                .fault("duplicate-tenant", message)
                .at(&first.span, "first here")
                .at(
                    &given.span,
                    if same { "and again here" } else { "and here, written otherwise" },
                )
                .help("remove one of the two, or give it an id of its own"),
        );
        return None;
    }
    seen.insert(normal.clone(), given.clone());
    let id = match given.value.parse::<TenantId>() {
        Ok(id) => id,
        Err(invalid) => {
            reader.add(
                reader
                    .fault("bad-tenant-id", format!("{} is no tenant id", quote(given.value)))
                    .at(&given.span, invalid.to_string())
                    .help(id_help(&normal, invalid)),
            );
            return None;
        }
    };
    fits(reader, &given.span, &id, naming).then_some(id)
}

fn id_help(normal: &str, invalid: InvalidTenantId) -> String {
    if matches!(invalid, InvalidTenantId::Shared | InvalidTenantId::EndsInApi) {
        return "choose another id".to_owned();
    }
    let spaced = normal.replace(['_', ' ', '.'], "-");
    let prefixed = format!("{}{spaced}", TenantId::PREFIX);
    match [spaced, prefixed].iter().find(|candidate| candidate.parse::<TenantId>().is_ok()) {
        Some(meant) if meant.len() < 64 => format!("did you mean `{meant}`?"),
        _ => "an id is `tenant-` and lower-case letters, digits, and single hyphens between them"
            .to_owned(),
    }
}

/// Whether every name that AWS makes of the id is short enough.
fn fits(reader: &mut Reader, span: &Range<usize>, id: &TenantId, naming: Naming<'_>) -> bool {
    let names = limits::too_long(id.as_str(), naming);
    let Some(longest) = names.first() else { return true };
    let excess = longest.excess(id.as_str(), naming.suffix);
    let characters = if excess == 1 { "character" } else { "characters" };
    let physical = longest.physical(id.as_str(), naming.suffix);
    let mut help = format!(
        "the {} would be named {}, and AWS takes {} characters",
        longest.resource,
        quote(&physical),
        longest.limit
    );
    for name in names.iter().skip(1) {
        let excess = name.excess(id.as_str(), naming.suffix);
        help.push_str(&format!("; the {} is {excess} over its {}", name.resource, name.limit));
    }
    reader.add(
        reader
            .fault(
                "tenant-id-too-long",
                format!("the tenant id {} is too long", quote(id.as_str())),
            )
            .at(span, format!("{excess} {characters} too many for its {}", longest.resource))
            .help(help),
    );
    false
}

fn name(reader: &mut Reader, given: &At<&str>) -> Option<String> {
    const LONGEST: usize = 128;
    let length = given.value.chars().count();
    let (label, help) = if given.value.trim().is_empty() {
        ("empty".to_owned(), "leave the key out, and the name is the id")
    } else if let Some(hidden) = given.value.chars().find(|character| is_hidden(*character)) {
        (format!("has {}, which does not show", hidden.escape_unicode()), "remove the character")
    } else if length > LONGEST {
        let over = length - LONGEST;
        (format!("{length} characters, {over} more than {LONGEST}"), "choose a shorter one")
    } else {
        return Some(given.value.to_owned());
    };
    reader.add(
        reader
            .fault("bad-tenant-name", "this cannot be a tenant's name")
            .at(&given.span, label)
            .help(help),
    );
    None
}

fn tier(reader: &mut Reader, given: &At<&str>, tiers: &BTreeMap<String, Tier>) -> Option<Tier> {
    let tier = tiers.get(given.value);
    if tier.is_none() {
        let help = match nearest(given.value, tiers.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("add a table `[tiers.NAME]`; there are: {}", {
                let names: Vec<_> = tiers.keys().map(|name| quote(name)).collect();
                names.join(", ")
            }),
        };
        reader.add(
            reader
                .fault("unknown-tier", format!("there is no tier {}", quote(given.value)))
                .at(&given.span, "not defined")
                .help(help),
        );
    }
    tier.cloned()
}
