//! The emulator in a virtual environment of its own, every file checked against a hash that is part of this program. All
//! platforms of a user share it.

use crate::home::{HomeError, make_folder, remove_folder, write};
use crate::progress::Cancel;
use crate::tools::Tools;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;
use tenantry_packages::NpmError;

/// Every Python package with its version and hashes, as `uv pip compile --universal --generate-hashes` wrote it.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// What is installed and ready to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The virtual environment's Python, which has the emulator.
    pub python: PathBuf,
    /// The folder whose `node_modules` holds the AWS SDK that the managed Node.js runtime brings along on AWS.
    pub runtime: PathBuf,
}

/// The emulator's version.
#[must_use]
pub fn emulator_version() -> &'static str {
    REQUIREMENTS
        .lines()
        .find_map(|line| line.strip_prefix("ministack=="))
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or("unknown")
}

/// Installs the emulator in the folder of installations, unless it is there. Its own folder is named after the version and the
/// hashes, and a marker is written when everything is in it, so a killed or failed installation leaves nothing that a later one
/// takes for whole. Of two that install at once the second waits.
///
/// # Errors
/// [`InstallError`], with the end of what pip printed.
pub fn emulator(
    cache: &Path,
    tools: &Tools,
    cancel: &Cancel,
) -> Result<(PathBuf, bool), InstallError> {
    let folder = cache.join(folder_name());
    let marker = folder.join("complete");
    let python = folder.join("bin").join("python");
    let is_whole = || marker.is_file() && python.exists();
    keep_to_ourselves(cache)?;
    if is_whole() {
        return Ok((python, false));
    }
    let _lock = lock(&cache.join("emulator.lock"), cancel)?;
    if is_whole() {
        return Ok((python, false));
    }
    // A virtual environment holds its own path, so it is built where it stays; the marker makes it whole.
    remove_folder(&folder)?;
    make_folder(&folder)?;
    let installed = install_into(&folder, &python, tools).and_then(|()| Ok(write(&marker, b"")?));
    if installed.is_err() {
        let _ = remove_folder(&folder);
    }
    installed.map(|()| (python, true))
}

/// What is in the folder is run, so nobody else may have made it, and nobody else may write there.
fn keep_to_ourselves(cache: &Path) -> Result<(), InstallError> {
    make_folder(cache)?;
    let failed = |error: std::io::Error| HomeError::new(cache, &error);
    let metadata = std::fs::metadata(cache).map_err(failed)?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(InstallError::NotOurs { folder: cache.to_path_buf() });
    }
    let mut permissions = metadata.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o700);
        std::fs::set_permissions(cache, permissions).map_err(failed)?;
    }
    Ok(())
}

/// Waits until nobody else installs. The system releases the lock of a process that has ended.
fn lock(path: &Path, cancel: &Cancel) -> Result<File, InstallError> {
    let failed = |error: std::io::Error| InstallError::Home(HomeError::new(path, &error));
    let mut options = OpenOptions::new();
    let file =
        options.create(true).truncate(false).write(true).mode(0o600).open(path).map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if cancel.is_cancelled() => {
                return Err(InstallError::Cancelled);
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(100)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

fn install_into(folder: &Path, python: &Path, tools: &Tools) -> Result<(), InstallError> {
    let made = run(Command::new(&tools.python).args(["-m", "venv"]).arg(folder))?;
    if !made.status.success() {
        return Err(InstallError::Venv {
            python: tools.python.clone(),
            last_lines: last_lines(&made),
        });
    }
    let requirements = folder.join("requirements.txt");
    write(&requirements, REQUIREMENTS.as_bytes())?;
    let mut pip = Command::new(python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
    ])
    .args(["--require-hashes", "--only-binary", ":all:", "--retries", "1", "-r"])
    .arg(&requirements);
    let installed = run(&mut pip)?;
    if !installed.status.success() {
        return Err(InstallError::Pip { last_lines: last_lines(&installed) });
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<Output, InstallError> {
    // Another environment's settings must not reach into this one.
    command
        .env_remove("PYTHONPATH")
        .env_remove("PYTHONHOME")
        .env_remove("VIRTUAL_ENV")
        .stdin(Stdio::null());
    let program = PathBuf::from(command.get_program());
    command.output().map_err(|error| InstallError::Start { program, reason: error.to_string() })
}

fn folder_name() -> String {
    let digest = Sha256::digest(REQUIREMENTS.as_bytes());
    let hash = digest.iter().take(4).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    format!("emulator-{}-{hash}", emulator_version())
}

fn last_lines(output: &Output) -> String {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<&str> =
        text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n")
}

/// Why the emulator or the functions' packages could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A program could not be started.
    #[error("cannot start {}: {reason}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Python could not make a virtual environment.
    #[error("{} could not make a virtual environment:\n{last_lines}", python.display())]
    Venv {
        /// The Python.
        python: PathBuf,
        /// The end of what it printed.
        last_lines: String,
    },
    /// pip could not download or install.
    #[error("pip could not install the emulator:\n{last_lines}")]
    Pip {
        /// The end of what pip printed.
        last_lines: String,
    },
    /// npm could not download or install.
    #[error(transparent)]
    Npm(#[from] NpmError),
    /// The folder of installations is somebody else's.
    #[error("{} belongs to another user, who could change what is run from it", folder.display())]
    NotOurs {
        /// The folder.
        folder: PathBuf,
    },
    /// Somebody asked to stop while another command was installing.
    #[error("stopped while another command installs the emulator")]
    Cancelled,
    /// A file or folder could not be written.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl InstallError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Start { .. } => "check that it exists and may be run".to_owned(),
            Self::Venv { .. } => {
                "Python's venv module is needed (on Debian and Ubuntu: the package python3-venv)".to_owned()
            }
            Self::Pip { .. } => "the first `up` downloads the emulator: check the network (and the proxy or index that \
                                 pip is set to use), then run it again; nothing half-made was left behind"
                .to_owned(),
            Self::Npm(error) => error.hint(),
            Self::NotOurs { .. } => "set XDG_CACHE_HOME to a folder of your own".to_owned(),
            Self::Cancelled => "run the command again".to_owned(),
            Self::Home(error) => error.hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned_and_hashed_and_names_no_host() {
        let mut packages = 0;
        for block in REQUIREMENTS.split("\n").filter(|line| line.contains("==")) {
            assert!(block.trim_end().ends_with('\\'), "no hash follows {block:?}");
            packages += 1;
        }
        assert!(packages > 15);
        assert!(!REQUIREMENTS.contains("://"));
    }

    #[test]
    fn the_folder_is_named_after_the_version() {
        assert!(folder_name().starts_with("emulator-1.5."), "{}", folder_name());
    }
}
