//! How work is shown: live lines on a terminal, a line a step elsewhere.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tenantry_local::{Progress, Step};

use crate::output::Output;

/// A live count of things on standard error, where that is a terminal.
pub(crate) fn count(output: &Output, total: usize, doing: &str, things: &str) -> ProgressBar {
    if !output.is_live() || total < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total as u64);
    let template = format!("{{spinner}} {doing}: {{pos}} of {{len}} {things} {{elapsed}}");
    let style = ProgressStyle::with_template(&template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Shows steps on standard error.
pub(crate) struct StepBars<'a> {
    output: &'a Output,
    bars: MultiProgress,
    live: Mutex<HashMap<String, ProgressBar>>,
}

impl<'a> StepBars<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        Self { output, bars: MultiProgress::new(), live: Mutex::default() }
    }

    fn bar(&self, step: &Step) -> Option<ProgressBar> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&step.to_string())
    }

    fn line(&self, mark: char, step: &Step, elapsed: Duration, note: &str) {
        let seconds = elapsed.as_secs_f64();
        let line = format!("{mark} {step:<34} {seconds:>5.1} s  {note}", step = step.to_string());
        let line = line.trim_end();
        match self.bar(step) {
            Some(bar) => {
                bar.finish_and_clear();
                // Lines of steps that are over stay above those that run.
                let _ = self.bars.println(line);
            }
            None => self.output.note(line),
        }
    }
}

impl Progress for StepBars<'_> {
    fn rolled_back(&self, what: &str) {
        self.output.note(&format!("rolled back: {what}"));
    }

    fn started(&self, step: &Step) {
        if !self.output.is_live() {
            return;
        }
        let bar = self.bars.add(ProgressBar::new_spinner());
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(step.to_string());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.live.lock().unwrap_or_else(PoisonError::into_inner).insert(step.to_string(), bar);
    }

    fn advanced(&self, step: &Step, done: usize, total: usize, what: &str) {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = live.get(&step.to_string()) {
            bar.set_message(format!("{step}: {done} of {total}, {what}"));
        }
    }

    fn finished(&self, step: &Step, elapsed: Duration, note: &str) {
        self.line('✓', step, elapsed, note);
    }

    fn failed(&self, step: &Step, elapsed: Duration) {
        self.line('✗', step, elapsed, "");
    }
}
