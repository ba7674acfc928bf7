use std::collections::BTreeSet;

use tenantry_resources::{Alarm, Graph, MetricFilter, Resource};

use crate::platforms::{build, graph, of_kind, platform, read, resource, shown};

fn alarms(graph: &Graph) -> Vec<(&str, &Alarm)> {
    of_kind(graph, "Alarm")
        .filter_map(|node| match &node.resource {
            Resource::Alarm(alarm) => Some((node.id.as_str(), alarm)),
            _ => None,
        })
        .collect()
}

/// A line an alarm: what is watched, and when it goes off.
#[test]
fn what_fails_sets_off_an_alarm() {
    let graph = graph(&["tenant-001"]);
    let lines: Vec<String> = alarms(&graph)
        .into_iter()
        .map(|(_, alarm)| {
            let dimensions: Vec<String> = alarm
                .dimensions
                .iter()
                .map(|(name, value)| format!("{name}={}", shown(value)))
                .collect();
            format!(
                "{}: {} {} {} {:?} >= {} in {} of {} s",
                alarm.name,
                alarm.namespace,
                alarm.metric_name,
                dimensions.join(" "),
                alarm.statistic,
                alarm.threshold,
                alarm.periods,
                alarm.period_seconds
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
#[test]
fn an_alarm_says_what_to_do_first_in_no_more_than_cloudwatch_takes() {
    let graph = graph(&["tenant-001"]);
    for (id, alarm) in alarms(&graph) {
        assert!(alarm.description.contains(" First: "), "{id}: {}", alarm.description);
        assert!(alarm.description.len() <= 1024, "{id}");
        assert_eq!(alarm.topic.logical_id().as_str(), "AlarmTopic", "{id}");
    }
}

#[test]
fn a_tenant_has_four_alarms_and_a_cell_four_for_all() {
    let count = |ids: &[&str]| alarms(&graph(ids)).len();
    assert_eq!(count(&["tenant-001"]), 8);
    assert_eq!(count(&["tenant-001", "tenant-002"]), 12);
}

/// A dimension's value is the field of the event that matched; all of an alarm's dimensions have to
/// be the metric's.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>
#[test]
fn an_alarm_on_a_metric_of_the_platform_watches_what_a_filter_counts() {
    let graph = graph(&["tenant-001"]);
    let filters: Vec<&MetricFilter> = of_kind(&graph, "MetricFilter")
        .filter_map(|node| match &node.resource {
            Resource::MetricFilter(filter) => Some(filter),
            _ => None,
        })
        .collect();
    let mut watched = 0;
    for (id, alarm) in alarms(&graph) {
        if alarm.namespace.starts_with("AWS/") {
            continue;
        }
        watched += 1;
        let filter = filters
            .iter()
            .find(|filter| {
                let names = |it: Vec<&'static str>| it.into_iter().collect::<BTreeSet<_>>();
                filter.metric_name == alarm.metric_name
                    && filter.metric_namespace == alarm.namespace
                    && names(filter.dimensions.iter().map(|(name, _)| *name).collect())
                        == names(alarm.dimensions.iter().map(|(name, _)| *name).collect())
            })
            .unwrap_or_else(|| panic!("{id}: no filter makes its metric"));
        // The value that the pattern asks for stands in the code that writes the line.
        for (name, value) in &alarm.dimensions {
            let value = shown(value);
            if *name == "event" {
                assert!(filter.pattern.contains(&format!(r#"$.event = "{value}""#)), "{id}");
                assert!(LOG.contains(&format!("event: '{value}'")), "{id}: {value}");
            }
            if *name == "reason" {
                assert!(AUTHORIZER.contains(&format!("'{value}'")), "{id}: {value}");
            }
        }
    }
    assert_eq!(watched, 4);
    assert_eq!(filters.len(), 2);
}

const LOG: &str = include_str!("../../../../functions/node/api/log.mjs");
const AUTHORIZER: &str = concat!(
    include_str!("../../../../functions/node/authorizer/authorizer.mjs"),
    include_str!("../../../../functions/node/authorizer/verifier.mjs"),
);

#[test]
fn the_filters_read_fields_that_the_functions_write() {
    let graph = graph(&["tenant-001"]);
    let events = resource!(&graph, "Tenant001Events", MetricFilter);
    assert_eq!(events.log_group.logical_id().as_str(), "Tenant001LogGroup");
    assert_eq!(events.dimensions, [("event", "$.event"), ("tenant_id", "$.tenantId")]);
    // Both lines that are counted, as they are written.
    for event in ["unexpected_error", "isolation_violation"] {
        let line = LOG.split("write({").find(|line| line.contains(&format!("'{event}'"))).unwrap();
        assert!(line.contains("    tenantId,"), "{event} without its tenant");
    }
    let unchecked = resource!(&graph, "TokensNotChecked", MetricFilter);
    assert_eq!(unchecked.log_group.logical_id().as_str(), "AuthorizerLogGroup");
    for field in ["level:", "event: 'token_refused'", "reason,"] {
        assert!(AUTHORIZER.contains(field), "{field}");
    }
}

/// Metrics of two environments in one account, or of two cells, would add up under one name.
#[test]
fn the_platforms_metrics_are_in_a_namespace_of_its_environment_and_cell() {
    let ids: Vec<String> = (1..=21).map(|number| format!("tenant-{number:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut platform = platform(&ids);
    platform.environment_suffix = "test".to_owned();
    let of_cell = |cell: usize| {
        let graph = build(&platform, &platform.cells[cell]);
        resource!(&graph, "TokensNotChecked", MetricFilter).metric_namespace.clone()
    };
    assert_eq!(of_cell(0), "tenantry-test");
    assert_eq!(of_cell(1), "tenantry-cell-2-test");
}

/// A word in double quotes matches a whole value, so no beginning of a name may stand in them.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>
#[test]
fn what_the_dashboard_searches_exactly_is_the_whole_of_a_value() {
    let graph = graph(&["tenant-001"]);
    let mut whole: BTreeSet<String> =
        ["Invocations", "Duration", "Errors"].map(str::to_owned).into();
    for node in graph.nodes() {
        if let Resource::MetricFilter(filter) = &node.resource {
            whole.insert(filter.metric_namespace.clone());
            whole.insert(filter.metric_name.to_owned());
            whole.extend(filter.dimensions.iter().map(|(name, _)| (*name).to_owned()));
        }
        if let Resource::Alarm(alarm) = &node.resource {
            whole.extend(alarm.dimensions.iter().map(|(_, value)| shown(value)));
        }
    }
    let body = shown(&resource!(&graph, "Dashboard", Dashboard).body.to_json_text());
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let mut searches = 0;
    for widget in body["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            let Some(expression) = metric[0]["expression"].as_str() else {
                assert_eq!(metric[0], "AWS/ApiGateway");
                assert_eq!(
                    (metric[3].as_str(), metric[5].as_str()),
                    (Some("api-prod"), Some("prod"))
                );
                continue;
            };
            searches += 1;
            for quoted in expression.split('"').skip(1).step_by(2) {
                assert!(whole.contains(quoted), "{quoted} in {expression}");
            }
        }
    }
    assert_eq!(searches, 6);
    // The parts that are searched for are parts of the functions' names, between hyphens.
    let function = &resource!(&graph, "Tenant001Function", Function).name;
    assert!(function.starts_with("tenant-") && function.ends_with("-api-prod"), "{function}");
}

#[test]
fn only_this_accounts_alarms_publish_to_the_topic() {
    let graph = graph(&["tenant-001"]);
    let policy = resource!(&graph, "AlarmTopicPolicy", TopicPolicy);
    insta::assert_snapshot!(read(&policy.policy));
    assert_eq!(resource!(&graph, "AlarmTopic", Topic).key.logical_id().as_str(), "SharedKey");
}

#[test]
fn the_dashboard_is_the_same_for_one_tenant_and_for_many() {
    let body = |ids: &[&str]| resource!(&graph(ids), "Dashboard", Dashboard).body.clone();
    assert_eq!(body(&["tenant-001"]), body(&["tenant-001", "tenant-002"]));
    insta::assert_snapshot!(shown(&body(&["tenant-001"]).to_json_text()));
}
