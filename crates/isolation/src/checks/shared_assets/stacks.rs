//! Who may change the stack that is read itself: a stack holds what its templates make, whosever it
//! is, and whoever changes it with a template of its own choice changes all of that.

use std::collections::BTreeSet;

use tenantry_policy as policy;
use tenantry_policy::{Context, Effect, Part};
use tenantry_template::{Owner, ResourceId, StackId, Symbol, SymbolOrigin, Text};

use super::of_services::Service;
use super::{Findings, identity};
use crate::facts::forms::Forms;
use crate::facts::principals::Principal;
use crate::facts::{Facts, names};
use crate::findings::unknown::{Unexplained, Unknown};

const STACK: &str = "arn:${Partition}:cloudformation:${Region}:${Account}:stack/${StackName}/${Id}";

/// Leaves open what a tenant's principal may make of a stack that holds more than its own.
pub(super) fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let mut service = Service::of("cloudformation");
    let forms = Forms::of(facts.reader.model);
    for principal in &facts.principals {
        let Owner::Tenant(_) = principal.owner else { continue };
        let patterns: BTreeSet<&str> = allows(principal)
            .filter(|each| !each.actions.negated)
            .flat_map(|each| &each.actions.items)
            .filter_map(|item| item.template.source().as_str())
            .filter(|pattern| may_be_of_it(pattern))
            .collect();
        let negated = allows(principal).any(|each| each.actions.negated);
        let patterns = patterns.into_iter().chain(negated.then_some("*"));
        let granted: BTreeSet<usize> =
            patterns.flat_map(|pattern| service.listed(pattern).to_vec()).collect();
        if granted.is_empty() {
            continue;
        }
        let foreign = foreign(facts, principal);
        let may = service.chosen(&granted).find_map(|(name, action)| {
            let of_stacks = action.on.contains_key("stack") || action.on.contains_key("stack*");
            if !of_stacks || name == "CreateStack" {
                return None;
            }
            let full = format!("cloudformation:{name}");
            let mut ahead = foreign.iter();
            let at = ahead.find(|(stack, _)| may(facts, &forms, principal, &full, *stack))?.1;
            Some((full, at))
        });
        if let Some((action, holds)) = may {
            let unknown =
                Unknown::Unexplained(Unexplained::Stack { principal: principal.at, action, holds });
            found.undecided(identity::OTHER_TENANTS_ASSET, unknown);
        }
    }
}

/// Whether a pattern may list an action of CloudFormation.
fn may_be_of_it(pattern: &str) -> bool {
    let (start, _) = pattern.split_once(':').unwrap_or((pattern, ""));
    start.contains(['*', '?']) || start.eq_ignore_ascii_case("cloudformation")
}

fn allows(principal: &Principal) -> impl Iterator<Item = &policy::PolicyStatement> {
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    statements.filter(|each| each.effect == Effect::Allow)
}

/// The stacks that hold what is not the principal's tenant's, each with the first such thing.
fn foreign(facts: &Facts<'_, '_>, principal: &Principal) -> Vec<(StackId, ResourceId)> {
    let mut found: Vec<(StackId, ResourceId)> = Vec::new();
    for (at, resource) in facts.reader.model.resources.entries() {
        let others = resource.owner != principal.owner && resource.owner != Owner::Undecided;
        if others && !found.iter().any(|(stack, _)| *stack == resource.stack) {
            found.push((resource.stack, at));
        }
    }
    found
}

/// Whether a principal may do an action on a stack, as far as it is known how that is called.
fn may(
    facts: &Facts<'_, '_>,
    forms: &Forms<'_, '_>,
    principal: &Principal,
    action: &str,
    stack: StackId,
) -> bool {
    let model = facts.reader.model;
    let name = policy::Text::symbol(names::stack_name(stack));
    let mut arns = vec![forms.filled(STACK, Some(&name))];
    // `AWS::StackId` is its ARN.
    for list in allows(principal).filter_map(|each| each.resources.as_ref()) {
        for item in list.items.iter().filter(|_| !list.negated) {
            let id = item.template.source().parts().iter().any(|part| match part {
                Part::Symbol(symbol) => matches!(
                    model.symbols.origin(Symbol(symbol.id)),
                    Some(SymbolOrigin::StackPseudo(of, "AWS::StackId")) if *of == stack
                ),
                Part::Literal(_) => false,
            });
            if id {
                arns.push(names::instance_of(&item.template));
            }
        }
    }
    let account = forms.account.clone();
    arns.into_iter().any(|arn| {
        match principal.may(action, arn, account.clone(), Context::hostile()) {
            Ok(way) => way.is_some(),
            // A name that holds the tenant's own id is taken to be of a stack of its own.
            Err(_) => !allows(principal)
                .filter(|each| policy::lists(&each.actions, action))
                .all(|each| is_its_own(facts, principal, each)),
        }
    })
}

fn is_its_own(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    statement: &policy::PolicyStatement,
) -> bool {
    let Owner::Tenant(tenant) = principal.owner else { return false };
    let list = statement.resources.as_ref().filter(|list| !list.negated);
    list.is_some_and(|list| {
        list.items.iter().all(|item| {
            let literal = Text::literal(item.template.source().to_string());
            facts.owners.mentioned(&literal).contains(&tenant)
        })
    })
}
