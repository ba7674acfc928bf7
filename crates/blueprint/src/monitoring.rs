//! Alarms a tenant and alarms for what all use, one topic that they all go to, and a dashboard that
//! does not grow.
//!
//! Lambda's `Errors` counts crashes and timeouts alone: a function that fails and says so answers 500
//! and is no error there, while the authorizer's `Errors` has each token that it refuses. What fails
//! is therefore counted from the lines that the functions write.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>

mod alarms;
mod dashboard;

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{Key, Output, Policy, Pseudo, Ref, Text, Topic, TopicPolicy};

use crate::builder::Builder;

pub(crate) use alarms::{shared_alarms, tenant_alarms};
pub(crate) use dashboard::dashboard;

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
