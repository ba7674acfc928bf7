//! Where a resource has its tags, and which of them say a tenant.

use crate::value::{Value, ValueKind};

/// Types whose tags are in a property that is not called `Tags`.
/// Source: `tagging.tagProperty` of AWS's schemas of resource types, which
/// `tests/data/tag-properties.txt` has whole.
const ELSEWHERE: &[(&str, &str)] = &[
    ("AWS::Backup::BackupPlan", "BackupPlanTags"),
    ("AWS::Backup::BackupVault", "BackupVaultTags"),
    ("AWS::Backup::Framework", "FrameworkTags"),
    ("AWS::Backup::LogicallyAirGappedBackupVault", "BackupVaultTags"),
    ("AWS::Backup::ReportPlan", "ReportPlanTags"),
    ("AWS::Backup::TieringConfiguration", "TieringConfigurationTags"),
    ("AWS::Budgets::Budget", "ResourceTags"),
    ("AWS::Budgets::BudgetsAction", "ResourceTags"),
    ("AWS::CE::AnomalyMonitor", "ResourceTags"),
    ("AWS::CE::AnomalySubscription", "ResourceTags"),
    ("AWS::Cognito::IdentityPool", "IdentityPoolTags"),
    ("AWS::Cognito::UserPool", "UserPoolTags"),
    ("AWS::Cognito::UserPoolRegionalConfigurationAttachment", "UserPoolTags"),
    ("AWS::Cognito::UserPoolReplica", "UserPoolTagsAtCreate"),
    ("AWS::DataPipeline::Pipeline", "PipelineTags"),
    ("AWS::EFS::AccessPoint", "AccessPointTags"),
    ("AWS::EFS::FileSystem", "FileSystemTags"),
    ("AWS::Invoicing::InvoiceUnit", "ResourceTags"),
    ("AWS::Lex::Bot", "BotTags"),
    ("AWS::Lex::BotAlias", "BotAliasTags"),
    ("AWS::Route53::HealthCheck", "HealthCheckTags"),
    ("AWS::Route53::HostedZone", "HostedZoneTags"),
];

/// Lists of what carries tags of its own and is the resource, or is made by it.
const WITHIN: &[&[&str]] =
    &[&["Replicas"], &["TagSpecifications"], &["LaunchTemplateData", "TagSpecifications"]];

/// The tags of a resource of a type, with what is not a text as it is, in their order.
pub fn tags<'v, 'a>(kind: &str, properties: &'v Value<'a>) -> Vec<(&'v str, &'v Value<'a>)> {
    let elsewhere = ELSEWHERE.iter().filter(|(own, _)| *own == kind).map(|(_, property)| *property);
    let named = std::iter::once("Tags").chain(elsewhere);
    let mut found = Vec::new();
    named.filter_map(|name| properties.get(name)).for_each(|tags| listed(tags, &mut found));
    let mut lists = Vec::new();
    WITHIN.iter().for_each(|path| properties.at_path_all(path, &mut lists));
    lists.into_iter().filter_map(|each| each.get("Tags")).for_each(|tags| listed(tags, &mut found));
    found
}

/// The tags of a map, of a list of keys and values, or of a list of maps.
fn listed<'v, 'a>(tags: &'v Value<'a>, into: &mut Vec<(&'v str, &'v Value<'a>)>) {
    const PAIRS: [(&str, &str); 3] = [("Key", "Value"), ("TagKey", "TagValue"), ("key", "value")];
    if let ValueKind::Map(entries) = &tags.kind {
        let pair = |(key, value): (&str, &str)| Some((tags.get(key)?.as_str()?, tags.get(value)?));
        match PAIRS.into_iter().find_map(pair) {
            Some(pair) if entries.len() <= 3 => into.push(pair),
            // CloudFront has its lists under `Items`.
            _ => match tags.get("Items") {
                Some(items) if entries.len() == 1 => listed(items, into),
                _ => into.extend(entries.iter().map(|(key, value)| (&*key.text, value))),
            },
        }
        return;
    }
    if let ValueKind::List(items) = &tags.kind {
        items.iter().for_each(|item| listed(item, into));
    }
}

/// What platforms call whom they serve, in lower case and without marks between words.
const WORDS: &[&str] = &[
    "tenant",
    "customer",
    "client",
    "company",
    "org",
    "organisation",
    "organization",
    "workspace",
    "subscriber",
];

/// Whether the name of a tag, a parameter or a claim says that its value is a tenant: `TenantId`,
/// `customer_id`, `custom:org_id`.
pub fn says_tenant(name: &str) -> bool {
    let name = name.rsplit(':').next().unwrap_or(name);
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let ends = ["", "id", "name", "slug", "key", "code"];
    WORDS.iter().any(|word| plain.strip_prefix(word).is_some_and(|end| ends.contains(&end)))
}

#[cfg(test)]
mod tests {
    use super::says_tenant;

    #[test]
    fn a_name_says_tenant_in_many_spellings_and_not_by_chance() {
        for name in ["TenantId", "tenant", "customer_id", "acme:customer-id", "OrgId", "ORG_NAME"] {
            assert!(says_tenant(name), "{name}");
        }
        for name in ["Name", "TenantTableCount", "Origin", "CostCenter", "clientToken"] {
            assert!(!says_tenant(name), "{name}");
        }
    }
}
