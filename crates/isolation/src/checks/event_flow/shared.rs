//! What flows from one tenant to another through something that tenants share.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_policy as policy;
use tenantry_policy::{Context, Index, Request};
use tenantry_template::{
    Owner, PartRef, Resource, ResourceId, Span, TenantIndex, Text, Value, ValueKind,
};
use tenantry_verdict::claims::Barrier;

use super::escalation::FEED;
use super::{Claims, Findings};
use crate::claim_set::Listed;
use crate::facts::Facts;
use crate::facts::assets::Asset;
use crate::facts::candidates::principals_named_by;
use crate::facts::flows::{Edge, flows};
use crate::facts::owners::Owners;
use crate::facts::principals::Principal;
use crate::findings::breach::{Act, More, Next, Seen, Shown, Step, Thing};
use crate::findings::unknown::{Then, Unknown};

/// What hands on what it gets, and the action that writes to it.
const HANDS_ON: &[(&str, &str)] = &[
    ("AWS::SNS::Topic", "sns:Publish"),
    ("AWS::SQS::Queue", "sqs:SendMessage"),
    ("AWS::Events::EventBus", "events:PutEvents"),
    ("AWS::Kinesis::Stream", "kinesis:PutRecord"),
    ("AWS::KinesisFirehose::DeliveryStream", "firehose:PutRecord"),
    ("AWS::S3::Bucket", "s3:PutObject"),
    ("AWS::DynamoDB::Table", "dynamodb:PutItem"),
    ("AWS::Logs::LogGroup", "logs:PutLogEvents"),
];

/// How a tenant gets something into a shared thing.
#[derive(Clone)]
struct Writer {
    tenant: TenantIndex,
    /// Its principal or its thing.
    by: ResourceId,
    /// Whether it writes all of what comes, and not a service for it.
    itself: bool,
    span: Option<Span>,
    /// Why it is not known whether it may.
    doubts: Vec<Unknown>,
}

type Writers = BTreeMap<ResourceId, Vec<Writer>>;

/// What goes from resource to resource where one of the two is shared.
#[derive(Default)]
struct SharedFlows<'e> {
    /// By source.
    from: BTreeMap<ResourceId, Vec<(&'e Edge, ResourceId)>>,
    /// By end.
    into: BTreeMap<ResourceId, Vec<&'e Edge>>,
    /// The shared things behind which a tenant gets something.
    leading: BTreeSet<ResourceId>,
}

/// Decides what of `data/stream`, `data/copy`, `log/read-by-owner` and `escalation/feed` goes
/// through something shared.
pub(super) fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    let edges = flows(model, owners);
    let flows = SharedFlows::of(facts, &edges);
    if flows.leading.is_empty() {
        return;
    }
    let writers = flows.writers(facts);
    for (at, edges) in flows.from.iter().filter(|(at, _)| flows.leading.contains(at)) {
        for (edge, end) in edges {
            let Owner::Tenant(taker) = model.resources[*end].owner else { continue };
            let of = writers.get(at).into_iter().flatten();
            // One of whom all is known says more than one of whom it is not.
            let others = of.filter(|writer| writer.tenant != taker);
            if let Some(writer) = others.min_by_key(|writer| !writer.doubts.is_empty()) {
                judge(facts, owners, (edge, *end), writer, taker, found);
            }
        }
    }
}

impl<'e> SharedFlows<'e> {
    fn of(facts: &Facts<'_, '_>, edges: &'e [Edge]) -> Self {
        let owner = |at: ResourceId| facts.reader.model.resources[at].owner;
        let shared = |at: ResourceId| owner(at) == Owner::Shared && action(facts, at).is_some();
        let mut flows = Self::default();
        // What goes to where no template here makes anything comes to no tenant here.
        let edges = edges.iter().filter_map(|edge| Some((edge, edge.end?)));
        for (edge, end) in edges.clone().filter(|(edge, end)| shared(edge.source) || shared(*end)) {
            flows.from.entry(edge.source).or_default().push((edge, end));
            flows.into.entry(end).or_default().push(edge);
        }
        let ends = edges.filter(|(_, end)| matches!(owner(*end), Owner::Tenant(_)));
        let mut ahead: Vec<ResourceId> =
            ends.map(|(edge, _)| edge.source).filter(|source| shared(*source)).collect();
        while let Some(at) = ahead.pop() {
            if flows.leading.insert(at) {
                let before = flows.into.get(&at).into_iter().flatten().map(|edge| edge.source);
                ahead.extend(before.filter(|source| shared(*source)));
            }
        }
        flows
    }

    /// Who writes to the leading things, themselves or by what was written elsewhere.
    fn writers(&self, facts: &Facts<'_, '_>) -> Writers {
        let mut writers = direct(facts, &self.leading);
        for (at, edges) in self.into.iter().filter(|(at, _)| self.leading.contains(at)) {
            for edge in edges {
                if let Owner::Tenant(tenant) = facts.reader.model.resources[edge.source].owner {
                    let (by, span, doubts) = (edge.source, Some(edge.span), Vec::new());
                    add(&mut writers, *at, Writer { tenant, by, itself: false, span, doubts });
                }
            }
        }
        // What was written goes on.
        let mut ahead: Vec<ResourceId> = writers.keys().copied().collect();
        while let Some(at) = ahead.pop() {
            let onward = self.from.get(&at).into_iter().flatten().map(|(_, end)| *end);
            for end in onward.filter(|end| self.leading.contains(end)) {
                let mut news = false;
                for writer in writers.get(&at).cloned().into_iter().flatten() {
                    news |= add(&mut writers, end, writer);
                }
                if news {
                    ahead.push(end);
                }
            }
        }
        writers
    }
}

/// Tells what a writer's things come to at a tenant's end of a flow.
fn judge<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    (edge, end): (&Edge, ResourceId),
    writer: &Writer,
    taker: TenantIndex,
    found: &mut Findings,
) {
    let model = facts.reader.model;
    let filters = filters(&model.resources[edge.via]);
    let apart = filters.into_iter().any(|filter| tells(owners, filter, taker));
    let read: Option<Listed<Claims>> = edge.read.map(Listed::within);
    read.into_iter().chain(edge.feeds.then_some(FEED)).for_each(|claim| found.ask(claim));
    let giver = writer.tenant;
    if apart && writer.itself && edge.feeds {
        let (source, span) = (edge.source, edge.span);
        let unknown = Unknown::WritesOwnOnly { writer: writer.by, source, end, span };
        found.undecided(FEED, unknown);
    }
    if apart {
        return;
    }
    let shown =
        |claim: Listed<Claims>, attacker: TenantIndex, victim: TenantIndex, actor, act, on| {
            let what = Next::WritesToShared { by: writer.by, tenant: giver };
            let shown = Shown {
                barrier: Barrier::Ownership,
                attacker: attacker.into(),
                victim: victim.into(),
                actor,
                act,
                on: Thing::Resource(on),
                seen: Seen::FlowsOnUnfiltered,
                span: edge.span,
                more: More { step: Some(Step { what, span: writer.span }), ..More::default() },
            };
            (claim, shown)
        };
    let read = read.map(|claim| shown(claim, taker, giver, end, Act::Reads, edge.source));
    let fed = edge.feeds.then(|| shown(FEED, giver, taker, writer.by, Act::Feeds, end));
    for (claim, shown) in read.into_iter().chain(fed) {
        found.record(claim, writer.doubts.first().cloned(), shown);
    }
}

/// The tenants whose principals may write to these shared things, two of each.
fn direct(facts: &Facts<'_, '_>, shared: &BTreeSet<ResourceId>) -> Writers {
    let mut writers = Writers::new();
    let theirs = facts.principals.entries();
    let theirs = theirs.filter(|(_, each)| matches!(each.owner, Owner::Tenant(_)));
    let filed = theirs.flat_map(|(at, each)| each.policies.iter().map(move |own| (at, own)));
    let index = Index::build(filed);
    let by_arn = facts.by_arn();
    for asset in facts.assets.iter().filter(|asset| shared.contains(&asset.at)) {
        let Some(action) = action(facts, asset.at) else { continue };
        let service = action.split_once(':').map_or("", |(service, _)| service);
        let mut near = principals_named_by(facts, asset, &by_arn);
        let groups = index.candidates(service, &asset.target.arn);
        near.extend(groups.iter().flat_map(|group| &group.owners));
        for at in near {
            let enough = writers.get(&asset.at).is_some_and(|known| {
                known.len() > 1 && known.iter().all(|each| each.doubts.is_empty())
            });
            if enough {
                break;
            }
            if let Some(writer) = written(facts, asset, action, &facts.principals[at]) {
                add(&mut writers, asset.at, writer);
            }
        }
    }
    writers
}

fn written(
    facts: &Facts<'_, '_>,
    asset: &Asset,
    action: &str,
    principal: &Principal,
) -> Option<Writer> {
    let Owner::Tenant(tenant) = principal.owner else { return None };
    let request = Request {
        caller: principal.caller.clone(),
        action: action.to_owned(),
        resource: asset.target.arn.clone(),
        resource_account: asset.target.account.clone(),
        resource_tags: asset.target.tags.clone(),
        context: Context::hostile(),
    };
    let known = principal.doubts().chain(asset.doubt.as_deref());
    let mut doubts: Vec<Unknown> = known.map(Unknown::from).collect();
    let span = match policy::find_witness(&request, &facts.policies(principal, asset)) {
        Ok(None) => return None,
        Ok(Some(way)) => {
            let said = way.decision.statements.first();
            said.and_then(|said| facts.reader.places.get(said.span))
        }
        Err(reasons) => {
            let (by, action) = (principal.at, action.to_owned());
            let then = Then::FeedsAnother { by, action, asset: asset.at };
            doubts.extend(Unknown::each(reasons, then, asset.at));
            None
        }
    };
    Some(Writer { tenant, by: principal.at, itself: true, span, doubts })
}

/// Notes a writer; whether that is news. The third tenant adds nothing.
fn add(writers: &mut Writers, at: ResourceId, writer: Writer) -> bool {
    let known = writers.entry(at).or_default();
    let sure = |each: &Writer| each.doubts.is_empty();
    if let Some(each) = known.iter_mut().find(|each| each.tenant == writer.tenant) {
        let better = (sure(&writer), writer.itself) > (sure(each), each.itself);
        if better {
            *each = writer;
        }
        return better;
    }
    if known.len() < 2 {
        known.push(writer);
        return true;
    }
    let unsure = known.iter_mut().find(|each| !sure(each)).filter(|_| sure(&writer));
    unsure.map(|each| *each = writer).is_some()
}

fn action(facts: &Facts<'_, '_>, at: ResourceId) -> Option<&'static str> {
    let resource = &facts.reader.model.resources[at];
    HANDS_ON.iter().find(|(kind, _)| *kind == resource.kind).map(|(_, action)| *action)
}

/// What of a subscription, a mapping, a rule or a pipe lets only some of what comes through.
pub(super) fn filters<'r, 'a>(via: &'r Resource<'a>) -> Vec<&'r Value<'a>> {
    const PATHS: &[&[&str]] = &[
        &["FilterPolicy"],
        &["FilterCriteria"],
        &["EventPattern"],
        &["SourceParameters", "FilterCriteria"],
    ];
    PATHS.iter().filter_map(|path| via.properties.at(path)).collect()
}

/// Whether a filter lists, under one key, values that speak of this tenant alone. What compares
/// otherwise than letter by letter, and alternatives, tell nothing.
pub(super) fn tells<'a>(owners: &Owners<'_, 'a>, filter: &Value<'a>, tenant: TenantIndex) -> bool {
    match &filter.kind {
        ValueKind::Map(entries) => entries
            .iter()
            .any(|(key, value)| !key.text.starts_with('$') && tells(owners, value, tenant)),
        ValueKind::List(items) => {
            let each = |item: &Value<'a>| match &item.kind {
                ValueKind::Text(_) => tells(owners, item, tenant),
                _ => item.get("Pattern").is_some_and(|own| tells(owners, own, tenant)),
            };
            !items.is_empty() && items.iter().all(each)
        }
        ValueKind::Text(text) => {
            if let Some(json) = text.as_literal().filter(|text| text.contains('{')) {
                let json = serde_json::from_str(json);
                return json.is_ok_and(|json| json_tells(owners, &json, tenant));
            }
            let literal = |part| match part {
                PartRef::Literal(literal) => !literal.contains(['*', '{']),
                PartRef::Symbol(_) => true,
            };
            text.parts().all(literal) && owners.tenants(text) == [tenant]
        }
        _ => false,
    }
}

fn json_tells(owners: &Owners<'_, '_>, filter: &serde_json::Value, tenant: TenantIndex) -> bool {
    use serde_json::Value as Json;
    match filter {
        Json::Object(members) => members
            .iter()
            .any(|(key, value)| !key.starts_with('$') && json_tells(owners, value, tenant)),
        Json::Array(items) => {
            let each = |item: &Json| item.is_string() && json_tells(owners, item, tenant);
            !items.is_empty() && items.iter().all(each)
        }
        Json::String(text) => {
            !text.contains('*') && owners.mentioned(&Text::literal(text.clone())) == [tenant]
        }
        _ => false,
    }
}
