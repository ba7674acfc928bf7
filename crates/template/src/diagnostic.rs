//! Everything that can be wrong with a template's text, as data.

use std::fmt;

use thiserror::Error;

use crate::source::Place;

/// What is wrong with an input.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's message says what it is")]
pub enum Fault {
    #[error("the file has {bytes} bytes, and at most {limit} are read")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the file is not UTF-8: byte {at} is the first that is not")]
    NotUtf8 { at: usize },
    #[error("the file is empty")]
    Empty,
    #[error("not JSON: {what}")]
    Json { what: &'static str },
    #[error("not YAML: {what}")]
    Yaml { what: String },
    #[error("nested more than {limit} deep")]
    TooDeep { limit: usize },
    #[error("the file's anchors and aliases copy more than {limit} nodes")]
    AliasBudget { limit: usize },
    #[error("an anchor is used inside itself")]
    AliasCycle,
    #[error("the tag `{tag}` is none that CloudFormation knows")]
    UnknownTag { tag: String, suggestion: Option<String> },
    #[error("a key must be plain text")]
    ComplexKey,
    #[error("`<<` takes a mapping or a list of mappings")]
    BadMerge,
    #[error("the file holds more than one YAML document")]
    SecondDocument,
    #[error("the key `{key}` is repeated below; only the last one counts")]
    DuplicateKey { key: String },
    #[error("this is no CloudFormation template: it has no `Resources`")]
    NoResources,
    #[error("`{section}` is no section of a template")]
    UnknownSection { section: String, suggestion: Option<String> },
    #[error("`{attribute}` is no attribute of a resource")]
    UnknownAttribute { attribute: String, suggestion: Option<String> },
    #[error("the resource `{id}` has no `Type`")]
    NoType { id: String },
    #[error("{wanted} was expected here, not {found}")]
    WrongKind { wanted: &'static str, found: &'static str },
    #[error("`{function}` takes {wanted}")]
    BadFunction { function: String, wanted: &'static str },
    #[error("`{function}` is no intrinsic function")]
    UnknownFunction { function: String, suggestion: Option<String> },
    #[error("an intrinsic function must be the only key of its mapping")]
    FunctionBesideKeys,
    #[error("`{name}` is no parameter, resource or pseudo parameter of this template")]
    UnknownReference { name: String, suggestion: Option<String> },
    #[error("`{name}` is no condition of this template")]
    UnknownCondition { name: String, suggestion: Option<String> },
    #[error("the mapping has no `{key}`")]
    NoMappingKey { key: String },
    #[error("item {index} is asked for, and the list has {length}")]
    IndexOutOfRange { index: String, length: usize },
    #[error("`{name}` depends on itself")]
    Cycle { name: String },
    #[error("the template makes a text or list that is larger than {limit}")]
    TooLong { limit: usize },
    #[error("more than {limit} undecided conditions hang together here")]
    TooManyConditions { limit: usize },
    #[error("the template repeats its own parts too often: it needs more than {limit} steps")]
    TooMuchWork { limit: usize },
    #[error("the value {value} of parameter `{name}` is not among its `AllowedValues`")]
    NotAllowed { name: String, value: String },
    #[error("no template has a parameter `{name}`")]
    UnknownParameter { name: String, suggestion: Option<String> },
    #[error("what `{name}` loops over cannot be known")]
    OpenLoop { name: String },
    #[error("the loops make more than {limit} nodes")]
    LoopBudget { limit: usize },
    #[error("stacks are nested more than {limit} deep, or a template nests itself")]
    NestedTooDeep { limit: usize },
    #[error("the templates make more than {limit} stacks")]
    TooManyStacks { limit: usize },
    #[error("the nested template `{url}` cannot be read: {reason}")]
    NotLoaded { url: String, reason: String },
    #[error("the template `{url}` is not on this disk; what it creates is not known")]
    NestedElsewhere { url: String },
    #[error("the macro `{name}` runs only in AWS; what it changes is not known")]
    Macro { name: String },
    #[error("the module `{name}` is put in by AWS; what it creates is not known")]
    Module { name: String },
    #[error("the export `{name}` is made more than once; its value is not known")]
    AmbiguousExport { name: String },
    #[error("this resource belongs to {first} by one reference and to {second} by another")]
    TwoOwners { first: String, second: String },
    #[error("this tag's value cannot be known, so neither can the owner: it is {value}")]
    OpenOwner { value: String },
    #[error("the tag `{key}` may say whose this is, and it is not asked for")]
    OtherTenantTag { key: String },
    #[error("this is no policy of an organization: {what}")]
    OrganizationPolicy { what: String },
    #[error("no resource has a logical id, a path or a name like `{pattern}`")]
    OwnerOfNothing { pattern: String },
    #[error("{what} is not understood here; what it creates is not known")]
    Sam { what: String },
    #[error("{what} is not understood here; what calls the API's functions is not known")]
    SamApi { what: String },
}

impl Fault {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let near = |suggestion: &Option<String>| {
            suggestion.as_ref().map(|name| format!("did you mean `{name}`?"))
        };
        let fixed = match self {
            Self::UnknownReference { name, .. }
                if name.contains(':') && !name.starts_with("AWS") =>
            {
                return Some(format!(
                    "a policy variable inside `Fn::Sub` is written `${{!{name}}}`"
                ));
            }
            Self::UnknownTag { suggestion, .. }
            | Self::UnknownSection { suggestion, .. }
            | Self::UnknownAttribute { suggestion, .. }
            | Self::UnknownFunction { suggestion, .. }
            | Self::UnknownReference { suggestion, .. }
            | Self::UnknownCondition { suggestion, .. }
            | Self::UnknownParameter { suggestion, .. } => return near(suggestion),
            Self::TooLarge { .. } => "a template has at most 1 MB; split the stack",
            Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::TooDeep { .. } => "move the inner part to a resource or mapping of its own",
            Self::AliasBudget { .. } | Self::AliasCycle => {
                "write out what the aliases stand for; CloudFormation itself reads 1 MB at most"
            }
            Self::SecondDocument => "keep one template in a file",
            Self::DuplicateKey { .. } => "remove this one, or give it another name",
            Self::NoResources => "name template files only",
            Self::FunctionBesideKeys => "move the other keys out, or into the function's value",
            Self::Cycle { .. } => "break the circle: CloudFormation refuses it too",
            Self::TooManyConditions { .. } => {
                "give the parameters that they ask about a value: --parameter NAME=VALUE"
            }
            Self::TooMuchWork { .. } => {
                "write long values once, where they are used, or read fewer templates at a time"
            }
            Self::OpenLoop { .. } => "give the parameter a value: --parameter NAME=A,B",
            Self::NestedElsewhere { .. } => {
                "put the nested template on disk and give its relative path"
            }
            Self::NotLoaded { .. } => {
                "put the file there (`sam build` and `aws cloudformation package` write templates \
                 of their own), or verify the nested template by itself"
            }
            Self::Macro { .. } | Self::Module { .. } => {
                "verify what it makes: `aws cloudformation get-template --template-stage Processed`"
            }
            Self::OpenOwner { .. } => "give the parameter a value: --parameter or --tenant",
            Self::OrganizationPolicy { .. } => {
                "a service control policy has no principal; a resource control policy denies, and its \
                 principal is `*`"
            }
            Self::OtherTenantTag { key } => {
                return Some(format!(
                    "name it beside the others: --tenant-tag tenant_id --tenant-tag {key}"
                ));
            }
            Self::OwnerOfNothing { .. } => {
                "`*` stands for any characters: --owner 'Acme*=acme'; a name that AWS makes up has none"
            }
            Self::TwoOwners { .. } => "tag it, or split it into one resource a tenant",
            _ => return None,
        };
        Some(fixed.to_owned())
    }
}

/// A fault and where it is: what is wrong, the place in the file, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// What is wrong.
    pub fault: Fault,
    /// Where; the file alone when the fault is not at one place.
    pub place: Result<Place, String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.fault)?;
        match &self.place {
            Ok(place) => write!(f, "{place}")?,
            Err(file) => write!(f, " --> {file}")?,
        }
        self.fault.help().map_or(Ok(()), |help| write!(f, "\n help: {help}"))
    }
}

/// Why the templates could not be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{0}")]
pub struct ReadError(pub Box<Diagnostic>);

/// The name among `known` that is nearest to `name`, if one is near.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let near = known.into_iter().take(2000).map(|known| (distance(name, known), known));
    let (distance, known) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + name.len() / 4).then(|| known.to_owned())
}

/// The edit distance of two names, without regard to case; long names are not compared.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, pair) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            left = (left + 1).min(above + 1).min(diagonal + usize::from(x != *y));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
