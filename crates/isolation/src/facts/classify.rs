//! Which claims an action on an asset speaks about, beside that of identity.

use tenantry_verdict::claims::Barrier;

use crate::claim_set::{Listed, claim_set};

claim_set!(
    /// The claims that actions on assets speak about.
    pub(crate) OfActions {
        data { COPY, RESOURCE_POLICY, STREAM }
        escalation { ASSUME, CODE, FEED, NETWORK, PASS, POLICY }
        key { ADMINISTER, USE }
        log { READ_BY_OWNER, WRITTEN_BY_OWNER }
        route { INVOKE }
    }
);

/// The claim, besides `identity/other-tenants-asset`, that an action on a resource of this type
/// breaks, and the barrier that ought to have stopped it.
pub(crate) fn claim(kind: &str, action: &str) -> Option<(Listed<OfActions>, Barrier)> {
    let (service, name) = action.split_once(':')?;
    let lower = name.to_ascii_lowercase();
    let any = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start));
    let identity = Barrier::IdentityPolicy;
    Some(match (kind, service) {
        ("AWS::KMS::Key", "kms") => {
            let used = any(&[
                "decrypt",
                "encrypt",
                "generatedatakey",
                "reencrypt",
                "sign",
                "verify",
                "generatemac",
                "derivesharedsecret",
                "describekey",
                "getpublickey",
            ]);
            (if used { key::USE } else { key::ADMINISTER }, Barrier::KeyPolicy)
        }
        ("AWS::IAM::Role", "sts") => (escalation::ASSUME, Barrier::TrustPolicy),
        ("AWS::IAM::Role", "iam") if lower == "passrole" => (escalation::PASS, identity),
        (
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" | "AWS::IAM::ManagedPolicy",
            "iam",
        ) => {
            let writes = any(&[
                "put",
                "attach",
                "detach",
                "create",
                "update",
                "delete",
                "set",
                "add",
                "tag",
                "untag",
                "upload",
                "reset",
                "enable",
                "deactivate",
            ]);
            return writes.then_some((escalation::POLICY, identity));
        }
        ("AWS::Lambda::Function", "lambda") => {
            if any(&["invoke"]) {
                (route::INVOKE, Barrier::InvokePermission)
            } else if any(&[
                "updatefunctioncode",
                "updatefunctionconfiguration",
                "publish",
                "updatealias",
            ]) {
                (escalation::CODE, identity)
            } else if any(&[
                "addpermission",
                "removepermission",
                "putfunctionurl",
                "createfunctionurl",
            ]) {
                (escalation::POLICY, identity)
            } else if any(&["createeventsourcemapping", "updateeventsourcemapping"]) {
                (escalation::FEED, identity)
            } else {
                return None;
            }
        }
        ("AWS::EC2::Instance", "ec2")
            if any(&[
                "modifyinstanceattribute",
                "associateiaminstanceprofile",
                "replaceiaminstanceprofile",
            ]) =>
        {
            (escalation::CODE, identity)
        }
        (kind, "ec2") if kind.starts_with("AWS::EC2::") => {
            return (!any(&["describe", "get", "list"])).then_some((escalation::NETWORK, identity));
        }
        ("AWS::Logs::LogGroup", "logs") => {
            let writes =
                any(&["put", "create", "delete", "associate", "disassociate", "tag", "untag"]);
            let claim = if writes { log::WRITTEN_BY_OWNER } else { log::READ_BY_OWNER };
            (claim, identity)
        }
        (_, "dynamodb" | "s3" | "sqs" | "sns" | "kinesis" | "secretsmanager" | "ecr")
            if any(&[
                "putresourcepolicy",
                "deleteresourcepolicy",
                "setrepositorypolicy",
                "deleterepositorypolicy",
                "putbucketpolicy",
                "deletebucketpolicy",
                "addpermission",
                "setqueueattributes",
                "settopicattributes",
                "removepermission",
            ]) =>
        {
            (escalation::POLICY, identity)
        }
        (_, "dynamodb" | "kinesis")
            if any(&["getrecords", "getsharditerator", "describestream", "subscribetoshard"]) =>
        {
            (data::STREAM, identity)
        }
        (_, "dynamodb" | "s3")
            if any(&[
                "export",
                "restore",
                "createbackup",
                "startawsbackup",
                "createglobaltable",
                "putreplication",
                "enablekinesis",
            ]) =>
        {
            (data::COPY, identity)
        }
        _ => return None,
    })
}

/// The claims that asking every asset decides, with the types of assets that each is asked of.
pub(crate) const ASKED: &[(Listed<OfActions>, &[&str])] = &[
    (key::USE, &["AWS::KMS::Key"]),
    (key::ADMINISTER, &["AWS::KMS::Key"]),
    (escalation::ASSUME, &["AWS::IAM::Role"]),
    (escalation::PASS, &["AWS::IAM::Role"]),
    (escalation::CODE, &["AWS::Lambda::Function"]),
    (log::READ_BY_OWNER, &["AWS::Logs::LogGroup"]),
    (data::STREAM, &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Kinesis::Stream"]),
    (data::COPY, &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket"]),
    (data::RESOURCE_POLICY, STORES),
];

/// Types that hold data of their own.
const STORES: &[&str] = &[
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::GlobalTable",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::Kinesis::Stream",
    "AWS::SecretsManager::Secret",
];

/// The claims that an action on such an asset may break, which another part counts the questions of.
const BESIDES: &[(Listed<OfActions>, &[&str])] = &[
    (log::WRITTEN_BY_OWNER, &["AWS::Logs::LogGroup"]),
    (route::INVOKE, &["AWS::Lambda::Function"]),
];

/// The claims that stay open when it is not known what may be done to an asset of a type.
pub(crate) fn open(kind: Option<&str>) -> impl Iterator<Item = Listed<OfActions>> {
    let all = ASKED.iter().chain(BESIDES);
    all.filter(move |(_, kinds)| kind.is_none_or(|kind| kinds.contains(&kind)))
        .map(|(claim, _)| *claim)
}

/// Whether a type holds data of its own that `data/resource-policy` speaks about.
pub(crate) fn stores_data(kind: &str) -> bool {
    STORES.contains(&kind)
}

pub(crate) fn writes(action: &str) -> bool {
    let name = action.split_once(':').map_or("", |(_, name)| name).to_ascii_lowercase();
    ["put", "update", "batchwrite", "send", "publish", "partiqlinsert", "partiqlupdate", "delete"]
        .iter()
        .any(|start| name.starts_with(start))
        && !name.contains("policy")
}
