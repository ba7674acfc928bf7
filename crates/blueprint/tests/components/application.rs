//! What a user's own services and tables become for each tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use tenantry_config::{Platform, TenantId};
use tenantry_resources::{Graph, Resource};
use tenantry_testing::read as load;

use crate::platforms::{build, node, of_kind, read, resource, shown};

const EXAMPLE: &str = include_str!("../../../../examples/orders/platform.toml");

fn example() -> Graph {
    let platform = load(EXAMPLE);
    build(&platform, &platform.cells[0])
}

#[test]
fn a_services_role_may_do_what_follows_from_what_it_uses_and_nothing_else() {
    let graph = example();
    let policy = |id: &str| read(&resource!(&graph, id, RolePolicy).policy);
    let key = read(&resource!(&graph, "TenantAcmeKey", Key).policy);
    let table = read(&resource!(&graph, "TenantAcmeOrdersTable", Table).policy);
    let endpoint = read(&resource!(&graph, "DynamodbEndpoint", VpcEndpoint).policy);
    insta::assert_snapshot!(format!(
        "orders:\n{}\nsummary:\n{}\nkey:\n{key}\ntable:\n{table}\nendpoint:\n{endpoint}",
        policy("TenantAcmeOrdersRolePolicy"),
        policy("TenantAcmeSummaryRolePolicy")
    ));
}

#[test]
fn a_tenants_resources_are_named_after_the_service_or_table_that_they_are_of() {
    let graph = example();
    let mut text = String::new();
    for node in graph.nodes().iter().filter(|node| node.component.name == "tenant-acme") {
        let name = node.resource.name().map(|name| shown(&name)).unwrap_or_default();
        writeln!(text, "{} {} {name}", node.resource.kind(), node.id).unwrap();
    }
    for output in graph.outputs() {
        writeln!(text, "output {}: {}", output.name, output.description).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_services_function_knows_its_tenant_and_the_names_of_what_it_uses() {
    let graph = example();
    let function = resource!(&graph, "TenantBlueOrdersFunction", Function);
    let environment: Vec<String> = function
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={}", shown(value)))
        .collect();
    assert_eq!(
        environment,
        [
            "TENANT_ID=tenant-blue",
            "TENANT_SUBNET={TenantBlueSubnetA},{TenantBlueSubnetB}",
            "ORDERS_TABLE={TenantBlueOrdersTable}",
            "PAGE_SIZE=50",
        ]
    );
    assert_eq!(function.role.logical_id().as_str(), "TenantBlueOrdersRole");
    assert_eq!(function.log_group.logical_id().as_str(), "TenantBlueOrdersLogGroup");
    assert!(
        node(&graph, "TenantBlueOrdersFunction")
            .requirements()
            .iter()
            .any(|id| id.as_str() == "TenantBlueOrdersRolePolicy")
    );
}

#[test]
fn the_api_has_the_services_routes_below_each_tenants_path_and_the_authorizer_their_methods() {
    let graph = example();
    let body = &resource!(&graph, "Api", RestApi).body;
    let body: serde_json::Value = serde_json::from_str(&shown(&body.to_json_text())).unwrap();
    let mut routes = Vec::new();
    for (path, operations) in body["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let uri = operation["x-amazon-apigateway-integration"]["uri"].as_str();
            let function = uri.and_then(|uri| uri.split('{').nth(1)).unwrap_or("nothing");
            routes.push(format!("{method} {path}: {}", function.split('.').next().unwrap()));
        }
    }
    insta::assert_snapshot!(routes.join("\n"));
    let authorizer = resource!(&graph, "Authorizer", Function);
    let methods = authorizer.environment.iter().find(|(name, _)| name == "TENANT_METHODS");
    assert_eq!(methods.map(|(_, value)| shown(value)).as_deref(), Some("GET,POST"));
}

/// The text of a platform of an application.
fn text(services: &[Service], tables: &[&str], suffix: &str, tenants: &[String]) -> String {
    let mut text = format!("[platform]\nname = \"acme\"\nenvironment_suffix = \"{suffix}\"\n");
    let all: Vec<String> = tables.iter().map(|table| format!("{table} = \"read-write\"")).collect();
    for Service { name, paths } in services {
        let routes: Vec<String> =
            paths.iter().map(|path| format!("\"GET /{name}/{path}\"")).collect();
        let (routes, uses) = (routes.join(", "), all.join(", "));
        let _ = write!(
            text,
            "\n[services.{name}]\ncode = \"c\"\nroutes = [{routes}]\nuses = {{ {uses} }}\n"
        );
    }
    for table in tables {
        let _ = write!(text, "\n[tables.{table}]\npartition_key = \"pk\"\n");
    }
    for tenant in tenants {
        let _ = write!(text, "\n[[tenants]]\nid = \"{tenant}\"\n");
    }
    text
}

#[derive(Clone, Debug)]
struct Service {
    name: String,
    paths: BTreeSet<String>,
}

/// Words that are in names, so that tenants, services and suffixes look like one another.
const WORDS: [&str; 8] = ["orders", "eu", "a", "prod", "notes", "x1", "blue", "data"];

fn any_application() -> impl Strategy<Value = (Vec<Service>, Vec<&'static str>)> {
    let word = prop::sample::subsequence(WORDS.to_vec(), 1..=5);
    let paths = prop::collection::btree_set("[a-c](/[a-c]){0,3}", 1..=4);
    let services = (word.clone(), prop::collection::vec(paths, 5)).prop_map(|(names, paths)| {
        let services = names.into_iter().zip(paths);
        services.map(|(name, paths)| Service { name: name.to_owned(), paths }).collect()
    });
    (services, word)
}

fn any_tenants() -> impl Strategy<Value = Vec<String>> {
    let words: Vec<&str> = WORDS.into_iter().chain(["role", "key", "log", "events"]).collect();
    let slug = prop::collection::vec(prop::sample::select(words), 1..=3);
    prop::collection::btree_set(slug.prop_map(|words| format!("tenant-{}", words.join("-"))), 20)
        .prop_map(|ids| ids.into_iter().filter(|id| id.parse::<TenantId>().is_ok()).collect())
}

fn api_resources(graph: &Graph) -> usize {
    let api = of_kind(graph, "RestApi").next().unwrap();
    let Resource::RestApi(api) = &api.resource else { panic!("no API") };
    let body: serde_json::Value = serde_json::from_str(&shown(&api.body.to_json_text())).unwrap();
    let mut parts = BTreeSet::from([String::new()]);
    for path in body["paths"].as_object().unwrap().keys() {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        parts.extend(ends.map(|end| path.get(..end).unwrap().to_owned()));
    }
    parts.len()
}

fn taken(platform: &Platform, tenants: usize) -> [usize; 3] {
    let mut cell = platform.cells[0].clone();
    let mut numbered = cell.tenants[0].clone();
    cell.tenants = (1..=tenants)
        .map(|number| {
            numbered.id = format!("tenant-{number:05}").parse().unwrap();
            numbered.clone()
        })
        .collect();
    let graph = build(platform, &cell);
    [graph.nodes().len(), api_resources(&graph), graph.outputs().len()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The sums by which the configuration says how many tenants fit are those of the graph.
    #[test]
    fn a_cell_takes_as_many_tenants_as_fit_and_not_one_fewer((services, tables) in any_application()) {
        let tenants: Vec<String> = tenantry_testing::ids(1..=20).collect();
        let platform = load(&text(&services, &tables, "prod", &tenants));
        let fitting = platform.cells[0].tenants.len();
        const LIMITS: [usize; 3] = [500, 300, 200];
        let fits = |taken: [usize; 3]| taken.iter().zip(LIMITS).all(|(taken, limit)| *taken <= limit);
        prop_assert!(fits(taken(&platform, fitting)), "{fitting}: {:?}", taken(&platform, fitting));
        let more = taken(&platform, fitting + 1);
        prop_assert!(fitting == 20 || !fits(more), "{} would fit: {more:?}", fitting + 1);
    }

    /// Each name is one tenant's, whatever tenants, services and tables are called; and the logical ids are, too.
    #[test]
    fn every_name_is_read_back_to_its_owner(
        (services, tables) in any_application(),
        tenants in any_tenants(),
    ) {
        let platform = load(&text(&services, &tables, "prod", &tenants));
        let things: BTreeSet<&str> =
            services.iter().map(|service| service.name.as_str()).chain(tables.iter().copied()).collect();
        let mut seen = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for cell in &platform.cells {
            let graph = build(&platform, cell);
            for node in graph.nodes() {
                prop_assert!(!node.id.as_str().ends_with("TableX"), "{}", node.id);
                if node.component.kind == "Tenant" {
                    prop_assert!(ids.insert(node.id.clone()), "{} twice", node.id);
                }
                let Some(name) = node.resource.name() else { continue };
                let name = shown(&name);
                let kind = node.resource.kind();
                if kind != "Stage" {
                    let owner = node.component.name.clone();
                    prop_assert_eq!(seen.insert((kind, name.clone()), owner), None, "{} {} twice", kind, name);
                }
                if ["Function", "Role", "Table"].contains(&kind) && node.component.kind == "Tenant" {
                    prop_assert_eq!(owner(&name, &things), Some(node.component.name.as_str()));
                }
            }
        }
    }
}

/// Whose a function, role or table is, by its name alone: a service or table is the last word before the suffix and, for a
/// role, `role`.
fn owner<'a>(name: &'a str, things: &BTreeSet<&str>) -> Option<&'a str> {
    let name = name.strip_suffix("-prod")?;
    let name = name.strip_suffix("-role").unwrap_or(name);
    let (owner, thing) = name.rsplit_once('-')?;
    things.contains(thing).then_some(owner)
}
