//! Rules of load balancers that tell tenants by what the caller writes.

use tenantry_template::{Owner, Resource, ResourceId, Value};

use super::Findings;
use super::route::TENANT_CHECK;
use crate::facts::Facts;
use crate::findings::unknown::Unknown;

const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

/// Conditions on what a caller writes as it likes; a host or a path names whom the caller wants
/// to speak with, as a route does.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html>
const WRITTEN: &[(&str, &str)] =
    &[("http-header", "HttpHeaderConfig"), ("query-string", "QueryStringConfig")];

/// Leaves open what a rule comes to that chooses a tenant's targets by a header or a query.
pub(super) fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let model = facts.reader.model;
    let rules = model.resources.entries();
    let is_rule = |(_, each): &(ResourceId, &Resource<'_>)| each.kind == RULE;
    for (at, rule) in rules.filter(is_rule) {
        let conditions = rule.properties.get("Conditions").map(Value::items).unwrap_or_default();
        let written = conditions.iter().find(|each| {
            let field = each.get("Field").and_then(Value::as_str);
            WRITTEN.iter().any(|(name, config)| field == Some(*name) || each.get(config).is_some())
        });
        let Some(written) = written.filter(|_| is_a_tenants(facts, rule)) else { continue };
        found.ask(TENANT_CHECK);
        found.undecided(TENANT_CHECK, Unknown::Listener { rule: at, span: written.span });
    }
}

/// Whether a rule is a tenant's, or leads to what is.
fn is_a_tenants(facts: &Facts<'_, '_>, rule: &Resource<'_>) -> bool {
    let model = facts.reader.model;
    if let Owner::Tenant(_) = rule.owner {
        return true;
    }
    let mut groups = Vec::new();
    for path in [
        &["Actions", "TargetGroupArn"][..],
        &["Actions", "ForwardConfig", "TargetGroups", "TargetGroupArn"],
    ] {
        rule.properties.at_path_all(path, &mut groups);
    }
    groups.into_iter().any(|value| {
        let group = value
            .to_text()
            .and_then(|text| model.find("AWS::ElasticLoadBalancingV2::TargetGroup", &text));
        group.is_some_and(|at| matches!(model.resources[at].owner, Owner::Tenant(_)))
    })
}
