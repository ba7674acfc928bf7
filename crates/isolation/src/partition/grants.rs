//! Grants that name nothing of their own template, and may so take in what is in another.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::HashSet;
use tenantry_policy::{Effect, Piece, Policy, PolicyStatement, PrincipalKind, Reference, Template};
use tenantry_template::{Owner, Symbol, Symbols};

use super::fingerprint::{self, IN_NAMES, Mark, UNKNOWN};
use super::kept::{Reader, Writer};
use crate::checks;
use crate::facts::Facts;
use crate::facts::principals::PrincipalId;

/// What a template's principals are granted by patterns, and what can be done to what it has.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// Of each pattern for resources: its marks, and the actions.
    wide: HashSet<(Box<[Mark]>, Box<str>)>,
    /// Of each pattern for callers of its functions: its marks.
    callers: HashSet<Box<[Mark]>>,
    /// The actions, in lower case, that act on something in the template; `service:*` and `*`
    /// where they are not known one by one.
    acting: HashSet<Box<str>>,
}

impl Grants {
    /// The grants of a template; `None` when one of its policies lets in whoever is not named.
    ///
    /// Of shared principals that no tenant can steer, it is the same whether they act on several
    /// tenants' things in one template or in two.
    pub(super) fn of(facts: &Facts<'_, '_>, uncontrolled: &BTreeSet<PrincipalId>) -> Option<Self> {
        // Rules on claims may take in users of tenants of whom only other templates know.
        if facts.reader.model.of_kind("AWS::Cognito::IdentityPoolRoleAttachment").next().is_some() {
            return None;
        }
        // The code of another template's functions may lie there.
        if checks::code_source::elsewhere(facts) {
            return None;
        }
        // Another template's tenants may deploy as a role that is shared.
        if checks::deployments::any(facts) {
            return None;
        }
        if checks::named_grants::any(facts) {
            return None;
        }
        // What tenants may do to anything of a service, they may do to what is in other templates.
        if own_tenants(facts).any(checks::shared_assets::is_open) {
            return None;
        }
        // Other templates' rules may listen on the default bus.
        if checks::event_flow::writes_to_the_default_bus(facts) {
            return None;
        }
        let mut grants = Self::default();
        let own = facts.principals.entries().filter(|(at, _)| !uncontrolled.contains(at));
        let own = own.flat_map(|(_, principal)| &principal.policies);
        for statement in own.flat_map(|policy| &policy.statements) {
            if statement.effect == Effect::Allow {
                grants.identity(statement);
            }
        }
        let mut last: Option<&Arc<Policy>> = None;
        for asset in &facts.assets {
            let Some(policy) = &asset.policy else { continue };
            if !last.is_some_and(|last| Arc::ptr_eq(last, policy)) {
                let allows = policy.statements.iter().filter(|each| each.effect == Effect::Allow);
                allows.into_iter().try_for_each(|each| grants.resource(each, &asset.kind))?;
            }
            last = Some(policy);
        }
        checks::acting(facts, &mut |action| {
            if !grants.acting.contains(action) {
                grants.acting.insert(action.into());
            }
        });
        Some(grants)
    }

    /// Writes them.
    pub(super) fn write(&self, out: &mut Writer) {
        let Self { wide, callers, acting } = self;
        out.list(wide, |out, (marks, action)| {
            out.numbers(marks);
            out.text(action);
        });
        out.list(callers, |out, marks| out.numbers(marks));
        out.list(acting, |out, action| out.text(action));
    }

    /// Reads what was written.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let wide = reader.list(|reader| Some((reader.numbers()?.into(), reader.text()?.into())))?;
        let callers = reader.list(|reader| Some(reader.numbers()?.into()))?;
        let acting = reader.list(|reader| Some(reader.text()?.into()))?;
        Some(Self {
            wide: wide.into_iter().collect(),
            callers: callers.into_iter().collect(),
            acting: acting.into_iter().collect(),
        })
    }

    /// Notes the patterns of a principal's statement.
    fn identity(&mut self, statement: &PolicyStatement) {
        let listed = statement.resources.as_ref().filter(|list| !list.negated);
        let patterns: Vec<Box<[Mark]>> = match listed {
            Some(list) => list.items.iter().filter_map(|item| pattern(&item.template)).collect(),
            None => vec![Box::default()],
        };
        for marks in patterns {
            if statement.actions.negated {
                self.wide.insert((marks.clone(), "*".into()));
                continue;
            }
            for item in &statement.actions.items {
                let action = item.template.source().as_str().unwrap_or("*");
                self.wide.insert((marks.clone(), action.to_ascii_lowercase().into()));
            }
        }
    }

    /// Notes whom a resource's statement lets in; `None` when that may be anybody.
    fn resource(&mut self, statement: &PolicyStatement, kind: &str) -> Option<()> {
        let Some(principals) = &statement.principals else { return Some(()) };
        if principals.negated {
            return None;
        }
        for item in &principals.items {
            match item.kind {
                // Of a provider's subjects it is asked whose each one is.
                PrincipalKind::Everyone | PrincipalKind::Federated => return None,
                PrincipalKind::Aws if pattern(&Template::read(&item.text, true)).is_some() => {
                    return None;
                }
                _ => {}
            }
        }
        // Of functions it is asked whether another tenant's route is among the callers.
        if kind == "AWS::Lambda::Function" {
            for test in statement.conditions.iter().filter(|test| !test.operator.negated) {
                let patterns = test.values.iter().filter_map(|item| pattern(&item.template));
                self.callers.extend(patterns);
            }
        }
        Some(())
    }

    /// Whether no pattern of a template, unless it holds a mark that is in no other, is for
    /// something that is in any of them.
    pub(super) fn none_is_wide<'t>(
        all: impl Iterator<Item = &'t Self> + Clone,
        alone: impl Fn(&[Mark]) -> bool,
    ) -> bool {
        let acting: HashSet<&str> =
            all.clone().flat_map(|grants| &grants.acting).map(|action| &**action).collect();
        let mut all = all;
        all.all(|grants| {
            grants.callers.iter().all(|marks| alone(marks))
                && grants.wide.iter().all(|(marks, action)| alone(marks) || !acts(action, &acting))
        })
    }
}

/// What tenants' principals are allowed.
fn own_tenants<'f>(facts: &'f Facts<'_, '_>) -> impl Iterator<Item = &'f PolicyStatement> {
    let theirs = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    let statements = theirs.flat_map(|each| &each.policies).flat_map(|policy| &policy.statements);
    statements.filter(|each| each.effect == Effect::Allow)
}

/// Whether an action of a statement, in lower case, is among those that act on something.
fn acts(action: &str, acting: &HashSet<&str>) -> bool {
    let Some((service, name)) = action.split_once(':') else { return true };
    if service.contains(['*', '?']) || acting.contains("*") {
        return true;
    }
    if name.contains(['*', '?']) {
        let of_service = |each: &&str| each.split_once(':').is_some_and(|(own, _)| own == service);
        return acting.iter().any(of_service);
    }
    let on_nothing = || {
        let known = Reference::get().action(action);
        known.is_some_and(|known| known.on.keys().all(String::is_empty))
    };
    acting.contains(action) || (acting.contains(&*format!("{service}:*")) && !on_nothing())
}

/// The marks of a text that stands for several; `None` of one that is known whole, and of one
/// that holds what AWS makes up for a resource of its own template.
fn pattern(template: &Template) -> Option<Box<[Mark]>> {
    let mut text = String::new();
    let mut whole = true;
    for piece in template.pieces() {
        match piece {
            Piece::Wild(wild) => {
                whole &= !wild.contains(['*', '?']);
                fingerprint::write_literal(wild, &mut text);
            }
            Piece::Literal(char) => text.push(*char),
            Piece::Symbol(symbol) => {
                let symbol = Symbol(symbol.id);
                whole &= Symbols::everywhere(symbol);
                fingerprint::write_symbol(symbol, &mut text);
            }
            Piece::Variable { .. } => {
                whole = false;
                text.push(UNKNOWN);
            }
        }
    }
    if whole || text.contains('<') {
        return None;
    }
    let mut found = Vec::new();
    fingerprint::segments(&text, &mut |mark| found.push(mark));
    fingerprint::runs(&text, &[IN_NAMES], &mut |mark| found.push(mark));
    Some(found.into())
}
