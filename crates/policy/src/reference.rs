//! The service authorization reference, as data: which action acts on which type of resource.
//!
//! Where the facts come from, with version and date, is in the data files' `source`;
//! `data/extract.py` writes them.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, LazyLock, OnceLock, RwLock};

use foldhash::{HashMap, HashSet};
use serde::Deserialize;

use crate::pattern::{Element, Match, Pattern, Style};
use crate::text::{Part, Symbol, Text};

/// The services, by prefix. Each is read when it is asked for first.
#[derive(Debug, Default)]
pub struct Reference {
    services: BTreeMap<&'static str, Entry>,
    /// By the service that ARNs name, the other services that have actions on such resources:
    /// `kafka-cluster` on `arn:aws:kafka:...`.
    guests: BTreeMap<&'static str, Vec<&'static str>>,
}

/// A service as it lies in the file.
#[derive(Debug)]
struct Entry {
    deflated: &'static [u8],
    read: OnceLock<Service>,
}

/// The first line of the file.
#[derive(Deserialize)]
struct Head {
    /// Where each service begins behind the line, and how many bytes it has.
    #[serde(borrow)]
    services: BTreeMap<&'static str, (usize, usize)>,
    #[serde(borrow)]
    guests: BTreeMap<&'static str, Vec<&'static str>>,
}

/// What one service has.
#[derive(Debug, Default, Deserialize)]
pub struct Service {
    /// Its types of resources, by name.
    pub resources: BTreeMap<String, ResourceType>,
    /// Its condition keys and the types of their values; `${TagKey}` stands for any key of a tag.
    pub keys: BTreeMap<String, String>,
    /// Its actions, by name without the prefix.
    pub actions: BTreeMap<String, Action>,
    /// What stands fixed in the forms of its ARNs.
    #[serde(skip)]
    pieces: OnceLock<Pieces>,
}

/// The pieces of all forms of a service, by how they are looked for.
#[derive(Debug)]
struct Pieces {
    /// What has to be a part as a whole: most pieces.
    whole: HashSet<String>,
    /// What begins a part, ends one or lies inside one.
    inside: Vec<Piece>,
    /// Those of one character between two wildcards.
    marks: Vec<char>,
}

impl Pieces {
    fn of<'f>(forms: impl Iterator<Item = &'f str>) -> Self {
        let mut all: Vec<Piece> =
            forms.flat_map(|form| Piece::all(&without_variables(form))).collect();
        all.sort_unstable();
        all.dedup();
        let (marks, pieces): (Vec<_>, Vec<_>) = all.into_iter().partition(Piece::is_mark);
        let (whole, inside): (Vec<_>, Vec<_>) =
            pieces.into_iter().partition(|piece| piece.begins && piece.ends);
        Self {
            whole: whole.into_iter().map(|piece| piece.text).collect(),
            inside,
            marks: marks.iter().filter_map(|piece| piece.text.chars().next()).collect(),
        }
    }

    /// Whether one that is no mark may lie in a part.
    fn may_lie_in(&self, part: &str) -> bool {
        self.whole.contains(part) || self.inside.iter().any(|piece| piece.may_lie_in(part))
    }
}

/// What stands fixed in a form between two of its colons, slashes and wildcards.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Piece {
    text: String,
    /// Whether it begins a part, and whether it ends one: else a wildcard stands beside it.
    begins: bool,
    ends: bool,
}

impl Piece {
    fn all(form: &str) -> Vec<Self> {
        let mut pieces = Vec::new();
        for part in form.split([':', '/']) {
            let all: Vec<&str> = part.split('*').collect();
            let last = all.len() - 1;
            let fixed = all.into_iter().enumerate().filter(|(_, text)| !text.is_empty());
            pieces.extend(fixed.map(|(at, text)| Self {
                text: text.to_owned(),
                begins: at == 0,
                ends: at == last,
            }));
        }
        pieces
    }

    /// Whether it is one character between two wildcards.
    fn is_mark(&self) -> bool {
        !self.begins && !self.ends && self.text.chars().count() == 1
    }

    fn may_lie_in(&self, part: &str) -> bool {
        match (self.begins, self.ends) {
            (true, true) => part == self.text,
            (true, false) => part.starts_with(&self.text),
            (false, true) => part.ends_with(&self.text),
            (false, false) => part.contains(&self.text),
        }
    }
}

/// The marks of a text, and an `x` for all that stands between two of them.
fn between_marks(text: &str, is_mark: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut between = false;
    for char in text.chars() {
        match (is_mark(char), between) {
            (true, _) => out.push(char),
            (false, false) => out.push('x'),
            (false, true) => {}
        }
        between = !is_mark(char);
    }
    out
}

/// A type of resource.
#[derive(Debug, Deserialize)]
pub struct ResourceType {
    /// The form of its ARN, such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
    pub arn: String,
    /// The condition keys that a statement about it may use.
    pub keys: Vec<String>,
    #[serde(skip)]
    form: OnceLock<Pattern>,
}

/// An action.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// `List`, `Read`, `Write`, `Tagging, Write` or `Permissions management, Write`.
    pub access: String,
    /// The types of resources on which it acts; under the empty name what holds without one.
    pub on: BTreeMap<String, Use>,
}

/// How an action uses a type of resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Use {
    /// Whether a request must name such a resource.
    pub required: bool,
    /// The condition keys of the request.
    pub keys: Vec<String>,
    /// The actions that the caller must also be allowed.
    pub dependent: Vec<String>,
}

/// A policy that AWS manages.
#[derive(Debug, Deserialize)]
pub struct Managed {
    /// Its version, such as `v3`.
    pub version: String,
    /// The day on which that version was set, `YYYY-MM-DD`.
    pub updated: String,
    /// The document.
    pub document: serde_json::Value,
}

#[derive(Debug, Default, Deserialize)]
struct ManagedFile {
    policies: BTreeMap<String, Managed>,
}

/// Actions by full name, such as `dynamodb:GetItem`, and what is known of each.
pub type Actions = Arc<[(String, &'static Action)]>;

/// By a service's prefix and the shape of an ARN: what acts on it. Thousands of tenants have a
/// dozen shapes; templates with more lose what is remembered, and nothing else.
static ACTIONS: LazyLock<RwLock<HashMap<(String, Text), Actions>>> = LazyLock::new(RwLock::default);
const REMEMBERED: usize = 4096;

static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| Reference::index(include_bytes!("../data/services.bin")).unwrap_or_default());

static MANAGED: LazyLock<ManagedFile> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/managed.json")).unwrap_or_default()
});

/// The AWS-managed policy of this ARN, if it is one of those recorded here. The partition does not
/// matter.
pub fn managed(arn: &str) -> Option<&'static Managed> {
    let name = arn.split_once(":iam::aws:policy/")?.1;
    MANAGED.policies.get(&format!("arn:aws:iam::aws:policy/{name}"))
}

impl Reference {
    /// The reference that comes with this crate.
    pub fn get() -> &'static Self {
        &REFERENCE
    }

    fn index(file: &'static [u8]) -> Option<Self> {
        let end = file.iter().position(|byte| *byte == b'\n')?;
        let (head, rest) = file.split_at_checked(end + 1)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let entry = |(begin, length): (usize, usize)| {
            let deflated = rest.get(begin..begin.checked_add(length)?)?;
            Some(Entry { deflated, read: OnceLock::new() })
        };
        let services = head.services.into_iter();
        let services = services.map(|(prefix, place)| Some((prefix, entry(place)?)));
        Some(Self { services: services.collect::<Option<_>>()?, guests: head.guests })
    }

    /// A service by its prefix, such as `dynamodb`; case does not count.
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        let entry = self
            .services
            .get(prefix)
            .or_else(|| self.services.get(prefix.to_ascii_lowercase().as_str()))?;
        Some(entry.read.get_or_init(|| read(entry.deflated)))
    }

    /// The prefixes of the services recorded here.
    pub fn prefixes(&self) -> impl Iterator<Item = &'static str> {
        self.services.keys().copied()
    }

    /// An action by its full name, such as `dynamodb:GetItem`; case does not count.
    pub fn action(&self, name: &str) -> Option<&Action> {
        let (prefix, name) = name.split_once(':')?;
        self.service(prefix)?.action(name)
    }

    /// Whether the service of its prefix has a condition key of this name; `aws:` keys are global
    /// and not asked here.
    pub fn has_key(&self, key: &str) -> bool {
        let prefix = key.split_once(':').map_or("", |(prefix, _)| prefix).to_ascii_lowercase();
        self.service(&prefix).is_some_and(|own| own.keys.keys().any(|form| is_key(form, key)))
    }

    /// Whether requests for this action carry a service's condition key, of themselves or of a
    /// resource on which the action acts; `None` when the action is not recorded.
    pub fn sends(&self, action: &str, key: &str) -> Option<bool> {
        let (prefix, _) = action.split_once(':')?;
        let (service, known) = (self.service(prefix)?, self.action(action)?);
        let of_resource = |kind: &String| {
            service.resources.get(kind.trim_end_matches('*')).map_or(&[][..], |kind| &kind.keys)
        };
        let mut keys =
            known.on.iter().flat_map(|(kind, used)| used.keys.iter().chain(of_resource(kind)));
        Some(keys.any(|form| is_key(form, key)))
    }

    /// The actions that act on the resource of this ARN, of whatever service: full names and what is
    /// known of each. Empty when the service or the type is not recorded.
    pub fn actions_on(&'static self, arn: &Text) -> Actions {
        let named = arn.segment(2);
        let Some(named) = named.as_ref().and_then(Text::as_str) else { return Actions::default() };
        let guests = self.guests.get(named).map(Vec::as_slice).unwrap_or_default();
        let own = self.services.contains_key(named).then_some(named);
        let mut all = own.into_iter().chain(guests.iter().copied());
        let (Some(first), more) = (all.next(), all) else { return Actions::default() };
        let mut found = self.acting(first, arn);
        for prefix in more {
            let others = self.acting(prefix, arn);
            if !others.is_empty() {
                found = found.iter().chain(others.iter()).cloned().collect();
            }
        }
        found
    }

    /// The actions of one service that act on the resource of this ARN.
    fn acting(&'static self, prefix: &str, arn: &Text) -> Actions {
        let Some(service) = self.service(prefix) else { return Actions::default() };
        let key = (prefix.to_owned(), service.shape(arn));
        let remembered = |all: &HashMap<_, Actions>| all.get(&key).cloned();
        if let Some(found) = ACTIONS.read().ok().and_then(|all| remembered(&all)) {
            return found;
        }
        let types = service.types_of(&key.1);
        let acting = service
            .actions
            .iter()
            .filter(|(_, action)| types.iter().any(|kind| action.on.contains_key(*kind)));
        let found: Actions =
            acting.map(|(name, action)| (format!("{prefix}:{name}"), action)).collect();
        if let Ok(mut all) = ACTIONS.write() {
            if all.len() >= REMEMBERED {
                all.clear();
            }
            all.insert(key, found.clone());
        }
        found
    }
}

fn read(deflated: &[u8]) -> Service {
    // Read whole first: serde_json is several times faster on bytes than on a reader.
    let mut inflated = Vec::new();
    match flate2::read::DeflateDecoder::new(deflated).read_to_end(&mut inflated) {
        Ok(_) => serde_json::from_slice(&inflated).unwrap_or_default(),
        Err(_) => Service::default(),
    }
}

/// Whether a key is of a form such as `aws:RequestTag/${TagKey}`; case does not count.
fn is_key(form: &str, key: &str) -> bool {
    match form.split_once("${") {
        None => form.eq_ignore_ascii_case(key),
        Some((start, _)) => {
            key.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
        }
    }
}

impl Service {
    /// An ARN that is of the same types: names that no form of this service speaks of are `x`, and
    /// symbols are numbered anew.
    ///
    /// A form is fixed pieces between wildcards. Cut at its colons and slashes, a piece lies whole
    /// inside one part of the ARN between such marks, and at its end where the form has a mark; a
    /// part in which no piece can lie so lies under wildcards alone. Pieces of one character
    /// between two wildcards (`service/*-*`) are kept, and what stands between them is `x`.
    fn shape(&self, arn: &Text) -> Text {
        let forms = || self.resources.values().map(|kind| kind.arn.as_str());
        let pieces = self.pieces.get_or_init(|| Pieces::of(forms()));
        let mut shape = Text::default();
        let mut symbols: Vec<Symbol> = Vec::new();
        let parts = arn.parts();
        for (at, part) in parts.iter().enumerate() {
            let literal = match part {
                Part::Literal(literal) => literal,
                Part::Symbol(symbol) => {
                    let known = symbols.iter().position(|each| each == symbol);
                    let id = known.unwrap_or(symbols.len());
                    if id == symbols.len() {
                        symbols.push(*symbol);
                    }
                    shape.push_symbol(Symbol { id: id as u32, ..*symbol });
                    continue;
                }
            };
            let mut rest = literal.as_str();
            // Beside a symbol a part may go on in what the symbol stands for.
            let mut bounded = at == 0;
            loop {
                let end = rest.find([':', '/']);
                let (part, mark) = rest.split_at(end.unwrap_or(rest.len()));
                let whole = bounded && (end.is_some() || at + 1 == parts.len());
                if !whole || pieces.may_lie_in(part) {
                    shape.push_str(part);
                } else {
                    shape.push_str(&between_marks(part, |char| pieces.marks.contains(&char)));
                }
                let Some(mark_end) = mark.chars().next().map(char::len_utf8) else { break };
                let (mark, next) = mark.split_at(mark_end);
                shape.push_str(mark);
                (rest, bounded) = (next, true);
            }
        }
        shape
    }

    /// An action by its name without the prefix; case does not count.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(name).or_else(|| {
            let found = self.actions.iter().find(|(each, _)| each.eq_ignore_ascii_case(name));
            found.map(|(_, action)| action)
        })
    }

    /// The types that an ARN may be of: of the forms that it fits, those that say most, and all that
    /// it may fit, as its symbols turn out.
    pub fn types_of(&self, arn: &Text) -> Vec<&str> {
        let mut best = 0;
        let mut fits = Vec::new();
        let mut may_fit = Vec::new();
        for (name, kind) in &self.resources {
            match kind.pattern().matches(arn) {
                Match::No => {}
                Match::Yes => {
                    let literal = |element: &&Element| matches!(element, Element::Char(_));
                    let said = kind.pattern().elements().iter().filter(literal).count();
                    if said > best {
                        best = said;
                        fits.clear();
                    }
                    if said == best {
                        fits.push(name.as_str());
                    }
                }
                Match::Depends(_) => may_fit.push(name.as_str()),
            }
        }
        fits.extend(may_fit);
        fits
    }
}

impl ResourceType {
    /// The set of its ARNs.
    pub fn pattern(&self) -> &Pattern {
        self.form.get_or_init(|| Pattern::read(&without_variables(&self.arn).into(), Style::Arn))
    }
}

impl ResourceType {
    /// The beginning of an ARN, ended as this type's ARNs end.
    pub(crate) fn ended(&self, start: &Text) -> Text {
        let colons = |part: &Part| match part {
            Part::Literal(literal) => literal.matches(':').count(),
            Part::Symbol(_) => 0,
        };
        let begun = start.parts().iter().map(colons).sum();
        let form = without_variables(&self.arn);
        let rest: Vec<&str> = form.split(':').skip(begun).collect();
        let mut text = start.clone();
        text.push_str(&rest.join(":").replace('*', "x"));
        text
    }
}

/// The form of an ARN with a wildcard for each variable.
fn without_variables(arn: &str) -> String {
    let mut text = String::new();
    let mut rest = arn;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        text.push('*');
        rest = after.split_once('}').map_or("", |(_, next)| next);
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Form;

    /// Every form of every service, with names that look like the forms' own words among them.
    #[test]
    fn the_shape_of_an_arn_is_of_the_same_types() {
        let symbol = |id| Text::symbol(Symbol { id, form: Form::name() });
        let any = |id| Text::symbol(Symbol { id, form: Form::ANY });
        let after = |start: &str, symbol: Text| {
            let mut text = Text::from(start);
            text.push(&symbol);
            text
        };
        let names = [
            Text::from("tenant-001-users-prod"),
            Text::from("table"),
            Text::from("my-stream-2"),
            Text::from("a/b"),
            Text::from("index/i"),
            Text::from("a:b"),
            symbol(7),
            any(9),
            after("tenant-", symbol(7)),
            after("stream/", any(9)),
        ];
        let mut asked = 0;
        for prefix in Reference::get().prefixes() {
            let service = Reference::get().service(prefix).unwrap();
            for kind in service.resources.values() {
                // Three of the names, others for each form.
                for at in (asked..asked + 3).map(|at| at % names.len()) {
                    let mut arn = Text::default();
                    for (nth, piece) in without_variables(&kind.arn).split('*').enumerate() {
                        if nth > 0 {
                            arn.push(&names[(at + nth / 3) % names.len()]);
                        }
                        arn.push_str(piece);
                    }
                    assert_eq!(
                        service.types_of(&service.shape(&arn)),
                        service.types_of(&arn),
                        "{arn}"
                    );
                }
                asked += 3;
            }
        }
        assert!(asked > 1000, "{asked}");
    }

    #[test]
    fn arns_that_differ_in_names_alone_have_one_shape() {
        let service = Reference::get().service("dynamodb").unwrap();
        let shape = |arn: &str| service.shape(&arn.into());
        let one = shape("arn:aws:dynamodb:us-east-1:1:table/tenant-001-users/index/by-name");
        assert_eq!(one, shape("arn:aws:dynamodb:us-east-1:1:table/other/index/z"));
        assert_ne!(one, shape("arn:aws:dynamodb:us-east-1:1:table/other"));
        assert_eq!(one, shape("arn:aws:dynamodb:us-east-1:1:table/a-stream/index/z"));
        assert_ne!(one, shape("arn:aws:dynamodb:us-east-1:1:table/other/stream/z"));
    }
}
