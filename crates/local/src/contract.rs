//! What is known of the API that is tried and attacked: the contract of the users and data API, or what a user's services
//! say of themselves.

use tenantry_packages::ServiceCode;

/// What runs for every tenant.
#[derive(Clone, Debug)]
pub struct Application {
    /// How it is called.
    pub contract: Contract,
    /// The code of the user's services; none with the users and data API.
    pub code: Vec<ServiceCode>,
}

/// How an API is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contract {
    /// The API that comes with tenantry: `functions/node/README.md`.
    UsersAndData,
    /// The user's own services, at least one.
    Services(Vec<ServiceContract>),
}

/// How a service is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceContract {
    /// Its name.
    pub name: String,
    /// A request for each of its routes, with a value in the place of each parameter. At least one.
    pub routes: Vec<Request>,
    /// A request that has to work for each tenant, and the status that is right.
    pub attempt: Option<(Request, u16)>,
}

/// A method, and a path below a tenant's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, such as `/orders`.
    pub path: String,
}

impl Contract {
    /// What is below a tenant's path in its address: `/users`; nothing for services of the user's.
    #[must_use]
    pub const fn below(&self) -> &'static str {
        match self {
            Self::UsersAndData => "/users",
            Self::Services(_) => "",
        }
    }

    /// A path that can be read, without the `/` in front: what attacks on paths and tokens ask for.
    pub(crate) fn readable(&self) -> &str {
        match self {
            Self::UsersAndData => "users",
            Self::Services(services) => {
                let tried = services.iter().filter_map(|service| service.attempt.as_ref());
                let routes = services.iter().flat_map(|service| &service.routes);
                let all = || tried.clone().map(|(request, _)| request).chain(routes.clone());
                let request = all().find(|one| one.method == "GET").or_else(|| all().next());
                request.map_or("", |request| request.path.trim_start_matches('/'))
            }
        }
    }

    /// The status that is right for a GET of [`readable`](Self::readable) by the tenant itself, where one is known.
    pub(crate) fn readable_answers(&self) -> Option<u16> {
        match self {
            Self::UsersAndData => Some(200),
            Self::Services(services) => {
                let tried = services.iter().filter_map(|service| service.attempt.as_ref());
                let readable = self.readable();
                let is_it = |request: &Request| {
                    request.method == "GET" && request.path.trim_start_matches('/') == readable
                };
                tried.filter(|(request, _)| is_it(request)).map(|(_, status)| *status).next()
            }
        }
    }
}
