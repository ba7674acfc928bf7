//! Everything taken away again, and a look at whether that is true.

use crate::client::{Client, ClientError};
use crate::deploy::{CODE_BUCKET, DeployError, delete};
use crate::emulator::{Emulator, EmulatorError, stop};
use crate::home::{Home, HomeError, remove_file, remove_folder};
use crate::lock::{Lock, LockError};
use crate::progress::{Cancel, Progress, Step, run};
use crate::settings;
use crate::start::is_kept;
use serde_json::{Value, json};

/// Something that is still there after everything was deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leftover {
    /// What it is, such as `DynamoDB table`.
    pub kind: String,
    /// Its name or ARN.
    pub name: String,
}

/// What `down` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Down {
    /// The emulator ran.
    pub was_running: bool,
    /// It had been stopped, and what was kept of it is gone.
    pub was_kept: bool,
    /// The stacks that were deleted.
    pub deleted: Vec<String>,
    /// What was still there afterwards, by the emulator's own word.
    pub leftovers: Vec<Leftover>,
    /// Keys that are scheduled for deletion: KMS waits at least 7 days.
    pub keys_pending: usize,
}

/// Deletes every stack, asks the emulator what is left, stops it and removes its state.
///
/// # Errors
/// [`DownError`]. A stack that cannot be deleted is an error before anything is stopped.
pub fn down(home: &Home, progress: &dyn Progress, cancel: &Cancel) -> Result<Down, DownError> {
    let mut done = Down::default();
    if !home.path().exists() {
        return Ok(done);
    }
    let _lock = Lock::take(home)?;
    let found = match Emulator::find(home) {
        // It cannot be asked any more; its state goes anyway.
        Err(EmulatorError::Silent { .. } | EmulatorError::Outdated { .. }) => None,
        other => other?,
    };
    if found.is_some() {
        done.was_running = true;
        let client = Client::administrator(home)?;
        for stack in client.all_stacks()? {
            let step = Step::Delete(stack.name.clone());
            run(progress, &step, || {
                delete(&client, &stack.name, progress, cancel).map(|()| ((), String::new()))
            })?;
            done.deleted.push(stack.name);
        }
        (done.leftovers, done.keys_pending) = run(progress, &Step::LookForLeftovers, || {
            leftovers(&client).map(|found| {
                let note = format!("{} found", found.0.len());
                (found, note)
            })
        })?;
    }
    run(progress, &Step::Stop, || stop(home).map(|_| ((), String::new())))?;
    done.was_kept = !done.was_running && is_kept(home);
    clear(home).map_err(EmulatorError::from)?;
    Ok(done)
}

/// Removes all but what was installed: it is the same for every platform, and takes long to download. The lock goes last.
fn clear(home: &Home) -> Result<(), HomeError> {
    remove_folder(&home.state())?;
    remove_folder(&home.launcher())?;
    for file in [
        home.rolled_back(),
        home.secrets(),
        home.credentials(),
        home.config(),
        home.log(),
        home.lock(),
    ] {
        remove_file(&file)?;
    }
    Ok(())
}

/// Asks the tagging API for the platform's tag, and the services that it does not cover for whatever they have: the
/// emulator is this folder's alone, so all of it is a leftover.
fn leftovers(client: &Client) -> Result<(Vec<Leftover>, usize), ClientError> {
    let mut found = Vec::new();
    let mut add = |kind: &str, names: Vec<String>| {
        found.extend(names.into_iter().map(|name| Leftover { kind: kind.to_owned(), name }));
    };
    let tables = strings(
        &client.json("dynamodb", "DynamoDB_20120810.ListTables", &json!({}))?,
        "/TableNames",
        "",
    );
    let tagged = client.json(
        "tagging",
        "ResourceGroupsTaggingAPI_20170126.GetResources",
        &json!({ "TagFilters": [{ "Key": "tenant_id" }] }),
    )?;
    let tagged = strings(&tagged, "/ResourceTagMappingList", "ResourceARN");
    // The emulator keeps the tags of deleted tables, and a key is there until its waiting time is over; both are asked for
    // by name below.
    let elsewhere = [":dynamodb:", ":kms:"];
    add(
        "tagged resource",
        tagged
            .into_iter()
            .filter(|arn| !elsewhere.iter().any(|service| arn.contains(service)))
            .collect(),
    );
    add("DynamoDB table", tables);

    let mut keys_pending = 0;
    let keys = strings(&client.json("kms", "TrentService.ListKeys", &json!({}))?, "/Keys", "KeyId");
    for key in keys {
        let answer = client.json("kms", "TrentService.DescribeKey", &json!({ "KeyId": key }))?;
        match answer.pointer("/KeyMetadata/KeyState").and_then(Value::as_str) {
            Some("PendingDeletion") => keys_pending += 1,
            _ => add("KMS key", vec![key]),
        }
    }
    let groups = client.json("logs", "Logs_20140328.DescribeLogGroups", &json!({}))?;
    add("log group", strings(&groups, "/logGroups", "logGroupName"));
    let pools = client.json(
        "cognito-idp",
        "AWSCognitoIdentityProviderService.ListUserPools",
        &json!({ "MaxResults": 60 }),
    )?;
    add("user pool", strings(&pools, "/UserPools", "Id"));
    let functions = client.list("lambda", "/2015-03-31/functions")?;
    add("function", strings(&functions, "/Functions", "FunctionName"));
    let apis = client.list("apigateway", "/restapis")?;
    add("REST API", [strings(&apis, "/item", "id"), strings(&apis, "/items", "id")].concat());

    add("IAM role", client.query("iam", "2010-05-08", "ListRoles", &[])?.texts("RoleName")?);
    add("topic", client.query("sns", "2010-03-31", "ListTopics", &[])?.texts("TopicArn")?);
    let alarms = client.query("monitoring", "2010-08-01", "DescribeAlarms", &[])?;
    add("alarm", alarms.texts("AlarmName")?);
    let dashboards = client.query("monitoring", "2010-08-01", "ListDashboards", &[])?;
    add("dashboard", dashboards.texts("DashboardName")?);
    let tags = client.query(
        "ec2",
        "2016-11-15",
        "DescribeTags",
        &[("Filter.1.Name", "key"), ("Filter.1.Value.1", "tenant_id")],
    )?;
    add("EC2 resource", tags.texts("resourceId")?);
    let (flow_logs, network_acls) = settings::made_by_ec2(client)?;
    add("flow log", flow_logs);
    add("network ACL", network_acls);
    add("trail", settings::trails(client)?);
    let buckets = client.send(crate::client::Call {
        service: "s3",
        method: "GET",
        path: "/",
        headers: Vec::new(),
        body: Vec::new(),
    })?;
    let names = between(&buckets.text(), "<Name>", "</Name>");
    // The bucket for function code is tenantry's, not the platform's; it goes with the emulator's state.
    add("bucket", names.into_iter().filter(|name| name != CODE_BUCKET).collect());
    found.sort();
    found.dedup();
    Ok((found, keys_pending))
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

/// Why not everything could be taken away.
#[derive(Debug, thiserror::Error)]
pub enum DownError {
    /// Another command is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The emulator could not be found or stopped.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// A stack could not be deleted.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The emulator could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl DownError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Lock(error) => error.hint(),
            Self::Emulator(error) => error.hint(),
            Self::Deploy(error) => error.hint(),
            Self::Client(error) => error.hint(),
        }
    }
}
