//! The keys: one a tenant, one for what all tenants use.
//!
//! A key's policy is the root of all permissions on it. The account may administer it, so that
//! nobody can be locked out of deleting it. What encrypts or decrypts it gets for one purpose only:
//! DynamoDB asks for it on behalf of whoever creates a table. That goes through DynamoDB alone, for
//! the tenant's own tables alone, and for nobody who carries the tag `tenant_id`, which all roles of
//! the platform do: no identity policy can give a tenant's role another tenant's key.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{Alias, Key, Policy, Pseudo, Ref, Role, Text};

use crate::arns::{self, SharedLog};
use crate::builder::{Builder, Tenant};
use crate::service_role::via_dynamodb;

/// Days between a key's deletion and its end: the least that KMS takes.
const PENDING_WINDOW_DAYS: u8 = 7;

/// What an administrator of a key does; none of these reads or writes data.
const ADMINISTRATION: [&str; 20] = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
];

/// What DynamoDB does with the key of a table on behalf of who reads or writes it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html>
pub(crate) const DYNAMODB_USE: [&str; 5] =
    ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"];

/// What DynamoDB does besides when it creates an encrypted table, on behalf of who creates it.
/// `kms:DescribeKey` is among [`ADMINISTRATION`], `kms:CreateGrant` has a statement of its own.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-customer-cmk-policy>
const TABLE_CREATION: [&str; 6] = [
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

pub(crate) fn tenant_key(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    roles: &[Ref<Role>],
    operator: &Ref<Role>,
) -> Ref<Key> {
    let application = b.application;
    let services = &application.services;
    let logs = services.iter().map(|service| arns::log_group_name(b, tenant, service));
    let tables = application.tables.iter().map(|table| b.tenant_name(tenant, &table.name).into());
    let logs: Vec<String> = logs.collect();
    let tables: Vec<Text> = tables.collect();
    let users = services.iter().zip(roles).filter(|(service, _)| !service.uses.is_empty());
    let users: Vec<_> = users.map(|(_, role)| Principal::Aws(role.arn())).collect();
    let mut statements = vec![account_administers()];
    if !tables.is_empty() {
        statements.extend([
            // A request for a grant carries no encryption context; the grant itself does.
            account_by_dynamodb("AccountGivesDynamodbGrants", &["kms:CreateGrant"]).when(
                "Bool",
                "kms:GrantIsForAWSResource",
                vec!["true".into()],
            ),
            account_by_dynamodb("AccountCreatesTheTables", &TABLE_CREATION).when(
                "StringEquals",
                "kms:EncryptionContext:aws:dynamodb:tableName",
                tables,
            ),
        ]);
    }
    if !users.is_empty() {
        statements.push(
            Statement::allow("TenantUsesItThroughDynamodb", &DYNAMODB_USE).to(users).on_any().when(
                "StringEquals",
                "kms:ViaService",
                vec![via_dynamodb()],
            ),
        );
    }
    statements.extend([
        Statement::allow("OperatorReadsThroughDynamodb", &["kms:Decrypt"])
            .to(vec![Principal::Aws(operator.arn())])
            .on_any()
            .when("StringEquals", "kms:ViaService", vec![via_dynamodb()]),
        logs_encrypt(logs),
    ]);
    let key = Key {
        description: format!("Data of {}", tenant.config.id),
        policy: Policy::new(statements),
        pending_window_days: PENDING_WINDOW_DAYS,
    };
    let key = b.graph.add(&tenant.component, tenant.id("Key"), key);
    let name = format!(
        "alias/tenant/{}/data-key-{}",
        tenant.config.id.slug(),
        b.platform.environment_suffix
    );
    b.graph.add(&tenant.component, tenant.id("KeyAlias"), Alias { name, key: key.clone() });
    key
}

/// The key of the shared logs, the alarms' topic and the audit trail.
pub(crate) fn shared_key(b: &mut Builder<'_>, operator: &Ref<Role>) -> Ref<Key> {
    let own_account = || vec![Text::from(Pseudo::AccountId)];
    let service = |name: &'static str| vec![Principal::Service(Text::from(name))];
    let mut statements = vec![
        account_administers(),
        logs_encrypt(SharedLog::ALL.map(|log| log.name(b))),
        Statement::allow("AlarmsReachTheTopic", &["kms:Decrypt", "kms:GenerateDataKey"])
            .to(service("cloudwatch.amazonaws.com"))
            .on_any()
            .when("StringEquals", "aws:SourceAccount", own_account()),
    ];
    if b.makes_the_trail() {
        statements.extend(trail_encrypts(&arns::trail_arn(b), operator));
    }
    let key = Key {
        description: "Shared logs, alarms and audit".to_owned(),
        policy: Policy::new(statements),
        pending_window_days: PENDING_WINDOW_DAYS,
    };
    let component = b.shared("Encryption");
    let key = b.graph.add(&component, "SharedKey", key);
    let name = format!("alias/{}", b.name("shared-key"));
    b.graph.add(&component, "SharedKeyAlias", Alias { name, key: key.clone() });
    key
}

/// CloudTrail encrypts this trail's files, and the operator reads them. Decrypting is asked of
/// CloudTrail when the trail is made.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
fn trail_encrypts(trail: &Text, operator: &Ref<Role>) -> [Statement<Text>; 3] {
    const CONTEXT: &str = "kms:EncryptionContext:aws:cloudtrail:arn";
    let cloudtrail = || vec![Principal::Service(Text::from("cloudtrail.amazonaws.com"))];
    [
        Statement::allow("TrailEncrypts", &["kms:GenerateDataKey"])
            .to(cloudtrail())
            .on_any()
            .when("StringEquals", "aws:SourceArn", vec![trail.clone()])
            .when("StringEquals", CONTEXT, vec![trail.clone()]),
        Statement::allow("TrailLooksAtTheKey", &["kms:Decrypt", "kms:DescribeKey"])
            .to(cloudtrail())
            .on_any()
            .when("StringEquals", "aws:SourceArn", vec![trail.clone()]),
        Statement::allow("OperatorReadsTheTrail", &["kms:Decrypt"])
            .to(vec![Principal::Aws(operator.arn())])
            .on_any()
            .when("StringEquals", CONTEXT, vec![trail.clone()]),
    ]
}

fn account_administers() -> Statement<Text> {
    Statement::allow("AccountAdministersTheKey", &ADMINISTRATION)
        .to(vec![Principal::Aws(Text::account_root())])
        .on_any()
}

/// What who works for the account may do through DynamoDB. Whoever carries `tenant_id` may not: a
/// tenant's role whose own policy is too wide is still stopped here.
fn account_by_dynamodb(sid: &'static str, actions: &[&'static str]) -> Statement<Text> {
    Statement::allow(sid, actions)
        .to(vec![Principal::Aws(Text::account_root())])
        .on_any()
        .when("StringEquals", "kms:ViaService", vec![via_dynamodb()])
        .when("Null", "aws:PrincipalTag/tenant_id", vec!["true".into()])
}

/// The log service encrypts these log groups and no other.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
fn logs_encrypt(log_groups: impl IntoIterator<Item = String>) -> Statement<Text> {
    const ACTIONS: [&str; 7] = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ];
    let service = Text::from("logs.").then(Pseudo::Region).then(".amazonaws.com");
    let arns = log_groups.into_iter().map(|name| arns::log_group_arn(&name)).collect();
    Statement::allow("LogServiceEncrypts", &ACTIONS)
        .to(vec![Principal::Service(service)])
        .on_any()
        .when("ArnEquals", "kms:EncryptionContext:aws:logs:arn", arns)
}
