//! What runs for each tenant: services and tables. They are the user's, or those of the users and
//! data API that comes with tenantry, which is one application among others here.

use std::borrow::Cow;

use tenantry_config::{Access as Uses, Platform};
use tenantry_resources::{Index, Package};

use crate::Code;
use crate::api::{REFERENCE_ROUTES, Route};
use crate::compute::RUNTIME;
use crate::storage::Access;

/// The services and tables that every tenant has.
pub(crate) struct Application {
    pub(crate) services: Vec<Service>,
    pub(crate) tables: Vec<TenantTable>,
}

/// Code that runs once a tenant.
pub(crate) struct Service {
    /// Its name; nothing for the API that comes with tenantry, whose names have none in them.
    name: Option<String>,
    pub(crate) code: Package,
    pub(crate) runtime: Cow<'static, str>,
    pub(crate) handler: Cow<'static, str>,
    pub(crate) architecture: &'static str,
    pub(crate) memory_mib: u16,
    pub(crate) timeout_seconds: u16,
    pub(crate) routes: Cow<'static, [Route]>,
    pub(crate) environment: Vec<(String, String)>,
    /// What it does with which tables, by their names.
    pub(crate) uses: Vec<(String, Access)>,
}

/// A table that every tenant has one of.
pub(crate) struct TenantTable {
    pub(crate) name: String,
    pub(crate) partition_key: Cow<'static, str>,
    pub(crate) sort_key: Option<Cow<'static, str>>,
    pub(crate) time_to_live: Option<Cow<'static, str>>,
    pub(crate) indexes: Vec<Index>,
}

impl Application {
    /// The application of a platform.
    pub(crate) fn of(platform: &Platform, code: &Code) -> Self {
        match &platform.application {
            Some(application) => Self::of_the_user(application),
            None => Self::reference(code),
        }
    }

    /// Whether it is the users and data API that comes with tenantry.
    pub(crate) fn is_the_reference(&self) -> bool {
        self.services.iter().all(|service| service.name.is_none())
    }

    /// The services that use a table, and what each does with it.
    pub(crate) fn users_of<'a>(
        &'a self,
        table: &'a str,
    ) -> impl Iterator<Item = (&'a Service, Access)> {
        self.services.iter().filter_map(move |service| {
            let used = service.uses.iter().find(|(name, _)| name == table)?;
            Some((service, used.1))
        })
    }

    fn reference(code: &Code) -> Self {
        let table = |name: &str, time_to_live| TenantTable {
            name: name.to_owned(),
            partition_key: "pk".into(),
            sort_key: Some("sk".into()),
            time_to_live,
            indexes: Vec::new(),
        };
        Self {
            services: vec![Service {
                name: None,
                code: code.api.clone(),
                runtime: RUNTIME.into(),
                handler: "index.handler".into(),
                architecture: "arm64",
                memory_mib: 256,
                // API Gateway waits 29 seconds for an answer; nothing here needs as long.
                timeout_seconds: 10,
                routes: Cow::Borrowed(&REFERENCE_ROUTES),
                environment: Vec::new(),
                uses: ["users", "data"].map(|table| (table.to_owned(), Access::Reference)).to_vec(),
            }],
            // Answers that are kept for repeated requests expire.
            tables: vec![table("users", Some("expires_at".into())), table("data", None)],
        }
    }

    fn of_the_user(application: &tenantry_config::Application) -> Self {
        let services = application.services.iter().map(|service| Service {
            name: Some(service.name.clone()),
            code: Package {
                name: service.name.clone().into(),
                key: format!("tenantry/{}", service.archive_name()),
            },
            runtime: service.runtime.clone().into(),
            handler: service.handler.clone().into(),
            architecture: service.architecture.name(),
            memory_mib: service.memory_mib,
            timeout_seconds: service.timeout_seconds,
            routes: Route::of_service(service).into(),
            environment: service.environment.clone(),
            uses: service.uses.iter().map(|(table, uses)| (table.clone(), access(*uses))).collect(),
        });
        let tables = application.tables.iter().map(|table| TenantTable {
            name: table.name.clone(),
            partition_key: table.partition_key.clone().into(),
            sort_key: table.sort_key.clone().map(Into::into),
            time_to_live: table.time_to_live.clone().map(Into::into),
            indexes: table
                .indexes
                .iter()
                .map(|index| Index {
                    name: index.name.clone(),
                    partition_key: index.partition_key.clone().into(),
                    sort_key: index.sort_key.clone().map(Into::into),
                })
                .collect(),
        });
        Self { services: services.collect(), tables: tables.collect() }
    }
}

const fn access(uses: Uses) -> Access {
    match uses {
        Uses::Read => Access::Read,
        Uses::Write => Access::Write,
        Uses::ReadWrite => Access::ReadWrite,
    }
}

impl Service {
    /// What its function is called between the tenant's id and the suffix: `api`, or its own name.
    pub(crate) fn function(&self) -> &str {
        self.name.as_deref().unwrap_or("api")
    }

    /// What something of its is called between the tenant's id and the suffix: `orders-role`.
    pub(crate) fn thing(&self, kind: &str) -> String {
        match &self.name {
            Some(name) => format!("{name}-{kind}"),
            None => kind.to_owned(),
        }
    }

    /// A part of the logical id of something of its: `OrdersRole`.
    pub(crate) fn id(&self, kind: &str) -> String {
        match &self.name {
            Some(name) => format!("{}{kind}", capitalised(name)),
            None => kind.to_owned(),
        }
    }

    /// It in a sentence, as a tenant's: `The function orders of tenant-001`.
    pub(crate) fn of(&self, tenant: &tenantry_config::TenantId) -> String {
        match &self.name {
            Some(name) => format!("The function {name} of {tenant}"),
            None => format!("The function of {tenant}"),
        }
    }

    /// What it does in a sentence.
    pub(crate) fn description(&self, tenant: &tenantry_config::TenantId) -> String {
        match &self.name {
            Some(name) => format!("The service {name} of {tenant}"),
            None => format!("The API of {tenant}"),
        }
    }

    /// The name of its log group: `/aws/lambda/tenant-001-orders-prod`.
    pub(crate) fn log_group(&self, tenant: &tenantry_config::TenantId, suffix: &str) -> String {
        match &self.name {
            Some(name) => format!("/aws/lambda/{tenant}-{name}-{suffix}"),
            None => format!("/aws/lambda/{tenant}-{suffix}"),
        }
    }
}

impl TenantTable {
    /// A part of its logical id: `OrdersTable`.
    pub(crate) fn id(&self) -> String {
        format!("{}Table", capitalised(&self.name))
    }

    /// The variable by which a service knows its name: `ORDERS_TABLE`.
    pub(crate) fn variable(&self) -> String {
        format!("{}_TABLE", self.name.to_uppercase())
    }
}

/// A word with a capital in front: names of services and tables are one word.
fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
