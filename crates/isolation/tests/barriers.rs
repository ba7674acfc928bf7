//! What `--barriers` says of the platform's own template, held against a simulation: each barrier
//! is taken out of the template's JSON, alone and then together with all others of its way, and
//! the simulation of the whole platform must find a way exactly where the answer says so.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod simulation;
mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenantry_verdict::claims::Barrier;
use tenantry_verdict::{Outcome, Removal};

use simulation::access::Judge;
use simulation::{OUTSIDE, Owners, Simulation, Ways};
use support::{barriers, platform, verdict_of};

type Removed = BTreeSet<Barrier>;

/// Who does what to which resource.
type Way = (String, String, String);

/// The claim, the beginning of the way's sentence, and whether it is open with these barriers gone
/// and these ways found.
type Case = (&'static str, &'static str, fn(&Removed, &Ways) -> bool);

const CASES: &[Case] = &[
    ("route/tenant-check", "somebody without", |_, ways| ways.iter().any(calls)),
    ("route/cached-decision", "what was decided", |_, ways| ways.iter().any(calls)),
    ("route/integration", "a tenant's route lands", |_, ways| ways.iter().any(answers)),
    ("route/invoke", "an API of somebody", |_, ways| {
        ways.iter().any(|way| way.0 == OUTSIDE && way.1 == "lambda:InvokeFunction")
    }),
    ("route/invoke", "another tenant's principal", |_, ways| {
        ways.iter().any(|way| way.0 != OUTSIDE && way.1.starts_with("lambda:Invoke"))
    }),
    ("token/claim-writable", "a user changes", |_, ways| ways.iter().any(chooses)),
    ("token/claim-writable", "whoever signs up", |_, ways| ways.iter().any(chooses)),
    ("token/session-tag", "a tenant's principal tags", |_, ways| {
        ways.iter().any(|way| way.1 == "iam:TagRole")
    }),
    ("environment/tenant-id", "a tenant's function serves", |_, ways| {
        ways.iter().any(|way| way.1.starts_with("is told")) && ways.iter().any(answers)
    }),
    ("environment/references", "a tenant's function acts", |_, ways| {
        ways.iter().any(|way| way.1.starts_with("is told")) && ways.iter().any(acts)
    }),
    ("environment/references", "a tenant's function runs", |removed, ways| {
        removed.contains(&Barrier::RoleAssignment) && ways.iter().any(acts)
    }),
    ("environment/references", "a tenant's function stands", |removed, ways| {
        removed.contains(&Barrier::SubnetAssignment) && ways.iter().any(packet)
    }),
];

/// What the simulation has not: the pool is shared, and what checks a token is code.
const NOT_SIMULATED: &[&str] = &[
    "a tenant's principal writes the users of a pool",
    "a token of the same issuer for another client is taken",
    "a token that somebody else issued is taken",
];

fn calls(way: &Way) -> bool {
    ["GET ", "PUT ", "POST ", "PATCH ", "DELETE "].iter().any(|verb| way.1.starts_with(verb))
}

fn answers(way: &Way) -> bool {
    way.1 == "answers"
}

fn chooses(way: &Way) -> bool {
    way.1 == "chooses its tenant through"
}

fn acts(way: &Way) -> bool {
    way.0 != OUTSIDE && way.1.starts_with("dynamodb:")
}

fn packet(way: &Way) -> bool {
    way.1.starts_with("protocol ")
}

#[test]
fn what_is_said_of_each_barrier_of_the_platform_is_what_a_simulation_finds() {
    let text = platform(2);
    let template: Value = serde_json::from_str(&text).unwrap();
    let owners = simulation::owners(&template);
    let judge = Judge::default();
    let known = ways(&template, &owners, &judge);
    let verdict = verdict_of("platform.json", &text, &barriers());
    let told = |case: &Case| -> Vec<&Removal> {
        let of_case = |removal: &&Removal| {
            removal.against.is_some_and(|against| {
                against.claim.id == case.0 && against.way.starts_with(case.1)
            })
        };
        verdict.barriers.iter().filter(of_case).collect()
    };
    let asked: BTreeSet<_> =
        verdict.barriers.iter().filter_map(|removal| removal.against).map(|it| it.way).collect();
    let not_simulated = |way: &&&str| !CASES.iter().any(|case| way.starts_with(case.1));
    let not_simulated: Vec<_> = asked.iter().filter(not_simulated).collect();
    assert_eq!(not_simulated, NOT_SIMULATED.iter().collect::<Vec<_>>());
    for case in CASES {
        let removals = told(case);
        assert!(!removals.is_empty(), "{}: {}", case.0, case.1);
        let all: Removed = removals.iter().map(|removal| removal.barrier).collect();
        let open = |removed: &Removed| {
            let mut changed = template.clone();
            removed.iter().for_each(|barrier| remove(&mut changed, *barrier));
            assert!(removed.is_empty() || changed != template, "{removed:?}");
            let found = ways(&changed, &owners, &judge);
            (case.2)(removed, &found.difference(&known).cloned().collect())
        };
        assert!(!open(&Removed::new()), "{}: {}", case.0, case.1);
        assert!(open(&all), "{}: {}: nothing is found without any barrier", case.0, case.1);
        for removal in removals {
            let barrier = removal.barrier;
            let says = format!("{}: {}: {}", case.0, case.1, barrier.title());
            let without = open(&Removed::from([barrier]));
            assert_eq!(without, removal.without == Outcome::Breached, "{says}: without it");
            let others = all.iter().copied().filter(|each| *each != barrier).collect();
            assert_eq!(!open(&others), removal.alone, "{says}: alone");
        }
    }
}

fn ways(template: &Value, owners: &Owners, judge: &Judge) -> Ways {
    Simulation::read(template).unwrap().ways(owners, judge).unwrap()
}

/// Takes a barrier out of the platform's template.
fn remove(template: &mut Value, barrier: Barrier) {
    let mut every = |kind: &str, change: &dyn Fn(&str, &mut Value)| {
        for (id, resource) in template["Resources"].as_object_mut().unwrap() {
            if resource["Type"] == kind {
                change(id, &mut resource["Properties"]);
            }
        }
    };
    let function = "AWS::Lambda::Function";
    match barrier {
        Barrier::Authorizer => every("AWS::ApiGateway::RestApi", &|_, own| {
            operations(own, &|operation| drop(operation.remove("security")));
        }),
        Barrier::IdentitySource => every("AWS::ApiGateway::RestApi", &|_, own| {
            let scheme = &mut own["Body"]["components"]["securitySchemes"]["tenant"];
            let authorizer = &mut scheme["x-amazon-apigateway-authorizer"];
            authorizer["type"] = json!("request");
            authorizer["identitySource"] = json!("context.stage");
        }),
        Barrier::Integration => every("AWS::ApiGateway::RestApi", &|_, own| {
            operations(own, &|operation| swap(&mut operation["x-amazon-apigateway-integration"]));
        }),
        Barrier::InvokePermission => every("AWS::Lambda::Permission", &|_, own| {
            own.as_object_mut().unwrap().retain(|name, _| !name.starts_with("Source"));
        }),
        Barrier::ImmutableAttribute => every("AWS::Cognito::UserPool", &|_, own| {
            own["Schema"][0]["Mutable"] = json!(true);
        }),
        Barrier::ClosedSignUp => every("AWS::Cognito::UserPool", &|_, own| {
            own["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] = json!(false);
        }),
        Barrier::WriteAttributes => every("AWS::Cognito::UserPoolClient", &|_, own| {
            own.as_object_mut().unwrap().remove("WriteAttributes");
        }),
        Barrier::FunctionEnvironment => every(function, &|_, own| swap(&mut own["Environment"])),
        Barrier::RoleAssignment => every(function, &|_, own| swap(&mut own["Role"])),
        Barrier::SubnetAssignment => every(function, &|id, own| {
            // The first tenant's function moves, and the second one's is there.
            if id.contains("Tenant001") {
                swap(&mut own["VpcConfig"]["SubnetIds"]);
            }
        }),
        Barrier::NetworkAcl => every("AWS::EC2::NetworkAclEntry", &|_, own| {
            *own = json!({
                "NetworkAclId": own["NetworkAclId"], "RuleNumber": own["RuleNumber"],
                "Egress": own["Egress"], "RuleAction": "allow", "Protocol": -1,
                "CidrBlock": "0.0.0.0/0",
            });
        }),
        Barrier::SecurityGroup => every("AWS::EC2::SecurityGroup", &|_, own| {
            let everybody = json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]);
            own["SecurityGroupIngress"] = everybody.clone();
            own["SecurityGroupEgress"] = everybody;
        }),
        Barrier::IdentityPolicy => every("AWS::IAM::Role", &|id, own| {
            if id.starts_with("Tenant") {
                let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
                let document = json!({"Version": "2012-10-17", "Statement": [statement]});
                own["Policies"] = json!([{"PolicyName": "all", "PolicyDocument": document}]);
            }
        }),
        Barrier::ResourcePolicy => {
            every("AWS::DynamoDB::Table", &|_, own| {
                own.as_object_mut().unwrap().remove("ResourcePolicy");
            });
        }
        Barrier::KeyPolicy => every("AWS::KMS::Key", &|_, own| {
            own.as_object_mut().unwrap().remove("KeyPolicy");
        }),
        other => panic!("{} is not taken out here", other.title()),
    }
}

fn operations(api: &mut Value, change: &dyn Fn(&mut serde_json::Map<String, Value>)) {
    for path in api["Body"]["paths"].as_object_mut().unwrap().values_mut() {
        for operation in path.as_object_mut().unwrap().values_mut() {
            change(operation.as_object_mut().unwrap());
        }
    }
}

/// Puts each of the two tenants in the other's place.
fn swap(value: &mut Value) {
    match value {
        Value::String(text) => {
            for (one, other) in [("tenant-001", "tenant-002"), ("Tenant001", "Tenant002")] {
                let swapped = text.replace(one, "\0").replace(other, one).replace('\0', other);
                *text = swapped;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(swap),
        Value::Object(members) => members.values_mut().for_each(swap),
        _ => {}
    }
}
