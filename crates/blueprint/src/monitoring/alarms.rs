//! A tenant's alarms, and those of what all tenants use.

use tenantry_resources::{Alarm, Function, LogGroup, MetricFilter, Ref, Statistic, Topic};

use super::{EVENT_METRIC, EVENTS, FAILURE, UNCHECKED, UNCHECKED_METRIC, VIOLATION, namespace};
use crate::api::stage_name;
use crate::application::Service;
use crate::arns::{SharedLog, log_group_name};
use crate::builder::{Builder, Tenant};
use crate::compute::Running;

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

/// A tenant's alarms: two for each service and two for all of them, whichever tenant it is.
pub(crate) fn tenant_alarms(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    running: &[Running<'_>],
    topic: &Ref<Topic>,
) {
    let mut alarms = Vec::new();
    for Running { service, function, log } in running {
        let filter = MetricFilter {
            name: b.tenant_name(tenant, &service.thing("events")),
            log_group: log.clone(),
            pattern: EVENTS,
            metric_namespace: namespace(b),
            metric_name: EVENT_METRIC,
            dimensions: vec![("event", "$.event"), ("tenant_id", "$.tenantId")],
        };
        b.graph.add(&tenant.component, tenant.id(&service.id("Events")), filter);
        let [errors, throttles] = function_alarms(b, tenant, service, function, topic);
        alarms.push((service.id("ErrorsAlarm"), errors));
        alarms.push((service.id("ThrottlesAlarm"), throttles));
    }
    let [failures, violations] = event_alarms(b, tenant, topic);
    alarms.push(("FailuresAlarm".to_owned(), failures));
    alarms.push(("ViolationsAlarm".to_owned(), violations));
    alarms.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (name, alarm) in alarms {
        b.graph.add(&tenant.component, tenant.id(&name), alarm);
    }
}

/// What Lambda itself counts of a tenant's function: errors and throttles.
fn function_alarms(
    b: &Builder<'_>,
    tenant: &Tenant<'_>,
    service: &Service,
    function: &Ref<Function>,
    topic: &Ref<Topic>,
) -> [Alarm; 2] {
    let id = &tenant.config.id;
    let log = log_group_name(b, tenant, service);
    let of_function = |name: &str, metric_name, description: String| Alarm {
        namespace: "AWS/Lambda".to_owned(),
        metric_name,
        dimensions: vec![("FunctionName", function.id())],
        ..alarm(topic, b.tenant_name(tenant, &service.thing(name)), description)
    };
    let errors = Alarm {
        threshold: 5,
        ..of_function(
            "errors",
            "Errors",
            format!(
                "{} crashes or runs out of time. First: the last lines of {log}; \
                 if there are none, what was deployed last.",
                service.of(id)
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
    [errors, throttles]
}

/// What a tenant's functions write: failures and violations of the isolation.
fn event_alarms(b: &Builder<'_>, tenant: &Tenant<'_>, topic: &Ref<Topic>) -> [Alarm; 2] {
    let id = &tenant.config.id;
    // A description has 1,024 characters, however many services there are.
    let (who, log) = match b.application.services.as_slice() {
        [only] => (only.of(id), log_group_name(b, tenant, only)),
        _ => {
            let suffix = &b.platform.environment_suffix;
            (
                format!("A function of {id}"),
                format!("the log groups /aws/lambda/{id}-SERVICE-{suffix}"),
            )
        }
    };
    let whose = who.strip_prefix("The ").map_or("a function of", |_| "the function of");
    let namespace = namespace(b);
    let of_events = |name: &str, event: &'static str, description: String| Alarm {
        namespace: namespace.clone(),
        metric_name: EVENT_METRIC,
        dimensions: vec![("event", event.into()), ("tenant_id", id.to_string().into())],
        ..alarm(topic, b.tenant_name(tenant, name), description)
    };
    let failures = Alarm {
        threshold: 5,
        ..of_events(
            "failures",
            FAILURE,
            format!(
                "{who} answers 500 or 503. First: the lines with unexpected_error in \
                 {log}, which name the error and its place in the code."
            ),
        )
    };
    let violations = Alarm {
        period_seconds: 60,
        ..of_events(
            "isolation-violations",
            VIOLATION,
            format!(
                "A request reached {whose} {id} that was not this tenant's, and was refused. \
                 First: the lines with isolation_violation in {log}, and by whom the routes or the \
                 authorizer were changed."
            ),
        )
    };
    [failures, violations]
}

/// The alarms of what all tenants use: the authorizer, and the API as a whole.
pub(crate) fn shared_alarms(
    b: &mut Builder<'_>,
    authorizer_log: &Ref<LogGroup>,
    topic: &Ref<Topic>,
) {
    let component = b.shared("Monitoring");
    let filter = MetricFilter {
        name: b.name("tokens-not-checked"),
        log_group: authorizer_log.clone(),
        pattern: UNCHECKED,
        metric_namespace: namespace(b),
        metric_name: UNCHECKED_METRIC,
        dimensions: vec![("reason", "$.reason")],
    };
    b.graph.add(&component, "TokensNotChecked", filter);
    let [keys, authorizer] = authorizer_alarms(b, topic);
    let [server_errors, latency] = api_alarms(b, topic);
    for (name, alarm) in [
        ("KeysUnavailableAlarm", keys),
        ("AuthorizerErrorsAlarm", authorizer),
        ("ApiServerErrorsAlarm", server_errors),
        ("ApiLatencyAlarm", latency),
    ] {
        b.graph.add(&component, name, alarm);
    }
}

/// What the authorizer writes of tokens that it could not check.
fn authorizer_alarms(b: &Builder<'_>, topic: &Ref<Topic>) -> [Alarm; 2] {
    let namespace = namespace(b);
    let log = SharedLog::Authorizer.name(b);
    let of_authorizer = |name: &str, reason: &'static str, description: String| Alarm {
        namespace: namespace.clone(),
        metric_name: UNCHECKED_METRIC,
        dimensions: vec![("reason", reason.into())],
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
    [keys, authorizer]
}

/// What API Gateway counts of the whole API.
fn api_alarms(b: &Builder<'_>, topic: &Ref<Topic>) -> [Alarm; 2] {
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
    [server_errors, latency]
}
