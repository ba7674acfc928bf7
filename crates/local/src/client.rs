//! The emulator's AWS APIs: signed, blocking calls over loopback, each with a time limit.

mod api;
mod keys;
mod query;
mod stacks;

pub(crate) use api::{Bucket, Platform, Rest};
pub(crate) use keys::{Keys, Secrets, hmac_hex};
pub(crate) use query::{Xml, encode, xml_all};
pub(crate) use stacks::Stack;

use crate::home::Home;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use ureq::Agent;
use ureq::http::Request;

/// The account that the emulator plays.
pub const ACCOUNT: &str = "000000000000";
/// The region that every call is signed for.
pub const REGION: &str = "us-east-1";

/// Long enough for a stack operation, which keeps the emulator from answering anything else.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Calls one emulator as one caller.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    port: u16,
    keys: Keys,
    /// What the credentials of functions are derived from.
    functions: String,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request before it is signed.
pub(crate) struct Call<'a> {
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    /// Path and query, percent-encoded.
    pub(crate) path: &'a str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Calls the emulator that this folder started as its administrator.
    ///
    /// # Errors
    /// [`ClientError::Secrets`] when the administrator's key cannot be read.
    pub fn administrator(home: &Home) -> Result<Self, ClientError> {
        let secrets = Secrets::read(home)?;
        Ok(Self {
            agent: agent(TIME_LIMIT),
            port: secrets.port,
            keys: secrets.key,
            functions: secrets.functions,
        })
    }

    /// Calls whatever listens on a port of 127.0.0.1 with a key.
    #[must_use]
    pub fn with_key(port: u16, id: &str, secret: &str) -> Self {
        let keys = Keys { id: id.to_owned(), secret: secret.to_owned(), token: None };
        Self { agent: agent(TIME_LIMIT), port, keys, functions: String::new() }
    }

    /// The same emulator, called by somebody else.
    pub(crate) fn with_keys(&self, keys: Keys) -> Self {
        Self { keys, ..self.clone() }
    }

    /// The credentials that the emulator gives a function once it has run.
    pub(crate) fn keys_of_function(&self, function_arn: &str, role_arn: &str) -> Keys {
        Keys::of_function(&self.functions, function_arn, role_arn)
    }

    /// The emulator's port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Signs and sends; any status is an answer.
    pub(crate) fn send(&self, call: Call<'_>) -> Result<Response, ClientError> {
        let url = format!("http://127.0.0.1:{}{}", self.port, call.path);
        let mut request = Request::builder().method(call.method).uri(&url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let mut request =
            request.body(call.body).map_err(|error| self.malformed(call.service, &error))?;
        self.sign(call.service, &mut request)?;
        receive(&self.agent, self.port, request)
    }

    /// A JSON 1.0 or 1.1 API: `target` is `Prefix_Version.Operation`.
    pub(crate) fn json(
        &self,
        service: &'static str,
        target: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        let version = if service == "dynamodb" { "1.0" } else { "1.1" };
        let answer = self.send(Call {
            service,
            method: "POST",
            path: "/",
            headers: vec![
                ("content-type", format!("application/x-amz-json-{version}")),
                ("x-amz-target", target.to_owned()),
            ],
            body: body.to_string().into_bytes(),
        })?;
        let operation = target.rsplit('.').next().unwrap_or(target);
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status < 300 {
            return Ok(value);
        }
        let kind = value.get("__type").and_then(Value::as_str).unwrap_or_default();
        let code = kind.rsplit('#').next().unwrap_or(kind).to_owned();
        let message = ["message", "Message"].iter().find_map(|key| value.get(key)?.as_str());
        Err(ClientError::Refused {
            service,
            operation: operation.to_owned(),
            status: answer.status,
            code,
            message: message.map_or_else(|| answer.text(), ToOwned::to_owned),
        })
    }

    fn sign(
        &self,
        service: &'static str,
        request: &mut Request<Vec<u8>>,
    ) -> Result<(), ClientError> {
        let identity = Credentials::new(
            self.keys.id.clone(),
            self.keys.secret.clone(),
            self.keys.token.clone(),
            None,
            "tenantry",
        )
        .into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| self.malformed(service, &error))?
            .into();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            SignableBody::Bytes(request.body()),
        )
        .map_err(|error| self.malformed(service, &error))?;
        let (instructions, _) =
            sign(signable, &params).map_err(|error| self.malformed(service, &error))?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }

    fn malformed(&self, service: &str, error: &dyn std::fmt::Display) -> ClientError {
        ClientError::Unreachable {
            port: self.port,
            reason: format!("a {service} request could not be made: {error}"),
        }
    }
}

/// An agent that knows no proxy: everything it calls is on this machine.
pub(crate) fn agent(limit: Duration) -> Agent {
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(limit))
        .build()
        .new_agent()
}

/// Sends a request as it is.
pub(crate) fn receive(
    agent: &Agent,
    port: u16,
    request: Request<Vec<u8>>,
) -> Result<Response, ClientError> {
    let unreachable =
        |error: ureq::Error| ClientError::Unreachable { port, reason: error.to_string() };
    let mut response = agent.run(request).map_err(unreachable)?;
    let status = response.status().as_u16();
    let body =
        response.body_mut().with_config().limit(64 << 20).read_to_vec().map_err(unreachable)?;
    Ok(Response { status, body })
}

/// Why a call to the emulator gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The administrator's key could not be read.
    #[error("cannot read the administrator's key in {}: {reason}", path.display())]
    Secrets {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No answer: it is not running, was killed, or did not answer in time.
    #[error("the emulator on port {port} does not answer: {reason}")]
    Unreachable {
        /// Its port.
        port: u16,
        /// What happened to the request.
        reason: String,
    },
    /// It answered with an error.
    #[error("{service} refused {operation}: {code}: {message}")]
    Refused {
        /// The service called.
        service: &'static str,
        /// The operation called.
        operation: String,
        /// The HTTP status.
        status: u16,
        /// The service's error code.
        code: String,
        /// The service's message.
        message: String,
    },
    /// It answered something that was not understood.
    #[error("{service} answered {operation} with something unexpected: {body}")]
    Unexpected {
        /// The service called.
        service: &'static str,
        /// The operation called.
        operation: String,
        /// The beginning of the answer.
        body: String,
    },
}

impl ClientError {
    pub(crate) fn unexpected(service: &'static str, operation: &str, body: &str) -> Self {
        Self::Unexpected {
            service,
            operation: operation.to_owned(),
            body: body.chars().take(300).collect(),
        }
    }

    /// The service's error code, if it answered with one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    pub(crate) fn is_denied(&self) -> bool {
        self.code().is_some_and(|code| code.starts_with("AccessDenied"))
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Secrets { .. } => {
                "end the emulator with `tenantry down`, then run `tenantry up`: it makes a new key".to_owned()
            }
            Self::Unreachable { .. } => {
                "see the end of .tenantry/emulator.log; `tenantry up` starts it again and mends what was half-made".to_owned()
            }
            Self::Refused { .. } | Self::Unexpected { .. } => {
                "see .tenantry/emulator.log; if it stays, `tenantry down` and `tenantry up` start from nothing".to_owned()
            }
        }
    }
}
