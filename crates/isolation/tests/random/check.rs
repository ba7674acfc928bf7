//! What must hold of a platform: what the simulation finds is told or left open, and what is told
//! is allowed by the slow evaluator.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenantry_isolation::{VerifyOptions, verify_model};
use tenantry_policy::{Caller, CallerKind, Context, Value as Held};
use tenantry_template::{NoLoader, ReadOptions, Source, read};
use tenantry_verdict::claims::{
    ClaimId, Plane, data, environment, escalation, identity, key, log, route,
};
use tenantry_verdict::{Counterexample, Outcome, Party, Verdict};

use super::Platform;
use super::write::deployed;
use crate::simulation::access::{self, Asset, FOREIGN, Judge, Principal};
use crate::simulation::resolve::{self, ACCOUNT, REGION, Resource};
use crate::simulation::{self, OUTSIDE, Owners, Simulation};

/// The claims that the simulation can contradict.
const COVERED: [ClaimId; 16] = [
    identity::OTHER_TENANTS_ASSET,
    identity::OUTSIDE,
    identity::SHARED_GRANT,
    escalation::ASSUME,
    escalation::PASS,
    escalation::CODE,
    escalation::POLICY,
    key::USE,
    key::ADMINISTER,
    data::RESOURCE_POLICY,
    data::STREAM,
    data::COPY,
    data::POOLED,
    log::READ_BY_OWNER,
    route::INVOKE,
    environment::REFERENCES,
];

/// What became of one platform.
#[derive(Clone, Copy, Debug)]
pub struct Checked {
    /// The answer over the claims that the simulation can contradict.
    pub outcome: Outcome,
    /// How many ways the simulation found, and how many counterexamples were replayed.
    pub ways: usize,
    pub replayed: usize,
}

/// Decides a platform in both ways; an error says what does not fit.
pub fn check(platform: &Platform) -> Result<Checked, String> {
    let text = platform.template.to_string();
    let source = Source { name: "random.json", bytes: text.as_bytes() };
    let told = |text: &str| platform.told.then(|| text.to_owned());
    let options =
        ReadOptions { account: told(ACCOUNT), region: told(REGION), ..ReadOptions::default() };
    let model = read(std::slice::from_ref(&source), &options, &NoLoader)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    let verdict = verify_model(&model, &VerifyOptions::default());
    let deployed = deployed(&platform.template, &platform.later, platform.holds);
    let world = World {
        verdict: &verdict,
        later: &platform.later,
        owners: simulation::owners(&deployed),
        simulation: Simulation::read(&deployed)?,
        resources: resolve::resources(&deployed)?,
        judge: Judge::default(),
    };
    Ok(Checked {
        outcome: world.worst(&COVERED),
        ways: world.every_way_is_told()?,
        replayed: world.every_counterexample_is_allowed()?,
    })
}

struct World<'v> {
    verdict: &'v Verdict,
    later: &'v str,
    owners: Owners,
    simulation: Simulation,
    resources: Vec<Resource>,
    judge: Judge,
}

impl World<'_> {
    fn worst(&self, asked: &[ClaimId]) -> Outcome {
        let answers = self.verdict.claims.iter().filter(|answer| asked.contains(&answer.claim));
        answers.map(|answer| answer.outcome().crossing()).max().unwrap_or(Outcome::Undecided)
    }

    fn open(&self, asked: &[ClaimId]) -> bool {
        let mut answers = self.verdict.claims.iter().filter(|each| asked.contains(&each.claim));
        answers.any(|answer| !answer.undecided.is_empty())
    }

    fn examples(&self) -> impl Iterator<Item = &Counterexample> {
        self.verdict.claims.iter().flat_map(|answer| &answer.counterexamples)
    }

    fn owner(&self, id: &str) -> Option<&str> {
        self.owners.get(id).map(String::as_str)
    }

    /// The asset that a request for this ARN is for.
    fn asset(&self, arn: &str) -> Option<&Asset> {
        let is = |asset: &&Asset| {
            let rest = arn.strip_prefix(&*asset.arns[0]);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
        };
        self.simulation.assets.iter().filter(is).max_by_key(|asset| asset.arns[0].len())
    }

    fn every_way_is_told(&self) -> Result<usize, String> {
        let mut count = 0;
        let tenants: BTreeSet<&str> = self.owners.values().map(String::as_str).collect();
        for tenant in &tenants {
            count += self.ways_of(tenant)?;
        }
        let ways = self.simulation.ways(&self.owners, &self.judge)?;
        for (who, what, whom) in &ways {
            let claims: &[ClaimId] = match what.as_str() {
                what if who == OUTSIDE && what.contains(':') => {
                    let told = self.examples().any(|example| {
                        let asset = self.asset(&self.concrete(&example.resource));
                        example.attacker == Party::Outside
                            && asset.is_some_and(|asset| asset.id == *whom)
                    });
                    const CLAIMS: &[ClaimId] = &[identity::OUTSIDE, route::INVOKE];
                    if !told && !self.open(CLAIMS) {
                        return Err(format!(
                            "somebody outside may do {what} to {whom}, and nothing says so"
                        ));
                    }
                    CLAIMS
                }
                what if what.starts_with("dynamodb:") && what.contains(" of ") => &[data::POOLED],
                "reads the log of" => &[log::WRITTEN_BY_OWNER],
                "holds the key of" => &[key::ASSIGNMENT, log::ENCRYPTION],
                what if what.starts_with("is told") => &[environment::REFERENCES],
                _ => continue,
            };
            count += 1;
            if self.worst(claims) == Outcome::Proven {
                return Err(format!("proven: {claims:?}, but {who} {what} {whom}"));
            }
        }
        Ok(count)
    }

    /// Everything that a tenant's own principals, and those that these become, may do to others'.
    fn ways_of(&self, tenant: &str) -> Result<usize, String> {
        let mut count = 0;
        let steered = self.steered(tenant)?;
        let mut acting = self.simulation.principals_of(tenant, &self.owners, &self.judge)?;
        let all = self.simulation.principals.iter();
        let more = all.filter(|each| steered.contains(&each.id));
        acting.extend(more.filter(|each| !acting.contains(each)).collect::<Vec<_>>());
        for principal in acting {
            let own = self.owner(&principal.id) == Some(tenant);
            for asset in &self.simulation.assets {
                if self.owner(&asset.id).is_none_or(|owner| owner == tenant) {
                    continue;
                }
                let allowed = self.judge.allowed(principal, asset)?;
                let Some((action, arn)) = allowed.iter().next() else { continue };
                count += 1;
                let way = format!("{tenant}, as {}, may do {action} to {arn}", principal.id);
                if own {
                    self.is_told(principal, asset, &allowed)
                        .map_err(|why| format!("{way}: {why}"))?;
                } else if steered.contains(&principal.id) {
                    if self.worst(&[identity::SHARED_GRANT]) == Outcome::Proven {
                        return Err(format!("{way}: identity/shared-grant is proven"));
                    }
                } else if self.worst(&COVERED) == Outcome::Proven {
                    return Err(format!("{way}: everything is proven"));
                }
            }
        }
        Ok(count)
    }

    fn is_told(
        &self,
        principal: &Principal,
        asset: &Asset,
        allowed: &BTreeSet<(String, String)>,
    ) -> Result<(), String> {
        let does = |starts: &[&str]| {
            let any = |action: &str| starts.iter().any(|start| action.starts_with(start));
            allowed.iter().any(|(action, _)| any(action))
        };
        let mut claims = vec![identity::OTHER_TENANTS_ASSET];
        for (claim, actions) in [
            (escalation::ASSUME, &["sts:AssumeRole"][..]),
            (escalation::PASS, &["iam:PassRole"]),
            (escalation::CODE, &["lambda:UpdateFunctionCode"]),
            (route::INVOKE, &["lambda:InvokeFunction"]),
            (key::USE, &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]),
            (key::ADMINISTER, &["kms:PutKeyPolicy", "kms:CreateGrant"]),
            (log::READ_BY_OWNER, &["logs:GetLogEvents", "logs:FilterLogEvents"]),
            (log::WRITTEN_BY_OWNER, &["logs:PutLogEvents"]),
            (data::COPY, &["dynamodb:ExportTable"]),
        ] {
            if does(actions) {
                claims.push(claim);
            }
        }
        for claim in claims {
            let told = self.examples().any(|example| {
                let resource = self.asset(&self.concrete(&example.resource));
                example.claim == claim
                    && example.principal == principal.id
                    && resource.is_some_and(|other| other.id == asset.id)
            });
            if !told && !self.open(&[claim]) {
                return Err(format!("nothing of {claim} says so"));
            }
        }
        Ok(())
    }

    /// The shared principals that a tenant's own, and its functions, can end up as.
    fn steered(&self, tenant: &str) -> Result<BTreeSet<String>, String> {
        let mine = |id: &str| self.owner(id) == Some(tenant);
        let all = self.simulation.principals.iter();
        let (own, others): (Vec<&Principal>, Vec<_>) = all.partition(|each| mine(&each.id));
        let shared: Vec<_> =
            others.into_iter().filter(|each| self.owner(&each.id).is_none()).collect();
        let runs = |each: &&&Principal| {
            self.resources.iter().any(|function| {
                function.kind == "AWS::Lambda::Function"
                    && mine(&function.id)
                    && function.properties["Role"] == *each.arn
            })
        };
        let running: Vec<&Principal> = shared.iter().filter(runs).copied().collect();
        let mut found: BTreeSet<String> = running.iter().map(|each| each.id.clone()).collect();
        let mut ahead: Vec<&Principal> = own.into_iter().chain(running).collect();
        let does = |from: &Principal, to: &Asset, actions: &[&str]| {
            let allowed = self.judge.allowed(from, to)?;
            let mut allowed = allowed.iter();
            Ok::<_, String>(allowed.any(|(action, _)| actions.contains(&action.as_str())))
        };
        while let Some(from) = ahead.pop() {
            for to in &shared {
                if found.contains(&to.id) || from.id == to.id {
                    continue;
                }
                // It becomes the role, or whatever runs as it runs its code.
                let mut by = false;
                for asset in self.simulation.assets.iter().filter(|each| each.id == to.id) {
                    by |= does(from, asset, &["sts:AssumeRole", "iam:UpdateAssumeRolePolicy"])?;
                }
                let functions = self.resources.iter().filter(|each| {
                    each.kind == "AWS::Lambda::Function" && each.properties["Role"] == *to.arn
                });
                for function in functions.filter(|each| self.owner(&each.id).is_none()) {
                    let asset = self.simulation.assets.iter().find(|each| each.id == function.id);
                    if let Some(asset) = asset {
                        by |= does(from, asset, &["lambda:UpdateFunctionCode"])?;
                    }
                }
                if by {
                    found.insert(to.id.clone());
                    ahead.push(to);
                }
            }
        }
        Ok(found)
    }

    fn every_counterexample_is_allowed(&self) -> Result<usize, String> {
        let mut count = 0;
        for example in self.examples() {
            // What flows needs no request; conventions have none, and a tag of a session is told of
            // the role, not of who tags it.
            let asked = !matches!(example.claim.plane, Plane::Hygiene | Plane::Token);
            if !asked || !example.action.contains(':') {
                continue;
            }
            count += 1;
            let acts =
                example.acts().map(|(action, resource)| self.replays(example, action, resource));
            if !acts.collect::<Result<Vec<_>, _>>()?.into_iter().all(|allowed| allowed) {
                let context: Vec<String> = example
                    .context
                    .iter()
                    .map(|key| format!("{} = {}", key.key, key.value))
                    .collect();
                return Err(format!(
                    "{}: {} does {} to {} with {context:?}, but the slow evaluator refuses it",
                    example.claim, example.principal, example.action, example.resource
                ));
            }
        }
        Ok(count)
    }

    fn replays(
        &self,
        example: &Counterexample,
        action: &str,
        resource: &str,
    ) -> Result<bool, String> {
        let arn = self.concrete(resource);
        let nothing = Asset {
            id: String::new(),
            kind: String::new(),
            arns: vec![arn.clone()],
            policy: None,
            tags: Vec::new(),
        };
        let asset = self.asset(&arn).unwrap_or(&nothing);
        let principal = self.simulation.principals.iter().find(|each| each.id == example.principal);
        let every = [json!({"Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})];
        let (caller, identity, boundary): (Caller, &[Value], _) = match principal {
            Some(own) => (own.caller(), &own.policies, own.boundary.as_ref()),
            None => (self.stranger(&example.principal), &every, None),
        };
        // A list of values is told with commas, as is a text that holds one.
        let mut contexts = vec![Context::exact()];
        for told in &example.context {
            let value = self.concrete(&told.value);
            let mut readings = vec![vec![value.clone()]];
            match value.as_str() {
                "" => readings.push(Vec::new()),
                value => readings.push(value.split(", ").map(str::to_owned).collect()),
            }
            let with = |context: &Context| {
                let of = |reading: &Vec<String>| {
                    let texts = reading.iter().map(|text| text.as_str().into()).collect();
                    context.clone().with(&told.key, Held::Present(texts))
                };
                readings.iter().map(of).collect::<Vec<_>>()
            };
            contexts = contexts.iter().flat_map(with).collect();
        }
        for context in contexts {
            let request = (action, arn.as_str());
            if access::replay(&caller, identity, boundary, asset, request, context)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Somebody who is none of the platform's principals, by what the verdict calls him.
    fn stranger(&self, name: &str) -> Caller {
        let of = |kind, account: &str| Caller { kind, account: account.into(), tags: Vec::new() };
        let name = self.concrete(name);
        match name.strip_prefix("account ") {
            Some(account) => of(CallerKind::Root, account),
            None if name == "everyone" => of(CallerKind::Anonymous, ""),
            None if name.contains(":user/") => {
                of(CallerKind::User(name.as_str().into()), name.split(':').nth(4).unwrap_or(""))
            }
            None => Caller::service(&name),
        }
    }

    /// A text of the verdict with the simulation's values in the place of what is not known.
    fn concrete(&self, text: &str) -> String {
        let mut out =
            text.replace("<another account>", FOREIGN).replace("<any session>", "session");
        out = out.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION);
        out = out.replace("${AWS::StackName}", "stack").replace("${AWS::Partition}", "aws");
        out = out.replace("${Later}", self.later);
        let any = if out.contains(":s3:::") { "some/object" } else { "other-any" };
        out = out.replace("<any>", any);
        for resource in &self.resources {
            let name = match resource.kind.as_str() {
                "AWS::SecretsManager::Secret" => match resource.properties["Name"].is_null() {
                    true => resource.arn.rsplit(':').next().unwrap_or_default().to_owned(),
                    false => "a1b2c3".to_owned(),
                },
                "AWS::KMS::Key" => resource.reference.clone(),
                _ => format!("{}-1A2B3C", resource.id),
            };
            out = out.replace(&format!("<{}>", resource.id), &name);
        }
        out
    }
}
