//! The way of a request, with the barrier on each step and what is proven of it.

use maud::{Markup, html};
use tenantry_verdict::Verdict;
use tenantry_verdict::claims::Plane;

use crate::page::badge;

/// A step, what stands there, and the plane that asks whether it holds.
const STEPS: [(&str, &str, Plane); 7] = [
    (
        "Token",
        "The user pool writes the tenant into the token; neither users nor clients can.",
        Plane::Token,
    ),
    (
        "Authorizer",
        "It checks the token, and answers with a policy that names that tenant's routes alone.",
        Plane::Route,
    ),
    (
        "Route and permission",
        "A tenant's route calls that tenant's function, which only that route may call.",
        Plane::Route,
    ),
    (
        "Function",
        "It runs under the tenant's role, with the tenant's id and subnets in its environment.",
        Plane::Environment,
    ),
    (
        "Role",
        "Its policy names the tenant's tables, key and log group, and nothing by wildcard.",
        Plane::Identity,
    ),
    (
        "Table",
        "Its own policy admits the tenant's role, whatever that role's policy says.",
        Plane::Data,
    ),
    (
        "Key",
        "It decrypts for the tenant's role through DynamoDB, for that tenant's tables.",
        Plane::Key,
    ),
];

pub(crate) fn request(verdict: &Verdict) -> Markup {
    html! {
        section aria-labelledby="h-request" {
            h2 id="h-request" { "The way of a request" }
            ol.steps {
                @for (step, says, plane) in STEPS {
                    li {
                        strong { (step) }
                        @if let Some(outcome) = verdict.plane(plane) { " " (badge(outcome)) }
                        p { (says) }
                        @if let Some(number) = verdict.independent_barriers(plane) {
                            p.key { "Barriers of the plane that each hold alone: " (number) }
                        }
                    }
                }
            }
        }
    }
}
