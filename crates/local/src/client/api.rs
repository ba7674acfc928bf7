//! The plain HTTP APIs: S3 objects, the control planes that speak REST, and the deployed API itself.

use super::{Call, Client, ClientError, Response, receive};
use serde_json::Value;
use ureq::http::Request;

/// An S3 bucket.
pub(crate) struct Bucket<'a> {
    pub(crate) client: &'a Client,
    pub(crate) name: &'a str,
}

impl Bucket<'_> {
    /// Makes the bucket; it may be there already.
    pub(crate) fn create(&self) -> Result<(), ClientError> {
        match self.call("CreateBucket", "PUT", "", Vec::new()) {
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => Ok(()),
            other => other.map(drop),
        }
    }

    pub(crate) fn has(&self, key: &str) -> Result<bool, ClientError> {
        let answer = self.send("HEAD", &format!("/{key}"), Vec::new())?;
        Ok(answer.status == 200)
    }

    pub(crate) fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), ClientError> {
        self.call("PutObject", "PUT", &format!("/{key}"), bytes).map(drop)
    }

    /// A setting such as `encryption`, as XML; `None` when the bucket has none.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>, ClientError> {
        match self.call(&format!("GetBucket ?{name}"), "GET", &format!("?{name}"), Vec::new()) {
            Err(ClientError::Refused { status: 404, code, .. }) if code != "NoSuchBucket" => {
                Ok(None)
            }
            other => other.map(|answer| Some(answer.text())),
        }
    }

    pub(crate) fn put_setting(&self, name: &str, xml: &str) -> Result<(), ClientError> {
        let bytes = xml.as_bytes().to_vec();
        self.call(&format!("PutBucket ?{name}"), "PUT", &format!("?{name}"), bytes).map(drop)
    }

    /// An object; `None` when there is none under this key.
    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ClientError> {
        match self.call("GetObject", "GET", &format!("/{key}"), Vec::new()) {
            Err(ClientError::Refused { status: 404, .. }) => Ok(None),
            other => other.map(|answer| Some(answer.body)),
        }
    }

    fn call(
        &self,
        operation: &str,
        method: &'static str,
        rest: &str,
        body: Vec<u8>,
    ) -> Result<Response, ClientError> {
        let answer = self.send(method, rest, body)?;
        if answer.status < 300 {
            return Ok(answer);
        }
        let text = answer.text();
        let inside = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside.to_owned())
        };
        Err(ClientError::Refused {
            service: "s3",
            operation: operation.to_owned(),
            status: answer.status,
            code: inside("Code").unwrap_or_default(),
            message: inside("Message").unwrap_or_default(),
        })
    }

    fn send(
        &self,
        method: &'static str,
        rest: &str,
        body: Vec<u8>,
    ) -> Result<Response, ClientError> {
        let path = format!("/{}{rest}", self.name);
        self.client.send(Call { service: "s3", method, path: &path, headers: Vec::new(), body })
    }
}

impl Client {
    /// A control plane that speaks REST and JSON.
    pub(crate) fn rest(
        &self,
        service: &'static str,
        method: &'static str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ClientError> {
        let headers = match body {
            Some(_) => vec![("content-type", "application/json".to_owned())],
            None => Vec::new(),
        };
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let answer = self.send(Call { service, method, path, headers, body })?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status < 300 {
            return Ok(value);
        }
        let of =
            |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let message = ["message", "Message"].map(of).concat();
        Err(ClientError::Refused {
            service,
            operation: format!("{method} {path}"),
            status: answer.status,
            code: of("__type"),
            message: if message.is_empty() { answer.text() } else { message },
        })
    }

    /// Calls a function and waits for what it answers.
    pub(crate) fn invoke(&self, function: &str, event: &Value) -> Result<Response, ClientError> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = event.to_string().into_bytes();
        self.send(Call { service: "lambda", method: "POST", path: &path, headers, body })
    }

    /// A control plane that speaks REST and JSON, asked for a list.
    pub(crate) fn list(&self, service: &'static str, path: &str) -> Result<Value, ClientError> {
        let answer = self.send(Call {
            service,
            method: "GET",
            path,
            headers: Vec::new(),
            body: Vec::new(),
        })?;
        if answer.status < 300 {
            return serde_json::from_slice(&answer.body)
                .map_err(|_| ClientError::unexpected(service, path, &answer.text()));
        }
        Err(ClientError::unexpected(service, path, &answer.text()))
    }
}

/// A call to the deployed API, as any HTTP client would make it.
pub(crate) struct Rest<'a> {
    pub(crate) client: &'a Client,
    pub(crate) api: &'a str,
    pub(crate) stage: &'a str,
}

/// The platform by its own name, whichever API serves a tenant.
pub(crate) struct Platform<'a> {
    pub(crate) client: &'a Client,
    pub(crate) name: &'a str,
}

impl Platform<'_> {
    /// `path` begins with `/tenants/`.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Response, ClientError> {
        let host = format!("{}.localhost:{}", self.name, self.client.port);
        call(self.client, &host, (method, path), token, body)
    }
}

impl Rest<'_> {
    /// `path` begins with `/` and follows the stage. The name in the Host header need not resolve on this machine.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Response, ClientError> {
        let host = format!("{}.execute-api.localhost:{}", self.api, self.client.port);
        let path = format!("/{}{path}", self.stage);
        call(self.client, &host, (method, &path), token, body)
    }
}

fn call(
    client: &Client,
    host: &str,
    (method, path): (&str, &str),
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<Response, ClientError> {
    let uri = format!("http://127.0.0.1:{}{path}", client.port);
    let mut request = Request::builder().method(method).uri(uri).header("host", host);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let request = request
        .body(body)
        .map_err(|error| ClientError::unexpected("execute-api", method, &error.to_string()))?;
    receive(&client.agent, client.port, request)
}
