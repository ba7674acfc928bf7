//! Who acts: roles and users, with all that is said of what they may do.

use foldhash::{HashMap, HashMapExt as _};
use tenantry_arena::{Arena, define_id};
use tenantry_policy as policy;
use tenantry_policy::{Caller, Kind, Policy};
use tenantry_template::{Existence, Model, Owner, Resource, ResourceId, Span, Value};
use tenantry_verdict::Reason;

use super::names;
use super::policies::Reader;

define_id!(
    /// A principal of the facts.
    pub(crate) PrincipalId of PrincipalKey
);

/// A role or a user.
#[derive(Debug)]
pub(crate) struct Principal {
    /// The role or the user.
    pub(crate) at: ResourceId,
    pub(crate) owner: Owner,
    pub(crate) arn: policy::Text,
    pub(crate) caller: Caller,
    pub(crate) policies: Vec<Policy>,
    pub(crate) boundary: Option<Policy>,
    /// Why what it may do is not all known.
    pub(crate) unknown_rights: Vec<Reason>,
    /// Why it is not known whether it exists. Where it does not, it can do nothing: so this opens
    /// nothing by itself, and leaves open what it could do.
    pub(crate) missing: Option<Reason>,
}

impl Principal {
    /// Why it is not sure that it can do what its policies say.
    pub(crate) fn doubt(&self) -> Option<&Reason> {
        self.doubts().next()
    }

    /// All that makes unsure what it can do.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = &Reason> {
        self.unknown_rights.iter().chain(&self.missing)
    }

    /// A request of its own for which its policies and its boundary suffice, on anything that has no
    /// policy of its own.
    pub(crate) fn may(
        &self,
        action: &str,
        on: policy::Text,
        account: policy::Text,
        context: policy::Context,
    ) -> Result<Option<policy::Witness>, Vec<policy::Reason>> {
        let set = policy::PolicySet {
            identity: self.policies.iter().collect(),
            boundary: self.boundary.as_ref(),
            ..policy::PolicySet::default()
        };
        let request = policy::Request {
            caller: self.caller.clone(),
            action: action.to_owned(),
            resource: on,
            resource_account: account,
            resource_tags: None,
            context,
        };
        policy::find_witness(&request, &set)
    }

    /// Whether one of its policies allows anything of this service.
    pub(crate) fn names(&self, service: &str) -> bool {
        let statements = self.policies.iter().flat_map(|policy| &policy.statements);
        let allows = statements.filter(|each| each.effect == policy::Effect::Allow);
        allows
            .flat_map(|statement| {
                let negated = statement.actions.negated;
                statement.actions.items.iter().map(move |item| (negated, item))
            })
            .any(|(negated, item)| {
                let start = item.template.source().literal_start().to_ascii_lowercase();
                let prefix = start.split(['*', '?', ':']).next().unwrap_or_default();
                negated
                    || prefix == service
                    || (!start.contains(':') && service.starts_with(prefix))
            })
    }

    /// An ARN for each that its statements name of a service: what a statement names and
    /// no template makes may be changed as well. A policy variable stands for anything.
    pub(crate) fn named(&self, service: &str, holds: &str) -> Vec<policy::Text> {
        let statements = self.policies.iter().flat_map(|policy| &policy.statements);
        let allows = statements.filter(|each| each.effect == policy::Effect::Allow);
        let lists = allows.filter_map(|each| each.resources.as_ref().filter(|list| !list.negated));
        let mut found: Vec<policy::Text> = Vec::new();
        for item in lists.flat_map(|list| &list.items) {
            let arn = names::instance_of(&item.template);
            let of_service = arn.segment(2).is_some_and(|own| own.as_str() == Some(service));
            let of_kind = arn.parts().iter().any(
                |part| matches!(part, policy::Part::Literal(literal) if literal.contains(holds)),
            );
            if of_service && of_kind && !found.contains(&arn) {
                found.push(arn);
            }
        }
        found
    }
}

/// The roles and users of a model, in its order.
pub(crate) fn read<'a>(reader: &mut Reader<'_, 'a>) -> Arena<PrincipalKey, Principal> {
    let model = reader.model;
    let attached = attached(model);
    let groups = groups(model);
    let mut principals = Arena::new();
    for (at, resource) in model.resources.entries() {
        let user = match resource.kind.as_str() {
            "AWS::IAM::Role" => false,
            "AWS::IAM::User" => true,
            _ => continue,
        };
        let Some(arn) = &resource.arn else { continue };
        let arn = names::text(model, arn);
        let session = policy::Symbol { id: names::SESSION, form: policy::Form::name() };
        let mut caller = match user {
            true => Caller::user(&arn),
            false => Caller::session(&arn, &policy::Text::symbol(session)),
        };
        caller.tags = tags(model, resource);
        let mut principal = Principal {
            at,
            owner: resource.owner,
            arn,
            caller,
            policies: Vec::new(),
            boundary: None,
            unknown_rights: Vec::new(),
            missing: None,
        };
        if let Existence::When(_) = resource.existence {
            let help = "give the parameters of its condition: --parameter NAME=VALUE";
            principal.missing = Some(*reader.reason("whether it exists", help, resource.span));
        }
        let of_groups = groups.get(&at).into_iter().flatten();
        for (from, span) in [(Some(at), resource.span)].iter().chain(of_groups) {
            let Some(from) = *from else {
                let help = "write the group in a template here, or attach its policies to the user";
                principal.unknown_rights.push(*reader.reason("what its group may do", help, *span));
                continue;
            };
            let resource = &model.resources[from];
            inline(reader, resource, &mut principal);
            for value in listed(resource, "ManagedPolicyArns") {
                named(reader, value, &mut principal);
            }
            for policy in attached.get(&from).into_iter().flatten() {
                attach(reader, &model.resources[*policy], &mut principal);
            }
        }
        boundary(reader, resource, &mut principal);
        principals.push(principal);
    }
    principals
}

/// By user: its groups, `None` for one that no template here makes, and where each is named.
fn groups(model: &Model<'_>) -> HashMap<ResourceId, Vec<(Option<ResourceId>, Span)>> {
    const GROUP: &str = "AWS::IAM::Group";
    let mut groups: HashMap<ResourceId, Vec<(Option<ResourceId>, Span)>> = HashMap::new();
    let group = |value: &Value<'_>| {
        let found = value.to_text().and_then(|text| model.find(GROUP, &text));
        (found, value.span)
    };
    for (at, resource) in model.resources.entries() {
        match resource.kind.as_str() {
            "AWS::IAM::User" => {
                let own = listed(resource, "Groups").iter().map(group);
                groups.entry(at).or_default().extend(own);
            }
            "AWS::IAM::UserToGroupAddition" => {
                let Some(name) = resource.properties.get("GroupName") else { continue };
                for value in listed(resource, "Users") {
                    let user = value.to_text().and_then(|text| model.find("AWS::IAM::User", &text));
                    if let Some(user) = user {
                        groups.entry(user).or_default().push(group(name));
                    }
                }
            }
            _ => {}
        }
    }
    groups
}

/// By role, user or group: the policy resources that name it.
fn attached(model: &Model<'_>) -> HashMap<ResourceId, Vec<ResourceId>> {
    const WAYS: &[(&str, &str)] = &[
        ("Roles", "AWS::IAM::Role"),
        ("Users", "AWS::IAM::User"),
        ("RoleName", "AWS::IAM::Role"),
        ("UserName", "AWS::IAM::User"),
        ("Groups", "AWS::IAM::Group"),
        ("GroupName", "AWS::IAM::Group"),
    ];
    const KINDS: &[&str] = &[
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
    ];
    let mut attached: HashMap<ResourceId, Vec<ResourceId>> = HashMap::new();
    for (at, resource) in model.resources.entries() {
        if !KINDS.contains(&resource.kind.as_str()) {
            continue;
        }
        for (property, kind) in WAYS {
            for value in listed(resource, property) {
                let found = value.to_text().and_then(|text| model.find(kind, &text));
                if let Some(principal) = found {
                    attached.entry(principal).or_default().push(at);
                }
            }
        }
    }
    attached
}

fn listed<'v, 'a>(resource: &'v Resource<'a>, property: &str) -> &'v [Value<'a>] {
    resource.properties.get(property).map(Value::items).unwrap_or_default()
}

fn inline<'a>(reader: &mut Reader<'_, 'a>, resource: &Resource<'a>, into: &mut Principal) {
    for item in listed(resource, "Policies") {
        match item.get("PolicyDocument") {
            Some(value) => add(reader.read(value, Kind::Identity), into),
            None => {
                let help = "give the parameters of its condition: --parameter NAME=VALUE";
                into.unknown_rights.push(*reader.reason("an inline policy", help, item.span));
            }
        }
    }
}

fn attach<'a>(reader: &mut Reader<'_, 'a>, resource: &Resource<'a>, into: &mut Principal) {
    if let Some(value) = resource.properties.get("PolicyDocument") {
        add(reader.read(value, Kind::Identity), into);
    }
    if let Existence::When(_) = resource.existence {
        let help = "give the parameters of its condition: --parameter NAME=VALUE";
        into.unknown_rights.push(*reader.reason("whether its policy exists", help, resource.span));
    }
}

/// A managed policy by its ARN: one of the model, or one of AWS.
fn named<'a>(reader: &mut Reader<'_, 'a>, value: &Value<'a>, into: &mut Principal) {
    let model = reader.model;
    let text = value.to_text();
    let own = text.as_ref().and_then(|text| model.find("AWS::IAM::ManagedPolicy", text));
    if let Some(own) = own {
        attach(reader, &model.resources[own], into);
        return;
    }
    match text.as_ref().and_then(|text| text.as_literal()) {
        Some(arn) => add(reader.managed(arn, value.span), into),
        None => {
            let help = "give the parameter a value, or name the policy here";
            let what = text.map_or_else(
                || "a managed policy".to_owned(),
                |text| format!("the managed policy `{}`", model.symbols.readable(&text)),
            );
            into.unknown_rights.push(*reader.reason(&what, help, value.span));
        }
    }
}

fn boundary<'a>(reader: &mut Reader<'_, 'a>, resource: &Resource<'a>, into: &mut Principal) {
    let Some(value) = resource.properties.get("PermissionsBoundary") else { return };
    let mut read = Principal {
        at: into.at,
        owner: into.owner,
        arn: policy::Text::default(),
        caller: into.caller.clone(),
        policies: Vec::new(),
        boundary: None,
        unknown_rights: Vec::new(),
        missing: None,
    };
    named(reader, value, &mut read);
    into.unknown_rights.append(&mut read.unknown_rights);
    into.boundary = read.policies.pop();
}

fn add(read: super::policies::Read, into: &mut Principal) {
    match read {
        Ok(policy) => into.policies.push(policy),
        Err(reason) => into.unknown_rights.push(*reason),
    }
}

/// A resource's tags whose values are texts.
pub(crate) fn tags(model: &Model<'_>, resource: &Resource<'_>) -> Vec<(String, policy::Text)> {
    let all = tenantry_template::tags(&resource.kind, &resource.properties).into_iter();
    all.filter_map(|(key, value)| Some((key.to_owned(), names::text(model, &value.to_text()?))))
        .collect()
}
