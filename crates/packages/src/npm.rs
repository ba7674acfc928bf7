//! `npm ci` into a cache folder, whole or not at all.

use crate::{Source, hash_of};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

/// The npm to run.
#[derive(Clone, Debug)]
pub struct Npm {
    program: PathBuf,
    node_folder: Option<PathBuf>,
}

impl Npm {
    /// npm at `program`. `node_folder`, if given, is where npm's own script finds `node`.
    #[must_use]
    pub const fn new(program: PathBuf, node_folder: Option<PathBuf>) -> Self {
        Self { program, node_folder }
    }

    /// Installs what the sources' `package.json` and `package-lock.json` ask for and returns the `node_modules` folder.
    /// A folder named after their hash means it is done; it appears by a rename, so it is never half there.
    pub(crate) fn install(
        &self,
        name: &str,
        sources: &[Source<'_>],
        cache: &Path,
    ) -> Result<PathBuf, NpmError> {
        let manifest: Vec<Source<'_>> = sources
            .iter()
            .filter(|source| matches!(source.path, "package.json" | "package-lock.json"))
            .copied()
            .collect();
        let hash: String = hash_of(&manifest).chars().take(16).collect();
        let folder = cache.join(format!("{name}-{hash}"));
        if folder.is_dir() {
            return Ok(folder.join("node_modules"));
        }
        let attempt = cache.join(format!("{name}-{hash}.partial"));
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |error: io::Error| NpmError::Folder { path, reason: error.to_string() }
        };
        if attempt.exists() {
            fs::remove_dir_all(&attempt).map_err(at(&attempt))?;
        }
        fs::create_dir_all(&attempt).map_err(at(&attempt))?;
        let installed = self.run(&manifest, &attempt).and_then(|()| {
            // npm makes no folder when there is nothing to install.
            fs::create_dir_all(attempt.join("node_modules")).map_err(at(&attempt))?;
            fs::rename(&attempt, &folder).map_err(at(&folder))
        });
        if installed.is_err() {
            let _ = fs::remove_dir_all(&attempt);
        }
        installed.map(|()| folder.join("node_modules"))
    }

    fn run(&self, manifest: &[Source<'_>], folder: &Path) -> Result<(), NpmError> {
        for source in manifest {
            let path = folder.join(source.path);
            fs::write(&path, source.bytes).map_err(|error| NpmError::Folder {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        }
        let mut command = Command::new(&self.program);
        command
            .args([
                "ci",
                "--omit=dev",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
            .args(["--prefer-offline", "--fetch-retries=1", "--update-notifier=false"])
            .current_dir(folder)
            .stdin(Stdio::null());
        if let Some(path) = self.path_with_node() {
            command.env("PATH", path);
        }
        let output = command.output().map_err(|error| NpmError::Start {
            program: self.program.clone(),
            reason: error.to_string(),
        })?;
        if output.status.success() {
            return Ok(());
        }
        Err(NpmError::Failed { last_lines: last_lines(&output.stderr, 12) })
    }

    fn path_with_node(&self) -> Option<OsString> {
        let mut folders = vec![self.node_folder.clone()?];
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        env::join_paths(folders).ok()
    }
}

/// Why npm could not install what the code depends on.
#[derive(Debug, thiserror::Error)]
pub enum NpmError {
    /// npm could not be started.
    #[error("cannot start npm ({}): {reason}", program.display())]
    Start {
        /// The program tried.
        program: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// npm ended with an error.
    #[error("npm could not install the functions' packages:\n{last_lines}")]
    Failed {
        /// The end of what npm printed.
        last_lines: String,
    },
    /// A folder could not be made or moved.
    #[error("cannot write {}: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl NpmError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Start { .. } => "install Node.js 18 or newer, which brings npm along".to_owned(),
            Self::Failed { .. } => {
                "the first `up` downloads packages: check the network (and the proxy that npm is set to use), then run it \
                 again; nothing half-made was left behind"
                    .to_owned()
            }
            Self::Folder { .. } => "check that the folder can be written and the disk is not full".to_owned(),
        }
    }
}

fn last_lines(text: &[u8], count: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> =
        text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let start = lines.len().saturating_sub(count);
    lines.get(start..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &[Source<'static>] = &[
        Source { path: "package-lock.json", bytes: b"{}" },
        Source { path: "package.json", bytes: b"{}" },
    ];

    fn fake_npm(folder: &Path, script: &str) -> Npm {
        let program = folder.join("npm");
        tenantry_testing::script(&program, script).unwrap();
        Npm::new(program, None)
    }

    #[test]
    fn an_npm_that_fails_is_quoted_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let npm = fake_npm(
            folder.path(),
            "mkdir node_modules; echo 'npm error network ENOTFOUND' >&2; exit 1",
        );
        let error = npm.install("authorizer", MANIFEST, &cache).unwrap_err();
        assert_eq!(
            error.to_string(),
            "npm could not install the functions' packages:\nnpm error network ENOTFOUND"
        );
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
    }

    #[test]
    fn an_attempt_that_was_killed_half_way_does_not_stop_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let npm = fake_npm(folder.path(), "mkdir node_modules && echo new > node_modules/which");
        let done = npm.install("authorizer", MANIFEST, &cache).unwrap();
        let partial = PathBuf::from(format!("{}.partial", done.parent().unwrap().display()));
        fs::rename(done.parent().unwrap(), &partial).unwrap();
        fs::write(partial.join("node_modules/old"), "").unwrap();
        let again = npm.install("authorizer", MANIFEST, &cache).unwrap();
        assert_eq!(again, done);
        assert!(!again.join("old").exists());
        assert!(!partial.exists());
    }

    #[test]
    fn what_is_installed_is_not_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let first =
            fake_npm(folder.path(), "mkdir node_modules").install("sdk", MANIFEST, &cache).unwrap();
        let second = fake_npm(folder.path(), "exit 1").install("sdk", MANIFEST, &cache).unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn a_missing_npm_is_named_with_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let npm = Npm::new(folder.path().join("npm"), None);
        let error = npm.install("sdk", MANIFEST, &folder.path().join("cache")).unwrap_err();
        assert!(matches!(error, NpmError::Start { .. }));
        assert!(error.hint().contains("Node.js 18"));
    }
}
