//! Which emulator answers on a port: this folder's, another folder's, or something else.

use crate::client::{agent, hmac_hex, receive};
use crate::random::random_hex;
use serde_json::Value;
use std::time::Duration;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// The instance asked for, and it is ready.
    Instance,
    /// An emulator that tenantry started, and not this one.
    AnotherInstance,
    /// Something else, or an emulator that is not ready.
    Other,
    Nobody,
}

/// Asks for a proof that only who knows the instance's secret can give; neither side tells it.
pub(super) fn who_answers(port: u16, instance: &str, within: Duration) -> Answers {
    let Ok(challenge) = random_hex() else { return Answers::Other };
    let request = ureq::http::Request::builder()
        .uri(format!("http://127.0.0.1:{port}/_tenantry/instance?challenge={challenge}"))
        .body(Vec::new());
    let Ok(request) = request else { return Answers::Other };
    let Ok(answer) = receive(&agent(within), port, request) else { return Answers::Nobody };
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(proof) = value.get("tenantry").and_then(Value::as_str) else { return Answers::Other };
    match (proof == hmac_hex(instance.as_bytes(), &challenge), answer.status) {
        (true, 200) => Answers::Instance,
        (true, _) => Answers::Other,
        (false, _) => Answers::AnotherInstance,
    }
}
