//! What the templates come to: resources with resolved properties, and whose each one is.

mod owner;
pub(crate) mod tags;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_arena::Arena;

use crate::condition::Conditions;
use crate::diagnostic::{Diagnostic, Fault};
use crate::ids::{Literal, ResourceId, ResourceKey, StackId, TenantIndex, TenantKey};
use crate::options::ReadOptions;
use crate::organization::OrganizationPolicy;
use crate::source::{File, Place, Span};
use crate::syntax::Failure;
use crate::value::{PartRef, SymbolOrigin, Symbols, Text, Value};

const FUNCTION: &str = "AWS::Lambda::Function";

/// Templates, resolved.
#[derive(Debug)]
pub struct Model<'a> {
    /// The resources, in the order of their stacks and templates.
    pub resources: Arena<ResourceKey, Resource<'a>>,
    /// The tenants' ids, as the tag's values say them.
    pub tenants: Arena<TenantKey, Text<'a>>,
    /// Which of them exist in tokens alone: their users share what is nobody's own.
    pub pooled: Vec<TenantIndex>,
    /// The claim that says a user's tenant, where it is known.
    pub claim: Option<String>,
    /// The organization's policies.
    pub organization: Vec<OrganizationPolicy<'a>>,
    /// The symbols of the values.
    pub symbols: Symbols<'a>,
    /// The conditions that could not be decided.
    pub conditions: Conditions<'a>,
    /// What a reader should know, such as a key that is written twice.
    pub warnings: Vec<Diagnostic>,
    /// What could not be read and may matter: while there is one, nothing is proven of what it
    /// may create.
    pub gaps: Vec<Diagnostic>,
    /// The files.
    pub files: Vec<File<'a>>,
    names: HashMap<Text<'a>, Vec<ResourceId>>,
    /// By stack.
    logical: Vec<HashMap<String, ResourceId>>,
}

/// One resource.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// The stack that it is in.
    pub stack: StackId,
    /// Tenant, nested stacks and logical id, with slashes between: unique for a set of templates
    /// whose logical ids are.
    pub path: String,
    /// Its logical id.
    pub id: String,
    /// Its type, such as `AWS::IAM::Role`.
    pub kind: String,
    /// Its properties, a map.
    pub properties: Value<'a>,
    /// Whose it is.
    pub owner: Owner,
    /// Its logical id in the file.
    pub span: Span,
    /// Whether it exists.
    pub existence: Existence,
    /// Its `DeletionPolicy`.
    pub deletion_policy: Option<String>,
    /// Its `UpdateReplacePolicy`.
    pub update_replace_policy: Option<String>,
    /// Its `Metadata`.
    pub metadata: Option<Value<'a>>,
    /// What `Ref` of it gives.
    pub reference: Text<'a>,
    /// Its ARN, where the form is known.
    pub arn: Option<Text<'a>>,
}

/// Whose a resource is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Owner {
    /// This tenant's, one of [`Model::tenants`].
    Tenant(TenantIndex),
    /// Nobody's own.
    Shared,
    /// It belongs to one tenant by one way and to another by another; a gap says where.
    Undecided,
}

/// Whether a resource exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Existence {
    /// It does.
    Always,
    /// When a condition holds that could not be decided.
    When(Literal),
}

pub(crate) struct Parts<'a> {
    pub(crate) resources: Vec<Resource<'a>>,
    pub(crate) symbols: Symbols<'a>,
    pub(crate) conditions: Conditions<'a>,
    /// By stack: the tenant that it is deployed for.
    pub(crate) tenants: Vec<Option<usize>>,
    /// By stack that is nested: the stack around it and its logical id there.
    pub(crate) nested: Vec<Option<(StackId, String)>>,
}

pub(crate) fn build<'a>(
    files: Vec<File<'a>>,
    parts: Parts<'a>,
    warnings: Vec<Failure>,
    gaps: Vec<Failure>,
    options: &ReadOptions,
) -> Model<'a> {
    let Parts { resources, symbols, conditions, tenants: stacks, nested } = parts;
    let resources = Arena::from(resources);
    let mut names: HashMap<Text<'a>, Vec<ResourceId>> = HashMap::new();
    let mut logical: Vec<HashMap<String, ResourceId>> = vec![HashMap::new(); stacks.len()];
    for (at, resource) in resources.entries() {
        names.entry(resource.reference.clone()).or_default().push(at);
        if let Some(arn) = resource.arn.clone().filter(|arn| *arn != resource.reference) {
            names.entry(arn).or_default().push(at);
        }
        if let Some(stack) = logical.get_mut(resource.stack.0 as usize) {
            stack.insert(resource.id.clone(), at);
        }
    }
    let mut model = Model {
        resources,
        tenants: Arena::new(),
        pooled: Vec::new(),
        claim: options.pooled.claim.clone(),
        organization: Vec::new(),
        symbols,
        conditions,
        warnings: Vec::new(),
        gaps: Vec::new(),
        files,
        names,
        logical,
    };
    let mut all = gaps;
    let assigned = owner::assign(&mut model, &stacks, &nested, options);
    all.extend(assigned.gaps);
    let mut warnings = warnings;
    warnings.extend(assigned.warnings);
    let shown = |failures: Vec<Failure>| {
        failures.into_iter().map(|failure| diagnostic(&model.files, failure)).collect()
    };
    let (warnings, gaps) = (shown(warnings), shown(all));
    model.warnings = warnings;
    model.gaps = gaps;
    model
}

impl<'a> Model<'a> {
    /// A model of resources that another reader than CloudFormation's made: of a plan, or of what
    /// an account holds. Types and properties are named as CloudFormation names them; stacks are
    /// numbered from 0 without gaps; owners are set here, by tag and by what a resource is a part
    /// of. A span of no file is no place, and whatever is told of it is told without one.
    pub fn of(resources: Vec<Resource<'a>>, options: &ReadOptions) -> Self {
        let stacks = resources.iter().map(|resource| resource.stack.0 as usize + 1).max();
        let tenants = vec![None; stacks.unwrap_or(0)];
        let (symbols, conditions) = (Symbols::new(), Conditions::default());
        let nested = vec![None; tenants.len()];
        let parts = Parts { resources, symbols, conditions, tenants, nested };
        build(Vec::new(), parts, Vec::new(), Vec::new(), options)
    }

    /// The resources of a type.
    pub fn of_kind<'m>(&'m self, kind: &'m str) -> impl Iterator<Item = &'m Resource<'a>> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// The resource of a type whose name, id or ARN this text is.
    pub fn find(&self, kind: &str, text: &Text<'a>) -> Option<ResourceId> {
        self.named(text).find(|at| self.resources[*at].kind.starts_with(kind))
    }

    /// The resources, of any type, whose name, id or ARN this text is, or an attribute of which it is.
    pub fn named<'m>(&'m self, text: &Text<'a>) -> impl Iterator<Item = ResourceId> + 'm {
        let known = self.names.get(text).map(Vec::as_slice).unwrap_or_default();
        let origin = text.as_symbol().and_then(|symbol| self.symbols.origin(symbol));
        let by_symbol = match origin {
            Some(SymbolOrigin::Resource { stack, id, .. }) if known.is_empty() => {
                self.logical(*stack, id)
            }
            _ => None,
        };
        known.iter().copied().chain(by_symbol)
    }

    /// The function that a text means: by name or ARN, whole or in part, of itself or of a version
    /// or an alias.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
    pub fn function(&self, text: &Text<'a>) -> Option<ResourceId> {
        let mut text = text.clone();
        // An alias of a version of a function, and some to spare.
        for _ in 0..4 {
            if let Some(found) = self.find(FUNCTION, &text) {
                return Some(found);
            }
            let qualified = ["AWS::Lambda::Version", "AWS::Lambda::Alias"];
            let part = qualified.iter().find_map(|kind| self.find(kind, &text));
            text = match part {
                Some(part) => self.resources[part].properties.get("FunctionName")?.to_text()?,
                None => {
                    let name = after(&text, "function:").unwrap_or(text);
                    match self.find(FUNCTION, &name) {
                        Some(found) => return Some(found),
                        None => before_last(&name, ':')?,
                    }
                }
            };
        }
        None
    }

    /// The resource with this logical id in a stack.
    pub fn logical(&self, stack: StackId, id: &str) -> Option<ResourceId> {
        self.logical.get(stack.0 as usize)?.get(id).copied()
    }

    /// Where a span lies.
    pub fn place(&self, span: Span) -> Option<Place> {
        self.files.get(span.file.0 as usize).map(|file| file.place(span))
    }
}

/// What follows a literal in a text.
fn after<'a>(text: &Text<'a>, start: &str) -> Option<Text<'a>> {
    let mut found: Option<Text<'a>> = None;
    for part in text.parts() {
        match (part, &mut found) {
            (PartRef::Literal(literal), None) => {
                let rest = literal.split_once(start).map(|(_, rest)| rest.to_owned());
                found = rest.map(Text::literal);
            }
            (PartRef::Literal(literal), Some(found)) => found.push_str(literal),
            (PartRef::Symbol(symbol), Some(found)) => found.push_symbol(symbol),
            (PartRef::Symbol(_), None) => {}
        }
    }
    found
}

/// What stands before the last of a character in a text.
fn before_last<'a>(text: &Text<'a>, end: char) -> Option<Text<'a>> {
    let parts: Vec<_> = text.parts().collect();
    let has = |part: &PartRef<'_>| matches!(part, PartRef::Literal(text) if text.contains(end));
    let last = parts.iter().rposition(has)?;
    let mut out = Text::default();
    for (at, part) in parts.iter().enumerate().take(last + 1) {
        match part {
            PartRef::Literal(literal) if at == last => {
                out.push_str(literal.rsplit_once(end).map_or("", |(before, _)| before));
            }
            PartRef::Literal(literal) => out.push_str(literal),
            PartRef::Symbol(symbol) => out.push_symbol(*symbol),
        }
    }
    Some(out)
}

pub(crate) fn diagnostic(files: &[File<'_>], (fault, span): Failure) -> Diagnostic {
    let file = files.get(span.file.0 as usize);
    let place = match file {
        Some(file) if span.end > 0 => Ok(file.place(span)),
        Some(file) => Err(file.name.clone()),
        None => Err(match fault {
            Fault::OwnerOfNothing { .. } => "--owner".to_owned(),
            _ => "--parameter".to_owned(),
        }),
    };
    Diagnostic { fault, place }
}
