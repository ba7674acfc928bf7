//! Which questions of auditors the planes answer. Ids and our own words; the texts are their owners'.
//!
//! AWS Well-Architected SaaS Lens, security pillar; PCI DSS 4.0.1, Appendix A1; ISO/IEC 27017:2015, Annex A; CSA Cloud Controls
//! Matrix 4; AICPA Trust Services Criteria 2017.

use maud::{Markup, html};
use tenantry_verdict::Verdict;
use tenantry_verdict::claims::Plane;

use crate::page::badge;

struct Control {
    id: &'static str,
    of: &'static str,
    asks: &'static str,
    planes: &'static [Plane],
    left: &'static str,
}

const CONTROLS: [Control; 7] = [
    Control {
        id: "SEC 1",
        of: "AWS SaaS Lens",
        asks: "how a user's tenant is known and carried along",
        planes: &[Plane::Token, Plane::Route, Plane::Environment],
        left: "what the application's code does with it",
    },
    Control {
        id: "SEC 2",
        of: "AWS SaaS Lens",
        asks: "that one tenant's context does not reach another's resources",
        planes: &[
            Plane::Identity,
            Plane::Escalation,
            Plane::Key,
            Plane::Data,
            Plane::Network,
            Plane::Log,
        ],
        left: "isolation inside a store that tenants share by the application's code alone",
    },
    Control {
        id: "A1.1",
        of: "PCI DSS 4.0.1",
        asks: "that customers of a provider are separated from each other",
        planes: &[Plane::Identity, Plane::Escalation, Plane::Network, Plane::Data, Plane::Key],
        left: "the tests of the separation in operation (A1.1.4), the provider's own access",
    },
    Control {
        id: "CLD.9.5.1",
        of: "ISO/IEC 27017",
        asks: "that a customer's virtual environment is kept apart",
        planes: &[Plane::Network, Plane::Identity, Plane::Environment],
        left: "separation below AWS's services, which is AWS's part",
    },
    Control {
        id: "IVS-06",
        of: "CSA CCM 4",
        asks: "that tenants' access is segmented",
        planes: &[Plane::Network, Plane::Identity, Plane::Route],
        left: "monitoring in operation",
    },
    Control {
        id: "CC6.1",
        of: "SOC 2",
        asks: "that logical access to what is protected is restricted",
        planes: &[Plane::Identity, Plane::Key, Plane::Data, Plane::Token, Plane::Route],
        left: "people: joining, leaving, reviews of access",
    },
    Control {
        id: "CC6.6",
        of: "SOC 2",
        asks: "that access from outside is held off",
        planes: &[Plane::Network, Plane::Route, Plane::Token],
        left: "what is not in the templates",
    },
];

pub(crate) fn controls(verdict: &Verdict) -> Markup {
    html! {
        section aria-labelledby="h-controls" {
            h2 id="h-controls" { "For auditors" }
            p { "Which planes speak to which control, and what no reading of templates can answer. None of them is met by this page alone." }
            div.wide tabindex="0" role="group" aria-labelledby="h-controls" {
                table {
                    thead { tr {
                        th scope="col" { "Control" } th scope="col" { "Asks" }
                        th scope="col" { "Answered by" } th scope="col" { "Left to others" }
                    } }
                    tbody {
                        @for control in &CONTROLS { tr {
                            th scope="row" { (control.of) " " (control.id) }
                            td { (control.asks) }
                            td { @for plane in control.planes {
                                @if let Some(outcome) = verdict.plane(*plane) { (plane.name()) " " (badge(outcome)) " " }
                            } }
                            td { (control.left) }
                        } }
                    }
                }
            }
        }
    }
}
