//! Which key encrypts what, and which log group a function writes to.

use foldhash::{HashMap, HashMapExt as _};
use tenantry_template::{Owner, Resource, ResourceId, Span, TenantIndex, Value};
use tenantry_verdict::claims::Barrier;

use self::key::ASSIGNMENT;
use self::log::{ENCRYPTION, WRITTEN_BY_OWNER};
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::profile::{has_keyed_tables, key_of};
use crate::findings::breach::{Act, More, Seen, Shown, Thing};
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        key { ASSIGNMENT }
        log { ENCRYPTION, WRITTEN_BY_OWNER }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// With whose keys tenants' things are encrypted, and into whose groups functions log.
pub(crate) struct KeyAssignment;

impl Check for KeyAssignment {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides `key/assignment`, `log/encryption` and whose functions write to which group.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    let keys: Vec<TenantIndex> = model
        .of_kind("AWS::KMS::Key")
        .filter_map(|key| match key.owner {
            Owner::Tenant(tenant) => Some(tenant),
            _ => None,
        })
        .collect();
    let tables_have_keys = has_keyed_tables(model);
    let asker = Asker { facts, owners, keys };
    for (at, resource) in model.resources.entries() {
        let Owner::Tenant(owner) = resource.owner else { continue };
        match resource.kind.as_str() {
            "AWS::Logs::LogGroup" => {
                found.ask(ENCRYPTION);
                asker.key(ENCRYPTION, at, resource, owner, true, found);
            }
            "AWS::KMS::Alias" => asker.alias(at, resource, owner, found),
            "AWS::KMS::Key" => {}
            kind => {
                let wanted = tables_have_keys && kind == "AWS::DynamoDB::Table";
                if wanted || key_of(resource).is_some() {
                    found.ask(ASSIGNMENT);
                    asker.key(ASSIGNMENT, at, resource, owner, wanted, found);
                }
            }
        }
    }
    writers(facts, owners, found);
}

struct Asker<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    owners: &'f Owners<'m, 'a>,
    /// The tenants that have a key of their own.
    keys: Vec<TenantIndex>,
}

impl<'a> Asker<'_, '_, 'a> {
    fn key(
        &self,
        claim: Listed<Claims>,
        at: ResourceId,
        resource: &Resource<'a>,
        owner: TenantIndex,
        wanted: bool,
        found: &mut Findings,
    ) {
        let Some(value) = key_of(resource) else {
            if wanted {
                let pair = (owner, owner);
                found.weak(claim, shown(at, pair, resource.span, Seen::NoOwnKey, Thing::NoKey));
            }
            return;
        };
        let model = self.facts.reader.model;
        let readable = value.to_text().map(|text| model.symbols.readable(&text));
        match self.owner_of_key(value) {
            Some(Owner::Tenant(other)) if other == owner => {}
            Some(Owner::Tenant(other)) => {
                let name = Thing::Written(readable.unwrap_or_default());
                let pair = (owner, other);
                found.breach(claim, shown(at, pair, value.span, Seen::AnotherTenantsKey, name));
            }
            Some(Owner::Shared) if wanted || self.keys.contains(&owner) => {
                let name = Thing::Written(readable.unwrap_or_default());
                let pair = (owner, owner);
                found.weak(claim, shown(at, pair, value.span, Seen::SharedKey, name));
            }
            Some(Owner::Shared) => {}
            Some(Owner::Undecided) | None => {
                let (key, resource, span) = (readable, at, value.span);
                found.undecided(claim, Unknown::WhoseKey { key, resource, span });
            }
        }
    }

    fn owner_of_key(&self, value: &Value<'a>) -> Option<Owner> {
        let model = self.facts.reader.model;
        let text = value.to_text()?;
        for at in self.owners.resources(&text) {
            let resource = &model.resources[at];
            match resource.kind.as_str() {
                "AWS::KMS::Key" => return Some(resource.owner),
                "AWS::KMS::Alias" => {
                    let target = resource.properties.get("TargetKeyId")?;
                    return self.owners.of(target).map(|(_, owner)| owner);
                }
                _ => {}
            }
        }
        None
    }

    fn alias(
        &self,
        at: ResourceId,
        resource: &Resource<'a>,
        owner: TenantIndex,
        found: &mut Findings,
    ) {
        let Some(name) = resource.properties.get("AliasName") else { return };
        found.ask(ASSIGNMENT);
        let Some(text) = name.to_text() else { return };
        for named in self.owners.mentioned(&text) {
            if named != owner {
                let readable = self.facts.reader.model.symbols.readable(&text);
                let (pair, seen) = ((owner, named), Seen::NameAndKeyOfTwo);
                let shown = shown(at, pair, name.span, seen, Thing::Written(readable));
                found.breach(ASSIGNMENT, shown);
            }
        }
    }
}

/// That something of a tenant's is encrypted with what somebody else has.
fn shown(
    at: ResourceId,
    (owner, victim): (TenantIndex, TenantIndex),
    span: Span,
    seen: Seen,
    on: Thing,
) -> Shown {
    Shown {
        barrier: Barrier::KeyAssignment,
        attacker: owner.into(),
        victim: victim.into(),
        actor: at,
        act: Act::IsEncryptedWith,
        on,
        seen,
        span,
        more: More::default(),
    }
}

/// Functions that write to a group that is not theirs, or to one that two tenants write to.
fn writers<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    let mut by_group: HashMap<ResourceId, TenantIndex> = HashMap::new();
    for (at, resource) in model.resources.entries() {
        let Owner::Tenant(owner) = resource.owner else { continue };
        if resource.kind == "AWS::Logs::LogGroup" {
            found.ask(WRITTEN_BY_OWNER);
        }
        if resource.kind != "AWS::Lambda::Function" {
            continue;
        }
        let Some(value) = resource.properties.at(&["LoggingConfig", "LogGroup"]) else { continue };
        let Some((group, owner_of_group)) = owners.of(value) else { continue };
        let first = *by_group.entry(group).or_insert(owner);
        let victim = match owner_of_group {
            Owner::Tenant(other) if other != owner => other,
            Owner::Shared if first != owner => first,
            _ => continue,
        };
        let shown = Shown {
            barrier: Barrier::LogGroup,
            attacker: owner.into(),
            victim: victim.into(),
            actor: at,
            act: Act::Action("logs:PutLogEvents"),
            on: Thing::Resource(group),
            seen: Seen::FunctionWritesToGroup,
            span: value.span,
            more: More::default(),
        };
        found.breach(WRITTEN_BY_OWNER, shown);
    }
}
