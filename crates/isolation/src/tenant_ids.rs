//! Templates that are deployed once a tenant, verified without the tenants' values.
//!
//! What matters then is how two ids relate: `acme-*` is nothing to `globex` and all of `acme-eu`.
//! Such templates are deployed for ids of every relation at once, and a breach says which
//! relation it takes.

mod pooled;
mod seen;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regex::Regex;
use tenantry_template::{
    Loader, Parameter, Place, ReadError, ReadOptions, Source, Tenant, parameters, read,
};
use tenantry_verdict::claims::{self, Plane};
use tenantry_verdict::{
    Assumption, ClaimVerdict, Counterexample, Evidence, Notice, Party, Reason, Verdict,
};

use crate::facts::organization;
use crate::verify::{VerifyOptions, verify_model};

/// Ids that relate to each other in every way that is told apart; the first family of which a
/// parameter allows most is taken. The first two of each are any two.
const FAMILIES: [&[&str]; 8] = [
    &["acme", "globex", "acme2", "acme-eu", "acme-us", "acme_eu", "acme.eu", "eu-acme", "Acme"],
    &["ACME", "GLOBEX", "ACME2", "ACME-EU", "EU-ACME"],
    &["1", "2", "10", "1-2", "21"],
    &["1001", "2002"],
    &["tenant-1", "tenant-2", "tenant-10", "tenant-1-eu"],
    &["tenant-001", "tenant-002"],
    &["111111111111", "222222222222"],
    &["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"],
];

/// How many values of a parameter that lists them are taken for tenants.
const MOST_LISTED: usize = 100;

/// Reads templates and decides every claim. A template that is deployed once a tenant, and that
/// no tenants are given for, is decided for ids of every shape that its parameter allows.
///
/// # Errors
/// The first thing that makes a template unreadable, with its place.
pub fn verify(
    sources: &[Source<'_>],
    options: &ReadOptions,
    loader: &dyn Loader,
    asked: &VerifyOptions,
) -> Result<Verdict, ReadError> {
    let model = read(sources, options, loader)?;
    if let Some(refused) = organization::refused(&model) {
        return Err(ReadError(Box::new(refused)));
    }
    if let Some(way) = pooled::way(sources, &model, options, loader) {
        drop(model);
        return way.verify(sources, options, loader, asked);
    }
    if model.tenants.len() != 1 || !options.tenants.is_empty() {
        let mut verdict = verify_model(&model, asked);
        if model.tenants.is_empty() {
            verdict.without_tenants(&seen::nobodys(sources, &model, &options.tenant_tags));
        }
        return Ok(verdict);
    }
    let naming = naming(sources, options, loader);
    let [parameter] = naming.as_slice() else {
        let mut verdict = verify_model(&model, asked);
        if naming.is_empty() {
            verdict.warnings.push(alone(&verdict.tenants));
        } else {
            let names: Vec<&str> = naming.iter().map(|each| each.declared.name.as_str()).collect();
            leave_open(&mut verdict, &naming, &format!("the parameters {}", names.join(", ")));
        }
        return Ok(verdict);
    };
    let Some(ids) = parameter.ids() else {
        let mut verdict = verify_model(&model, asked);
        leave_open(&mut verdict, &naming, &format!("the parameter `{}`", parameter.declared.name));
        return Ok(verdict);
    };
    let tenant = |id: &String| Tenant {
        name: id.clone(),
        parameters: BTreeMap::from([(parameter.declared.name.clone(), id.clone())]),
    };
    let options = ReadOptions { tenants: ids.iter().map(tenant).collect(), ..options.clone() };
    let mut verdict = verify_model(&read(sources, &options, loader)?, asked);
    tell_once(&mut verdict, &ids);
    say_for_which(&mut verdict, &parameter.declared, &ids);
    Ok(verdict)
}

/// Tells what is so for several pairs of these ids once.
fn tell_once(verdict: &mut Verdict, ids: &[String]) {
    for answer in &mut verdict.claims {
        for list in answer.lists() {
            *list = told_once(std::mem::take(list), ids);
        }
        answer.undecided.dedup_by(|one, other| one.place.is_some() && one.place == other.place);
    }
}

/// What to say of templates with one tenant.
fn alone(tenants: &[String]) -> Notice {
    let tenant = tenants.first().map(String::as_str).unwrap_or_default();
    Notice {
        what: format!("`{tenant}` is the only tenant: there is no pair to decide"),
        help: Some("verify the templates of at least two tenants together".to_owned()),
        place: None,
    }
}

/// A parameter that names the tenant.
struct Naming {
    declared: Parameter,
    pattern: Option<Regex>,
}

impl Naming {
    fn of(declared: Parameter) -> Option<Self> {
        // The whole value must match. A pattern that is no regular expression here (Java's has
        // look-around) excludes nothing.
        let pattern = declared.allowed_pattern.as_deref();
        let pattern = pattern.and_then(|text| Regex::new(&format!("^(?:{text})$")).ok());
        matches!(declared.kind.as_str(), "String" | "Number").then_some(Self { declared, pattern })
    }

    fn allows(&self, id: &str) -> bool {
        let Parameter { kind, min_length, max_length, .. } = &self.declared;
        (min_length.unwrap_or(0)..=max_length.unwrap_or(usize::MAX)).contains(&id.len())
            && (kind != "Number" || id.bytes().all(|byte| byte.is_ascii_digit()))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(id))
    }

    /// Ids that stand for all: those that are listed, else a family; none when fewer than two fit.
    fn ids(&self) -> Option<Vec<String>> {
        let listed = &self.declared.allowed_values;
        if !listed.is_empty() {
            return (2..=MOST_LISTED).contains(&listed.len()).then(|| listed.clone());
        }
        let fitting = FAMILIES.iter().rev().map(|family| {
            let (two, more) = family.split_at(2);
            if !two.iter().all(|id| self.allows(id)) {
                return Vec::new();
            }
            let more = more.iter().filter(|id| self.allows(id));
            two.iter().chain(more).map(|id| (*id).to_owned()).collect()
        });
        fitting.max_by_key(Vec::len).filter(|ids| !ids.is_empty())
    }
}

/// The parameters without a given value that change whose the resources are.
fn naming(sources: &[Source<'_>], options: &ReadOptions, loader: &dyn Loader) -> Vec<Naming> {
    let mut found: Vec<Naming> = Vec::new();
    for source in sources {
        for parameter in parameters(*source).into_iter().filter_map(Naming::of) {
            let known = options.parameters.contains_key(&parameter.declared.name)
                || found.iter().any(|each| each.declared.name == parameter.declared.name);
            if !known && names_tenants(&parameter.declared, sources, options, loader) {
                found.push(parameter);
            }
        }
    }
    found
}

/// Whether two values of a parameter give two tenants.
fn names_tenants(
    parameter: &Parameter,
    sources: &[Source<'_>],
    options: &ReadOptions,
    loader: &dyn Loader,
) -> bool {
    let two = if parameter.allowed_values.is_empty() {
        ["acme", "globex"].map(str::to_owned).to_vec()
    } else {
        parameter.allowed_values.clone()
    };
    let tenants = |value: &String| {
        let mut options = options.clone();
        options.parameters.insert(parameter.name.clone(), value.clone());
        let model = read(sources, &options, loader).ok()?;
        Some(model.tenants.iter().map(|id| model.symbols.readable(id)).collect::<Vec<_>>())
    };
    let mut known = two.iter().take(2).map(tenants);
    match (known.next().flatten(), known.next().flatten()) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    }
}

fn leave_open(verdict: &mut Verdict, naming: &[Naming], unknown: &str) {
    let reason = Reason {
        unknown: unknown.to_owned(),
        matters: "the template is deployed once a tenant, and these say for which".to_owned(),
        help: "give your tenants' values: --tenant NAME:PARAMETER=VALUE, twice or more".to_owned(),
        place: naming.first().map(|parameter| parameter.declared.place.clone()),
    };
    for answer in of_tenants(verdict) {
        answer.undecided.push(reason.clone());
    }
}

/// The answers that are about what is between tenants.
fn of_tenants(verdict: &mut Verdict) -> impl Iterator<Item = &mut ClaimVerdict> {
    verdict.claims.iter_mut().filter(|answer| answer.claim.plane != Plane::Hygiene)
}

/// One way, and for which pairs of ids it is open.
struct Told {
    example: Counterexample,
    /// By relation: the first two ids of it.
    pairs: BTreeMap<Relation, [usize; 2]>,
}

/// Of counterexamples that differ in the ids alone one, which says for which ids it holds.
fn told_once(examples: Vec<Counterexample>, ids: &[String]) -> Vec<Counterexample> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for example in examples {
        // What it does, and where the templates say so.
        let mut key = example.identity().action;
        for Evidence { place: Place { file, line, column, .. }, .. } in &example.evidence {
            let _ = write!(key, "\n{file}:{line}:{column}");
        }
        let pair = pair(&example, ids);
        let known = told
            .entry(key)
            .or_insert_with(|| Told { example: example.clone(), pairs: BTreeMap::new() });
        let Some((relation, pair)) = pair else { continue };
        let simpler =
            |(other, first): (&Relation, &[usize; 2])| (relation, pair) < (*other, *first);
        if known.pairs.first_key_value().is_some_and(simpler) {
            known.example = example;
        }
        let first = known.pairs.entry(relation).or_insert(pair);
        *first = pair.min(*first);
    }
    let mut examples: Vec<Counterexample> =
        told.into_values().map(|told| told.with_its_ids(ids)).collect();
    examples.sort_by_cached_key(Counterexample::identity);
    examples
}

impl Told {
    fn with_its_ids(mut self, ids: &[String]) -> Counterexample {
        for (relation, [one, other]) in &self.pairs {
            if let (Some(one), Some(other)) = (ids.get(*one), ids.get(*other)) {
                let says = relation.says();
                self.example.when.push(format!("{says}, such as `{one}` and `{other}`"));
            }
            if *relation == Relation::Any {
                break;
            }
        }
        self.example
    }
}

/// The two tenants of a counterexample as indexes of the ids, and how they relate.
fn pair(example: &Counterexample, ids: &[String]) -> Option<(Relation, [usize; 2])> {
    let (Party::Tenant(attacker), Party::Tenant(victim)) = (&example.attacker, &example.victim)
    else {
        return None;
    };
    let at = |tenant: &String| ids.iter().position(|id| id == tenant);
    let mut pair = [at(attacker)?, at(victim)?];
    pair.sort_unstable();
    // The first two are any two, even where all begin alike: `tenant-1`, `tenant-2`.
    let relation = if pair == [0, 1] { Relation::Any } else { Relation::of(attacker, victim) };
    (attacker != victim).then_some((relation, pair))
}

/// How two ids relate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Relation {
    /// In no way that matters.
    Any,
    /// One is the other and more behind it, after this character if it is a separator.
    Begins(Option<char>),
    /// One is the other and more in front of it.
    Ends,
    /// They begin alike.
    Alike,
    /// They differ in case.
    Case,
}

impl Relation {
    fn of(one: &str, other: &str) -> Self {
        let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
        if let Some(rest) = long.strip_prefix(short) {
            let separator = rest.chars().next().filter(|c| !c.is_ascii_alphanumeric());
            Self::Begins(separator)
        } else if long.ends_with(short) {
            Self::Ends
        } else if one.eq_ignore_ascii_case(other) {
            Self::Case
        } else if one.chars().next() != other.chars().next() {
            Self::Any
        } else {
            Self::Alike
        }
    }

    fn says(self) -> String {
        match self {
            Self::Any => "the ids are any two".to_owned(),
            Self::Begins(None) => "one id is the other with more behind it".to_owned(),
            Self::Begins(Some(separator)) => {
                format!("one id is the other with `{separator}` and more behind it")
            }
            Self::Ends => "one id is the other with more in front of it".to_owned(),
            Self::Alike => "the ids begin alike".to_owned(),
            Self::Case => "the ids differ in upper and lower case alone".to_owned(),
        }
    }
}

fn say_for_which(verdict: &mut Verdict, parameter: &Parameter, ids: &[String]) {
    let name = &parameter.name;
    let list = ids.join(", ");
    let help = format!("give your tenants' own: --tenant NAME:{name}=VALUE, twice or more");
    verdict.warnings.push(Notice {
        what: format!("`{name}` is the tenant's and has no value: decided for the ids {list}"),
        help: Some(help),
        place: Some(parameter.place.clone()),
    });
    if parameter.allowed_values.is_empty() {
        verdict.assumptions.push(Assumption {
            id: "tenants/shapes-of-ids".to_owned(),
            text: format!("Any two values of `{name}` relate as two of these do: {list}."),
            added: false,
            claims: claims::all().filter(|claim| claim.plane != Plane::Hygiene).collect(),
        });
    }
}
