//! Yes, said by a person at a terminal or by a flag. What holds data goes only when it was called by its name.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tenantry_plan::Plan;

use crate::failure::Failure;
use crate::output::Output;

/// What the flags say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said<'a> {
    /// Yes to what changes.
    pub(crate) yes: bool,
    /// Yes to the end of what these names stand for.
    pub(crate) names: &'a [String],
    /// The flag that says a name.
    pub(crate) flag: &'static str,
}

/// What has to be answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Question<'p> {
    /// Nothing.
    Nothing,
    /// Whether to do it.
    Yes,
    /// The name of each whose data would go.
    Names(BTreeSet<&'p str>),
}

impl<'p> Question<'p> {
    /// What a plan asks for. On this machine, making what touches nothing is no question.
    pub(crate) fn of(plan: &'p Plan, on_this_machine: bool) -> Self {
        let at_stake = plan.at_stake();
        if !at_stake.is_empty() {
            Self::Names(at_stake.into_keys().collect())
        } else if plan.is_empty() || on_this_machine && plan.only_creates() {
            Self::Nothing
        } else {
            Self::Yes
        }
    }
}

/// Whoever can be asked.
pub(crate) trait Person {
    /// Whether somebody is there.
    fn is_there(&self) -> bool;
    /// Asks for a line; nothing when there will be none.
    fn asked(&self, question: &str) -> Option<String>;
}

/// Whether it was agreed to: by the flags, else by whoever is asked.
///
/// # Errors
/// When it was not, with the flag that would say it.
pub(crate) fn agree(
    question: &Question<'_>,
    said: Said<'_>,
    person: &dyn Person,
) -> Result<(), Failure> {
    let not_agreed = || Failure::new("not agreed; nothing was changed");
    match question {
        Question::Nothing => Ok(()),
        Question::Yes if said.yes => Ok(()),
        Question::Yes if !person.is_there() => Err(Failure::with_hint(
            "this changes what is deployed, and there is no terminal to ask at; nothing was changed",
            "look at it with `tenantry plan`, then say yes with `--yes`",
        )),
        Question::Yes => match person.asked("Make these changes? Type yes: ") {
            Some(answer) if answer == "yes" => Ok(()),
            _ => Err(not_agreed()),
        },
        Question::Names(names) => {
            let missing: Vec<&str> = names
                .iter()
                .filter(|name| said.names.iter().all(|said| said != *name))
                .copied()
                .collect();
            if !missing.is_empty() && !person.is_there() {
                let flags: Vec<String> =
                    missing.iter().map(|name| format!("{} {name}", said.flag)).collect();
                return Err(Failure::with_hint(
                    format!(
                        "this destroys data of {}, and there is no terminal to ask at; nothing was changed",
                        missing.join(", ")
                    ),
                    format!("say so by name, which `--yes` does not: {}", flags.join(" ")),
                ));
            }
            for name in missing {
                let question = format!("This destroys data for good. Type {name} to agree: ");
                if person.asked(&question).is_none_or(|answer| answer != name) {
                    return Err(not_agreed());
                }
            }
            Ok(())
        }
    }
}

/// Whoever sits at the terminal that this program was started at.
pub(crate) struct Terminal<'a> {
    pub(crate) output: &'a Output,
    /// Whether the question is to be given up.
    pub(crate) gives_up: &'a dyn Fn() -> bool,
}

impl Person for Terminal<'_> {
    fn is_there(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    fn asked(&self, question: &str) -> Option<String> {
        self.output.ask(question);
        let (sender, receiver) = channel();
        // A line that nobody types would keep Ctrl-C waiting.
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line);
            let _ = sender.send(read.ok().filter(|bytes| *bytes > 0).map(|_| line));
        });
        loop {
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(line) => return line.map(|line| line.trim().to_owned()),
                Err(RecvTimeoutError::Timeout) if !(self.gives_up)() => {}
                Err(_) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
