//! Which properties of serverless resources are translated, and which touch no plane.
//!
//! Everything that is in neither list is a gap. A property belongs in `HARMLESS` only when it can
//! change neither who may do what, nor where data goes, nor what a request passes through.

/// The known properties of a type, in several lists; `None` for a type that is not translated.
pub(super) fn of(short: &str) -> Option<&'static [&'static [&'static str]]> {
    Some(match short {
        "Function" => &[FUNCTION, FUNCTION_TRANSLATED, FUNCTION_HARMLESS],
        "Api" => &[REST, STAGE, API_TRANSLATED, API_HARMLESS, &["OpenApiVersion"]],
        "HttpApi" => &[HTTP, HTTP_STAGE, API_TRANSLATED, API_HARMLESS, &["StageVariables"]],
        "StateMachine" => &[MACHINE, MACHINE_HARMLESS],
        "LayerVersion" => &[LAYER],
        "SimpleTable" => &[TABLE, &["Tags", "PrimaryKey"]],
        _ => return None,
    })
}

/// Properties that AWS::Lambda::Function has under the same name.
pub(super) const FUNCTION: &[&str] = &[
    "FunctionName",
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "Environment",
    "KmsKeyArn",
    "Layers",
    "ReservedConcurrentExecutions",
    "VpcConfig",
    "Architectures",
    "PackageType",
    "EphemeralStorage",
    "LoggingConfig",
    "FileSystemConfigs",
    "CodeSigningConfigArn",
    "SnapStart",
    "RuntimeManagementConfig",
    "RecursiveLoop",
];

const FUNCTION_TRANSLATED: &[&str] = &[
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "DeadLetterQueue",
    "DeploymentPreference",
    "EventInvokeConfig",
    "Events",
    "FunctionUrlConfig",
    "PermissionsBoundary",
    "Policies",
    "Role",
    "RolePath",
    "Tags",
    "Tracing",
];

/// What the code is, is no part of any claim, nor which of it runs where and when. What is made
/// of a function carries its tags anyway.
const FUNCTION_HARMLESS: &[&str] = &[
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeUri",
    "FunctionScalingConfig",
    "ImageConfig",
    "ImageUri",
    "InlineCode",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "PublishToLatestPublished",
    "SourceKMSKeyArn",
    "TenancyConfig",
    "VersionDeletionPolicy",
    "VersionDescription",
];

const API_TRANSLATED: &[&str] =
    &["Auth", "CanarySetting", "DefinitionBody", "DefinitionUri", "StageName", "Tags"];

/// `Cors` adds `OPTIONS` methods that a mock answers; a domain is another name for a stage, whose
/// routes stay what they are; the rest is what requests and errors look like.
const API_HARMLESS: &[&str] = &[
    "AlwaysDeploy",
    "Cors",
    "CorsConfiguration",
    "Domain",
    "GatewayResponses",
    "Models",
    "PropagateTags",
    "SecurityPolicy",
];

/// Properties of a state machine that are translated.
const MACHINE: &[&str] = &[
    "Definition",
    "DefinitionSubstitutions",
    "Events",
    "Logging",
    "Name",
    "PermissionsBoundary",
    "Policies",
    "Role",
    "RolePath",
    "Tags",
    "Tracing",
    "Type",
];
/// What the steps are, is no part of any claim: their role says what they may do.
const MACHINE_HARMLESS: &[&str] = &[
    "AutoPublishAlias",
    "DefinitionUri",
    "DeploymentPreference",
    "PropagateTags",
    "UseAliasAsEventTarget",
];

/// Properties that AWS::Lambda::LayerVersion has under the same name, and what the layer's code is.
pub(super) const LAYER: &[&str] = &[
    "CompatibleArchitectures",
    "CompatibleRuntimes",
    "ContentUri",
    "Description",
    "LayerName",
    "LicenseInfo",
    "PublishLambdaVersion",
    "RetentionPolicy",
];

/// Properties that AWS::ApiGateway::RestApi has under the same name.
pub(super) const REST: &[&str] = &[
    "Name",
    "Description",
    "ApiKeySourceType",
    "BinaryMediaTypes",
    "DisableExecuteApiEndpoint",
    "EndpointAccessMode",
    "EndpointConfiguration",
    "FailOnWarnings",
    "MinimumCompressionSize",
    "Mode",
    "Policy",
];

/// Properties that AWS::ApiGateway::Stage has under the same name.
pub(super) const STAGE: &[&str] = &[
    "AccessLogSetting",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "MethodSettings",
    "TracingEnabled",
    "Variables",
];

/// Properties that AWS::ApiGatewayV2::Api has under the same name.
pub(super) const HTTP: &[&str] =
    &["Name", "Description", "DisableExecuteApiEndpoint", "FailOnWarnings"];

/// Properties that AWS::ApiGatewayV2::Stage has under the same name.
pub(super) const HTTP_STAGE: &[&str] =
    &["AccessLogSettings", "DefaultRouteSettings", "RouteSettings"];

/// Properties that AWS::DynamoDB::Table has under the same name.
pub(super) const TABLE: &[&str] =
    &["TableName", "ProvisionedThroughput", "SSESpecification", "PointInTimeRecoverySpecification"];

/// Properties that AWS::Lambda::EventSourceMapping has under the same name.
pub(super) const MAPPING: &[&str] = &[
    "BatchSize",
    "BisectBatchOnFunctionError",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "LoggingConfig",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
    "TumblingWindowInSeconds",
];

/// Properties of AWS::Events::Rule and what the events that become one call them.
pub(super) const RULE: &[(&str, &str)] = &[
    ("Description", "Description"),
    ("EventBusName", "EventBusName"),
    ("Name", "Name"),
    ("Pattern", "EventPattern"),
    ("RuleName", "Name"),
    ("Schedule", "ScheduleExpression"),
    ("State", "State"),
];
/// What a rule's event says beside those; of the harmless ones, what the target is told.
pub(super) const RULE_OTHER: &[&str] = &[
    "DeadLetterConfig",
    "Enabled",
    "Input",
    "InputPath",
    "InputTransformer",
    "RetryPolicy",
    "Target",
];
/// Properties that AWS::Scheduler::Schedule has under the same name.
pub(super) const SCHEDULE: &[&str] = &[
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
];
/// What the event says beside those; of the harmless ones, what the target is told.
pub(super) const SCHEDULE_OTHER: &[&str] =
    &["DeadLetterConfig", "Input", "OmitName", "PermissionsBoundary", "RetryPolicy", "RoleArn"];

/// Properties of an `Api` or `HttpApi` event that are translated or touch no plane.
pub(super) const ROUTE: &[&str] = &[
    "ApiId",
    "Auth",
    "Method",
    "Path",
    "PayloadFormatVersion",
    "RequestModel",
    "RequestParameters",
    "ResponseTransferMode",
    "RestApiId",
    "RouteSettings",
    "Stage",
    "TimeoutInMillis",
];
