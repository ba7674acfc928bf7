//! Tenants that no template speaks of: they exist in tokens alone, or are named by the caller.
//!
//! Who is named may be what a parameter takes, then the templates are deployed for each; else each
//! has users, whose tokens say the tenant by a claim that is given or found.

use std::collections::BTreeMap;

use tenantry_template::{
    Loader, Model, Owner, Place, Pooled, ReadError, ReadOptions, Source, Tenant, TenantIndex,
    parameters, read, says_tenant,
};
use tenantry_verdict::claims::{self, Plane};
use tenantry_verdict::{Assumption, Notice, Reason, Verdict, some};

use super::{FAMILIES, naming, of_tenants, tell_once};
use crate::facts::claims::{SeenClaim, of_tenants as claims_of_tenants, seen};
use crate::verify::{VerifyOptions, verify_model};

/// How tenants that no template speaks of are asked about.
pub(super) enum Way {
    /// The templates are deployed once a tenant: this parameter takes its id.
    Deployed { parameter: String, place: Place },
    /// Users of these tenants sign in, and this claim says whose they are.
    SignedIn { ids: Ids, claim: Option<String>, why: Option<Notice> },
    /// Users of these tenants sign in, and it is not known which claim says whose they are.
    ByOneOf { ids: Ids, claims: Vec<SeenClaim>, place: Option<Place> },
}

/// Whose users sign in.
pub(super) enum Ids {
    /// Tenants that were named.
    Named,
    /// Ids that stand for all.
    MadeUp(Vec<String>),
}

/// How to ask, if tenants are named, a claim is, or no template has a tenant and some claim says it.
pub(super) fn way(
    sources: &[Source<'_>],
    model: &Model<'_>,
    options: &ReadOptions,
    loader: &dyn Loader,
) -> Option<Way> {
    let Pooled { tenants: named, claim } = &options.pooled;
    if !named.is_empty()
        && options.tenants.is_empty()
        && let Some((parameter, place)) = taken_by(sources, options, loader)
    {
        return Some(Way::Deployed { parameter, place });
    }
    let others = model.tenants.len() > model.pooled.len() || !options.tenants.is_empty();
    if named.is_empty() && others {
        return None;
    }
    let ids = || match named.is_empty() {
        true => Ids::MadeUp(
            FAMILIES.iter().take(1).copied().flatten().map(|id| (*id).to_owned()).collect(),
        ),
        false => Ids::Named,
    };
    if let Some(claim) = claim {
        return Some(Way::SignedIn { ids: ids(), claim: Some(claim.clone()), why: None });
    }
    let seen = seen(model);
    match claims_of_tenants(&seen).as_slice() {
        [] if named.is_empty() => None,
        [] => Some(Way::SignedIn { ids: ids(), claim: None, why: None }),
        [one] => {
            let why = Notice {
                what: format!(
                    "`{}` is taken for the tenant's claim: {}",
                    one.name,
                    one.trust.says()
                ),
                help: Some("name another: --claim NAME".to_owned()),
                place: model.place(one.span),
            };
            let literal = ids_of_rules(model, &one.name);
            let ids = match ids() {
                Ids::MadeUp(_) if literal.len() > 1 => Ids::MadeUp(literal),
                ids => ids,
            };
            Some(Way::SignedIn { ids, claim: Some(one.name.clone()), why: Some(why) })
        }
        several => {
            let place = several.first().and_then(|each| model.place(each.span));
            let claims = several.iter().map(|each| (*each).clone()).collect();
            Some(Way::ByOneOf { ids: ids(), claims, place })
        }
    }
}

/// The values of a claim for which rules of identity pools give roles.
fn ids_of_rules(model: &Model<'_>, claim: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attachment in model.of_kind(crate::facts::users::ATTACHMENT) {
        let Some(mappings) = attachment.properties.get("RoleMappings") else { continue };
        let mut rules = Vec::new();
        for (_, mapping) in mappings.entries() {
            mapping.at_path_all(&["RulesConfiguration", "Rules"], &mut rules);
        }
        for rule in rules {
            let text = |name: &str| rule.get(name).and_then(|value| value.as_str());
            if text("Claim") == Some(claim) && text("MatchType") == Some("Equals") {
                found.extend(text("Value").map(str::to_owned));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The one parameter without a value that takes the tenant: its value changes whose things are, or
/// its name says so.
fn taken_by(
    sources: &[Source<'_>],
    options: &ReadOptions,
    loader: &dyn Loader,
) -> Option<(String, Place)> {
    let plain = ReadOptions { pooled: Pooled::default(), ..options.clone() };
    let named: Vec<(String, Place)> = naming(sources, &plain, loader)
        .into_iter()
        .map(|each| (each.declared.name, each.declared.place))
        .collect();
    let called = || {
        let all = sources.iter().flat_map(|source| parameters(*source));
        let open = all
            .filter(|each| says_tenant(&each.name) && !options.parameters.contains_key(&each.name));
        let mut found: Vec<_> = open.map(|each| (each.name, each.place)).collect();
        found.dedup_by(|one, other| one.0 == other.0);
        found
    };
    let mut found = if named.is_empty() { called() } else { named };
    if found.len() > 1 { None } else { found.pop() }
}

impl Way {
    /// Reads the templates once more with what is known now, and decides every claim.
    pub(super) fn verify(
        self,
        sources: &[Source<'_>],
        options: &ReadOptions,
        loader: &dyn Loader,
        asked: &VerifyOptions,
    ) -> Result<Verdict, ReadError> {
        let decide = |options: &ReadOptions| {
            let model = read(sources, options, loader)?;
            Ok(verify_model(&model, asked))
        };
        match self {
            Self::Deployed { parameter, place } => {
                let tenant = |id: &String| Tenant {
                    name: id.clone(),
                    parameters: BTreeMap::from([(parameter.clone(), id.clone())]),
                };
                let tenants = options.pooled.tenants.iter().map(tenant).collect();
                let pooled = Pooled { tenants: Vec::new(), ..options.pooled.clone() };
                let mut verdict = decide(&ReadOptions { tenants, pooled, ..options.clone() })?;
                verdict.warnings.push(Notice {
                    what: format!("`{parameter}` is given each tenant's id"),
                    help: Some(format!("give another value: --tenant NAME:{parameter}=VALUE")),
                    place: Some(place),
                });
                Ok(verdict)
            }
            Self::SignedIn { ids, claim, why } => {
                let options = ids.among(options, claim.clone());
                let model = read(sources, &options, loader)?;
                let mut verdict = verify_model(&model, asked);
                ids.say(claim.as_deref(), &mut verdict);
                if claim.is_none() {
                    own_nothing(&model, &mut verdict);
                }
                verdict.warnings.extend(why);
                Ok(verdict)
            }
            Self::ByOneOf { ids, claims, place } => {
                let mut verdict = decide(&ids.among(options, None))?;
                ids.say(None, &mut verdict);
                let names: Vec<String> =
                    claims.iter().map(|each| format!("`{}`", each.name)).collect();
                let flags: Vec<String> =
                    claims.iter().map(|each| format!("--claim {}", each.name)).collect();
                let reason = Reason {
                    unknown: format!("which claim says a user's tenant: {}", names.join(" or ")),
                    matters: "what is tied to another claim does not keep tenants apart".to_owned(),
                    help: format!("name it: {}", flags.join(" or ")),
                    place,
                };
                of_tenants(&mut verdict).for_each(|answer| answer.undecided.push(reason.clone()));
                Ok(verdict)
            }
        }
    }
}

/// Says of named tenants that own nothing, and whose users no claim tells, that nothing is known of
/// them.
fn own_nothing(model: &Model<'_>, verdict: &mut Verdict) {
    let owns = |tenant: &TenantIndex| {
        model.resources.iter().any(|resource| resource.owner == Owner::Tenant(*tenant))
    };
    let without = model.pooled.iter().filter(|tenant| !owns(tenant));
    let names: Vec<String> =
        without.map(|tenant| model.symbols.readable(&model.tenants[*tenant])).collect();
    let Some(first) = names.first() else { return };
    let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    let reason = Reason {
        unknown: format!("what here is the tenant's: {}", some(&listed)),
        matters: "no resource is, and no claim says whose a user is".to_owned(),
        help: format!(
            "say for which parameters these are deployed (--tenant {first}:KEY=VALUE), whose things \
             are (--owner PATTERN={first}), or what tells users' tenant (--claim NAME)"
        ),
        place: None,
    };
    of_tenants(verdict).for_each(|answer| answer.undecided.push(reason.clone()));
}

impl Ids {
    fn among(&self, options: &ReadOptions, claim: Option<String>) -> ReadOptions {
        let tenants = match self {
            Self::Named => options.pooled.tenants.clone(),
            Self::MadeUp(ids) => ids.clone(),
        };
        ReadOptions { pooled: Pooled { tenants, claim }, ..options.clone() }
    }

    /// Says for which ids it was decided, where nobody named them.
    fn say(&self, claim: Option<&str>, verdict: &mut Verdict) {
        let Self::MadeUp(ids) = self else { return };
        tell_once(verdict, ids);
        let list = ids.join(", ");
        let of = claim.map_or("the tenant's claim".to_owned(), |claim| format!("`{claim}`"));
        verdict.warnings.push(Notice {
            what: format!("nothing here is a tenant's own: decided for users whose {of} is {list}"),
            help: Some("name your tenants: --tenant NAME, twice or more".to_owned()),
            place: None,
        });
        verdict.assumptions.push(Assumption {
            id: "tenants/shapes-of-ids".to_owned(),
            text: format!("Any two values of {of} relate as two of these do: {list}."),
            added: false,
            claims: claims::all().filter(|claim| claim.plane != Plane::Hygiene).collect(),
        });
    }
}
