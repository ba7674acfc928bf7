use crate::platforms::{graph, read, resource, shown};

#[test]
fn a_tenant_has_alarms_for_errors_throttles_and_violations() {
    let graph = graph(&["tenant-001"]);
    for (id, name, metric) in [
        ("Tenant001ErrorsAlarm", "tenant-001-errors-prod", "Errors"),
        ("Tenant001ThrottlesAlarm", "tenant-001-throttles-prod", "Throttles"),
    ] {
        let alarm = resource!(&graph, id, Alarm);
        assert_eq!((alarm.name.as_str(), alarm.metric_name.as_str()), (name, metric));
        assert_eq!(alarm.dimensions.len(), 1);
        assert_eq!(shown(&alarm.dimensions[0].1), "{Tenant001Function}");
        assert_eq!(alarm.topic.logical_id().as_str(), "AlarmTopic");
    }
}

#[test]
fn one_violation_sets_off_the_alarm() {
    let graph = graph(&["tenant-001"]);
    let filter = resource!(&graph, "Tenant001IsolationViolations", MetricFilter);
    let alarm = resource!(&graph, "Tenant001ViolationsAlarm", Alarm);
    assert_eq!(filter.log_group.logical_id().as_str(), "Tenant001LogGroup");
    assert_eq!(filter.pattern, r#"{ $.event = "isolation_violation" }"#);
    assert_eq!(
        (alarm.namespace, alarm.metric_name.as_str(), alarm.threshold),
        (filter.metric_namespace, filter.metric_name.as_str(), 1)
    );
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
