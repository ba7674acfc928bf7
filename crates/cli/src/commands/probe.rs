//! `tenantry probe`: attacks on what runs on this machine, tenant by tenant.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use tenantry_config::{Cell, Platform, Tenant};
use tenantry_local::{
    Attack, Client, Endpoint, Home, NOT_SEEN, OwnUse, Plane, Probed, Search, Status, Target, Tools,
    Verdict,
};

use super::synth;
use crate::application;
use crate::arguments::Probe;
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::project::Project;

pub(crate) fn run(
    project: &Project,
    arguments: &Probe,
    output: &Output,
) -> Result<Outcome, Failure> {
    let home = Home::of_project(&project.folder);
    let status = tenantry_local::status(&home)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let status = status.ok_or_else(|| {
        Failure::with_hint("the platform does not run here", "start it with `tenantry up`")
    })?;
    let suspended = project.platform().tenants().filter(|(_, tenant)| tenant.suspended);
    let suspended: Vec<&str> = suspended.map(|(_, tenant)| tenant.id.as_str()).collect();
    if !suspended.is_empty() {
        output.note(&format!("Suspended, and so left out: {}", suspended.join(", ")));
    }
    let targets = targets(project.platform(), &status, |_| true)?;
    let cancel = cancel_on_interrupt()?;
    let limit = Duration::from_secs(arguments.time_limit);
    let tools = Tools::find(&Search::from_environment())
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let probed = Client::administrator(&home)
        .and_then(|client| tenantry_local::probe(&client, &tools.node, &targets, limit, &cancel))
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    output.data(&report(&probed), || human(&probed, arguments.all))?;
    decide(&probed)
}

/// An attack that got through is a finding, whatever else there was. A platform on which something else went wrong has
/// not been shown to refuse anything.
pub(super) fn decide(probed: &Probed) -> Result<Outcome, Failure> {
    let with = |verdict| probed.attacks.iter().filter(move |one| one.verdict == verdict).count();
    let broken = probed.own.iter().filter(|one| !one.works).count();
    if with(Verdict::GotThrough) > 0 {
        Ok(Outcome::Findings)
    } else if broken > 0 {
        Err(Failure::with_hint(
            format!("{broken} things that must work for a tenant itself do not"),
            "`tenantry up` mends a platform that is half-made",
        ))
    } else if with(Verdict::Unclear) > 0 {
        Err(Failure::with_hint(
            format!("{} attacks were neither refused nor let through", with(Verdict::Unclear)),
            "see the end of .tenantry/emulator.log",
        ))
    } else if probed.pairs_attacked < probed.pairs {
        Err(Failure::with_hint(
            format!("only {} of {} pairs were attacked", probed.pairs_attacked, probed.pairs),
            "give it more time with --time-limit SECONDS",
        ))
    } else {
        Ok(Outcome::Done)
    }
}

/// Every tenant that is let in, of the platform's cells that are asked for by their stacks; each must be deployed.
pub(super) fn targets(
    platform: &Platform,
    status: &Status,
    asked: impl Fn(&str) -> bool,
) -> Result<Vec<Target>, Failure> {
    let admitted = platform.tenants().filter(|(_, tenant)| !tenant.suspended);
    let tenants = admitted.filter(|(cell, _)| asked(&synth::stack_name(platform, cell)));
    tenants.map(|(cell, tenant)| target(platform, cell, tenant, status)).collect()
}

fn target(
    platform: &Platform,
    cell: &Cell,
    tenant: &Tenant,
    status: &Status,
) -> Result<Target, Failure> {
    let id = tenant.id.to_string();
    let not_up = || Failure::with_hint(format!("{id} does not run here"), "run `tenantry up`");
    let name = synth::stack_name(platform, cell);
    let stack = status.stacks.iter().find(|stack| stack.name == name).ok_or_else(not_up)?;
    let endpoint = Endpoint::from_outputs(&stack.outputs).ok_or_else(not_up)?;
    if !stack.outputs.contains_key(&tenantry_blueprint::tenant_output(&tenant.id, "SubnetA")) {
        return Err(not_up());
    }
    let resources = synth::resources_of(platform, cell, &id);
    let name = |kind: &str| {
        let mut of_kind = resources.iter().filter(|one| one.kind == kind);
        of_kind.find_map(|one| one.name.clone()).ok_or_else(|| {
            Failure::with_hint(
                format!("{id} has no {kind} with a name"),
                "this is a fault of tenantry; please report it",
            )
        })
    };
    Ok(Target {
        endpoint,
        contract: application::contract(platform),
        tables: application::tables(platform, &id, &resources),
        key_alias: name("AWS::KMS::Alias")?,
        functions: application::functions(platform, &id, &resources),
        tenant: id.clone(),
    })
}

#[derive(Serialize)]
struct Report<'a> {
    pairs: usize,
    pairs_attacked: usize,
    requests: usize,
    milliseconds: u128,
    got_through: usize,
    /// Barriers that nothing here looks at.
    not_seen: &'static [&'static str],
    own_use: Vec<OwnReport<'a>>,
    attacks: Vec<AttackReport<'a>>,
}

#[derive(Serialize)]
struct OwnReport<'a> {
    tenant: &'a str,
    what: &'a str,
    expected: &'a str,
    came: &'a str,
    works: bool,
}

#[derive(Serialize)]
struct AttackReport<'a> {
    plane: &'static str,
    attacker: &'a str,
    victim: &'a str,
    what: &'a str,
    expected: &'a str,
    came: &'a str,
    verdict: &'static str,
}

fn report(probed: &Probed) -> Report<'_> {
    Report {
        pairs: probed.pairs,
        pairs_attacked: probed.pairs_attacked,
        requests: probed.requests,
        milliseconds: probed.elapsed.as_millis(),
        got_through: probed.attacks.iter().filter(|one| one.verdict == Verdict::GotThrough).count(),
        not_seen: &NOT_SEEN,
        own_use: probed.own.iter().map(own_report).collect(),
        attacks: probed.attacks.iter().map(attack_report).collect(),
    }
}

fn own_report(one: &OwnUse) -> OwnReport<'_> {
    let OwnUse { tenant, what, expected, came, works } = one;
    OwnReport { tenant, what, expected, came, works: *works }
}

fn attack_report(one: &Attack) -> AttackReport<'_> {
    let Attack { plane, attacker, victim, what, expected, came, verdict } = one;
    let (plane, verdict) = (plane.name(), word(*verdict));
    AttackReport { plane, attacker, victim, what, expected, came, verdict }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refused => "refused",
        Verdict::GotThrough => "got through",
        Verdict::Unclear => "unclear",
        Verdict::NotMade => "not made",
    }
}

pub(super) fn human(probed: &Probed, all: bool) -> String {
    let mut text = planes(probed);
    let broken = probed.own.iter().filter(|one| !one.works);
    for OwnUse { tenant, what, expected, came, .. } in broken {
        let _ = write!(
            text,
            "\n\nDOES NOT WORK  {tenant}: {what}\n  expected {expected}\n  came     {came}"
        );
    }
    for verdict in [Verdict::GotThrough, Verdict::Unclear] {
        for one in probed.attacks.iter().filter(|one| one.verdict == verdict) {
            let _ = write!(text, "\n\n{}", whole(one));
        }
    }
    if all {
        let rows = probed.attacks.iter().map(|one| {
            vec![
                word(one.verdict).to_owned(),
                one.plane.name().to_owned(),
                one.attacker.clone(),
                one.victim.clone(),
                one.what.clone(),
                one.expected.to_owned(),
                one.came.clone(),
            ]
        });
        let header = ["VERDICT", "PLANE", "ATTACKER", "VICTIM", "ATTACK", "EXPECTED", "CAME"];
        let _ = write!(text, "\n\n{}", table(&header, rows));
    } else {
        text.push_str(&not_made(probed));
    }
    let _ = write!(text, "\n\n{}\n\n{}", not_seen(), sum(probed));
    text
}

/// A line a plane.
fn planes(probed: &Probed) -> String {
    let rows = Plane::ALL.into_iter().map(|plane| {
        let of_plane: Vec<_> = probed.attacks.iter().filter(|one| one.plane == plane).collect();
        let with =
            |verdict| of_plane.iter().filter(|one| one.verdict == verdict).count().to_string();
        vec![
            plane.name().to_owned(),
            of_plane.len().to_string(),
            with(Verdict::Refused),
            with(Verdict::GotThrough),
            with(Verdict::Unclear),
            with(Verdict::NotMade),
        ]
    });
    table(&["PLANE", "ATTACKS", "REFUSED", "GOT THROUGH", "UNCLEAR", "NOT MADE"], rows)
}

fn whole(attack: &Attack) -> String {
    let Attack { plane, attacker, victim, what, expected, came, verdict } = attack;
    format!(
        "{}  {plane}: {attacker} on {victim}: {what}\n  expected {expected}\n  came     {came}",
        word(*verdict).to_uppercase(),
        plane = plane.name(),
    )
}

/// What was not made, and why, without the pairs.
fn not_made(probed: &Probed) -> String {
    let mut counts: std::collections::BTreeMap<(String, &str), usize> =
        std::collections::BTreeMap::new();
    for one in probed.attacks.iter().filter(|one| one.verdict == Verdict::NotMade) {
        let what = one.what.replace(&one.victim, "TENANT").replace(&one.attacker, "TENANT");
        *counts.entry((what, &one.came)).or_default() += 1;
    }
    counts.into_iter().fold(String::new(), |mut text, ((what, came), count)| {
        let _ = write!(text, "\n\nNOT MADE  {what} ({count} times)\n  {came}");
        text
    })
}

/// What a refusal is due to, and what it is no evidence of.
fn not_seen() -> String {
    let mut text = String::from(
        "What refuses here is the authorizer, identity policies, trust policies and key policies. Not looked at on this \
         machine, so not shown to hold:",
    );
    for barrier in NOT_SEEN {
        let _ = write!(text, "\n  {barrier}");
    }
    text
}

fn sum(probed: &Probed) -> String {
    let made = probed.attacks.iter().filter(|one| one.verdict != Verdict::NotMade).count();
    let works = probed.own.iter().filter(|one| one.works).count();
    format!(
        "{works} of {} things that tenants do themselves work. {made} attacks over {} of {} ordered pairs of tenants, \
         {} requests, {:.1} s.",
        probed.own.len(),
        probed.pairs_attacked,
        probed.pairs,
        probed.requests,
        probed.elapsed.as_secs_f64()
    )
}
