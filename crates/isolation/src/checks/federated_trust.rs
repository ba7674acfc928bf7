//! Who becomes a tenant's role through an identity provider, though its trust ought not to let it.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html>

use tenantry_template::Owner;
use tenantry_verdict::claims::Barrier;
use tenantry_verdict::{Counterexample, Party, SetBy};

use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::explain;
use crate::facts::assets::Asset;
use crate::facts::federation::{Entry, Federation, Holder};
use crate::facts::owners::Owners;
use crate::facts::{Facts, names, reasons};

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
            found.record(entry.claim(), asset.open.as_deref(), entry.counterexample(facts, asset));
        }
        for reason in entries.open {
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

    fn counterexample(&self, facts: &Facts<'_, '_>, asset: &Asset) -> Counterexample {
        let attacker = match self.holder {
            Holder::Anybody => Party::Outside,
            Holder::Tenant(tenant) => reasons::party(facts, Owner::Tenant(tenant)),
            Holder::AnyOther => Party::AnyOtherTenant,
        };
        let victim = reasons::party(facts, asset.owner);
        let mut example =
            Counterexample::new(*self.claim(), attacker, victim, Barrier::TrustPolicy);
        let provider = names::readable(facts.reader.model, &self.provider);
        example.principal = format!("a user of {provider}");
        explain::fill_request(facts, &self.way, asset, &mut example);
        example.when.push(self.says.clone());
        // The provider signs what its tokens say.
        example.context.iter_mut().for_each(|key| key.set_by = SetBy::Aws);
        if self.holder == Holder::AnyOther {
            let others = facts.reader.model.tenants.len().saturating_sub(1);
            example.pairs = u64::try_from(others).unwrap_or(u64::MAX);
        }
        example.fix = "in the trust policy, name the tenant's own pool or audience, the subjects \
             that are the tenant's alone, and ask that they have signed in"
            .to_owned();
        example
    }
}
