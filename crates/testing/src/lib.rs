//! Platforms for tests and benchmarks, and programs that stand in for others: the one place that makes them.
//!
//! All are read from the text of a `platform.toml`, as a user's are, and are named `acme`. A development dependency: it
//! never ships, and knows no test and nothing of what is made of a platform but its graph.
#![allow(clippy::panic, reason = "a platform that a test made wrongly ends the test")]

use std::fmt::{Display, Write as _};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tenantry_blueprint::{Code, Emptying};
use tenantry_config::{Cell, Platform, Source};
use tenantry_resources::{Graph, Package};

/// The text of a platform file: the settings, which stand in `[platform]` until a table of their own begins, and the tenants.
pub fn platform_toml(settings: &str, ids: impl IntoIterator<Item = impl Display>) -> String {
    let mut text = format!("[platform]\nname = \"acme\"\n{settings}\n");
    for id in ids {
        let _ = write!(text, "\n[[tenants]]\nid = \"{id}\"\n");
    }
    text
}

/// The ids `tenant-001`, `tenant-002`, ... of tenants with these numbers.
pub fn ids(numbers: impl IntoIterator<Item = usize>) -> impl Iterator<Item = String> {
    numbers.into_iter().map(|number| format!("tenant-{number:03}"))
}

/// Writes a program that a shell runs.
///
/// Another process writes it: a program that is open for writing cannot be started (`ETXTBSY` of `execve(2)`), and a test beside
/// this one that forks at this moment would keep it open.
///
/// # Errors
/// When it cannot be written.
pub fn script(path: &Path, text: &str) -> io::Result<()> {
    let source = path.with_extension("source");
    fs::write(&source, format!("#!/bin/sh\n{text}\n"))?;
    let copied = Command::new("cp").arg(&source).arg(path).status()?;
    if !copied.success() {
        return Err(io::Error::other(format!("cp: {copied}")));
    }
    fs::remove_file(&source)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// Reads the text of a platform file that has no lock yet; panics with its faults.
pub fn read(text: &str) -> Platform {
    let source = Source { name: "platform.toml", text: text.as_bytes() };
    match tenantry_config::load(source, None) {
        Ok(loaded) => loaded.platform,
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            panic!("{text}\n{faults:#?}")
        }
    }
}

/// A platform of tenants `tenant-001`, `tenant-002`, ..., 20 a cell.
pub fn platform(tenants: usize, suffix: &str) -> Platform {
    read(&platform_toml(&format!("environment_suffix = \"{suffix}\""), ids(1..=tenants)))
}

/// Function code whose key is the same whatever the code is.
pub fn code() -> Code {
    let package = |name: &'static str| Package {
        name: name.into(),
        key: format!("tenantry/{name}-0123456789abcdef.zip"),
    };
    Code {
        api: package("api"),
        authorizer: package("authorizer"),
        empty_bucket: package("empty-bucket"),
    }
}

/// The graph of a cell, with [`code`].
pub fn graph(platform: &Platform, cell: &Cell, emptying: Emptying) -> Graph {
    tenantry_blueprint::cell(platform, cell, &code(), emptying)
}
