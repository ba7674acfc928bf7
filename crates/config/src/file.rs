//! platform.toml: what it may say, and what it means.

mod application;
mod local;
mod network;
mod options;
mod tenants;

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use toml::Spanned;
use toml::de::DeTable;

pub(crate) use self::application::Need;
use self::network::Network;
use crate::addresses::Slot;
use crate::application::Application;
use crate::document::{At, Reader, Table};
use crate::exceptions;
use crate::fault::{is_hidden, nearest, quote};
use crate::limits::{LONGEST_SUFFIX, Naming, RESERVED_WORDS};
use crate::platform::{Local, Options, Tags, Tier};
use crate::tenant_id::TenantId;
use crate::words::{self, WordFault};

/// The platform as the file describes it: everything but where its tenants live.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) environment_suffix: String,
    pub(crate) region: String,
    pub(crate) availability_zones: At<[String; 2]>,
    pub(crate) vpc_cidr: At<Ipv4Net>,
    pub(crate) dynamodb_prefix_list: String,
    pub(crate) tags: Tags,
    pub(crate) options: Options,
    /// The user's own application, and where it begins.
    pub(crate) application: Option<At<Application>>,
    /// How many living tenants a cell takes.
    pub(crate) cell_size: usize,
    pub(crate) local: Local,
    /// By name.
    pub(crate) tiers: BTreeMap<String, Tier>,
    /// In the file's order.
    pub(crate) tenants: Vec<FileTenant>,
}

/// A tenant as the file describes it.
pub(crate) struct FileTenant {
    pub(crate) id: TenantId,
    pub(crate) name: String,
    pub(crate) tier: Tier,
    pub(crate) suspended: bool,
}

/// The tenants of another file, as if they were in this one.
pub(crate) fn tenants_of(reader: &mut Reader, root: &Table<'_>, of: &File) -> Vec<FileTenant> {
    let longest = longest_service_name(of.application.as_ref());
    let naming = Naming { suffix: &of.environment_suffix, service: longest };
    tenants::read(reader, root, &of.tiers, naming)
}

fn longest_service_name(application: Option<&At<Application>>) -> Option<&str> {
    let services = application.into_iter().flat_map(|application| &application.value.services);
    services.map(|service| service.name.as_str()).max_by_key(|name| name.len())
}

/// Tenants a cell takes by default, and at most: a template holds 500 resources, and a tenant
/// needs about 20.
pub(crate) const LARGEST_CELL: u32 = 20;

/// What the file may have at its top.
pub(crate) const KEYS: &[&str] = &[
    "platform",
    "tags",
    "tiers",
    "cells",
    "local",
    "audit",
    "api",
    "operators",
    "services",
    "tables",
    "protection",
    "tenants",
    "accept",
    "assume",
];

/// Reads the file's tree. What it returns is meaningful only when the reader has no faults.
pub(crate) fn read(reader: &mut Reader, tree: &Spanned<DeTable<'_>>) -> File {
    let root = Table::root(tree);
    root.expect_keys(reader, KEYS);

    let platform = root.table(reader, "platform");
    if let Some(platform) = &platform {
        platform.expect_keys(
            reader,
            &[
                "name",
                "environment_suffix",
                "region",
                "availability_zones",
                "vpc_cidr",
                "dynamodb_prefix_list",
            ],
        );
    }
    let name = platform.and_then(|table| name(reader, &table));
    let given_suffix = platform.and_then(|table| table.string(reader, "environment_suffix"));
    let suffix = given_suffix.as_ref().and_then(|given| suffix(reader, given));
    let Network { region, availability_zones, vpc_cidr, dynamodb_prefix_list } =
        network::read(reader, platform.as_ref());
    let tags = tags(reader, &root);
    let options = options::read(reader, &root);
    let tiers = tenants::tiers(reader, &root);
    let application = application::read(reader, &root, given_suffix.as_ref());
    let cell_size = cell_size(reader, &root, &vpc_cidr, application.as_ref());
    let local = local::read(reader, &root);
    let environment_suffix = suffix.unwrap_or_else(|| "prod".to_owned());
    let longest = longest_service_name(application.as_ref());
    let tenants = tenants::read(
        reader,
        &root,
        &tiers,
        Naming { suffix: &environment_suffix, service: longest },
    );
    // Their faults are told with the others; what they say is the verifier's matter.
    exceptions::read(reader, &root, None);

    File {
        name: name.unwrap_or_else(|| "platform".to_owned()),
        environment_suffix,
        region,
        availability_zones,
        vpc_cidr,
        dynamodb_prefix_list,
        tags,
        options,
        application,
        cell_size,
        local,
        tiers,
        tenants,
    }
}

fn name(reader: &mut Reader, table: &Table<'_>) -> Option<String> {
    let name = table.string(reader, "name")?;
    word(reader, &name, "name", 32)?;
    if !name.value.starts_with(|first: char| first.is_ascii_lowercase()) {
        reader.add(
            reader
                .fault("bad-name", format!("the name {} starts with a digit", quote(name.value)))
                .at(&name.span, "has to start with a letter")
                .help(
                    "stacks are named after the platform, and a stack's name starts with a letter",
                ),
        );
        return None;
    }
    Some(name.value.to_owned())
}

fn suffix(reader: &mut Reader, suffix: &At<&str>) -> Option<String> {
    word(reader, suffix, "environment_suffix", LONGEST_SUFFIX)?;
    let first_word = suffix.value.split('-').next().unwrap_or_default();
    if RESERVED_WORDS.contains(&first_word) && first_word != suffix.value || first_word == "cell" {
        reader.add(
            reader
                .fault(
                    "suffix-reserved",
                    format!("the suffix {} begins like a part of a name", quote(suffix.value)),
                )
                .at(&suffix.span, format!("`{first_word}` comes before the suffix in some names"))
                .help("another platform's names could read the same: begin with another word"),
        );
        return None;
    }
    if suffix.value.ends_with("s3alias") {
        reader.add(
            reader
                .fault("suffix-reserved", "S3 keeps names that end in `s3alias` to itself")
                .at(&suffix.span, "the audit bucket's name would end in this")
                .help("choose another suffix"),
        );
        return None;
    }
    Some(suffix.value.to_owned())
}

/// Checks the form of a key that becomes a part of names.
fn word(reader: &mut Reader, text: &At<&str>, key: &str, longest: usize) -> Option<()> {
    let form = "lower-case letters, digits, and single hyphens between them";
    let (label, help) = match words::check(text.value) {
        Err(WordFault::Empty) => {
            ("empty".to_owned(), format!("it is a part of names: 1 to {longest} {form}"))
        }
        Err(WordFault::Character(character)) => {
            let label = format!("{character:?} cannot be a part of it");
            let lower = text.value.trim().to_lowercase().replace(['_', ' ', '.'], "-");
            let help = match words::check(&lower) {
                Ok(()) if lower.len() <= longest => format!("did you mean {}?", quote(&lower)),
                _ => format!("it is a part of names: {form}"),
            };
            (label, help)
        }
        Err(WordFault::Hyphen) => (
            "a hyphen may only stand alone between letters and digits".to_owned(),
            format!("it is a part of names: {form}"),
        ),
        Ok(()) if text.value.len() > longest => {
            let length = text.value.len();
            let over = length - longest;
            (
                format!("{length} characters, {over} more than {longest}"),
                "it is a part of names that AWS limits: choose a shorter one".to_owned(),
            )
        }
        Ok(()) => return Some(()),
    };
    let code = if key == "name" { "bad-name" } else { "bad-suffix" };
    let what = if key == "name" { "name" } else { "suffix" };
    reader.add(
        reader
            .fault(code, format!("{} cannot be the platform's {what}", quote(text.value)))
            .at(&text.span, label)
            .help(help),
    );
    None
}

fn tags(reader: &mut Reader, root: &Table<'_>) -> Tags {
    let mut tags = Tags::default();
    let Some(table) = root.table(reader, "tags") else { return tags };
    table.expect_keys(reader, &["environment", "cost_center"]);
    for (key, value) in
        [("environment", &mut tags.environment), ("cost_center", &mut tags.cost_center)]
    {
        if let Some(given) = table.string(reader, key)
            && tag_value(reader, key, &given)
        {
            given.value.clone_into(value);
        }
    }
    tags
}

/// Whether AWS takes a tag's value: 1 to 256 letters, digits, spaces and `_.:/=+-@`, and no `aws:`
/// in front. AWS General Reference, "Tag naming limits and requirements".
fn tag_value(reader: &mut Reader, key: &str, given: &At<&str>) -> bool {
    const LONGEST: usize = 256;
    let length = given.value.chars().count();
    let stranger = given.value.chars().find(|c| !c.is_alphanumeric() && !" _.:/=+-@".contains(*c));
    let (label, help) = if given.value.trim().is_empty() {
        ("empty".to_owned(), "say what costs and searches are to be grouped by")
    } else if let Some(character) = stranger {
        (format!("AWS refuses {character:?}"), "use letters, digits, spaces and `_.:/=+-@`")
    } else if length > LONGEST {
        let over = length - LONGEST;
        (format!("{length} characters, {over} more than {LONGEST}"), "choose a shorter one")
    } else if given.value.to_lowercase().starts_with("aws:") {
        ("`aws:` is AWS's own".to_owned(), "leave out `aws:`")
    } else if given.value.trim() != given.value {
        ("begins or ends with a space".to_owned(), "remove the space")
    } else {
        return true;
    };
    reader.add(
        reader
            .fault("bad-tag", format!("AWS would refuse this value of the tag `{key}`"))
            .at(&given.span, label)
            .help(help),
    );
    false
}

/// How many living tenants a cell takes: as many as are asked for, or as fit.
fn cell_size(
    reader: &mut Reader,
    root: &Table<'_>,
    vpc_cidr: &At<Ipv4Net>,
    application: Option<&At<Application>>,
) -> usize {
    let capacity = u32::from(Slot::capacity(&vpc_cidr.value));
    let budget =
        application.map(|application| (application, Need::of(&application.value).budget()));
    let fitting = budget.as_ref().and_then(|(_, budget)| u32::try_from(budget.tenants).ok());
    let default = LARGEST_CELL.min(capacity).min(fitting.unwrap_or(LARGEST_CELL));
    if let Some((application, budget)) = &budget
        && budget.tenants == 0
    {
        reader.add(
            reader
                .fault(
                    "application-too-large",
                    "not one tenant of this application fits into a cell",
                )
                .at(&application.span, budget.sum(1))
                .help("put routes and data of several services into one of them"),
        );
    }
    let given = root.table(reader, "cells").and_then(|table| {
        table.expect_keys(reader, &["size"]);
        table.integer(reader, "size", 1..=LARGEST_CELL, "tenants")
    });
    let Some(size) = given else { return default as usize };
    if let Some((application, budget)) = &budget
        && budget.tenants > 0
        && size.value as usize > budget.tenants
    {
        let (value, fitting) = (size.value, budget.tenants);
        reader.add(
            reader
                .fault("cell-too-small", format!("a cell has no room for {value} tenants of this application"))
                .at(&size.span, format!("{fitting} fit"))
                .at(&application.span, budget.sum(value as usize))
                .help(format!(
                    "give the cells a size of at most {fitting}, or leave it out; a tenant stays in its \
                     cell whatever the size becomes"
                )),
        );
    }
    if size.value > capacity {
        let (vpc, value) = (vpc_cidr.value, size.value);
        let mut fault = reader
            .fault(
                "address-space-exhausted",
                format!("the VPC {vpc} has no room for cells of {value} tenants"),
            )
            .at(&size.span, format!("needs {} blocks of /23, one of them public", value + 1));
        if !vpc_cidr.span.is_empty() {
            fault = fault.at(&vpc_cidr.span, format!("has {}", capacity + 1));
        }
        reader.add(fault.help(format!(
            "give the VPC a larger block, or the cells a size of at most {capacity}"
        )));
    }
    size.value as usize
}
