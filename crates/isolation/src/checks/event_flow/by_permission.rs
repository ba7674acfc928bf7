//! Permissions of a tenant's function that take in sources which another tenant can make: a rule
//! of its own, a notification of its own bucket.

use tenantry_policy as policy;
use tenantry_policy::{Context, Effect, Match, Pattern, PolicyStatement, Style};
use tenantry_template::{Owner, Span, TenantIndex};
use tenantry_verdict::claims::Barrier;

use super::{FEED, Findings};
use crate::facts::assets::{self, Asset};
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, names};
use crate::findings::breach::{Granted, Next, Step};
use crate::findings::unknown::{Then, Unknown};

/// What makes a service call a function: who it says it is, the action by which somebody aims it,
/// and what the ARN of a source holds.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html>
const AIMED: &[(&str, &str, &str)] = &[
    ("events.amazonaws.com", "events:PutTargets", ":rule/"),
    ("s3.amazonaws.com", "s3:PutBucketNotification", "arn:aws:s3:::"),
    ("sns.amazonaws.com", "sns:Subscribe", "arn:aws:sns:"),
    ("logs.amazonaws.com", "logs:PutSubscriptionFilter", ":log-group:"),
    ("iot.amazonaws.com", "iot:CreateTopicRule", ":rule/"),
    ("cognito-idp.amazonaws.com", "cognito-idp:UpdateUserPool", ":userpool/"),
    ("elasticloadbalancing.amazonaws.com", "elasticloadbalancing:RegisterTargets", ":targetgroup/"),
    ("ses.amazonaws.com", "ses:CreateReceiptRule", ":receipt-rule"),
    ("config.amazonaws.com", "config:PutConfigRule", ":config-rule/"),
    ("secretsmanager.amazonaws.com", "secretsmanager:RotateSecret", ":secret:"),
    ("codecommit.amazonaws.com", "codecommit:PutRepositoryTriggers", "arn:aws:codecommit:"),
    ("cloudformation.amazonaws.com", "cloudformation:CreateStack", ":stack/"),
];

/// Asks of each permission for a service who may aim the service at the function.
pub(super) fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    for asset in &facts.assets {
        let Owner::Tenant(victim) = asset.owner else { continue };
        let whole = !asset.target.arn.symbols().any(|symbol| names::is_part(&symbol));
        if &*asset.kind != "AWS::Lambda::Function" || !whole {
            continue;
        }
        for statement in asset.policy.iter().flat_map(|policy| &policy.statements) {
            for (service, action, holds) in AIMED {
                if lets_in(statement, service) {
                    aimed(facts, (asset, victim), statement, (*action, *holds), found);
                }
            }
        }
    }
}

fn lets_in(statement: &PolicyStatement, service: &str) -> bool {
    let principals = statement.principals.as_ref().filter(|list| !list.negated);
    let mut items = principals.into_iter().flat_map(|list| &list.items);
    statement.effect == Effect::Allow && items.any(|item| item.text.as_str() == Some(service))
}

/// The source ARNs that a statement asks for; none where it takes every source.
fn sources(statement: &PolicyStatement) -> Vec<&policy::Template> {
    let tests = statement
        .conditions
        .iter()
        .filter(|test| test.key.eq_ignore_ascii_case("aws:SourceArn") && !test.operator.negated);
    tests.flat_map(|test| &test.values).map(|item| &item.template).collect()
}

/// Some source of a service in this account.
fn some(facts: &Facts<'_, '_>, service: &str, holds: &str) -> policy::Text {
    if holds.starts_with("arn:aws:s3") {
        return policy::Text::from("arn:aws:s3:::any");
    }
    let model = facts.reader.model;
    let region = tenantry_template::Text::symbol(tenantry_template::Symbols::REGION);
    let mut arn = policy::Text::from(format!("arn:aws:{service}:").as_str());
    arn.push(&names::text(model, &region));
    arn.push_str(":");
    arn.push(&assets::account(model));
    arn.push_str(if holds.starts_with(':') { holds } else { ":" });
    arn.push_str("any");
    arn
}

fn aimed(
    facts: &Facts<'_, '_>,
    (asset, victim): (&Asset, TenantIndex),
    statement: &PolicyStatement,
    (action, holds): (&str, &str),
    found: &mut Findings,
) {
    let (service, _) = action.split_once(':').unwrap_or_default();
    let sources = sources(statement);
    let patterns: Vec<Pattern> =
        sources.iter().map(|source| Pattern::read(source.source(), Style::Arn)).collect();
    // One source by its whole name is somebody's, and who may aim it is asked of that thing.
    let wild = |source: &&policy::Template| source.source().to_string().contains(['*', '?']);
    if !sources.is_empty() && !sources.iter().any(wild) {
        return;
    }
    let mut any: Vec<policy::Text> =
        sources.iter().map(|source| names::instance_of(source)).collect();
    if sources.is_empty() {
        any.push(some(facts, service, holds));
    }
    let named = facts.principals.entries().filter(|(_, each)| each.names(service));
    for (id, principal) in named {
        let Owner::Tenant(attacker) = principal.owner else { continue };
        if attacker == victim {
            continue;
        }
        for arn in principal.named(service, holds).into_iter().chain(any.iter().cloned()) {
            let takes = |answer| patterns.iter().any(|pattern| pattern.matches(&arn) == answer);
            if !patterns.is_empty() && !takes(Match::Yes) {
                continue;
            }
            let span = facts.reader.places.get(statement.span).or(Some(facts.span(asset.at)));
            if may(facts, (id, principal), (asset, victim), (action, &arn), span, found) {
                return;
            }
        }
    }
}

/// Whether a principal may aim a source at the function, or perhaps; told as a way.
fn may(
    facts: &Facts<'_, '_>,
    (id, principal): (PrincipalId, &Principal),
    (asset, victim): (&Asset, TenantIndex),
    (action, arn): (&str, &policy::Text),
    span: Option<Span>,
    found: &mut Findings,
) -> bool {
    let account = assets::account(facts.reader.model);
    match principal.may(action, arn.clone(), account, Context::hostile()) {
        Ok(None) => false,
        Ok(Some(way)) => {
            let barrier = Barrier::InvokePermission;
            let granted = Granted {
                steps: vec![Step { what: Next::SourceAimed(asset.at), span }],
                ..Granted::on_arn(barrier, (id, principal), victim, arn.clone(), way)
            };
            found.record(FEED, asset.doubt.as_deref().or(principal.doubt()), granted);
            true
        }
        Err(reasons) => {
            let (by, action) = (principal.at, action.to_owned());
            let then = Then::Aims { by, action, function: asset.at };
            for unknown in Unknown::each(reasons, then, principal.at) {
                found.undecided(FEED, unknown);
            }
            true
        }
    }
}
