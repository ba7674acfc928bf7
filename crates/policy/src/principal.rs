//! Whether a policy's principal is the caller, and as what it names the caller.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::parsed::{PrincipalElement, PrincipalItem, PrincipalKind};
use crate::pattern::Pattern;
use crate::request::{Caller, CallerKind};
use crate::text::{Part, Text};
use crate::truth::Trilean;

/// As what a principal element names a caller. How it is named decides what else may limit it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Named {
    /// As a session, a user, a service, or as one of everyone.
    pub(crate) itself: Trilean,
    /// As the role of the session.
    pub(crate) role: Trilean,
    /// As an account, which may delegate to its identities.
    pub(crate) account: Trilean,
}

impl Named {
    const NOT: Self = Self { itself: Trilean::No, role: Trilean::No, account: Trilean::No };

    fn or(self, other: Self) -> Self {
        Self {
            itself: self.itself.or(other.itself),
            role: self.role.or(other.role),
            account: self.account.or(other.account),
        }
    }

    /// Named in any way.
    pub(crate) fn any(&self) -> Trilean {
        self.itself.clone().or(self.role.clone()).or(self.account.clone())
    }
}

/// As what an `Allow` names the caller. `NotPrincipal` names everyone else.
pub(crate) fn named(element: &PrincipalElement, caller: &Caller) -> Named {
    let listed = listed(element, caller);
    if !element.negated {
        return listed;
    }
    Named { itself: listed.any().negated(), ..Named::NOT }
}

/// Whether a `Deny` is about the caller. With `NotPrincipal` it spares only a caller of which
/// every part is listed: the account, and the role and session or the user.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
pub(crate) fn denied(element: &PrincipalElement, caller: &Caller) -> Trilean {
    let listed = listed(element, caller);
    if !element.negated {
        return listed.any();
    }
    let mut spared = listed.itself;
    match caller.kind {
        CallerKind::Session { .. } => spared = spared.and(listed.role).and(listed.account),
        CallerKind::User(_) => spared = spared.and(listed.account),
        CallerKind::Root
        | CallerKind::Service(_)
        | CallerKind::Federated(_)
        | CallerKind::Anonymous => {}
    }
    spared.negated()
}

fn listed(element: &PrincipalElement, caller: &Caller) -> Named {
    element.items.iter().map(|item| one(item, caller)).fold(Named::NOT, Named::or)
}

fn one(item: &PrincipalItem, caller: &Caller) -> Named {
    let itself = |sure: Trilean| Named { itself: sure, ..Named::NOT };
    match (item.kind, &caller.kind) {
        (PrincipalKind::Everyone, CallerKind::Session { .. } | CallerKind::User(_)) => {
            Named { itself: Trilean::Yes, role: Trilean::Yes, account: Trilean::Yes }
        }
        (PrincipalKind::Everyone, _) => itself(Trilean::Yes),
        (PrincipalKind::Service, CallerKind::Service(name))
        | (PrincipalKind::Federated, CallerKind::Federated(name)) => itself(same(&item.text, name)),
        (PrincipalKind::Aws, CallerKind::User(arn)) => Named {
            itself: same(&item.text, arn),
            account: account(&item.text, &caller.account),
            role: Trilean::No,
        },
        (PrincipalKind::Aws, CallerKind::Session { role, session }) => Named {
            itself: same(&item.text, session),
            role: same(&item.text, role),
            account: account(&item.text, &caller.account),
        },
        (PrincipalKind::Aws, CallerKind::Root) => itself(account(&item.text, &caller.account)),
        _ => Named::NOT,
    }
}

fn same(one: &Text, other: &Text) -> Trilean {
    // What begins with the same parts is the same exactly when the rests are.
    let mut rests = one.parts().iter().zip(other.parts()).skip_while(|(one, other)| one == other);
    let parted = match rests.next() {
        Some((Part::Literal(one), Part::Literal(other))) => {
            one.bytes().zip(other.bytes()).any(|(one, other)| one != other)
        }
        Some(
            (Part::Literal(text), Part::Symbol(symbol))
            | (Part::Symbol(symbol), Part::Literal(text)),
        ) => {
            let first = text.chars().next();
            !symbol.form.may_be_empty() && first.is_some_and(|first| !symbol.form.contains(first))
        }
        _ => false,
    };
    if parted {
        return Trilean::No;
    }
    Pattern::exactly(one).matches(other).into()
}

/// An account is named by its id or as `arn:aws:iam::ID:root`.
fn account(principal: &Text, account: &Text) -> Trilean {
    if account.parts().is_empty() {
        return Trilean::No;
    }
    let as_root = |start: &str| {
        let mut arn = Text::from(start);
        arn.push(account);
        arn.push_str(":root");
        same(principal, &arn)
    };
    let start = match principal.literal_start().strip_prefix("arn:").map(|rest| rest.split(':')) {
        Some(mut rest) => format!("arn:{}:iam::", rest.next().unwrap_or("aws")),
        None => "arn:aws:iam::".to_owned(),
    };
    same(principal, account).or(as_root(&start))
}
