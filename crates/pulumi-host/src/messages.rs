//! The messages of package `pulumirpc` that a language host needs, by hand: field names and numbers are those of the
//! engine's `.proto` files; fields that are never read or written are left out, as protobuf allows.

use std::collections::HashMap;

use prost::Message;
use prost_types::Struct;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PluginInfo {
    #[prost(string, tag = "1")]
    pub(crate) version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AboutResponse {
    #[prost(string, tag = "1")]
    pub(crate) executable: String,
    #[prost(string, tag = "2")]
    pub(crate) version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProgramInfo {
    #[prost(string, tag = "1")]
    pub(crate) root_directory: String,
    #[prost(string, tag = "2")]
    pub(crate) program_directory: String,
    #[prost(string, tag = "3")]
    pub(crate) entry_point: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) options: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RequiredPackages {
    #[prost(message, repeated, tag = "1")]
    pub(crate) packages: Vec<PackageDependency>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PackageDependency {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) kind: String,
    #[prost(string, tag = "3")]
    pub(crate) version: String,
    #[prost(string, tag = "4")]
    pub(crate) server: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RunRequest {
    #[prost(string, tag = "1")]
    pub(crate) project: String,
    #[prost(string, tag = "2")]
    pub(crate) stack: String,
    #[prost(string, tag = "3")]
    pub(crate) pwd: String,
    #[prost(string, repeated, tag = "5")]
    pub(crate) args: Vec<String>,
    #[prost(map = "string, string", tag = "6")]
    pub(crate) config: HashMap<String, String>,
    #[prost(bool, tag = "7")]
    pub(crate) dry_run: bool,
    #[prost(int32, tag = "8")]
    pub(crate) parallel: i32,
    #[prost(string, tag = "9")]
    pub(crate) monitor_address: String,
    #[prost(string, repeated, tag = "11")]
    pub(crate) config_secret_keys: Vec<String>,
    #[prost(string, tag = "12")]
    pub(crate) organization: String,
    #[prost(message, optional, tag = "14")]
    pub(crate) info: Option<ProgramInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RunResponse {
    #[prost(string, tag = "1")]
    pub(crate) error: String,
    #[prost(bool, tag = "2")]
    pub(crate) bail: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LogRequest {
    #[prost(int32, tag = "1")]
    pub(crate) severity: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(string, tag = "3")]
    pub(crate) urn: String,
    #[prost(int32, tag = "4")]
    pub(crate) stream_id: i32,
    #[prost(bool, tag = "5")]
    pub(crate) ephemeral: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RegisterResourceRequest {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) parent: String,
    #[prost(bool, tag = "4")]
    pub(crate) custom: bool,
    #[prost(message, optional, tag = "5")]
    pub(crate) object: Option<Struct>,
    #[prost(bool, optional, tag = "6")]
    pub(crate) protect: Option<bool>,
    #[prost(string, repeated, tag = "7")]
    pub(crate) dependencies: Vec<String>,
    #[prost(string, tag = "8")]
    pub(crate) provider: String,
    #[prost(map = "string, message", tag = "9")]
    pub(crate) property_dependencies: HashMap<String, PropertyDependencies>,
    #[prost(bool, tag = "10")]
    pub(crate) delete_before_replace: bool,
    #[prost(string, tag = "11")]
    pub(crate) version: String,
    #[prost(string, repeated, tag = "12")]
    pub(crate) ignore_changes: Vec<String>,
    #[prost(bool, tag = "13")]
    pub(crate) accept_secrets: bool,
    #[prost(string, repeated, tag = "14")]
    pub(crate) additional_secret_outputs: Vec<String>,
    #[prost(bool, tag = "18")]
    pub(crate) delete_before_replace_defined: bool,
    #[prost(bool, tag = "19")]
    pub(crate) supports_partial_values: bool,
    #[prost(bool, optional, tag = "25")]
    pub(crate) retain_on_delete: Option<bool>,
    #[prost(message, repeated, tag = "26")]
    pub(crate) aliases: Vec<Alias>,
    #[prost(bool, tag = "28")]
    pub(crate) alias_specs: bool,
    #[prost(bool, tag = "32")]
    pub(crate) supports_result_reporting: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PropertyDependencies {
    #[prost(string, repeated, tag = "1")]
    pub(crate) urns: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Alias {
    #[prost(oneof = "AliasKind", tags = "1, 2")]
    pub(crate) alias: Option<AliasKind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum AliasKind {
    #[prost(string, tag = "1")]
    Urn(String),
    #[prost(message, tag = "2")]
    Spec(AliasSpec),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AliasSpec {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) r#type: String,
    #[prost(string, tag = "3")]
    pub(crate) stack: String,
    #[prost(string, tag = "4")]
    pub(crate) project: String,
    #[prost(string, optional, tag = "5")]
    pub(crate) parent_urn: Option<String>,
    #[prost(bool, optional, tag = "6")]
    pub(crate) no_parent: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RegisterResourceResponse {
    #[prost(string, tag = "1")]
    pub(crate) urn: String,
    #[prost(string, tag = "2")]
    pub(crate) id: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) object: Option<Struct>,
    /// 0: it is there; 1: it could not be made; 2: it was left out, because what it depends on could not be made.
    #[prost(int32, tag = "7")]
    pub(crate) result: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RegisterResourceOutputsRequest {
    #[prost(string, tag = "1")]
    pub(crate) urn: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) outputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct InvokeRequest {
    #[prost(string, tag = "1")]
    pub(crate) tok: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) args: Option<Struct>,
    #[prost(string, tag = "3")]
    pub(crate) provider: String,
    #[prost(string, tag = "4")]
    pub(crate) version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct InvokeResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) r#return: Option<Struct>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) failures: Vec<CheckFailure>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckFailure {
    #[prost(string, tag = "1")]
    pub(crate) property: String,
    #[prost(string, tag = "2")]
    pub(crate) reason: String,
}
