//! What a tenant is granted under its own name and no template makes: a prefix of a bucket that
//! tenants share, a path of parameters. Another tenant that is granted the same reaches it.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Context, Filling, Match, Part, PolicyStatement, Style, Target};
use tenantry_template::{Owner, TenantIndex, Text};

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::assets::{self, Asset};
use crate::facts::candidates::Candidates;
use crate::facts::principals::Principal;
use crate::facts::{Facts, names};
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Grants by a tenant's name.
pub(crate) struct NamedGrants;

impl Check for NamedGrants {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let grants = grants(facts);
        if !grants.is_empty() {
            let candidates = Candidates::of(facts);
            let account = assets::account(facts.reader.model);
            for grant in &grants {
                ask(facts, &candidates, grant, account.clone(), &mut found);
            }
        }
        found
    }
}

/// Whether a tenant is granted anything that is named after it and no template makes. Whether
/// another is granted the same cannot be told without the other's template.
pub(crate) fn any(facts: &Facts<'_, '_>) -> bool {
    !grants(facts).is_empty()
}

/// A statement of a tenant's that names something by the tenant's id.
struct Grant<'f> {
    principal: &'f Principal,
    statement: &'f PolicyStatement,
    /// Something that it is for.
    arn: policy::Text,
}

/// The grants of tenants' principals on what is named after the tenant and no template makes.
fn grants<'f>(facts: &'f Facts<'_, '_>) -> Vec<Grant<'f>> {
    let of_tenants = facts.assets.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    let known: HashSet<&policy::Text> = of_tenants.map(|asset| &asset.target.arn).collect();
    let mut own: HashMap<TenantIndex, Vec<&policy::Text>> = HashMap::new();
    for asset in &facts.assets {
        if let Owner::Tenant(tenant) = asset.owner {
            own.entry(tenant).or_default().push(&asset.target.arn);
        }
    }
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for principal in &facts.principals {
        let Owner::Tenant(tenant) = principal.owner else { continue };
        let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
        for statement in statements.filter(|each| each.effect == policy::Effect::Allow) {
            let list = statement.resources.as_ref().filter(|list| !list.negated);
            for item in list.into_iter().flat_map(|list| &list.items) {
                let source = item.template.source();
                if known.contains(source) || !mentions(facts, source, tenant) {
                    continue;
                }
                // What it takes in of what is here is asked about.
                let here = own.get(&tenant).into_iter().flatten();
                let pattern = item.template.pattern(Style::Glob, |_| Filling::Missing);
                let takes = |arn: &&policy::Text| {
                    pattern.as_ref().is_some_and(|each| each.matches(arn) != Match::No)
                };
                if here.copied().any(|arn| takes(&arn)) {
                    continue;
                }
                let arn = names::instance_of(&item.template);
                // A part of something that is asked about.
                let is_part = std::iter::successors(Some(arn.clone()), whole).take(DEEPEST);
                if is_part.into_iter().any(|arn| known.contains(&arn)) {
                    continue;
                }
                if seen.insert((tenant, arn.clone())) {
                    found.push(Grant { principal, statement, arn });
                }
            }
        }
    }
    found
}

/// How many `/` and `:` the ARN of a part has behind that of the whole.
const DEEPEST: usize = 5;

/// What stands before the last `/` or `:` of an ARN.
fn whole(arn: &policy::Text) -> Option<policy::Text> {
    let (last, before) = arn.parts().split_last()?;
    let Part::Literal(literal) = last else {
        // A symbol is a part's name as a whole.
        let mut start = policy::Text::default();
        push(&mut start, before);
        return Some(start);
    };
    let at = literal.rfind(['/', ':'])?;
    let mut start = policy::Text::default();
    push(&mut start, before);
    start.push_str(literal.get(..at)?);
    Some(start)
}

fn push(text: &mut policy::Text, parts: &[Part]) {
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Symbol(symbol) => text.push_symbol(*symbol),
        }
    }
}

/// Whether a text speaks of a tenant by its id.
fn mentions(facts: &Facts<'_, '_>, text: &policy::Text, tenant: TenantIndex) -> bool {
    text.parts().iter().any(|part| match part {
        Part::Literal(literal) => {
            facts.owners.mentioned(&Text::literal(literal.clone())).contains(&tenant)
        }
        Part::Symbol(_) => false,
    })
}

/// Asks which other tenants' principals are allowed what a grant is for.
fn ask(
    facts: &Facts<'_, '_>,
    candidates: &Candidates<'_, '_, '_>,
    grant: &Grant<'_>,
    account: policy::Text,
    found: &mut Findings,
) {
    let model = facts.reader.model;
    let asset = Asset {
        at: grant.principal.at,
        owner: grant.principal.owner,
        kind: Arc::from(""),
        target: Target { arn: grant.arn.clone(), account, tags: None },
        policy: None,
        requires_resource_policy: false,
        doubt: None,
        unreadable_policy: None,
    };
    for other in candidates.near(&asset) {
        let other = &facts.principals[other];
        let apart = matches!(other.owner, Owner::Tenant(_)) && other.owner != asset.owner;
        if !apart {
            continue;
        }
        let reach = facts.reach(other, &asset, &Context::hostile());
        let actions = reach.allowed.iter().map(|way| way.request.action.as_str());
        let both = actions.filter(|action| policy::lists(&grant.statement.actions, action));
        let Some(action) = both.into_iter().next() else { continue };
        let span = facts.reader.places.get(grant.statement.span);
        let unknown = Unknown::WhoseName {
            name: names::readable(model, &grant.arn),
            span: span.unwrap_or(facts.span(grant.principal.at)),
            granted: grant.principal.at,
            other: other.at,
            action: action.to_owned(),
        };
        found.undecided(identity::OTHER_TENANTS_ASSET, unknown);
        return;
    }
}
