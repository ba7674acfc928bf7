//! Alarms a tenant, one topic that they all go to, and a dashboard that does not grow.

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{
    Alarm, Dashboard, Function, Key, LogGroup, MetricFilter, Output, Policy, Pseudo, Ref,
    Statistic, Text, Topic, TopicPolicy, Tree,
};

use crate::builder::{Builder, Tenant};

/// The namespace of the platform's own metrics.
const NAMESPACE: &str = "tenantry";

/// The line that a function writes when a request is not its tenant's.
const VIOLATION: &str = r#"{ $.event = "isolation_violation" }"#;

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

pub(crate) fn alarms(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    function: &Ref<Function>,
    log_group: &Ref<LogGroup>,
    topic: &Ref<Topic>,
) {
    let id = &tenant.config.id;
    let violations = b.tenant_name(tenant, "isolation-violations");
    let filter = MetricFilter {
        name: violations.clone(),
        log_group: log_group.clone(),
        pattern: VIOLATION,
        metric_namespace: NAMESPACE,
        metric_name: violations.clone(),
    };
    b.graph.add(&tenant.component, tenant.id("IsolationViolations"), filter);
    let alarm = |name: String, description: String, metric_name: &str, threshold| Alarm {
        name,
        description,
        namespace: "AWS/Lambda",
        metric_name: metric_name.to_owned(),
        dimensions: vec![("FunctionName", function.id())],
        statistic: Statistic::Sum,
        period_seconds: 300,
        threshold,
        topic: topic.clone(),
    };
    let errors = alarm(
        b.tenant_name(tenant, "errors"),
        format!("The function of {id} fails; its log group says why"),
        "Errors",
        5,
    );
    let throttles = alarm(
        b.tenant_name(tenant, "throttles"),
        format!("Calls of {id} are turned away: the account's concurrency is used up"),
        "Throttles",
        1,
    );
    let violations = Alarm {
        namespace: NAMESPACE,
        dimensions: Vec::new(),
        period_seconds: 60,
        ..alarm(
            violations.clone(),
            format!("A request reached the function of {id} that was not this tenant's"),
            &violations,
            1,
        )
    };
    for (name, alarm) in
        [("ErrorsAlarm", errors), ("ThrottlesAlarm", throttles), ("ViolationsAlarm", violations)]
    {
        b.graph.add(&tenant.component, tenant.id(name), alarm);
    }
}

/// Searches find the tenants' metrics by themselves, so a new tenant changes nothing here.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html>
pub(crate) fn dashboard(b: &mut Builder<'_>) {
    let lambda = |metric: &str, statistic: &str| {
        format!(
            "SEARCH('{{AWS/Lambda,FunctionName}} FunctionName=\"tenant-\" MetricName=\"{metric}\"', \
             '{statistic}', 300)"
        )
    };
    let gateway = |metric: &str, statistic: &str| {
        let api = b.name("api");
        format!(
            "SEARCH('{{AWS/ApiGateway,ApiName}} ApiName=\"{api}\" MetricName=\"{metric}\"', \
             '{statistic}', 300)"
        )
    };
    let violations =
        format!("SEARCH('{{{NAMESPACE}}} MetricName=\"isolation-violations\"', 'Sum', 300)");
    let widgets = [
        ("Requests", gateway("Count", "Sum")),
        ("Latency, 99th percentile (ms)", gateway("Latency", "p99")),
        ("Calls by tenant", lambda("Invocations", "Sum")),
        ("Errors by tenant", lambda("Errors", "Sum")),
        ("Duration by tenant, 99th percentile (ms)", lambda("Duration", "p99")),
        ("Isolation violations", violations),
    ];
    let widgets = widgets.into_iter().enumerate().map(|(index, (title, expression))| {
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
                    (
                        "metrics",
                        Tree::list([Tree::list([Tree::map([("expression", expression.into())])])]),
                    ),
                ]),
            ),
        ])
    });
    let body = Tree::map([("widgets", Tree::list(widgets))]);
    let dashboard = Dashboard { name: b.name("dashboard"), body };
    b.graph.add(&b.shared("Monitoring"), "Dashboard", dashboard);
}
