//! The stand-in for the fuzz targets where there is no nightly compiler: the same entry points
//! over random bytes, over templates and policies with random bytes in them, and over the platforms
//! that random bytes stand for.

use proptest::prelude::*;

const SEEDS: [&str; 3] = [
    "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, p]}\nResources:\n  A:\n    Type: AWS::IAM::Role\n    Condition: C\n    Properties:\n      RoleName: !Sub 'r-${P}'\n      Policies: [!If [C, {PolicyName: p, PolicyDocument: {Statement: []}}, !Ref AWS::NoValue]]\n",
    r#"{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]}}}}}"#,
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalTag/t": ["${aws:username}", "a?*"]}}}]}"#,
];

fn cases() -> u32 {
    std::env::var("FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(256)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        tenantry_fuzz::template(&bytes);
        tenantry_fuzz::policy(&bytes);
    }

    #[test]
    fn changed_templates_and_policies_are_read_or_refused(
        seed in prop::sample::select(&SEEDS[..]),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0usize..8, "[ -~\n]{0,8}"), 0..6
        ),
    ) {
        let mut bytes = seed.as_bytes().to_vec();
        for (at, cut, text) in changes {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, text.bytes());
        }
        tenantry_fuzz::template(&bytes);
        tenantry_fuzz::policy(&bytes);
    }
}

proptest! {
    // A platform takes longer than a text.
    #![proptest_config(ProptestConfig {
        cases: cases().div_ceil(8), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn the_verdict_on_any_platform_is_what_the_simulation_finds(
        bytes in prop::collection::vec(any::<u8>(), 0..80)
    ) {
        tenantry_fuzz::verdict(&bytes);
    }
}
