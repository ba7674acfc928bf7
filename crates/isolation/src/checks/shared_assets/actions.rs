//! Which actions on a shared thing of a type take control of it, or read what others put there.

use crate::claim_set::{Listed, claim_set};
use crate::findings::unknown::Stake;
use crate::registry::{List, stands};

claim_set!(
    /// The claims that the rows speak of.
    pub(crate) Claims {
        data { COPY, POOLED, STREAM }
        escalation { CODE, POLICY }
        identity { OTHER_TENANTS_ASSET }
        key { ADMINISTER, USE }
        log { READ_BY_OWNER }
        token { CLAIM_WRITABLE }
    }
);

/// Actions on a type that a tenant ought not to have on what is shared.
pub(super) struct Row {
    kinds: &'static [&'static str],
    /// In lower case, without the service; `*` at the end stands for any end.
    actions: &'static [&'static str],
    pub(super) claim: Listed<Claims>,
    /// What an action of these is good for.
    pub(super) stake: Stake,
    /// Condition keys that keep tenants apart: the request has another tenant's value for them.
    pub(super) apart: &'static [&'static str],
    /// The beginning of condition keys that keep tenants apart where one of them is tied to such a
    /// key; where none is, nothing is asked.
    pub(super) apart_by: Option<&'static str>,
    /// Condition keys that the request is without.
    pub(super) without: &'static [&'static str],
}

/// What a request says of something that is another tenant's.
pub(super) const FOREIGN: &str = "<another tenant's>";

/// The rows of a type.
pub(super) fn rows(kind: &str) -> impl Iterator<Item = &'static Row> {
    let rows = ROWS.iter().enumerate().filter(move |(_, row)| row.kinds.contains(&kind));
    rows.filter(|(at, _)| stands(List::Rows, *at)).map(|(_, row)| row)
}

/// The rows, each as one line.
pub(crate) fn lines() -> Vec<String> {
    let line = |row: &Row| format!("{}: {}", row.kinds.join(", "), row.actions.join(", "));
    ROWS.iter().map(line).collect()
}

impl Row {
    /// Whether it has an action, as `sqs:ReceiveMessage`.
    pub(super) fn lists(&self, action: &str) -> bool {
        let name = action.split_once(':').map_or(action, |(_, name)| name).to_ascii_lowercase();
        self.actions.iter().any(|each| match each.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *each,
        })
    }

    /// Whether conditions may keep tenants apart.
    pub(super) fn ties(&self) -> bool {
        !self.apart.is_empty() || self.apart_by.is_some() || !self.without.is_empty()
    }
}

const fn row(
    kinds: &'static [&'static str],
    actions: &'static [&'static str],
    claim: Listed<Claims>,
    stake: Stake,
) -> Row {
    Row { kinds, actions, claim, stake, apart: &[], apart_by: None, without: &[] }
}

const STORES: &[&str] = &[
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::GlobalTable",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::Kinesis::Stream",
    "AWS::SecretsManager::Secret",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
];

const ROWS: &[Row] = &[
    row(
        &["AWS::Lambda::Function"],
        &["updatefunctioncode", "updatefunctionconfiguration", "updatealias"],
        escalation::CODE,
        Stake::RequestsRunTenantsCode,
    ),
    row(
        &["AWS::Lambda::Function"],
        &["addpermission", "removepermission", "createfunctionurl*", "updatefunctionurl*"],
        escalation::POLICY,
        Stake::CallersOfFunction,
    ),
    row(
        &["AWS::StepFunctions::StateMachine"],
        &["updatestatemachine*"],
        escalation::CODE,
        Stake::ExecutionsDoAsTold,
    ),
    row(
        &["AWS::CodeBuild::Project"],
        &["startbuild*", "updateproject", "retrybuild*", "updatewebhook"],
        escalation::CODE,
        Stake::BuildRunsCommands,
    ),
    row(
        &["AWS::Cognito::UserPool"],
        &[
            "admin*",
            "listusers*",
            "updateuserpool*",
            "createuserpoolclient*",
            "createidentityprovider",
            "updateidentityprovider",
            "setuserpool*",
            "deleteuserpool*",
            "addcustomattributes",
            "createuserimportjob",
            "startuserimportjob",
            "creategroup",
            "updategroup",
            "updateresourceserver",
        ],
        token::CLAIM_WRITABLE,
        Stake::UsersOfPool,
    ),
    row(
        &["AWS::KMS::Key"],
        &[
            "putkeypolicy",
            "creategrant",
            "schedulekeydeletion",
            "disablekey",
            "replicatekey",
            "deleteimportedkeymaterial",
            "updateprimaryregion",
        ],
        key::ADMINISTER,
        Stake::KeyOfAll,
    ),
    Row {
        kinds: &["AWS::KMS::Key"],
        actions: &["decrypt", "reencryptfrom", "generatedatakey*"],
        claim: key::USE,
        stake: Stake::OutsideEncryptionContext,
        apart: &[],
        apart_by: Some("kms:EncryptionContext:"),
        without: &[],
    },
    row(
        STORES,
        &[
            "putresourcepolicy",
            "deleteresourcepolicy",
            "putbucketpolicy",
            "deletebucketpolicy",
            "putbucketacl",
            "putobjectacl",
            "addpermission",
            "removepermission",
            "setqueueattributes",
            "settopicattributes",
            "setrepositorypolicy",
            "deleterepositorypolicy",
            "putfilesystempolicy",
            "deletefilesystempolicy",
        ],
        escalation::POLICY,
        Stake::ReachOfStore,
    ),
    row(
        &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"],
        &[
            "restoretable*",
            "exporttable*",
            "enablekinesis*",
            "createbackup",
            "startawsbackupjob",
            "createtablereplica",
            "createglobaltable",
        ],
        data::COPY,
        Stake::CopyOfTable,
    ),
    row(
        &["AWS::S3::Bucket"],
        &[
            "putreplicationconfiguration",
            "putinventoryconfiguration",
            "putbucketlogging",
            "putbucketnotification",
        ],
        data::COPY,
        Stake::CopyOfBucket,
    ),
    row(&["AWS::SNS::Topic"], &["subscribe"], data::STREAM, Stake::Published),
    row(
        &["AWS::SQS::Queue"],
        &["receivemessage", "startmessagemovetask"],
        data::STREAM,
        Stake::Messages,
    ),
    row(
        &["AWS::Kinesis::Stream"],
        &["getrecords", "getsharditerator", "subscribetoshard", "registerstreamconsumer"],
        data::STREAM,
        Stake::Records,
    ),
    Row {
        kinds: &["AWS::S3::Bucket"],
        actions: &["getobject*", "listbucket*", "restoreobject"],
        claim: data::POOLED,
        stake: Stake::Objects,
        apart: &["s3:prefix"],
        apart_by: None,
        without: &[],
    },
    row(
        &["AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"],
        &["eshttp*"],
        data::POOLED,
        Stake::Indexes,
    ),
    Row {
        kinds: &["AWS::EFS::FileSystem"],
        actions: &["clientmount", "clientwrite", "clientrootaccess"],
        claim: data::POOLED,
        stake: Stake::RootOfFileSystem,
        apart: &[],
        apart_by: None,
        without: &["elasticfilesystem:AccessPointArn"],
    },
    row(
        &["AWS::Athena::WorkGroup"],
        &["getqueryresults*", "getqueryexecution", "batchgetqueryexecution", "updateworkgroup"],
        data::POOLED,
        Stake::Queries,
    ),
    row(
        &["AWS::Logs::LogGroup"],
        &["getlogevents", "filterlogevents", "startquery", "starttail*", "getlogrecord"],
        log::READ_BY_OWNER,
        Stake::Events,
    ),
];

#[cfg(test)]
mod tests {
    use super::ROWS;

    #[test]
    fn actions_are_written_in_lower_case_and_without_their_service() {
        for action in ROWS.iter().flat_map(|row| row.actions) {
            let name = action.trim_end_matches('*');
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{action}");
        }
    }
}
