//! What holds for the platform on this machine alone.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::quote;
use crate::document::{At, Reader, Table};
use crate::platform::Local;

/// Reads `[local]`.
pub(super) fn read(reader: &mut Reader, root: &Table<'_>) -> Local {
    let Some(table) = root.table(reader, "local") else { return Local::default() };
    table.expect_keys(reader, &["origins"]);
    let given = table.strings(reader, "origins").map(|given| given.value).unwrap_or_default();
    let mut seen: Vec<At<&str>> = Vec::new();
    for origin in given {
        if let Some((label, help)) = wrong(origin.value) {
            let message =
                format!("{} is no origin of a local web application", quote(origin.value));
            reader.add(reader.fault("bad-origin", message).at(&origin.span, label).help(help));
        } else if let Some(first) = seen.iter().find(|first| first.value == origin.value) {
            let message = format!("the origin {} is there twice", quote(origin.value));
            reader.add(
                reader
                    .fault("duplicate-origin", message)
                    .at(&first.span, "first here")
                    .at(&origin.span, "and again here")
                    .help("remove one of them"),
            );
        } else {
            seen.push(origin);
        }
    }
    Local { origins: seen.into_iter().map(|origin| origin.value.to_owned()).collect() }
}

const EXAMPLE: &str = "write it as the browser's address bar begins, such as \
                       `http://localhost:5173`";

/// What keeps a text from being an origin as a browser sends it (RFC 6454, section 7) of an
/// application on this machine, and what to do about it.
fn wrong(origin: &str) -> Option<(String, String)> {
    let example = || EXAMPLE.to_owned();
    if origin == "*" {
        let help = "a page of any site could call the APIs: name each application by itself, such \
                    as `http://localhost:5173`";
        return Some(("stands for every site".to_owned(), help.to_owned()));
    }
    if origin == "null" {
        let help = "files and sandboxed frames of any site have this origin: serve the application \
                    on a port of this machine, and name that";
        return Some(("stands for many pages".to_owned(), help.to_owned()));
    }
    let Some((scheme, rest)) = origin.split_once("://") else {
        return Some(("no `http://` or `https://` in front".to_owned(), example()));
    };
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return Some((format!("`{scheme}` is neither http nor https"), example())),
    };
    if let Some(at) = rest.find(['/', '?', '#']) {
        let without = format!("{scheme}://{}", rest.get(..at).unwrap_or_default());
        let label = "an origin ends with the host or the port".to_owned();
        return Some((label, format!("leave out the path: {}", quote(&without))));
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !rest.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    if !is_this_machine(host) {
        let help = "`local` is for web applications that run here: their host is `localhost`, a \
                    name below it, or `127.0.0.1`";
        return Some(("not on this machine".to_owned(), help.to_owned()));
    }
    if host.to_ascii_lowercase() != host {
        let help = format!("browsers send it in lower case: {}", quote(&origin.to_lowercase()));
        return Some(("has upper-case letters".to_owned(), help));
    }
    wrong_port(scheme, usual, host, port?)
}

/// Whether a host is a loopback address, `localhost`, or a name below it.
fn is_this_machine(host: &str) -> bool {
    let lower = host.to_ascii_lowercase();
    let loopback = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .and_then(|host| host.parse::<Ipv6Addr>().ok())
            .is_some_and(|address| address.is_loopback());
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let named = lower == "localhost" || lower.ends_with(".localhost");
    loopback || named && host.split('.').all(label)
}

fn wrong_port(scheme: &str, usual: u16, host: &str, port: &str) -> Option<(String, String)> {
    match port.parse::<u16>() {
        Ok(number) if number == usual => {
            let without = format!("{scheme}://{host}");
            let help = format!("browsers leave it out: {}", quote(&without));
            Some((format!("{usual} is the port of {scheme} anyway"), help))
        }
        Ok(number) if number > 0 && number.to_string() == port => None,
        _ => Some((format!("{} is no port", quote(port)), EXAMPLE.to_owned())),
    }
}
