//! A resolved value as a policy's document.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test")]

use tenantry_isolation::{Places, document};
use tenantry_template::{NoLoader, ReadOptions, Source, read};

#[test]
fn a_policy_document_keeps_its_symbols_and_places() {
    let text = "
Resources:
  T: { Type: AWS::DynamoDB::Table }
  P:
    Type: AWS::IAM::RolePolicy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - { Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt T.Arn }
";
    let source = Source { name: "p.yaml", bytes: text.as_bytes() };
    let model = read(&[source], &ReadOptions::default(), &NoLoader).unwrap();
    let value = model.resources.as_slice()[1].properties.get("PolicyDocument").unwrap();
    let mut places = Places::default();
    let node = document(value, &mut places).unwrap();
    let policy = tenantry_policy::Policy::parse(&node, tenantry_policy::Kind::Identity).unwrap();
    assert_eq!(policy.statements.len(), 1);
    let place = model.place(places.get(node.span).unwrap()).unwrap();
    assert_eq!((place.line, place.column), (8, 9));
}
