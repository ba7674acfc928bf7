//! The emulator as a process: started detached, recognised, stopped.

use crate::client::{agent, receive};
use crate::home::{Home, HomeError, make_folder, remove_folder, write};
use crate::install::Installation;
use crate::process;
use crate::progress::Cancel;
use crate::tools::Tools;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The port that is used unless another one is asked for.
pub const DEFAULT_PORT: u16 = 4610;

const ASK_EVERY: Duration = Duration::from_millis(20);
const READY_WITHIN: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// What `.tenantry/emulator.json` says about the emulator that was started last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Random; the running emulator shows it, so that a stranger on the same port is not taken for it.
    instance: String,
    port: u16,
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
    /// [`EmulatorError::Silent`] when the process is there and does not answer as it should.
    pub fn find(home: &Home) -> Result<Option<Self>, EmulatorError> {
        let Some(record) = read_record(home) else { return Ok(None) };
        if !is_same_process(&record) {
            let _ = std::fs::remove_file(home.record());
            return Ok(None);
        }
        if who_answers(record.port, Duration::from_secs(10))
            != Answers::Instance(record.instance.clone())
        {
            return Err(EmulatorError::Silent { pid: record.pid, port: record.port });
        }
        Ok(Some(Self { record }))
    }

    /// Starts the emulator on `port` of 127.0.0.1 and asks until it is ready. It outlives this program.
    ///
    /// # Errors
    /// [`EmulatorError`]: the port is taken, it ended before it was ready, or a file could not be written.
    pub fn start(
        home: &Home,
        installation: &Installation,
        tools: &Tools,
        port: u16,
        cancel: &Cancel,
    ) -> Result<Self, EmulatorError> {
        check_port(port)?;
        // What a killed one left: code folders of functions, never read again.
        let temporary = installation.runtime.join("tmp");
        remove_folder(&temporary)?;
        make_folder(&temporary)?;
        make_folder(&home.state())?;
        let log = File::create(home.log()).map_err(|error| HomeError::new(&home.log(), &error))?;
        let errors = log.try_clone().map_err(|error| HomeError::new(&home.log(), &error))?;
        let instance =
            random_hex().map_err(|error| HomeError::new(Path::new("/dev/urandom"), &error))?;

        let mut command = Command::new(&installation.python);
        // A clean environment: AWS_* of the caller would change who the emulator takes for its administrator, and a
        // proxy would take the functions' calls out of this machine.
        command.args(["-m", "ministack"]).env_clear().current_dir(home.path());
        for (name, value) in settings(home, &temporary, tools, port, &instance) {
            command.env(name, value);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| EmulatorError::Start { reason: error.to_string() })?;
        let pid = child.id();
        let record = Record {
            instance,
            port,
            pid,
            started: process::started(pid).unwrap_or_default(),
            trusted: false,
        };
        let emulator = Self { record };
        let ready = emulator.save(home).and_then(|()| {
            let began = Instant::now();
            loop {
                if child.try_wait().is_ok_and(|ended| ended.is_some()) {
                    return Err(EmulatorError::Ended { last_lines: last_lines(&home.log()) });
                }
                if who_answers(port, Duration::from_secs(1))
                    == Answers::Instance(emulator.record.instance.clone())
                {
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
        });
        if let Err(error) = ready {
            process::kill(pid);
            let _ = child.wait();
            let _ = std::fs::remove_file(home.record());
            return Err(error);
        }
        // Reaps it should it end while this program runs; otherwise it would count as running for ever.
        thread::spawn(move || child.wait());
        Ok(emulator)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.record.port
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
/// without asking when it takes longer than 20 seconds. Returns whether it ran.
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
    }
    let _ = std::fs::remove_file(home.record());
    Ok(ran)
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

/// The emulator's whole environment.
fn settings(
    home: &Home,
    temporary: &Path,
    tools: &Tools,
    port: u16,
    instance: &str,
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
        // Shown by the health page, the one place where an outsider can tell this emulator from another.
        ("MINISTACK_EDITION", format!("{EDITION}{instance}")),
        // Listeners that no platform here needs.
        ("IOT_MTLS_ENABLED", "0".to_owned()),
        ("SFTP_ENABLED", "0".to_owned()),
    ]
}

const EDITION: &str = "tenantry-";

#[derive(Debug, PartialEq, Eq)]
enum Answers {
    /// An emulator that tenantry started, with its instance.
    Instance(String),
    /// Something else, or an emulator that is not ready.
    Other,
    Nobody,
}

fn who_answers(port: u16, within: Duration) -> Answers {
    let agent = agent(within);
    let ask = |path: &str| {
        let request = ureq::http::Request::builder()
            .uri(format!("http://127.0.0.1:{port}/_ministack/{path}"))
            .body(Vec::new())
            .ok()?;
        receive(&agent, port, request).ok()
    };
    let Some(ready) = ask("ready") else { return Answers::Nobody };
    let edition = ask("health")
        .and_then(|health| serde_json::from_slice::<serde_json::Value>(&health.body).ok())
        .and_then(|health| {
            health.get("edition")?.as_str()?.strip_prefix(EDITION).map(ToOwned::to_owned)
        });
    match edition {
        Some(instance) if ready.status == 200 => Answers::Instance(instance),
        _ => Answers::Other,
    }
}

fn check_port(port: u16) -> Result<(), EmulatorError> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let owner = process::listening_on(port);
            Err(EmulatorError::PortTaken {
                port,
                owner: owner.map(|pid| (pid, process::name(pid).unwrap_or_default())),
                another_tenantry: matches!(
                    who_answers(port, Duration::from_secs(2)),
                    Answers::Instance(_)
                ),
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

pub(crate) fn random_hex() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(crate) fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n")
}

/// Why the emulator could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// Something else listens on the port.
    #[error(
        "port {port} is in use{}{}",
        owner.as_ref().map(|(pid, name)| format!(" by {name} (process {pid})")).unwrap_or_default(),
        if *another_tenantry { ": another folder's emulator" } else { "" }
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// Whose it is, where the system tells: process id and program.
        owner: Option<(u32, String)>,
        /// It is an emulator that tenantry started from another folder.
        another_tenantry: bool,
    },
    /// The port cannot be listened on.
    #[error("cannot listen on port {port} of 127.0.0.1: {reason}")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        reason: String,
    },
    /// The program could not be started.
    #[error("cannot start the emulator: {reason}")]
    Start {
        /// What the system said.
        reason: String,
    },
    /// It ended before it was ready.
    #[error("the emulator ended before it was ready:\n{last_lines}")]
    Ended {
        /// The end of its log.
        last_lines: String,
    },
    /// It was not ready within a minute.
    #[error("the emulator was not ready within {} s:\n{last_lines}", READY_WITHIN.as_secs())]
    NotReady {
        /// The end of its log.
        last_lines: String,
    },
    /// Its process is there and does not answer.
    #[error("the emulator (process {pid}) runs but does not answer on port {port}")]
    Silent {
        /// Its process id.
        pid: u32,
        /// Its port.
        port: u16,
    },
    /// Its process could not be ended.
    #[error("the emulator (process {pid}) does not end")]
    WillNotEnd {
        /// Its process id.
        pid: u32,
    },
    /// Somebody asked to stop.
    #[error("stopped before the emulator was ready")]
    Cancelled,
    /// A file or folder could not be written.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl EmulatorError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::PortTaken { another_tenantry: true, .. } => {
                "run `tenantry down` in that folder, or give this one another port (--port)"
                    .to_owned()
            }
            Self::PortTaken { .. } | Self::Port { .. } => {
                "stop what uses it, or give the emulator another port (--port)".to_owned()
            }
            Self::Start { .. } => {
                "remove .tenantry and run the command again: it is installed anew".to_owned()
            }
            Self::Ended { .. } | Self::NotReady { .. } => {
                "the whole log is in .tenantry/emulator.log".to_owned()
            }
            Self::Silent { .. } => "`tenantry down` ends it; then run the command again".to_owned(),
            Self::WillNotEnd { pid } => format!("end process {pid} by hand"),
            Self::Cancelled => "run the command again to go on".to_owned(),
            Self::Home(error) => error.hint(),
        }
    }
}
