//! What a stack's deployment on the emulator leaves out: set through each service's own API, read back, and told by name
//! where neither way holds.
//!
//! The emulator's CloudFormation says COMPLETE and drops much of a template in silence, and it lacks some types. After a
//! deployment the template's own properties are resolved, compared with what the services say, written where they
//! differ, and compared again. A property that nobody reads back and that is not in [`held`] counts as not shown, so a
//! new property or type of the template is told until somebody has looked at it.
//!
//! A file a service: it says what the service answers in the template's words, and how a property is set.

mod apigateway;
mod cloudtrail;
mod compare;
mod dynamodb;
mod ec2;
mod held;
mod lambda;
mod resolve;
mod s3;
mod sns;

pub(crate) use apigateway::split_off_gateway_responses;
pub(crate) use cloudtrail::names as trails;
pub(crate) use ec2::{left_over as made_by_ec2, made_beside};
pub(crate) use held::not_held;

use crate::client::{Client, ClientError, Stack};
use crate::deploy::whole_template;
use compare::holds;
use resolve::Resource;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use tenantry_deployed::Resolver;

/// How the platform on this machine compares with its template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How many properties were read back and are as the template says.
    pub held: usize,
    /// How many of them had to be written.
    pub written: usize,
    /// What is not as the template says, or what nothing here acts on, in the order of the template.
    pub differences: Vec<Difference>,
}

/// A property or a whole resource that is not here as it would be on AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The resource's logical id, or the output's name.
    pub logical_id: String,
    /// Its type; `Output` for an output.
    pub kind: String,
    /// The property, as the template calls it; `None` for all of it.
    pub property: Option<String>,
    /// Why it is not as on AWS.
    pub reason: Reason,
    /// What was said or found, if there is more to say.
    pub detail: String,
}

/// Why something is not as it would be on AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The emulator has nothing of this type.
    NotMade,
    /// It was set, and the service answers something else.
    NotKept,
    /// The service refused to set it.
    Refused,
    /// Nothing that was asked shows whether it is kept.
    NotShown,
    /// It is kept, and nothing here acts on it.
    NotEnforced,
}

impl Reason {
    /// Every reason, the gravest first.
    pub const ALL: [Self; 5] =
        [Self::NotMade, Self::NotKept, Self::Refused, Self::NotShown, Self::NotEnforced];

    /// A word for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMade => "not made",
            Self::NotKept => "not kept",
            Self::Refused => "refused",
            Self::NotShown => "not shown",
            Self::NotEnforced => "not enforced",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotMade => "the emulator cannot make it",
            Self::NotKept => "the emulator does not keep it",
            Self::Refused => "the emulator refuses it",
            Self::NotShown => "nothing shows whether the emulator keeps it",
            Self::NotEnforced => "kept, and nothing here acts on it",
        })
    }
}

/// Properties by name.
type Properties = Map<String, Value>;
/// Asks a service what it has, in the template's words. A property that the service does not show is not among them.
type Read = fn(&Client, &Resource) -> Result<Properties, ClientError>;
/// Sets one property.
type Write = fn(&Client, &Resource) -> Result<(), ClientError>;

/// What is known about a type.
struct Kind {
    name: &'static str,
    read: Read,
    write: &'static [(&'static str, Write)],
    /// For a type that the emulator's CloudFormation lacks and the service's API has.
    maker: Option<Maker>,
}

/// How a resource is made beside its stack.
struct Maker {
    /// The physical id, if it is there.
    find: fn(&Client, &str, &Resource) -> Result<Option<String>, ClientError>,
    /// Makes it for a stack; the properties of `write` are set afterwards.
    make: fn(&Client, &str, &Resource) -> Result<String, ClientError>,
}

/// Every type of which something is read back. Types that are made beside the stack stand in the order of making.
const KINDS: &[&Kind] = &[
    &dynamodb::TABLE,
    &s3::BUCKET,
    &lambda::FUNCTION,
    &sns::TOPIC,
    &apigateway::REST_API,
    &apigateway::STAGE,
    &ec2::NETWORK_ACL,
    &ec2::NETWORK_ACL_ENTRY,
    &ec2::FLOW_LOG,
    &cloudtrail::TRAIL,
];

/// Brings the services to what a deployed stack's template says, as far as they take it.
///
/// # Errors
/// [`ClientError`] when the emulator does not answer. What a service refuses is a [`Difference`].
pub fn settle(client: &Client, stack: &str) -> Result<Settings, ClientError> {
    let Some(mut work) = Work::begin(client, stack, true)? else { return Ok(Settings::default()) };
    cloudtrail::remove_unwanted(client, stack, &work.wanted)?;
    ec2::remove_unwanted(client, stack, &work.wanted)?;
    work.all()?;
    lambda::wait(client, &work.changed_functions)?;
    Ok(work.settings)
}

/// Compares alone, and changes nothing.
///
/// # Errors
/// [`ClientError`].
pub fn look(client: &Client, stack: &str) -> Result<Settings, ClientError> {
    let Some(mut work) = Work::begin(client, stack, false)? else { return Ok(Settings::default()) };
    work.all()?;
    Ok(work.settings)
}

/// Takes away what was made beside a stack; the stack's deletion would leave it.
///
/// # Errors
/// [`ClientError`].
pub(crate) fn take_away(client: &Client, stack: &str) -> Result<(), ClientError> {
    cloudtrail::remove_unwanted(client, stack, &BTreeMap::new())?;
    ec2::remove_unwanted(client, stack, &BTreeMap::new())
}

struct Work<'a> {
    client: &'a Client,
    stack: Stack,
    writes: bool,
    resolver: Resolver,
    /// The template's resources by logical id.
    wanted: BTreeMap<String, Value>,
    /// Their logical ids in the template's order, in which what is referred to comes first.
    order: Vec<String>,
    outputs: Vec<String>,
    changed_functions: Vec<String>,
    settings: Settings,
}

impl<'a> Work<'a> {
    /// `None` when there is no such stack, or none of ours.
    fn begin(client: &'a Client, stack: &str, writes: bool) -> Result<Option<Self>, ClientError> {
        let Some(stack) = client.stack(stack)? else { return Ok(None) };
        let Some(template) = whole_template(client, &stack.name)? else { return Ok(None) };
        let members = |name: &str| template.get(name).and_then(Value::as_object).cloned();
        let resources = members("Resources").unwrap_or_default();
        let outputs = members("Outputs").unwrap_or_default();
        Ok(Some(Self {
            client,
            resolver: Resolver::new(
                &stack.as_deployed(client.resources_of(&stack.name)?),
                &resources,
            ),
            stack,
            writes,
            order: resources.keys().cloned().collect(),
            wanted: resources.into_iter().collect(),
            outputs: outputs.into_iter().map(|(name, _)| name).collect(),
            changed_functions: Vec::new(),
            settings: Settings::default(),
        }))
    }

    fn all(&mut self) -> Result<(), ClientError> {
        for id in self.order.clone() {
            if let Some(body) = self.wanted.get(&id).cloned() {
                self.one(&id, &body)?;
            }
        }
        for name in self.outputs.iter().filter(|name| !self.stack.outputs.contains_key(*name)) {
            self.settings.differences.push(Difference {
                logical_id: name.clone(),
                kind: "Output".to_owned(),
                property: None,
                reason: Reason::NotMade,
                detail: "what it names is not in the stack".to_owned(),
            });
        }
        Ok(())
    }

    fn one(&mut self, id: &str, body: &Value) -> Result<(), ClientError> {
        let kind = body.get("Type").and_then(Value::as_str).unwrap_or_default();
        let known = KINDS.iter().find(|known| known.name == kind).copied();
        let properties = body.get("Properties").and_then(Value::as_object);
        let (mut properties, unresolved) =
            self.resolver.properties(&properties.cloned().unwrap_or_default());
        if kind == apigateway::REST_API.name {
            apigateway::split_body(&mut properties);
        }
        let in_stack = self.resolver.physical_id(id).map(ToOwned::to_owned);
        let is_in_stack = in_stack.is_some();
        let mut resource = Resource {
            logical_id: id.to_owned(),
            kind: kind.to_owned(),
            physical_id: in_stack.unwrap_or_default(),
            properties,
        };
        if !is_in_stack {
            let maker = known.and_then(|known| known.maker.as_ref());
            match (maker, unresolved.values().next()) {
                (Some(maker), None) => {
                    if !self.make(maker, &mut resource)? {
                        return Ok(());
                    }
                }
                (_, because) => {
                    let because = because.cloned().unwrap_or_default();
                    self.tell(&resource, None, Reason::NotMade, because);
                    return Ok(());
                }
            }
        }
        for (property, what) in unresolved {
            self.tell(&resource, Some(&property), Reason::NotShown, what);
        }
        self.settle(known, &resource)
    }

    /// Finds or makes a resource beside the stack. False when it is not there; that is told.
    fn make(&mut self, maker: &Maker, resource: &mut Resource) -> Result<bool, ClientError> {
        let found = (maker.find)(self.client, &self.stack.name, resource)?;
        let id = match found {
            Some(id) => id,
            None if !self.writes => {
                self.tell(
                    resource,
                    None,
                    Reason::NotMade,
                    "it is not there; `tenantry up` makes it".to_owned(),
                );
                return Ok(false);
            }
            None => match (maker.make)(self.client, &self.stack.name, resource) {
                Ok(id) => {
                    self.settings.written += 1;
                    id
                }
                Err(error @ ClientError::Unreachable { .. }) => return Err(error),
                Err(error) => {
                    self.tell(resource, None, Reason::Refused, error.to_string());
                    return Ok(false);
                }
            },
        };
        self.resolver.made(&resource.logical_id, &id);
        resource.physical_id = id;
        Ok(true)
    }

    /// Reads, writes what differs, reads again, and tells what still differs.
    fn settle(&mut self, known: Option<&Kind>, resource: &Resource) -> Result<(), ClientError> {
        let mut refused = BTreeMap::new();
        let mut found = Properties::new();
        let mut unread = String::new();
        if let Some(known) = known {
            (found, unread) = read(known, self.client, resource)?;
            if self.writes && self.write(known, resource, &found, &mut refused)? {
                (found, unread) = read(known, self.client, resource)?;
            }
        }
        for (property, wanted) in &resource.properties {
            let (reason, detail) = match (found.get(property), refused.remove(property.as_str())) {
                (Some(found), _) if holds(wanted, found) => {
                    self.settings.held += 1;
                    match held::unenforced(&resource.kind, property) {
                        Some(why) => (Reason::NotEnforced, why.to_owned()),
                        None => continue,
                    }
                }
                (_, Some(said)) => (Reason::Refused, said),
                (Some(Value::Null), None) => (Reason::NotKept, "it is not there".to_owned()),
                (Some(found), None) => (Reason::NotKept, format!("it is {found}")),
                (None, None) if held::by_cloudformation(&resource.kind, property) => {
                    match held::unenforced(&resource.kind, property) {
                        Some(why) => (Reason::NotEnforced, why.to_owned()),
                        None => continue,
                    }
                }
                (None, None) => (Reason::NotShown, unread.clone()),
            };
            self.tell(resource, Some(property), reason, detail);
        }
        Ok(())
    }

    /// Writes what differs. True when anything was written.
    fn write(
        &mut self,
        known: &Kind,
        resource: &Resource,
        found: &Properties,
        refused: &mut BTreeMap<&'static str, String>,
    ) -> Result<bool, ClientError> {
        let mut wrote = false;
        for (property, write) in known.write {
            let Some(wanted) = resource.properties.get(*property) else { continue };
            if found.get(*property).is_some_and(|found| holds(wanted, found)) {
                continue;
            }
            match write(self.client, resource) {
                Ok(()) => {
                    wrote = true;
                    self.settings.written += 1;
                    if resource.kind == lambda::FUNCTION.name {
                        self.changed_functions.push(resource.physical_id.clone());
                    }
                }
                Err(error @ ClientError::Unreachable { .. }) => return Err(error),
                Err(error) => {
                    refused.insert(property, error.to_string());
                }
            }
        }
        Ok(wrote)
    }

    fn tell(
        &mut self,
        resource: &Resource,
        property: Option<&str>,
        reason: Reason,
        detail: String,
    ) {
        self.settings.differences.push(Difference {
            logical_id: resource.logical_id.clone(),
            kind: resource.kind.clone(),
            property: property.map(ToOwned::to_owned),
            reason,
            detail,
        });
    }
}

/// What a service shows, or, where it refuses to, what it says.
fn read(
    kind: &Kind,
    client: &Client,
    resource: &Resource,
) -> Result<(Properties, String), ClientError> {
    match (kind.read)(client, resource) {
        Ok(found) => Ok((found, String::new())),
        Err(error @ ClientError::Unreachable { .. }) => Err(error),
        Err(error) => Ok((Properties::new(), error.to_string())),
    }
}
