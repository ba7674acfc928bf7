//! What the answers rest on.

use tenantry_verdict::Assumption;
use tenantry_verdict::claims::network::PACKET;
use tenantry_verdict::claims::{self, ClaimId};

use crate::findings::Assumed;

/// What a check took for true.
pub(super) fn assumption(assumed: Assumed) -> Assumption {
    match assumed {
        Assumed::NoOtherJoints => of(
            "network/joined",
            "No VPC is joined to another by something that no template here makes, no shared \
             interface forwards packets between tenants, and no endpoint service of one tenant \
             is offered to another.",
            &[PACKET],
        ),
    }
}

/// What the answers always rest on.
pub(crate) fn always() -> Vec<Assumption> {
    vec![
        of(
            "identity/templates-are-all",
            "No policy, role or grant outside these templates gives a tenant's principal more.",
            &[
                claims::identity::OTHER_TENANTS_ASSET,
                claims::key::USE,
                claims::key::ADMINISTER,
                claims::escalation::ASSUME,
            ],
        ),
        of(
            "identity/made-up-ids",
            "No policy guesses part of an id that AWS makes up, such as a key's.",
            &[claims::identity::OTHER_TENANTS_ASSET, claims::key::USE],
        ),
        of(
            "network/interfaces-of-lambda",
            "ec2:CreateNetworkInterface alone, which Lambda needs for a function in a VPC, reaches \
             nothing in another tenant's subnet: the interface has to be attached, or given to an \
             instance or a function.",
            &[claims::identity::OTHER_TENANTS_ASSET, claims::escalation::NETWORK],
        ),
        of(
            "route/authorizers-code",
            "An authorizer that is a function checks issuer, audience and tenant, and the policy \
             that it returns names that tenant's routes alone.",
            &[claims::route::TENANT_CHECK, claims::route::CACHED_DECISION, claims::token::AUDIENCE],
        ),
    ]
}

fn of(id: &str, text: &str, claims: &[ClaimId]) -> Assumption {
    Assumption { id: id.into(), text: text.into(), added: false, claims: claims.to_vec() }
}
