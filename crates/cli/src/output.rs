//! All that is printed.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::Table;
use comfy_table::presets;
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;

use crate::arguments::Format;
use crate::failure::Failure;

/// Standard output for data, standard error for the rest.
pub(crate) struct Output {
    format: Format,
    colours: bool,
    paints: bool,
    /// Whether something stands on standard output.
    printed: AtomicBool,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let on = |is_terminal: bool| is_terminal && !plain;
        Self {
            format,
            colours: on(io::stderr().is_terminal()),
            paints: on(io::stdout().is_terminal()),
            printed: AtomicBool::new(false),
        }
    }

    /// How data are printed.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Text for standard output in a colour (the parameters of SGR, ECMA-48), on a terminal.
    pub(crate) fn painted(&self, colour: &str, text: &str) -> String {
        if self.paints && !colour.is_empty() {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Whether colours and moving lines may be written to standard error.
    pub(crate) fn is_live(&self) -> bool {
        self.colours
    }

    /// Prints data: as JSON what `value` serialises to, for people what `human` writes.
    pub(crate) fn data(
        &self,
        value: &impl Serialize,
        human: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let text = match self.format {
            Format::Human => human(),
            Format::Json => serde_json::to_string_pretty(value)
                .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?,
            _ => return Err(self.no_such_format()),
        };
        self.text(text.trim_end())
    }

    /// Why a command does not write what is asked for.
    pub(crate) fn no_such_format(&self) -> Failure {
        let (name, commands) = match self.format {
            Format::Sarif => ("SARIF", "`tenantry verify` does"),
            Format::Junit => ("JUnit's XML", "`tenantry verify` does"),
            Format::Github => ("annotations", "`tenantry verify` does"),
            Format::Gitlab => ("GitLab's report", "`tenantry verify` does"),
            Format::Human | Format::Json | Format::Markdown => {
                ("Markdown", "`tenantry plan`, `verify` and `drift` do")
            }
        };
        Failure::with_hint(
            format!("this command does not write {name}"),
            format!("{commands}; here --format is human or json"),
        )
    }

    /// Text for standard error in a colour, on a terminal.
    pub(crate) fn noted(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Asks something on standard error; what is typed comes behind it.
    pub(crate) fn ask(&self, question: &str) {
        let mut out = io::stderr().lock();
        let _ = write!(out, "{question}").and_then(|()| out.flush());
    }

    /// Prints text to standard output. A reader who has seen enough (`| head`) is no failure.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        self.printed.store(true, Ordering::Relaxed);
        let mut out = io::stdout().lock();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Tells people something on standard error.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Tells why a command failed, and what to do; programs that asked for JSON get it as JSON too, unless they have
    /// an answer already.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.format == Format::Json && !self.printed.load(Ordering::Relaxed) {
            let _ = serde_json::to_string_pretty(&failure.json()).map(|text| self.text(&text));
        }
        match failure {
            Failure::Configuration(faults) => {
                let theme = if self.colours {
                    GraphicalTheme::unicode()
                } else {
                    GraphicalTheme::unicode_nocolor()
                };
                let handler = GraphicalReportHandler::new_themed(theme).with_width(100);
                let mut report = String::new();
                if handler.render_report(&mut report, faults).is_ok() {
                    self.note(report.trim_end());
                } else {
                    self.note(&format!("error: {faults}"));
                }
            }
            Failure::Other { message, hint } => {
                self.note(&format!("{} {message}", self.bold("error:")));
                if let Some(hint) = hint {
                    self.note(&format!("  {} {hint}", self.bold("help:")));
                }
            }
        }
    }

    fn bold(&self, text: &str) -> String {
        if self.colours { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A table without lines, wide enough for what is in it.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}
