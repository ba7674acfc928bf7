//! Whose things are: tags wherever a type has them, stacks' tags, parts, names.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fmt::Write as _;

use tenantry_template::{
    Loader, Model, NoLoader, Owner, OwnerRule, Pooled, ReadOptions, Source, read,
};

fn model<'t>(text: &'t str, options: &ReadOptions) -> Model<'t> {
    read(&[Source { name: "t.yaml", bytes: text.as_bytes() }], options, &NoLoader).unwrap()
}

fn owner(model: &Model<'_>, id: &str) -> String {
    let resource = model.resources.iter().find(|each| each.id == id).unwrap();
    match resource.owner {
        Owner::Tenant(at) => model.tenants[at].as_literal().unwrap().to_owned(),
        Owner::Shared => "shared".to_owned(),
        Owner::Undecided => "undecided".to_owned(),
    }
}

/// Every owner by logical id, and what is odd.
fn told(model: &Model<'_>) -> String {
    let mut out = String::new();
    for resource in &model.resources {
        let _ = writeln!(out, "{}: {}", resource.path, owner(model, &resource.id));
    }
    for (what, all) in [("gap", &model.gaps), ("warning", &model.warnings)] {
        all.iter().for_each(|each| {
            let _ = writeln!(out, "{what}: {each}");
        });
    }
    out
}

/// A resource of a type with its tag at a path, in a shape, as the schemas have it.
fn tagged(kind: &str, path: &str, shape: &str) -> String {
    let list = |key: &str, value: &str| format!(r#"[{{"{key}":"tenant_id","{value}":"acme"}}]"#);
    let tags = match shape {
        "map" => r#"{"tenant_id":"acme"}"#.to_owned(),
        "Items" => format!(r#"{{"Items":{}}}"#, list("Key", "Value")),
        pair => pair.split_once('/').map(|(key, value)| list(key, value)).unwrap(),
    };
    let value = path.rsplit('/').fold(tags, |inner, part| match part {
        "*" => format!("[{inner}]"),
        name => format!(r#"{{"{name}":{inner}}}"#),
    });
    format!(r#"{{"Resources":{{"One":{{"Type":"{kind}","Properties":{value}}}}}}}"#)
}

#[test]
fn every_type_that_has_tags_is_owned_by_the_tenant_that_they_name() {
    let lines = include_str!("data/tag-properties.txt").lines();
    let mut asked = 0;
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (path, shape) = (words.next().unwrap(), words.next().unwrap());
        for kind in words {
            let text = tagged(kind, path, shape);
            let model = model(&text, &ReadOptions::default());
            assert_eq!(owner(&model, "One"), "acme", "{kind}: {path} as {shape}");
            asked += 1;
        }
    }
    assert!(asked > 1_200, "{asked} types");
}

#[test]
fn what_a_tag_makes_of_others_is_no_owner() {
    for (kind, path) in [
        ("AWS::Cognito::IdentityPoolPrincipalTag", "PrincipalTags"),
        ("AWS::FMS::Policy", "ResourceTags"),
        ("AWS::EC2::IPAMPool", "AllocationResourceTags"),
    ] {
        let text = tagged(kind, path, if kind.contains("Pool") { "map" } else { "Key/Value" });
        assert_eq!(owner(&model(&text, &ReadOptions::default()), "One"), "shared", "{kind}");
    }
}

#[test]
fn tags_of_replicas_and_of_what_is_made_count() {
    for path in [
        "Replicas/*/Tags",
        "TagSpecifications/*/Tags",
        "LaunchTemplateData/TagSpecifications/*/Tags",
    ] {
        let text = tagged("AWS::DynamoDB::GlobalTable", path, "Key/Value");
        assert_eq!(owner(&model(&text, &ReadOptions::default()), "One"), "acme", "{path}");
    }
}

struct Nested;

impl Loader for Nested {
    fn load(&self, _: &str, url: &str) -> Result<(String, Vec<u8>), String> {
        let text = "
Resources:
  Plain: { Type: AWS::SQS::Queue }
  Own: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: tenant_id, Value: globex }] } }
  Everybodys: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: tenant_id, Value: shared }] } }
";
        Ok((url.to_owned(), text.into()))
    }
}

#[test]
fn a_nested_stacks_tag_is_the_tag_of_what_is_in_it() {
    let text = "
Resources:
  Acme:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: ./tenant.yaml, Tags: [{ Key: tenant_id, Value: acme }] }
";
    let source = Source { name: "t.yaml", bytes: text.as_bytes() };
    let model = read(&[source], &ReadOptions::default(), &Nested).unwrap();
    insta::assert_snapshot!(told(&model), @r"
    Acme: acme
    Acme/Plain: acme
    Acme/Own: globex
    Acme/Everybodys: shared
    ");
}

#[test]
fn parts_are_whose_the_whole_is() {
    let text = "
Resources:
  Balancer: { Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: { Tags: [{ Key: tenant_id, Value: acme }] } }
  Listener: { Type: AWS::ElasticLoadBalancingV2::Listener, Properties: { LoadBalancerArn: !Ref Balancer } }
  Rule: { Type: AWS::ElasticLoadBalancingV2::ListenerRule, Properties: { ListenerArn: !Ref Listener } }
  Stream: { Type: AWS::Kinesis::Stream, Properties: { Tags: [{ Key: tenant_id, Value: acme }] } }
  Consumer: { Type: AWS::Kinesis::StreamConsumer, Properties: { StreamARN: !GetAtt Stream.Arn } }
  Key: { Type: AWS::KMS::Key, Properties: { Tags: [{ Key: tenant_id, Value: acme }] } }
  Replica: { Type: AWS::KMS::ReplicaKey, Properties: { PrimaryKeyArn: !GetAtt Key.Arn } }
  Files: { Type: AWS::EFS::FileSystem, Properties: { FileSystemTags: [{ Key: tenant_id, Value: acme }] } }
  Mount: { Type: AWS::EFS::MountTarget, Properties: { FileSystemId: !Ref Files } }
  Point: { Type: AWS::EFS::AccessPoint, Properties: { FileSystemId: !Ref Files } }
";
    let model = model(text, &ReadOptions::default());
    for resource in &model.resources {
        assert_eq!(owner(&model, &resource.id), "acme", "{}", resource.id);
    }
}

#[test]
fn a_tag_in_another_spelling_is_seen_and_named() {
    let text = "
Resources:
  One: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: tenant_id, Value: acme }] } }
  Two: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: TenantId, Value: globex }] } }
  Payer: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: Customer, Value: internal }] } }
";
    insta::assert_snapshot!("another_spelling", told(&model(text, &ReadOptions::default())));
    let tenant_tags = vec!["tenant_id".to_owned(), "TenantId".to_owned()];
    let both = ReadOptions { tenant_tags, ..ReadOptions::default() };
    insta::assert_snapshot!(told(&model(text, &both)), @r"
    One: acme
    Two: globex
    Payer: shared
    ");
}

#[test]
fn a_name_says_whose_a_thing_is_before_its_tag() {
    let text = "
Resources:
  AcmeTable: { Type: AWS::DynamoDB::Table, Properties: { TableName: a } }
  Other: { Type: AWS::SQS::Queue, Properties: { QueueName: globex-jobs } }
  Tagged: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: tenant_id, Value: acme }] } }
  Rest: { Type: AWS::SQS::Queue }
";
    let rule = |(pattern, tenant): (&str, &str)| OwnerRule {
        pattern: pattern.to_owned(),
        tenant: tenant.to_owned(),
    };
    let rules =
        [("Acme*", "acme"), ("globex-?obs", "globex"), ("Tagged", "shared"), ("Nothing*", "acme")];
    let owners = rules.into_iter().map(rule).collect();
    let pooled = Pooled { tenants: vec!["initech".to_owned()], claim: None };
    let model = model(text, &ReadOptions { owners, pooled, ..ReadOptions::default() });
    insta::assert_snapshot!("by_name", told(&model));
    let tenants: Vec<_> = model.tenants.iter().filter_map(|id| id.as_literal()).collect();
    assert_eq!(tenants, ["acme", "globex", "initech"]);
}
