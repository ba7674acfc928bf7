//! Tokens that can be forged by whoever has a token of another tenant and the pool's public keys.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::stranger::Stranger;

/// The authorizer looks at no token of more bytes; what HTTP servers take is more.
const OVERSIZED: usize = 9_000;

/// What goes into the Authorization header, and how it was made.
pub(crate) struct Forged {
    pub(crate) what: &'static str,
    pub(crate) header: String,
}

impl Forged {
    fn bearer(what: &'static str, token: &str) -> Self {
        Self { what, header: format!("Bearer {token}") }
    }
}

/// What a forger has.
pub(crate) struct Forger<'a> {
    /// An ID token of the forger's own.
    pub(crate) id: &'a str,
    /// The access token that came with it.
    pub(crate) access: &'a str,
    /// A token about the victim that another user pool signed.
    pub(crate) foreign: &'a str,
    /// The pool's public keys, as served.
    pub(crate) keys: &'a Value,
    /// Whose tenant the forger wants to be in.
    pub(crate) victim: &'a str,
    /// Keys of the forger's own.
    pub(crate) stranger: &'a Mutex<Stranger>,
}

impl Forger<'_> {
    /// Every token that the forger can make.
    ///
    /// # Errors
    /// When its own token is no JWT, or its own keys are gone.
    pub(crate) fn all(&self) -> io::Result<Vec<Forged>> {
        let mut all = self.altered().ok_or(io::ErrorKind::InvalidData)?;
        let signed = self.signed()?;
        all.extend(signed.into_iter().map(|(what, token)| Forged::bearer(what, &token)));
        Ok(all)
    }

    /// Tokens that keys of the forger's own sign.
    fn signed(&self) -> io::Result<Vec<(&'static str, String)>> {
        let mut parts = self.id.split('.');
        let mut part = || parts.next().and_then(decode).ok_or(io::ErrorKind::InvalidData);
        let (header, mut claims) = (part()?, part()?);
        claims.insert("custom:tenant_id".to_owned(), json!(self.victim));
        let claims = encode(&Value::Object(claims).to_string());
        let mut stranger = self.stranger.lock().unwrap_or_else(PoisonError::into_inner);
        let own = stranger.key(header.get("kid").unwrap_or(&Value::Null));
        let kinds = [
            ("RS256 by a key of the forger's own", "RS256", None),
            ("RS256 by a key of the forger's own, with that key in the header", "RS256", Some(own)),
            ("RS512 by a key of the forger's own", "RS512", None),
            ("PS256 by a key of the forger's own", "PS256", None),
            ("ES256 by a key of the forger's own", "ES256", None),
        ];
        let mut tokens = Vec::new();
        for (what, algorithm, key) in kinds {
            let mut header = header.clone();
            header.insert("alg".to_owned(), json!(algorithm));
            header.extend(key.map(|key| ("jwk".to_owned(), key)));
            let input = format!("{}.{claims}", encode(&Value::Object(header).to_string()));
            let signature = stranger.sign(algorithm, &input)?;
            tokens.push((what, format!("{input}.{signature}")));
        }
        Ok(tokens)
    }

    /// Tokens made of what the forger has been given.
    fn altered(&self) -> Option<Vec<Forged>> {
        let mut parts = self.id.split('.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        let members = decode(header)?;
        let claims = decode(payload)?;
        let mut wanted = claims.clone();
        wanted.insert("custom:tenant_id".to_owned(), json!(self.victim));
        let swapped = encode(&Value::Object(wanted.clone()).to_string());
        let with = |name: &str, value: Value| {
            let mut changed = members.clone();
            changed.insert(name.to_owned(), value);
            encode(&Value::Object(changed).to_string())
        };
        let twice = |first: &str, second: &str| {
            let mut text = Value::Object(claims.clone()).to_string();
            let own = claims.get("custom:tenant_id").map(Value::to_string).unwrap_or_default();
            text = text.replace(
                &format!("\"custom:tenant_id\":{own}"),
                &format!("\"custom:tenant_id\":\"{first}\",\"custom:tenant_id\":\"{second}\""),
            );
            encode(&text)
        };
        let own = claims.get("custom:tenant_id").and_then(Value::as_str).unwrap_or_default();
        let none = with("alg", json!("none"));
        let mut tokens = vec![
            ("no token", String::new()),
            ("a token without a signature", format!("{header}.{swapped}.")),
            ("a token of two parts", format!("{header}.{swapped}")),
            ("alg none without a signature", format!("{none}.{swapped}.")),
            ("alg none with the old signature", format!("{none}.{swapped}.{signature}")),
            ("alg nOnE with the old signature", {
                format!("{}.{swapped}.{signature}", with("alg", json!("nOnE")))
            }),
            ("the tenant swapped under the old signature", {
                format!("{header}.{swapped}.{signature}")
            }),
            ("the tenant claim twice, the other's last", {
                format!("{header}.{}.{signature}", twice(own, self.victim))
            }),
            ("the tenant claim twice, the other's first", {
                format!("{header}.{}.{signature}", twice(self.victim, own))
            }),
            ("an unknown key id", {
                format!("{}.{swapped}.{signature}", with("kid", json!("no-such-key")))
            }),
            ("a key id that is a path", {
                format!("{}.{swapped}.{signature}", with("kid", json!("../../dev/null")))
            }),
            ("a key address of the forger's own", {
                let address = json!("http://127.0.0.1:9/keys.json");
                format!("{}.{swapped}.{signature}", with("jku", address))
            }),
            ("an oversized token", {
                let mut long = wanted;
                long.insert("name".to_owned(), json!("a".repeat(OVERSIZED * 3 / 4)));
                format!("{header}.{}.{signature}", encode(&Value::Object(long).to_string()))
            }),
            ("four parts", format!("{header}.{swapped}.{signature}.{signature}")),
            ("the signature of another pool", self.foreign.to_owned()),
            ("an access token", self.access.to_owned()),
            ("garbage", "aaaa.bbbb.cccc".to_owned()),
        ];
        let header_of_hs256 = with("alg", json!("HS256"));
        tokens.extend(self.signed_with_public_values(header, &header_of_hs256, &swapped)?);
        let mut forged: Vec<Forged> =
            tokens.into_iter().map(|(what, token)| Forged::bearer(what, &token)).collect();
        forged.push(Forged { what: "a token without its scheme", header: self.id.to_owned() });
        forged.push(Forged {
            what: "a password instead of a token",
            header: format!("Basic {}", STANDARD.encode(format!("{}:x", self.victim))),
        });
        Some(forged)
    }

    /// Tokens for verifiers that take what is public for a shared secret.
    fn signed_with_public_values(
        &self,
        header: &str,
        header_of_hs256: &str,
        payload: &str,
    ) -> Option<Vec<(&'static str, String)>> {
        let mut tokens = Vec::new();
        for (what, secret) in secrets(self.keys) {
            let input = format!("{header_of_hs256}.{payload}");
            tokens.push((what, format!("{input}.{}", sign(&secret, &input)?)));
            if what == "HS256 with the public key in PEM as the secret" {
                let input = format!("{header}.{payload}");
                let token = format!("{input}.{}", sign(&secret, &input)?);
                tokens.push(("RS256 over an HMAC with the public key in PEM", token));
            }
        }
        Some(tokens)
    }
}

/// The pool's first public key in the forms in which a careless verifier may take it for a shared secret.
fn secrets(keys: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let Some(key) = keys.pointer("/keys/0") else { return Vec::new() };
    let mut secrets = vec![
        ("HS256 with the public key's JSON as the secret", key.to_string().into_bytes()),
        ("HS256 with an empty secret", Vec::new()),
    ];
    let modulus = key.get("n").and_then(Value::as_str);
    let Some(modulus) = modulus.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()) else {
        return secrets;
    };
    if modulus.len() == 256 && key.get("e").and_then(Value::as_str) == Some("AQAB") {
        secrets.push(("HS256 with the public key in PEM as the secret", pem(&modulus)));
    }
    secrets.push(("HS256 with the public modulus as the secret", modulus));
    secrets
}

/// SubjectPublicKeyInfo (RFC 5280, 4.1) of an RSA key (RFC 8017, A.1.1) with a modulus of 2,048 bits and the exponent
/// 65537.
fn pem(modulus: &[u8]) -> Vec<u8> {
    const BEFORE: [u8; 33] = [
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
        0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82,
        0x01, 0x01, 0x00,
    ];
    const AFTER: [u8; 5] = [0x02, 0x03, 0x01, 0x00, 0x01];
    let text = STANDARD.encode([&BEFORE, modulus, &AFTER].concat());
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    pem.into_bytes()
}

fn sign(secret: &[u8], input: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(input.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// One part of a JWT.
pub(crate) fn decode(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_forged_token_differs_from_the_real_one_and_claims_what_its_name_says() {
        let part = |value: Value| encode(&value.to_string());
        let id = format!(
            "{}.{}.{}",
            part(json!({ "kid": "k", "alg": "RS256" })),
            part(json!({ "sub": "s", "custom:tenant_id": "tenant-a", "exp": 1 })),
            encode("signature")
        );
        let keys = json!({ "keys": [{ "kid": "k", "e": "AQAB", "n": encode(&"n".repeat(256)) }] });
        let forger = Forger {
            id: &id,
            access: "access",
            foreign: "foreign",
            keys: &keys,
            victim: "tenant-b",
            stranger: &Mutex::new(Stranger::for_tests()),
        };
        let described: Vec<String> = forger
            .altered()
            .unwrap()
            .into_iter()
            .map(|Forged { what, header }| {
                assert_ne!(header, format!("Bearer {id}"));
                let parts: Vec<String> = header
                    .trim_start_matches("Bearer ")
                    .split('.')
                    .map(|part| {
                        let text = URL_SAFE_NO_PAD.decode(part).ok();
                        let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
                        let text = text.unwrap_or_else(|| part.to_owned());
                        if text.len() > 200 { format!("({} characters)", text.len()) } else { text }
                    })
                    .collect();
                format!("{what}: {}", parts.join(" . "))
            })
            .collect();
        insta::assert_snapshot!(described.join("\n"));
        let signed = forger.signed().unwrap();
        for (what, token) in &signed {
            let parts: Vec<&str> = token.split('.').collect();
            let [header, claims, signature] = parts.as_slice() else { panic!("{token}") };
            let header = decode(header).unwrap();
            assert!(what.starts_with(header["alg"].as_str().unwrap()));
            assert_eq!(header["kid"], "k");
            assert_eq!(header.contains_key("jwk"), what.ends_with("header"));
            assert_eq!(decode(claims).unwrap()["custom:tenant_id"], "tenant-b");
            let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap().len();
            assert_eq!(bytes, if what.starts_with("ES256") { 64 } else { 256 });
        }
        assert_eq!(signed.len(), 5);
    }
}
