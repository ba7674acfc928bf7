//! Alarms a tenant and alarms for what all use, one topic that they all go to, and a dashboard that
//! does not grow.
//!
//! Lambda's `Errors` counts crashes and timeouts alone: a function that fails and says so answers 500
//! and is no error there, while the authorizer's `Errors` has each token that it refuses. What fails
//! is therefore counted from the lines that the functions write.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{
    Alarm, Dashboard, Function, Key, LogGroup, MetricFilter, Output, Policy, Pseudo, Ref,
    Statistic, Text, Topic, TopicPolicy, Tree,
};

use crate::api::stage_name;
use crate::arns::{SharedLog, tenant_log_group_name};
use crate::builder::{Builder, Tenant};

/// The lines of a tenant's function that are counted, by their `event`: `functions/node/api/log.mjs`.
const EVENTS: &str = r#"{ $.event = "isolation_violation" || $.event = "unexpected_error" }"#;
const VIOLATION: &str = "isolation_violation";
const FAILURE: &str = "unexpected_error";
/// The metric that counts them.
const EVENT_METRIC: &str = "Events";

/// The lines of the authorizer that are counted, by their `reason`: those that the caller is not the
/// cause of (`functions/node/authorizer/authorizer.mjs`).
const UNCHECKED: &str = r#"{ $.event = "token_refused" && $.level = "error" }"#;
/// The metric that counts them.
const UNCHECKED_METRIC: &str = "TokensNotChecked";

/// The namespace of the platform's own metrics: `tenantry-prod`. Another environment or cell has
/// another, so that their numbers never add up.
fn namespace(b: &Builder<'_>) -> String {
    b.name("tenantry")
}

pub(crate) fn topic(b: &mut Builder<'_>, key: &Ref<Key>) -> Ref<Topic> {
    let component = b.shared("Monitoring");
    let topic = Topic { name: b.name("alarms"), key: key.clone() };
    let topic = b.graph.add(&component, "AlarmTopic", topic);
    let alarms_of_this_account = vec![Text::arn("cloudwatch", "alarm:*")];
    let policy = Policy::new(vec![
        Statement::allow("AlarmsPublish", &["sns:Publish"])
            .to(vec![Principal::Service("cloudwatch.amazonaws.com".into())])
            .on(vec![topic.id()])
            .when("StringEquals", "aws:SourceAccount", vec![Pseudo::AccountId.into()])
            .when("ArnLike", "aws:SourceArn", alarms_of_this_account),
    ]);
    b.graph.add(&component, "AlarmTopicPolicy", TopicPolicy { topic: topic.clone(), policy });
    b.graph.output(Output {
        name: "AlarmTopicArn".to_owned(),
        description: "Subscribe to it to be told of alarms".to_owned(),
        value: topic.id(),
    });
    topic
}

/// What alarms have in common.
fn alarm(topic: &Ref<Topic>, name: String, description: String) -> Alarm {
    Alarm {
        name,
        description,
        namespace: String::new(),
        metric_name: "",
        dimensions: Vec::new(),
        statistic: Statistic::Sum,
        period_seconds: 300,
        periods: 1,
        threshold: 1,
        topic: topic.clone(),
    }
}

/// A tenant's alarms: four, whichever tenant it is.
pub(crate) fn alarms(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    function: &Ref<Function>,
    log_group: &Ref<LogGroup>,
    topic: &Ref<Topic>,
) {
    let id = &tenant.config.id;
    let namespace = namespace(b);
    let filter = MetricFilter {
        name: b.tenant_name(tenant, "events"),
        log_group: log_group.clone(),
        pattern: EVENTS,
        metric_namespace: namespace.clone(),
        metric_name: EVENT_METRIC,
        dimensions: vec![("event", "$.event"), ("tenant_id", "$.tenantId")],
    };
    b.graph.add(&tenant.component, tenant.id("Events"), filter);
    let log = tenant_log_group_name(b, tenant);
    let of_function = |name: &str, metric_name, description: String| Alarm {
        namespace: "AWS/Lambda".to_owned(),
        metric_name,
        dimensions: vec![("FunctionName", function.id())],
        ..alarm(topic, b.tenant_name(tenant, name), description)
    };
    let of_events = |name: &str, event: &'static str, description: String| Alarm {
        namespace: namespace.clone(),
        metric_name: EVENT_METRIC,
        dimensions: vec![("event", event.into()), ("tenant_id", id.to_string().into())],
        ..alarm(topic, b.tenant_name(tenant, name), description)
    };
    let errors = Alarm {
        threshold: 5,
        ..of_function(
            "errors",
            "Errors",
            format!(
                "The function of {id} crashes or runs out of time. First: the last lines of {log}; \
                 if there are none, what was deployed last."
            ),
        )
    };
    let failures = Alarm {
        threshold: 5,
        ..of_events(
            "failures",
            FAILURE,
            format!(
                "The function of {id} answers 500 or 503. First: the lines with unexpected_error in \
                 {log}, which name the error and its place in the code."
            ),
        )
    };
    let throttles = of_function(
        "throttles",
        "Throttles",
        format!(
            "Calls of {id} are turned away. First: Lambda's ConcurrentExecutions of the account \
             against its quota, and which function uses it up."
        ),
    );
    let violations = Alarm {
        period_seconds: 60,
        ..of_events(
            "isolation-violations",
            VIOLATION,
            format!(
                "A request reached the function of {id} that was not this tenant's, and was refused. \
                 First: the lines with isolation_violation in {log}, and by whom the routes or the \
                 authorizer were changed."
            ),
        )
    };
    for (name, alarm) in [
        ("ErrorsAlarm", errors),
        ("FailuresAlarm", failures),
        ("ThrottlesAlarm", throttles),
        ("ViolationsAlarm", violations),
    ] {
        b.graph.add(&tenant.component, tenant.id(name), alarm);
    }
}

/// The alarms of what all tenants use: the authorizer, and the API as a whole.
pub(crate) fn shared_alarms(
    b: &mut Builder<'_>,
    authorizer_log: &Ref<LogGroup>,
    topic: &Ref<Topic>,
) {
    let component = b.shared("Monitoring");
    let namespace = namespace(b);
    let filter = MetricFilter {
        name: b.name("tokens-not-checked"),
        log_group: authorizer_log.clone(),
        pattern: UNCHECKED,
        metric_namespace: namespace.clone(),
        metric_name: UNCHECKED_METRIC,
        dimensions: vec![("reason", "$.reason")],
    };
    b.graph.add(&component, "TokensNotChecked", filter);
    let log = SharedLog::Authorizer.name(b);
    let of_authorizer = |name: &str, reason: &'static str, description: String| Alarm {
        namespace: namespace.clone(),
        metric_name: UNCHECKED_METRIC,
        dimensions: vec![("reason", reason.into())],
        ..alarm(topic, b.name(name), description)
    };
    // The dimensions that API Gateway gives a stage's metrics without being asked.
    // <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>
    let of_stage = |name: &str, metric_name, description: String| Alarm {
        namespace: "AWS/ApiGateway".to_owned(),
        metric_name,
        dimensions: vec![
            ("ApiName", b.name("api").into()),
            ("Stage", stage_name(b).to_owned().into()),
        ],
        ..alarm(topic, b.name(name), description)
    };
    let keys = of_authorizer(
        "keys-unavailable",
        "keys_unavailable",
        format!(
            "The authorizer cannot fetch the user pool's keys and answers 401, in the end to every \
             tenant. First: whether the pool's address with /.well-known/jwks.json behind it \
             answers; then {log}."
        ),
    );
    let authorizer = of_authorizer(
        "authorizer-errors",
        "internal_error",
        format!(
            "The authorizer fails and answers 401 to tokens that may be good. First: the lines with \
             internal_error in {log}; then what was deployed last."
        ),
    );
    let server_errors = Alarm {
        threshold: 5,
        ..of_stage(
            "api-5xx",
            "5XXError",
            format!(
                "The API answers with 500 and above. First: which tenantId and status its access log \
                 has, {}. One tenant: that tenant's alarms. All: authorizerError in the same lines.",
                SharedLog::Access.name(b)
            ),
        )
    };
    let latency = Alarm {
        statistic: Statistic::P99,
        periods: 3,
        // Half of the time that a tenant's function has.
        threshold: 5000,
        ..of_stage(
            "api-latency",
            "Latency",
            "For a quarter of an hour one request in a hundred took 5 seconds or longer. First: the \
             dashboard, whether one tenant's duration grew or all; then throttling of its tables."
                .to_owned(),
        )
    };
    for (name, alarm) in [
        ("KeysUnavailableAlarm", keys),
        ("AuthorizerErrorsAlarm", authorizer),
        ("ApiServerErrorsAlarm", server_errors),
        ("ApiLatencyAlarm", latency),
    ] {
        b.graph.add(&component, name, alarm);
    }
}

/// Searches find the tenants' metrics by themselves, so a new tenant changes nothing here.
///
/// What stands in double quotes in a search matches whole values; without them each word matches a
/// part. The platform's own metrics are found exactly, since their namespace is the cell's. Lambda's
/// are found by parts of the functions' names, `tenant` and `api-{suffix}`: of all cells of the
/// environment, and of another environment whose suffix begins with this one's and a hyphen.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>
pub(crate) fn dashboard(b: &mut Builder<'_>) {
    let namespace = namespace(b);
    let suffix = &b.platform.environment_suffix;
    let of_functions = |metric: &str, statistic: &str| {
        format!(
            "SEARCH('{{AWS/Lambda,FunctionName}} MetricName=\"{metric}\" FunctionName=tenant \
             FunctionName=api-{suffix}', '{statistic}', 300)"
        )
    };
    let most = |search: String, by: &str| format!("SORT({search}, {by}, DESC, 20)");
    let of_events = |event: &str| {
        format!(
            "SEARCH('{{\"{namespace}\",event,\"tenant_id\"}} MetricName=\"{EVENT_METRIC}\" \
             event=\"{event}\"', 'Sum', 300)"
        )
    };
    let unchecked = format!(
        "SEARCH('{{\"{namespace}\",reason}} MetricName=\"{UNCHECKED_METRIC}\"', 'Sum', 300)"
    );
    let found = |searches: Vec<String>| {
        let row = |search: String| Tree::list([Tree::map([("expression", search.into())])]);
        Tree::list(searches.into_iter().map(row))
    };
    let of_stage = |metrics: [(&'static str, &'static str); 2]| {
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
    };
    let widgets = [
        (
            "Requests, and answers of 500 and above",
            of_stage([("Count", "SampleCount"), ("5XXError", "Sum")]),
        ),
        (
            "Latency, median and 99th percentile (ms)",
            of_stage([("Latency", "p50"), ("Latency", "p99")]),
        ),
        (
            "Calls, the 20 busiest tenants",
            found(vec![most(of_functions("Invocations", "Sum"), "SUM")]),
        ),
        (
            "Duration, the 20 slowest tenants, 99th percentile (ms)",
            found(vec![most(of_functions("Duration", "p99"), "MAX")]),
        ),
        (
            "Failures and crashes by tenant",
            found(vec![of_events(FAILURE), most(of_functions("Errors", "Sum"), "SUM")]),
        ),
        ("Isolation violations by tenant", found(vec![of_events(VIOLATION)])),
        ("Tokens that could not be checked, by reason", found(vec![unchecked])),
    ];
    let widgets = widgets.into_iter().enumerate().map(|(index, (title, metrics))| {
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
