//! Which contexts of requests are worth trying.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tenantry_policy::{Caller, Context, Value as Held};

use super::access::{Asset, FOREIGN, listed};

/// The condition keys of a policy, with the values that it compares them with.
pub fn keys(policy: &Value) -> BTreeMap<String, BTreeSet<String>> {
    listed(&policy["Statement"]).iter().flat_map(tested).collect()
}

fn tested(statement: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let tests = operators.filter_map(|(_, tests)| tests.as_object()).flatten();
    for (key, values) in tests {
        let values = listed(values);
        let texts = values.iter().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        found.entry(key.clone()).or_default().extend(texts);
    }
    found
}

/// Things of another account for which a service may act: of the form that a policy asks for,
/// where it leaves the account open.
pub fn foreign(policy: &Value) -> BTreeSet<String> {
    let any = format!("arn:aws:any:us-east-1:{FOREIGN}:thing");
    let asked =
        keys(policy).into_iter().filter(|(key, _)| key.eq_ignore_ascii_case("aws:SourceArn"));
    let patterns = asked.flat_map(|(_, values)| values).filter_map(|text| {
        let mut parts: Vec<&str> = text.splitn(6, ':').collect();
        let account = parts.get_mut(4).filter(|account| account.contains('*'))?;
        *account = FOREIGN;
        Some(parts.join(":").replace(['*', '?'], "x"))
    });
    patterns.chain([any]).collect()
}

/// What the requester and the asset decide; no caller chooses these.
fn decided(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["aws:principal", "aws:resource", "aws:source"].iter().any(|start| key.starts_with(start))
        && !matches!(key.as_str(), "aws:sourceip" | "aws:sourcevpc" | "aws:sourcevpce")
        || key == "kms:calleraccount"
}

/// The other keys that all services have.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn exists(key: &str) -> bool {
    const GLOBAL: [&str; 20] = [
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:useragent",
        "aws:referer",
        "aws:securetransport",
        "aws:currenttime",
        "aws:epochtime",
        "aws:requestedregion",
        "aws:requesttag/",
        "aws:tagkeys",
        "aws:tokenissuetime",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:username",
        "aws:userid",
        "aws:calledvia",
        "aws:viaawsservice",
        "aws:vpcsourceip",
        "aws:federatedprovider",
    ];
    !key.starts_with("aws:") || GLOBAL.iter().any(|each| key.starts_with(each))
}

/// Contexts worth trying: for each key of the policies nothing, what they name, and something else.
pub fn contexts(
    statements: &[&Value],
    ties: &[(String, String)],
    caller: &Caller,
    asset: &Asset,
) -> Vec<Context> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, values) in statements.iter().flat_map(|statement| tested(statement)) {
        all.entry(key.to_ascii_lowercase()).or_default().extend(values);
    }
    let tied = |key: &str| ties.iter().any(|(tie, _)| tie.eq_ignore_ascii_case(key));
    // A tie of several lines holds several values.
    let start = ties.iter().fold(Context::exact(), |all, (key, text)| {
        all.with(key, Held::Present(text.lines().map(Into::into).collect()))
    });
    let mut contexts = vec![start];
    for (key, values) in all {
        if decided(&key) || tied(&key) || !exists(&key) {
            continue;
        }
        let filled = values.iter().map(|text| fill(text, caller, asset));
        let mut tries: BTreeSet<String> = filled.flat_map(|text| concrete(&text)).collect();
        tries.insert("something-else".to_owned());
        let mut more = Vec::new();
        for context in contexts.iter().take(64) {
            more.extend(tries.iter().map(|text| context.clone().having(&key, text.as_str())));
            // A list of all of them, for the operators on sets.
            let list = tries.iter().map(|text| text.as_str().into()).collect();
            more.push(context.clone().with(&key, Held::Present(list)));
        }
        contexts.extend(more);
        contexts.truncate(256);
    }
    contexts
}

/// A value with the tags of the caller and of the asset in the place of policy variables.
fn fill(text: &str, caller: &Caller, asset: &Asset) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, end)) = after.split_once('}') else { break };
        out.push_str(before);
        let (name, default) = name.split_once(',').unwrap_or((name, ""));
        let name = name.trim().to_ascii_lowercase();
        let own = caller.tags.iter().map(|(key, value)| (key.clone(), value.to_string()));
        let start = |start: &str, (key, value): (String, String)| (format!("{start}{key}"), value);
        let mut tags = own
            .map(|tag| start("aws:principaltag/", tag))
            .chain(asset.tags.iter().map(|tag| start("aws:resourcetag/", tag.clone())));
        let known = tags.find(|(key, _)| key.eq_ignore_ascii_case(&name)).map(|(_, value)| value);
        out.push_str(&known.unwrap_or_else(|| default.trim().trim_matches('\'').to_owned()));
        rest = end;
    }
    out + rest
}

/// Texts that a pattern, a range or a limit takes in, or that lie beside it.
fn concrete(text: &str) -> Vec<String> {
    if let Ok(number) = text.parse::<i64>() {
        return [number - 1, number, number + 1].iter().map(i64::to_string).collect();
    }
    if text.len() == 20 && text.ends_with('Z') && text.contains('T') {
        return ["1999-01-01T00:00:00Z", text, "2999-01-01T00:00:00Z"].map(str::to_owned).to_vec();
    }
    match text {
        "true" | "false" => vec!["true".to_owned(), "false".to_owned()],
        _ => {
            let plain = text.replace(['*', '?'], "x");
            let address = plain
                .split_once('/')
                .filter(|(start, _)| start.parse::<std::net::IpAddr>().is_ok());
            match address {
                Some((address, _)) => {
                    [address, "203.0.113.9", "2001:db8:ffff::9"].map(str::to_owned).to_vec()
                }
                None => vec![plain],
            }
        }
    }
}
