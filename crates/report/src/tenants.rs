//! The tenants with what is theirs.

use maud::{Markup, html};

use crate::PlatformView;

pub(crate) fn tenants(platform: &PlatformView) -> Markup {
    html! {
        section aria-labelledby="h-tenants" {
            h2 id="h-tenants" { "Tenants" }
            div.wide tabindex="0" role="group" aria-labelledby="h-tenants" {
                table {
                    thead { tr {
                        th scope="col" { "Tenant" } th scope="col" { "Name" } th scope="col" { "Tier" }
                        th scope="col" { "Cell" } th scope="col" { (platform.zones[0]) }
                        th scope="col" { (platform.zones[1]) } th scope="col" { "Stores" }
                    } }
                    tbody {
                        @for tenant in &platform.tenants { tr {
                            th scope="row" { (tenant.id) }
                            td { (tenant.name) } td { (tenant.tier) } td { (tenant.cell) }
                            td { (tenant.subnets[0]) } td { (tenant.subnets[1]) }
                            td { @for store in &tenant.stores { code { (store) } " " } }
                        } }
                    }
                }
            }
        }
    }
}
