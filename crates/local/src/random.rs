//! What nobody can guess.

use std::fs::File;
use std::io::{self, Read as _};

/// 128 random bits, in hexadecimal.
pub(crate) fn random_hex() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
