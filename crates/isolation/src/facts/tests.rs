use std::path::Path;

use tenantry_policy::{
    CallerKind, Context, PolicySet, Reference, Request, ResourceKind, allowed_concretely,
};
use tenantry_template::{NoLoader, Owner, ReadOptions, Source, read};

use super::assets::Asset;
use super::principals::Principal;
use crate::facts::Facts;

/// How many ways were replayed, and how many refusals were sampled.
#[derive(Default)]
struct Count {
    replayed: usize,
    unknown: usize,
    sampled: usize,
}

#[test]
fn a_second_evaluator_agrees_with_every_way_through_and_finds_no_other() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files: Vec<_> =
        std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut count = Count::default();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let planes = ["identity-", "escalation-", "key-", "data-", "log-", "route-"];
        if !planes.iter().any(|plane| name.starts_with(plane)) {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let account = Some("111122223333".to_owned());
        let region = Some("us-east-1".to_owned());
        let options = ReadOptions { account, region, ..ReadOptions::default() };
        let model = read(&[Source { name: &name, bytes: &bytes }], &options, &NoLoader).unwrap();
        let facts = Facts::read(&model);
        for principal in &facts.principals {
            for asset in &facts.assets {
                compare(&facts, principal, asset, &name, &mut count);
            }
        }
    }
    assert!(count.replayed > 500, "{} ways replayed", count.replayed);
    assert!(count.sampled > 5_000, "{} refusals sampled", count.sampled);
    assert!(count.unknown < count.replayed, "{} not known", count.unknown);
}

fn compare(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    asset: &Asset,
    name: &str,
    count: &mut Count,
) {
    if matches!(principal.owner, Owner::Undecided) {
        return;
    }
    let reach = facts.reach(principal, asset, &Context::hostile());
    let set = |action: &str| {
        let mut set = facts.policies(principal, asset);
        // A role's own policy is about becoming it.
        if &*asset.kind == "AWS::IAM::Role" && !action.starts_with("sts:") {
            set = PolicySet { resource: None, resource_kind: ResourceKind::Ordinary, ..set };
        }
        set
    };
    for way in &reach.allowed {
        count.replayed += 1;
        match allowed_concretely(&way.request, &set(&way.request.action)) {
            Some(allowed) => assert!(
                allowed,
                "{name}: {} refuses {:?} {} {}",
                "the second evaluator", principal.arn, way.request.action, asset.target.arn
            ),
            None => count.unknown += 1,
        }
    }
    for (action, _) in Reference::get().actions_on(&asset.target.arn).iter() {
        // Of becoming a role, what needs a token is asked of whoever holds one.
        if action.starts_with("sts:") {
            continue;
        }
        let told = reach.allowed.iter().any(|way| way.request.action == *action)
            || reach.undecided.iter().any(|(each, _)| each == action);
        if told || matches!(principal.caller.kind, CallerKind::Root) {
            continue;
        }
        count.sampled += 1;
        let request = Request {
            caller: principal.caller.clone(),
            action: action.clone(),
            resource: asset.target.arn.clone(),
            resource_account: asset.target.account.clone(),
            resource_tags: asset.target.tags.clone(),
            context: Context::exact(),
        };
        assert_ne!(
            allowed_concretely(&request, &set(&request.action)),
            Some(true),
            "{name}: {:?} {} {}",
            principal.arn,
            request.action,
            asset.target.arn
        );
    }
}
