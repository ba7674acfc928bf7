//! Stores that tenants share and that users reach themselves: whether one tenant's user gets at what
//! another tenant's user puts there.
//!
//! Tables are asked by their leading keys (`pooled_tables`). Here a request names what it wants by
//! its ARN: an object that the other may write, or the queue to which the other sends.

use tenantry_policy as policy;
use tenantry_policy::{Context, Request, Witness};
use tenantry_template::{Owner, TenantIndex};
use tenantry_verdict::claims::Barrier;

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::assets::{self, Asset};
use crate::facts::candidates::Candidates;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, names, users};
use crate::findings::breach::{Advice, Granted, Next, On, Step};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        data { POOLED }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// What one tenant puts somewhere and another may take.
struct Way {
    kind: &'static str,
    /// By one of these something gets there.
    puts: &'static [&'static str],
    /// By one of these it is had or changed, the worst first.
    takes: &'static [&'static str],
}

const BUCKET: &str = "AWS::S3::Bucket";

const WAYS: &[Way] = &[
    Way {
        kind: BUCKET,
        puts: &["s3:PutObject"],
        takes: &["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject"],
    },
    Way { kind: "AWS::SQS::Queue", puts: &["sqs:SendMessage"], takes: &["sqs:ReceiveMessage"] },
    Way {
        kind: "AWS::Kinesis::Stream",
        puts: &["kinesis:PutRecord", "kinesis:PutRecords"],
        takes: &["kinesis:GetRecords", "kinesis:SubscribeToShard"],
    },
    Way { kind: "AWS::SNS::Topic", puts: &["sns:Publish"], takes: &["sns:Subscribe"] },
    Way {
        kind: "AWS::Logs::LogGroup",
        puts: &["logs:PutLogEvents"],
        takes: &["logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery"],
    },
];

/// Stores that users of pooled tenants reach themselves.
pub(crate) struct PooledStores;

impl Check for PooledStores {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let model = facts.reader.model;
        let way = |asset: &Asset| WAYS.iter().find(|way| way.kind == &*asset.kind);
        let asked = |asset: &&Asset| {
            asset.owner == Owner::Shared && (way(asset).is_some() || assets::is_table(&asset.kind))
        };
        let mut stores = facts.assets.iter().filter(asked).peekable();
        if model.pooled.is_empty() || stores.peek().is_none() {
            return found;
        }
        let candidates = Candidates::of(facts);
        for store in stores {
            found.ask(data::POOLED);
            // Of a bucket, what is asked for is an object.
            let asks = |way: &&Way| is_part(store) == (way.kind == BUCKET);
            let Some(way) = way(store).filter(asks) else { continue };
            let near = candidates.near(store).into_iter();
            let users = near.filter_map(|at| Some((pooled(facts, &facts.principals[at])?, at)));
            let users: Vec<(TenantIndex, PrincipalId)> = users.collect();
            for (tenant, at) in &users {
                let user = &facts.principals[*at];
                let mut others = users.iter().filter(|(other, _)| other != tenant);
                let crossing = others.find_map(|(other, theirs)| {
                    crosses(facts, way, store, user, (*other, &facts.principals[*theirs]))
                });
                if let Some(crossing) = crossing {
                    crossing.tell(facts, (*at, user), store, &mut found);
                }
            }
        }
        found
    }
}

/// Whether an asset is a part of a store, such as its objects.
fn is_part(store: &Asset) -> bool {
    store.target.arn.symbols().any(|symbol| names::is_part(&symbol))
}

/// The pooled tenant whose user a principal is.
fn pooled(facts: &Facts<'_, '_>, principal: &Principal) -> Option<TenantIndex> {
    match principal.owner {
        Owner::Tenant(tenant) => facts.reader.model.pooled.contains(&tenant).then_some(tenant),
        Owner::Shared | Owner::Undecided => None,
    }
}

/// A request for what another tenant put there.
struct Crossing {
    arn: policy::Text,
    witness: Witness,
    /// Whose user put it there.
    other: TenantIndex,
    put: &'static str,
}

/// The first request by which a user gets at what another tenant's user puts into a store.
fn crosses(
    facts: &Facts<'_, '_>,
    way: &Way,
    store: &Asset,
    user: &Principal,
    (other, theirs): (TenantIndex, &Principal),
) -> Option<Crossing> {
    if user.doubt().or(theirs.doubt()).is_some() || store.doubt.is_some() {
        return None;
    }
    for arn in places(facts, store, other, theirs) {
        let put = way.puts.iter().find(|put| asked(facts, theirs, store, &arn, put).is_some());
        let Some(put) = put else { continue };
        let mut takes = way.takes.iter();
        if let Some(witness) = takes.find_map(|take| asked(facts, user, store, &arn, take)) {
            return Some(Crossing { arn, witness, other, put });
        }
    }
    None
}

/// The ARNs under which a tenant's user may have put something: those that its statements name, and
/// one under the tenant's id.
fn places(
    facts: &Facts<'_, '_>,
    store: &Asset,
    tenant: TenantIndex,
    user: &Principal,
) -> Vec<policy::Text> {
    let arn = &store.target.arn;
    if !is_part(store) {
        return vec![arn.clone()];
    }
    let model = facts.reader.model;
    let mut start = policy::Text::default();
    for part in arn.parts() {
        match part {
            policy::Part::Literal(literal) => start.push_str(literal),
            policy::Part::Symbol(symbol) if names::is_part(symbol) => break,
            policy::Part::Symbol(symbol) => start.push_symbol(*symbol),
        }
    }
    let begins = names::readable(model, &start);
    let statements = user.policies.iter().flat_map(|policy| &policy.statements);
    let items = statements.flat_map(|each| &each.resources).flat_map(|list| &list.items);
    // What hangs on something else of the user is its own, and no other user's.
    let known = items.filter(|item| item.template.variables().next().is_none());
    let named = known.map(|item| names::instance_of(&item.template));
    let mut found: Vec<policy::Text> =
        named.filter(|named| names::readable(model, named).starts_with(&begins)).collect();
    let mut own = start;
    own.push(&names::text(model, &model.tenants[tenant]));
    own.push_str("/any");
    found.push(own);
    found
}

/// A request of a user that is allowed for sure.
fn asked(
    facts: &Facts<'_, '_>,
    user: &Principal,
    store: &Asset,
    arn: &policy::Text,
    action: &str,
) -> Option<Witness> {
    let request = Request {
        caller: user.caller.clone(),
        action: action.to_owned(),
        resource: arn.clone(),
        resource_account: store.target.account.clone(),
        resource_tags: store.target.tags.clone(),
        context: users::as_its_own(
            Context::hostile(),
            user.policies.iter().chain(store.policy.as_deref()),
        ),
    };
    policy::find_witness(&request, &facts.policies(user, store)).ok().flatten()
}

impl Crossing {
    fn tell(
        self,
        facts: &Facts<'_, '_>,
        user: (PrincipalId, &Principal),
        store: &Asset,
        found: &mut Findings,
    ) {
        let Self { arn, witness, other, put: action } = self;
        let on = On::Asset { at: store.at, arn, policy: store.policy.clone() };
        let puts = Next::PutsThere { tenant: other, action };
        let granted = Granted {
            victim: other.into(),
            on,
            steps: vec![Step { what: puts, span: Some(facts.span(store.at)) }],
            advice: Advice::CallersOwn,
            ..Granted::on_asset(Barrier::IdentityPolicy, user, store, &witness)
        };
        found.breach(data::POOLED, granted);
    }
}
