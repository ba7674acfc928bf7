//! How the engine's work is shown, cell by cell.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tenantry_pulumi::deploy::{Ended, Progress, Stack};

use super::report::in_words;
use crate::output::Output;

/// Progress of each cell on standard error.
pub(super) struct CellBars<'a> {
    output: &'a Output,
    bars: MultiProgress,
    cells: Mutex<BTreeMap<u32, (String, ProgressBar)>>,
}

impl<'a> CellBars<'a> {
    pub(super) fn new(output: &'a Output, stacks: &[Stack]) -> Self {
        let bars = MultiProgress::new();
        let style = ProgressStyle::with_template("{prefix:24} {bar:30} {pos:>4} of {len} {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = |stack: &Stack| {
            let length = u64::try_from(stack.resources).unwrap_or_default();
            let bar = if output.is_live() {
                bars.add(ProgressBar::new(length).with_style(style.clone()))
            } else {
                ProgressBar::hidden()
            };
            bar.set_prefix(stack.name.clone());
            (stack.cell, (stack.name.clone(), bar))
        };
        let cells = Mutex::new(stacks.iter().map(bar).collect());
        Self { output, bars, cells }
    }

    pub(super) fn tell(&self, cell: u32, event: Progress) {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((name, bar)) = cells.get(&cell) else { return };
        match event {
            Progress::Started => self.line(&format!("{name}: started")),
            Progress::Doing { operation, resource } => {
                bar.set_message(format!("{operation} {resource}"));
            }
            Progress::Done { .. } => bar.inc(1),
            Progress::Told { severity, message, resource } if severity != "info" => {
                let resource = resource.map(|name| format!("{name}: ")).unwrap_or_default();
                self.line(&format!("{name}: {severity}: {resource}{}", message.trim_end()));
            }
            Progress::Told { .. } | Progress::Planned(_) => {}
            // The reasons have been told, and stand once more in what is printed in the end.
            Progress::Ended(Ended::Failed { .. }) => self.line(&format!("{name}: failed")),
            Progress::Ended(ended) => self.line(&format!("{name}: {}", in_words(&ended))),
        }
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        if self.output.is_live() {
            let _ = self.bars.println(text);
        } else {
            self.output.note(text);
        }
    }

    pub(super) fn clear(&self) {
        let _ = self.bars.clear();
    }
}
