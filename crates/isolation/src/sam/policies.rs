//! The policies of a serverless function: managed ones, documents and policy templates.

use super::{Made, Serverless, call, list};
use crate::source::Span;
use crate::text::{Entry, Kind, Node};

/// A policy template: its parameter, its actions and its resources, `{}` for the parameter.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html>
struct Known {
    name: &'static str,
    parameter: &'static str,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
}

const TABLE: &[&str] = &[
    "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${P}",
    "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${P}/index/*",
];
const BUCKET: &[&str] = &["arn:${AWS::Partition}:s3:::${P}", "arn:${AWS::Partition}:s3:::${P}/*"];
const QUEUE: &[&str] = &["arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${P}"];

const KNOWN: &[Known] = &[
    Known {
        name: "DynamoDBCrudPolicy",
        parameter: "TableName",
        actions: &[
            "dynamodb:GetItem",
            "dynamodb:DeleteItem",
            "dynamodb:PutItem",
            "dynamodb:Scan",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeTable",
            "dynamodb:ConditionCheckItem",
        ],
        resources: TABLE,
    },
    Known {
        name: "DynamoDBReadPolicy",
        parameter: "TableName",
        actions: &[
            "dynamodb:GetItem",
            "dynamodb:Scan",
            "dynamodb:Query",
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeTable",
        ],
        resources: TABLE,
    },
    Known {
        name: "DynamoDBWritePolicy",
        parameter: "TableName",
        actions: &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"],
        resources: TABLE,
    },
    Known {
        name: "S3ReadPolicy",
        parameter: "BucketName",
        actions: &[
            "s3:GetObject",
            "s3:ListBucket",
            "s3:GetBucketLocation",
            "s3:GetObjectVersion",
            "s3:GetLifecycleConfiguration",
        ],
        resources: BUCKET,
    },
    Known {
        name: "S3CrudPolicy",
        parameter: "BucketName",
        actions: &[
            "s3:GetObject",
            "s3:ListBucket",
            "s3:GetBucketLocation",
            "s3:GetObjectVersion",
            "s3:PutObject",
            "s3:PutObjectAcl",
            "s3:GetLifecycleConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:DeleteObject",
        ],
        resources: BUCKET,
    },
    Known {
        name: "SQSSendMessagePolicy",
        parameter: "QueueName",
        actions: &["sqs:SendMessage*"],
        resources: QUEUE,
    },
    Known {
        name: "SQSPollerPolicy",
        parameter: "QueueName",
        actions: &[
            "sqs:ChangeMessageVisibility",
            "sqs:ChangeMessageVisibilityBatch",
            "sqs:DeleteMessage",
            "sqs:DeleteMessageBatch",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        resources: QUEUE,
    },
    Known {
        name: "LambdaInvokePolicy",
        parameter: "FunctionName",
        actions: &["lambda:InvokeFunction"],
        resources: &[
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${P}*",
        ],
    },
    Known {
        name: "KMSDecryptPolicy",
        parameter: "KeyId",
        actions: &["kms:Decrypt"],
        resources: &["arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${P}"],
    },
    Known {
        name: "KMSEncryptPolicy",
        parameter: "KeyId",
        actions: &["kms:Encrypt"],
        resources: &["arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${P}"],
    },
    Known {
        name: "SNSPublishMessagePolicy",
        parameter: "TopicName",
        actions: &["sns:Publish"],
        resources: &["arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${P}"],
    },
    Known {
        name: "SSMParameterReadPolicy",
        parameter: "ParameterName",
        actions: &["ssm:GetParameters", "ssm:GetParameter", "ssm:GetParametersByPath"],
        resources: &["arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${P}"],
    },
];

/// The managed policies' ARNs and the inline policies of a function.
pub(super) fn policies<'a>(
    source: &Serverless<'a>,
    made: &mut Made<'a, '_>,
) -> (Vec<Node<'a>>, Vec<Node<'a>>) {
    let (mut managed, mut inline) = (Vec::new(), Vec::new());
    let Some(node) = source.get("Policies") else { return (managed, inline) };
    let one = std::slice::from_ref(node);
    let items = if let Kind::Sequence(items) = &node.kind { items.as_slice() } else { one };
    for (at, item) in items.iter().enumerate() {
        let document = match &item.kind {
            Kind::String(name) if !name.starts_with("arn:") => {
                let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/{name}");
                managed.push(call("Fn::Sub", arn, item.span));
                continue;
            }
            Kind::Mapping(_) if item.get("Statement").is_some() => item.clone(),
            Kind::Mapping(entries) => match entries.as_slice() {
                [entry] if entry.key.text.ends_with("Policy") => match template(entry) {
                    Some(document) => document,
                    None => {
                        made.gap(&format!("the policy template `{}`", entry.key.text), item.span);
                        continue;
                    }
                },
                [entry] if is_arn(&entry.key.text) => {
                    managed.push(item.clone());
                    continue;
                }
                _ => {
                    made.gap("a policy that is neither a name, an ARN nor a document", item.span);
                    continue;
                }
            },
            _ => {
                managed.push(item.clone());
                continue;
            }
        };
        let name = Node::string(format!("{}RolePolicy{at}", source.id), item.span);
        let lines = [("PolicyName", name), ("PolicyDocument", document)];
        inline.push(Node::mapping(lines, item.span));
    }
    (managed, inline)
}

/// Whether a function's value can only be a managed policy's ARN.
fn is_arn(function: &str) -> bool {
    ["Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Sub"].contains(&function)
}

fn template<'a>(entry: &Entry<'a>) -> Option<Node<'a>> {
    let span = entry.key.span;
    let known = KNOWN.iter().find(|known| known.name == entry.key.text)?;
    let parameter = entry.value.get(known.parameter)?;
    let resource = |text: &&'static str| {
        let variables = Node::mapping([("P", parameter.clone())], span);
        let argument = list(vec![Node::string(*text, span), variables], span);
        Node::mapping([("Fn::Sub", argument)], span)
    };
    let resources = known.resources.iter().map(resource).collect();
    Some(document(known.actions, Some(list(resources, span)), None, span))
}

/// A document of one statement that allows these actions.
pub(super) fn document<'a>(
    actions: &[&'static str],
    resources: Option<Node<'a>>,
    principal: Option<&'static str>,
    span: Span,
) -> Node<'a> {
    let actions = actions.iter().map(|action| Node::string(*action, span)).collect();
    let mut lines = vec![("Effect", Node::string("Allow", span)), ("Action", list(actions, span))];
    lines.extend(resources.map(|resources| ("Resource", resources)));
    if let Some(service) = principal {
        let service = Node::mapping([("Service", Node::string(service, span))], span);
        lines.push(("Principal", service));
    }
    let statement = list(vec![Node::mapping(lines, span)], span);
    Node::mapping([("Version", Node::string("2012-10-17", span)), ("Statement", statement)], span)
}
