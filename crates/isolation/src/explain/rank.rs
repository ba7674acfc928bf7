//! How bad it is to be able to do something, so that the worst is told first.

use tenantry_policy::Reference;

/// What reads or takes over outright, the worst first: a reader of a finding sees at once what is
/// lost. All else goes by its access level in the service authorization reference.
const OUTRIGHT: &[&str] = &[
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:GetRecords",
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParametersByPath",
    "kms:Decrypt",
    "sqs:ReceiveMessage",
    "kinesis:GetRecords",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:StartQuery",
    "rds-data:ExecuteStatement",
    "rds-db:connect",
    "sts:AssumeRole",
    "iam:PassRole",
    "lambda:UpdateFunctionCode",
    "lambda:InvokeFunction",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "s3:PutObject",
    "s3:DeleteObject",
];

/// 0 for the worst. Equal ranks keep the order of the names.
pub(crate) fn rank(action: &str) -> u16 {
    let worst = OUTRIGHT.iter().position(|each| each.eq_ignore_ascii_case(action));
    if let Some(at) = worst {
        return at as u16;
    }
    let by_access = match access(action) {
        Some("Permissions management") => 1,
        // Descriptions are read as well, and say little.
        Some("Read") if !describes(action) => 2,
        Some("Write") => 3,
        Some("Read") => 4,
        Some("List") => 5,
        Some(_) => 6,
        // Packets and routes, and actions that no list has.
        None => 0,
    };
    OUTRIGHT.len() as u16 + by_access
}

/// The first of an action's access levels.
fn access(action: &str) -> Option<&'static str> {
    let action = Reference::get().action(action)?;
    action.access.split(", ").next()
}

fn describes(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Describe", "List", "Head"].iter().any(|prefix| name.starts_with(prefix))
}
