//! Which key encrypts what, and which log group a function writes to.

use foldhash::{HashMap, HashMapExt as _};
use tenantry_template::{Owner, Resource, ResourceId, Span, TenantIndex, Value};
use tenantry_verdict::Reason;
use tenantry_verdict::claims::Barrier;

use self::key::ASSIGNMENT;
use self::log::{ENCRYPTION, WRITTEN_BY_OWNER};
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::explain::breach::Breach;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::profile::{has_keyed_tables, key_of};

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
                let says = "no key of the tenant's own encrypts this";
                let shown = self.shown(claim, at, owner, owner, resource.span, says, "no key");
                found.breach(claim, shown.counterexample(self.facts));
            }
            return;
        };
        let model = self.facts.reader.model;
        let readable = value.to_text().map(|text| model.symbols.readable(&text));
        match self.owner_of_key(value) {
            Some(Owner::Tenant(other)) if other == owner => {}
            Some(Owner::Tenant(other)) => {
                let says = "this is another tenant's key";
                let name = readable.unwrap_or_default();
                let shown = self.shown(claim, at, owner, other, value.span, says, &name);
                found.breach(claim, shown.counterexample(self.facts));
            }
            Some(Owner::Shared) if wanted || self.keys.contains(&owner) => {
                let says = "this is a key that tenants share";
                let name = readable.unwrap_or_default();
                let shown = self.shown(claim, at, owner, owner, value.span, says, &name);
                found.breach(claim, shown.counterexample(self.facts));
            }
            Some(Owner::Shared) => {}
            Some(Owner::Undecided) | None => {
                let unknown = readable.unwrap_or_else(|| "a key that hangs on a condition".into());
                found.undecided(
                    claim,
                    Reason {
                        unknown: format!("whose key `{unknown}` is"),
                        matters: format!("it encrypts `{}`", resource.path),
                        help: "name a key that a template here makes".to_owned(),
                        place: model.place(value.span),
                    },
                );
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
                let says = "this name is one tenant's, and the key is another's";
                let readable = self.facts.reader.model.symbols.readable(&text);
                let shown = self.shown(ASSIGNMENT, at, owner, named, name.span, says, &readable);
                found.breach(ASSIGNMENT, shown.counterexample(self.facts));
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one call says one finding")]
    fn shown<'s>(
        &self,
        claim: Listed<Claims>,
        at: ResourceId,
        owner: TenantIndex,
        victim: TenantIndex,
        span: Span,
        says: &'s str,
        resource: &str,
    ) -> Breach<'s> {
        Breach {
            claim: *claim,
            barrier: Barrier::KeyAssignment,
            attacker: Owner::Tenant(owner),
            victim: Owner::Tenant(victim),
            principal: at,
            action: "is encrypted with",
            resource: resource.to_owned(),
            says,
            span,
        }
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
        let shown = Breach {
            claim: *WRITTEN_BY_OWNER,
            barrier: Barrier::LogGroup,
            attacker: Owner::Tenant(owner),
            victim: Owner::Tenant(victim),
            principal: at,
            action: "logs:PutLogEvents",
            resource: facts.path(group),
            says: "the function writes to this group",
            span: value.span,
        };
        found.breach(WRITTEN_BY_OWNER, shown.counterexample(facts));
    }
}
