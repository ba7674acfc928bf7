//! Real packets through the network rules of a platform's templates, on Linux.
//!
//! Namespaces, veth pairs and nftables take the place of interfaces, subnets, network ACLs and security groups, as AWS's
//! documentation has them. The scripts read the templates by themselves and know nothing of the verifier's model, so
//! that the one can be held against the other. They need no root and touch nothing of this machine's network.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

const SCRIPTS: [(&str, &str); 3] = [
    ("tenants.py", include_str!("packets/tenants.py")),
    ("vpc.py", include_str!("packets/vpc.py")),
    ("world.py", include_str!("packets/world.py")),
];

/// What packets did on the network of one template.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Packets {
    /// The template's name.
    pub template: String,
    /// Tenants that have network interfaces.
    pub tenants: usize,
    /// Network interfaces, with the stand-ins in the public subnets.
    pub interfaces: usize,
    /// Ordered pairs of tenants.
    pub pairs: usize,
    /// TCP connections that were tried with the rules as they are.
    pub connections_tried: usize,
    /// Those that were made: with DynamoDB, and the stand-ins' own.
    pub connections_made: usize,
    /// What reaches something that it must not, and planted holes that were not found; a sentence each.
    pub findings: Vec<String>,
}

/// Why packets could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum PacketsError {
    /// The scripts or the templates could not be written.
    #[error("{path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The Python did not run.
    #[error("{program} did not run: {source}")]
    Python {
        /// The Python.
        program: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// This machine does not allow it, or lacks a program; or a template has something that the scripts do not understand.
    #[error("no packet was sent: {reason}")]
    NotTried {
        /// What the scripts said.
        reason: String,
    },
}

impl PacketsError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Write { .. } => "free some room, or set TMPDIR to a folder that can be written",
            Self::Python { .. } => "TENANTRY_PYTHON names the Python to use",
            Self::NotTried { .. } => {
                "it takes Linux that allows user namespaces, and `unshare`, `ip` and `nft` (Debian: util-linux, iproute2, \
                 nftables)"
            }
        }
    }
}

/// Sends packets between the tenants of each template (its name, which ends in `.json`, and its text), and tries whether
/// planted holes are found. Takes a few seconds a template.
///
/// # Errors
/// [`PacketsError`], also where this is no Linux or its user may make no namespaces.
pub fn packets(
    python: &Path,
    templates: &[(String, String)],
) -> Result<Vec<Packets>, PacketsError> {
    let folder = Folder::new()?;
    for (name, text) in &SCRIPTS {
        folder.write(name, text)?;
    }
    let inputs = folder.inside("templates")?;
    for (name, text) in templates {
        write(&inputs.join(name), text)?;
    }
    let ran = Command::new(python)
        .arg("-B")
        .arg(folder.0.join("tenants.py"))
        .arg(&inputs)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| PacketsError::Python { program: python.to_path_buf(), source })?;
    understood(&String::from_utf8_lossy(&ran.stdout), ran.status.code())
        .ok_or_else(|| PacketsError::NotTried { reason: last_line(&ran.stderr) })
}

/// The reports of a run that came to its end, with or without findings.
fn understood(stdout: &str, status: Option<i32>) -> Option<Vec<Packets>> {
    let reports: Vec<Packets> =
        stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()?;
    let findings = reports.iter().any(|report| !report.findings.is_empty());
    let expected = if findings { 1 } else { 0 };
    (status == Some(expected) && !reports.is_empty()).then_some(reports)
}

fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing").to_owned()
}

fn write(path: &Path, text: &str) -> Result<(), PacketsError> {
    fs::write(path, text).map_err(|source| PacketsError::Write { path: path.to_path_buf(), source })
}

/// A folder of this process's own, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, PacketsError> {
        let path = std::env::temp_dir().join(format!("tenantry-packets-{}", std::process::id()));
        // Fails where somebody else was there before.
        fs::create_dir(&path)
            .map_err(|source| PacketsError::Write { path: path.clone(), source })?;
        Ok(Self(path))
    }

    fn inside(&self, name: &str) -> Result<PathBuf, PacketsError> {
        let path = self.0.join(name);
        fs::create_dir(&path)
            .map_err(|source| PacketsError::Write { path: path.clone(), source })?;
        Ok(path)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), PacketsError> {
        write(&self.0.join(name), text)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{PacketsError, packets, understood};
    use std::path::Path;

    const CLEAN: &str = r#"{"template":"a.json","tenants":2,"interfaces":4,"pairs":2,"connections_tried":9,"connections_made":1,"findings":[]}"#;

    #[test]
    fn a_report_counts_only_with_the_status_that_goes_with_it() {
        let found = CLEAN.replace("[]", r#"["a reaches b"]"#);
        assert!(understood(CLEAN, Some(0)).is_some());
        assert!(understood(&found, Some(1)).is_some());
        assert!(understood(CLEAN, Some(1)).is_none(), "it broke off after a clean template");
        assert!(understood(&found, Some(0)).is_none());
        assert!(understood(CLEAN, None).is_none());
        assert!(understood("", Some(0)).is_none(), "nothing was tried");
        assert!(understood("Traceback", Some(1)).is_none());
    }

    #[test]
    fn a_python_that_is_not_there_is_named_and_nothing_is_left() {
        let error = packets(Path::new("/nowhere/python3"), &[]).err();
        assert!(
            matches!(&error, Some(PacketsError::Python { program, .. }) if program == Path::new("/nowhere/python3"))
        );
        let left = format!("tenantry-packets-{}", std::process::id());
        assert!(!std::env::temp_dir().join(left).exists());
    }
}
