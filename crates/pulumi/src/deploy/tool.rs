//! The user's `pulumi`: where it is, how old it is, and how it finds our language host.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tenantry_config::Platform;

use super::{DeployError, Stack, cannot, project_file};
use crate::runtime::LANGUAGE_HOST;

/// The oldest version that is taken, the one that was tried.
pub const MINIMUM_VERSION: [&str; 3] = ["3", "255", "0"];

/// A `pulumi` that is new enough, with our language host within its reach.
#[derive(Debug)]
pub struct Pulumi {
    program: PathBuf,
    /// A folder with our language host in it, first on the PATH of what is started.
    host: TempDir,
    variables: Vec<(OsString, OsString)>,
}

/// How a stack stands, by the engine's list of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// When it was changed last, as the engine writes it; nothing for one that never was.
    pub last_update: Option<String>,
    /// How many resources it has.
    pub resources: Option<u64>,
}

impl Pulumi {
    /// Looks for `pulumi` in `folder`, or on the PATH. `executable` is the program that serves as the language host when
    /// it is called by [`LANGUAGE_HOST`]'s name: this one's own.
    ///
    /// # Errors
    /// When it is missing or too old.
    pub fn find(folder: Option<&Path>, executable: &Path) -> Result<Self, DeployError> {
        let program =
            folder.map_or_else(|| PathBuf::from("pulumi"), |folder| folder.join("pulumi"));
        let version = match Command::new(&program).arg("version").stderr(Stdio::null()).output() {
            Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(DeployError::Missing),
            Err(error) => return Err(cannot(format!("start {}", program.display()))(error)),
        };
        if !is_new_enough(&version) {
            return Err(DeployError::TooOld { found: version });
        }
        let host = TempDir::new().map_err(cannot("make a temporary folder"))?;
        symlink(executable, host.path().join(LANGUAGE_HOST))
            .map_err(cannot("put the language host where pulumi finds it"))?;
        Ok(Self { program, host, variables: Vec::new() })
    }

    /// With a variable in the environment of what is started, besides this process's own.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// A command in the project's folder.
    pub(super) fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .args(["--non-interactive", "--color", "never"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .env("PATH", self.path())
            .env("PULUMI_SKIP_UPDATE_CHECK", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The names of the stacks that a project has, without an organisation's.
    ///
    /// # Errors
    /// When `pulumi` refuses to list them.
    pub fn stacks(&self, folder: &Path) -> Result<Vec<String>, DeployError> {
        Ok(self.standing(folder)?.into_keys().collect())
    }

    /// The stacks that a project has, each with when it was changed last and how much there is of it: two answers differ when
    /// somebody has changed something in between.
    ///
    /// # Errors
    /// When `pulumi` refuses to list them.
    pub fn standing(&self, folder: &Path) -> Result<BTreeMap<String, Standing>, DeployError> {
        let listed = self.ask(folder, &["stack", "ls", "--json"])?;
        let listed: Value = serde_json::from_str(&listed).unwrap_or_default();
        let stack = |stack: &Value| {
            // A backend with organizations puts theirs before the name.
            let name = stack.get("name")?.as_str()?.rsplit('/').next()?.to_owned();
            let last_update = stack.get("lastUpdate").and_then(Value::as_str).map(Into::into);
            let resources = stack.get("resourceCount").and_then(Value::as_u64);
            Some((name, Standing { last_update, resources }))
        };
        Ok(listed.as_array().into_iter().flatten().filter_map(stack).collect())
    }

    /// What a stack's state says is deployed, each resource as the state has it: `urn`, `type`, `inputs`, `parent`, ...
    ///
    /// # Errors
    /// When `pulumi` refuses to export it.
    pub fn deployed(&self, folder: &Path, stack: &str) -> Result<Vec<Value>, DeployError> {
        let state = self.ask(folder, &["stack", "export", "--stack", stack])?;
        let mut state: Value = serde_json::from_str(&state).unwrap_or_default();
        Ok(match state.pointer_mut("/deployment/resources").map(Value::take) {
            Some(Value::Array(resources)) => resources,
            _ => Vec::new(),
        })
    }

    /// Makes the stacks that are not there yet.
    pub(super) fn ensure_stacks(&self, folder: &Path, stacks: &[Stack]) -> Result<(), DeployError> {
        let known = self.stacks(folder)?;
        for stack in stacks {
            if !known.contains(&stack.name) {
                self.ask(folder, &["stack", "init", "--no-select", "--stack", &stack.name])?;
            }
        }
        Ok(())
    }

    fn ask(&self, folder: &Path, arguments: &[&str]) -> Result<String, DeployError> {
        let output = self.command(folder, arguments).output().map_err(cannot("start pulumi"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(DeployError::Refused {
            command: arguments.join(" "),
            reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    fn path(&self) -> OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let beside = self.program.parent().filter(|folder| folder.is_absolute());
        let first = [Some(self.host.path().to_owned()), beside.map(Path::to_owned)];
        let folders = first.into_iter().flatten().chain(std::env::split_paths(&path));
        std::env::join_paths(folders).unwrap_or(path)
    }
}

/// Makes a platform's folder a project, unless it is one: writes its `Pulumi.yaml`.
///
/// # Errors
/// When the file cannot be written.
pub fn ensure_project(folder: &Path, platform: &Platform) -> Result<(), DeployError> {
    let file = folder.join("Pulumi.yaml");
    if file.exists() {
        return Ok(());
    }
    fs::write(&file, project_file(platform)).map_err(cannot(format!("write {}", file.display())))
}

fn is_new_enough(version: &str) -> bool {
    let numbers = |text: &str| -> Option<Vec<u32>> {
        let release = text.trim_start_matches('v').split(['-', '+']).next()?;
        release.split('.').map(|number| number.parse().ok()).collect()
    };
    numbers(version) >= numbers(&MINIMUM_VERSION.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_new_enough("v3.255.0"));
        assert!(is_new_enough("v3.1000.1-alpha.5+dirty"));
        assert!(!is_new_enough("v3.99.0"));
        assert!(!is_new_enough("v2.300.0"));
        assert!(!is_new_enough(""));
        assert!(!is_new_enough("(devel)"));
    }

    #[test]
    fn a_missing_pulumi_is_told_with_what_to_install() {
        let nowhere = TempDir::new().unwrap();
        let error = Pulumi::find(Some(nowhere.path()), Path::new("tenantry")).unwrap_err();
        assert_eq!(error.to_string(), "`pulumi` is not on the PATH");
        assert!(error.hint().contains("install Pulumi 3.255.0 or newer"), "{}", error.hint());
    }

    #[test]
    fn an_old_pulumi_is_told_with_its_version() {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("pulumi");
        tenantry_testing::script(&program, "echo v3.90.1").unwrap();
        let error = Pulumi::find(Some(folder.path()), Path::new("tenantry")).unwrap_err();
        assert_eq!(error.to_string(), "`pulumi` is version v3.90.1; 3.255.0 or newer is needed");
    }
}
