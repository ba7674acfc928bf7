//! What a user accepts of the verifier's findings, and takes as true without its proof.
//!
//! Nothing here knows a claim; whoever does names them all.

use std::ops::Range;

use crate::day::Day;
use crate::document::{At, Reader, Table};
use crate::fault::{nearest, quote};

/// The tables `[[accept]]` and `[[assume]]` of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Findings that are acceptable for a while.
    pub accept: Vec<Accept>,
    /// What is not known, and is taken as harmless.
    pub assume: Vec<Assume>,
}

/// A finding that is acceptable, known by claim, principal, action, resource and conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// The claim's id.
    pub claim: String,
    /// Who acts; empty where the finding names nobody.
    pub principal: String,
    /// What it does.
    pub action: String,
    /// What it does it to.
    pub resource: String,
    /// The conditions under which the statements let it through; empty where they ask for none.
    pub conditions: Vec<String>,
    /// Why it is acceptable; never empty.
    pub reason: String,
    /// The last day on which it is.
    pub until: Day,
    /// Where the file says so, in bytes.
    pub span: Range<usize>,
}

/// Something that is not known, and is taken as harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assume {
    /// A short name of it, unlike every other's in the file.
    pub id: String,
    /// What is taken as true, as a sentence; never empty.
    pub text: String,
    /// What is not known, in the finding's words.
    pub unknown: String,
    /// The ids of the claims that may lean on it; empty for every claim.
    pub claims: Vec<String>,
    /// Where the file says so, in bytes.
    pub span: Range<usize>,
}

/// Reads both tables from a file's tree. Without `claims`, no claim is looked up.
pub(crate) fn read(reader: &mut Reader, root: &Table<'_>, claims: Option<&[&str]>) -> Exceptions {
    let mut exceptions = Exceptions::default();
    for table in root.array_of_tables(reader, "accept").unwrap_or_default() {
        exceptions.accept.extend(accept(reader, &table, claims));
    }
    let mut seen: Vec<At<&str>> = Vec::new();
    for table in root.array_of_tables(reader, "assume").unwrap_or_default() {
        exceptions.assume.extend(assume(reader, &table, claims, &mut seen));
    }
    exceptions
}

fn accept(reader: &mut Reader, table: &Table<'_>, claims: Option<&[&str]>) -> Option<Accept> {
    const COPY: &str = "copy it from what `tenantry verify --suggest` prints";
    const KEYS: [&str; 7] =
        ["claim", "principal", "action", "resource", "conditions", "reason", "until"];
    table.expect_keys(reader, &KEYS);
    let claim = required(reader, table, "claim", COPY).filter(|id| known(reader, id, claims));
    // A finding about a resource alone, such as a missing tag, names nobody who acts.
    let principal = match table.has("principal") {
        true => table.string(reader, "principal").map(|text| text.value),
        false => Some(""),
    };
    let action = required(reader, table, "action", COPY);
    let resource = required(reader, table, "resource", COPY);
    let conditions = match table.has("conditions") {
        true => table.strings(reader, "conditions").map(|given| given.value),
        false => Some(Vec::new()),
    };
    let reason =
        required(reader, table, "reason", "say why this may stay, for whoever reads it next");
    let until = match table.has("until") {
        true => table.day(reader, "until"),
        false => {
            missing(reader, table, "until", "add its last day: `until = 2026-12-31`");
            None
        }
    };
    Some(Accept {
        claim: claim?.value.to_owned(),
        principal: principal?.to_owned(),
        action: action?.value.to_owned(),
        resource: resource?.value.to_owned(),
        conditions: conditions?.iter().map(|one| one.value.to_owned()).collect(),
        reason: reason?.value.to_owned(),
        until: until?,
        span: table.span(),
    })
}

fn assume<'d>(
    reader: &mut Reader,
    table: &Table<'d>,
    claims: Option<&[&str]>,
    seen: &mut Vec<At<&'d str>>,
) -> Option<Assume> {
    table.expect_keys(reader, &["id", "text", "unknown", "claims"]);
    let id = required(reader, table, "id", "give it a short name, such as `id = \"one-account\"`")
        .filter(|id| first(reader, id, seen));
    let text = required(reader, table, "text", "say in a sentence what is taken as true");
    let unknown = required(
        reader,
        table,
        "unknown",
        "copy it from the finding's line `not known`, or from `tenantry verify --suggest`",
    );
    let leaning = match table.has("claims") {
        true => {
            let given = table.strings(reader, "claims")?.value;
            let all = given.iter().filter(|id| known(reader, id, claims)).count();
            (all == given.len()).then(|| given.iter().map(|id| id.value.to_owned()).collect())
        }
        false => Some(Vec::new()),
    };
    Some(Assume {
        id: id?.value.to_owned(),
        text: text?.value.to_owned(),
        unknown: unknown?.value.to_owned(),
        claims: leaning?,
        span: table.span(),
    })
}

/// A string that has to be there and to say something.
fn required<'d>(
    reader: &mut Reader,
    table: &Table<'d>,
    key: &str,
    help: &str,
) -> Option<At<&'d str>> {
    if !table.has(key) {
        missing(reader, table, key, help);
        return None;
    }
    let given = table.string(reader, key)?;
    if !given.value.trim().is_empty() {
        return Some(given);
    }
    reader.add(
        reader
            .fault("empty-key", format!("`{key}` says nothing"))
            .at(&given.span, "empty")
            .help(help),
    );
    None
}

fn missing(reader: &mut Reader, table: &Table<'_>, key: &str, help: &str) {
    reader.add(
        reader
            .fault("missing-key", format!("`{key}` is missing"))
            .at(&table.span(), "this one")
            .help(help),
    );
}

fn known(reader: &mut Reader, id: &At<&str>, claims: Option<&[&str]>) -> bool {
    let Some(claims) = claims else { return true };
    if claims.contains(&id.value) {
        return true;
    }
    let help = match nearest(id.value, claims.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "docs/claims.md lists all claims".to_owned(),
    };
    reader.add(
        reader
            .fault("unknown-claim", format!("there is no claim {}", quote(id.value)))
            .at(&id.span, "not a claim's id")
            .help(help),
    );
    false
}

fn first<'d>(reader: &mut Reader, id: &At<&'d str>, seen: &mut Vec<At<&'d str>>) -> bool {
    let Some(other) = seen.iter().find(|other| other.value == id.value) else {
        seen.push(id.clone());
        return true;
    };
    reader.add(
        reader
            .fault("duplicate-assumption", format!("{} is there twice", quote(id.value)))
            .at(&other.span, "first here")
            .at(&id.span, "and again here")
            .help("give each an id of its own"),
    );
    false
}
