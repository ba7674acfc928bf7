//! Asking: a request that changes nothing, and what comes back.

use serde_json::Value;

use crate::calls::{Call, Protocol};
use crate::xml;

/// An HTTP request before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The service's name in signatures.
    pub service: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: String,
}

/// What a service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Who carries requests to the services of one account and region.
pub trait Ask {
    /// Signs, sends and waits.
    ///
    /// # Errors
    /// Why there is no answer; any status is one.
    fn ask(&self, request: &Request) -> Result<Answer, String>;
}

/// Why what is deployed could not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    /// A service did not answer.
    #[error("{service} does not answer: {reason}")]
    Silent {
        /// The service.
        service: &'static str,
        /// What happened.
        reason: String,
    },
    /// A service refused the call.
    #[error("{action} was refused: {code}: {message}")]
    Refused {
        /// The IAM action that the call needs.
        action: &'static str,
        /// The service's error code.
        code: String,
        /// Its message.
        message: String,
    },
    /// The answer is not what the service's reference says.
    #[error("the answer to {action} is not understood: {body}")]
    Unexpected {
        /// The IAM action of the call.
        action: &'static str,
        /// The beginning of the answer.
        body: String,
    },
}

/// What a call is asked with.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// Fields of a form.
    Fields(Vec<(String, String)>),
    /// A JSON document.
    Document(Value),
    /// Path and query.
    Path(String),
}

impl Input {
    /// Fields of a form.
    pub(crate) fn fields(fields: &[(&str, &str)]) -> Self {
        let owned = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::Fields(owned.collect())
    }

    /// The same, for the page of a list that a token stands for.
    fn page(&self, name: &str, token: &str) -> Self {
        let mut page = self.clone();
        match &mut page {
            Self::Fields(fields) => fields.push((name.to_owned(), token.to_owned())),
            Self::Document(document) => {
                if let Some(members) = document.as_object_mut() {
                    members.insert(name.to_owned(), Value::String(token.to_owned()));
                }
            }
            Self::Path(path) => {
                path.push(if path.contains('?') { '&' } else { '?' });
                path.push_str(&format!("{name}={}", encode(token)));
            }
        }
        page
    }
}

/// The names of a list's token: in the answer, and in the next question.
pub(crate) type Token = (&'static str, &'static str);

/// Pages of one list that are asked for; more means that the token does not end.
const MOST_PAGES: usize = 10_000;

/// Asks once. `None` when the service says that there is no such thing.
pub(crate) fn once(
    ask: &dyn Ask,
    call: &'static Call,
    input: &Input,
) -> Result<Option<Value>, ReadError> {
    let answer = ask
        .ask(&request(call, input))
        .map_err(|reason| ReadError::Silent { service: call.service, reason })?;
    let unexpected = || ReadError::Unexpected {
        action: call.action,
        body: answer.body.chars().take(200).collect(),
    };
    let body = match call.protocol {
        // A bucket's policy is answered as the document itself.
        Protocol::RestXml if answer.body.trim_start().starts_with('{') => {
            serde_json::from_str(&answer.body).ok()
        }
        Protocol::Query(_) | Protocol::RestXml => xml::read(&answer.body),
        Protocol::Json(..) | Protocol::Rest if answer.body.is_empty() => Some(Value::Null),
        Protocol::Json(..) | Protocol::Rest => serde_json::from_str(&answer.body).ok(),
    };
    if answer.status < 300 {
        return body.map(|body| Some(without_null(body))).ok_or_else(unexpected);
    }
    let body = body.unwrap_or(Value::Null);
    let of = |names: &[&str]| {
        names.iter().find_map(|name| find(&body, name)).unwrap_or_default().to_owned()
    };
    let code = of(&["__type", "Code", "code"]);
    let code = code.rsplit('#').next().unwrap_or_default().to_owned();
    if is_absent(answer.status, &code) {
        return Ok(None);
    }
    let message = of(&["message", "Message"]);
    let message =
        if message.is_empty() { answer.body.chars().take(200).collect() } else { message };
    Err(ReadError::Refused { action: call.action, code, message })
}

/// Asks for every page of a list and gives the answers. Empty when the service says that there is no such thing.
pub(crate) fn pages(
    ask: &dyn Ask,
    call: &'static Call,
    (answered, asked): Token,
    input: &Input,
) -> Result<Vec<Value>, ReadError> {
    let mut found = Vec::new();
    let mut next = input.clone();
    for _ in 0..MOST_PAGES {
        let Some(page) = once(ask, call, &next)? else { return Ok(found) };
        let token = page.get(answered).and_then(Value::as_str).filter(|token| !token.is_empty());
        let after = token.map(|token| input.page(asked, token));
        found.push(page);
        match after {
            Some(after) => next = after,
            None => return Ok(found),
        }
    }
    Err(ReadError::Unexpected { action: call.action, body: "a list that does not end".to_owned() })
}

/// What is null is not there: some services leave such members out, and others do not.
fn without_null(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_null(value)))
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(without_null).collect(),
        other => other,
    }
}

/// Whether an error says that what was asked about is not there.
fn is_absent(status: u16, code: &str) -> bool {
    let refused = ["AccessDenied", "UnrecognizedClient", "InvalidClientTokenId", "Unauthorized"];
    status == 404
        || (status == 400
            && (code.contains("NotFound")
                || code.contains("NoSuch")
                || code.contains("NonExistent"))
            && !refused.iter().any(|word| code.contains(word)))
}

/// A member of this name at any depth, as text.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    match value {
        Value::Object(members) => members
            .get(name)
            .and_then(Value::as_str)
            .or_else(|| members.values().find_map(|inner| find(inner, name))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, name)),
        _ => None,
    }
}

fn request(call: &'static Call, input: &Input) -> Request {
    let operation = call.operation;
    let (method, path, headers, body) = match (call.protocol, input) {
        (Protocol::Query(version), input) => {
            let mut form = format!("Action={operation}&Version={version}");
            if let Input::Fields(fields) = input {
                for (name, value) in fields {
                    form.push_str(&format!("&{}={}", encode(name), encode(value)));
                }
            }
            let kind = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
            ("POST", "/".to_owned(), vec![("content-type", kind)], form)
        }
        (Protocol::Json(version, prefix), input) => {
            let document = match input {
                Input::Document(document) => document.to_string(),
                _ => "{}".to_owned(),
            };
            let headers = vec![
                ("content-type", format!("application/x-amz-json-{version}")),
                ("x-amz-target", format!("{prefix}.{operation}")),
            ];
            ("POST", "/".to_owned(), headers, document)
        }
        (Protocol::Rest | Protocol::RestXml, Input::Path(path)) => {
            ("GET", path.clone(), Vec::new(), String::new())
        }
        (Protocol::Rest | Protocol::RestXml, _) => {
            ("GET", "/".to_owned(), Vec::new(), String::new())
        }
    };
    Request { service: call.service, method, path, headers, body }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
