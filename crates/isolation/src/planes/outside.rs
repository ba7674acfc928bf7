//! Whom an asset's own policy lets in from outside the account.

use tenantry_policy as policy;
use tenantry_policy::{
    Caller, CallerKind, Context, Effect, Outcome, PolicySet, PolicyStatement, PrincipalKind,
    Request, Way, evaluate,
};

use super::access::{Facts, Found};
use super::assets::Asset;
use super::explain;
use crate::claims::{Barrier, identity};
use crate::model::Owner;
use crate::verdict::{Counterexample, Party};

/// Decides `identity/outside`: every statement of a tenant's asset's policy that allows.
pub(crate) fn decide(facts: &Facts<'_, '_>, found: &mut Found) {
    found.claim(identity::OUTSIDE);
    let mut last = None;
    for asset in &facts.assets {
        let Owner::Tenant(_) = asset.owner else { continue };
        let Some(policy) = &asset.policy else { continue };
        found.ask(identity::OUTSIDE);
        if last == Some(asset.at) && !matches!(&*asset.kind, "AWS::S3::Bucket") {
            continue;
        }
        last = Some(asset.at);
        for statement in policy.statements.iter().filter(|each| each.effect == Effect::Allow) {
            for stranger in strangers(statement, asset) {
                ask(facts, asset, statement, &stranger, found);
            }
        }
    }
}

/// Who outside the account a statement may mean.
fn strangers(statement: &PolicyStatement, asset: &Asset) -> Vec<Caller> {
    let mut found = Vec::new();
    let Some(principals) = &statement.principals else { return found };
    let of = |kind, account: &str| Caller { kind, account: account.into(), tags: Vec::new() };
    let anybody = || [of(CallerKind::Anonymous, ""), of(CallerKind::Root, "<another account>")];
    if principals.negated {
        found.extend(anybody());
        return found;
    }
    for item in &principals.items {
        match item.kind {
            PrincipalKind::Everyone => found.extend(anybody()),
            PrincipalKind::Aws if item.text.as_str() == Some("*") => found.extend(anybody()),
            PrincipalKind::Aws => {
                let account = item.text.segment(4).unwrap_or_else(|| item.text.clone());
                if account != asset.target.account && !account.parts().is_empty() {
                    let kind = match item.text.as_str().is_some_and(|text| text.contains(":user/"))
                    {
                        true => CallerKind::User(item.text.clone()),
                        false => CallerKind::Root,
                    };
                    found.push(Caller { kind, account, tags: Vec::new() });
                }
            }
            PrincipalKind::Service => {
                if !tied(statement) && !runs_code(&item.text) {
                    found.push(Caller {
                        kind: CallerKind::Service(item.text.clone()),
                        account: policy::Text::default(),
                        tags: Vec::new(),
                    });
                }
            }
            PrincipalKind::Federated => found.push(Caller {
                kind: CallerKind::Federated(item.text.clone()),
                account: policy::Text::default(),
                tags: Vec::new(),
            }),
            PrincipalKind::CanonicalUser => {}
        }
    }
    found
}

/// Whether a statement says for whom a service must act.
fn tied(statement: &PolicyStatement) -> bool {
    statement.conditions.iter().any(|test| {
        let key = test.key.to_ascii_lowercase();
        !test.operator.negated
            && !test.operator.if_exists
            && (matches!(
                key.as_str(),
                "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths"
            ) || key.starts_with("kms:encryptioncontext:"))
            && !test.values.iter().all(|item| item.template.source().as_str() == Some("*"))
    })
}

/// Services that run with a role which somebody of the account must have passed to them, and so
/// need no tie to a source in its trust policy.
fn runs_code(service: &policy::Text) -> bool {
    const SERVICES: &[&str] = &[
        "lambda.amazonaws.com",
        "edgelambda.amazonaws.com",
        "ec2.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "states.amazonaws.com",
        "codebuild.amazonaws.com",
        "glue.amazonaws.com",
        "batch.amazonaws.com",
        "pods.eks.amazonaws.com",
        "apigateway.amazonaws.com",
        "events.amazonaws.com",
        "scheduler.amazonaws.com",
    ];
    service.as_str().is_some_and(|service| SERVICES.contains(&service))
}

fn ask(
    facts: &Facts<'_, '_>,
    asset: &Asset,
    statement: &PolicyStatement,
    stranger: &Caller,
    found: &mut Found,
) {
    // A trust policy is the only one in which a service that runs code needs no tie.
    let Some(action) = action_of(statement, asset) else { return };
    let every = every_action();
    let mut set = PolicySet { resource: asset.policy.as_deref(), ..PolicySet::default() };
    set.identity.extend(every.as_ref());
    let request = Request {
        caller: stranger.clone(),
        action,
        resource: asset.target.arn.clone(),
        resource_account: asset.target.account.clone(),
        resource_tags: asset.target.tags.clone(),
        context: Context::hostile(),
    };
    let decision = evaluate(&request, &set);
    let who = match &stranger.kind {
        CallerKind::Anonymous => "everyone".to_owned(),
        CallerKind::Service(name) | CallerKind::Federated(name) | CallerKind::User(name) => {
            super::names::readable(facts.reader.model, name)
        }
        _ => format!("account {}", super::names::readable(facts.reader.model, &stranger.account)),
    };
    match &decision.outcome {
        Outcome::Allow => {
            let victim = explain::party(facts, asset.owner);
            let barrier = match &*asset.kind {
                "AWS::IAM::Role" => Barrier::TrustPolicy,
                "AWS::KMS::Key" => Barrier::KeyPolicy,
                _ => Barrier::ResourcePolicy,
            };
            let mut example =
                Counterexample::new(identity::OUTSIDE, Party::Outside, victim, barrier);
            example.principal = who;
            let way = Way { request, decision };
            explain::request(facts, &way, asset, &mut example);
            example.fix = identity::OUTSIDE.fix.to_owned();
            match &asset.open {
                Some(reason) => found.undecided(identity::OUTSIDE, (**reason).clone()),
                None => found.claim(identity::OUTSIDE).counterexamples.push(example),
            }
        }
        Outcome::Undecided(reasons) => {
            let matters =
                format!("{who} may then do {} to `{}`", request.action, facts.path(asset.at));
            for reason in reasons {
                found.undecided(
                    identity::OUTSIDE,
                    explain::reason(facts, reason, &matters, asset.at),
                );
            }
        }
        Outcome::ExplicitDeny | Outcome::ImplicitDeny => {}
    }
}

/// One action that a statement lists.
fn action_of(statement: &PolicyStatement, asset: &Asset) -> Option<String> {
    let first = statement.actions.items.first()?.template.source().as_str()?;
    if !statement.actions.negated && !first.contains(['*', '?']) {
        return Some(first.to_owned());
    }
    let known = policy::Reference::get().actions_on(&asset.target.arn);
    let mut known = known.iter().map(|(name, _)| name.clone());
    if statement.actions.negated {
        return known.next();
    }
    let start = first.split(['*', '?']).next().unwrap_or_default().to_ascii_lowercase();
    known.find(|name| name.to_ascii_lowercase().starts_with(&start))
}

/// A stranger's own account allows it everything.
fn every_action() -> Option<policy::Policy> {
    let json = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    });
    policy::Policy::parse(&policy::Node::from_json(&json), policy::Kind::Identity).ok()
}
