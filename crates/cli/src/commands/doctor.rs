//! `tenantry doctor`: whether this machine has what tenantry needs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;
use tenantry_local::{Home, Search, doctor};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::Project;

#[derive(Serialize)]
struct Line {
    what: String,
    /// `ok`, `bad`, or `absent` for what only deploying to AWS needs.
    state: &'static str,
    found: String,
    help: Option<String>,
}

pub(crate) fn run(folder: Option<&Path>, output: &Output) -> Result<Outcome, Failure> {
    let mut lines = vec![Line {
        what: "tenantry".to_owned(),
        state: "ok",
        found: format!("version {}", env!("CARGO_PKG_VERSION")),
        help: None,
    }];
    let project = Project::open(folder);
    lines.push(match &project {
        Ok(project) => Line {
            what: "platform".to_owned(),
            state: "ok",
            found: format!(
                "{}: {} tenants in {} cells",
                project.platform().name,
                project.platform().tenants().count(),
                project.platform().cells.len()
            ),
            help: None,
        },
        Err(failure) => Line {
            what: "platform".to_owned(),
            state: "bad",
            found: match failure {
                Failure::Configuration(faults) => faults.to_string(),
                Failure::Other { message, .. } => message.clone(),
            },
            help: Some(
                "`tenantry init` writes one, `tenantry verify` says what is wrong with one"
                    .to_owned(),
            ),
        },
    });
    let here = project.map_or_else(|_| PathBuf::from("."), |project| project.folder);
    let checks = doctor(&Home::of_project(&here), &Search::from_environment());
    lines.extend(checks.into_iter().map(|check| Line {
        what: check.what.to_owned(),
        state: if check.help.is_none() { "ok" } else { "bad" },
        found: check.found,
        help: check.help,
    }));
    lines.push(for_aws("Pulumi", "pulumi", &["version"], "https://www.pulumi.com/docs/install/"));
    lines.push(credentials());
    output.data(&lines, || lines.iter().map(human).collect::<Vec<_>>().join("\n"))?;
    let bad = lines.iter().any(|line| line.state == "bad");
    Ok(if bad { Outcome::Findings } else { Outcome::Done })
}

fn human(line: &Line) -> String {
    let mark = match line.state {
        "ok" => '✓',
        "bad" => '✗',
        _ => '-',
    };
    let mut text = format!("{mark} {}: {}", line.what, line.found);
    if let Some(help) = &line.help {
        text.push_str(&format!("\n    {help}"));
    }
    text
}

/// A program that only `--on aws` needs.
fn for_aws(what: &str, program: &str, arguments: &[&str], from: &str) -> Line {
    let ran = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let found = ran.ok().filter(|ran| ran.status.success());
    let version = found.map(|ran| String::from_utf8_lossy(&ran.stdout).trim().to_owned());
    Line {
        what: what.to_owned(),
        state: if version.is_some() { "ok" } else { "absent" },
        help: version.is_none().then(|| format!("only `--on aws` needs it: {from}")),
        found: version.unwrap_or_else(|| "not found in PATH".to_owned()),
    }
}

/// Whether there is anything that AWS's tools would take for credentials. None is read, and nobody is asked.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>
fn credentials() -> Line {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let file = |variable: &str, name: &str| {
        std::env::var_os(variable).map(PathBuf::from).or_else(|| {
            std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".aws").join(name))
        })
    };
    let variables = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let found = variables.iter().find(|name| set(name)).map(|name| format!("{name} is set"));
    let found = found.or_else(|| {
        let files =
            [file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), file("AWS_CONFIG_FILE", "config")];
        let there = files.into_iter().flatten().find(|file| file.is_file())?;
        Some(format!("{} is there", there.display()))
    });
    Line {
        what: "AWS credentials".to_owned(),
        state: if found.is_some() { "ok" } else { "absent" },
        help: found.is_none().then(|| {
            "only `--on aws` needs them: https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-configure.html".to_owned()
        }),
        found: found.unwrap_or_else(|| "none are set".to_owned()),
    }
}
