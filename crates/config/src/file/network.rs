//! Where the platform is: region, availability zones, addresses.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::quote;
use crate::addresses::Slot;
use crate::document::{At, Reader, Table};
use crate::zones::{self, NoZone};

pub(super) struct Network {
    pub(super) region: String,
    /// With an empty span when the file does not say.
    pub(super) availability_zones: At<[String; 2]>,
    /// With an empty span when the file does not say.
    pub(super) vpc_cidr: At<Ipv4Net>,
    pub(super) dynamodb_prefix_list: String,
}

const DEFAULT_REGION: &str = "us-east-1";
const DEFAULT_VPC: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 16);

/// The prefix lists that are known, by region. AWS never changes the id of a managed list; for the
/// other regions, `aws ec2 describe-managed-prefix-lists` tells.
const DYNAMODB_PREFIX_LISTS: [(&str, &str); 1] = [("us-east-1", "pl-02cd2c6b")];

/// Reads the `[platform]` table's part, or takes the defaults where there is none.
pub(super) fn read(reader: &mut Reader, table: Option<&Table<'_>>) -> Network {
    let given = table.and_then(|table| table.string(reader, "region"));
    let region = match given {
        Some(given) => region(reader, &given).then_some(given),
        None if table.is_some_and(|table| table.has("region")) => None,
        None => Some(At { value: DEFAULT_REGION, span: 0..0 }),
    };
    let zones = table.and_then(|table| table.strings(reader, "availability_zones"));
    let availability_zones = match (&region, zones) {
        (Some(region), Some(zones)) => availability_zones(reader, region, &zones)
            .map(|value| At { value, span: zones.span.clone() }),
        (Some(region), None) => {
            let value = ["a", "b"].map(|zone| format!("{}{zone}", region.value));
            Some(At { value, span: 0..0 })
        }
        (None, _) => None,
    };
    let vpc_cidr = table
        .and_then(|table| table.string(reader, "vpc_cidr"))
        .and_then(|given| Some(At { value: vpc_cidr(reader, &given)?, span: given.span }));
    let dynamodb_prefix_list = prefix_list(reader, table, region.as_ref());
    Network {
        region: region.map_or(DEFAULT_REGION, |region| region.value).to_owned(),
        availability_zones: availability_zones
            .unwrap_or_else(|| At { value: Default::default(), span: 0..0 }),
        vpc_cidr: vpc_cidr.unwrap_or(At { value: DEFAULT_VPC, span: 0..0 }),
        dynamodb_prefix_list: dynamodb_prefix_list.unwrap_or_default(),
    }
}

/// Whether a text has the form of a region's code: an area, words, and a digit.
fn region(reader: &mut Reader, given: &At<&str>) -> bool {
    let parts: Vec<_> = given.value.split('-').collect();
    let well_formed = match parts.as_slice() {
        [area, words @ .., number] if !words.is_empty() => {
            area.len() == 2
                && [*area]
                    .iter()
                    .chain(words)
                    .all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase()))
                && matches!(number.as_bytes(), [b'1'..=b'9'])
        }
        _ => false,
    };
    if !well_formed {
        let zone = given.value.strip_suffix(|last: char| last.is_ascii_lowercase());
        let help = match zone.filter(|zone| zone.ends_with(|last: char| last.is_ascii_digit())) {
            Some(region) => format!("that is an availability zone; its region is `{region}`"),
            None => "give the region's code, such as `us-east-1`".to_owned(),
        };
        reader.add(
            reader
                .fault("bad-region", format!("{} is no region", quote(given.value)))
                .at(&given.span, "not a region's code")
                .help(help),
        );
    }
    well_formed
}

fn availability_zones(
    reader: &mut Reader,
    region: &At<&str>,
    zones: &At<Vec<At<&str>>>,
) -> Option<[String; 2]> {
    let mut sound = true;
    for zone in &zones.value {
        if let Err(no_zone) = zones::check(region.value, zone.value) {
            sound = false;
            let (code, label) = match no_zone {
                NoZone::OfAnotherRegion => (
                    "zone-of-another-region",
                    format!("has to be `{}` and a letter, or an id of its zones", region.value),
                ),
                NoZone::NotThere => ("no-such-zone", "the region has no such zone".to_owned()),
            };
            let mut fault = reader
                .fault(
                    code,
                    format!("{} is no availability zone of {}", quote(zone.value), region.value),
                )
                .at(&zone.span, label);
            if !region.span.is_empty() {
                fault = fault.at(&region.span, "the region");
            }
            reader.add(fault.help(
                "`aws ec2 describe-availability-zones` lists the zones that your account has, with \
                 their ids",
            ));
        }
    }
    let [first, second] = zones.value.as_slice() else {
        let count = zones.value.len();
        let label = match count {
            0 => "no zone".to_owned(),
            1 => "one zone".to_owned(),
            more => format!("{more} zones"),
        };
        reader.add(
            reader
                .fault("zone-count", "a platform lives in exactly two availability zones")
                .at(&zones.span, label)
                .help("every tenant has a subnet in each of the two: name two"),
        );
        return None;
    };
    if first.value == second.value {
        reader.add(
            reader
                .fault("same-zone-twice", "both availability zones are the same")
                .at(&first.span, "this zone")
                .at(&second.span, "and again")
                .help("name two different zones, so that one may fail"),
        );
        return None;
    }
    sound.then(|| [first.value.to_owned(), second.value.to_owned()])
}

/// The blocks that are nobody's on the internet: RFC 1918, and RFC 6598's shared space.
const PRIVATE: [Ipv4Net; 4] = [
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
];

fn vpc_cidr(reader: &mut Reader, given: &At<&str>) -> Option<Ipv4Net> {
    let parsed: Option<Ipv4Net> = given.value.parse().ok();
    // Some readers take a leading zero for octal: only the plain form is safe to pass on.
    let Some(block) = parsed.filter(|block| block.to_string() == given.value) else {
        let (label, help) = if given.value.contains(':') {
            ("an IPv6 address", "tenants' subnets are IPv4: such as `10.0.0.0/16`".to_owned())
        } else if let Some(block) = parsed {
            ("not written plainly", format!("write `{block}`"))
        } else if given.value.parse::<Ipv4Addr>().is_ok() {
            ("has no prefix length", format!("write `{}/16`", given.value))
        } else {
            (
                "not an address block",
                "give an address and a prefix length: `10.0.0.0/16`".to_owned(),
            )
        };
        reader.add(
            reader
                .fault("bad-cidr", format!("{} is no IPv4 CIDR block", quote(given.value)))
                .at(&given.span, label)
                .help(help),
        );
        return None;
    };
    fits_a_platform(reader, given, block).then_some(block)
}

/// Whether AWS makes a VPC of the block, with room for a tenant, and of addresses that are nobody's on the internet.
fn fits_a_platform(reader: &mut Reader, given: &At<&str>, block: Ipv4Net) -> bool {
    if block.addr() != block.network() {
        reader.add(
            reader
                .fault("cidr-host-bits", format!("the VPC's block `{block}` has host bits set"))
                .at(&given.span, format!("starts inside the block, not at `{}`", block.network()))
                .help(format!("did you mean `{}`?", block.trunc())),
        );
        return false;
    }
    let prefix = block.prefix_len();
    if !(16..=28).contains(&prefix) {
        let label = if prefix < 16 { "too large" } else { "too small" };
        reader.add(
            reader
                .fault("cidr-size", format!("AWS makes no VPC of a /{prefix}"))
                .at(&given.span, label)
                .help("a VPC is a /16 to a /28; a platform needs a /16 to a /22"),
        );
        return false;
    }
    if Slot::capacity(&block) == 0 {
        reader.add(
            reader
                .fault("cidr-size", format!("a VPC of a /{prefix} has no room for a tenant"))
                .at(&given.span, "too small")
                .help(
                    "the public subnets and every tenant take a /23: a /22 is enough for one \
                     tenant a cell, a /18 for 20",
                ),
        );
        return false;
    }
    if !PRIVATE.iter().any(|private| private.contains(&block)) {
        reader.add(
            reader
                .fault("cidr-not-private", format!("`{block}` is not a private block"))
                .at(&given.span, "these addresses are somebody's on the internet")
                .help(
                    "take it from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10 \
                     (RFC 1918, RFC 6598)",
                ),
        );
        return false;
    }
    true
}

fn prefix_list(
    reader: &mut Reader,
    table: Option<&Table<'_>>,
    region: Option<&At<&str>>,
) -> Option<String> {
    const KEY: &str = "dynamodb_prefix_list";
    if let Some(table) = table.filter(|table| table.has(KEY)) {
        let given = table.string(reader, KEY)?;
        let digits = given.value.strip_prefix("pl-").unwrap_or_default();
        let hexadecimal = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hexadecimal && matches!(digits.len(), 8 | 17) {
            return Some(given.value.to_owned());
        }
        reader.add(
            reader
                .fault("bad-prefix-list", format!("{} is no prefix list", quote(given.value)))
                .at(&given.span, "has to be `pl-` and 8 or 17 hexadecimal digits")
                .help(how_to_find(region.map_or("REGION", |region| region.value))),
        );
        return None;
    }
    let region = region?;
    let known = DYNAMODB_PREFIX_LISTS.iter().find(|(name, _)| *name == region.value);
    if known.is_none() {
        reader.add(
            reader
                .fault(
                    "prefix-list-missing",
                    format!("the DynamoDB prefix list of {} is not known", region.value),
                )
                .at(&region.span, "in this region, `dynamodb_prefix_list` has to be given")
                .help(how_to_find(region.value)),
        );
    }
    known.map(|(_, list)| (*list).to_owned())
}

fn how_to_find(region: &str) -> String {
    format!(
        "find its id with `aws ec2 describe-managed-prefix-lists --region {region} --filters \
         Name=prefix-list-name,Values=com.amazonaws.{region}.dynamodb --query \
         PrefixLists[].PrefixListId`"
    )
}
