//! The service authorization reference, as data: which action acts on which type of resource.
//!
//! Where the facts come from, with version and date, is in the data files' `source`;
//! `data/extract.py` writes them.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::pattern::{Answer, Element, Pattern, Style};
use crate::text::Text;

/// The services, by prefix.
#[derive(Debug, Default, Deserialize)]
pub struct Reference {
    services: BTreeMap<String, Service>,
}

/// What one service has.
#[derive(Debug, Deserialize)]
pub struct Service {
    /// Its types of resources, by name.
    pub resources: BTreeMap<String, ResourceType>,
    /// Its condition keys and the types of their values; `${TagKey}` stands for any key of a tag.
    pub keys: BTreeMap<String, String>,
    /// Its actions, by name without the prefix.
    pub actions: BTreeMap<String, Action>,
}

/// A type of resource.
#[derive(Debug, Deserialize)]
pub struct ResourceType {
    /// The form of its ARN, such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
    pub arn: String,
    /// The condition keys that a statement about it may use.
    pub keys: Vec<String>,
    #[serde(skip)]
    form: LazyLockPattern,
}

/// An action.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// `List`, `Read`, `Write`, `Tagging` or `Permissions management`.
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

type LazyLockPattern = std::sync::OnceLock<Pattern>;

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/services.json")).unwrap_or_default()
});

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

    /// A service by its prefix, such as `dynamodb`; case does not count.
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        self.services.get(prefix).or_else(|| self.services.get(&prefix.to_ascii_lowercase()))
    }

    /// The prefixes of the services recorded here.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// An action by its full name, such as `dynamodb:GetItem`; case does not count.
    pub fn action(&self, name: &str) -> Option<&Action> {
        let (prefix, name) = name.split_once(':')?;
        let actions = &self.service(prefix)?.actions;
        actions.get(name).or_else(|| {
            let found = actions.iter().find(|(each, _)| each.eq_ignore_ascii_case(name));
            found.map(|(_, action)| action)
        })
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

    /// The actions that act on the resource of this ARN: full names and what is known of each.
    /// Empty when the service or the type is not recorded.
    pub fn actions_on(&'static self, arn: &Text) -> Vec<(String, &'static Action)> {
        let mut found = Vec::new();
        let Some(segment) = arn.segment(2) else { return found };
        let Some(prefix) = segment.as_str() else { return found };
        let Some(service) = self.service(prefix) else { return found };
        let types = service.types_of(arn);
        for (name, action) in &service.actions {
            if types.iter().any(|kind| action.on.contains_key(*kind)) {
                found.push((format!("{prefix}:{name}"), action));
            }
        }
        found
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
    /// The types that an ARN may be of: of the forms that it fits, those that say most.
    pub fn types_of(&self, arn: &Text) -> Vec<&str> {
        let mut best = 0;
        let mut found = Vec::new();
        for (name, kind) in &self.resources {
            if kind.pattern().matches(arn) == Answer::No {
                continue;
            }
            let literal = |element: &&Element| matches!(element, Element::Char(_));
            let said = kind.pattern().elements().iter().filter(literal).count();
            if said > best {
                best = said;
                found.clear();
            }
            if said == best {
                found.push(name.as_str());
            }
        }
        found
    }
}

impl ResourceType {
    /// The set of its ARNs.
    pub fn pattern(&self) -> &Pattern {
        self.form.get_or_init(|| {
            let mut text = String::new();
            let mut rest = self.arn.as_str();
            while let Some((before, after)) = rest.split_once("${") {
                text.push_str(before);
                text.push('*');
                rest = after.split_once('}').map_or("", |(_, next)| next);
            }
            text.push_str(rest);
            Pattern::read(&text.into(), Style::Arn)
        })
    }
}
