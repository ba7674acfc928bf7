//! The function that decides, from a user's token, which tenant's routes the user may call.

use std::borrow::Cow;
use std::collections::BTreeSet;

use tenantry_resources::{
    Function, Key, LogGroup, NodeOptions, Policy, Ref, Role, RolePolicy, Text, Waiver,
};

use crate::arns::SharedLog;
use crate::builder::Builder;
use crate::compute::{FUNCTION_WAIVERS, RUNTIME};
use crate::identity::Users;
use crate::logging;
use crate::service_role::service_trust;

const NO_VPC: Waiver = Waiver {
    rule: "CKV_AWS_117",
    reason: "it reads Cognito's public keys from the internet and has no tenant's data",
};

/// The authorizer and where it writes.
pub(crate) struct Authorizer {
    pub(crate) function: Ref<Function>,
    pub(crate) log: Ref<LogGroup>,
}

pub(crate) fn function(b: &mut Builder<'_>, key: &Ref<Key>, users: &Users) -> Authorizer {
    let component = b.shared("Authorizer");
    let role = Role {
        name: b.name("authorizer-role"),
        description: "The authorizer: writes its log and nothing else".to_owned(),
        trust: Policy::new(vec![service_trust("lambda.amazonaws.com")]),
        managed_policies: Vec::new(),
    };
    let role = b.graph.add(&component, "AuthorizerRole", role);
    let log = logging::shared(b, SharedLog::Authorizer, key);
    let policy = RolePolicy {
        name: b.name("authorizer-policy"),
        role: role.clone(),
        policy: Policy::new(vec![logging::writes_to(&SharedLog::Authorizer.name(b))]),
    };
    let policy = b.graph.add(&component, "AuthorizerRolePolicy", policy);
    let function = Function {
        name: b.name("authorizer"),
        description: "Validates tenants' tokens".to_owned(),
        code: b.code.authorizer.clone(),
        runtime: RUNTIME.into(),
        handler: "index.handler".into(),
        architecture: "arm64",
        memory_mib: 256,
        timeout_seconds: 5,
        role,
        environment: environment(b, users),
        network: None,
        log_group: log.clone(),
    };
    let mut waivers = FUNCTION_WAIVERS.to_vec();
    waivers.push(NO_VPC);
    let options = NodeOptions { depends_on: vec![policy.logical_id().clone()], waivers };
    Authorizer { function: b.graph.add_with(&component, "Authorizer", function, options), log }
}

/// Whose tokens are good; and, for services of the user's, the methods that their routes have. The
/// routes of the users and data API are in the authorizer's own code.
fn environment(b: &Builder<'_>, users: &Users) -> Vec<(Cow<'static, str>, Text)> {
    let mut environment = vec![
        ("USER_POOL_ID".into(), users.pool.id()),
        ("USER_POOL_CLIENT_ID".into(), users.client.id()),
    ];
    if !b.application.is_the_reference() {
        let routes = b.application.services.iter().flat_map(|service| service.routes.iter());
        let verbs = routes.flat_map(|route| route.methods.iter().map(|method| method.verb));
        let verbs: BTreeSet<String> = verbs.map(str::to_uppercase).collect();
        let verbs: Vec<String> = verbs.into_iter().collect();
        environment.push(("TENANT_METHODS".into(), verbs.join(",").into()));
    }
    environment
}
