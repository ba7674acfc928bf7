//! Where code comes from: who may write there changes what runs after the next deployment.

mod places;

use std::sync::Arc;

use tenantry_policy as policy;
use tenantry_policy::{Context, Effect, Index, Request, Target};
use tenantry_template::{Owner, PartRef, Resource, ResourceId, Span, Symbols, Text, Value};
use tenantry_verdict::claims::Barrier;

use self::escalation::CODE;
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::assets::{self, Asset};
use crate::facts::candidates::principals_named_by;
use crate::facts::owners::Owners;
use crate::facts::principals::PrincipalId;
use crate::facts::{Facts, names};
use crate::findings::breach::{Act, Advice, Granted, More, Next, Seen, Shown, Step, Thing};
use crate::findings::unknown::{Then, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        escalation { CODE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// What replaces code: an object of a bucket, an image of a repository, and whoever may rewrite the
/// policies of these lets itself.
const WRITES: &[&str] =
    &["s3:PutObject", "s3:PutBucketPolicy", "ecr:PutImage", "ecr:SetRepositoryPolicy"];

/// A place from which something's code is taken when it is deployed.
struct CodeSource<'a> {
    /// What runs the code.
    runs: ResourceId,
    /// The bucket or repository, where a template here makes it.
    store: Option<(ResourceId, Owner)>,
    arn: policy::Text,
    kind: &'static str,
    action: &'static str,
    span: Span,
    name: Text<'a>,
}

/// Who may write where code is taken from.
pub(crate) struct CodeSources;

impl Check for CodeSources {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides what of `escalation/code` is about where code lies.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let origins = origins(facts, owners);
    let open = |origin: &&CodeSource<'_>| !matches!(origin.store, Some((_, Owner::Tenant(_))));
    if origins.iter().any(|origin| open(&origin)) {
        let writers = facts.principals.entries().filter(|(_, principal)| {
            matches!(principal.owner, Owner::Tenant(_))
                && (principal.names("s3") || principal.names("ecr"))
        });
        let filed = writers.flat_map(|(at, each)| each.policies.iter().map(move |own| (at, own)));
        let index = Index::build(filed);
        let by_arn = facts.by_arn();
        for origin in origins.iter().filter(open) {
            let asset = origin.asset(facts);
            let service = origin.action.split_once(':').map_or("", |(service, _)| service);
            let mut writers = principals_named_by(facts, &asset, &by_arn);
            let groups = index.candidates(service, &origin.arn);
            writers.extend(groups.iter().flat_map(|group| &group.owners));
            for at in writers {
                if origin.written(facts, &asset, at, found) {
                    break;
                }
            }
        }
    }
    for origin in &origins {
        origin.kept(facts, found);
    }
}

impl CodeSource<'_> {
    fn owner(&self, facts: &Facts<'_, '_>) -> Owner {
        facts.reader.model.resources[self.runs].owner
    }

    /// The object or image as something to act on.
    fn asset(&self, facts: &Facts<'_, '_>) -> Asset {
        let store = self.store.and_then(|(at, _)| facts.assets.iter().find(|each| each.at == at));
        let account = store.map(|store| store.target.account.clone());
        Asset {
            at: self.store.map_or(self.runs, |(at, _)| at),
            owner: Owner::Shared,
            kind: Arc::from(self.kind),
            target: Target {
                arn: self.arn.clone(),
                account: account.unwrap_or_else(|| assets::account(facts.reader.model)),
                tags: store.and_then(|store| store.target.tags.clone()),
            },
            policy: store.and_then(|store| store.policy.clone()),
            requires_resource_policy: false,
            doubt: store.and_then(|store| store.doubt.clone()),
            unreadable_policy: None,
        }
    }

    /// Code that lies in another tenant's store.
    fn kept(&self, facts: &Facts<'_, '_>, found: &mut Findings) {
        let Some((store, Owner::Tenant(keeper))) = self.store else { return };
        let owner = self.owner(facts);
        let once = ["s3:PutObject", "ecr:PutImage"].contains(&self.action);
        if !once || owner == Owner::Tenant(keeper) || owner == Owner::Undecided {
            return;
        }
        let shown = Shown {
            barrier: Barrier::Ownership,
            attacker: keeper.into(),
            victim: owner.into(),
            actor: store,
            act: Act::HoldsCode,
            on: Thing::Resource(self.runs),
            seen: Seen::CodeTakenFromHere,
            span: self.span,
            more: More::default(),
        };
        found.breach(CODE, shown);
    }

    /// Whether a tenant's principal may write there, and that is told.
    fn written(
        &self,
        facts: &Facts<'_, '_>,
        asset: &Asset,
        at: PrincipalId,
        found: &mut Findings,
    ) -> bool {
        let principal = &facts.principals[at];
        let owner = self.owner(facts);
        if !matches!(principal.owner, Owner::Tenant(_)) || principal.owner == owner {
            return false;
        }
        let request = Request {
            caller: principal.caller.clone(),
            action: self.action.to_owned(),
            resource: asset.target.arn.clone(),
            resource_account: asset.target.account.clone(),
            resource_tags: asset.target.tags.clone(),
            context: Context::hostile(),
        };
        match policy::find_witness(&request, &facts.policies(principal, asset)) {
            Ok(None) => false,
            Ok(Some(way)) => {
                let barrier = Barrier::IdentityPolicy;
                let step = Step { what: Next::CodeTaken(self.runs), span: Some(self.span) };
                let granted = Granted {
                    victim: owner.into(),
                    steps: vec![step],
                    advice: Advice::Claim,
                    ..Granted::on_asset(barrier, (at, principal), asset, &way)
                };
                found.record(CODE, asset.doubt.as_deref().or(principal.doubt()), granted);
                true
            }
            Err(reasons) => {
                let store = facts.reader.model.symbols.readable(&self.name);
                let then = Then::WritesCode { by: principal.at, store, runs: self.runs };
                for unknown in Unknown::each(reasons, then, self.runs) {
                    found.undecided(CODE, unknown);
                }
                true
            }
        }
    }
}

/// Whether a tenant's principal is granted to write to a bucket or repository that no template here
/// makes, and in which another template's code may lie.
pub(crate) fn elsewhere(facts: &Facts<'_, '_>) -> bool {
    let theirs = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    let theirs = theirs.filter(|each| each.names("s3") || each.names("ecr"));
    let stores: Vec<&policy::Text> = facts
        .assets
        .iter()
        .filter(|asset| ["AWS::S3::Bucket", "AWS::ECR::Repository"].contains(&&*asset.kind))
        .map(|asset| &asset.target.arn)
        .collect();
    let statements = theirs.flat_map(|each| &each.policies).flat_map(|each| &each.statements);
    let mut allows = statements.filter(|each| each.effect == Effect::Allow);
    allows.any(|statement| {
        let writes = WRITES.iter().any(|action| policy::lists(&statement.actions, action));
        let listed = statement.resources.as_ref().filter(|list| !list.negated);
        let here = |text: &policy::Text| {
            stores.iter().any(|store| text == *store || text.parts().starts_with(store.parts()))
                || stores.iter().any(|store| {
                    store.as_str().is_some_and(|store| {
                        let rest = text.literal_start().strip_prefix(store);
                        rest.is_some_and(|rest| rest.starts_with('/'))
                    })
                })
        };
        let items = listed.map(|list| list.items.as_slice());
        writes && items.is_none_or(|items| !items.iter().all(|item| here(item.template.source())))
    })
}

/// Where the code of functions, layers and tasks lies.
fn origins<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Vec<CodeSource<'a>> {
    let mut found = Vec::new();
    for (at, resource) in facts.reader.model.resources.entries() {
        let said = places::said(resource);
        match resource.kind.as_str() {
            "AWS::Lambda::Function" => {
                found.extend(object(facts, owners, at, resource, "Code").into_iter().flatten());
                let uri = resource.properties.at(&["Code", "ImageUri"]);
                let uri = uri.and_then(|value| image(facts, owners, at, value));
                found.extend(uri.into_iter().flatten());
            }
            "AWS::Lambda::LayerVersion" => {
                found.extend(object(facts, owners, at, resource, "Content").into_iter().flatten());
            }
            _ => {
                let images = said.images.into_iter();
                found.extend(images.filter_map(|value| image(facts, owners, at, value)).flatten());
            }
        }
        for place in places::of(resource) {
            let origins = in_bucket(facts, owners, at, place.bucket, place.key);
            found.extend(origins.into_iter().flatten());
        }
        for address in said.addresses {
            found.extend(at_address(facts, owners, at, address).into_iter().flatten());
        }
    }
    found
}

fn object<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    runs: ResourceId,
    resource: &Resource<'a>,
    property: &str,
) -> Option<[CodeSource<'a>; 2]> {
    let code = resource.properties.get(property)?;
    // A version of an object never changes.
    if code.get("S3ObjectVersion").is_some() {
        return None;
    }
    in_bucket(
        facts,
        owners,
        runs,
        code.get("S3Bucket")?,
        code.get("S3Key").and_then(Value::to_text),
    )
}

/// An object of a bucket, by the bucket's name or ARN or an address; any object where no key is
/// known.
fn in_bucket<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    runs: ResourceId,
    bucket: &Value<'a>,
    key: Option<Text<'a>>,
) -> Option<[CodeSource<'a>; 2]> {
    let name = bucket.to_text()?;
    let model = facts.reader.model;
    let store = owners.of(bucket).filter(|(at, _)| is(facts, *at, "AWS::S3::Bucket"));
    let written = names::text(model, &name);
    let mut arn = policy::Text::default();
    if !written.literal_start().starts_with("arn:") {
        arn.push_str("arn:aws:s3:::");
    }
    arn.push(&written);
    let bucket_arn = arn.clone();
    arn.push_str("/");
    match key {
        Some(key) => arn.push(&names::text(model, &key)),
        None => arn.push_symbol(names::any_part()),
    }
    let (kind, span) = ("AWS::S3::Bucket", bucket.span);
    let origin =
        |arn, action| CodeSource { runs, store, arn, kind, action, span, name: name.clone() };
    Some([origin(arn, "s3:PutObject"), origin(bucket_arn, "s3:PutBucketPolicy")])
}

/// An object by an address, `s3://BUCKET/KEY`.
fn at_address<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    runs: ResourceId,
    address: &Value<'a>,
) -> Option<[CodeSource<'a>; 1]> {
    let name = address.to_text()?;
    let mut arn = policy::Text::from("arn:aws:s3:::");
    for part in names::text(facts.reader.model, &name).parts() {
        match part {
            policy::Part::Literal(literal) => {
                arn.push_str(literal.strip_prefix("s3://").unwrap_or(literal));
            }
            policy::Part::Symbol(symbol) => arn.push_symbol(*symbol),
        }
    }
    let mut stores = owners.resources(&name).into_iter();
    let store = stores.find(|at| is(facts, *at, "AWS::S3::Bucket"));
    let store = store.map(|at| (at, facts.reader.model.resources[at].owner));
    let (kind, span) = ("AWS::S3::Bucket", address.span);
    Some([CodeSource { runs, store, arn, kind, action: "s3:PutObject", span, name }])
}

/// `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`; a digest never changes.
fn image<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    runs: ResourceId,
    value: &Value<'a>,
) -> Option<[CodeSource<'a>; 2]> {
    let model = facts.reader.model;
    let name = value.to_text()?;
    let literals = || {
        name.parts().filter_map(|part| match part {
            PartRef::Literal(literal) => Some(literal),
            PartRef::Symbol(_) => None,
        })
    };
    if literals().any(|literal| literal.contains("@sha256:")) {
        return None;
    }
    let store =
        owners.resources(&name).into_iter().find(|at| is(facts, *at, "AWS::ECR::Repository"));
    let (kind, span) = ("AWS::ECR::Repository", value.span);
    let both = |arn: policy::Text, store| {
        ["ecr:PutImage", "ecr:SetRepositoryPolicy"].map(|action| {
            let (arn, name) = (arn.clone(), name.clone());
            CodeSource { runs, store, arn, kind, action, span, name }
        })
    };
    if let Some(at) = store {
        let resource = &model.resources[at];
        let arn = names::text(model, resource.arn.as_ref()?);
        return Some(both(arn, Some((at, resource.owner))));
    }
    let repository = literals().find_map(|literal| {
        let (before, rest) = literal.split_once(".amazonaws.com/")?;
        let known = before.contains(".ecr") || before.is_empty() || before.starts_with('.');
        known.then(|| rest.split(':').next().unwrap_or(rest).to_owned())
    })?;
    let mut arn = policy::Text::from("arn:aws:ecr:");
    arn.push(&names::text(model, &Text::symbol(Symbols::REGION)));
    arn.push_str(":");
    arn.push(&assets::account(model));
    arn.push_str(&format!(":repository/{repository}"));
    let store = facts.assets.iter().find(|asset| asset.target.arn == arn);
    let store = store.map(|asset| (asset.at, asset.owner));
    Some(both(arn, store))
}

fn is(facts: &Facts<'_, '_>, at: ResourceId, kind: &str) -> bool {
    facts.reader.model.resources[at].kind == kind
}
