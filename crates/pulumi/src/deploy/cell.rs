//! One cell: a process of `pulumi` from its start to its end.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::events::Events;
use super::{Action, Ended, Progress, Pulumi, Stack, hint};

/// How often the log of events and the user's wish to end are looked at.
const LOOK: Duration = Duration::from_millis(100);

pub(super) struct Run<'a> {
    pub(super) pulumi: &'a Pulumi,
    pub(super) folder: &'a Path,
    pub(super) action: Action,
    pub(super) stack: &'a Stack,
}

impl Run<'_> {
    /// Runs the engine and waits for it.
    pub(super) fn to_its_end(&self, interrupts: &AtomicUsize, tell: &dyn Fn(Progress)) -> Ended {
        if interrupts.load(Ordering::SeqCst) > 0 {
            return Ended::Cancelled;
        }
        tell(Progress::Started);
        self.engine(interrupts, tell).unwrap_or_else(|error| Ended::Failed {
            reasons: vec![format!("cannot run pulumi: {error}")],
            hint: None,
        })
    }

    fn engine(&self, interrupts: &AtomicUsize, tell: &dyn Fn(Progress)) -> io::Result<Ended> {
        let folder = TempDir::new()?;
        let (log, said) = (folder.path().join("events"), folder.path().join("said"));
        let mut events = Events::new(&log, self.action == Action::Preview);
        let mut command = self.pulumi.command(self.folder, &self.arguments());
        command
            .arg("--event-log")
            .arg(&log)
            // The flag is one of the engine's own tools': it is there only with this.
            .env("PULUMI_DEBUG_COMMANDS", "1")
            .stdout(File::create(&said)?)
            .stderr(File::options().append(true).open(&said)?)
            // A group of its own: Ctrl-C reaches it from us alone, once each time.
            .process_group(0);
        let mut child = command.spawn()?;
        let mut passed_on = 0;
        let status = loop {
            events.follow(tell);
            if let Some(status) = child.try_wait()? {
                break status;
            }
            let wishes = interrupts.load(Ordering::SeqCst);
            if passed_on < wishes {
                interrupt(&child);
                passed_on += 1;
            }
            std::thread::sleep(LOOK);
        };
        events.follow(tell);
        if was_dropped(status, passed_on) {
            self.unlock();
        }
        // Whatever the exit status: a `pulumi destroy` that was interrupted calls itself done with the rest still there.
        if passed_on > 0 {
            return Ok(Ended::Cancelled);
        }
        if status.success() {
            return Ok(Ended::Done(events.changes));
        }
        let mut reasons = events.errors;
        if reasons.is_empty() {
            // It ended before there was an event: what it said is all there is.
            let said = fs::read_to_string(&said).unwrap_or_default();
            reasons.push(said.trim().trim_start_matches("error: ").to_owned());
        }
        Ok(Ended::Failed { hint: hint(&reasons), reasons })
    }

    fn arguments(&self) -> Vec<&str> {
        let mut arguments = match self.action {
            Action::Preview => vec!["preview"],
            Action::Up => vec!["up", "--yes", "--skip-preview"],
            Action::Refresh => vec!["refresh", "--yes", "--skip-preview"],
            Action::Destroy => vec!["destroy", "--yes", "--skip-preview"],
        };
        arguments.extend(["--stack", &self.stack.name]);
        arguments
    }

    /// Takes away the lock that an engine left behind which could not end by itself. It is ours: with a lock of somebody
    /// else's there, the engine would not have begun.
    fn unlock(&self) {
        let arguments = ["cancel", "--yes", "--stack", &self.stack.name];
        // Without success the lock stays, and the next run tells so.
        let _ = self.pulumi.command(self.folder, &arguments).output();
    }
}

fn interrupt(child: &Child) {
    // A child that is gone by now needs no signal.
    let _ = kill_process(Pid::from_child(child), Signal::INT);
}

/// Whether the engine ended without the chance to give its lock back.
fn was_dropped(status: ExitStatus, interrupts: usize) -> bool {
    status.signal().is_some() || interrupts > 1
}
