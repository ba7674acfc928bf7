//! Who becomes a tenant's role through an identity provider, though its trust ought not to let it.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html>

use tenantry_template::Owner;
use tenantry_verdict::claims::Barrier;

use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::Facts;
use crate::facts::assets::Asset;
use crate::facts::federation::{Entry, Federation, Holder};
use crate::facts::owners::Owners;
use crate::findings::breach::{Advice, Granted, Pairs, Requester, Side};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        escalation { ASSUME }
        identity { OUTSIDE }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Who becomes a tenant's role through an identity provider.
pub(crate) struct FederatedTrust;

impl Check for FederatedTrust {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides what of `escalation/assume` and `identity/outside` is about identity providers.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let federation = Federation::read(facts, owners);
    for asset in &facts.assets {
        let Owner::Tenant(own) = asset.owner else { continue };
        let entries = federation.entries(asset, Some(own));
        for entry in &entries.taken {
            found.record(entry.claim(), asset.doubt.as_deref(), entry.granted(asset));
        }
        for reason in entries.undecided {
            found.undecided(escalation::ASSUME, reason);
        }
    }
}

impl Entry {
    fn claim(&self) -> Listed<Claims> {
        match self.holder {
            Holder::Anybody => identity::OUTSIDE,
            Holder::Tenant(_) | Holder::AnyOther => escalation::ASSUME,
        }
    }

    fn granted(&self, asset: &Asset) -> Granted {
        Granted {
            barrier: Barrier::TrustPolicy,
            attacker: match self.holder {
                Holder::Anybody => Side::Outside,
                Holder::Tenant(tenant) => tenant.into(),
                Holder::AnyOther => Side::AnyOtherTenant,
            },
            victim: asset.owner.into(),
            by: Requester::UserOf { provider: self.provider.clone(), says: self.says.clone() },
            on: asset.into(),
            witness: (*self.way).clone(),
            advice: Advice::Trust,
            steps: Vec::new(),
            pairs: match self.holder {
                Holder::AnyOther => Pairs::AllOthers,
                Holder::Anybody | Holder::Tenant(_) => Pairs::One,
            },
            more_actions: 0,
            joins: false,
        }
    }
}
