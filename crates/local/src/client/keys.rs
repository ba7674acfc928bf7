//! Who calls: keys, and the secrets that the emulator was started with.

use super::ClientError;
use crate::emulator::Listen;
use crate::home::{Home, HomeError, write};
use crate::random::random_hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::io;
use std::path::PathBuf;

/// A caller's credentials.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

impl Keys {
    /// What the launcher gives a function: derived from a secret of this start and both ARNs.
    pub(super) fn of_function(secret: &str, function_arn: &str, role_arn: &str) -> Self {
        let derive =
            |what: &str| hmac_hex(secret.as_bytes(), &format!("{what}:{function_arn}:{role_arn}"));
        let id: String = derive("id").chars().take(16).collect();
        Self {
            id: format!("ASIA{}", id.to_uppercase()),
            secret: derive("secret"),
            token: Some(derive("token")),
        }
    }
}

/// What the emulator is started with, made anew each time: nothing of an earlier start opens anything.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    /// Proves that this emulator answers, and not a stranger on its port.
    pub(crate) instance: String,
    /// The administrator's.
    pub(crate) key: Keys,
    /// The credentials of functions are derived from it.
    pub(crate) functions: String,
    /// The origins of local web applications that may call the APIs.
    pub(crate) origins: Vec<String>,
    /// The platform's name.
    #[serde(default)]
    pub(crate) name: String,
    /// The folder of the journal.
    #[serde(default)]
    state: PathBuf,
    /// The file that says what a start did not bring back.
    #[serde(default)]
    report: PathBuf,
}

impl Secrets {
    pub(crate) fn make(home: &Home, listen: &Listen) -> io::Result<Self> {
        let id: String = random_hex()?.to_uppercase().chars().take(12).collect();
        Ok(Self {
            port: listen.port,
            instance: random_hex()?,
            key: Keys { id: format!("TENANTRY{id}"), secret: random_hex()?, token: None },
            functions: random_hex()?,
            origins: listen.origins.clone(),
            name: listen.name.clone(),
            state: home.state(),
            report: home.rolled_back(),
        })
    }

    pub(crate) fn read(home: &Home) -> Result<Self, ClientError> {
        let path = home.secrets();
        let text = std::fs::read(&path).map_err(|error| error.to_string());
        let read =
            text.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
        read.map_err(|reason| ClientError::Secrets { path, reason })
    }

    /// Writes them for the launcher and for this program, and the administrator's key once more as AWS's tools read it
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>).
    pub(crate) fn write(&self, home: &Home) -> Result<(), HomeError> {
        let Self { port, key: Keys { id, secret, .. }, .. } = self;
        write(&home.secrets(), &serde_json::to_vec_pretty(self).unwrap_or_default())?;
        let credentials =
            format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        write(&home.credentials(), credentials.as_bytes())?;
        let region = super::REGION;
        let config =
            format!("[default]\nregion = {region}\nendpoint_url = http://127.0.0.1:{port}\n");
        write(&home.config(), config.as_bytes())
    }
}

/// HMAC with SHA-256 (RFC 2104), in hexadecimal.
pub(crate) fn hmac_hex(key: &[u8], text: &str) -> String {
    // Keys of every length are taken.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(text.as_bytes());
            let digest = mac.finalize().into_bytes();
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_functions_differ_with_the_secret_and_both_arns() {
        let keys = |secret, function, role| Keys::of_function(secret, function, role).secret;
        let all =
            [keys("s", "f", "r"), keys("t", "f", "r"), keys("s", "g", "r"), keys("s", "f", "q")];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        // RFC 4231, test case 2.
        assert_eq!(
            hmac_hex(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
