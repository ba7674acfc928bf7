//! A dashboard that does not grow with the tenants.

use tenantry_resources::{Dashboard, Pseudo, Text, Tree};

use super::{EVENT_METRIC, FAILURE, UNCHECKED_METRIC, VIOLATION, namespace};
use crate::api::stage_name;
use crate::builder::Builder;

/// All widgets, two a row.
pub(crate) fn dashboard(b: &mut Builder<'_>) {
    let widgets = widgets(b).into_iter().enumerate().map(|(index, (title, metrics))| {
        let place = i64::try_from(index).unwrap_or_default();
        Tree::map([
            ("type", "metric".into()),
            ("x", (place % 2 * 12).into()),
            ("y", (place / 2 * 6).into()),
            ("width", 12.into()),
            ("height", 6.into()),
            (
                "properties",
                Tree::map([
                    ("title", title.into()),
                    ("view", "timeSeries".into()),
                    ("region", Text::from(Pseudo::Region).into()),
                    ("metrics", metrics),
                ]),
            ),
        ])
    });
    let body = Tree::map([("widgets", Tree::list(widgets))]);
    let dashboard = Dashboard { name: b.name("dashboard"), body };
    b.graph.add(&b.shared("Monitoring"), "Dashboard", dashboard);
}

/// The widgets by their titles, with their metrics.
///
/// Searches find the tenants' metrics by themselves, so a new tenant changes nothing here.
///
/// What stands in double quotes in a search matches whole values; without them each word matches a
/// part. The platform's own metrics are found exactly, since their namespace is the cell's. Lambda's
/// are found by parts of the functions' names, such as `tenant` and `api-{suffix}`, a search for each
/// service: of all cells of the environment, and of another environment whose suffix begins with this one's and a hyphen.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>
fn widgets(b: &Builder<'_>) -> [(&'static str, Tree); 7] {
    let namespace = namespace(b);
    let suffix = &b.platform.environment_suffix;
    let most = |metric: &str, statistic: &str, by: &str| {
        let services = b.application.services.iter().map(|service| {
            format!(
                "SORT(SEARCH('{{AWS/Lambda,FunctionName}} MetricName=\"{metric}\" \
                 FunctionName=tenant FunctionName={}-{suffix}', '{statistic}', 300), {by}, DESC, 20)",
                service.function()
            )
        });
        services.collect::<Vec<_>>()
    };
    let of_events = |event: &str| {
        format!(
            "SEARCH('{{\"{namespace}\",event,\"tenant_id\"}} MetricName=\"{EVENT_METRIC}\" \
             event=\"{event}\"', 'Sum', 300)"
        )
    };
    let unchecked = format!(
        "SEARCH('{{\"{namespace}\",reason}} MetricName=\"{UNCHECKED_METRIC}\"', 'Sum', 300)"
    );
    [
        (
            "Requests, and answers of 500 and above",
            of_stage(b, [("Count", "SampleCount"), ("5XXError", "Sum")]),
        ),
        (
            "Latency, median and 99th percentile (ms)",
            of_stage(b, [("Latency", "p50"), ("Latency", "p99")]),
        ),
        ("Calls, the 20 busiest tenants", found(most("Invocations", "Sum", "SUM"))),
        (
            "Duration, the 20 slowest tenants, 99th percentile (ms)",
            found(most("Duration", "p99", "MAX")),
        ),
        (
            "Failures and crashes by tenant",
            found([vec![of_events(FAILURE)], most("Errors", "Sum", "SUM")].concat()),
        ),
        ("Isolation violations by tenant", found(vec![of_events(VIOLATION)])),
        ("Tokens that could not be checked, by reason", found(vec![unchecked])),
    ]
}

/// What searches find.
fn found(searches: Vec<String>) -> Tree {
    let row = |search: String| Tree::list([Tree::map([("expression", search.into())])]);
    Tree::list(searches.into_iter().map(row))
}

/// Metrics of the API's stage, with the statistic that each is shown by.
fn of_stage(b: &Builder<'_>, metrics: [(&'static str, &'static str); 2]) -> Tree {
    let row = |(metric, statistic): (&'static str, &'static str)| {
        Tree::List(vec![
            "AWS/ApiGateway".into(),
            metric.into(),
            "ApiName".into(),
            b.name("api").into(),
            "Stage".into(),
            stage_name(b).to_owned().into(),
            Tree::map([("stat", statistic.into()), ("period", 300.into())]),
        ])
    };
    Tree::list(metrics.map(row))
}
