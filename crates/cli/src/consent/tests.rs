//! Every question by every way to say yes.

use std::cell::RefCell;
use std::fmt::Write as _;

use super::*;

/// Somebody who types what is in front, line by line.
struct Typist(Option<RefCell<Vec<&'static str>>>);

impl Typist {
    fn of(lines: &[&'static str]) -> Self {
        Self(Some(RefCell::new(lines.iter().rev().copied().collect())))
    }

    const ABSENT: Self = Self(None);
}

impl Person for Typist {
    fn is_there(&self) -> bool {
        self.0.is_some()
    }

    fn asked(&self, _: &str) -> Option<String> {
        Some(self.0.as_ref()?.borrow_mut().pop()?.to_owned())
    }
}

#[test]
fn data_goes_only_when_it_was_called_by_its_name() {
    let (globex, acme) = ("tenant-globex", "tenant-acme");
    let questions = [
        ("nothing to ask", Question::Nothing),
        ("a change", Question::Yes),
        ("a tenant's data", Question::Names([globex].into())),
        ("two tenants' data", Question::Names([acme, globex].into())),
    ];
    let flags: [(&str, bool, &[&str]); 5] = [
        ("-", false, &[]),
        ("--yes", true, &[]),
        ("--destroy globex", false, &[globex]),
        ("--yes --destroy globex", true, &[globex]),
        ("--destroy acme, globex", false, &[acme, globex]),
    ];
    let people = [
        ("nobody", Typist::ABSENT),
        ("types nothing", Typist::of(&[])),
        ("types y", Typist::of(&["y", "y"])),
        ("types yes", Typist::of(&["yes", "yes"])),
        ("types globex", Typist::of(&[globex, globex])),
        ("types both", Typist::of(&[acme, globex])),
    ];
    let mut table = String::new();
    for (asked, question) in &questions {
        let _ = writeln!(table, "{asked}");
        for (flag, yes, names) in &flags {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut row = format!("  {flag:24}");
            for (who, lines) in &people {
                let person =
                    Typist(lines.0.as_ref().map(|lines| RefCell::new(lines.borrow().clone())));
                let said = Said { yes: *yes, names: &names, flag: "--destroy" };
                let agreed = agree(question, said, &person).is_ok();
                let _ = write!(row, " {who}: {:4}", if agreed { "done" } else { "no" });
            }
            let _ = writeln!(table, "{}", row.trim_end());
        }
    }
    insta::assert_snapshot!("every_way", table);
}

#[test]
fn whoever_cannot_be_asked_is_told_the_flag() {
    let text = |question| {
        let said = Said { yes: false, names: &[], flag: "--destroy" };
        match agree(&question, said, &Typist::ABSENT) {
            Err(Failure::Other { message, hint }) => {
                format!(
                    "{message}
{}",
                    hint.unwrap_or_default()
                )
            }
            other => format!("{other:?}"),
        }
    };
    insta::assert_snapshot!("a_change", text(Question::Yes));
    insta::assert_snapshot!("data", text(Question::Names(["tenant-acme", "tenant-globex"].into())));
}
