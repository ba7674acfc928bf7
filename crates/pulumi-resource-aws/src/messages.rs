//! The messages of a resource provider, by hand: what this one reads and writes of them.

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
pub(crate) struct Schema {
    #[prost(string, tag = "1")]
    pub(crate) schema: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConfigureResponse {
    #[prost(bool, tag = "2")]
    pub(crate) supports_preview: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckRequest {
    #[prost(string, tag = "1")]
    pub(crate) urn: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) news: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) inputs: Option<Struct>,
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

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DiffRequest {
    #[prost(message, optional, tag = "4")]
    pub(crate) news: Option<Struct>,
    #[prost(message, optional, tag = "6")]
    pub(crate) old_inputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DiffResponse {
    #[prost(string, repeated, tag = "1")]
    pub(crate) replaces: Vec<String>,
    #[prost(bool, tag = "3")]
    pub(crate) delete_before_replace: bool,
    /// 1: nothing differs; 2: something does.
    #[prost(int32, tag = "4")]
    pub(crate) changes: i32,
    #[prost(string, repeated, tag = "5")]
    pub(crate) diffs: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CreateRequest {
    #[prost(string, tag = "1")]
    pub(crate) urn: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) properties: Option<Struct>,
    #[prost(bool, tag = "4")]
    pub(crate) preview: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CreateResponse {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) properties: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) urn: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) properties: Option<Struct>,
    #[prost(message, optional, tag = "4")]
    pub(crate) inputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadResponse {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) properties: Option<Struct>,
    #[prost(message, optional, tag = "3")]
    pub(crate) inputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct UpdateRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) urn: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) news: Option<Struct>,
    #[prost(bool, tag = "7")]
    pub(crate) preview: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct UpdateResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) properties: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DeleteRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) urn: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct InvokeRequest {
    #[prost(string, tag = "1")]
    pub(crate) tok: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct InvokeResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) r#return: Option<Struct>,
}
