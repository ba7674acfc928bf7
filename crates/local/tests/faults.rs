//! Faults of the machine: each ends in an error that says what to do, and nothing half-made stays behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroUsize;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use support::{Project, listen, script, told, tools};
use tenantry_local::{
    Application, Cancel, Contract, Emulator, EmulatorError, Home, Lock, Rollout, Search, Silent,
    Tools, Wanted, install_emulator, stop, up,
};

fn nothing() -> Wanted {
    let application = Application { contract: Contract::UsersAndData, code: Vec::new() };
    Wanted { cells: Vec::new(), application }
}

#[test]
fn a_port_that_a_stranger_uses_is_named_with_what_to_do() {
    let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = stranger.local_addr().unwrap().port();
    let project = Project::new();
    let error = project.start_with(&project.installation(), &listen(port)).unwrap_err();
    assert!(matches!(error, EmulatorError::PortTaken { another_tenantry: false, .. }), "{error}");
    assert!(error.to_string().starts_with(&format!("port {port} is in use")), "{error}");
    insta::assert_snapshot!("port_hint", error.hint());
    assert!(!project.home.path().join("emulator.json").exists());
}

#[test]
fn an_emulator_of_another_folder_is_recognised_as_such() {
    let (one, two) = (Project::new(), Project::new());
    one.start();
    let error = two.start_with(&two.installation(), &one.listen()).unwrap_err();
    assert!(matches!(error, EmulatorError::PortTaken { another_tenantry: true, .. }), "{error}");
    assert!(error.hint().contains("tenantry down"));
}

#[test]
fn python_or_node_missing_or_too_old_is_said_with_the_version_found() {
    let folder = tempfile::tempdir().unwrap();
    let fake =
        |name: &str, version: &str| script(&folder.path().join(name), &format!("echo '{version}'"));
    let find = || {
        let search = Search { path: vec![folder.path().to_path_buf()], ..Search::default() };
        match Tools::find(&search) {
            Ok(_) => "found".to_owned(),
            Err(error) => told(
                &error.to_string(),
                &error.hint(),
                &[(folder.path().to_str().unwrap(), "[folder]")],
            ),
        }
    };
    let mut said = vec![format!("no Python\n{}", find())];
    fake("python3", "Python 3.9.18");
    said.push(format!("old Python\n{}", find()));
    fake("python3", "Python 3.12.1");
    said.push(format!("no Node.js\n{}", find()));
    fake("node", "v16.20.2");
    said.push(format!("old Node.js\n{}", find()));
    fake("node", "what?");
    said.push(format!("broken Node.js\n{}", find()));
    fake("node", "v22.1.0");
    said.push(format!("no npm\n{}", find()));
    fake("npm", "10");
    said.push(format!("all there\n{}", find()));
    insta::assert_snapshot!("tools", said.join("\n\n"));
}

#[test]
fn without_a_network_the_first_installation_fails_with_what_pip_said_and_leaves_nothing() {
    let project = Project::new();
    let real = tools().python;
    let fake = project.folder.path().join("python3");
    // A Python whose virtual environments look for packages where nobody listens.
    script(
        &fake,
        &format!(
            r#"real={real}
if [ "$2" != venv ]; then exec "$real" "$@"; fi
"$real" "$@" && mv "$3/bin/python" "$3/bin/python.real" && cat > "$3/bin/python" <<END
#!/bin/sh
export PIP_INDEX_URL=http://127.0.0.1:9/ PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_DEFAULT_TIMEOUT=1
exec "$3/bin/python.real" "\$@"
END
chmod +x "$3/bin/python""#,
            real = real.display()
        ),
    );
    let search = Search { python: Some(fake), ..Search::from_environment() };
    let offline = Tools::find(&search).unwrap();
    let error = install_emulator(project.home.path(), &offline, &Cancel::default()).unwrap_err();
    assert!(error.to_string().starts_with("pip could not install the emulator:\n"), "{error}");
    insta::assert_snapshot!("offline_hint", error.hint());
    let left = fs::read_dir(project.home.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["emulator.lock"]);
}

#[test]
fn of_two_commands_at_once_the_second_is_told_who_is_at_work() {
    let project = Project::new();
    let first = Lock::take(&project.home).unwrap();
    let error = up(
        &project.home,
        &Search::from_environment(),
        &listen(1),
        &nothing(),
        &Rollout::at_once(NonZeroUsize::MIN),
        &mut |_| true,
        &Silent,
        &Cancel::default(),
    )
    .unwrap_err();
    let pid = std::process::id().to_string();
    insta::assert_snapshot!(
        "two_at_once",
        told(&error.to_string(), &error.hint(), &[(&pid, "[pid]")])
    );
    drop(first);
    Lock::take(&project.home).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Even root cannot make a folder below a file.
    fs::write(folder.path().join(".tenantry"), "").unwrap();
    let home = Home::of_project(folder.path());
    let error = Lock::take(&home).unwrap_err();
    let place = folder.path().to_str().unwrap();
    insta::assert_snapshot!(
        "unwritable",
        told(&error.to_string(), &error.hint(), &[(place, "[project]")])
    );
}

#[test]
fn a_full_disk_is_said_and_nothing_is_left_running() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let project = Project::new();
    let installation = project.installation();
    // Every write to this device fails for want of space.
    symlink("/dev/full", project.home.path().join("emulator.partial")).unwrap();
    let error = project.start_with(&installation, &project.listen()).unwrap_err();
    assert!(error.to_string().contains("No space left on device"), "{error}");
    assert!(error.hint().contains("disk is not full"));
    assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, project.port)).is_ok());
    project.start();
}

#[test]
fn a_pid_file_that_names_somebody_elses_process_is_forgotten_and_the_process_left_alone() {
    let project = Project::new();
    let mut somebody = Command::new("sleep").arg("3600").spawn().unwrap();
    let record = format!(
        r#"{{ "instance": "x", "port": {}, "pid": {}, "started": "long ago", "trusted": true }}"#,
        project.port,
        somebody.id()
    );
    fs::create_dir_all(project.home.path()).unwrap();
    fs::write(project.home.path().join("emulator.json"), &record).unwrap();
    assert!(!stop(&project.home).unwrap());
    fs::write(project.home.path().join("emulator.json"), &record).unwrap();
    assert!(Emulator::find(&project.home).unwrap().is_none());
    assert!(!project.home.path().join("emulator.json").exists());
    assert!(somebody.try_wait().unwrap().is_none(), "somebody else's process was ended");
    project.start();
    somebody.kill().unwrap();
    somebody.wait().unwrap();
}

#[test]
fn an_emulator_that_ends_before_it_is_ready_is_quoted() {
    let project = Project::new();
    let mut installation = project.installation();
    installation.python = project.folder.path().join("python");
    script(&installation.python, "echo 'ImportError: no module' >&2; exit 1");
    let error = project.start_with(&installation, &project.listen()).unwrap_err();
    insta::assert_snapshot!("ended", told(&error.to_string(), &error.hint(), &[]));
    assert!(!project.home.path().join("emulator.json").exists());
}

#[test]
fn only_this_machine_can_reach_the_emulator() {
    let project = Project::new();
    project.start();
    // Another loopback address stands for another interface.
    assert!(TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), project.port)).is_ok());
}

#[test]
fn an_installation_that_is_interrupted_is_not_blamed_on_the_network() {
    let project = Project::new();
    let python = project.folder.path().join("python3");
    let real = tools().python.display().to_string();
    // Ctrl-C reaches every process of the terminal: this Python ends as an interrupted one does.
    let text = format!(
        r#"if [ "$2" != venv ]; then exec "{real}" "$@"; fi; echo KeyboardInterrupt >&2; exit 130"#
    );
    script(&python, &text);
    let search = Search { python: Some(python), ..Search::from_environment() };
    let cancel = Cancel::default();
    cancel.cancel();
    let error = up(
        &project.home,
        &search,
        &listen(project.port),
        &nothing(),
        &Rollout::at_once(NonZeroUsize::MIN),
        &mut |_| true,
        &Silent,
        &cancel,
    )
    .unwrap_err();
    insta::assert_snapshot!("interrupted", told(&error.to_string(), &error.hint(), &[]));
    let left = fs::read_dir(project.home.path()).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("emulator")).count(), 0);
}
