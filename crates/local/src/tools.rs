//! The Python and the Node.js of this machine: found, and new enough.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tenantry_packages::Npm;

/// Names the Python to use, instead of the first one in `PATH`.
pub const PYTHON_VARIABLE: &str = "TENANTRY_PYTHON";
/// Names the Node.js to use, instead of the first one in `PATH`.
pub const NODE_VARIABLE: &str = "TENANTRY_NODE";

const PYTHON: Tool = Tool {
    name: "Python",
    variable: PYTHON_VARIABLE,
    least: (3, 10),
    from: "https://www.python.org/downloads/",
};
const NODE: Tool =
    Tool { name: "Node.js", variable: NODE_VARIABLE, least: (18, 0), from: "https://nodejs.org/" };

/// Where to look for programs. Separate from the process's environment, so that a test can set a stage of its own.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Folders, in order (`PATH`).
    pub path: Vec<PathBuf>,
    /// The Python that [`PYTHON_VARIABLE`] names.
    pub python: Option<PathBuf>,
    /// The Node.js that [`NODE_VARIABLE`] names.
    pub node: Option<PathBuf>,
    /// Where the emulator is installed, once for all platforms of a user; without it, beside the platform.
    pub cache: Option<PathBuf>,
}

impl Search {
    /// What this process's environment says.
    #[must_use]
    pub fn from_environment() -> Self {
        let named =
            |variable| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            path: env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect(),
            python: named(PYTHON_VARIABLE),
            node: named(NODE_VARIABLE),
            cache: cache(named("XDG_CACHE_HOME"), named("HOME")),
        }
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        self.path.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }
}

/// The folder for what can be made again (<https://specifications.freedesktop.org/basedir-spec/latest/>: a path that is not absolute
/// is to be ignored).
fn cache(named: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let of_home = home.map(|home| home.join(".cache"));
    let folder = named.filter(|path| path.is_absolute()).or(of_home)?;
    folder.is_absolute().then(|| folder.join("tenantry"))
}

/// The programs found.
#[derive(Clone, Debug)]
pub struct Tools {
    /// A Python, 3.10 or newer.
    pub python: PathBuf,
    /// A Node.js, 18 or newer.
    pub node: PathBuf,
    npm: PathBuf,
}

impl Tools {
    /// Finds Python 3.10 or newer, Node.js 18 or newer, and npm.
    ///
    /// # Errors
    /// [`ToolError`], which names the program, the version found and the one needed.
    pub fn find(search: &Search) -> Result<Self, ToolError> {
        let python = Self::python(search)?;
        let node = find(&NODE, search.node.as_deref(), &["node"], search)?;
        let beside = node.parent().map(|folder| folder.join("npm")).filter(|path| path.is_file());
        let npm = beside.or_else(|| search.program("npm")).ok_or(ToolError::NoNpm)?;
        Ok(Self { python, node, npm })
    }

    /// Finds Python 3.10 or newer alone.
    ///
    /// # Errors
    /// [`ToolError`], as for [`Tools::find`].
    pub fn python(search: &Search) -> Result<PathBuf, ToolError> {
        find(&PYTHON, search.python.as_deref(), &["python3", "python"], search)
    }

    /// The npm that belongs to the Node.js.
    #[must_use]
    pub fn npm(&self) -> Npm {
        Npm::new(self.npm.clone(), self.node.parent().map(Path::to_path_buf))
    }
}

struct Tool {
    name: &'static str,
    variable: &'static str,
    least: (u32, u32),
    from: &'static str,
}

/// The first candidate that is new enough wins; if none is, the first one that ran is reported.
fn find(
    tool: &Tool,
    named: Option<&Path>,
    names: &[&str],
    search: &Search,
) -> Result<PathBuf, ToolError> {
    let candidates: Vec<PathBuf> = match named {
        Some(path) => vec![path.to_path_buf()],
        None => names.iter().filter_map(|name| search.program(name)).collect(),
    };
    let mut first_failure = None;
    for program in candidates {
        match version_of(&program) {
            Ok(found) if found >= tool.least => return Ok(program),
            Ok(found) => {
                first_failure.get_or_insert(ToolError::TooOld {
                    name: tool.name,
                    program,
                    found,
                    least: tool.least,
                    variable: tool.variable,
                    from: tool.from,
                });
            }
            Err(reason) => {
                first_failure.get_or_insert(ToolError::Broken {
                    name: tool.name,
                    program,
                    reason,
                    variable: tool.variable,
                });
            }
        }
    }
    Err(first_failure.unwrap_or(ToolError::Missing {
        name: tool.name,
        variable: tool.variable,
        least: tool.least,
        from: tool.from,
    }))
}

fn version_of(program: &Path) -> Result<(u32, u32), String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    version_in(&text).ok_or_else(|| format!("`--version` printed {:?}", text.trim()))
}

/// Reads `Python 3.11.7` and `v20.20.2`.
fn version_in(text: &str) -> Option<(u32, u32)> {
    let word = text.lines().next()?.split_whitespace().last()?;
    let mut numbers = word.trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// A program that is needed is not there or not fit.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Not found at all.
    #[error("{name} is not installed (looked for it in PATH)")]
    Missing {
        /// The program.
        name: &'static str,
        /// The variable that names another one.
        variable: &'static str,
        /// The oldest version that will do.
        least: (u32, u32),
        /// Where to get it.
        from: &'static str,
    },
    /// Node.js is there, the package manager that it brings along is not.
    #[error("npm is not installed (looked for it beside Node.js and in PATH)")]
    NoNpm,
    /// Found, but too old.
    #[error(
        "{name} {}.{} at {} is too old: {}.{} or newer is needed",
        found.0, found.1, program.display(), least.0, least.1
    )]
    TooOld {
        /// The program.
        name: &'static str,
        /// Where it is.
        program: PathBuf,
        /// Its version.
        found: (u32, u32),
        /// The oldest version that will do.
        least: (u32, u32),
        /// The variable that names another one.
        variable: &'static str,
        /// Where to get it.
        from: &'static str,
    },
    /// Found, but it does not say its version.
    #[error("{name} at {} does not work: {reason}", program.display())]
    Broken {
        /// The program.
        name: &'static str,
        /// Where it is.
        program: PathBuf,
        /// What happened.
        reason: String,
        /// The variable that names another one.
        variable: &'static str,
    },
}

impl ToolError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Missing { name, variable, least, from }
            | Self::TooOld { name, variable, least, from, .. } => format!(
                "install {name} {}.{} or newer ({from}), or name another one with {variable}",
                least.0, least.1
            ),
            Self::NoNpm => {
                "install npm (some systems pack it apart from Node.js, as the package npm)"
                    .to_owned()
            }
            Self::Broken { name, variable, .. } => {
                format!("repair it, or name another {name} with {variable}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_python_and_node_print_them() {
        assert_eq!(version_in("Python 3.11.7\n"), Some((3, 11)));
        assert_eq!(version_in("Python 3.14.0rc1\n"), Some((3, 14)));
        assert_eq!(version_in("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version_in(""), None);
        assert_eq!(version_in("command not found"), None);
    }
}
