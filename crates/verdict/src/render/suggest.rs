//! What a user pastes into a file to set a verdict's findings aside, once they have said why.

use std::fmt::Write as _;

use crate::verdict::{Counterexample, Date, Identity, Verdict};

/// A table `[[accept]]` for each way through and a table `[[assume]]` for each thing that is not
/// known, in TOML. The reasons are empty, and an empty reason is refused: whoever accepts says why.
pub fn suggest(verdict: &Verdict, until: Date) -> String {
    let mut text = String::new();
    for answer in &verdict.claims {
        let weak = answer.weak.iter().filter(|_| verdict.strict);
        let counted = answer.counterexamples.iter().chain(weak);
        counted.for_each(|example| accept(&mut text, example, until));
    }
    let mut unknown: Vec<&str> = Vec::new();
    for reason in verdict.claims.iter().flat_map(|answer| &answer.undecided) {
        if !unknown.contains(&reason.unknown.as_str()) {
            unknown.push(&reason.unknown);
        }
    }
    let taken = |id: &str| verdict.assumptions.iter().any(|assumption| assumption.id == id);
    let ids = (1..).map(|number| format!("assumed-{number}")).filter(|id| !taken(id));
    for (id, unknown) in ids.zip(unknown) {
        assume(&mut text, &id, unknown, verdict);
    }
    text
}

fn accept(text: &mut String, example: &Counterexample, until: Date) {
    let Identity { claim, principal, action, resource, conditions } = example.identity();
    let _ = writeln!(text, "[[accept]]\nclaim = {}", quoted(claim.id));
    if !principal.is_empty() {
        let _ = writeln!(text, "principal = {}", quoted(&principal));
    }
    let _ = writeln!(text, "action = {}\nresource = {}", quoted(&action), quoted(&resource));
    if !conditions.is_empty() {
        let conditions: Vec<String> = conditions.iter().map(|one| quoted(one)).collect();
        let _ = writeln!(text, "conditions = [{}]", conditions.join(", "));
    }
    let _ = writeln!(text, "reason = \"\"\nuntil = {until}\n");
}

fn assume(text: &mut String, id: &str, unknown: &str, verdict: &Verdict) {
    let open = verdict
        .claims
        .iter()
        .filter(|answer| answer.undecided.iter().any(|reason| reason.unknown == unknown));
    let claims: Vec<String> = open.map(|answer| quoted(answer.claim.id)).collect();
    let _ = writeln!(text, "[[assume]]\nid = {}\ntext = \"\"", quoted(id));
    let _ = writeln!(text, "unknown = {}", quoted(unknown));
    // One that every claim leans on need not list them.
    if claims.len() < verdict.claims.len() {
        let _ = writeln!(text, "claims = [{}]", claims.join(", "));
    }
    text.push('\n');
}

/// A basic string: TOML 1.0, "String".
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
