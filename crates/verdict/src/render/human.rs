//! A verdict for people: pieces of text, each with its role, so that the caller can colour them.

use std::collections::HashMap;
use std::fmt;

use tenantry_template::Place;

use crate::claims::Plane;
use crate::verdict::{
    Accepted, Against, Assumption, ClaimVerdict, Counterexample, Notice, Outcome, Reason, Removal,
    Verdict, some,
};

/// Text with roles. It displays as plain text.
#[derive(Clone, Debug, Default)]
pub struct Styled {
    pieces: Vec<Piece>,
}

/// A piece of text with one role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Its role.
    pub role: Role,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// Nothing in particular.
    Plain,
    /// A heading.
    Strong,
    /// Frames, positions and keys.
    Faint,
    /// Proven, and what to write instead.
    Good,
    /// Breached, and what lets it through.
    Bad,
    /// Undecided, warnings, and what ought to have stopped something.
    Open,
}

/// Tells a verdict: findings first, the sum last, where a terminal's reader looks.
pub fn human(verdict: &Verdict) -> Styled {
    let mut out = Styled::default();
    for answer in &verdict.claims {
        answer.counterexamples.iter().for_each(|example| out.counterexample(answer, example));
        answer.accepted.iter().for_each(|accepted| out.accepted(accepted));
    }
    out.reasons(verdict);
    out.notices("dead statement", &verdict.dead);
    out.notices("least privilege", &verdict.least_privilege);
    out.notices("advice", &verdict.advice);
    out.notices("warning", &verdict.warnings);
    out.planes(verdict);
    out.assumptions(verdict);
    out.sum(verdict);
    out
}

impl Styled {
    /// The pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The whole text, each piece through `paint`.
    pub fn paint(&self, paint: impl Fn(Role, &str) -> String) -> String {
        self.pieces.iter().map(|piece| paint(piece.role, &piece.text)).collect()
    }

    fn push(&mut self, role: Role, text: impl Into<String>) {
        // What a template says must not steer the terminal.
        let text = text.into().replace(|c: char| c.is_control() && c != '\n', " ");
        self.pieces.push(Piece { text, role });
    }

    fn plain(&mut self, text: impl Into<String>) {
        self.push(Role::Plain, text);
    }

    fn counterexample(&mut self, answer: &ClaimVerdict, example: &Counterexample) {
        self.push(Role::Bad, "breached");
        self.push(Role::Strong, format!(" {}: {}\n", answer.claim.id, answer.claim.title));
        let Counterexample { principal, action, resource, attacker, victim, .. } = example;
        if principal.is_empty() {
            self.plain(format!("  {resource}: {action}\n"));
        } else {
            let on = on(action);
            self.plain(format!("  {principal} ({attacker}): {action}{on} {resource} ({victim})\n"));
        }
        if let Some(likewise) = likewise(example) {
            self.plain(format!("  likewise {likewise}\n"));
        }
        if example.pairs > 1 {
            self.plain(format!("  {} ordered pairs of tenants break this way\n", example.pairs));
        }
        for when in &example.when {
            self.plain(format!("  when {when}\n"));
        }
        let width = example.context.iter().map(|key| key.key.chars().count()).max().unwrap_or(0);
        for key in &example.context {
            self.plain(format!("    {:width$}  {}", key.key, key.value));
            self.push(Role::Faint, format!("  ({})\n", key.set_by.name()));
        }
        for (at, step) in example.steps.iter().enumerate() {
            self.plain(format!("  {}. {}\n", at + 1, step.what));
            if let Some(place) = &step.place {
                self.place(place, Role::Bad, "");
            }
        }
        for evidence in &example.evidence {
            let role = if evidence.allows { Role::Bad } else { Role::Open };
            self.place(&evidence.place, role, &evidence.says);
        }
        self.push(Role::Faint, "  ought to stop it: ");
        self.push(Role::Open, format!("{}\n", example.barrier.title()));
        self.push(Role::Faint, "  instead: ");
        self.push(Role::Good, format!("{}\n", example.fix));
        self.push(Role::Faint, format!("  finding {}\n\n", example.identity().key()));
    }

    /// What is not known, once each, with every claim that it leaves open.
    fn reasons(&mut self, verdict: &Verdict) {
        let mut told: Vec<(&Reason, Vec<&ClaimVerdict>)> = Vec::new();
        let mut known: HashMap<(&str, &str), usize> = HashMap::new();
        for answer in &verdict.claims {
            for reason in &answer.undecided {
                let at = *known.entry((&reason.unknown, &reason.matters)).or_insert(told.len());
                match told.get_mut(at) {
                    Some((first, claims)) if *first == reason => claims.push(answer),
                    _ => told.push((reason, vec![answer])),
                }
            }
        }
        told.iter().for_each(|(reason, claims)| self.reason(reason, claims));
    }

    fn reason(&mut self, reason: &Reason, claims: &[&ClaimVerdict]) {
        self.push(Role::Open, "undecided");
        match claims {
            [one] => self.push(Role::Strong, format!(" {}: {}\n", one.claim.id, one.claim.title)),
            many => self.push(Role::Strong, format!(" {} claims\n", many.len())),
        }
        self.plain(format!("  not known: {}\n  matters: {}\n", reason.unknown, reason.matters));
        if let Some(place) = &reason.place {
            self.place(place, Role::Open, "");
        }
        self.push(Role::Faint, "  help: ");
        self.push(Role::Good, format!("{}\n\n", reason.help));
    }

    fn accepted(&mut self, accepted: &Accepted) {
        let Counterexample { claim, principal, action, resource, .. } = &accepted.counterexample;
        self.push(Role::Open, "accepted");
        self.push(Role::Strong, format!(" {claim}: {principal}: {action} on {resource}\n"));
        self.plain(format!("  until {}: {}\n\n", accepted.until, accepted.reason));
    }

    fn notices(&mut self, what: &str, notices: &[Notice]) {
        for notice in notices {
            self.push(Role::Open, what);
            self.push(Role::Strong, format!(": {}\n", notice.what));
            if let Some(place) = &notice.place {
                self.place(place, Role::Open, "");
            }
            if let Some(help) = &notice.help {
                self.push(Role::Faint, "  help: ");
                self.push(Role::Good, format!("{help}\n"));
            }
            self.plain("\n");
        }
    }

    /// File and line, and the line's text with the span underlined.
    fn place(&mut self, place: &Place, role: Role, says: &str) {
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        let Place { file, line, column, .. } = place;
        self.push(Role::Faint, format!("  {margin}--> {file}:{line}:{column}\n  {number} | "));
        self.plain(format!("{}\n", place.text.trim_end()));
        self.push(Role::Faint, format!("  {margin} | "));
        let mark = "^".repeat(place.length.max(1));
        let says = if says.is_empty() { String::new() } else { format!(" {says}") };
        self.push(role, format!("{}{mark}{says}\n", " ".repeat(place.before)));
    }

    fn planes(&mut self, verdict: &Verdict) {
        for plane in Plane::ALL {
            let Some(outcome) = verdict.plane(plane) else { continue };
            self.push(outcome_role(outcome), format!("{:10}", outcome.name()));
            self.push(Role::Strong, format!("{:12}", plane.name()));
            let of_plane = || verdict.claims.iter().filter(|answer| answer.claim.plane == plane);
            let asked: u64 = of_plane().map(|answer| answer.questions).sum();
            self.plain(format!("{}, {asked} asked", count(of_plane().count(), "claim")));
            let ways = verdict.removals(plane);
            let each = ways.iter().any(|(against, _)| against.is_some());
            match (verdict.independent_barriers(plane), each) {
                (None, _) => {}
                (Some(0), false) => self.plain("; no barrier holds alone"),
                (Some(1), false) => self.plain("; 1 barrier holds alone"),
                (Some(many), false) => self.plain(format!("; {many} barriers each hold alone")),
                (Some(0), true) => self.plain("; one way has no barrier that holds alone"),
                (Some(1), true) => self.plain("; each way has a barrier that holds alone"),
                (Some(many), true) => {
                    self.plain(format!("; each way has {many} barriers that each hold alone"));
                }
            }
            self.plain("\n");
            for (against, removals) in ways {
                if let Some(Against { claim, way }) = against {
                    self.push(Role::Faint, format!("{:22}{claim}: ", ""));
                    self.plain(format!("{way}\n"));
                }
                let margin = if against.is_some() { 24 } else { 22 };
                removals.iter().for_each(|removal| self.removal(removal, margin));
            }
        }
    }

    fn removal(&mut self, removal: &Removal, margin: usize) {
        let worth = match removal.alone {
            true if removal.stands_alone() => "stands alone",
            true => "holds alone",
            false => "does not hold alone",
        };
        self.plain(format!("{:margin$}{}: {worth}; without it ", "", removal.barrier.title()));
        self.push(outcome_role(removal.without), removal.without.name());
        if let Some(example) = &removal.example {
            let Counterexample { principal, action, resource, .. } = example.as_ref();
            let on = on(action);
            self.push(Role::Faint, format!(" ({principal}: {action}{on} {resource})"));
        }
        self.plain("\n");
    }

    fn assumptions(&mut self, verdict: &Verdict) {
        for assumption in &verdict.assumptions {
            self.push(Role::Faint, if assumption.added { "added assumption " } else { "assumed " });
            self.plain(format!("{}: {}\n", assumption.id, assumption.text));
            if assumption.added && !assumption.claims.is_empty() {
                let claims: Vec<_> = assumption.claims.iter().map(|claim| claim.id).collect();
                self.plain(format!("  leaning on it: {}\n", claims.join(", ")));
            }
        }
    }

    fn sum(&mut self, verdict: &Verdict) {
        let outcome = verdict.outcome();
        self.push(outcome_role(outcome), outcome.name());
        let pairs = match verdict.pairs {
            1 => "1 ordered pair".to_owned(),
            pairs => format!("{pairs} ordered pairs"),
        };
        self.plain(format!(": {}, {pairs}", count(verdict.tenants.len(), "tenant")));
        for outcome in [Outcome::Breached, Outcome::Undecided] {
            let number = verdict.claims.iter().filter(|answer| answer.outcome() == outcome).count();
            if number > 0 {
                self.plain(format!(", {} {}", count(number, "claim"), outcome.name()));
            }
        }
        let accepted: usize = verdict.claims.iter().map(|answer| answer.accepted.len()).sum();
        if accepted > 0 {
            self.plain(format!(", {} accepted", count(accepted, "finding")));
        }
        let leaning = |one: &&Assumption| one.added && !one.claims.is_empty();
        let added = verdict.assumptions.iter().filter(leaning).count();
        if added > 0 {
            self.plain(format!(", under {} of your own", count(added, "assumption")));
        }
        self.plain("\n");
    }
}

impl fmt::Display for Styled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| f.write_str(&piece.text))
    }
}

/// What else goes the same way, as far as it needs telling.
pub(super) fn likewise(example: &Counterexample) -> Option<String> {
    let actions: Vec<&str> = example.also.iter().map(|act| act.action.as_str()).collect();
    (!actions.is_empty()).then(|| some(&actions))
}

/// What stands between an action and its object. What no API does is said in words: `is given`,
/// `serves as`, `accepts`.
fn on(action: &str) -> &'static str {
    let in_words =
        action.starts_with("is ") || ["serves as", "accepts", "writes"].contains(&action);
    if in_words { "" } else { " on" }
}

fn outcome_role(outcome: Outcome) -> Role {
    match outcome {
        Outcome::Proven => Role::Good,
        Outcome::Breached => Role::Bad,
        Outcome::Undecided => Role::Open,
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
