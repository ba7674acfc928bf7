//! Amazon API Gateway, REST APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/>.

use crate::reference::without_references;
use crate::resource::resource;
use crate::{LogGroup, Ref, Role, Text, Tree};

resource! {
    /// A regional REST API, all of it in an OpenAPI body.
    pub struct RestApi {
        /// Its name.
        pub name: String,
        /// What it serves.
        pub description: String,
        /// An OpenAPI 3.0 document with API Gateway's extensions.
        pub body: Tree,
    }
}

resource! {
    /// A snapshot of an API; a changed API needs a new one, under a new logical id.
    pub struct Deployment {
        /// The API.
        pub rest_api: Ref<RestApi>,
        /// What the snapshot holds.
        pub description: String,
    }
}

resource! {
    /// A deployment that can be called.
    pub struct Stage {
        /// Its name, the first part of the path.
        pub name: String,
        /// The API.
        pub rest_api: Ref<RestApi>,
        /// The snapshot.
        pub deployment: Ref<Deployment>,
        /// Where a line a request goes.
        pub access_log: AccessLog,
        /// Settings of single methods.
        pub method_settings: Vec<MethodSetting>,
    }
}

resource! {
    /// The access log of a stage.
    pub struct AccessLog {
        /// Where the lines go.
        pub log_group: Ref<LogGroup>,
        /// A line, with API Gateway's `$context` variables.
        pub format: Tree,
    }
}

/// Throttling of one method on one path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MethodSetting {
    /// The path, such as `/tenants/tenant-001/users/{userId}`; `/*` is all paths.
    pub path: String,
    /// The HTTP method; `*` is all methods.
    pub method: &'static str,
    /// Requests a second in the long run.
    pub rate_limit: u32,
    /// Requests at once.
    pub burst_limit: u32,
}

resource! {
    /// The setting of the account and region that lets API Gateway write logs.
    pub struct Account {
        /// The role by which it writes.
        pub cloudwatch_role: Ref<Role>,
    }
}

impl Ref<RestApi> {
    /// The address that the API's stages are below, without a slash at the end.
    pub fn address(&self) -> Text {
        Text::from("https://")
            .then(self.id())
            .then(".execute-api.")
            .then(crate::Pseudo::Region)
            .then(".amazonaws.com")
    }
}

without_references!(MethodSetting);
