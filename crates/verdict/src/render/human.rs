//! A verdict for people: pieces of text, each with its role, so that the caller can colour them.

mod summary;

use std::fmt;

use tenantry_template::Place;

use crate::claims::ClaimId;
use crate::verdict::{
    Accepted, Counterexample, Extent, Finding, Notice, Outcome, Unknown, Verdict, some,
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

/// How many findings are told with all that shows them, and how many more by a line each.
const SHOWN: usize = 8;
const LISTED: usize = 24;

/// Tells a verdict in a few screens: one finding a cause, the worst first, and the sum last, where
/// a terminal's reader looks.
pub fn human(verdict: &Verdict) -> Styled {
    told(verdict, false)
}

/// Tells a verdict with every way through.
pub fn human_in_full(verdict: &Verdict) -> Styled {
    told(verdict, true)
}

fn told(verdict: &Verdict, in_full: bool) -> Styled {
    let mut out = Styled::default();
    let findings = verdict.findings();
    let (advice, findings): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| finding.outcome == Outcome::Advice);
    if in_full {
        for finding in &findings {
            for example in &finding.all {
                out.example(finding.outcome, &[example.claim], example, None);
                out.ending(example);
            }
        }
    } else {
        findings.iter().take(SHOWN).for_each(|finding| out.finding(finding));
        out.more(&findings);
    }
    let accepted = verdict.claims.iter().flat_map(|answer| &answer.accepted);
    accepted.for_each(|accepted| out.accepted(accepted));
    out.reasons(verdict, in_full);
    out.notices("dead statement", &verdict.dead, in_full);
    out.notices("least privilege", &verdict.least_privilege, in_full);
    advice.iter().for_each(|finding| out.advice(finding, in_full));
    out.notices("warning", &verdict.warnings, true);
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

    fn finding(&mut self, finding: &Finding<'_>) {
        let example = finding.example;
        self.example(finding.outcome, &finding.claims, example, Some(&finding.extent()));
        if !finding.elsewhere.is_empty() {
            let places: Vec<String> = finding.elsewhere.iter().map(|place| at(place)).collect();
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            self.plain(format!("  the same at {}\n", some(&places)));
        }
        self.ending(example);
    }

    /// What lets it through, and how far it reaches.
    fn example(
        &mut self,
        outcome: Outcome,
        claims: &[ClaimId],
        example: &Counterexample,
        extent: Option<&Extent<'_>>,
    ) {
        self.push(outcome_role(outcome), outcome.name());
        if let Some(claim) = claims.first() {
            self.push(Role::Strong, format!(" {claim}: {}\n", claim.title));
        }
        let others: Vec<&str> = claims.iter().skip(1).map(|claim| claim.id).collect();
        if !others.is_empty() {
            self.plain(format!("  and {}\n", others.join(", ")));
        }
        let Counterexample { principal, action, resource, attacker, victim, .. } = example;
        if principal.is_empty() {
            self.plain(format!("  {resource}: {action}\n"));
        } else {
            let on = on(action);
            self.plain(format!("  {principal} ({attacker}): {action}{on} {resource} ({victim})\n"));
        }
        self.extent(example, extent);
        if !example.constructs.is_empty() {
            self.plain(format!("  in the CDK: {}\n", example.constructs.join(", ")));
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
    }

    fn extent(&mut self, example: &Counterexample, extent: Option<&Extent<'_>>) {
        let others = |all: &mut dyn Iterator<Item = &str>, told: &str| {
            let others: Vec<&str> = all.filter(|each| *each != told).collect();
            (!others.is_empty()).then(|| some(&others))
        };
        let Some(extent) = extent else {
            if let Some(likewise) = likewise(example) {
                self.plain(format!("  likewise {likewise}\n"));
            }
            if example.pairs > 1 {
                self.plain(format!("  {}\n", pairs(example.pairs)));
            }
            return;
        };
        let Counterexample { principal, action, resource, .. } = example;
        let lines = [
            ("likewise", others(&mut extent.actions.iter().copied(), action)),
            ("on", others(&mut extent.resources.iter().copied(), resource)),
            ("by", others(&mut extent.principals.iter().copied(), principal)),
        ];
        for (word, others) in lines {
            if let Some(others) = others {
                self.plain(format!("  {word} {others}\n"));
            }
        }
        if extent.pairs > 1 {
            self.plain(format!("  {}\n", pairs(extent.pairs)));
        }
    }

    fn ending(&mut self, example: &Counterexample) {
        self.push(Role::Faint, "  ought to stop it: ");
        self.push(Role::Open, format!("{}\n", example.barrier.title()));
        self.push(Role::Faint, "  instead: ");
        self.push(Role::Good, format!("{}\n", example.fix));
        self.push(Role::Faint, format!("  finding {}\n\n", example.identity().key()));
    }

    /// What does not fit on a few screens: a line each, and the number of the rest.
    fn more(&mut self, findings: &[&Finding<'_>]) {
        let rest = findings.get(SHOWN..).unwrap_or_default();
        if rest.is_empty() {
            return;
        }
        self.push(Role::Strong, format!("{}\n", count(rest.len(), "more finding")));
        for finding in rest.iter().take(LISTED) {
            let Counterexample { claim, principal, action, resource, .. } = finding.example;
            self.push(outcome_role(finding.outcome), format!("  {}", finding.outcome.name()));
            let by = if principal.is_empty() { String::new() } else { format!("{principal}: ") };
            let on = on(action);
            self.plain(format!(" {claim}: {by}{action}{on} {resource}"));
            let place = finding.example.place().map(|place| format!("  {}", at(place)));
            self.push(Role::Faint, format!("{}\n", place.unwrap_or_default()));
        }
        match rest.len().saturating_sub(LISTED) {
            0 => self.plain("  -v tells all of them\n\n"),
            left => self.plain(format!("  and {left} others; -v tells all of them\n\n")),
        }
    }

    fn advice(&mut self, finding: &Finding<'_>, in_full: bool) {
        let claim = finding.example.claim;
        let mut broken: Vec<&str> = finding.all.iter().map(|one| one.resource.as_str()).collect();
        broken.dedup();
        let broken = if in_full { broken.join(", ") } else { some(&broken) };
        self.push(Role::Open, "advice");
        self.push(Role::Strong, format!(": `{claim}` does not hold of {broken}\n"));
        if let Some(place) = finding.example.place() {
            self.place(place, Role::Open, "");
        }
        self.push(Role::Faint, "  help: ");
        let fix = claim.fix.trim_end_matches('.');
        let name = claim.name();
        self.push(Role::Good, format!("{fix}; with `--require {name}` this is a finding\n\n"));
    }

    /// What is not known, once each, with every claim that it leaves open.
    fn reasons(&mut self, verdict: &Verdict, in_full: bool) {
        let unknowns = verdict.unknowns();
        let shown = if in_full { unknowns.len() } else { SHOWN };
        unknowns.iter().take(shown).for_each(|unknown| self.unknown(unknown, in_full));
        let rest = unknowns.get(shown..).unwrap_or_default();
        if rest.is_empty() {
            return;
        }
        self.push(Role::Open, "undecided");
        self.push(Role::Strong, format!(" also by {}\n", count(rest.len(), "other thing")));
        for unknown in rest.iter().take(LISTED) {
            self.plain(format!("  not known: {}", unknown.reason.unknown));
            let place = unknown.reason.place.as_ref().map(|place| format!("  {}", at(place)));
            self.push(Role::Faint, format!("{}\n", place.unwrap_or_default()));
        }
        match rest.len().saturating_sub(LISTED) {
            0 => self.plain("  -v tells all of them\n\n"),
            left => self.plain(format!("  and {left} others; -v tells all of them\n\n")),
        }
    }

    fn unknown(&mut self, unknown: &Unknown<'_>, in_full: bool) {
        let Unknown { reason, claims, matters } = unknown;
        self.push(Role::Open, "undecided");
        match claims.as_slice() {
            [one] => self.push(Role::Strong, format!(" {one}: {}\n", one.title)),
            many => {
                let ids: Vec<&str> = many.iter().map(|claim| claim.id).collect();
                self.push(Role::Strong, format!(" {} claims: {}\n", many.len(), some(&ids)));
            }
        }
        self.plain(format!("  not known: {}\n", reason.unknown));
        self.plain(format!("  matters: {}\n", reason.matters));
        let others = matters.iter().filter(|each| **each != reason.matters);
        if in_full {
            others.for_each(|matter| self.plain(format!("           {matter}\n")));
        } else if matters.len() > 1 {
            self.plain(format!("  and in {}\n", count(matters.len() - 1, "other way")));
        }
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

    fn notices(&mut self, what: &str, notices: &[Notice], in_full: bool) {
        let shown = if in_full { notices.len() } else { SHOWN };
        for notice in notices.iter().take(shown) {
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
        if let Some(rest) = notices.len().checked_sub(shown).filter(|rest| *rest > 0) {
            self.push(Role::Open, what);
            self.push(Role::Strong, format!(": {rest} more; -v tells all of them\n\n"));
        }
    }

    /// File and line, and the line's text with the span underlined.
    fn place(&mut self, place: &Place, role: Role, says: &str) {
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        let Place { file, line, column, .. } = place;
        self.push(Role::Faint, format!("  {margin}--> {file}:{line}:{column}\n  {number} | "));
        let (text, before, length) = clipped(place);
        self.plain(format!("{text}\n"));
        self.push(Role::Faint, format!("  {margin} | "));
        let mark = "^".repeat(length.max(1));
        let says = if says.is_empty() { String::new() } else { format!(" {says}") };
        self.push(role, format!("{}{mark}{says}\n", " ".repeat(before)));
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
        Outcome::Undecided | Outcome::Weak | Outcome::Advice => Role::Open,
        Outcome::Nothing => Role::Faint,
    }
}

/// How many characters of a line are shown, and how many of them before the place.
const LINE: usize = 140;
const BEFORE: usize = 40;

/// A line's text around a place, with where the place is in it: whole templates may stand in one
/// line.
fn clipped(place: &Place) -> (String, usize, usize) {
    let text = place.text.trim_end();
    let Place { before, length, .. } = *place;
    if text.chars().count() <= LINE {
        return (text.to_owned(), before, length);
    }
    let cut = if before + length <= LINE { 0 } else { before.saturating_sub(BEFORE) };
    let shown: String = text.chars().skip(cut).take(LINE).collect();
    let start = if cut > 0 { "…" } else { "" };
    let end = if text.chars().count() > cut + LINE { "…" } else { "" };
    let before = before - cut + start.chars().count();
    let left = (LINE + 1).saturating_sub(before);
    (format!("{start}{shown}{end}"), before, length.min(left))
}

fn pairs(number: u64) -> String {
    format!("{number} ordered pairs of tenants break this way")
}

fn at(place: &Place) -> String {
    format!("{}:{}:{}", place.file, place.line, place.column)
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
