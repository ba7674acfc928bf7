//! Whether this machine has what the platform on it needs. Looking changes nothing.

use crate::emulator::{Emulator, EmulatorError};
use crate::home::Home;
use crate::start::last_port;
use crate::tools::{Search, Tools};
use crate::{DEFAULT_PORT, emulator_version};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

/// How one thing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub what: &'static str,
    /// What was found, or what is wrong.
    pub found: String,
    /// What to do; nothing where all is well.
    pub help: Option<String>,
}

impl Check {
    fn well(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, found: found.into(), help: None }
    }

    fn bad(what: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what, found: found.into(), help: Some(help.into()) }
    }
}

/// What installing the emulator and keeping a platform take, with room to spare: an installation is 120 MB.
const ENOUGH_DISK: u64 = 500 << 20;

/// Looks at the tools, the emulator, its port and the disk.
#[must_use]
pub fn doctor(home: &Home, search: &Search) -> Vec<Check> {
    let mut checks = vec![tools(search)];
    checks.extend(emulator(home));
    checks.push(disk("disk of the project", home.path()));
    if let Some(cache) = &search.cache {
        checks.push(disk("disk of the cache", cache));
    }
    checks
}

fn tools(search: &Search) -> Check {
    match Tools::find(search) {
        Ok(tools) => Check::well(
            "Python, Node.js and npm",
            format!("{} and {}, new enough", tools.python.display(), tools.node.display()),
        ),
        Err(error) => Check::bad("Python, Node.js and npm", error.to_string(), error.hint()),
    }
}

fn emulator(home: &Home) -> Vec<Check> {
    let version =
        Check::well("emulator", format!("version {} is what `up` runs", emulator_version()));
    match Emulator::find(home) {
        Ok(Some(running)) => {
            let (port, pid) = (running.port(), running.pid());
            vec![
                version,
                Check::well("port", format!("{port}: the emulator runs there (process {pid})")),
            ]
        }
        Ok(None) => {
            let port = last_port(home).unwrap_or(DEFAULT_PORT);
            vec![version, free(port)]
        }
        Err(error @ EmulatorError::Outdated { .. }) => {
            vec![Check::bad("emulator", error.to_string(), error.hint())]
        }
        Err(error) => vec![version, Check::bad("port", error.to_string(), error.hint())],
    }
}

fn free(port: u16) -> Check {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Check::well("port", format!("{port} is free, and nothing runs")),
        Err(error) => Check::bad(
            "port",
            format!("{port} of 127.0.0.1 cannot be had: {error}"),
            "end what uses it, or take another one: `tenantry up --port PORT`",
        ),
    }
}

/// Of the nearest folder upwards that is there.
fn disk(what: &'static str, folder: &Path) -> Check {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let found = format!("{} MB free at {}", free >> 20, there.display());
            if free >= ENOUGH_DISK {
                Check::well(what, found)
            } else {
                Check::bad(what, found, format!("make room: {} MB are enough", ENOUGH_DISK >> 20))
            }
        }
        Err(error) => Check::bad(
            what,
            format!("{}: {error}", there.display()),
            "check that the folder can be read",
        ),
    }
}
