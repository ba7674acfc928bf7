//! What `Ref` and `Fn::GetAtt` of a resource come to, where its type's names are known.

use super::{Memo, Resolver, Scope};
use crate::condition::Truth;
use crate::diagnostic::Fault;
use crate::source::Span;
use crate::syntax::{Failure, Node};
use crate::value::{PartRef, SymbolOrigin, Text};

/// How a type's `Ref` and attributes are written: `{name}` is the name property or, without it,
/// what AWS makes up; `{id}` what `Ref` gives; `{p}`, `{r}`, `{a}`, `{u}` partition, region,
/// account and URL suffix; `{^}` the name with a slash before it; `{/X}` property X or `/`, `{.X}`
/// attribute X. Of a type that returns no ARN, the attribute without a name is the ARN.
/// From each type's "Return values" in the AWS CloudFormation template reference.
struct Row {
    kind: &'static str,
    name: &'static str,
    reference: &'static str,
    attributes: &'static [(&'static str, &'static str)],
}

const fn row(
    kind: &'static str,
    name: &'static str,
    reference: &'static str,
    attributes: &'static [(&'static str, &'static str)],
) -> Row {
    Row { kind, name, reference, attributes }
}

const TABLE: &str = "arn:{p}:dynamodb:{r}:{a}:table/{name}";
const STREAM: &str = "arn:{p}:dynamodb:{r}:{a}:table/{name}/stream/{.StreamLabel}";

const POINT: &str = "arn:{p}:s3:{r}:{a}:accesspoint/{name}";
const TASK: &str = "arn:{p}:ecs:{r}:{a}:task-definition/{name}:{.Revision}";
const JOB: &str = "arn:{p}:batch:{r}:{a}:job-definition/{name}:{.Revision}";

const DOMAIN: &[(&str, &str)] = &[
    ("Arn", "arn:{p}:es:{r}:{a}:domain/{name}"),
    ("DomainArn", "arn:{p}:es:{r}:{a}:domain/{name}"),
];

const ROWS: &[Row] = &[
    row("AWS::DynamoDB::Table", "TableName", "{name}", &[("Arn", TABLE), ("StreamArn", STREAM)]),
    row(
        "AWS::DynamoDB::GlobalTable",
        "TableName",
        "{name}",
        &[("Arn", TABLE), ("StreamArn", STREAM)],
    ),
    row("AWS::IAM::Role", "RoleName", "{name}", &[("Arn", "arn:{p}:iam::{a}:role{/Path}{name}")]),
    row("AWS::IAM::User", "UserName", "{name}", &[("Arn", "arn:{p}:iam::{a}:user{/Path}{name}")]),
    row(
        "AWS::IAM::Group",
        "GroupName",
        "{name}",
        &[("Arn", "arn:{p}:iam::{a}:group{/Path}{name}")],
    ),
    row(
        "AWS::IAM::InstanceProfile",
        "InstanceProfileName",
        "{name}",
        &[("Arn", "arn:{p}:iam::{a}:instance-profile{/Path}{name}")],
    ),
    row(
        "AWS::IAM::ManagedPolicy",
        "ManagedPolicyName",
        "arn:{p}:iam::{a}:policy{/Path}{name}",
        &[("PolicyArn", "arn:{p}:iam::{a}:policy{/Path}{name}")],
    ),
    row(
        "AWS::Lambda::Function",
        "FunctionName",
        "{name}",
        &[("Arn", "arn:{p}:lambda:{r}:{a}:function:{name}")],
    ),
    row(
        "AWS::Logs::LogGroup",
        "LogGroupName",
        "{name}",
        &[("Arn", "arn:{p}:logs:{r}:{a}:log-group:{name}:*")],
    ),
    row(
        "AWS::SQS::Queue",
        "QueueName",
        "https://sqs.{r}.{u}/{a}/{name}",
        &[
            ("Arn", "arn:{p}:sqs:{r}:{a}:{name}"),
            ("QueueName", "{name}"),
            ("QueueUrl", "https://sqs.{r}.{u}/{a}/{name}"),
        ],
    ),
    row(
        "AWS::SNS::Topic",
        "TopicName",
        "arn:{p}:sns:{r}:{a}:{name}",
        &[("TopicArn", "arn:{p}:sns:{r}:{a}:{name}"), ("TopicName", "{name}")],
    ),
    row("AWS::S3::Bucket", "BucketName", "{name}", &[("Arn", "arn:{p}:s3:::{name}")]),
    row(
        "AWS::KMS::Key",
        "",
        "{name}",
        &[("Arn", "arn:{p}:kms:{r}:{a}:key/{name}"), ("KeyId", "{name}")],
    ),
    row("AWS::KMS::Alias", "AliasName", "{name}", &[]),
    row(
        "AWS::Cognito::UserPool",
        "",
        "{name}",
        &[
            ("Arn", "arn:{p}:cognito-idp:{r}:{a}:userpool/{name}"),
            ("UserPoolId", "{name}"),
            ("ProviderName", "cognito-idp.{r}.{u}/{name}"),
            ("ProviderURL", "https://cognito-idp.{r}.{u}/{name}"),
        ],
    ),
    row("AWS::Cognito::UserPoolClient", "", "{name}", &[("ClientId", "{name}")]),
    row("AWS::ApiGateway::RestApi", "", "{name}", &[("RestApiId", "{name}")]),
    row("AWS::ApiGateway::Stage", "StageName", "{name}", &[]),
    row(
        "AWS::ApiGatewayV2::Api",
        "",
        "{name}",
        &[("ApiId", "{name}"), ("ApiEndpoint", "https://{name}.execute-api.{r}.{u}")],
    ),
    row("AWS::ApiGatewayV2::Stage", "StageName", "{name}", &[]),
    row(
        "AWS::Kinesis::Stream",
        "Name",
        "{name}",
        &[("Arn", "arn:{p}:kinesis:{r}:{a}:stream/{name}")],
    ),
    row(
        "AWS::StepFunctions::StateMachine",
        "StateMachineName",
        "arn:{p}:states:{r}:{a}:stateMachine:{name}",
        &[("Arn", "arn:{p}:states:{r}:{a}:stateMachine:{name}"), ("Name", "{name}")],
    ),
    row(
        "AWS::Events::EventBus",
        "Name",
        "{name}",
        &[("Arn", "arn:{p}:events:{r}:{a}:event-bus/{name}"), ("Name", "{name}")],
    ),
    row("AWS::Events::Rule", "Name", "{name}", &[]),
    row("AWS::SSM::Parameter", "Name", "{name}", &[("", "arn:{p}:ssm:{r}:{a}:parameter{^}")]),
    row(
        "AWS::EFS::FileSystem",
        "",
        "{name}",
        &[
            ("Arn", "arn:{p}:elasticfilesystem:{r}:{a}:file-system/{name}"),
            ("FileSystemId", "{name}"),
        ],
    ),
    row(
        "AWS::EFS::AccessPoint",
        "",
        "{name}",
        &[
            ("Arn", "arn:{p}:elasticfilesystem:{r}:{a}:access-point/{name}"),
            ("AccessPointId", "{name}"),
        ],
    ),
    row("AWS::OpenSearchService::Domain", "DomainName", "{name}", DOMAIN),
    row("AWS::Elasticsearch::Domain", "DomainName", "{name}", DOMAIN),
    row(
        "AWS::RDS::DBInstance",
        "DBInstanceIdentifier",
        "{name}",
        &[("DBInstanceArn", "arn:{p}:rds:{r}:{a}:db:{name}")],
    ),
    row(
        "AWS::RDS::DBCluster",
        "DBClusterIdentifier",
        "{name}",
        &[("DBClusterArn", "arn:{p}:rds:{r}:{a}:cluster:{name}")],
    ),
    row(
        "AWS::ElastiCache::ReplicationGroup",
        "ReplicationGroupId",
        "{name}",
        &[("", "arn:{p}:elasticache:{r}:{a}:replicationgroup:{name}")],
    ),
    row(
        "AWS::ElastiCache::CacheCluster",
        "ClusterName",
        "{name}",
        &[("", "arn:{p}:elasticache:{r}:{a}:cluster:{name}")],
    ),
    row(
        "AWS::ElastiCache::ServerlessCache",
        "ServerlessCacheName",
        "{name}",
        &[("ARN", "arn:{p}:elasticache:{r}:{a}:serverlesscache:{name}")],
    ),
    row(
        "AWS::KinesisFirehose::DeliveryStream",
        "DeliveryStreamName",
        "{name}",
        &[("Arn", "arn:{p}:firehose:{r}:{a}:deliverystream/{name}")],
    ),
    row(
        "AWS::Cognito::IdentityPool",
        "",
        "{name}",
        &[("", "arn:{p}:cognito-identity:{r}:{a}:identitypool/{name}"), ("Name", "{name}")],
    ),
    row(
        "AWS::CloudWatch::Dashboard",
        "DashboardName",
        "{name}",
        &[("", "arn:{p}:cloudwatch::{a}:dashboard/{name}")],
    ),
    row(
        "AWS::CloudWatch::CompositeAlarm",
        "AlarmName",
        "{name}",
        &[("Arn", "arn:{p}:cloudwatch:{r}:{a}:alarm:{name}")],
    ),
    row(
        "AWS::ECR::Repository",
        "RepositoryName",
        "{name}",
        &[("Arn", "arn:{p}:ecr:{r}:{a}:repository/{name}")],
    ),
    row(
        "AWS::CloudTrail::Trail",
        "TrailName",
        "{name}",
        &[("Arn", "arn:{p}:cloudtrail:{r}:{a}:trail/{name}")],
    ),
    row(
        "AWS::CloudWatch::Alarm",
        "AlarmName",
        "{name}",
        &[("Arn", "arn:{p}:cloudwatch:{r}:{a}:alarm:{name}")],
    ),
    row("AWS::S3::AccessPoint", "Name", "{name}", &[("Arn", POINT), ("Name", "{name}")]),
    // A revision's number comes last, which AWS makes.
    row("AWS::ECS::TaskDefinition", "Family", TASK, &[("TaskDefinitionArn", TASK)]),
    row("AWS::Batch::JobDefinition", "JobDefinitionName", JOB, &[("JobDefinitionArn", JOB)]),
    row("AWS::EC2::VPC", "", "{name}", &[("VpcId", "{name}")]),
    row("AWS::EC2::Subnet", "", "{name}", &[("SubnetId", "{name}")]),
    row("AWS::EC2::SecurityGroup", "", "{name}", &[("GroupId", "{name}"), ("Id", "{name}")]),
    row("AWS::EC2::RouteTable", "", "{name}", &[("RouteTableId", "{name}")]),
    row("AWS::EC2::NetworkAcl", "", "{name}", &[("Id", "{name}")]),
    row("AWS::EC2::InternetGateway", "", "{name}", &[("InternetGatewayId", "{name}")]),
    row("AWS::EC2::VPCEndpoint", "", "{name}", &[("Id", "{name}")]),
    row("AWS::EC2::VPCPeeringConnection", "", "{name}", &[("Id", "{name}")]),
    row("AWS::EC2::TransitGateway", "", "{name}", &[("Id", "{name}")]),
];

impl<'a> Resolver<'_, 'a> {
    /// `Ref` (no attribute) or `Fn::GetAtt` of the resource at this index of the scope's stack.
    pub(crate) fn resource(
        &mut self,
        scope: &Scope,
        at: usize,
        attribute: Option<&str>,
        span: Span,
    ) -> Result<Text<'a>, Failure> {
        let stack = self.stack(scope.stack)?;
        let Some(entry) = stack.template.resources.get(at) else {
            return Err((Fault::Empty, span));
        };
        let id = entry.key.text.as_ref();
        let kind = entry.value.get("Type").and_then(Node::as_str).unwrap_or_default();
        let row = ROWS.iter().find(|row| row.kind == kind);
        let pattern = row.and_then(|row| match attribute {
            None => Some(row.reference),
            Some(wanted) => {
                row.attributes.iter().find(|(name, _)| *name == wanted).map(|(_, pattern)| *pattern)
            }
        });
        let (Some(row), Some(pattern)) = (row, pattern) else {
            return Ok(self.own(scope, id, attribute, span));
        };
        let mut out = Text::default();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((hole, after)) = after.split_once('}') else { break };
            out.push_str(before);
            let part = self.part(scope, (at, row), hole, span)?;
            out.push(&part);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// What stands for a hole of a pattern.
    fn part(
        &mut self,
        scope: &Scope,
        (at, row): (usize, &Row),
        hole: &'static str,
        span: Span,
    ) -> Result<Text<'a>, Failure> {
        if let Some(property) = hole.strip_prefix('/') {
            let path = self.property(scope, at, property, span)?;
            return Ok(path.unwrap_or_else(|| Text::literal("/")));
        }
        let id = match self.stack(scope.stack)?.template.resources.get(at) {
            Some(entry) => entry.key.text.as_ref(),
            None => return Err((Fault::Empty, span)),
        };
        if let Some(attribute) = hole.strip_prefix('.') {
            return Ok(self.own(scope, id, Some(attribute), span));
        }
        let pseudo = match hole {
            "name" | "^" => {
                let name = match self.property(scope, at, row.name, span)? {
                    Some(name) => name,
                    None => self.own(scope, id, None, span),
                };
                let first = name.parts().next();
                let slash =
                    matches!(first, Some(PartRef::Literal(start)) if start.starts_with('/'));
                if hole == "name" || slash {
                    return Ok(name);
                }
                let mut path = Text::literal("/");
                path.push(&name);
                return Ok(path);
            }
            "p" => "AWS::Partition",
            "r" => "AWS::Region",
            "a" => "AWS::AccountId",
            _ => "AWS::URLSuffix",
        };
        let value = self.reference(scope, pseudo, span)?;
        Ok(value.and_then(|value| value.to_text()).unwrap_or_default())
    }

    /// The ARN of a resource, where its form is known.
    pub(crate) fn arn(
        &mut self,
        scope: &Scope,
        at: usize,
        span: Span,
    ) -> Result<Option<Text<'a>>, Failure> {
        let entry = self.stack(scope.stack)?.template.resources.get(at);
        let kind = entry.and_then(|entry| entry.value.get("Type")).and_then(Node::as_str);
        let row = ROWS.iter().find(|row| Some(row.kind) == kind);
        let attributes = row.map(|row| row.attributes).unwrap_or_default();
        let arn = attributes.iter().find(|(_, pattern)| pattern.starts_with("arn:"));
        match arn {
            Some((name, _)) => self.resource(scope, at, Some(name), span).map(Some),
            None => Ok(None),
        }
    }

    /// The symbol of what AWS returns for a resource.
    fn own(&mut self, scope: &Scope, id: &str, attribute: Option<&str>, span: Span) -> Text<'a> {
        let origin = SymbolOrigin::Resource {
            stack: scope.stack,
            id: id.to_owned(),
            attribute: attribute.map(str::to_owned),
        };
        let symbol = self.symbols.intern(origin, Some(span), || match attribute {
            None => format!("!Ref {id}"),
            Some(attribute) => format!("!GetAtt {id}.{attribute}"),
        });
        Text::symbol(symbol)
    }

    /// A property that a name is made of, as text; `None` if the resource does not set it.
    fn property(
        &mut self,
        scope: &Scope,
        at: usize,
        property: &'static str,
        span: Span,
    ) -> Result<Option<Text<'a>>, Failure> {
        let stack = self.stack(scope.stack)?;
        let Some(entry) = stack.template.resources.get(at) else { return Ok(None) };
        let Some(node) = entry.value.get("Properties").and_then(|all| all.get(property)) else {
            return Ok(None);
        };
        if let Some(literal) = node.as_str().filter(|text| !text.contains("{{resolve:")) {
            return Ok(Some(Text::literal(literal.to_owned())));
        }
        // Names seldom hang on conditions; one that does is a symbol, by the resource.
        let key = (scope.stack, at * 2 + usize::from(property == "Path"));
        match self.names.insert(key, Memo::Busy) {
            Some(Memo::Done(name)) => {
                self.names.insert(key, Memo::Done(name.clone()));
                return Ok(name);
            }
            Some(Memo::Busy) => {
                return Err((Fault::Cycle { name: entry.key.text.to_string() }, span));
            }
            _ => {}
        }
        let scope = self.resource_scope(scope, &entry.value)?;
        let value = self.value(&scope, node)?;
        let name = match &value {
            None => None,
            Some(value) => match value.to_text() {
                Some(text) => Some(text),
                None => Some(self.own(&scope, &entry.key.text, None, span)),
            },
        };
        self.names.insert(key, Memo::Done(name.clone()));
        Ok(name)
    }

    /// A resource's own scope: where it exists, its condition holds.
    pub(crate) fn resource_scope(
        &mut self,
        scope: &Scope,
        resource: &Node<'a>,
    ) -> Result<Scope, Failure> {
        let own = Scope::of(scope.stack);
        let Some(node) = resource.get("Condition") else { return Ok(own) };
        let Some(name) = node.as_str() else { return Ok(own) };
        match self.named(&own, name, node.span)? {
            Truth::Open(literal) => self.assume(&own, literal, node.span),
            _ => Ok(own),
        }
    }
}
