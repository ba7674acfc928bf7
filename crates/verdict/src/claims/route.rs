//! The route plane: what the API lets through to which function.

use super::{Barrier, Claim, Plane};

claims! {
    TENANT_CHECK: Claim {
        id: "route/tenant-check",
        plane: Plane::Route,
        title: "Every route of a tenant runs the tenant check.",
        why: "A method without the authorizer is open to the internet, whatever the others do.",
        breaks: &[
            "a method with `AuthorizationType: NONE`, or an operation without `security`",
            "`ANY` or `{proxy+}` beside a guarded method",
            "an API key taken for an identity",
            "the tokens of a pool that tenants share, and nothing that compares tenants",
            "a service of AWS behind an open method, without any function",
        ],
        barriers: &[Barrier::Authorizer, Barrier::IdentityPolicy],
        fix: "Name the authorizer on every method but `OPTIONS`.",
        breaking: &[
            "route-api-key-alone.yaml",
            "route-method-without-authorizer.yaml",
            "route-open-http-route.yaml",
            "route-open-method-resource.yaml",
            "route-security-switched-off.yaml",
            "route-security-that-may-be-left-out.yaml",
            "route-serverless-event-without-authorizer.yaml",
            "route-tokens-of-another-tenants-pool.yaml",
            "route-open-direct-integration.yaml",
            "route-signed-by-another-tenant.yaml",
            "route-quick-create.yaml",
        ],
        holding: &[
            "route-api-key-alone-holds.yaml",
            "route-authorizer-without-an-address-holds.yaml",
            "route-authorizer-without-an-address-undecided.yaml",
            "route-method-without-authorizer-holds.yaml",
            "route-open-http-route-holds.yaml",
            "route-open-method-resource-holds.yaml",
            "route-security-switched-off-holds.yaml",
            "route-security-that-may-be-left-out-holds.yaml",
            "route-serverless-document-elsewhere-undecided.yaml",
            "route-serverless-event-without-authorizer-holds.yaml",
            "route-tokens-of-another-tenants-pool-holds.yaml",
            "route-tokens-of-a-shared-pool-undecided.yaml",
            "route-users-of-a-shared-pool-undecided.yaml",
            "route-users-of-a-shared-pool-holds.yaml",
            "route-open-direct-integration-holds.yaml",
            "route-open-method-to-an-unknown-function-undecided.yaml",
            "route-open-method-to-an-unknown-function-holds.yaml",
            "route-signed-by-another-tenant-holds.yaml",
            "route-quick-create-holds.yaml",
            "route-tenant-by-a-header-undecided.yaml",
            "route-tenant-by-a-header-holds.yaml",
            "route-method-of-an-unknown-api-undecided.yaml",
        ],
    };
    FUNCTION_URL: Claim {
        id: "route/function-url",
        plane: Plane::Route,
        title: "No function URL of a tenant's function goes around the API.",
        why: "A function URL is a second front door without the API's authorizer.",
        breaks: &[
            "`AuthType: NONE`",
            "`lambda:InvokeFunctionUrl` for everyone",
        ],
        barriers: &[Barrier::UrlAuthorization, Barrier::InvokePermission],
        fix: "Remove the function URL, or set `AuthType: AWS_IAM` and allow the tenant's role \
            alone.",
        breaking: &["route-function-url-for-everyone.yaml"],
        holding: &["route-function-url-for-everyone-holds.yaml",
            "route-url-of-an-unknown-function-undecided.yaml",
        ],
    };
    CACHED_DECISION: Claim {
        id: "route/cached-decision",
        plane: Plane::Route,
        title: "A cached decision of the authorizer never serves another tenant.",
        why: "API Gateway reuses a decision for every route of the stage while its identity source \
            stays the same.",
        breaks: &[
            "an identity source that leaves out the token or the path",
            "a cache without the token in its key",
            "a wildcard in the returned policy, where the template shows it",
        ],
        barriers: &[Barrier::IdentitySource, Barrier::CacheTime],
        fix: "Make the token the identity source, and let the returned policy name that tenant's \
            routes alone.",
        breaking: &["route-identity-source-without-the-token.yaml"],
        holding: &["route-identity-source-without-the-token-holds.yaml"],
    };
    INTEGRATION: Claim {
        id: "route/integration",
        plane: Plane::Route,
        title: "A tenant's routes land in that tenant's function.",
        why: "A route that lands elsewhere gives one tenant's requests, with their data, to \
            another tenant's code.",
        breaks: &[
            "the ARN of another tenant's function",
            "a stage variable in the integration's address",
            "a mapping template that rewrites the tenant",
        ],
        barriers: &[Barrier::Integration, Barrier::InvokePermission],
        fix: "Name the tenant's own function in its routes.",
        breaking: &["route-another-tenants-function.yaml"],
        holding: &["route-another-tenants-function-holds.yaml"],
    };
    INVOKE: Claim {
        id: "route/invoke",
        plane: Plane::Route,
        title: "Nobody but a tenant's own routes and principals may invoke its function.",
        why: "A function trusts what its caller says of the authorizer's decision; who can call it \
            directly can say anything.",
        breaks: &[
            "a permission with a wide source ARN, or none",
            "a permission for another account or everyone",
            "`lambda:InvokeFunction` on another tenant's function",
        ],
        barriers: &[Barrier::InvokePermission, Barrier::IdentityPolicy],
        fix: "Give the permission the source ARN of this API, stage and the tenant's routes.",
        breaking: &[
            "route-invoke-on-a-wildcard.yaml",
            "route-permission-on-a-qualified-name.yaml",
            "route-permission-on-an-alias.yaml",
            "route-permission-without-a-source.yaml",
        ],
        holding: &[
            "route-invoke-on-a-wildcard-holds.yaml",
            "route-permission-on-a-qualified-name-holds.yaml",
            "route-permission-on-an-alias-holds.yaml",
            "route-permission-on-an-unknown-function-undecided.yaml",
            "route-permission-from-a-parameter-undecided.yaml",
            "route-permission-with-a-wide-source-holds.yaml",
            "route-permission-without-a-source-holds.yaml",
            "route-invoke-by-an-alias-undecided.yaml",
            "route-invoke-by-an-alias-holds.yaml",
        ],
    };
}
