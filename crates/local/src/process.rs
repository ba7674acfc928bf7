//! Other processes, told apart by more than their number: a number is reused.

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use std::fs;

/// When a process was started, in the system's own words: with the process's number it names one process and no other.
/// `None` when there is no such process (or only what is left of a dead one).
pub(crate) fn started(pid: u32) -> Option<String> {
    if fs::metadata("/proc/self/stat").is_ok() { started_linux(pid) } else { started_ps(pid) }
}

/// proc(5): the 22nd field of /proc/PID/stat is the start in clock ticks since boot, so the boot's own id comes with it.
/// The second field is the program's name in parentheses and may hold anything, so fields are counted after the last one.
fn started_linux(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    let ticks = fields.nth(18)?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{}:{ticks}", boot.trim()))
}

fn started_ps(pid: u32) -> Option<String> {
    let output = std::process::Command::new("ps")
        .args(["-o", "lstart=", "-p", &pid.to_string()])
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// What the process was started as, for a message.
pub(crate) fn name(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim().to_owned())
}

/// Asks the process to end.
pub(crate) fn ask_to_end(pid: u32) {
    send(pid, Signal::TERM);
}

/// Ends the process without asking.
pub(crate) fn kill(pid: u32) {
    send(pid, Signal::KILL);
}

/// Ends without asking what a process that led a group left behind of it. No new process gets the number of a group that has
/// members.
pub(crate) fn kill_group(leader: u32) {
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid.filter(|pid| test_kill_process(*pid).is_ok()) {
        let _ = kill_process(pid, signal);
    }
}

/// The process that listens on a port of 127.0.0.1, where the system tells (Linux, the caller's own processes).
pub(crate) fn listening_on(port: u16) -> Option<u32> {
    let inode = socket_inode(port)?;
    let wanted = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let mut files = fs::read_dir(entry.path().join("fd")).ok()?.flatten();
        files
            .any(|file| {
                fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == wanted.as_str())
            })
            .then_some(pid)
    })
}

/// proc(5), /proc/net/tcp: local address in hexadecimal, state `0A` for listening, the inode is the tenth field.
fn socket_inode(port: u16) -> Option<String> {
    let suffix = format!(":{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let text = fs::read_to_string(table).ok()?;
        text.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let listens = fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == "0A";
            listens.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_start_and_a_dead_one_is_not_known() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let first = started(pid);
        assert!(first.is_some());
        assert_eq!(first, started(pid));
        kill(pid);
        // Dead but not yet waited for: it still has a number, and is not a process any more.
        while started(pid).is_some() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(started(pid), None);
    }

    #[test]
    fn the_owner_of_a_listening_port_is_found_where_the_system_tells() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if fs::metadata("/proc/net/tcp").is_ok() {
            assert_eq!(listening_on(port), Some(std::process::id()));
        }
    }
}
