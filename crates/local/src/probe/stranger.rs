//! Keys of the forger's own, which sign as the pool's would. Node.js makes them, and they never leave that process.

use serde_json::{Value, json};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Prints the RSA key's public part, then a signature for each line that it is asked for.
const SCRIPT: &str = "
const { constants, generateKeyPairSync, sign } = require('node:crypto');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const ways = {
  RS256: ['sha256', rsa.privateKey],
  RS512: ['sha512', rsa.privateKey],
  PS256: ['sha256', { key: rsa.privateKey, ...pss }],
  ES256: ['sha256', { key: elliptic.privateKey, dsaEncoding: 'ieee-p1363' }],
};
console.log(JSON.stringify(rsa.publicKey.export({ format: 'jwk' })));
const lines = require('node:readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { algorithm, input } = JSON.parse(line);
  const [hash, key] = ways[algorithm];
  console.log(sign(hash, Buffer.from(input), key).toString('base64url'));
});
";

/// A process that holds the keys; it ends with this.
pub(super) struct Stranger {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The RSA key's public part, a JWK (RFC 7517).
    key: Value,
}

impl Stranger {
    /// Makes the keys.
    ///
    /// # Errors
    /// When Node.js cannot be started, or says something else than a key.
    pub(super) fn start(node: &Path) -> io::Result<Self> {
        let mut child = Command::new(node)
            .args(["-e", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(asked), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (answers, key) = (BufReader::new(answers), Value::Null);
        let mut stranger = Self { child, asked, answers, key };
        stranger.key = serde_json::from_str(&stranger.line()?)?;
        Ok(stranger)
    }

    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        let tools = crate::Tools::find(&crate::Search::from_environment()).unwrap();
        Self::start(&tools.node).unwrap()
    }

    /// The RSA key's public part under this key id.
    pub(super) fn key(&self, id: &Value) -> Value {
        let mut key = self.key.clone();
        if let Value::Object(members) = &mut key {
            members.extend([("kid".to_owned(), id.clone()), ("alg".to_owned(), json!("RS256"))]);
        }
        key
    }

    /// A signature, in base64url.
    ///
    /// # Errors
    /// When the process has ended.
    pub(super) fn sign(&mut self, algorithm: &str, input: &str) -> io::Result<String> {
        let asked = json!({ "algorithm": algorithm, "input": input });
        writeln!(self.asked, "{asked}")?;
        self.line()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
