//! AWS::Serverless::StateMachine: the state machine, its role and its events.

use std::borrow::Cow;

use super::events::{Target, events};
use super::function::{inline_role, tracing};
use super::{Made, Serverless, call};

pub(super) fn rewrite<'a>(source: &Serverless<'a>, made: &mut Made<'a, '_>) {
    let mut properties = Vec::new();
    for (from, to) in [
        ("Definition", "Definition"),
        ("DefinitionSubstitutions", "DefinitionSubstitutions"),
        ("Logging", "LoggingConfiguration"),
        ("Name", "StateMachineName"),
        ("Tracing", "TracingConfiguration"),
        ("Type", "StateMachineType"),
    ] {
        properties.extend(source.get(from).map(|node| (Cow::Borrowed(to), node.clone())));
    }
    properties.extend(source.tags().map(|tags| (Cow::Borrowed("Tags"), tags)));
    let role = match source.get("Role") {
        Some(role) => role.clone(),
        None => {
            let id = format!("{}Role", source.id);
            let managed = tracing(source, "AWSXRayDaemonWriteAccess").into_iter().collect();
            let role =
                inline_role(source, id.clone(), "states.amazonaws.com", managed, Vec::new(), made);
            made.out.push(role);
            call("Fn::GetAtt", format!("{id}.Arn"), source.span)
        }
    };
    properties.push((Cow::Borrowed("RoleArn"), role));
    let kind = "AWS::StepFunctions::StateMachine";
    made.out.push(source.resource(source.id.clone(), kind, properties));
    let target = Target {
        source,
        reference: source.id.clone(),
        arn: source.id.clone(),
        role: None,
        machine: true,
    };
    events(&target, made);
}
