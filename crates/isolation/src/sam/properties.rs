//! Which properties of serverless resources are translated, and which touch no plane.
//!
//! Everything that is in neither list is a gap. A property belongs in `HARMLESS` only when it can
//! change neither who may do what, nor where data goes, nor what a request passes through.

/// The known properties of a type, in several lists; `None` for a type that is not translated.
pub(super) fn of(short: &str) -> Option<&'static [&'static [&'static str]]> {
    Some(match short {
        "Function" => &[FUNCTION, FUNCTION_TRANSLATED, FUNCTION_HARMLESS],
        "Api" => &[REST, STAGE, API_TRANSLATED, &["StageName", "OpenApiVersion"]],
        "HttpApi" => &[HTTP, HTTP_STAGE, API_TRANSLATED, &["StageName", "StageVariables"]],
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
    "DeadLetterQueue",
    "Events",
    "FunctionUrlConfig",
    "PermissionsBoundary",
    "Policies",
    "Role",
    "RolePath",
    "Tags",
    "Tracing",
];

/// What the code is, is no part of any claim.
const FUNCTION_HARMLESS: &[&str] = &["CodeUri", "ImageConfig", "ImageUri", "InlineCode"];

const API_TRANSLATED: &[&str] = &["Auth", "DefinitionBody", "Tags"];

/// Properties that AWS::ApiGateway::RestApi has under the same name.
pub(super) const REST: &[&str] = &[
    "Name",
    "Description",
    "ApiKeySourceType",
    "BinaryMediaTypes",
    "DisableExecuteApiEndpoint",
    "EndpointAccessMode",
    "FailOnWarnings",
    "MinimumCompressionSize",
    "Mode",
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
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "ScalingConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
];

/// Properties that AWS::Events::Rule has under the same name.
pub(super) const RULE: &[&str] = &["Name", "Description", "State"];
/// Properties of a `Schedule` event that touch no plane.
pub(super) const RULE_HARMLESS: &[&str] = &["Schedule", "Enabled", "Input", "RetryPolicy"];

/// Properties of an `Api` or `HttpApi` event that are translated or touch no plane.
pub(super) const ROUTE: &[&str] = &[
    "ApiId",
    "Auth",
    "Method",
    "Path",
    "PayloadFormatVersion",
    "RestApiId",
    "RouteSettings",
    "TimeoutInMillis",
];
