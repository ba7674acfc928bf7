//! The user's application: its code, read once, and how it is called.

use std::path::Path;

use tenantry_config::{Access, Platform, Service};
use tenantry_local::{
    Application, Contract, FunctionTarget, Request, ServiceContract, TableTarget,
};
use tenantry_packages::ServiceCode;

use crate::commands::synth::Named;
use crate::failure::Failure;
use crate::project::Project;

/// Reads the code of the platform's services, seen from its folder, and notes in the platform what their archives are called.
pub(crate) fn read_code(
    folder: &Path,
    platform: &mut Platform,
) -> Result<Vec<ServiceCode>, Failure> {
    let services =
        platform.application.iter_mut().flat_map(|application| &mut application.services);
    let code = services.map(|service| {
        let place = folder.join(&service.code);
        let code = ServiceCode::read(&service.name, &place, &service.handler)
            .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
        service.archive = Some(code.file_name());
        Ok(code)
    });
    code.collect()
}

/// What runs for every tenant, for who deploys it here.
pub(crate) fn of(project: &Project) -> Application {
    Application { contract: contract(project.platform()), code: project.code.clone() }
}

/// How the platform's API is called.
pub(crate) fn contract(platform: &Platform) -> Contract {
    match &platform.application {
        None => Contract::UsersAndData,
        Some(application) => {
            Contract::Services(application.services.iter().map(service_contract).collect())
        }
    }
}

fn service_contract(service: &Service) -> ServiceContract {
    let routes = service
        .routes
        .iter()
        .map(|route| Request { method: route.method.name(), path: filled(&route.path) });
    let attempt = service.attempt.as_ref().map(|attempt| {
        let request = Request { method: attempt.method.name(), path: attempt.path.clone() };
        (request, attempt.expect)
    });
    ServiceContract { name: service.name.clone(), routes: routes.collect(), attempt }
}

/// A path with a value in the place of each parameter.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "probe-none" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// A tenant's tables, of those of its resources that have names.
pub(crate) fn tables(platform: &Platform, id: &str, resources: &[Named]) -> Vec<TableTarget> {
    let names = names(resources, "AWS::DynamoDB::Table");
    match &platform.application {
        None => names
            .map(|name| TableTarget {
                name: name.to_owned(),
                partition_key: "pk".to_owned(),
                sort_key: Some("sk".to_owned()),
            })
            .collect(),
        Some(application) => application
            .tables
            .iter()
            .map(|table| TableTarget {
                name: format!("{id}-{}-{}", table.name, platform.environment_suffix),
                partition_key: table.partition_key.clone(),
                sort_key: table.sort_key.clone(),
            })
            .collect(),
    }
}

/// A tenant's functions with what each has of its own, in the order of the services.
pub(crate) fn functions(platform: &Platform, id: &str, resources: &[Named]) -> Vec<FunctionTarget> {
    let functions = names(resources, "AWS::Lambda::Function");
    let roles = names(resources, "AWS::IAM::Role");
    let logs = names(resources, "AWS::Logs::LogGroup");
    let all = functions.zip(roles).zip(logs).enumerate();
    all.map(|(at, ((function, role), log_group))| FunctionTarget {
        function: function.to_owned(),
        role: role.to_owned(),
        log_group: log_group.to_owned(),
        reads: match &platform.application {
            None => names(resources, "AWS::DynamoDB::Table").map(str::to_owned).collect(),
            Some(application) => {
                let uses = application.services.get(at).into_iter().flat_map(|one| &one.uses);
                let read = uses.filter(|(_, access)| *access != Access::Write);
                let suffix = &platform.environment_suffix;
                read.map(|(table, _)| format!("{id}-{table}-{suffix}")).collect()
            }
        },
    })
    .collect()
}

fn names<'a>(resources: &'a [Named], kind: &'a str) -> impl Iterator<Item = &'a str> {
    resources.iter().filter(move |one| one.kind == kind).filter_map(|one| one.name.as_deref())
}
