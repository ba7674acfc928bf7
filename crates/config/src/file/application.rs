//! The user's own application: `[services.NAME]` and `[tables.NAME]`.

mod budget;
mod names;
mod routes;
mod tables;

use std::collections::BTreeSet;

use self::names::Names;
use super::{nearest, quote};
use crate::application::{
    Access, Application, Architecture, Attempt, Method, Service, TenantTable,
};
use crate::document::{At, Reader, Table};

pub(crate) use self::budget::Need;

/// What `[tables]` itself says; all else in it is a table of the tenants.
pub(super) const TABLES_KEYS: &[&str] = &["point_in_time_recovery"];

/// API Gateway waits so long for an answer.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const LONGEST_TIMEOUT: u32 = 29;

/// All variables of a function's environment together, in bytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_ENVIRONMENT: usize = 4096;

/// The application, and where it begins, for what is wrong with it as a whole.
pub(super) fn read(
    reader: &mut Reader,
    root: &Table<'_>,
    suffix: Option<&At<&str>>,
) -> Option<At<Application>> {
    let services = root.table(reader, "services");
    let tables = tables::read(reader, root);
    let Some(services) = services else {
        if let Some((name, _)) = tables.first()
            && !root.has("services")
        {
            let message = format!("no service uses the table {}", quote(name.value));
            reader.add(
                reader
                    .fault("tables-without-services", message)
                    .at(&name.span, "a table of the tenants")
                    .help(
                        "add a table `[services.NAME]` with the code that uses it; without services the \
                         platform has the users and data API that comes with tenantry, and its tables",
                    ),
            );
        }
        return None;
    };
    let faults = reader.faults.len();
    let mut names = Names::new(suffix);
    let mut routes = routes::Routes::default();
    let mut read = Vec::new();
    for (name, table) in services.tables(reader) {
        names.check(reader, &name, "service");
        read.extend(service(reader, &name, &table, &tables, &mut routes));
    }
    for (name, _) in &tables {
        names.check(reader, name, "table");
    }
    if reader.faults.len() == faults {
        whole(reader, &services, &read, &tables);
    }
    let tables = tables.into_iter().map(|(_, table)| table).collect();
    let application = Application { services: read, tables };
    let span = services.span();
    policies(reader, &services, &application);
    (reader.faults.len() == faults).then_some(At { value: application, span })
}

/// What can only be said of all services and tables together.
fn whole(
    reader: &mut Reader,
    services: &Table<'_>,
    read: &[Service],
    tables: &[(At<&str>, TenantTable)],
) {
    if read.is_empty() {
        reader.add(
            reader
                .fault("no-services", "there are no services in `services`")
                .at(&services.span(), "empty")
                .help("add a table `[services.NAME]`, or remove this one: without it the platform has the users and data API that comes with tenantry"),
        );
    } else if tables.is_empty() {
        reader.add(
            reader
                .fault("services-without-tables", "no service has a table")
                .at(&services.span(), "these services keep nothing")
                .help("add a table `[tables.NAME]` with a `partition_key`, and name it in a service's `uses`"),
        );
    }
    for (name, table) in tables {
        let used = |service: &Service| service.uses.iter().any(|(used, _)| *used == table.name);
        if !read.iter().any(used) {
            reader.add(
                reader
                    .fault(
                        "unused-table",
                        format!("no service uses the table {}", quote(name.value)),
                    )
                    .at(&name.span, "every tenant would have it for nothing")
                    .help(format!(
                        "name it in a service: `uses = {{ {} = \"read-write\" }}`, or remove it",
                        table.name
                    )),
            );
        }
    }
}

/// Whether the policies that follow from `uses` are as small as AWS wants them.
fn policies(reader: &mut Reader, services: &Table<'_>, application: &Application) {
    let of_roles = application.services.iter().map(|service| {
        let size = budget::role_policy(application, service);
        (format!("the policy of the service {}", service.name), size, budget::LARGEST_ROLE_POLICY)
    });
    let of_endpoint = (
        "the policy of the tenants' way to DynamoDB".to_owned(),
        budget::endpoint_policy(application),
        budget::LARGEST_ENDPOINT_POLICY,
    );
    for (what, size, limit) in of_roles.chain([of_endpoint]) {
        if size > limit {
            reader.add(
                reader
                    .fault("policy-too-large", format!("{what} may have {size} characters"))
                    .at(&services.span(), format!("AWS takes {limit}"))
                    .help("it names every table and every index: use fewer of them, or keep more kinds of items in one table"),
            );
        }
    }
}

fn service<'d>(
    reader: &mut Reader,
    name: &At<&'d str>,
    table: &Table<'d>,
    tables: &[(At<&str>, TenantTable)],
    routes: &mut routes::Routes<'d>,
) -> Option<Service> {
    table.expect_keys(
        reader,
        &[
            "code",
            "runtime",
            "handler",
            "architecture",
            "memory_mib",
            "timeout_seconds",
            "routes",
            "environment",
            "uses",
            "try",
        ],
    );
    let code = code(reader, name, table);
    let runtime = runtime(reader, table);
    let handler = handler(reader, table);
    let architecture = architecture(reader, table);
    let memory = table.integer(reader, "memory_mib", 128..=10_240, "MiB");
    let timeout = table.integer(reader, "timeout_seconds", 1..=LONGEST_TIMEOUT, "seconds");
    let own_routes = routes.read(reader, name, table);
    let uses = uses(reader, table, tables);
    let environment = environment(reader, table, &uses);
    let attempt = attempt(reader, table, &own_routes);
    let small = |given: Option<At<u32>>, default| {
        given.and_then(|given| u16::try_from(given.value).ok()).unwrap_or(default)
    };
    Some(Service {
        name: name.value.to_owned(),
        code: code?,
        archive: None,
        runtime: runtime.unwrap_or_else(|| "nodejs22.x".to_owned()),
        handler: handler.unwrap_or_else(|| "index.handler".to_owned()),
        architecture: architecture.unwrap_or(Architecture::Arm64),
        memory_mib: small(memory, 256),
        timeout_seconds: small(timeout, 10),
        routes: own_routes,
        environment,
        uses,
        attempt,
    })
}

fn code(reader: &mut Reader, name: &At<&str>, table: &Table<'_>) -> Option<String> {
    if !table.has("code") {
        reader.add(
            reader
                .fault("service-without-code", format!("the service {} has no code", quote(name.value)))
                .at(&name.span, "there is no key `code` in it")
                .help("name the folder with its code, or a .zip, seen from the platform's folder: `code = \"services/orders\"`"),
        );
        return None;
    }
    let given = table.string(reader, "code")?;
    let parts = || given.value.split('/');
    let label = if given.value.trim().is_empty() {
        "empty"
    } else if given.value.starts_with('/') || given.value.contains(['\\', '\0']) {
        "not a path below the platform's folder"
    } else if parts().any(|part| part == "..") {
        "leads out of the platform's folder"
    } else {
        return Some(given.value.to_owned());
    };
    reader.add(
        reader
            .fault("bad-code", format!("{} cannot be a service's code", quote(given.value)))
            .at(&given.span, label)
            .help("name a folder or a .zip below the platform's folder, with `/` between the parts: `services/orders`"),
    );
    None
}

fn runtime(reader: &mut Reader, table: &Table<'_>) -> Option<String> {
    let given = table.string(reader, "runtime")?;
    if Service::RUNTIMES.contains(&given.value) {
        return Some(given.value.to_owned());
    }
    let help = match nearest(given.value, Service::RUNTIMES) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "known are `nodejs22.x` and `nodejs24.x`".to_owned(),
    };
    reader.add(
        reader
            .fault("unknown-runtime", format!("{} is no runtime of a service", quote(given.value)))
            .at(&given.span, "not one that tenantry packs and tries")
            .help(help),
    );
    None
}

/// The path of a module without its ending, a point, and the name of what it exports.
fn handler(reader: &mut Reader, table: &Table<'_>) -> Option<String> {
    let given = table.string(reader, "handler")?;
    let fits = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/$".contains(&byte))
    };
    let parts = given.value.split_once('.');
    if given.value.len() <= 128
        && parts.is_some_and(|(file, name)| {
            fits(file) && fits(name) && !file.starts_with('/') && !name.contains('/')
        })
    {
        return Some(given.value.to_owned());
    }
    reader.add(
        reader
            .fault("bad-handler", format!("{} names no handler", quote(given.value)))
            .at(&given.span, "not a file, a point and a name")
            .help("write the file without its ending, and what it exports: `index.handler` is `handler` of index.mjs"),
    );
    None
}

fn architecture(reader: &mut Reader, table: &Table<'_>) -> Option<Architecture> {
    let given = table.string(reader, "architecture")?;
    match given.value {
        "arm64" => return Some(Architecture::Arm64),
        "x86_64" => return Some(Architecture::X86_64),
        _ => {}
    }
    reader.add(
        reader
            .fault("unknown-architecture", format!("Lambda has no {}", quote(given.value)))
            .at(&given.span, "has to be `arm64` or `x86_64`")
            .help("`arm64` is the default and costs less; `x86_64` is for code that has machine code of it"),
    );
    None
}

fn uses(
    reader: &mut Reader,
    table: &Table<'_>,
    tables: &[(At<&str>, TenantTable)],
) -> Vec<(String, Access)> {
    let Some(used) = table.table(reader, "uses") else { return Vec::new() };
    let mut uses = Vec::new();
    for key in used.keys() {
        let known = || tables.iter().map(|(name, _)| name.value);
        if !known().any(|name| name == key.value) {
            let help = match nearest(key.value, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add a table `[tables.{}]` with a `partition_key`", key.value),
            };
            reader.add(
                reader
                    .fault("unknown-table", format!("there is no table {}", quote(key.value)))
                    .at(&key.span, "not defined")
                    .help(help),
            );
            continue;
        }
        let Some(given) = used.string(reader, key.value) else { continue };
        let access = match given.value {
            "read" => Access::Read,
            "write" => Access::Write,
            "read-write" => Access::ReadWrite,
            other => {
                let message = format!("{} is nothing to do with a table", quote(other));
                reader.add(
                    reader
                        .fault("unknown-access", message)
                        .at(&given.span, "has to be `read`, `write` or `read-write`")
                        .help("the service's role gets the actions that follow from it, on this table alone"),
                );
                continue;
            }
        };
        uses.push((key.value.to_owned(), access));
    }
    uses
}

/// What the platform itself puts into a service's environment, beside the tables' names.
const OWN_VARIABLES: [&str; 2] = ["TENANT_ID", "TENANT_SUBNET"];

fn environment(
    reader: &mut Reader,
    table: &Table<'_>,
    uses: &[(String, Access)],
) -> Vec<(String, String)> {
    let Some(given) = table.table(reader, "environment") else { return Vec::new() };
    let of_tables: BTreeSet<String> =
        uses.iter().map(|(name, _)| format!("{}_TABLE", name.to_uppercase())).collect();
    let mut variables = Vec::new();
    let mut bytes = 0;
    for key in given.keys() {
        let name = key.value;
        let form = name.len() > 1
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let label = if OWN_VARIABLES.contains(&name) || of_tables.contains(name) {
            "tenantry sets it"
        } else if ["AWS_", "LAMBDA_"].iter().any(|prefix| name.starts_with(prefix)) {
            "Lambda keeps these to itself"
        } else if !form {
            "two letters, digits and `_` or more, a letter first"
        } else {
            let Some(value) = given.string(reader, name) else { continue };
            bytes += name.len() + value.value.len();
            variables.push((name.to_owned(), value.value.to_owned()));
            continue;
        };
        reader.add(
            reader
                .fault("bad-variable", format!("{} cannot be a variable of a service", quote(name)))
                .at(&key.span, label)
                .help("give it another name, such as `LOG_LEVEL`"),
        );
    }
    if bytes > LARGEST_ENVIRONMENT {
        reader.add(
            reader
                .fault("environment-too-large", format!("the environment has {bytes} bytes"))
                .at(
                    &given.span(),
                    format!("Lambda takes {LARGEST_ENVIRONMENT}, with what tenantry sets"),
                )
                .help("keep long settings in a file of the code"),
        );
    }
    variables
}

/// `try = { request = "GET /orders", expect = 200 }`.
fn attempt(
    reader: &mut Reader,
    table: &Table<'_>,
    own: &[crate::application::Route],
) -> Option<Attempt> {
    let given = table.table(reader, "try")?;
    given.expect_keys(reader, &["request", "expect"]);
    let expect = given.integer(reader, "expect", 200..=499, "");
    let Some(request) = given.string(reader, "request") else {
        if !given.has("request") {
            reader.add(
                reader
                    .fault("try-without-request", "`try` says no request")
                    .at(&given.span(), "there is no key `request` in it")
                    .help("write a method and a path: `try = { request = \"GET /orders\", expect = 200 }`"),
            );
        }
        return None;
    };
    let (method, path) = request.value.split_once(' ').unwrap_or_default();
    let method = Method::ALL.into_iter().find(|known| known.name() == method);
    let found = method.filter(|method| {
        own.iter().any(|route| route.method == *method && routes::answers(&route.path, path))
    });
    let Some(method) = found else {
        reader.add(
            reader
                .fault("try-has-no-route", format!("no route of the service takes {}", quote(request.value)))
                .at(&request.span, "a request of this service")
                .help("write a method and a path that a route takes, with a value for each parameter: `GET /orders/1`"),
        );
        return None;
    };
    let expect = expect.and_then(|expect| u16::try_from(expect.value).ok()).unwrap_or(200);
    Some(Attempt { method, path: path.to_owned(), expect })
}
