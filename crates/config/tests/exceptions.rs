//! The tables of the verifier, in a platform's file and alone.
#![allow(clippy::unwrap_used)]

use tenantry_config::{Source, exceptions};

const ACCEPT: &str = "[[accept]]\nclaim = \"network/packet\"\nprincipal = \"A\"\naction = \"tcp/443\"\n\
                      resource = \"B\"\nreason = \"being moved\"\nuntil = 2026-12-31\n";

fn source(text: &str) -> Source<'_> {
    Source { name: "exceptions.toml", text: text.as_bytes() }
}

#[test]
fn a_file_of_exceptions_alone_is_read_and_other_tables_are_left_alone() {
    let text = format!("[platform]\nname = 1\n\n{ACCEPT}");
    let read = exceptions(source(&text), &["network/packet"]).unwrap();
    assert_eq!(read.accept.len(), 1);
    assert_eq!(read.accept[0].until.to_string(), "2026-12-31");
    assert_eq!(text.get(read.accept[0].span.clone()), Some("[[accept]]"));
}

#[test]
fn a_claim_that_does_not_exist_is_refused_with_the_one_it_resembles() {
    let faults = exceptions(source(ACCEPT), &["network/packets"]).unwrap_err();
    let fault = faults.iter().next().unwrap();
    assert_eq!(fault.code(), "unknown-claim");
    assert_eq!(fault.help_text(), Some("did you mean `network/packets`?"));
}
