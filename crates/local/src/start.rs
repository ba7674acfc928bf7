//! The emulator stopped and started again, with everything that it has.

use crate::client::{Client, Secrets};
use crate::deploy::Earlier;
use crate::emulator::{Emulator, EmulatorError, Listen, stop};
use crate::home::{Home, make_private, remove_file};
use crate::install::{self, InstallError, Installation, emulator_version};
use crate::lock::Lock;
use crate::progress::{Cancel, Progress, Step, run};
use crate::tools::{Search, Tools};
use crate::trust::self_test;
use crate::up::{UpError, stop_if};
use tenantry_packages::install_sdk;

/// Whether something is kept here that an emulator can be started with.
#[must_use]
pub fn is_kept(home: &Home) -> bool {
    home.journal().is_file()
}

/// The port that the emulator of this folder had last, running or not; `None` when nothing is kept.
#[must_use]
pub fn last_port(home: &Home) -> Option<u16> {
    Secrets::read(home).ok().map(|secrets| secrets.port)
}

/// Stops the emulator, which keeps what it has. Returns whether it ran.
///
/// # Errors
/// [`EmulatorError`], or that another command is at work.
pub fn halt(home: &Home, progress: &dyn Progress) -> Result<bool, UpError> {
    if !home.path().exists() {
        return Ok(false);
    }
    let _lock = Lock::take(home)?;
    let ran = run(progress, &Step::Stop, || stop(home).map(|ran| (ran, String::new())))?;
    Ok(ran)
}

/// Starts the emulator with what is kept, as `up` does and without deploying anything.
///
/// # Errors
/// [`UpError::NothingKept`] when there is nothing, otherwise as for `up`.
pub fn start(
    home: &Home,
    search: &Search,
    listen: &Listen,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Emulator, UpError> {
    if !is_kept(home) {
        return Err(UpError::NothingKept);
    }
    let _lock = Lock::take(home)?;
    let tools = Tools::find(search)?;
    Ok(running(home, search, &tools, listen, progress, cancel)?.0)
}

/// The emulator that runs here as this version and this platform want it: installed, started and trusted as far as it is not.
pub(crate) fn running(
    home: &Home,
    search: &Search,
    tools: &Tools,
    listen: &Listen,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(Emulator, Earlier), UpError> {
    let installation = install(home, search, tools, progress, cancel)?;
    stop_if(cancel)?;
    // pip and npm heed the umask, and an older version left the emulator's keys for everybody to read.
    make_private(home.path())?;
    let (found, listen) = find(home, listen, progress)?;
    let earlier = if found.is_some() { Earlier::MayGoOn } else { Earlier::IsOver };
    let mut emulator = match found {
        Some(emulator) => emulator,
        None => run(progress, &Step::Start, || {
            let started = Emulator::start(home, &installation, tools, &listen, cancel)?;
            let note = format!("port {}, process {}", started.port(), started.pid());
            Ok::<_, EmulatorError>((started, note))
        })?,
    };
    tell_what_was_rolled_back(home, progress)?;
    let client = Client::administrator(home)?;
    stop_if(cancel)?;
    if !emulator.is_trusted() {
        run(progress, &Step::Trust, || self_test(&client, cancel).map(|()| ((), String::new())))?;
        emulator.set_trusted(home)?;
    }
    stop_if(cancel)?;
    Ok((emulator, earlier))
}

/// The launcher writes down what it could not bring back. Whoever starts it is told once.
fn tell_what_was_rolled_back(home: &Home, progress: &dyn Progress) -> Result<(), UpError> {
    let path = home.rolled_back();
    let Ok(text) = std::fs::read(&path) else { return Ok(()) };
    let unreadable = || vec![String::from_utf8_lossy(&text).into_owned()];
    let all: Vec<String> = serde_json::from_slice(&text).unwrap_or_else(|_| unreadable());
    all.iter().for_each(|what| progress.rolled_back(what));
    Ok(remove_file(&path)?)
}

/// The emulator that runs here, if it is as this version and this platform want it; another one is stopped, keeps its state,
/// and is to start again on its port.
fn find(
    home: &Home,
    listen: &Listen,
    progress: &dyn Progress,
) -> Result<(Option<Emulator>, Listen), UpError> {
    let port = match Emulator::find(home) {
        Ok(Some(emulator)) if !emulator.serves(listen) => emulator.port(),
        Err(EmulatorError::Outdated { port, .. }) => port,
        other => return Ok((other?, listen.clone())),
    };
    run(progress, &Step::Stop, || {
        stop(home).map(|_| ((), "it is to be started with other settings".to_owned()))
    })?;
    Ok((None, Listen { port, ..listen.clone() }))
}

fn install(
    home: &Home,
    search: &Search,
    tools: &Tools,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Installation, InstallError> {
    let cache = search.cache.as_deref().unwrap_or_else(|| home.path());
    let python = run(progress, &Step::InstallEmulator, || {
        install::emulator(cache, tools, cancel).map(|(python, is_new)| {
            let note = format!(
                "MiniStack {}{}",
                emulator_version(),
                if is_new { "" } else { ", already there" }
            );
            (python, note)
        })
    })?;
    let runtime = run(progress, &Step::InstallPackages, || {
        install_sdk(&tools.npm(), &home.packages()).map(|folder| (folder, String::new()))
    })?;
    Ok(Installation { python, runtime })
}
