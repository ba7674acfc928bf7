//! Tenants' roles that user pools and identity pools give to users: by a group, by a rule on a
//! claim, to whoever signs in, to guests.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html>

use tenantry_template::{Model, Owner, Resource, ResourceId, Span, TenantIndex, Value, ValueKind};
use tenantry_verdict::claims::Barrier;

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::users::{ATTACHMENT, ClaimSource, GROUP, says, whose};
use crate::findings::breach::{Act, More, Pairs, RoleGiven, Seen, Shown, Side, Thing};
use crate::findings::unknown::{RoleUnknown, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        escalation { ASSUME }
        identity { OUTSIDE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// To whom user pools and identity pools give tenants' roles.
pub(crate) struct RoleMapping;

impl Check for RoleMapping {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides what of `escalation/assume` and `identity/outside` pools give.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    let mut ids: Vec<(&str, TenantIndex)> = Vec::new();
    for (at, resource) in model.resources.entries() {
        let mapper = RoleMapper { facts, owners, at, resource };
        match resource.kind.as_str() {
            GROUP => mapper.group(found),
            ATTACHMENT => {
                if ids.is_empty() {
                    let known = model.tenants.entries();
                    ids.extend(known.filter_map(|(at, id)| Some((id.as_literal()?, at))));
                    ids.sort_unstable();
                }
                mapper.pool(&ids, found);
            }
            _ => {}
        }
    }
}

struct RoleMapper<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    owners: &'f Owners<'m, 'a>,
    at: ResourceId,
    resource: &'m Resource<'a>,
}

/// Who is given a role.
#[derive(Clone, Copy)]
enum To {
    Tenant(TenantIndex),
    AnyOther,
    Guests,
}

impl<'a> RoleMapper<'_, '_, 'a> {
    /// The role of a tenant that a value names.
    fn role(&self, value: &Value<'a>) -> Option<(ResourceId, TenantIndex)> {
        match self.owners.of(value)? {
            (role, Owner::Tenant(tenant)) => Some((role, tenant)),
            _ => None,
        }
    }

    fn group(&self, found: &mut Findings) {
        let Some(value) = self.resource.properties.get("RoleArn") else { return };
        let Some((role, tenant)) = self.role(value) else { return };
        found.ask(escalation::ASSUME);
        match whose(self.owners, self.resource) {
            Some(own) if own == tenant => {}
            Some(other) => {
                let by = RoleGiven::Group;
                self.check_role(To::Tenant(other), role, tenant, by, value.span, found);
            }
            None => self.undecided(RoleUnknown::UsersOfGroup, value.span, found),
        }
    }

    fn pool(&self, ids: &[(&str, TenantIndex)], found: &mut Findings) {
        let property = |name: &str| self.resource.properties.get(name);
        let pool = property("IdentityPoolId").and_then(|value| self.owners.of(value));
        let owner = pool.map_or(Owner::Shared, |(_, owner)| owner);
        let mappings = property("RoleMappings").map(Value::entries).unwrap_or_default();
        let denied = |mapping: &Value<'a>| {
            mapping.get("AmbiguousRoleResolution").and_then(Value::as_str) == Some("Deny")
        };
        let mut all = mappings.iter().map(|(_, mapping)| mapping);
        let mapped = !mappings.is_empty() && all.all(denied);
        for (kind, value) in property("Roles").map(Value::entries).unwrap_or_default() {
            let Some((role, tenant)) = self.role(value) else { continue };
            found.ask(escalation::ASSUME);
            let guests = &*kind.text == "unauthenticated";
            let by = match guests {
                true => RoleGiven::ToGuests,
                false => RoleGiven::ByDefault,
            };
            let to = match owner {
                _ if guests => To::Guests,
                Owner::Tenant(own) if own == tenant => continue,
                Owner::Tenant(other) => To::Tenant(other),
                Owner::Shared | Owner::Undecided => To::AnyOther,
            };
            if guests || !mapped {
                self.check_role(to, role, tenant, by, value.span, found);
            }
        }
        const RULES: &[&str] = &["RulesConfiguration", "Rules"];
        let hidden = property("RoleMappings").and_then(|value| value.hidden_at(&["*"]));
        let hidden_rules = mappings.iter().filter_map(|(_, mapping)| mapping.hidden_at(RULES));
        hidden.into_iter().chain(hidden_rules).for_each(|value| self.hidden(value, owner, found));
        for (_, mapping) in mappings {
            for rule in mapping.at(RULES).map(Value::items).unwrap_or_default() {
                match rule.hidden_at(&["RoleARN"]) {
                    Some(hidden) => self.hidden(hidden, owner, found),
                    None => self.rule(mapping, rule, owner, ids, found),
                }
            }
        }
    }

    /// Leaves open whether rules give a tenant's role away, where they hang on a condition.
    fn hidden(&self, value: &Value<'a>, owner: Owner, found: &mut Findings) {
        let mut gives = false;
        value.walk(&mut |each| {
            let role = self.role(each);
            gives |= matches!(each.kind, ValueKind::Unknown(_));
            gives |= role.is_some_and(|(_, tenant)| owner != Owner::Tenant(tenant));
        });
        if gives {
            found.ask(escalation::ASSUME);
            self.undecided(RoleUnknown::Rule, value.span, found);
        }
    }

    fn rule(
        &self,
        mapping: &Value<'a>,
        rule: &Value<'a>,
        owner: Owner,
        ids: &[(&str, TenantIndex)],
        found: &mut Findings,
    ) {
        let Some(value) = rule.get("RoleARN") else { return };
        let Some((role, tenant)) = self.role(value) else { return };
        found.ask(escalation::ASSUME);
        // Whoever signs in to a tenant's own pool is the tenant's.
        if owner == Owner::Tenant(tenant) {
            return;
        }
        let text = |name: &str| rule.get(name).and_then(Value::as_str);
        let (Some(claim), Some(how), Some(wanted)) =
            (text("Claim"), text("MatchType"), text("Value"))
        else {
            return self.undecided(RoleUnknown::Rule, rule.span, found);
        };
        let model = self.facts.reader.model;
        let provider = mapping.get("IdentityProvider").and_then(Value::to_text);
        let user_pool = provider.and_then(|text| of_provider(model, self.owners, &text));
        match user_pool.map(|pool| says(model, self.owners, pool, claim)) {
            Some(ClaimSource::UserWritable) => {
                let by = RoleGiven::ByWritableClaim;
                return self.check_role(To::AnyOther, role, tenant, by, rule.span, found);
            }
            None | Some(ClaimSource::Unknown | ClaimSource::Alike) => {
                let what = RoleUnknown::Claim(claim.to_owned());
                return self.undecided(what, rule.span, found);
            }
            Some(ClaimSource::Tenant | ClaimSource::User) => {}
        }
        let takes = |id: &str| match how {
            "Equals" => id == wanted,
            "NotEqual" => id != wanted,
            "StartsWith" => id.starts_with(wanted),
            _ => id.contains(wanted),
        };
        let mentioned =
            || self.owners.mentioned(&tenantry_template::Text::literal(wanted.to_owned()));
        let mut others = ids.iter().filter(|(_, other)| *other != tenant);
        let other = others.find(|(id, _)| takes(id)).map(|(_, other)| *other);
        let other = other.or_else(|| {
            let spoken = mentioned();
            let own = spoken.contains(&tenant);
            spoken.first().copied().filter(|_| !own && how != "NotEqual")
        });
        if let Some(other) = other {
            let by = RoleGiven::ByRule;
            self.check_role(To::Tenant(other), role, tenant, by, rule.span, found);
        }
    }

    fn check_role(
        &self,
        to: To,
        role: ResourceId,
        tenant: TenantIndex,
        by: RoleGiven,
        span: Span,
        found: &mut Findings,
    ) {
        let claim = match to {
            To::Guests => identity::OUTSIDE,
            To::Tenant(_) | To::AnyOther => escalation::ASSUME,
        };
        let (attacker, pairs) = match to {
            To::Tenant(other) => (other.into(), Pairs::One),
            To::AnyOther => (Side::AnyOtherTenant, Pairs::AllOthers),
            To::Guests => (Side::Outside, Pairs::One),
        };
        let shown = Shown {
            barrier: Barrier::UserPool,
            attacker,
            victim: tenant.into(),
            actor: self.at,
            act: Act::Gives,
            on: Thing::Resource(role),
            seen: Seen::RoleGiven(by),
            span,
            more: More { pairs, ..More::default() },
        };
        found.breach(claim, shown);
    }

    fn undecided(&self, what: RoleUnknown, span: Span, found: &mut Findings) {
        found.undecided(escalation::ASSUME, Unknown::RoleGiven { what, span });
    }
}

/// The user pool of a provider's name: `cognito-idp.REGION.amazonaws.com/POOL:CLIENT`.
fn of_provider<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    text: &tenantry_template::Text<'a>,
) -> Option<ResourceId> {
    let is_pool = |at: &ResourceId| model.resources[*at].kind == "AWS::Cognito::UserPool";
    owners.resources(text).into_iter().find(is_pool)
}
