//! What is known of resource types: which changes replace them, and which hold data.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Made by `data/create-only.py`, which says from what.
const CREATE_ONLY: &str = include_str!("../data/create-only.txt");

static KINDS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = CREATE_ONLY.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.collect()))
        })
        .collect()
});

/// What a change of a property means for its resource.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Meaning {
    /// It is changed where it is.
    InPlace,
    /// It may be replaced: that depends on the values, or the type is not known.
    MayReplace,
    /// It is replaced.
    Replaces,
}

/// What a change at `path` (`/` between its parts, numbers for places in lists) means for a resource of a type.
pub(crate) fn meaning(kind: &str, path: &str) -> Meaning {
    // What a custom resource does with a change is its function's matter, which says so by another physical id.
    if kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource" {
        return Meaning::MayReplace;
    }
    let Some(properties) = KINDS.get(kind) else { return Meaning::MayReplace };
    let of = |property: &&str| {
        let (name, meaning) = match property.strip_suffix('?') {
            Some(name) => (name, Meaning::MayReplace),
            None => (*property, Meaning::Replaces),
        };
        is_within(path, name).then_some(meaning)
    };
    properties.iter().filter_map(of).max().unwrap_or(Meaning::InPlace)
}

/// Whether a path is at, below or above a property of the schema, where `*` stands for any place of a list.
fn is_within(path: &str, property: &str) -> bool {
    path.split('/').zip(property.split('/')).all(|(part, name)| name == "*" || part == name)
}

/// What a resource of a type holds that is gone when it is: users' data, or what opens it.
#[must_use]
pub fn holds_data(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "aws:dynamodb/table:Table" => {
            "items"
        }
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" | "aws:kms/key:Key" => {
            "the key that opens what it encrypted"
        }
        "AWS::S3::Bucket" | "aws:s3/bucket:Bucket" | "aws:s3/bucketV2:BucketV2" => "objects",
        // Deleted, it empties its bucket.
        "Custom::EmptyBucket" => "a bucket's objects, which it deletes",
        "AWS::Cognito::UserPool" | "aws:cognito/userPool:UserPool" => "users",
        "AWS::Logs::LogGroup" | "aws:cloudwatch/logGroup:LogGroup" => "logs",
        "AWS::RDS::DBCluster"
        | "AWS::RDS::DBInstance"
        | "AWS::DocDB::DBCluster"
        | "AWS::Neptune::DBCluster"
        | "AWS::Redshift::Cluster"
        | "AWS::Timestream::Table"
        | "AWS::Cassandra::Table" => "rows",
        "AWS::EFS::FileSystem" | "AWS::FSx::FileSystem" | "AWS::EC2::Volume" => "files",
        "AWS::ElastiCache::ReplicationGroup"
        | "AWS::ElastiCache::ServerlessCache"
        | "AWS::MemoryDB::Cluster"
        | "AWS::OpenSearchService::Domain"
        | "AWS::S3Tables::Table" => "data",
        "AWS::SQS::Queue" | "AWS::Kinesis::Stream" => "messages",
        "AWS::SecretsManager::Secret" | "AWS::SSM::Parameter" => "a value",
        "AWS::Backup::BackupVault" => "backups",
        "AWS::ECR::Repository" => "images",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_change_means_is_read_from_awss_schemas() {
        assert_eq!(meaning("AWS::DynamoDB::Table", "TableName"), Meaning::Replaces);
        assert_eq!(meaning("AWS::DynamoDB::Table", "KeySchema/pk/KeyType"), Meaning::MayReplace);
        assert_eq!(meaning("AWS::DynamoDB::Table", "Tags/tenant_id/Value"), Meaning::InPlace);
        assert_eq!(meaning("AWS::EC2::Subnet", "CidrBlock"), Meaning::Replaces);
        assert_eq!(meaning("AWS::EC2::VPCEndpoint", "DnsOptions"), Meaning::Replaces);
        assert_eq!(
            meaning("AWS::EC2::VPCEndpoint", "DnsOptions/DnsRecordIpType"),
            Meaning::InPlace
        );
        assert_eq!(meaning("AWS::Logs::LogGroup", "LogGroupNameX"), Meaning::InPlace);
        assert_eq!(meaning("AWS::Nobody::Knows", "X"), Meaning::MayReplace);
    }
}
