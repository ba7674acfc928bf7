//! A project of its own for each test, and one installed emulator for all of them.
#![allow(clippy::unwrap_used, dead_code)]

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, thread, time};
use tempfile::TempDir;
use tenantry_local::{
    Cancel, Client, Emulator, EmulatorError, Home, Installation, Listen, Lock, Search, Tools,
    install_emulator, stop,
};

/// A project whose emulator ends with it.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) home: Home,
    pub(crate) port: u16,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::of_project(folder.path());
        Self { folder, home, port: free_port() }
    }

    pub(crate) fn installation(&self) -> Installation {
        let runtime = self.folder.path().join("runtime");
        fs::create_dir_all(&runtime).unwrap();
        fs::create_dir_all(self.home.path()).unwrap();
        Installation { python: installed_python().clone(), runtime }
    }

    pub(crate) fn start(&self) -> Emulator {
        self.start_with(&self.installation(), &self.listen()).unwrap()
    }

    pub(crate) fn start_with(
        &self,
        installation: &Installation,
        listen: &Listen,
    ) -> Result<Emulator, EmulatorError> {
        Emulator::start(&self.home, installation, &tools(), listen, &Cancel::default())
    }

    pub(crate) fn listen(&self) -> Listen {
        listen(self.port)
    }

    pub(crate) fn client(&self) -> Client {
        Client::administrator(&self.home).unwrap()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = stop(&self.home);
    }
}

pub(crate) fn tools() -> Tools {
    Tools::find(&Search::from_environment()).unwrap()
}

/// Installed once for all tests of this build.
pub(crate) fn installed_python() -> &'static PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let home = Home::of_project(Path::new(env!("CARGO_TARGET_TMPDIR")));
        // Another test program may be installing.
        let _lock = loop {
            match Lock::take(&home) {
                Ok(lock) => break lock,
                Err(_) => thread::sleep(time::Duration::from_millis(100)),
            }
        };
        install_emulator(home.path(), &tools(), &Cancel::default()).unwrap().0
    })
}

pub(crate) fn listen(port: u16) -> Listen {
    Listen { port, ..Listen::default() }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Writes a program that a shell runs.
pub(crate) fn script(path: &Path, text: &str) {
    tenantry_testing::script(path, text).unwrap();
}

/// The message and the hint, with what differs from run to run replaced.
pub(crate) fn told(message: &str, hint: &str, replace: &[(&str, &str)]) -> String {
    let mut text = format!("{message}\nhint: {hint}");
    for (from, to) in replace {
        text = text.replace(from, to);
    }
    text
}

/// Runs the tests in Python of what the launcher consists of, and fails where one of them does.
pub(crate) fn pass_in_python(script: &str) {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let done = Command::new(tools().python)
        .arg(crate_folder.join("tests").join(script))
        .arg(crate_folder.join("src/launcher"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("Ran "), "{said}");
}
