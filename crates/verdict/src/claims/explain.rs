//! The registry as text: one claim explained, and the reference page of all of them.

use std::fmt::Write as _;

use super::{Claim, Plane};

const CONVENTION: &str = "The platform here must keep it. On other templates it is advice, \
    unless it is required.";

/// The text of `--explain`: plain, wrapped at 90 columns.
pub fn explain(claim: &Claim) -> String {
    let mut out = format!("{}\n\n{}\n\n", claim.id, wrap(claim.title, ""));
    let _ = writeln!(out, "Why it matters\n{}\n", wrap(claim.why, "  "));
    out.push_str("How it breaks\n");
    for way in claim.breaks {
        let _ = writeln!(out, "{}", bullet(way));
    }
    out.push_str("\nWhat holds it\n");
    for barrier in claim.barriers {
        let _ = writeln!(out, "{}", bullet(barrier.title()));
    }
    if let Some(weakness) = claim.weakness() {
        let _ =
            writeln!(out, "\nWhat weakens it without breaking it\n{}", wrap(weakness.says, "  "));
    }
    if claim.is_convention() {
        let _ = writeln!(out, "\nWho asks for it\n{}", wrap(CONVENTION, "  "));
    }
    let _ = writeln!(out, "\nWhat to write\n{}", wrap(claim.fix, "  "));
    if let Some(example) = claim.breaking.first() {
        let _ = writeln!(out, "\nAn example that breaks it\n  crates/isolation/corpus/{example}");
    }
    out
}

/// The reference page, `docs/claims.md`.
pub fn reference() -> String {
    let mut out = String::from(
        "<!-- Written from the registry in crates/verdict/src/claims; a test keeps them equal. -->\n\
         # Claims\n\n\
         What `tenantry verify` decides, plane by plane. `tenantry verify --explain ID` prints one of\n\
         them. The examples are in `crates/isolation/corpus`. The answer to each is one of these words, the\n\
         worst first:\n\n\
         | word | means | exit status |\n| --- | --- | --- |\n\
         | breached | A request, packet or flow crosses; it is told, with the statements that let it through. | 1 |\n\
         | undecided | Something that is not known could matter; it is named. | 2, unless something is breached |\n\
         | weak | A barrier that ought to be there is missing, and nothing crosses. | 0; with `--strict` 1 |\n\
         | advice | A convention (`hygiene`) of templates that are not the platform's does not hold. | 0; 1 if it is required: `--require NAME` |\n\
         | proven | Nothing crosses, under the assumptions that are listed. | 0 |\n\
         | nothing to ask | The templates hold nothing that the claim speaks about. | 0 |\n\n\
         Without a tenant the whole is undecided, and so it is where nothing but conventions was asked.\n\n\
         | claim | says |\n| --- | --- |\n",
    );
    let claims = || Plane::ALL.into_iter().flat_map(|plane| plane.claims().iter());
    for claim in claims() {
        let _ = writeln!(out, "| [`{}`](#{}) | {} |", claim.id, anchor(claim.id), claim.title);
    }
    for plane in Plane::ALL {
        let _ = writeln!(out, "\n## {}", capital(plane.name()));
        for claim in plane.claims() {
            let _ = write!(out, "\n### {}\n\n**{}** {}\n\n", claim.id, claim.title, claim.why);
            out.push_str("How it breaks:\n");
            claim.breaks.iter().for_each(|way| {
                let _ = writeln!(out, "- {way}");
            });
            let barriers: Vec<_> = claim.barriers.iter().map(|barrier| barrier.title()).collect();
            let _ = writeln!(out, "\nHeld by {}. {}", barriers.join(", "), claim.fix);
            if let Some(weakness) = claim.weakness() {
                let _ = writeln!(out, "\nWeak, not breached: {}", weakness.says);
            }
            if claim.is_convention() {
                let _ = writeln!(out, "\n{CONVENTION}");
            }
            examples(&mut out, "Breaks it", claim.breaking);
            examples(&mut out, "Weakens it", claim.weakness().map_or(&[], |weak| weak.examples));
            examples(&mut out, "Holds", claim.holding);
        }
    }
    out
}

fn examples(out: &mut String, what: &str, files: &[&str]) {
    if files.is_empty() {
        return;
    }
    let link = |file: &&str| format!("[`{file}`](../crates/isolation/corpus/{file})");
    let links: Vec<_> = files.iter().map(link).collect();
    let _ = writeln!(out, "\n{what}: {}.", links.join(", "));
}

/// The anchor that a heading gets on the usual hosts.
fn anchor(heading: &str) -> String {
    heading.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(characters)
        .collect()
}

fn bullet(text: &str) -> String {
    let wrapped = wrap(text, "    ");
    format!("  - {}", wrapped.trim_start())
}

fn wrap(text: &str, margin: &str) -> String {
    let mut lines = vec![String::from(margin)];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let fresh = line.trim().is_empty();
        if !fresh && line.chars().count() + 1 + word.chars().count() > 90 {
            lines.push(format!("{margin}{word}"));
            continue;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.join("\n")
}
