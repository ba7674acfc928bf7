//! Which services' actions a type of resource can be asked for, and the types of which nothing is
//! asked here.

/// The services of a type, as actions begin; `None` when they are not known.
pub(crate) fn of(kind: &str) -> Option<&'static [&'static str]> {
    if let Some((_, services)) = SEVERAL.iter().find(|(name, _)| *name == kind) {
        return Some(services);
    }
    let namespace = kind.strip_prefix("AWS::")?.split("::").next()?;
    SERVICES.iter().find(|(name, _)| *name == namespace).map(|(_, services)| *services)
}

/// Why nothing is asked of a type: it is a part of another resource, or another plane decides it.
pub(crate) fn exempt(kind: &str) -> Option<&'static str> {
    EXEMPT.iter().find(|(name, _)| *name == kind).map(|(_, reason)| *reason)
}

/// The type's name in an ARN of EC2, `arn:aws:ec2:REGION:ACCOUNT:NAME/ID`.
pub(crate) fn ec2(kind: &str) -> Option<&'static str> {
    let name = kind.strip_prefix("AWS::EC2::")?;
    EC2.iter().find(|(each, _)| *each == name).map(|(_, name)| *name)
}

/// The second part of a type's name, and the prefixes of the actions on such types: those of the
/// service itself, and those of others that act on the same things. From the service
/// authorization reference.
const SERVICES: &[(&str, &[&str])] = &[
    ("ACMPCA", &["acm-pca"]),
    ("AmazonMQ", &["mq"]),
    ("Amplify", &["amplify"]),
    ("ApiGateway", &["apigateway", "execute-api"]),
    ("ApiGatewayV2", &["apigateway", "execute-api"]),
    ("AppConfig", &["appconfig"]),
    ("AppRunner", &["apprunner"]),
    ("AppSync", &["appsync"]),
    ("ApplicationAutoScaling", &["application-autoscaling"]),
    ("Athena", &["athena"]),
    ("AutoScaling", &["autoscaling"]),
    ("Backup", &["backup", "backup-storage"]),
    ("Batch", &["batch"]),
    ("Bedrock", &["bedrock", "bedrock-agentcore"]),
    ("CertificateManager", &["acm"]),
    ("CloudFormation", &["cloudformation"]),
    ("CloudFront", &["cloudfront", "cloudfront-keyvaluestore"]),
    ("CloudTrail", &["cloudtrail", "cloudtrail-data"]),
    ("CloudWatch", &["cloudwatch"]),
    ("CodeBuild", &["codebuild"]),
    ("CodeCommit", &["codecommit"]),
    ("CodeDeploy", &["codedeploy"]),
    ("CodePipeline", &["codepipeline"]),
    ("Cognito", &["cognito-idp", "cognito-identity", "cognito-sync"]),
    ("DAX", &["dax"]),
    ("DMS", &["dms"]),
    ("DocDB", &["rds", "docdb-elastic"]),
    ("DynamoDB", &["dynamodb"]),
    ("EC2", &["ec2"]),
    ("ECR", &["ecr", "ecr-public"]),
    ("ECS", &["ecs"]),
    ("EFS", &["elasticfilesystem"]),
    ("EKS", &["eks", "eks-auth"]),
    ("EMR", &["elasticmapreduce"]),
    ("EMRServerless", &["emr-serverless"]),
    ("ElastiCache", &["elasticache"]),
    ("ElasticBeanstalk", &["elasticbeanstalk"]),
    ("ElasticLoadBalancing", &["elasticloadbalancing"]),
    ("ElasticLoadBalancingV2", &["elasticloadbalancing"]),
    ("Elasticsearch", &["es"]),
    ("EventSchemas", &["schemas"]),
    ("Events", &["events"]),
    ("FSx", &["fsx"]),
    ("Glue", &["glue"]),
    ("GuardDuty", &["guardduty"]),
    ("IAM", &["iam"]),
    ("IoT", &["iot", "iotjobsdata"]),
    ("KMS", &["kms"]),
    ("Kinesis", &["kinesis"]),
    ("KinesisAnalyticsV2", &["kinesisanalytics"]),
    ("KinesisFirehose", &["firehose"]),
    ("LakeFormation", &["lakeformation"]),
    ("Lambda", &["lambda"]),
    ("Logs", &["logs"]),
    ("MSK", &["kafka", "kafka-cluster", "kafkaconnect"]),
    ("MemoryDB", &["memorydb"]),
    ("Neptune", &["rds", "neptune-db"]),
    ("OpenSearchServerless", &["aoss"]),
    ("OpenSearchService", &["es"]),
    ("Organizations", &["organizations"]),
    ("Pipes", &["pipes"]),
    ("QLDB", &["qldb"]),
    ("RAM", &["ram"]),
    ("RDS", &["rds"]),
    ("Redshift", &["redshift", "redshift-data"]),
    ("RedshiftServerless", &["redshift-serverless", "redshift-data"]),
    ("ResourceGroups", &["resource-groups"]),
    ("Route53", &["route53"]),
    ("Route53Resolver", &["route53resolver"]),
    ("S3", &["s3", "s3-object-lambda"]),
    ("S3Express", &["s3express"]),
    ("S3Tables", &["s3tables"]),
    ("SES", &["ses"]),
    ("SNS", &["sns"]),
    ("SQS", &["sqs"]),
    ("SSM", &["ssm"]),
    ("SageMaker", &["sagemaker"]),
    ("Scheduler", &["scheduler"]),
    ("SecretsManager", &["secretsmanager"]),
    ("ServiceCatalog", &["servicecatalog"]),
    ("ServiceDiscovery", &["servicediscovery"]),
    ("StepFunctions", &["states"]),
    ("Timestream", &["timestream"]),
    ("Transfer", &["transfer"]),
    ("VpcLattice", &["vpc-lattice", "vpc-lattice-svcs"]),
    ("WAFv2", &["wafv2"]),
    ("XRay", &["xray"]),
];

/// Types on which actions of further services act.
const SEVERAL: &[(&str, &[&str])] = &[
    ("AWS::EC2::Instance", &["ec2", "ec2-instance-connect", "ssm", "ssmmessages"]),
    ("AWS::EC2::Volume", &["ec2", "ebs"]),
    ("AWS::RDS::DBCluster", &["rds", "rds-db", "rds-data"]),
    ("AWS::RDS::DBInstance", &["rds", "rds-db"]),
];

const OF_API: &str = "a part of its API, which is asked about";
const OF_POOL: &str = "a part of its user pool, which is asked about";
const OF_IDENTITIES: &str = "a part of its identity pool, which is asked about";
const OF_FUNCTION: &str = "a part of its function: its ARN is the function's and an end";
const OF_GROUP: &str = "a part of its log group, which is asked about";
const POLICY: &str = "a statement of the policy of what it names, which is read with that";
const OF_PRINCIPAL: &str = "what it says of its principal is read with the principal";
const PACKETS: &str = "it joins things that are asked about; what it lets through, packets decide";
const NOTHING: &str = "it holds and does nothing after the deployment";

const EXEMPT: &[(&str, &str)] = &[
    ("AWS::ApiGateway::Authorizer", OF_API),
    ("AWS::ApiGateway::Deployment", OF_API),
    ("AWS::ApiGateway::DocumentationPart", OF_API),
    ("AWS::ApiGateway::GatewayResponse", OF_API),
    ("AWS::ApiGateway::Method", OF_API),
    ("AWS::ApiGateway::Model", OF_API),
    ("AWS::ApiGateway::RequestValidator", OF_API),
    ("AWS::ApiGateway::Resource", OF_API),
    ("AWS::ApiGateway::Stage", OF_API),
    ("AWS::ApiGatewayV2::Authorizer", OF_API),
    ("AWS::ApiGatewayV2::Deployment", OF_API),
    ("AWS::ApiGatewayV2::Integration", OF_API),
    ("AWS::ApiGatewayV2::Model", OF_API),
    ("AWS::ApiGatewayV2::Route", OF_API),
    ("AWS::ApiGatewayV2::Stage", OF_API),
    ("AWS::CDK::Metadata", NOTHING),
    ("AWS::CloudFormation::WaitCondition", NOTHING),
    ("AWS::CloudFormation::WaitConditionHandle", NOTHING),
    ("AWS::Cognito::IdentityPoolPrincipalTag", OF_IDENTITIES),
    ("AWS::Cognito::IdentityPoolRoleAttachment", OF_IDENTITIES),
    ("AWS::Cognito::UserPoolClient", OF_POOL),
    ("AWS::Cognito::UserPoolDomain", OF_POOL),
    ("AWS::Cognito::UserPoolGroup", OF_POOL),
    ("AWS::Cognito::UserPoolIdentityProvider", OF_POOL),
    ("AWS::Cognito::UserPoolResourceServer", OF_POOL),
    ("AWS::Cognito::UserPoolUICustomizationAttachment", OF_POOL),
    ("AWS::Cognito::UserPoolUser", OF_POOL),
    ("AWS::Cognito::UserPoolUserToGroupAttachment", OF_POOL),
    ("AWS::EC2::EIPAssociation", PACKETS),
    ("AWS::EC2::GatewayRouteTableAssociation", PACKETS),
    ("AWS::EC2::NetworkAclEntry", PACKETS),
    ("AWS::EC2::NetworkInterfaceAttachment", PACKETS),
    ("AWS::EC2::Route", PACKETS),
    ("AWS::EC2::SecurityGroupEgress", PACKETS),
    ("AWS::EC2::SecurityGroupIngress", PACKETS),
    ("AWS::EC2::SubnetCidrBlock", PACKETS),
    ("AWS::EC2::SubnetNetworkAclAssociation", PACKETS),
    ("AWS::EC2::SubnetRouteTableAssociation", PACKETS),
    ("AWS::EC2::TransitGatewayRoute", PACKETS),
    ("AWS::EC2::VPCCidrBlock", PACKETS),
    ("AWS::EC2::VPCDHCPOptionsAssociation", PACKETS),
    ("AWS::EC2::VPCGatewayAttachment", PACKETS),
    ("AWS::EC2::VolumeAttachment", PACKETS),
    ("AWS::Events::EventBusPolicy", POLICY),
    ("AWS::IAM::AccessKey", OF_PRINCIPAL),
    ("AWS::IAM::GroupPolicy", OF_PRINCIPAL),
    ("AWS::IAM::Policy", OF_PRINCIPAL),
    ("AWS::IAM::RolePolicy", OF_PRINCIPAL),
    ("AWS::IAM::UserPolicy", OF_PRINCIPAL),
    ("AWS::IAM::UserToGroupAddition", OF_PRINCIPAL),
    ("AWS::KMS::Alias", "who changes it needs the same right on its key, which is asked about"),
    ("AWS::Kinesis::ResourcePolicy", POLICY),
    ("AWS::Lambda::Alias", OF_FUNCTION),
    ("AWS::Lambda::EventInvokeConfig", OF_FUNCTION),
    ("AWS::Lambda::Permission", POLICY),
    ("AWS::Lambda::Url", OF_FUNCTION),
    ("AWS::Lambda::Version", OF_FUNCTION),
    ("AWS::Logs::LogStream", OF_GROUP),
    ("AWS::Logs::MetricFilter", OF_GROUP),
    ("AWS::Logs::SubscriptionFilter", OF_GROUP),
    ("AWS::S3::BucketPolicy", POLICY),
    ("AWS::SNS::Subscription", "where a topic's messages go is decided from the references"),
    ("AWS::SNS::TopicInlinePolicy", POLICY),
    ("AWS::SNS::TopicPolicy", POLICY),
    ("AWS::SQS::QueueInlinePolicy", POLICY),
    ("AWS::SQS::QueuePolicy", POLICY),
    ("AWS::SecretsManager::ResourcePolicy", POLICY),
    ("AWS::SecretsManager::RotationSchedule", "a part of its secret, which is asked about"),
    ("AWS::SecretsManager::SecretTargetAttachment", "a part of its secret, which is asked about"),
];

/// Types of EC2, and what they are called in ARNs.
const EC2: &[(&str, &str)] = &[
    ("CustomerGateway", "customer-gateway"),
    ("DHCPOptions", "dhcp-options"),
    ("EIP", "elastic-ip"),
    ("EgressOnlyInternetGateway", "egress-only-internet-gateway"),
    ("FlowLog", "vpc-flow-log"),
    ("Instance", "instance"),
    ("InternetGateway", "internet-gateway"),
    ("KeyPair", "key-pair"),
    ("LaunchTemplate", "launch-template"),
    ("NatGateway", "natgateway"),
    ("NetworkAcl", "network-acl"),
    ("NetworkInterface", "network-interface"),
    ("PrefixList", "prefix-list"),
    ("RouteTable", "route-table"),
    ("SecurityGroup", "security-group"),
    ("Subnet", "subnet"),
    ("TransitGateway", "transit-gateway"),
    ("TransitGatewayAttachment", "transit-gateway-attachment"),
    ("TransitGatewayRouteTable", "transit-gateway-route-table"),
    ("VPC", "vpc"),
    ("VPCEndpoint", "vpc-endpoint"),
    ("VPCEndpointService", "vpc-endpoint-service"),
    ("VPCPeeringConnection", "vpc-peering-connection"),
    ("VPNConnection", "vpn-connection"),
    ("VPNGateway", "vpn-gateway"),
    ("Volume", "volume"),
];

#[cfg(test)]
mod tests {
    use super::{EC2, EXEMPT, SERVICES, SEVERAL};

    #[test]
    fn each_table_is_in_order_and_names_nothing_twice() {
        assert!(SERVICES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SEVERAL.is_sorted_by(|a, b| a.0 < b.0));
        assert!(EXEMPT.is_sorted_by(|a, b| a.0 < b.0));
        assert!(EC2.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn what_ec2_calls_its_types_is_in_the_service_authorization_reference() {
        let service = tenantry_policy::Reference::get().service("ec2").unwrap();
        for (_, name) in EC2 {
            let arn = format!("arn:aws:ec2:us-east-1:111122223333:{name}/id").as_str().into();
            assert_eq!(service.types_of(&arn), [*name]);
        }
    }
}
