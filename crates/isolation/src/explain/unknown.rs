//! What is not known and leaves a claim undecided, why it matters, and what to do about it.

use tenantry_template::{Owner, ResourceId, Span};
use tenantry_verdict::Reason;
use tenantry_verdict::claims::ClaimId;

use super::packet::Teller;
use super::shown::controlled;
use super::{asked, convention, pooled, stakes, unexplained};
use crate::facts::{Facts, routes};
use crate::findings::unknown::{Reference, RoleUnknown, RouteUnknown, TokenUnknown, Unknown};

const BY_REFERENCE: &str = "name it by reference, or give the parameter: --parameter NAME=VALUE";

/// Why a claim is undecided, in words.
pub(super) fn reason(facts: &Facts<'_, '_>, claim: ClaimId, unknown: &Unknown) -> Reason {
    let path = |at: &ResourceId| facts.path(*at);
    let of = |at: &ResourceId| facts.span(*at);
    let told = |unknown: String, matters: String, help: &str, span: Span| Reason {
        unknown,
        matters,
        help: help.to_owned(),
        place: facts.reader.model.place(span),
    };
    match unknown {
        Unknown::Read(reason) => (**reason).clone(),
        Unknown::Hangs { on, then, at } => asked::reason(facts, on, then, *at),
        Unknown::Packet(arrival) => {
            Teller { model: facts.reader.model, read: facts.network() }.reason(arrival)
        }
        Unknown::Convention { part, value, resource, span } => {
            convention::reason(facts, claim, (*part, value.as_deref()), *resource, *span)
        }
        Unknown::Reference(reference) => foreign(facts, reference),
        Unknown::Route { what, span } => route(facts, what, *span),
        Unknown::Token { what, span } => token(facts, what, *span),
        Unknown::ForWhichTenant(by) => pooled::acts(facts, by),
        Unknown::SessionsForWhichTenant { role, by } => pooled::starts(facts, *role, by),
        Unknown::ForWhichTenantElsewhere { names, by } => pooled::elsewhere(facts, names, by),
        Unknown::AsWhom { runs, span } => pooled::as_whom(facts, *runs, *span),
        Unknown::WhoseOpen { store, by } => pooled::open(facts, *store, by),
        Unknown::WhoseRows { database } => pooled::rows(facts, *database),
        Unknown::RoleGiven { what, span } => role_given(facts, what, *span),
        Unknown::Deploys { deployer, action, role } => told(
            format!("what `{}` deploys, which may do {action}", path(deployer)),
            format!("CodeDeploy may do it as `{}`, which tenants share", path(role)),
            "leave deployments to a role that is no tenant's, or give each tenant a deployment \
             role of its own that reaches its functions alone",
            of(deployer),
        ),
        Unknown::IdTold { value, function, span } => told(
            match value {
                Some(value) => format!("`{value}`"),
                None => "a value that hangs on a condition".to_owned(),
            },
            format!("`{}` may be told another tenant's id", path(function)),
            "give it a value: --parameter NAME=VALUE or --tenant",
            *span,
        ),
        Unknown::WritesOwnOnly { writer, source, end, span } => told(
            format!(
                "whether `{}` writes only its own tenant's into what the filter behind `{}` looks at",
                path(writer),
                path(source)
            ),
            format!("`{}` may then be fed by another tenant", path(end)),
            "give each tenant a topic, bus or queue of its own, or let the platform alone write \
             to the shared one",
            *span,
        ),
        Unknown::Acl { resource, span } => told(
            format!("whether the ACL of `{}` lets others in", path(resource)),
            "it lets whoever asks read, where ACLs and public access are not switched off"
                .to_owned(),
            "leave AccessControl out",
            *span,
        ),
        Unknown::StatementForEverybody { resource, path: place, span } => told(
            format!(
                "whom `{place}` of `{}`, of type {}, lets in",
                path(resource),
                facts.reader.model.resources[*resource].kind
            ),
            "it has the form of a statement that allows something to everybody, or to another \
             account, and no rule says what such a policy is good for"
                .to_owned(),
            "name the principals that it is for",
            *span,
        ),
        Unknown::StepOutcome { from, to, action, of: thing } => told(
            format!(
                "what comes of it that `{}` may do {action} to `{}`, which runs as `{}`",
                path(from),
                path(thing),
                path(to)
            ),
            format!("`{}` acts on tenants' assets", path(to)),
            "leave the action to the deployment's role",
            of(thing),
        ),
        Unknown::WhoCalls { principal, how, span } => told(
            format!("who makes `{}` act: {}", path(principal), controlled(facts, how)),
            "it may act on the assets of several tenants".to_owned(),
            "give each tenant a role of its own, or show that no tenant gets there",
            span.unwrap_or_else(|| of(principal)),
        ),
        Unknown::WritesPolicies { principal, action, how } => told(
            format!(
                "whether tenants can have `{}` do {action} as they like: {}",
                path(principal),
                controlled(facts, how)
            ),
            "whoever writes policies gives out every right".to_owned(),
            "leave the action to the deployment's role, or bind it by a permissions boundary that \
             keeps tenants apart",
            of(principal),
        ),
        Unknown::Arn { resource, service, allowed } => told(
            format!(
                "the ARN of `{}`, of type {}",
                path(resource),
                facts.reader.model.resources[*resource].kind
            ),
            match service {
                Some(service) => format!("`{}` is allowed actions of {service}", path(allowed)),
                None => {
                    format!("`{}` is allowed actions that may be of its service", path(allowed))
                }
            },
            "leave the service's actions out, or name what they are for by its exact ARN",
            of(resource),
        ),
        Unknown::WhoseKey { key, resource, span } => told(
            format!(
                "whose key `{}` is",
                key.as_deref().unwrap_or("a key that hangs on a condition")
            ),
            format!("it encrypts `{}`", path(resource)),
            "name a key that a template here makes",
            *span,
        ),
        Unknown::NameOfTwo { first, second } => told(
            format!(
                "which of two things is meant by `{}`: both `{}` and `{}` have this name",
                facts
                    .reader
                    .model
                    .symbols
                    .readable(&facts.reader.model.resources[*second].reference),
                path(first),
                path(second)
            ),
            "they are two tenants', and AWS makes one thing of a type by one name: the second \
             cannot be deployed, or takes the first one's place"
                .to_owned(),
            "put the whole of the tenant's id into the name",
            of(second),
        ),
        Unknown::WhoseName { name, span, granted, other, action } => told(
            format!("whose `{name}` is, which no template makes"),
            format!(
                "`{}` is granted it by its tenant's name, and `{}` may do {action} to it as well",
                path(granted),
                path(other)
            ),
            "end a name before the wildcard, as in `acme/*`, and grant each tenant its own",
            *span,
        ),
        Unknown::WhoseItems { writer, table } => told(
            format!("whose items `{}` writes", path(writer)),
            format!("tenants read `{}`, which it fills", path(table)),
            "tie what tenants read to `dynamodb:LeadingKeys`",
            of(table),
        ),
        Unknown::Listener { rule, span } => told(
            format!(
                "what holds a caller of `{}` to its own tenant: the rule chooses by what the \
                 caller writes",
                path(rule)
            ),
            "whoever writes another tenant's value there is led to that tenant's targets"
                .to_owned(),
            "tell tenants by a token that is checked, or by a host name of their own whose \
             targets check who calls",
            *span,
        ),
        Unknown::TokenCompared { route, span } => told(
            format!("what compares the tenant of `{route}` with the one in the caller's token"),
            "the authorizer takes the token of every tenant's users, and says no more than that \
             one of them signed in"
                .to_owned(),
            "use an authorizer function that compares them, or give each tenant a pool or a \
             client of its own",
            *span,
        ),
        Unknown::OnShared { principal, others, action, asset, stake, tied } => {
            let others = match others {
                0 => String::new(),
                others => format!(" (as may {others} more)"),
            };
            told(
                format!(
                    "what comes of it that `{}`{others} may do {action} to `{}`, which tenants \
                     share",
                    path(principal),
                    path(asset)
                ),
                stakes::of_shared(*stake).to_owned(),
                match tied {
                    false => {
                        "leave the action to the deployment's role, or give each tenant a thing \
                         of its own"
                    }
                    true => {
                        "tie the statement to what is the tenant's own, or give each tenant a \
                         thing of its own"
                    }
                },
                of(asset),
            )
        }
        Unknown::Unexplained(what) => unexplained::reason(facts, what),
        Unknown::Action { action, principal, asset } => told(
            format!("what `{action}` does, which no list of actions has"),
            format!(
                "`{}` may do it to `{}`, which is another tenant's",
                path(principal),
                path(asset)
            ),
            "name the tenant's own ARNs, or correct the action's name",
            of(principal),
        ),
        Unknown::Attachment { subject, resource, span } => told(
            format!("what {} is, which `{}` is attached to", value(subject), path(resource)),
            "it may be a tenant's".to_owned(),
            BY_REFERENCE,
            *span,
        ),
        Unknown::End { value: end, resource, stake, span } => told(
            format!("whose {} is, which `{}` names", value(end), path(resource)),
            stakes::of_end(*stake).to_owned(),
            BY_REFERENCE,
            *span,
        ),
    }
}

/// A value by its text, where it has one.
fn value(text: &Option<String>) -> String {
    match text {
        Some(text) => format!("`{text}`"),
        None => "what hangs on a condition".to_owned(),
    }
}

fn foreign(facts: &Facts<'_, '_>, reference: &Reference) -> Reason {
    let model = facts.reader.model;
    let (resource, of) = (&model.resources[reference.resource], &model.resources[reference.of]);
    let besides = match reference.more {
        0 => String::new(),
        more => format!(", and {more} more of its kind"),
    };
    let says = if reference.told { "is given the value of" } else { "speaks of" };
    let whose = |owner: Owner, else_: &str| match owner {
        Owner::Tenant(at) => format!("`{}`'s", model.symbols.readable(&model.tenants[at])),
        _ => else_.to_owned(),
    };
    Reason {
        unknown: format!(
            "what it means that `{}` of `{}` {says} `{}`{besides}",
            reference.path, resource.path, of.path
        ),
        matters: format!(
            "the one is {}, the other {}, and no rule says what such a {} may do to a {}",
            whose(resource.owner, "everybody's"),
            whose(of.owner, "shared"),
            resource.kind,
            of.kind
        ),
        help: "name the tenant's own thing there, or show by other means that it is harmless and \
               accept it"
            .to_owned(),
        place: model.place(reference.span),
    }
}

fn route(facts: &Facts<'_, '_>, what: &RouteUnknown, span: Span) -> Reason {
    let what = match what {
        RouteUnknown::Authorizer => "this method's authorizer",
        RouteUnknown::OpenRouteLands(name) => {
            let what = format!("whose it is in which the open route `{name}` lands");
            return routes::unknown(facts, &what, span);
        }
        RouteUnknown::Integration => "where this route lands",
        RouteUnknown::CacheTime => "how long the authorizer's decision is kept",
        RouteUnknown::IdentitySource => "the identity source",
        RouteUnknown::UrlAuthorization => "this URL's `AuthType`",
        RouteUnknown::SourceArn(arn) => {
            let matters = "another tenant's route may invoke the function".to_owned();
            let reason = routes::unknown(facts, &format!("the source ARN `{arn}`"), span);
            return Reason { matters, ..reason };
        }
    };
    routes::unknown(facts, what, span)
}

fn token(facts: &Facts<'_, '_>, what: &TokenUnknown, span: Span) -> Reason {
    Reason {
        unknown: match what {
            TokenUnknown::ClaimWriter(claim) => format!("who writes the claim `{claim}`"),
            TokenUnknown::AttributeWriter(name) => format!("who may write `{name}`"),
            TokenUnknown::Issuer => "the tokens' issuer".to_owned(),
        },
        matters: "a user may then decide to which tenant it belongs".to_owned(),
        help: "write it in the template, and give parameters their values".to_owned(),
        place: facts.reader.model.place(span),
    }
}

fn role_given(facts: &Facts<'_, '_>, what: &RoleUnknown, span: Span) -> Reason {
    Reason {
        unknown: match what {
            RoleUnknown::UsersOfGroup => "whose users are in this group".to_owned(),
            RoleUnknown::Rule => "on what this rule of an identity pool looks".to_owned(),
            RoleUnknown::Claim(claim) => format!("who writes the claim `{claim}`"),
        },
        matters: "another tenant's users may then get this role".to_owned(),
        help: "tie the role to a pool, a group or a claim that says the tenant".to_owned(),
        place: facts.reader.model.place(span),
    }
}
