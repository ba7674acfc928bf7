//! The emulator as a process: started detached, recognised, stopped.

mod error;
mod instance;
mod launch;

pub use error::EmulatorError;

use crate::client::Secrets;
use crate::home::{Home, HomeError, create, make_folder, remove_folder, write};
use crate::install::Installation;
use crate::process;
use crate::progress::Cancel;
use crate::tools::Tools;
use instance::{Answers, who_answers};
use serde::{Deserialize, Serialize};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The port that is used unless another one is asked for.
pub const DEFAULT_PORT: u16 = 4610;

const ASK_EVERY: Duration = Duration::from_millis(20);
const READY_WITHIN: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// Where the emulator is to listen, by which name, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// A port of 127.0.0.1.
    pub port: u16,
    /// The platform's name: its tenants are below `http://{name}.localhost:{port}/tenants/`, whatever API serves them.
    pub name: String,
    /// The origins of local web applications that may call the APIs (RFC 6454), such as `http://localhost:5173`.
    pub origins: Vec<String>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { port: DEFAULT_PORT, name: "platform".to_owned(), origins: Vec::new() }
    }
}

/// What `.tenantry/emulator.json` says about the emulator that was started last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Random; the running emulator proves that it knows it, so that a stranger on the same port is not taken for it.
    instance: String,
    /// What guards it.
    #[serde(default)]
    launcher: String,
    /// The origins that it admits.
    #[serde(default)]
    origins: Vec<String>,
    /// The platform's name.
    #[serde(default)]
    name: String,
    port: u16,
    /// Where functions' code is unpacked.
    #[serde(default)]
    temporary: PathBuf,
    pid: u32,
    /// With `pid`, names one process: a number alone is reused.
    started: String,
    /// The self-test was passed by this very process.
    trusted: bool,
}

/// A running emulator that this folder started.
#[derive(Clone, Debug)]
pub struct Emulator {
    record: Record,
}

impl Emulator {
    /// The running emulator, if there is one. A record that names a process which has ended, or whose number somebody
    /// else's process has now, is forgotten; nothing is ever sent to such a process.
    ///
    /// # Errors
    /// [`EmulatorError::Outdated`] when another version of tenantry started it, [`EmulatorError::Silent`] when the process is
    /// there and does not answer as it should.
    pub fn find(home: &Home) -> Result<Option<Self>, EmulatorError> {
        let Some(record) = read_record(home) else { return Ok(None) };
        if !is_same_process(&record) {
            forget(home, &record)?;
            return Ok(None);
        }
        if record.launcher != launch::version() {
            return Err(EmulatorError::Outdated { pid: record.pid, port: record.port });
        }
        let within = Duration::from_secs(10);
        if who_answers(record.port, &record.instance, within) != Answers::Instance {
            return Err(EmulatorError::Silent { pid: record.pid, port: record.port });
        }
        Ok(Some(Self { record }))
    }

    /// Starts the emulator behind its guard on a port of 127.0.0.1 and asks until it is ready. It outlives this program.
    ///
    /// # Errors
    /// [`EmulatorError`]: the port is taken, it ended before it was ready, or a file could not be written.
    pub fn start(
        home: &Home,
        installation: &Installation,
        tools: &Tools,
        listen: &Listen,
        cancel: &Cancel,
    ) -> Result<Self, EmulatorError> {
        let port = listen.port;
        check_port(port)?;
        // What a killed one left: code folders of functions, never read again.
        let temporary = installation.runtime.join("tmp");
        remove_folder(&temporary)?;
        make_folder(&temporary)?;
        make_folder(&home.state())?;
        let log = create(&home.log()).map_err(|error| HomeError::new(&home.log(), &error))?;
        let errors = log.try_clone().map_err(|error| HomeError::new(&home.log(), &error))?;
        let secrets = Secrets::make(home, listen)
            .map_err(|error| HomeError::new(Path::new("/dev/urandom"), &error))?;
        secrets.write(home)?;
        launch::write(home)?;
        let mut command = launch::command(home, installation, &temporary, tools, port);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| EmulatorError::Start { reason: error.to_string() })?;
        let pid = child.id();
        let record = Record {
            instance: secrets.instance,
            launcher: launch::version(),
            origins: secrets.origins,
            name: secrets.name,
            port,
            temporary: temporary.clone(),
            pid,
            started: process::started(pid).unwrap_or_default(),
            trusted: false,
        };
        let emulator = Self { record };
        let ready =
            emulator.save(home).and_then(|()| emulator.await_ready(home, &mut child, cancel));
        if let Err(error) = ready {
            process::kill(pid);
            let _ = child.wait();
            process::kill_group(pid);
            let _ = std::fs::remove_file(home.record());
            return Err(error);
        }
        // Reaps it should it end while this program runs; otherwise it would count as running for ever.
        thread::spawn(move || child.wait());
        Ok(emulator)
    }

    /// Asks until it proves that it is this instance, or has ended, or takes longer than [`READY_WITHIN`].
    fn await_ready(
        &self,
        home: &Home,
        child: &mut Child,
        cancel: &Cancel,
    ) -> Result<(), EmulatorError> {
        let began = Instant::now();
        loop {
            if child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err(EmulatorError::Ended { last_lines: last_lines(&home.log()) });
            }
            let within = Duration::from_secs(1);
            if who_answers(self.record.port, &self.record.instance, within) == Answers::Instance {
                return Ok(());
            }
            if cancel.is_cancelled() {
                return Err(EmulatorError::Cancelled);
            }
            if began.elapsed() > READY_WITHIN {
                return Err(EmulatorError::NotReady { last_lines: last_lines(&home.log()) });
            }
            thread::sleep(ASK_EVERY);
        }
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.record.port
    }

    /// Whether it listens by this name and to these origins, whatever its port is.
    #[must_use]
    pub fn serves(&self, listen: &Listen) -> bool {
        self.record.origins == listen.origins && self.record.name == listen.name
    }

    /// The platform's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Its process id.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.record.pid
    }

    /// Whether this very process has passed the self-test.
    #[must_use]
    pub const fn is_trusted(&self) -> bool {
        self.record.trusted
    }

    pub(crate) fn set_trusted(&mut self, home: &Home) -> Result<(), EmulatorError> {
        self.record.trusted = true;
        self.save(home)
    }

    fn save(&self, home: &Home) -> Result<(), EmulatorError> {
        let text = serde_json::to_vec_pretty(&self.record).unwrap_or_default();
        Ok(write(&home.record(), &text)?)
    }
}

/// Stops the emulator that this folder started, if it runs: asks it to end, so that it saves its state, and ends it
/// without asking when it takes longer than 20 seconds. What functions leave running ends with it. Returns whether it ran.
///
/// # Errors
/// [`EmulatorError::WillNotEnd`] when even that does not end it.
pub fn stop(home: &Home) -> Result<bool, EmulatorError> {
    let Some(record) = read_record(home) else { return Ok(false) };
    let ran = is_same_process(&record);
    if ran {
        process::ask_to_end(record.pid);
        if !has_ended(&record, ENDS_WITHIN) {
            process::kill(record.pid);
            if !has_ended(&record, Duration::from_secs(5)) {
                return Err(EmulatorError::WillNotEnd { pid: record.pid });
            }
        }
        process::kill_group(record.pid);
    }
    forget(home, &record)?;
    Ok(ran)
}

/// Removes what was there for an emulator that has ended. Its record says where functions' code was unpacked; a place outside the
/// folder is not believed, since anybody may have written the record.
fn forget(home: &Home, record: &Record) -> Result<(), HomeError> {
    if let (Ok(temporary), Ok(root)) = (record.temporary.canonicalize(), home.path().canonicalize())
        && temporary != root
        && temporary.starts_with(&root)
    {
        remove_folder(&temporary)?;
    }
    let _ = std::fs::remove_file(home.record());
    Ok(())
}

fn has_ended(record: &Record, within: Duration) -> bool {
    let began = Instant::now();
    while is_same_process(record) {
        if began.elapsed() > within {
            return false;
        }
        thread::sleep(ASK_EVERY);
    }
    true
}

fn check_port(port: u16) -> Result<(), EmulatorError> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let owner = process::listening_on(port);
            let answers = who_answers(port, "", Duration::from_secs(2));
            Err(EmulatorError::PortTaken {
                port,
                owner: owner.map(|pid| (pid, process::name(pid).unwrap_or_default())),
                another_tenantry: answers == Answers::AnotherInstance,
            })
        }
        Err(error) => Err(EmulatorError::Port { port, reason: error.to_string() }),
    }
}

fn read_record(home: &Home) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(home.record()).ok()?).ok()
}

fn is_same_process(record: &Record) -> bool {
    process::started(record.pid).is_some_and(|started| started == record.started)
}

pub(crate) fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n")
}
