//! `tenantry probe --network`: real packets through the network rules that the platform's templates have.

use std::fmt::Write as _;

use serde::Serialize;
use tenantry_local::{Packets, Search, Tools};

use super::synth;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};
use crate::project::Project;

/// What the figures are worth; part of the output, so that nobody takes it for more.
const WORTH: &str = "Real packets on this machine's Linux through the routes, network ACLs and security groups of the \
                     templates, as AWS's documentation has them. Not AWS.";

pub(crate) fn run(project: &Project, output: &Output) -> Result<Outcome, Failure> {
    let platform = project.platform();
    let mut templates = Vec::new();
    for cell in &platform.cells {
        let name = format!("{}.json", synth::stack_name(platform, cell));
        templates.push((name, synth::template(platform, cell)?));
    }
    let python = Tools::python(&Search::from_environment())
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let tried = tenantry_local::packets(&python, &templates)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    output.data(&report(&tried), || human(&tried))?;
    let found = tried.iter().any(|one| !one.findings.is_empty());
    Ok(if found { Outcome::Findings } else { Outcome::Done })
}

#[derive(Serialize)]
struct Report<'a> {
    what: &'static str,
    networks: Vec<Network<'a>>,
}

#[derive(Serialize)]
struct Network<'a> {
    template: &'a str,
    tenants: usize,
    interfaces: usize,
    pairs: usize,
    connections_tried: usize,
    connections_made: usize,
    findings: &'a [String],
}

fn report(tried: &[Packets]) -> Report<'_> {
    let networks = tried.iter().map(|one| {
        let Packets { template, tenants, interfaces, pairs, .. } = one;
        Network {
            template,
            tenants: *tenants,
            interfaces: *interfaces,
            pairs: *pairs,
            connections_tried: one.connections_tried,
            connections_made: one.connections_made,
            findings: &one.findings,
        }
    });
    Report { what: WORTH, networks: networks.collect() }
}

fn human(tried: &[Packets]) -> String {
    let rows = tried.iter().map(|one| {
        vec![
            one.template.clone(),
            one.tenants.to_string(),
            one.interfaces.to_string(),
            one.pairs.to_string(),
            one.connections_tried.to_string(),
            one.connections_made.to_string(),
            one.findings.len().to_string(),
        ]
    });
    let header = ["NETWORK", "TENANTS", "INTERFACES", "PAIRS", "TRIED", "MADE", "FINDINGS"];
    let mut text = table(&header, rows);
    for one in tried {
        for finding in &one.findings {
            let _ = write!(text, "\n\nGOT THROUGH  {}: {finding}", one.template);
        }
    }
    let _ = write!(text, "\n\n{WORTH}");
    text
}

#[cfg(test)]
mod tests {
    use super::human;
    use tenantry_local::Packets;

    #[test]
    fn a_packet_that_got_through_is_told_below_the_table() {
        let one = |template: &str, findings: Vec<String>| Packets {
            template: template.to_owned(),
            tenants: 2,
            interfaces: 6,
            pairs: 2,
            connections_tried: 252,
            connections_made: 18,
            findings,
        };
        let tried = [
            one("acme-cell-1-prod.json", Vec::new()),
            one("acme-cell-2-prod.json", vec!["tenant-004 reaches tenant-005".to_owned()]),
        ];
        insta::assert_snapshot!(human(&tried));
    }
}
