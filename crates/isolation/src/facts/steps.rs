//! Steps by which who may do something to a thing controls what the thing runs as.

use crate::registry::{List, stands};

/// Whether an action on a thing of a type makes it do what the caller says: for certain, perhaps
/// (`Some(false)`), or not. Functions, roles and users are classified with the claims.
pub(crate) fn steers(kind: &str, action: &str) -> Option<bool> {
    let (service, name) = action.split_once(':')?;
    let name = name.to_ascii_lowercase();
    let known = of(kind);
    let fits = |each: &&str| match each.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == **each,
    };
    if known.into_iter().flatten().any(&fits) {
        return Some(true);
    }
    let tags = name.starts_with("tag") || name.starts_with("untag");
    let reads = READS.iter().any(|start| name.starts_with(start));
    let ends = ENDS.iter().any(|start| name.starts_with(start));
    (!tags && !reads && !ends && service != "iam" && service != "sts").then_some(false)
}

/// The names of the actions by which a thing of a type does what the caller says for certain, in
/// lower case; `*` at the end stands for any end.
pub(crate) fn sure(kind: &str) -> Vec<&'static str> {
    of(kind).flatten().copied().collect()
}

/// The actions of a type, row by row.
fn of(kind: &str) -> impl Iterator<Item = &'static [&'static str]> {
    let rows = STEPS.iter().enumerate().filter(move |(_, (of, _))| of.contains(&kind));
    rows.filter(|(at, _)| stands(List::Steps, *at)).map(|(_, (_, actions))| *actions)
}

/// The rows, each as one line.
pub(crate) fn lines() -> Vec<String> {
    STEPS
        .iter()
        .map(|(kinds, names)| format!("{}: {}", kinds.join(", "), names.join(", ")))
        .collect()
}

/// What only looks.
const READS: &[&str] = &[
    "get",
    "list",
    "describe",
    "batchget",
    "batchdescribe",
    "view",
    "search",
    "query",
    "lookup",
    "check",
    "validate",
    "test",
    "simulate",
    "estimate",
    "preview",
    "filter",
    "head",
];

/// What only takes away or stops.
const ENDS: &[&str] = &["delete", "stop", "cancel", "terminate", "deregister", "disable", "remove"];

/// Types, and the actions on them that set what they do or start them with input of the caller's,
/// in lower case; `*` at the end stands for any end. From the service authorization reference.
const STEPS: &[(&[&str], &[&str])] = &[
    (
        &["AWS::StepFunctions::StateMachine"],
        &["updatestatemachine*", "startexecution", "startsyncexecution"],
    ),
    (&["AWS::CodeBuild::Project"], &["startbuild*", "updateproject", "retrybuild*"]),
    (&["AWS::CodePipeline::Pipeline"], &["updatepipeline", "putpipelinedefinition"]),
    (
        &["AWS::EC2::Instance"],
        &["sendcommand", "startsession", "sendsshpublickey", "modifyinstanceattribute"],
    ),
    (&["AWS::ECS::TaskDefinition"], &["runtask", "starttask"]),
    (&["AWS::ECS::Service"], &["updateservice", "executecommand"]),
    (&["AWS::Glue::Job"], &["updatejob", "startjobrun"]),
    (&["AWS::Glue::DevEndpoint"], &["updatedevendpoint"]),
    (
        &["AWS::SageMaker::NotebookInstance"],
        &["createpresignednotebookinstanceurl", "updatenotebookinstance*"],
    ),
    (&["AWS::Batch::JobDefinition"], &["submitjob"]),
    (&["AWS::Events::Rule"], &["puttargets", "putrule"]),
    (&["AWS::Scheduler::Schedule"], &["updateschedule"]),
    (&["AWS::Pipes::Pipe"], &["updatepipe"]),
    (&["AWS::EMR::Cluster"], &["addjobflowsteps"]),
    (&["AWS::EMRServerless::Application"], &["startjobrun"]),
    (&["AWS::AppRunner::Service"], &["updateservice"]),
    (
        &["AWS::SSM::Document"],
        &["startautomationexecution", "updatedocument", "updatedocumentdefault*"],
    ),
    (&["AWS::CloudFormation::Stack"], &["updatestack", "createchangeset", "executechangeset"]),
];

/// Actions that widen what somebody may do, on whatever they are allowed.
pub(crate) const WIDEN: &[(&str, &str)] = &[
    ("iam:PutRolePolicy", ":role/"),
    ("iam:AttachRolePolicy", ":role/"),
    ("iam:UpdateAssumeRolePolicy", ":role/"),
    ("iam:DeleteRolePermissionsBoundary", ":role/"),
    ("iam:PutUserPolicy", ":user/"),
    ("iam:AttachUserPolicy", ":user/"),
    ("iam:CreateAccessKey", ":user/"),
    ("iam:AddUserToGroup", ":group/"),
    ("iam:PutGroupPolicy", ":group/"),
    ("iam:AttachGroupPolicy", ":group/"),
    ("iam:CreatePolicyVersion", ":policy/"),
    ("iam:SetDefaultPolicyVersion", ":policy/"),
];

#[cfg(test)]
mod tests {
    use super::steers;

    #[test]
    fn what_no_list_has_may_steer_and_what_only_looks_or_ends_does_not() {
        let machine = "AWS::StepFunctions::StateMachine";
        assert_eq!(steers(machine, "states:UpdateStateMachine"), Some(true));
        assert_eq!(steers(machine, "states:InventedAction"), Some(false));
        assert_eq!(steers(machine, "states:DescribeStateMachine"), None);
        assert_eq!(steers("AWS::Invented::Thing", "invented:RunIt"), Some(false));
    }
}
