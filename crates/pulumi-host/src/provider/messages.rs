//! The messages of package `pulumirpc` that a provider needs besides those of a language host.

use prost::Message;
use prost_types::Struct;

use crate::messages::CheckFailure;

#[derive(Clone, PartialEq, Message)]
pub(super) struct SchemaResponse {
    #[prost(string, tag = "1")]
    pub(super) schema: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigureResponse {
    #[prost(bool, tag = "2")]
    pub(super) supports_preview: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CheckRequest {
    #[prost(string, tag = "1")]
    pub(super) urn: String,
    #[prost(message, optional, tag = "3")]
    pub(super) news: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) inputs: Option<Struct>,
    #[prost(message, repeated, tag = "2")]
    pub(super) failures: Vec<CheckFailure>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DiffRequest {
    #[prost(message, optional, tag = "4")]
    pub(super) news: Option<Struct>,
    #[prost(message, optional, tag = "6")]
    pub(super) old_inputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DiffResponse {
    #[prost(string, repeated, tag = "1")]
    pub(super) replaces: Vec<String>,
    #[prost(bool, tag = "3")]
    pub(super) delete_before_replace: bool,
    /// 1: nothing differs; 2: something does.
    #[prost(int32, tag = "4")]
    pub(super) changes: i32,
    #[prost(string, repeated, tag = "5")]
    pub(super) diffs: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CreateRequest {
    #[prost(string, tag = "1")]
    pub(super) urn: String,
    #[prost(message, optional, tag = "2")]
    pub(super) properties: Option<Struct>,
    #[prost(bool, tag = "4")]
    pub(super) preview: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CreateResponse {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) properties: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadRequest {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) urn: String,
    #[prost(message, optional, tag = "3")]
    pub(super) properties: Option<Struct>,
    #[prost(message, optional, tag = "4")]
    pub(super) inputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadResponse {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) properties: Option<Struct>,
    #[prost(message, optional, tag = "3")]
    pub(super) inputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct UpdateRequest {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) urn: String,
    #[prost(message, optional, tag = "4")]
    pub(super) news: Option<Struct>,
    #[prost(bool, tag = "7")]
    pub(super) preview: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct UpdateResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) properties: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DeleteRequest {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) urn: String,
}
