//! Ids and ARNs as AWS would give them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

/// The account that everything is made in.
pub const ACCOUNT: &str = "123456789012";

/// What a new resource is called.
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) arn: String,
}

/// The id and ARN of a new resource of type `token` with these inputs. The same name gives the same id, as on AWS; what AWS
/// names itself is told apart by the stack and the name in the program.
pub(crate) fn identity(token: &str, urn: &str, inputs: &Value, region: &str) -> Identity {
    let text = |name: &str| inputs[name].as_str().unwrap_or_default().to_owned();
    let drawn = drawn(token, urn, inputs);
    let short = drawn.chars().take(10).collect::<String>();
    let named = |service: &str, kind: &str, name: String| {
        let arn = format!("arn:aws:{service}:{region}:{ACCOUNT}:{kind}{name}");
        Identity { id: name, arn }
    };
    let drawn_id = |prefix: &str| Identity {
        id: format!("{prefix}-{drawn}"),
        arn: format!("arn:aws:ec2:{region}:{ACCOUNT}:{prefix}/{prefix}-{drawn}"),
    };
    // Whether a type has an ARN is the extraction's matter.
    let plain = |id: String| Identity { arn: format!("arn:aws:other:{region}:{ACCOUNT}:{id}"), id };
    match token {
        "aws:apigateway/deployment:Deployment" => plain(short),
        "aws:apigateway/restApi:RestApi" => {
            Identity { arn: format!("arn:aws:apigateway:{region}::/restapis/{short}"), id: short }
        }
        "aws:apigateway/stage:Stage" => {
            plain(format!("ags-{}-{}", text("restApi"), text("stageName")))
        }
        "aws:apigateway/methodSettings:MethodSettings" => {
            plain(format!("{}-{}-{}", text("restApi"), text("stageName"), text("methodPath")))
        }
        "aws:cloudtrail/trail:Trail" => named("cloudtrail", "trail/", text("name")),
        "aws:cloudwatch/dashboard:Dashboard" => plain(text("dashboardName")),
        "aws:cloudwatch/logGroup:LogGroup" => named("logs", "log-group:", text("name")),
        "aws:cloudwatch/logMetricFilter:LogMetricFilter" => plain(text("name")),
        "aws:cloudwatch/metricAlarm:MetricAlarm" => named("cloudwatch", "alarm:", text("name")),
        "aws:cognito/userPool:UserPool" => {
            named("cognito-idp", "userpool/", format!("{region}_{short}"))
        }
        "aws:dynamodb/resourcePolicy:ResourcePolicy" => plain(text("resourceArn")),
        "aws:dynamodb/table:Table" => named("dynamodb", "table/", text("name")),
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup" => drawn_id("sg"),
        "aws:ec2/flowLog:FlowLog" => drawn_id("fl"),
        "aws:ec2/internetGateway:InternetGateway" => drawn_id("igw"),
        "aws:ec2/networkAcl:NetworkAcl" => drawn_id("acl"),
        "aws:ec2/networkAclAssociation:NetworkAclAssociation" => drawn_id("aclassoc"),
        "aws:ec2/routeTable:RouteTable" => drawn_id("rtb"),
        "aws:ec2/routeTableAssociation:RouteTableAssociation" => drawn_id("rtbassoc"),
        "aws:ec2/securityGroup:SecurityGroup" => drawn_id("sg"),
        "aws:ec2/subnet:Subnet" => drawn_id("subnet"),
        "aws:ec2/vpc:Vpc" => drawn_id("vpc"),
        "aws:ec2/vpcEndpoint:VpcEndpoint" => drawn_id("vpce"),
        "aws:iam/role:Role" => Identity {
            arn: format!("arn:aws:iam::{ACCOUNT}:role/{}", text("name")),
            id: text("name"),
        },
        "aws:iam/rolePolicy:RolePolicy" => plain(format!("{}:{}", text("role"), text("name"))),
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment" => {
            plain(format!("{}/{}", text("role"), text("policyArn")))
        }
        "aws:kms/alias:Alias" => plain(text("name")),
        "aws:kms/key:Key" => named("kms", "key/", drawn),
        "aws:lambda/function:Function" => named("lambda", "function:", text("name")),
        "aws:s3/bucket:Bucket" => {
            Identity { arn: format!("arn:aws:s3:::{}", text("bucket")), id: text("bucket") }
        }
        "aws:sns/topic:Topic" => {
            let arn = format!("arn:aws:sns:{region}:{ACCOUNT}:{}", text("name"));
            Identity { id: arn.clone(), arn }
        }
        token if token.starts_with("aws:s3/bucket") => plain(text("bucket")),
        _ => plain(drawn),
    }
}

/// 17 hexadecimal digits that are the same for the same resource.
fn drawn(token: &str, urn: &str, inputs: &Value) -> String {
    // Of the URN the stack, the project and the name: the components around a resource are no part of what it is.
    let name = (urn.split("::").next(), urn.split("::").nth(1), urn.rsplit("::").next());
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, token, name, inputs.to_string()).hash(&mut hasher);
        hasher.finish()
    };
    let digits = format!("{:016x}{:016x}", half(0), half(1));
    digits.chars().take(17).collect()
}
