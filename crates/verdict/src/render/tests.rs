#[path = "../../tests/json_schema/mod.rs"]
mod schema;

use serde_json::Value;
use tenantry_template::Place;

use super::{Role, github, gitlab, human, json, junit, markdown, sarif};
use crate::claims::{Barrier, Plane, hygiene, identity, log, network};
use crate::verdict::{
    Accept, Act, Assumption, ClaimVerdict, ContextKey, Counterexample, Evidence, Notice, Outcome,
    Party, Reason, Removal, SetBy, Step, Verdict,
};

fn place(line: usize) -> Place {
    Place {
        file: "a b/template.yaml".into(),
        line,
        column: 7,
        end_line: line,
        end_column: 12,
        text: "      Allow: true".into(),
        before: 6,
        length: 5,
    }
}

fn example(principal: &str) -> Counterexample {
    let victim = Party::Tenant("b".into());
    let mut example = Counterexample::new(
        identity::OTHER_TENANTS_ASSET,
        Party::Outside,
        victim,
        Barrier::KeyPolicy,
    );
    example.principal = principal.into();
    example.action = "kms:Decrypt".into();
    example.resource = "KeyB".into();
    let [key, value] = ["aws:SourceIp", "198.51.100.7"].map(String::from);
    example.context = vec![ContextKey { key, value, set_by: SetBy::Caller }];
    example.when = vec!["`A` begins with `B`".into()];
    example.steps = vec![
        Step { what: "RoleA assumes RoleB".into(), place: Some(place(3)) },
        Step { what: "and is RoleB".into(), place: None },
    ];
    example.evidence = vec![
        Evidence { says: "allows it".into(), allows: true, place: place(12) },
        Evidence { says: "ought to deny it".into(), allows: false, place: place(120) },
    ];
    example.fix = "Name the role.".into();
    example.pairs = 2;
    example
}

fn act(number: usize) -> Act {
    Act { action: format!("kms:Action{number}"), resource: format!("Key{number}") }
}

/// A verdict with something in every field.
fn verdict() -> Verdict {
    let mut asked = ClaimVerdict::new(identity::OTHER_TENANTS_ASSET);
    asked.questions = 4;
    asked.counterexamples = vec![example("RoleA"), example("RoleC")];
    asked.counterexamples[0].also = (1..=6).map(act).collect();
    let mut open = ClaimVerdict::new(network::PACKET);
    let [unknown, matters, help] =
        ["the parameter `Range`", "it may cover B", "give it a value"].map(String::from);
    open.undecided = vec![Reason { unknown, matters, help, place: Some(place(9)) }];
    let mut kept = ClaimVerdict::new(hygiene::LOG_RETENTION);
    let mut advised = example("");
    (advised.claim, advised.action) = (kept.claim, "keeps its events for ever".into());
    kept.advice = vec![advised];
    let mut unencrypted = ClaimVerdict::new(log::ENCRYPTION);
    unencrypted.weak = vec![Counterexample { claim: log::ENCRYPTION, ..example("LogGroup") }];
    let tenants = vec!["b".into(), "a".into()];
    let answers = [asked, open, kept, unencrypted];
    let mut verdict = Verdict::assemble(tenants, &[Plane::Network], answers);
    let notice = |what: &str, help: Option<&str>| Notice {
        what: what.into(),
        help: help.map(String::from),
        place: help.map(|_| place(30)),
    };
    verdict.dead = vec![notice("this statement never matches", Some("remove it"))];
    verdict.least_privilege = vec![notice("the operator may do everything", None)];
    verdict.warnings = vec![notice("a key is written twice", Some("remove one"))];
    verdict.barriers = vec![Removal {
        plane: Plane::Network,
        against: None,
        barrier: Barrier::NetworkAcl,
        alone: true,
        without: Outcome::Breached,
        example: Some(Box::new(example("RoleA"))),
    }];
    let [id, text] = ["joined", "No VPC is joined elsewhere."].map(String::from);
    verdict.assumptions = vec![Assumption { id, text, added: true, claims: vec![network::PACKET] }];
    let accept = Accept {
        claim: identity::OTHER_TENANTS_ASSET.id.into(),
        resource: "KeyB".into(),
        conditions: Vec::new(),
        principal: "RoleC".into(),
        action: "kms:Decrypt".into(),
        reason: "being moved".into(),
        until: "2026-12-31".parse().unwrap(),
        place: Some(place(2)),
    };
    verdict.accept(&[accept], "2026-11-24".parse().unwrap());
    verdict
}

#[test]
fn a_verdict_for_people_tells_findings_first_and_the_sum_last() {
    insta::assert_snapshot!(human(&verdict()));
}

#[test]
fn what_leaves_several_claims_open_is_told_once() {
    let mut verdict = Verdict::assemble(vec!["a".into()], &[Plane::Key], []);
    assert_eq!(verdict.claims.len(), 3);
    let [unknown, matters, help] = ["a macro", "it may make anything", "run it"].map(String::from);
    for answer in &mut verdict.claims {
        let [unknown, matters, help] = [unknown.clone(), matters.clone(), help.clone()];
        answer.undecided = vec![Reason { unknown, matters, help, place: Some(place(1)) }];
    }
    insta::assert_snapshot!(human(&verdict));
}

#[test]
fn painting_changes_nothing_but_what_the_painter_adds() {
    let styled = human(&verdict());
    assert_eq!(styled.paint(|_, text| text.to_owned()), styled.to_string());
    let marked = styled.paint(|role, text| match role {
        Role::Bad => format!("<{text}>"),
        _ => text.to_owned(),
    });
    assert!(marked.starts_with("<breached> identity/"), "{marked}");
}

#[test]
fn control_characters_of_a_template_do_not_reach_the_terminal() {
    let mut verdict = verdict();
    for answer in &mut verdict.claims {
        for example in &mut answer.counterexamples {
            example.principal = "Role\u{1b}]0;title\u{7}".into();
            example.evidence[0].place.text = "\u{1b}[31m\tred\u{7}".into();
        }
    }
    let text = human(&verdict).to_string();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}

#[test]
fn json_is_what_the_published_schema_describes() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schema/verdict.schema.json")).unwrap();
    let text = json(&verdict()).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema::faults(&schema, &schema, &value, "$"), Vec::<String>::new());
    insta::assert_snapshot!(text);
}

#[test]
fn the_schema_refuses_what_is_missing_unknown_or_of_another_type() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schema/verdict.schema.json")).unwrap();
    let value: Value = serde_json::from_str(&json(&verdict()).unwrap()).unwrap();
    let broken = |pointer: &str, change: &dyn Fn(&mut Value)| {
        let mut value = value.clone();
        change(value.pointer_mut(pointer).unwrap());
        schema::faults(&schema, &schema, &value, "$").len()
    };
    let remove = |value: &mut Value| drop(value.as_object_mut().unwrap().remove("key"));
    assert_eq!(broken("/claims/0/counterexamples/0", &remove), 1);
    assert_eq!(broken("/claims/0/counterexamples/0", &|v| v["more"] = 1.into()), 1);
    assert_eq!(broken("/claims/0/outcome", &|v| *v = "isolated".into()), 1);
    assert_eq!(broken("/pairs", &|v| *v = "2".into()), 1);
}

#[test]
fn sarif_has_what_version_2_1_0_requires() {
    let text = sarif(&verdict(), "0.0.0").unwrap();
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "tenantry");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    for result in run["results"].as_array().unwrap() {
        assert!(ids.contains(&result["ruleId"].as_str().unwrap()), "{result}");
        assert!(result["message"]["text"].is_string(), "{result}");
        // Section 3.27.10: only a failure has a level other than none.
        assert!(result["kind"] == "fail" || result["level"] == "none", "{result}");
        for location in result["locations"].as_array().unwrap() {
            let physical = &location["physicalLocation"];
            assert_eq!(physical["artifactLocation"]["uri"], "a%20b/template.yaml");
            assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1);
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&run["results"]).unwrap());
}

/// What a template may call its things.
fn hostile() -> Verdict {
    let mut verdict = verdict();
    for answer in &mut verdict.claims {
        for example in &mut answer.counterexamples {
            example.principal = "Role\n::error::<b>|`@all`\u{1b}[0m%0A,\"&]]>".into();
            example.evidence[0].place.file = "a,b:c%\n|`<.yaml".into();
        }
    }
    verdict
}

#[test]
fn annotations_of_github_are_a_line_each() {
    insta::assert_snapshot!(github(&verdict()));
    let hostile = github(&hostile());
    assert_eq!(hostile.lines().count(), github(&verdict()).lines().count());
    assert!(hostile.lines().all(|line| line.starts_with("::")), "{hostile}");
}

#[test]
fn gitlabs_report_has_what_its_format_requires() {
    let text = gitlab(&verdict()).unwrap();
    let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut fingerprints: Vec<&str> = Vec::new();
    for issue in &issues {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(issue[key].is_string(), "{issue}");
        }
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1, "{issue}");
        fingerprints.push(issue["fingerprint"].as_str().unwrap());
    }
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len());
    insta::assert_snapshot!(text);
}

#[test]
fn junit_has_a_suite_a_plane_and_a_case_a_claim() {
    insta::assert_snapshot!(junit(&verdict()));
    for verdict in [verdict(), hostile()] {
        let text = junit(&verdict);
        let document = roxmltree::Document::parse(&text).unwrap();
        let of = |name| document.descendants().filter(|node| node.has_tag_name(name)).count();
        assert_eq!(of("testcase"), verdict.claims.len());
        let count = |name| document.root_element().attribute(name).unwrap().parse::<usize>();
        assert_eq!(count("failures").unwrap(), of("failure"));
        assert_eq!(count("errors").unwrap(), of("error"));
        assert_eq!(count("skipped").unwrap(), of("skipped"));
    }
}

#[test]
fn markdown_is_tables_that_a_template_cannot_leave() {
    insta::assert_snapshot!(markdown(&verdict()));
    let hostile = markdown(&hostile());
    assert_eq!(hostile.lines().count(), markdown(&verdict()).lines().count());
    assert!(!hostile.contains("<b>") && !hostile.contains("@all"), "{hostile}");
}
