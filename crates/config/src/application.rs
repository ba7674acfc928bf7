//! The user's own application: services that run once a tenant, and each tenant's tables.

/// What runs for every tenant in place of the users and data API that comes with tenantry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// At least one, by name.
    pub services: Vec<Service>,
    /// At least one, by name; each is used by a service.
    pub tables: Vec<TenantTable>,
}

/// Code that runs once a tenant, under a role of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// One word: `a-z`, then `a-z` and `0-9`, up to 20 characters.
    pub name: String,
    /// The folder or .zip with its code, as the file has it: seen from the platform's folder.
    pub code: String,
    /// The name of its archive, such as `orders-0123456789abcdef.zip`, which says what is in it. This
    /// crate reads no code: who does fills it in.
    pub archive: Option<String>,
    /// One of [`Service::RUNTIMES`].
    pub runtime: String,
    /// What of the code is called, such as `index.handler`.
    pub handler: String,
    /// The processor's architecture.
    pub architecture: Architecture,
    /// Memory in MiB, 128 to 10,240.
    pub memory_mib: u16,
    /// Seconds after which a call is ended, 1 to 29.
    pub timeout_seconds: u16,
    /// Its routes below the tenant's path, at least one.
    pub routes: Vec<Route>,
    /// Further variables of its environment: name and value.
    pub environment: Vec<(String, String)>,
    /// What it does with which table.
    pub uses: Vec<(String, Access)>,
    /// A request that has to work for each tenant, and for no other.
    pub attempt: Option<Attempt>,
}

impl Service {
    /// The runtimes that are known to work, on AWS by its table of supported runtimes and on the
    /// emulator.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
    pub const RUNTIMES: [&str; 2] = ["nodejs22.x", "nodejs24.x"];

    /// The name of its archive; of code that nobody has read yet, one that says so.
    #[must_use]
    pub fn archive_name(&self) -> String {
        self.archive.clone().unwrap_or_else(|| format!("{}-unread.zip", self.name))
    }
}

/// The architecture of a function's processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// AWS Graviton.
    Arm64,
    /// 64-bit x86.
    X86_64,
}

impl Architecture {
    /// Lambda's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// A method on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below the tenant's, such as `/orders/{orderId}`.
    pub path: String,
}

/// An HTTP method that a REST API has (RFC 9110, section 9; PATCH: RFC 5789).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Method {
    Delete,
    Get,
    Head,
    Options,
    Patch,
    Post,
    Put,
}

impl Method {
    /// Every method: what `ANY` stands for.
    pub const ALL: [Self; 7] =
        [Self::Delete, Self::Get, Self::Head, Self::Options, Self::Patch, Self::Post, Self::Put];

    /// As HTTP has it: `GET`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }

    /// As OpenAPI has it: `get`.
    #[must_use]
    pub const fn lower_case(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Get => "get",
            Self::Head => "head",
            Self::Options => "options",
            Self::Patch => "patch",
            Self::Post => "post",
            Self::Put => "put",
        }
    }
}

/// What a service does with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It reads items.
    Read,
    /// It writes and deletes items without reading them.
    Write,
    /// Both.
    ReadWrite,
}

/// A request, and the status that answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The method.
    pub method: Method,
    /// The path below the tenant's, without parameters.
    pub path: String,
    /// The status that is right.
    pub expect: u16,
}

/// A DynamoDB table that every tenant has one of. All its key attributes are strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantTable {
    /// One word, as a service's.
    pub name: String,
    /// The attribute that is its partition key.
    pub partition_key: String,
    /// The attribute that is its sort key.
    pub sort_key: Option<String>,
    /// The attribute that holds an item's time of expiry in epoch seconds.
    pub time_to_live: Option<String>,
    /// Its global secondary indexes, by name; up to 20.
    pub indexes: Vec<TableIndex>,
}

/// A global secondary index, with all attributes of the items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableIndex {
    /// Its name.
    pub name: String,
    /// The attribute that is its partition key.
    pub partition_key: String,
    /// The attribute that is its sort key.
    pub sort_key: Option<String>,
}
