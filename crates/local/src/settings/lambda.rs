//! Functions.

use super::resolve::Resource;
use super::{Kind, Properties};
use crate::client::{Client, ClientError};
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

const ASK_EVERY: Duration = Duration::from_millis(50);
const SETTLES_WITHIN: Duration = Duration::from_secs(20);

pub(super) const FUNCTION: Kind =
    Kind { name: "AWS::Lambda::Function", read, write: &[("VpcConfig", attach)], maker: None };

fn path(function: &str) -> String {
    format!("/2015-03-31/functions/{function}/configuration")
}

fn read(client: &Client, function: &Resource) -> Result<Properties, ClientError> {
    let mut found = Properties::new();
    if function.properties.contains_key("VpcConfig") {
        let said = client.rest("lambda", "GET", &path(&function.physical_id), None)?;
        found.insert("VpcConfig".to_owned(), said.get("VpcConfig").cloned().unwrap_or(Value::Null));
    }
    Ok(found)
}

fn attach(client: &Client, function: &Resource) -> Result<(), ClientError> {
    let body = json!({ "VpcConfig": function.property("VpcConfig") });
    client.rest("lambda", "PUT", &path(&function.physical_id), Some(&body)).map(drop)
}

/// Waits until changed functions can be called again: an update takes a moment, on AWS as here.
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
pub(super) fn wait(client: &Client, functions: &[String]) -> Result<(), ClientError> {
    let began = Instant::now();
    for function in functions {
        loop {
            let said = client.rest("lambda", "GET", &path(function), None)?;
            let status = said.get("LastUpdateStatus").and_then(Value::as_str);
            if status != Some("InProgress") {
                break;
            }
            if began.elapsed() > SETTLES_WITHIN {
                return Err(ClientError::unexpected(
                    "lambda",
                    "GetFunctionConfiguration",
                    &said.to_string(),
                ));
            }
            thread::sleep(ASK_EVERY);
        }
    }
    Ok(())
}
