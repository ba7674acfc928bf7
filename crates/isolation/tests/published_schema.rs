//! Whole verdicts against the schema that is published for them.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "../../verdict/tests/json_schema/mod.rs"]
mod schema;

use serde_json::Value;
use tenantry_isolation::{VerifyOptions, verify_model};
use tenantry_template::{NoLoader, ReadOptions, Source, read};
use tenantry_verdict::Against;
use tenantry_verdict::render::json;

#[test]
fn the_removal_of_every_barrier_is_what_the_published_schema_describes() {
    let schema: Value =
        serde_json::from_str(include_str!("../../verdict/schema/verdict.schema.json")).unwrap();
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/barriers");
    for entry in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let source = Source { name: "template.yaml", bytes: &bytes };
        let model = read(&[source], &ReadOptions::default(), &NoLoader).unwrap();
        let asked = VerifyOptions { barriers: true, ..VerifyOptions::default() };
        let verdict = verify_model(&model, &asked);
        assert!(verdict.barriers.iter().any(|removal| removal.against.is_some()));
        for removal in &verdict.barriers {
            let named = |against: Against| against.claim.barriers.contains(&removal.barrier);
            assert!(removal.against.is_none_or(named), "{removal:?}");
        }
        let value: Value = serde_json::from_str(&json(&verdict).unwrap()).unwrap();
        assert_eq!(schema::faults(&schema, &schema, &value, "$"), Vec::<String>::new());
    }
}
