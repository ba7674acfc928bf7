//! What the emulator still has after every stack is deleted.

use crate::client::{Call, Client, ClientError};
use crate::deploy::CODE_BUCKET;
use crate::settings;
use serde_json::{Value, json};

/// Something that is still there after everything was deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leftover {
    /// What it is, such as `DynamoDB table`.
    pub kind: String,
    /// Its name or ARN.
    pub name: String,
}

/// Asks the tagging API for the platform's tag, and the services that it does not cover for whatever they have: the
/// emulator is this folder's alone, so all of it is a leftover. Gives the number of keys that wait for their deletion too.
pub(super) fn leftovers(client: &Client) -> Result<(Vec<Leftover>, usize), ClientError> {
    let (keys, keys_pending) = keys(client)?;
    let all = [
        ("tagged resource", tagged(client)?),
        ("KMS key", keys),
        ("bucket", buckets(client)?),
        ("trail", settings::trails(client)?),
    ];
    let kinds = all.into_iter().chain(of_json_services(client)?).chain(of_query_services(client)?);
    let leftover = |(kind, names): (&str, Vec<String>)| {
        let kind = kind.to_owned();
        names.into_iter().map(move |name| Leftover { kind: kind.clone(), name })
    };
    let mut found: Vec<Leftover> = kinds.flat_map(leftover).collect();
    found.sort();
    found.dedup();
    Ok((found, keys_pending))
}

fn tagged(client: &Client) -> Result<Vec<String>, ClientError> {
    let tagged = client.json(
        "tagging",
        "ResourceGroupsTaggingAPI_20170126.GetResources",
        &json!({ "TagFilters": [{ "Key": "tenant_id" }] }),
    )?;
    let mut tagged = strings(&tagged, "/ResourceTagMappingList", "ResourceARN");
    // The emulator keeps the tags of deleted tables, and a key is there until its waiting time is over; both are asked for
    // by name.
    tagged.retain(|arn| ![":dynamodb:", ":kms:"].iter().any(|service| arn.contains(service)));
    Ok(tagged)
}

/// The keys, and how many more wait for their deletion.
fn keys(client: &Client) -> Result<(Vec<String>, usize), ClientError> {
    let (mut keys, mut pending) = (Vec::new(), 0);
    let all = client.json("kms", "TrentService.ListKeys", &json!({}))?;
    for key in strings(&all, "/Keys", "KeyId") {
        let answer = client.json("kms", "TrentService.DescribeKey", &json!({ "KeyId": key }))?;
        match answer.pointer("/KeyMetadata/KeyState").and_then(Value::as_str) {
            Some("PendingDeletion") => pending += 1,
            _ => keys.push(key),
        }
    }
    Ok((keys, pending))
}

fn buckets(client: &Client) -> Result<Vec<String>, ClientError> {
    let call =
        Call { service: "s3", method: "GET", path: "/", headers: Vec::new(), body: Vec::new() };
    let mut names = between(&client.send(call)?.text(), "<Name>", "</Name>");
    // The bucket for function code is tenantry's, not the platform's; it goes with the emulator's state.
    names.retain(|name| name != CODE_BUCKET);
    Ok(names)
}

/// What services have that answer in JSON.
fn of_json_services(client: &Client) -> Result<[(&'static str, Vec<String>); 5], ClientError> {
    let tables = client.json("dynamodb", "DynamoDB_20120810.ListTables", &json!({}))?;
    let groups = client.json("logs", "Logs_20140328.DescribeLogGroups", &json!({}))?;
    let pools = client.json(
        "cognito-idp",
        "AWSCognitoIdentityProviderService.ListUserPools",
        &json!({ "MaxResults": 60 }),
    )?;
    let functions = client.list("lambda", "/2015-03-31/functions")?;
    let apis = client.list("apigateway", "/restapis")?;
    Ok([
        ("DynamoDB table", strings(&tables, "/TableNames", "")),
        ("log group", strings(&groups, "/logGroups", "logGroupName")),
        ("user pool", strings(&pools, "/UserPools", "Id")),
        ("function", strings(&functions, "/Functions", "FunctionName")),
        ("REST API", [strings(&apis, "/item", "id"), strings(&apis, "/items", "id")].concat()),
    ])
}

/// What services have that answer in XML.
fn of_query_services(client: &Client) -> Result<[(&'static str, Vec<String>); 7], ClientError> {
    let filter = [("Filter.1.Name", "key"), ("Filter.1.Value.1", "tenant_id")];
    let roles = client.query("iam", "2010-05-08", "ListRoles", &[])?;
    let topics = client.query("sns", "2010-03-31", "ListTopics", &[])?;
    let alarms = client.query("monitoring", "2010-08-01", "DescribeAlarms", &[])?;
    let dashboards = client.query("monitoring", "2010-08-01", "ListDashboards", &[])?;
    let tags = client.query("ec2", "2016-11-15", "DescribeTags", &filter)?;
    let (flow_logs, network_acls) = settings::made_by_ec2(client)?;
    Ok([
        ("IAM role", roles.texts("RoleName")?),
        ("topic", topics.texts("TopicArn")?),
        ("alarm", alarms.texts("AlarmName")?),
        ("dashboard", dashboards.texts("DashboardName")?),
        ("EC2 resource", tags.texts("resourceId")?),
        ("flow log", flow_logs),
        ("network ACL", network_acls),
    ])
}

fn strings(value: &Value, list: &str, field: &str) -> Vec<String> {
    let items = value.pointer(list).and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| if field.is_empty() { item.as_str() } else { item.get(field)?.as_str() })
        .map(ToOwned::to_owned)
        .collect()
}

fn between(text: &str, open: &str, close: &str) -> Vec<String> {
    text.split(open).skip(1).filter_map(|part| Some(part.split_once(close)?.0.to_owned())).collect()
}
