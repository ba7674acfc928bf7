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
    let name = name.to_ascii_lowercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    let claim = match (kind, service) {
        ("AWS::KMS::Key", "kms") => {
            if begins(USES_KEY) {
                key::USE
            } else {
                key::ADMINISTER
            }
        }
        ("AWS::IAM::Role", "sts") => escalation::ASSUME,
        ("AWS::IAM::Role", "iam") if name == "passrole" => escalation::PASS,
        (kind, "iam") if PRINCIPALS.contains(&kind) => {
            begins(WRITES_PRINCIPAL).then_some(escalation::POLICY)?
        }
        ("AWS::Lambda::Function", "lambda") => on_function(begins)?,
        ("AWS::EC2::Instance", "ec2") if begins(RUNS_ON_INSTANCE) => escalation::CODE,
        (kind, "ec2") if kind.starts_with("AWS::EC2::") => {
            (!begins(&["describe", "get", "list"])).then_some(escalation::NETWORK)?
        }
        ("AWS::Logs::LogGroup", "logs") => match begins(WRITES_LOG) {
            true => log::WRITTEN_BY_OWNER,
            false => log::READ_BY_OWNER,
        },
        (_, "dynamodb" | "s3" | "sqs" | "sns" | "kinesis" | "secretsmanager" | "ecr")
            if begins(WRITES_STORES_POLICY) =>
        {
            escalation::POLICY
        }
        (_, "dynamodb" | "kinesis") if begins(READS_STREAM) => data::STREAM,
        (_, "dynamodb" | "s3") if begins(COPIES) => data::COPY,
        _ => return None,
    };
    let barrier = match (kind, service) {
        ("AWS::KMS::Key", "kms") => Barrier::KeyPolicy,
        ("AWS::IAM::Role", "sts") => Barrier::TrustPolicy,
        _ if *claim == *route::INVOKE => Barrier::InvokePermission,
        _ => Barrier::IdentityPolicy,
    };
    Some((claim, barrier))
}

/// The claim that an action on a function breaks, by how its name begins.
fn on_function(begins: impl Fn(&[&str]) -> bool) -> Option<Listed<OfActions>> {
    let claims = [
        (route::INVOKE, &["invoke"][..]),
        (escalation::CODE, CHANGES_CODE),
        (escalation::POLICY, CHANGES_CALLERS),
        (escalation::FEED, &["createeventsourcemapping", "updateeventsourcemapping"]),
    ];
    claims.into_iter().find_map(|(claim, starts)| begins(starts).then_some(claim))
}

// How the names of actions begin, in lower case.
const USES_KEY: &[&str] = &[
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
];
const PRINCIPALS: &[&str] =
    &["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy"];
const WRITES_PRINCIPAL: &[&str] = &[
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
];
const CHANGES_CODE: &[&str] =
    &["updatefunctioncode", "updatefunctionconfiguration", "publish", "updatealias"];
const CHANGES_CALLERS: &[&str] =
    &["addpermission", "removepermission", "putfunctionurl", "createfunctionurl"];
const RUNS_ON_INSTANCE: &[&str] =
    &["modifyinstanceattribute", "associateiaminstanceprofile", "replaceiaminstanceprofile"];
const WRITES_LOG: &[&str] =
    &["put", "create", "delete", "associate", "disassociate", "tag", "untag"];
const WRITES_STORES_POLICY: &[&str] = &[
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
];
const READS_STREAM: &[&str] =
    &["getrecords", "getsharditerator", "describestream", "subscribetoshard"];
const COPIES: &[&str] = &[
    "export",
    "restore",
    "createbackup",
    "startawsbackup",
    "createglobaltable",
    "putreplication",
    "enablekinesis",
];

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
pub(crate) fn undecided_without(kind: Option<&str>) -> impl Iterator<Item = Listed<OfActions>> {
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
