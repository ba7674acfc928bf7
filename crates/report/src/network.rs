//! The network of a cell as a drawing: the VPC, its zones, and each tenant's subnets.

use maud::{Markup, html};

use crate::{PlatformView, TenantView};

/// How many tenants of a cell are drawn.
const DRAWN: usize = 8;
const WIDTH: usize = 720;
const ROW: usize = 46;

pub(crate) fn network(platform: &PlatformView) -> Markup {
    let Some(first) = platform.tenants.first() else { return html! {} };
    let cell: Vec<&TenantView> =
        platform.tenants.iter().filter(|tenant| tenant.cell == first.cell).collect();
    let drawn: Vec<&TenantView> = cell.iter().copied().take(DRAWN).collect();
    let cells = platform.tenants.iter().map(|tenant| tenant.cell);
    let cells = cells.collect::<std::collections::BTreeSet<_>>().len();
    html! {
        section aria-labelledby="h-network" {
            h2 id="h-network" { "The network of a cell" }
            p {
                "Every cell has a VPC of its own (" (cells) " in all), and none is joined to another. Cell "
                (first.cell) " has " (cell.len()) " tenants"
                @if cell.len() > drawn.len() { "; the first " (drawn.len()) " are drawn" }
                "."
            }
            div.wide tabindex="0" role="group" aria-labelledby="h-network" { (drawing(platform, &drawn)) }
            ul {
                li { "A tenant's network ACL denies the VPC's whole range both ways, so no packet goes from one tenant's subnets to another's." }
                li { "The tenants' subnets have no route to the internet. DynamoDB is reached through a gateway endpoint whose policy wants the tenant's tag." }
            }
        }
    }
}

fn drawing(platform: &PlatformView, tenants: &[&TenantView]) -> Markup {
    let height = 150 + tenants.len() * ROW;
    let [left, right] = [24, 372];
    let label = format!(
        "VPC {} in {}: public subnets {} and {}, and two subnets for each of {} tenants, between which nothing flows",
        platform.vpc,
        platform.region,
        platform.public_subnets[0],
        platform.public_subnets[1],
        tenants.len()
    );
    html! {
        svg role="img" aria-label=(label) viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height) {
            rect.vpc x="8" y="8" width=(WIDTH - 16) height=(height - 16) rx="8" {}
            text.strong x="24" y="32" { "VPC " (platform.vpc) ", " (platform.region) }
            text x=(left) y="58" { (platform.zones[0]) }
            text x=(right) y="58" { (platform.zones[1]) }
            (subnet(left, 68, "public", &platform.public_subnets[0], "public"))
            (subnet(right, 68, "public", &platform.public_subnets[1], "public"))
            @for (at, tenant) in tenants.iter().enumerate() {
                (subnet(left, 68 + (at + 1) * ROW, &tenant.id, &tenant.subnets[0], "tenant"))
                (subnet(right, 68 + (at + 1) * ROW, &tenant.id, &tenant.subnets[1], "tenant"))
            }
            text x=(left) y=(height - 22) { "Network ACL and security group a tenant: nothing from or to " (platform.vpc) "; 443 to DynamoDB's endpoint alone" }
        }
    }
}

fn subnet(x: usize, y: usize, whose: &str, range: &str, class: &str) -> Markup {
    html! {
        rect class=(class) x=(x) y=(y) width="324" height=(ROW - 10) rx="4" {}
        text x=(x + 12) y=(y + 23) { (whose) }
        text.range x=(x + 312) y=(y + 23) { (range) }
    }
}
