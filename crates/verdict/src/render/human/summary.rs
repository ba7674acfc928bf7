//! The end of a verdict for people: the planes, what barriers are worth, what the answers rest on,
//! and the sum.

use super::{Role, Styled, count, on, outcome_role};
use crate::claims::Plane;
use crate::verdict::{Against, Assumption, Counterexample, Outcome, Removal, Verdict};

impl Styled {
    pub(super) fn planes(&mut self, verdict: &Verdict) {
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

    pub(super) fn assumptions(&mut self, verdict: &Verdict) {
        for assumption in &verdict.assumptions {
            self.push(Role::Faint, if assumption.added { "added assumption " } else { "assumed " });
            self.plain(format!("{}: {}\n", assumption.id, assumption.text));
            if assumption.added && !assumption.claims.is_empty() {
                let claims: Vec<_> = assumption.claims.iter().map(|claim| claim.id).collect();
                self.plain(format!("  leaning on it: {}\n", claims.join(", ")));
            }
        }
    }

    pub(super) fn sum(&mut self, verdict: &Verdict) {
        let outcome = verdict.outcome();
        self.push(outcome_role(outcome), outcome.name());
        let pairs = match verdict.pairs {
            1 => "1 ordered pair".to_owned(),
            pairs => format!("{pairs} ordered pairs"),
        };
        self.plain(format!(": {}, {pairs}", count(verdict.tenants.len(), "tenant")));
        for outcome in [Outcome::Breached, Outcome::Undecided, Outcome::Weak] {
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
