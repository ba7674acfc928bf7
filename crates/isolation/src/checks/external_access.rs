//! Whom an asset's own policy lets in from outside the account.

use foldhash::{HashSet, HashSetExt as _};
use tenantry_policy as policy;
use tenantry_policy::{
    Caller, CallerKind, Context, Effect, PolicySet, PolicyStatement, PrincipalItem, PrincipalKind,
    Request,
};
use tenantry_template::Owner;
use tenantry_verdict::claims::Barrier;

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::assets::Asset;
use crate::facts::passed_roles::is_passed_roles;
use crate::facts::policies::tied;
use crate::facts::{Facts, classify, keys, names};
use crate::findings::breach::{Advice, Granted, Pairs, Requester, Side, Stranger};
use crate::findings::unknown::{Then, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OUTSIDE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Whom assets' own policies let in from outside the account.
pub(crate) struct ExternalAccess;

impl Check for ExternalAccess {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &mut found);
        found
    }
}

/// Decides `identity/outside`: every statement of a tenant's asset's policy that allows.
fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let every = every_action();
    // Who was let in by which statement: a part of the same resource adds nothing.
    let mut told = HashSet::new();
    for asset in &facts.assets {
        // Where users share everything, what lies in a shared store may be any tenant's.
        let pooled = !facts.reader.model.pooled.is_empty()
            && asset.owner == Owner::Shared
            && classify::stores_data(&asset.kind);
        if !pooled && !matches!(asset.owner, Owner::Tenant(_)) {
            continue;
        }
        let Some(policy) = &asset.policy else { continue };
        found.ask(identity::OUTSIDE);
        let allows = policy.statements.iter().enumerate();
        for (at, statement) in allows.filter(|(_, each)| each.effect == Effect::Allow) {
            let external_callers = external_callers(statement, asset);
            if external_callers.is_empty() {
                continue;
            }
            let actions = actions(statement, asset);
            let mut through = false;
            for (stranger, context) in external_callers {
                let who = who(&stranger);
                let known = told.contains(&(asset.at, at, who.clone()));
                if known || (through && who == Stranger::Named(ANY_SERVICE.into())) {
                    continue;
                }
                let mut set = PolicySet { resource: Some(policy), ..PolicySet::default() };
                set.organization = facts.organization.levels_for_others();
                let context = facts.organization.others(&stranger.kind, context);
                let context = keys::settled(facts, None, asset, &set, context);
                set.identity.extend(every.as_ref());
                if ask(asset, &set, &actions, &stranger, &context, found) {
                    through = true;
                    told.insert((asset.at, at, who));
                }
            }
        }
    }
}

/// Who outside the account a statement may mean, each with what AWS says of its requests.
fn external_callers(statement: &PolicyStatement, asset: &Asset) -> Vec<(Caller, Context)> {
    let mut found = Vec::new();
    let Some(principals) = &statement.principals else { return found };
    let service = |name: &policy::Text| {
        let kind = CallerKind::Service(name.clone());
        let each = sources(statement).into_iter().map(move |source| {
            let (caller, context) = caller(kind.clone(), policy::Text::default());
            let context = context.having("aws:SourceAccount", ANOTHER_ACCOUNT);
            (caller, context.having("aws:SourceArn", source))
        });
        each.collect::<Vec<_>>()
    };
    let untied = !tied(statement, &asset.target.account);
    let anybody = || {
        let mut all = vec![
            caller(CallerKind::Anonymous, "".into()),
            caller(CallerKind::Root, ANOTHER_ACCOUNT.into()),
        ];
        if untied && &*asset.kind != "AWS::IAM::Role" {
            all.extend(service(&ANY_SERVICE.into()));
        }
        all
    };
    if principals.negated {
        found.extend(anybody());
        return found;
    }
    for item in &principals.items {
        match item.kind {
            PrincipalKind::Everyone => found.extend(anybody()),
            PrincipalKind::Aws if item.text.as_str() == Some("*") => found.extend(anybody()),
            PrincipalKind::Aws => found.extend(of_another_account(item, asset)),
            PrincipalKind::Service => {
                let passed = &*asset.kind == "AWS::IAM::Role" && is_passed_roles(&item.text);
                if !passed && untied {
                    found.extend(service(&item.text));
                }
            }
            // Which of a provider's users a role lets in is `federation`'s.
            PrincipalKind::Federated if &*asset.kind == "AWS::IAM::Role" => {}
            PrincipalKind::Federated => {
                found.push(caller(
                    CallerKind::Federated(item.text.clone()),
                    policy::Text::default(),
                ));
            }
            PrincipalKind::CanonicalUser => {}
        }
    }
    found
}

fn caller(kind: CallerKind, account: policy::Text) -> (Caller, Context) {
    (Caller { kind, account, tags: Vec::new() }, Context::hostile())
}

/// The user or the account that a principal's ARN names, where that is another account.
fn of_another_account(item: &PrincipalItem, asset: &Asset) -> Option<(Caller, Context)> {
    let account = item.text.segment(4).unwrap_or_else(|| item.text.clone());
    let is_another = account != asset.target.account && !account.parts().is_empty();
    let is_user = item.text.as_str().is_some_and(|text| text.contains(":user/"));
    let kind = if is_user { CallerKind::User(item.text.clone()) } else { CallerKind::Root };
    is_another.then(|| caller(kind, account))
}

const ANOTHER_ACCOUNT: &str = "<another account>";
const ANY_SERVICE: &str = "<any service>";

/// Things of another account for which a service may act: of the form that a statement asks for,
/// where it leaves the account open, and another.
fn sources(statement: &PolicyStatement) -> Vec<String> {
    let mut found = vec![format!("arn:aws:any:any:{ANOTHER_ACCOUNT}:any")];
    let tests = statement.conditions.iter();
    for test in tests.filter(|test| test.key.eq_ignore_ascii_case("aws:SourceArn")) {
        for item in &test.values {
            let Some(text) = item.template.source().as_str() else { continue };
            let mut parts: Vec<&str> = text.splitn(6, ':').collect();
            if let Some(account) = parts.get_mut(4).filter(|each| each.contains(['*', '?'])) {
                *account = ANOTHER_ACCOUNT;
            }
            found.push(names::filled(&parts.join(":")));
        }
    }
    found
}

fn who(stranger: &Caller) -> Stranger {
    match &stranger.kind {
        CallerKind::Anonymous => Stranger::Everyone,
        CallerKind::Service(name) | CallerKind::Federated(name) | CallerKind::User(name) => {
            Stranger::Named(name.clone())
        }
        _ => Stranger::Account(stranger.account.clone()),
    }
}

/// Asks for one action after the other until one is allowed; whether one was.
fn ask(
    asset: &Asset,
    set: &PolicySet<'_>,
    actions: &[String],
    stranger: &Caller,
    context: &Context,
    found: &mut Findings,
) -> bool {
    let mut open = None;
    for action in actions {
        let request = Request {
            caller: stranger.clone(),
            action: action.clone(),
            resource: asset.target.arn.clone(),
            resource_account: asset.target.account.clone(),
            resource_tags: asset.target.tags.clone(),
            context: context.clone(),
        };
        match policy::find_witness(&request, set) {
            Ok(None) => {}
            Ok(Some(_)) if asset.owner == Owner::Shared => {
                let by = who(stranger);
                found.undecided(identity::OUTSIDE, Unknown::WhoseOpen { store: asset.at, by });
                return true;
            }
            Ok(Some(way)) => {
                let barrier = match &*asset.kind {
                    "AWS::IAM::Role" => Barrier::TrustPolicy,
                    "AWS::KMS::Key" => Barrier::KeyPolicy,
                    _ => Barrier::ResourcePolicy,
                };
                let granted = Granted {
                    barrier,
                    attacker: Side::Outside,
                    victim: asset.owner.into(),
                    by: Requester::Stranger(who(stranger)),
                    on: asset.into(),
                    witness: way,
                    advice: Advice::Claim,
                    steps: Vec::new(),
                    pairs: Pairs::One,
                    more_actions: 0,
                    joins: false,
                };
                found.record(identity::OUTSIDE, asset.doubt.as_deref(), granted);
                return true;
            }
            Err(reasons) => {
                open.get_or_insert((action, reasons));
            }
        }
    }
    let Some((action, reasons)) = open else { return false };
    let (by, action) = (who(stranger), action.clone());
    let then = Then::StrangerDoesTo { by, action, asset: asset.at };
    for unknown in Unknown::each(reasons, then, asset.at) {
        found.undecided(identity::OUTSIDE, unknown);
    }
    false
}

/// The actions on such an asset that a statement lists, those that it writes out first.
fn actions(statement: &PolicyStatement, asset: &Asset) -> Vec<String> {
    const BECOMING: [&str; 4] = [
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoleWithSAML",
        "sts:TagSession",
    ];
    let known: Vec<String> = match &*asset.kind {
        "AWS::IAM::Role" => BECOMING.map(str::to_owned).to_vec(),
        _ => {
            let known = policy::Reference::get().actions_on(&asset.target.arn);
            known.iter().map(|(name, _)| name.clone()).collect()
        }
    };
    let written = statement.actions.items.iter().filter(|_| !statement.actions.negated);
    let written = written.filter_map(|item| item.template.source().as_str());
    let mut names: Vec<String> =
        written.filter(|name| !name.contains(['*', '?'])).map(str::to_owned).collect();
    for name in known.into_iter().filter(|name| policy::lists(&statement.actions, name)) {
        if !names.iter().any(|each| each.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    names
}

/// A stranger's own account allows it everything.
fn every_action() -> Option<policy::Policy> {
    let json = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    });
    policy::Policy::parse(&policy::Node::from_json(&json), policy::Kind::Identity).ok()
}
