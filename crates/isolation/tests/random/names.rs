//! What there is in a random platform, and how policies write of it.

use serde_json::{Value, json};

/// The types of resources that a platform has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Table,
    Role,
    User,
    Key,
    Bucket,
    Queue,
    Topic,
    Function,
    Group,
    Secret,
}

impl Kind {
    pub(super) const ASSETS: [Self; 8] = [
        Self::Table,
        Self::Bucket,
        Self::Key,
        Self::Queue,
        Self::Topic,
        Self::Function,
        Self::Group,
        Self::Secret,
    ];
    pub(super) const ALL: [Self; 10] = [
        Self::Table,
        Self::Bucket,
        Self::Key,
        Self::Queue,
        Self::Topic,
        Self::Function,
        Self::Group,
        Self::Secret,
        Self::Role,
        Self::User,
    ];

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Table => "AWS::DynamoDB::Table",
            Self::Role => "AWS::IAM::Role",
            Self::User => "AWS::IAM::User",
            Self::Key => "AWS::KMS::Key",
            Self::Bucket => "AWS::S3::Bucket",
            Self::Queue => "AWS::SQS::Queue",
            Self::Topic => "AWS::SNS::Topic",
            Self::Function => "AWS::Lambda::Function",
            Self::Group => "AWS::Logs::LogGroup",
            Self::Secret => "AWS::SecretsManager::Secret",
        }
    }

    /// The property that names it; a key has none.
    pub(super) fn property(self) -> Option<&'static str> {
        Some(match self {
            Self::Table => "TableName",
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Key => return None,
            Self::Bucket => "BucketName",
            Self::Queue => "QueueName",
            Self::Topic => "TopicName",
            Self::Function => "FunctionName",
            Self::Group => "LogGroupName",
            Self::Secret => "Name",
        })
    }

    /// The actions that policies name, the plainest first.
    pub(super) fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Table => &[
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:Scan",
                "dynamodb:*",
                "dynamodb:Get*",
                "DynamoDB:?eleteItem",
                "dynamodb:DeleteTable",
                "dynamodb:ListTables",
                "dynamodb:PutResourcePolicy",
                "dynamodb:ExportTableToPointInTime",
            ],
            Self::Role => &[
                "sts:AssumeRole",
                "iam:PassRole",
                "iam:PutRolePolicy",
                "iam:GetRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:TagRole",
                "iam:*",
                "sts:*",
                "sts:TagSession",
            ],
            Self::User => {
                &["iam:CreateAccessKey", "iam:GetUser", "iam:AttachUserPolicy", "iam:*User*"]
            }
            Self::Key => &[
                "kms:Decrypt",
                "kms:Encrypt",
                "kms:GenerateDataKey*",
                "kms:CreateGrant",
                "kms:PutKeyPolicy",
                "kms:*",
                "kms:*crypt",
                "kms:DescribeKey",
                "kms:ListKeys",
            ],
            Self::Bucket => &[
                "s3:GetObject",
                "s3:PutObject",
                "s3:ListBucket",
                "s3:*",
                "s3:Get*",
                "s3:PutBucketPolicy",
                "s3:ListAllMyBuckets",
            ],
            Self::Queue => &[
                "sqs:SendMessage",
                "sqs:ReceiveMessage",
                "sqs:*",
                "sqs:SetQueueAttributes",
                "SQS:*",
            ],
            Self::Topic => &["sns:Publish", "sns:Subscribe", "sns:*", "sns:SetTopicAttributes"],
            Self::Function => &[
                "lambda:InvokeFunction",
                "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration",
                "lambda:*",
                "lambda:AddPermission",
                "lambda:Get*",
                "lambda:ListFunctions",
            ],
            Self::Group => &[
                "logs:PutLogEvents",
                "logs:CreateLogStream",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
                "logs:*",
                "logs:CreateLogGroup",
            ],
            Self::Secret => &[
                "secretsmanager:GetSecretValue",
                "secretsmanager:*",
                "secretsmanager:PutResourcePolicy",
                "secretsmanager:ListSecrets",
            ],
        }
    }

    /// What follows an ARN for a part of such a resource; the first is the whole.
    pub(super) fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Table => &["", "/index/*", "/*", "*"],
            Self::Bucket => &["", "/*", "/public/*", "/*/acme", "*"],
            Self::Function => &["", ":*", ":live"],
            Self::Group => &["", ":*", ":log-stream:*", "*"],
            Self::Secret => &["-??????", "", "-*", "*"],
            _ => &["", "*"],
        }
    }

    /// The word in names and logical ids.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Role => "role",
            Self::User => "user",
            Self::Key => "key",
            Self::Bucket => "bucket",
            Self::Queue => "queue",
            Self::Topic => "topic",
            Self::Function => "function",
            Self::Group => "group",
            Self::Secret => "secret",
        }
    }

    /// Its ARN under this name.
    pub(super) fn arn(self, region: &str, account: &str, name: &str) -> String {
        let here = format!("{region}:{account}");
        match self {
            Self::Table => format!("arn:aws:dynamodb:{here}:table/{name}"),
            Self::Role => format!("arn:aws:iam::{account}:role/{name}"),
            Self::User => format!("arn:aws:iam::{account}:user/{name}"),
            Self::Key => format!("arn:aws:kms:{here}:key/{name}"),
            Self::Bucket => format!("arn:aws:s3:::{name}"),
            Self::Queue => format!("arn:aws:sqs:{here}:{name}"),
            Self::Topic => format!("arn:aws:sns:{here}:{name}"),
            Self::Function => format!("arn:aws:lambda:{here}:function:{name}"),
            Self::Group => format!("arn:aws:logs:{here}:log-group:{name}"),
            Self::Secret => format!("arn:aws:secretsmanager:{here}:secret:{name}"),
        }
    }

    /// A reference that gives the ARN.
    pub(super) fn reference(self, id: &str) -> Value {
        match self {
            Self::Topic | Self::Secret => json!({"Ref": id}),
            _ => json!({"Fn::GetAtt": [id, "Arn"]}),
        }
    }
}

/// How a policy writes of a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// By reference.
    Reference,
    /// Its ARN with pseudo parameters.
    Named,
    /// The same, joined.
    Joined,
    /// Its ARN, all literal.
    Literal,
    /// Whatever begins with the tenant's id and a hyphen.
    Dash,
    /// Whatever begins with the tenant's id.
    Prefix,
    /// A question mark in the place of one letter.
    Question,
    /// The caller's own tag in the place of the tenant's id.
    Tag,
    /// Whatever this stack named.
    Stack,
    /// Whatever CloudFormation made of its logical id.
    MadeUp,
    /// What the parameter turns out to be.
    Later,
    /// Everything of the type.
    Type,
    /// Everything of the service.
    Service,
    /// Everything.
    Everything,
}

impl Form {
    pub(super) const EXACT: [Self; 4] = [Self::Reference, Self::Named, Self::Joined, Self::Literal];
    pub(super) const WIDE: [Self; 10] = [
        Self::Dash,
        Self::Prefix,
        Self::Question,
        Self::Tag,
        Self::Stack,
        Self::MadeUp,
        Self::Later,
        Self::Type,
        Self::Service,
        Self::Everything,
    ];
}
