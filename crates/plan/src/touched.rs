//! Whom a change touches: the promise that one tenant's change touches no other is read from the plan itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::differences::{Difference, Side};
use crate::plan::{Action, CellPlan, Change, Touches};
use crate::template::references;

/// What follows from a REST API's routes: it touches whom they touch.
const DEPLOYMENTS: [&str; 2] =
    ["AWS::ApiGateway::Deployment", "aws:apigateway/deployment:Deployment"];
const STAGES: [&str; 2] = ["AWS::ApiGateway::Stage", "aws:apigateway/stage:Stage"];
const REST_APIS: [&str; 2] = ["AWS::ApiGateway::RestApi", "aws:apigateway/restApi:RestApi"];
const METHOD_SETTINGS: &str = "aws:apigateway/methodSettings:MethodSettings";
/// What of a stage says which deployment it serves.
const SERVES: [&str; 2] = ["DeploymentId", "deployment"];

/// Sets whom each change of a cell touches; `owners` has the tenant of each resource that is one's own.
pub(crate) fn set(cell: &mut CellPlan, owners: BTreeMap<&str, &str>) {
    let known = Known { tenants: cell.tenants.clone(), owners };
    for change in &mut cell.changes {
        change.touches = known.by(change, |difference| {
            !STAGES.contains(&change.kind.as_str()) || !SERVES.contains(&difference.path.as_str())
        });
    }
    let routes: Option<Touches> = cell
        .changes
        .iter()
        .find(|change| REST_APIS.contains(&change.kind.as_str()))
        .map(|api| api.touches.clone());
    let routes = routes.unwrap_or(Touches::Everyone);
    for change in &mut cell.changes {
        let deployment = DEPLOYMENTS.contains(&change.kind.as_str());
        let served = || change.properties.iter().any(|one| SERVES.contains(&one.path.as_str()));
        let follows = deployment || STAGES.contains(&change.kind.as_str()) && served();
        if follows {
            change.touches = match (&routes, &change.touches) {
                (Touches::Tenants(routes), Touches::Tenants(own)) => {
                    let both: BTreeSet<&String> = routes.iter().chain(own).collect();
                    Touches::Tenants(both.into_iter().cloned().collect())
                }
                // A deployment names nobody itself.
                (Touches::Tenants(routes), Touches::Everyone) if deployment => {
                    Touches::Tenants(routes.clone())
                }
                _ => Touches::Everyone,
            };
        }
    }
}

fn tenants(found: BTreeSet<String>) -> Touches {
    Touches::Tenants(found.into_iter().collect())
}

struct Known<'a> {
    tenants: BTreeSet<String>,
    owners: BTreeMap<&'a str, &'a str>,
}

impl Known<'_> {
    fn by(&self, change: &Change, counts: impl Fn(&Difference) -> bool) -> Touches {
        if let Some(tenant) = &change.tenant {
            return Touches::Tenants(Box::new([tenant.clone()]));
        }
        let mut found = BTreeSet::new();
        if matches!(change.action, Action::Create | Action::Delete) {
            // The engine has a resource a route for what is one list elsewhere; it is called by its route.
            if change.kind == METHOD_SETTINGS {
                self.in_text(change.name.as_deref().unwrap_or_default(), &mut found);
            }
            let named = !found.is_empty();
            return if named { tenants(found) } else { Touches::Everyone };
        }
        for difference in change.properties.iter().filter(|one| counts(one)) {
            let named = self.named(difference);
            if named.is_empty() {
                return Touches::Everyone;
            }
            found.extend(named);
        }
        tenants(found)
    }

    /// The tenants that a difference names, by their ids or by resources of theirs.
    fn named(&self, difference: &Difference) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.in_text(&difference.path, &mut found);
        if !found.is_empty() {
            return found;
        }
        for value in [Side::Before, Side::After].iter().filter_map(|side| difference.side(*side)) {
            self.in_value(value, &mut found);
            let referred = references(value);
            let owners = referred.iter().filter_map(|id| self.owners.get(id.as_str()));
            found.extend(owners.map(|tenant| (*tenant).to_owned()));
        }
        found
    }

    fn in_value(&self, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => self.in_text(text, found),
            Value::Array(items) => items.iter().for_each(|item| self.in_value(item, found)),
            Value::Object(fields) => fields.iter().for_each(|(key, value)| {
                self.in_text(key, found);
                self.in_value(value, found);
            }),
            _ => {}
        }
    }

    /// Of the ids that a word could begin with the longest counts: `tenant-1-users` is not of `tenant-1` where there is a
    /// `tenant-1-users`.
    fn in_text(&self, text: &str, found: &mut BTreeSet<String>) {
        // A path within a path, as API Gateway writes it (RFC 6901).
        let text = text.replace("~1", "/");
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            let begins = |tenant: &&String| {
                word.strip_prefix(tenant.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            };
            let named = self.tenants.iter().filter(begins).max_by_key(|tenant| tenant.len());
            found.extend(named.cloned());
        }
    }
}
