//! The emulator's command: the launcher that puts a guard around it, and its environment.

use crate::home::{Home, HomeError, make_folder, remove_folder, write as write_file};
use crate::install::Installation;
use crate::tools::Tools;
use sha2::{Digest as _, Sha256};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

const FILES: [(&str, &str); 6] = [
    ("launcher.py", include_str!("../launcher/launcher.py")),
    ("guard.py", include_str!("../launcher/guard.py")),
    ("keeper.py", include_str!("../launcher/keeper.py")),
    ("entries.py", include_str!("../launcher/entries.py")),
    ("operations.py", include_str!("../launcher/operations.py")),
    ("journal.py", include_str!("../launcher/journal.py")),
];

/// Changes whenever the launcher does, so that an emulator which an older one started is not trusted.
pub(super) fn version() -> String {
    let mut hash = Sha256::new();
    for (name, text) in FILES {
        hash.update(format!("{name}:{}:{text}", text.len()));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the launcher anew: whatever is in its folder is run.
pub(super) fn write(home: &Home) -> Result<(), HomeError> {
    let folder = home.launcher();
    remove_folder(&folder)?;
    make_folder(&folder)?;
    FILES.iter().try_for_each(|(name, text)| write_file(&folder.join(name), text.as_bytes()))
}

/// The command that starts it. Its environment is clean: `AWS_*` of the caller would change whom the emulator takes for its
/// administrator, and a proxy would take the functions' calls out of this machine.
pub(super) fn command(
    home: &Home,
    installation: &Installation,
    temporary: &Path,
    tools: &Tools,
    port: u16,
) -> Command {
    let mut command = Command::new(&installation.python);
    // Compiled files would lie beside the launcher.
    command.arg("-B").arg(home.launcher().join("launcher.py")).arg(home.secrets());
    command.env_clear().current_dir(home.path());
    for (name, value) in settings(home, temporary, tools, port) {
        command.env(name, value);
    }
    command
}

fn settings(
    home: &Home,
    temporary: &Path,
    tools: &Tools,
    port: u16,
) -> Vec<(&'static str, String)> {
    let inherited = |name: &str| std::env::var(name).unwrap_or_default();
    // Functions run on the `node` that PATH finds first.
    let node = tools.node.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let state = home.state().display().to_string();
    vec![
        ("PATH", format!("{node}:{}", inherited("PATH"))),
        ("HOME", home.path().display().to_string()),
        ("LANG", "C.UTF-8".to_owned()),
        // Functions' code is unpacked here, beside the `node_modules` that stands in for the SDK of the managed runtime.
        ("TMPDIR", temporary.display().to_string()),
        ("BIND_HOST", Ipv4Addr::LOCALHOST.to_string()),
        ("GATEWAY_PORT", port.to_string()),
        ("AUTH", "true".to_owned()),
        ("PERSIST_STATE", "1".to_owned()),
        ("S3_PERSIST", "1".to_owned()),
        ("S3_DATA_DIR", format!("{state}/s3")),
        ("STATE_DIR", state),
        // Without it, functions would look for the real AWS.
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ("MINISTACK_ACCOUNT_ID", crate::client::ACCOUNT.to_owned()),
        ("MINISTACK_REGION", crate::client::REGION.to_owned()),
        // Listeners that no platform here needs.
        ("IOT_MTLS_ENABLED", "0".to_owned()),
        ("SFTP_ENABLED", "0".to_owned()),
    ]
}
