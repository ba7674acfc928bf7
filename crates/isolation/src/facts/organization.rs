//! Outer limits: what an organization's policies leave of what the templates allow.
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_authorization_policies.html>
//!
//! A service control policy limits the principals of the account, which is taken to be a member and
//! not the one that manages the organization; a resource control policy limits who does what to
//! resources of some services. Neither grants anything.

use std::collections::BTreeMap;

use tenantry_policy as policy;
use tenantry_policy::{CallerKind, Content, Context, Effect, Kind, Node, Policy};
use tenantry_template::{Diagnostic, Fault, Model, OrganizationPolicy};

use super::names;
use super::policy_document::Places;

/// The services whose resources a resource control policy limits.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
const SERVICES: &[&str] = &["s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "aoss"];

/// The organization's policies, level by level.
#[derive(Debug, Default)]
pub(crate) struct Organization {
    of_principals: Vec<Vec<Policy>>,
    of_resources: Vec<Vec<Policy>>,
    /// The organization's id, as its policies say it.
    id: Option<policy::Text>,
}

/// Whether a policy limits resources, or principals.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Limits {
    Principals,
    Resources,
}

impl Organization {
    /// The policies of a model; one that is not one is left out, since it was refused before.
    pub(crate) fn read(model: &Model<'_>, places: &mut Places) -> Self {
        let mut found = Self::default();
        let mut levels: BTreeMap<usize, [Vec<Policy>; 2]> = BTreeMap::new();
        for each in &model.organization {
            let Ok((limits, policy)) = parsed(model, each, places) else { continue };
            found.id = found.id.or_else(|| id(&policy));
            let [principals, resources] = levels.entry(each.level).or_default();
            match limits {
                Limits::Principals => principals.push(policy),
                Limits::Resources => resources.push(policy),
            }
        }
        for [mut principals, mut resources] in levels.into_values() {
            // Each level has AWS's own policy that allows everything until somebody takes it away,
            // and of resources it cannot be taken away.
            let allows =
                |policy: &Policy| policy.statements.iter().any(|each| each.effect == Effect::Allow);
            if !principals.is_empty() {
                if !principals.iter().any(allows) {
                    principals.extend(everything());
                }
                found.of_principals.push(principals);
            }
            if !resources.is_empty() {
                resources.extend(everything());
                found.of_resources.push(resources);
            }
        }
        found
    }

    /// Whether there is any that limits principals.
    pub(crate) fn limits_principals(&self) -> bool {
        !self.of_principals.is_empty()
    }

    /// Whether there is any that limits resources.
    pub(crate) fn limits_resources(&self) -> bool {
        !self.of_resources.is_empty()
    }

    /// Takes away what limits principals.
    pub(crate) fn without_principals(&mut self) {
        self.of_principals.clear();
    }

    /// Takes away what limits resources.
    pub(crate) fn without_resources(&mut self) {
        self.of_resources.clear();
    }

    /// The levels that have a say in the requests of the account's principals.
    pub(crate) fn levels(&self) -> Vec<Vec<&Policy>> {
        let all = self.of_principals.iter().chain(&self.of_resources);
        all.map(|level| level.iter().collect()).collect()
    }

    /// The levels that have a say in requests from outside the organization.
    pub(crate) fn levels_for_others(&self) -> Vec<Vec<&Policy>> {
        self.of_resources.iter().map(|level| level.iter().collect()).collect()
    }

    /// What a request of one of the account's principals says of the organization.
    pub(crate) fn own(&self, context: Context) -> Context {
        let Some(id) = &self.id else { return context };
        let value = || policy::Value::Present(vec![id.clone()]);
        context.with("aws:PrincipalOrgID", value()).with("aws:ResourceOrgID", value())
    }

    /// What a request from outside says of its organization.
    pub(crate) fn others(&self, kind: &CallerKind, context: Context) -> Context {
        let Some(id) = &self.id else { return context };
        let value = match kind {
            CallerKind::Root | CallerKind::User(_) | CallerKind::Session { .. } => {
                policy::Value::Present(vec!["<another organization>".into()])
            }
            CallerKind::Service(_) | CallerKind::Federated(_) | CallerKind::Anonymous => {
                policy::Value::Absent
            }
        };
        let context = context.with("aws:PrincipalOrgID", value);
        context.with("aws:ResourceOrgID", policy::Value::Present(vec![id.clone()]))
    }
}

/// The first of a model's organization policies that is none, with its place.
pub(crate) fn refused(model: &Model<'_>) -> Option<Diagnostic> {
    let mut places = Places::default();
    model.organization.iter().find_map(|each| {
        let (what, span) = parsed(model, each, &mut places).err()?;
        let place = span.and_then(|span| places.get(span)).unwrap_or(each.document.span);
        let place = model.place(place).ok_or_else(String::new);
        Some(Diagnostic { fault: Fault::OrganizationPolicy { what }, place })
    })
}

type Wrong = (String, Option<policy::Span>);

fn parsed(
    model: &Model<'_>,
    each: &OrganizationPolicy<'_>,
    places: &mut Places,
) -> Result<(Limits, Policy), Wrong> {
    let tree = names::tree(model, &each.document, places);
    let mut node = tree.ok_or_else(|| ("it hangs on a condition".to_owned(), None))?;
    let limits = settle(&mut node)?;
    let policy = Policy::parse(&node, Kind::Identity).map_err(|errors| {
        let first = errors.first();
        let what = first.map_or_else(String::new, |error| error.fault.to_string());
        (what, first.map(|error| error.span))
    })?;
    Ok((limits, policy))
}

/// Makes an identity's policy of a document, and says whom it limits. The principal of a resource
/// control policy is everybody, and its actions are those of the services that have such policies.
fn settle(document: &mut Node) -> Result<Limits, Wrong> {
    let mut seen = None;
    for statement in statements(document) {
        let span = statement.span;
        let wrong = |what: &str| Err((what.to_owned(), Some(span)));
        let Content::Object(members) = &mut statement.content else {
            return wrong("a statement is no object");
        };
        let text = |name: &str| {
            let member = members.iter().find(|each| each.name.as_str() == Some(name))?;
            Some(member.value.content.clone())
        };
        let limits = match text("Principal") {
            None if text("NotPrincipal").is_some() => {
                return wrong("it says `NotPrincipal`");
            }
            None => Limits::Principals,
            Some(Content::Text(all)) if all.as_str() == Some("*") => Limits::Resources,
            Some(_) => return wrong("its principal is not `*`"),
        };
        if seen.is_some_and(|seen| seen != limits) {
            return wrong("some of its statements have a principal and others have none");
        }
        seen = Some(limits);
        if limits == Limits::Resources {
            let denies = matches!(text("Effect"), Some(Content::Text(text)) if text.as_str() == Some("Deny"));
            if !denies {
                return wrong("it has a principal, and allows something");
            }
            if text("NotAction").is_some() {
                return wrong("it has a principal and says `NotAction`");
            }
            members.retain(|each| each.name.as_str() != Some("Principal"));
            for member in members.iter_mut().filter(|each| each.name.as_str() == Some("Action")) {
                narrow(&mut member.value);
            }
        }
    }
    seen.ok_or_else(|| ("it has no statement".to_owned(), None))
}

fn statements(document: &mut Node) -> Vec<&mut Node> {
    let Content::Object(members) = &mut document.content else { return Vec::new() };
    let mut found = Vec::new();
    for member in members.iter_mut().filter(|each| each.name.as_str() == Some("Statement")) {
        if !matches!(member.value.content, Content::List(_)) {
            found.push(&mut member.value);
        } else if let Content::List(items) = &mut member.value.content {
            found.extend(items.iter_mut());
        }
    }
    found
}

/// Leaves of a list of actions those of the services that have resource control policies.
fn narrow(actions: &mut Node) {
    let span = actions.span;
    let listed = match &actions.content {
        Content::List(items) => items.clone(),
        _ => vec![actions.clone()],
    };
    let action = |text: String| Node { span, content: Content::Text(text.as_str().into()) };
    let mut left = Vec::new();
    for item in listed {
        let Content::Text(text) = &item.content else {
            left.push(item);
            continue;
        };
        match text.as_str() {
            Some("*") => left.extend(SERVICES.iter().map(|service| action(format!("{service}:*")))),
            Some(text) if SERVICES.iter().any(|service| is_of(text, service)) => left.push(item),
            _ => {}
        }
    }
    if left.is_empty() {
        // An action that no request has.
        left.push(action("s3:<none>".to_owned()));
    }
    actions.content = Content::List(left);
}

fn is_of(action: &str, service: &str) -> bool {
    action.split_once(':').is_some_and(|(own, _)| own.eq_ignore_ascii_case(service))
}

/// The organization's id that a policy asks for.
fn id(policy: &Policy) -> Option<policy::Text> {
    let tests = policy.statements.iter().flat_map(|each| &each.conditions);
    let mut own = tests.filter(|test| {
        let key = test.key.to_ascii_lowercase();
        key == "aws:principalorgid" || key == "aws:resourceorgid"
    });
    let values = own.find_map(|test| test.values.first())?;
    let source = values.template.source();
    source.as_str().is_some_and(|text| text.starts_with("o-")).then(|| source.clone())
}

/// What AWS attaches by itself: everything is allowed.
fn everything() -> Option<Policy> {
    let json = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    });
    let mut policy = Policy::parse(&Node::from_json(&json), Kind::Identity).ok()?;
    for statement in &mut policy.statements {
        // No place in any file.
        statement.span = policy::Span(u32::MAX);
    }
    Some(policy)
}
