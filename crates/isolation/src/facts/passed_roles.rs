//! Services that get a role only by being passed it.
//!
//! Whoever sets up something of such a service has to be allowed `iam:PassRole` on the role, which
//! nobody of another account can be: a role is passed within its own account. So nobody outside can
//! point the service at it, and its trust policy needs no source. Who inside may pass it is asked
//! as `escalation/pass`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
//!
//! A service that is not listed, or is in a policy that is not a role's, can be made to act by
//! another account for all that is known.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>

use tenantry_policy::Text;

/// Whether a service, as a trust policy names it, becomes only roles that it was passed.
pub(crate) fn is_passed_roles(service: &Text) -> bool {
    let known = |name: &str| PASSED.iter().any(|(principal, _)| *principal == name);
    service.as_str().is_some_and(known)
}

/// The service as principal, and an action by which it is passed a role: one that the service
/// authorization reference lists with `iam:PassRole` among what it depends on.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const PASSED: &[(&str, &str)] = &[
    ("amplify.amazonaws.com", "amplify:CreateApp"),
    ("apigateway.amazonaws.com", "apigateway:PATCH"),
    ("appflow.amazonaws.com", "appflow:CreateFlow"),
    ("apprunner.amazonaws.com", "apprunner:CreateService"),
    ("tasks.apprunner.amazonaws.com", "apprunner:CreateService"),
    ("build.apprunner.amazonaws.com", "apprunner:CreateService"),
    ("appsync.amazonaws.com", "appsync:CreateDataSource"),
    ("athena.amazonaws.com", "athena:CreateWorkGroup"),
    ("autoscaling.amazonaws.com", "autoscaling:PutLifecycleHook"),
    ("backup.amazonaws.com", "backup:CreateBackupSelection"),
    ("batch.amazonaws.com", "batch:CreateComputeEnvironment"),
    ("bedrock-agentcore.amazonaws.com", "bedrock-agentcore:CreateAgentRuntime"),
    ("cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    ("cloudtrail.amazonaws.com", "cloudtrail:CreateTrail"),
    ("codebuild.amazonaws.com", "codebuild:CreateProject"),
    ("codedeploy.amazonaws.com", "codedeploy:CreateDeploymentGroup"),
    ("codepipeline.amazonaws.com", "codepipeline:CreatePipeline"),
    ("config.amazonaws.com", "config:PutConfigurationRecorder"),
    ("datapipeline.amazonaws.com", "datapipeline:PutPipelineDefinition"),
    ("datasync.amazonaws.com", "datasync:CreateLocationS3"),
    ("dlm.amazonaws.com", "dlm:CreateLifecyclePolicy"),
    ("dms.amazonaws.com", "dms:CreateEndpoint"),
    ("ec2.amazonaws.com", "ec2:RunInstances"),
    ("ecs.amazonaws.com", "ecs:CreateService"),
    ("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition"),
    ("edgelambda.amazonaws.com", "lambda:CreateFunction"),
    ("eks.amazonaws.com", "eks:CreateCluster"),
    ("eks-fargate-pods.amazonaws.com", "eks:CreateFargateProfile"),
    ("pods.eks.amazonaws.com", "eks:CreatePodIdentityAssociation"),
    ("elasticbeanstalk.amazonaws.com", "elasticbeanstalk:CreateEnvironment"),
    ("elasticmapreduce.amazonaws.com", "elasticmapreduce:RunJobFlow"),
    ("emr-serverless.amazonaws.com", "emr-serverless:StartJobRun"),
    ("events.amazonaws.com", "events:PutTargets"),
    ("firehose.amazonaws.com", "firehose:CreateDeliveryStream"),
    ("fis.amazonaws.com", "fis:CreateExperimentTemplate"),
    ("glue.amazonaws.com", "glue:CreateJob"),
    ("imagebuilder.amazonaws.com", "imagebuilder:CreateImagePipeline"),
    ("iot.amazonaws.com", "iot:CreateTopicRule"),
    ("kinesisanalytics.amazonaws.com", "kinesisanalytics:CreateApplication"),
    ("lambda.amazonaws.com", "lambda:CreateFunction"),
    ("mediaconvert.amazonaws.com", "mediaconvert:CreateJob"),
    ("medialive.amazonaws.com", "medialive:CreateChannel"),
    ("monitoring.rds.amazonaws.com", "rds:CreateDBInstance"),
    ("pipes.amazonaws.com", "pipes:CreatePipe"),
    ("rds.amazonaws.com", "rds:AddRoleToDBCluster"),
    ("redshift.amazonaws.com", "redshift:CreateCluster"),
    ("sagemaker.amazonaws.com", "sagemaker:CreateTrainingJob"),
    ("scheduler.amazonaws.com", "scheduler:CreateSchedule"),
    ("spotfleet.amazonaws.com", "ec2:RequestSpotFleet"),
    ("ssm.amazonaws.com", "ssm:RegisterTaskWithMaintenanceWindow"),
    ("states.amazonaws.com", "states:CreateStateMachine"),
    ("synthetics.amazonaws.com", "synthetics:CreateCanary"),
    ("transfer.amazonaws.com", "transfer:CreateUser"),
    ("vmie.amazonaws.com", "ec2:ImportImage"),
    ("vpc-flow-logs.amazonaws.com", "ec2:CreateFlowLogs"),
];

#[cfg(test)]
mod tests {
    use super::PASSED;
    use tenantry_policy::Reference;

    #[test]
    fn every_action_that_passes_a_role_exists() {
        let missing = |action: &str| Reference::get().action(action).is_none();
        let unknown: Vec<_> = PASSED.iter().filter(|(_, action)| missing(action)).collect();
        assert_eq!(unknown, <[&(&str, &str); 0]>::default());
    }
}
