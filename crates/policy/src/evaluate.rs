//! The decision on a request, as AWS documents it.
//!
//! In one account: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>,
//! across accounts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>,
//! keys: <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>.
//!
//! The caller is hostile: what it may choose, it chooses so that the request is allowed. Each
//! statement is given its own best choice; whether one choice suits all of them is for `reach` to
//! show with a witness.

use crate::condition::{all_hold, text_matches};
use crate::document::Effect;
use crate::parsed::{ListElement, Policy, PolicyStatement, Span};
use crate::pattern::{Pattern, Style};
use crate::principal::{denied, named};
use crate::request::{Caller, CallerKind, Request};
use crate::text::Text;
use crate::truth::{Reason, Trilean, Truth};

/// Everything that has a say in a request.
#[derive(Clone, Debug, Default)]
pub struct PolicySet<'a> {
    /// The identity's policies: inline, attached, of its groups.
    pub identity: Vec<&'a Policy>,
    /// The permissions boundary.
    pub boundary: Option<&'a Policy>,
    /// The session policies; none when the session was started without.
    pub session: Vec<&'a Policy>,
    /// The resource's policy.
    pub resource: Option<&'a Policy>,
    /// What the resource's policy means when there is none, and beside the identity's.
    pub resource_kind: ResourceKind,
    /// KMS grants on the key.
    pub grants: &'a [Grant],
    /// The organization's policies, level by level: each level must allow.
    pub organization: Vec<Vec<&'a Policy>>,
    /// The policy of the VPC endpoint through which the request comes.
    pub endpoint: Option<&'a Policy>,
}

/// How a resource's own policy counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ResourceKind {
    /// Inside the account an identity's policy is enough.
    #[default]
    Ordinary,
    /// An identity's policy counts only if the resource's policy lets the account delegate: a key
    /// policy, and a role's trust policy.
    Gatekeeper,
}

/// A KMS grant. <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    /// Where it is written.
    pub span: Span,
    /// Who may use it: the ARN of a role or user, or a service.
    pub grantee: Text,
    /// What it allows, without the prefix: `Decrypt`, `GenerateDataKey`, ...
    pub operations: Vec<String>,
}

/// A decision and what led to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// What is decided.
    pub outcome: Outcome,
    /// The statements that say something on the request, in the order of the policy set.
    pub statements: Vec<Applied>,
}

/// What is decided on a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The caller gets through.
    Allow,
    /// A statement denies it.
    ExplicitDeny,
    /// Nothing that would be needed allows it.
    ImplicitDeny,
    /// It depends on these.
    Undecided(Vec<Reason>),
}

/// A statement that says something on a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Applied {
    /// In which policy it stands.
    pub source: Source,
    /// Where.
    pub span: Span,
    /// What it does.
    pub effect: Effect,
    /// Whether it applies.
    pub applies: Truth,
}

/// Which policy of a [`PolicySet`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The identity's policy of this index.
    Identity(usize),
    /// The boundary.
    Boundary,
    /// The session policy of this index.
    Session(usize),
    /// The resource's policy.
    Resource,
    /// The grant of this index.
    Grant(usize),
    /// The organization's policies of this level.
    Organization(usize),
    /// The endpoint's policy.
    Endpoint,
}

/// Decides a request.
pub fn evaluate(request: &Request, set: &PolicySet<'_>) -> Decision {
    let mut evaluation = Evaluation {
        request,
        action: request.action.to_ascii_lowercase(),
        said: Vec::new(),
        free: Trilean::Yes,
    };
    let allowed = evaluation.allowed(set);
    let Evaluation { said: statements, free, .. } = evaluation;
    let outcome = match (allowed, free) {
        (_, Trilean::No) => Outcome::ExplicitDeny,
        (Trilean::No, _) => Outcome::ImplicitDeny,
        (Trilean::Yes, Trilean::Yes) => Outcome::Allow,
        (allowed, free) => match allowed.and(free) {
            Trilean::Maybe(reasons) => Outcome::Undecided(reasons),
            Trilean::Yes | Trilean::No => Outcome::ImplicitDeny,
        },
    };
    Decision { outcome, statements }
}

/// Whether a statement's actions, resources and conditions fit the request; its principals are
/// not looked at.
pub fn applies(statement: &PolicyStatement, request: &Request) -> Truth {
    let action = request.action.to_ascii_lowercase();
    statement_fits(statement, &action, request)
}

struct Evaluation<'a> {
    request: &'a Request,
    action: String,
    said: Vec<Applied>,
    /// Whether no statement denies the request.
    free: Trilean,
}

/// What the resource's side allows, by how it names the caller.
struct Granted {
    itself: Trilean,
    role: Trilean,
    account: Trilean,
}

impl Evaluation<'_> {
    fn allowed(&mut self, set: &PolicySet<'_>) -> Trilean {
        let caller = &self.request.caller;
        let has_identity = matches!(caller.kind, CallerKind::User(_) | CallerKind::Session { .. });
        let granted = self.resource_side(set);
        let mut identity = Trilean::from(caller.kind == CallerKind::Root);
        let mut limits = Trilean::Yes;
        if has_identity {
            for (index, policy) in set.identity.iter().enumerate() {
                identity = identity.or(self.policy(Source::Identity(index), policy));
            }
            if let Some(boundary) = set.boundary {
                limits = limits.and(self.policy(Source::Boundary, boundary));
            }
            let mut session = Trilean::from(set.session.is_empty());
            for (index, policy) in set.session.iter().enumerate() {
                session = session.or(self.policy(Source::Session(index), policy));
            }
            limits = limits.and(session);
        }
        let mut gates = Trilean::Yes;
        if !matches!(caller.kind, CallerKind::Service(_)) {
            for (level, policies) in set.organization.iter().enumerate() {
                let mut allows = Trilean::No;
                for policy in policies {
                    allows = allows.or(self.policy(Source::Organization(level), policy));
                }
                gates = gates.and(allows);
            }
        }
        if let Some(endpoint) = set.endpoint {
            gates = gates.and(self.resource_policy(Source::Endpoint, endpoint).any());
        }
        let by_identity = identity.and(limits.clone());
        let named = granted.itself.clone().or(granted.role.clone().and(limits));
        let delegated = match set.resource_kind {
            ResourceKind::Ordinary => by_identity.clone(),
            ResourceKind::Gatekeeper => by_identity.clone().and(granted.any()),
        };
        let inside = named.or(delegated);
        let across = match has_identity || caller.kind == CallerKind::Root {
            true => by_identity.and(granted.any()),
            // A service or a federated caller has no policies of its own.
            false => granted.any(),
        };
        let same_account = same_account(caller, &self.request.resource_account);
        let decided = same_account.clone().and(inside).or(same_account.negated().and(across));
        decided.and(gates)
    }

    fn resource_side(&mut self, set: &PolicySet<'_>) -> Granted {
        let mut granted = Granted { itself: Trilean::No, role: Trilean::No, account: Trilean::No };
        if let Some(policy) = set.resource {
            granted = self.resource_policy(Source::Resource, policy);
        }
        for (index, grant) in set.grants.iter().enumerate() {
            let allows = grant_allows(grant, &self.action, &self.request.caller);
            if allows != Trilean::No {
                self.said.push(Applied {
                    source: Source::Grant(index),
                    span: grant.span,
                    effect: Effect::Allow,
                    applies: Truth::fixed(allows.clone()),
                });
            }
            granted.itself = granted.itself.or(allows);
        }
        granted
    }

    fn policy(&mut self, source: Source, policy: &Policy) -> Trilean {
        let mut allowed = Trilean::No;
        for statement in &policy.statements {
            let applies = statement_fits(statement, &self.action, self.request);
            match statement.effect {
                Effect::Allow => allowed = allowed.or(applies.can_hold.clone()),
                Effect::Deny => self.deny(&applies),
            }
            self.say(source, statement, applies);
        }
        allowed
    }

    fn resource_policy(&mut self, source: Source, policy: &Policy) -> Granted {
        let mut granted = Granted { itself: Trilean::No, role: Trilean::No, account: Trilean::No };
        for statement in &policy.statements {
            let applies = statement_fits(statement, &self.action, self.request);
            let Some(principals) = &statement.principals else { continue };
            let caller = &self.request.caller;
            let about = match statement.effect {
                Effect::Allow => {
                    let named = named(principals, caller);
                    let about = named.any();
                    let holds = || applies.can_hold.clone();
                    granted.itself = granted.itself.or(named.itself.and(holds()));
                    granted.role = granted.role.or(named.role.and(holds()));
                    granted.account = granted.account.or(named.account.and(holds()));
                    about
                }
                Effect::Deny => denied(principals, caller),
            };
            let applies = Truth::fixed(about).and(applies);
            if statement.effect == Effect::Deny {
                self.deny(&applies);
            }
            self.say(source, statement, applies);
        }
        granted
    }

    fn deny(&mut self, applies: &Truth) {
        let free = std::mem::replace(&mut self.free, Trilean::No);
        self.free = free.and(applies.can_fail.clone());
    }

    fn say(&mut self, source: Source, statement: &PolicyStatement, applies: Truth) {
        if !applies.never() {
            let PolicyStatement { span, effect, .. } = *statement;
            self.said.push(Applied { source, span, effect, applies });
        }
    }
}

impl Granted {
    fn any(&self) -> Trilean {
        self.itself.clone().or(self.role.clone()).or(self.account.clone())
    }
}

/// A service, and somebody anonymous, has no account: what a resource allows it is enough.
fn same_account(caller: &Caller, account: &Text) -> Trilean {
    if caller.account.parts().is_empty() {
        return Trilean::No;
    }
    Pattern::exactly(&caller.account).matches(account).into()
}

fn grant_allows(grant: &Grant, action: &str, caller: &Caller) -> Trilean {
    let Some(operation) = action.strip_prefix("kms:") else { return Trilean::No };
    if !grant.operations.iter().any(|each| each.eq_ignore_ascii_case(operation)) {
        return Trilean::No;
    }
    let grantee = Pattern::exactly(&grant.grantee);
    let is = |text: &Text| Trilean::from(grantee.matches(text));
    match &caller.kind {
        CallerKind::User(arn) => is(arn),
        CallerKind::Session { role, session } => is(role).or(is(session)),
        CallerKind::Service(name) => is(name),
        CallerKind::Root => caller.principal_arn().map_or(Trilean::No, |arn| is(&arn)),
        CallerKind::Federated(_) | CallerKind::Anonymous => Trilean::No,
    }
}

fn statement_fits(statement: &PolicyStatement, action: &str, request: &Request) -> Truth {
    let fits = Truth::fixed(action_fits(&statement.actions, action));
    if fits.never() {
        return fits;
    }
    let fits = match &statement.resources {
        Some(resources) => fits.and(resource_fits(resources, request)),
        None => fits,
    };
    if fits.never() {
        return fits;
    }
    fits.and(all_hold(&statement.conditions, request))
}

/// Whether a statement's actions take in this one; a name that is not known may be any.
pub fn lists(actions: &ListElement, action: &str) -> bool {
    action_fits(actions, &action.to_ascii_lowercase()) != Trilean::No
}

/// `action` is in lower case.
pub(crate) fn action_fits(element: &ListElement, action: &str) -> Trilean {
    let mut fits = Trilean::No;
    for item in &element.items {
        let one = match item.template.source().as_str() {
            Some(text) if !text.contains(['*', '?']) => text.eq_ignore_ascii_case(action).into(),
            Some("*") => Trilean::Yes,
            _ => {
                let pattern = Pattern::read(item.template.source(), Style::Glob).lowercase();
                pattern.matches(&action.into()).into()
            }
        };
        fits = fits.or(one);
        if fits == Trilean::Yes {
            break;
        }
    }
    if element.negated { fits.negated() } else { fits }
}

pub(crate) fn resource_fits(element: &ListElement, request: &Request) -> Truth {
    let matches = element
        .items
        .iter()
        .map(|item| text_matches(&request.resource, item, Style::Resource, false, request));
    matches.fold(Truth::fixed(false), Truth::or).negated_if(element.negated)
}
