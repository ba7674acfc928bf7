//! What the arguments say of tenants, owners and values.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use tenantry_template::{OrganizationFile, OwnerRule, Place, ReadOptions, Tenant};
use toml::de::{DeTable, DeValue};

use crate::arguments::Verify;
use crate::failure::Failure;

/// What is known besides the templates.
pub(super) fn read(arguments: &Verify) -> Result<ReadOptions, Failure> {
    let mut options = ReadOptions::default();
    if !arguments.tenant_tags.is_empty() {
        options.tenant_tags.clone_from(&arguments.tenant_tags);
    }
    if let Some(account) = &arguments.account {
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            let hint = "an account's id has 12 digits: --account 111122223333";
            return Err(Failure::with_hint(format!("{account:?} is no account"), hint));
        }
        options.account = Some(account.clone());
    }
    options.region.clone_from(&arguments.region);
    for parameter in &arguments.parameters {
        let (name, value) = pair(parameter)?;
        options.parameters.insert(name, value);
    }
    tenants(arguments, &mut options)?;
    options.pooled.claim.clone_from(&arguments.claim);
    for rule in &arguments.owners {
        let (pattern, tenant) = rule.rsplit_once('=').unwrap_or_default();
        if pattern.is_empty() || tenant.is_empty() {
            let hint = "write PATTERN=TENANT: --owner 'Acme*=acme'";
            return Err(Failure::with_hint(format!("--owner {rule:?} says no owner"), hint));
        }
        options.owners.push(OwnerRule { pattern: pattern.to_owned(), tenant: tenant.to_owned() });
    }
    if let Some(file) = &arguments.ownership {
        options.owners.extend(ownership(file)?);
    }
    if let Some(folder) = &arguments.organization {
        organization(folder, 0, &mut options.organization)?;
        if options.organization.is_empty() {
            let hint = "put service and resource control policies there, a JSON file each";
            let what = format!("{} holds no file that ends in .json", folder.display());
            return Err(Failure::with_hint(what, hint));
        }
    }
    Ok(options)
}

/// How deep an organization nests: root, five levels of units, account.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const LEVELS: usize = 7;

/// The policies of a folder, and of the folders in it as those of the next level.
fn organization(
    folder: &Path,
    level: usize,
    into: &mut Vec<OrganizationFile>,
) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        Failure::with_hint(
            format!("cannot read {}: {error}", folder.display()),
            "--organization-policies takes a folder with policies as JSON",
        )
    };
    if level >= LEVELS {
        let what = format!("{} is deeper than an organization", folder.display());
        return Err(Failure::with_hint(what, format!("it has at most {LEVELS} levels")));
    }
    let entries: Result<Vec<_>, _> = std::fs::read_dir(folder).map_err(cannot)?.collect();
    let mut paths: Vec<_> = entries.map_err(cannot)?.iter().map(|each| each.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            organization(&path, level + 1, into)?;
        } else if path.extension().is_some_and(|end| end == "json") {
            let bytes = std::fs::read(&path).map_err(|error| {
                Failure::new(format!("cannot read {}: {error}", path.display()))
            })?;
            into.push(OrganizationFile { name: path.display().to_string(), level, bytes });
        }
    }
    Ok(())
}

/// The tenants: each with values of parameters, or each by its name alone.
fn tenants(arguments: &Verify, options: &mut ReadOptions) -> Result<(), Failure> {
    for tenant in &arguments.tenants {
        let (name, values) = match tenant.split_once(':') {
            Some((name, values)) => (name, Some(values)),
            None => (tenant.as_str(), None),
        };
        if name.is_empty() || name.contains('=') {
            return Err(Failure::with_hint(
                format!("--tenant {tenant:?} names nobody"),
                "write it as NAME or NAME:KEY=VALUE,KEY=VALUE",
            ));
        }
        match values {
            Some(values) => {
                let values = values.split(',').map(pair).collect::<Result<BTreeMap<_, _>, _>>()?;
                options.tenants.push(Tenant { name: name.to_owned(), parameters: values });
            }
            None => options.pooled.tenants.push(name.to_owned()),
        }
    }
    if let (Some(with), Some(without)) = (options.tenants.first(), options.pooled.tenants.first()) {
        return Err(Failure::with_hint(
            format!("--tenant {} has values of parameters and --tenant {without} none", with.name),
            "give each tenant its values, or none any",
        ));
    }
    Ok(())
}

fn pair(text: &str) -> Result<(String, String), Failure> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| Failure::with_hint(format!("{text:?} has no `=`"), "write KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}

const OWNERS: &str = "write a table [owners] with lines such as \"Acme*\" = \"acme\"";

/// Whose things are, from a TOML file, in the file's order.
fn ownership(file: &Path) -> Result<Vec<OwnerRule>, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::with_hint(format!("cannot read {name}: {error}"), OWNERS))?;
    let fault = |what: &str, span: Range<usize>| {
        Failure::with_hint(format!("{what}\n{}", Place::new(&name, &text, span)), OWNERS)
    };
    let tree = DeTable::parse(&text).map_err(|error| {
        fault(&format!("not TOML: {}", error.message()), error.span().unwrap_or(0..0))
    })?;
    for (key, _) in tree.get_ref() {
        if key.get_ref() != "owners" {
            return Err(fault(&format!("there is no key `{}`", key.get_ref()), key.span()));
        }
    }
    let Some(owners) = tree.get_ref().get("owners") else {
        return Err(fault("there is no table [owners]", 0..0));
    };
    let DeValue::Table(table) = owners.get_ref() else {
        return Err(fault("`owners` is no table", owners.span()));
    };
    let mut rules = Vec::new();
    for (pattern, tenant) in table {
        match tenant.get_ref() {
            DeValue::String(tenant) if !tenant.is_empty() && !pattern.get_ref().is_empty() => {
                let pattern_text = pattern.get_ref().to_string();
                let rule = OwnerRule { pattern: pattern_text, tenant: tenant.to_string() };
                rules.push((pattern.span().start, rule));
            }
            _ => {
                let what = format!("`{}` names no tenant", pattern.get_ref());
                return Err(fault(&what, tenant.span()));
            }
        }
    }
    rules.sort_by_key(|(start, _)| *start);
    Ok(rules.into_iter().map(|(_, rule)| rule).collect())
}
