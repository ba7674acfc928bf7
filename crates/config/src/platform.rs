//! What a platform file means: the values that everything downstream is derived from.

use ipnet::Ipv4Net;

use crate::addresses::{self, Slot};
use crate::application::Application;
use crate::tenant_id::TenantId;

/// A whole platform: what its cells have in common, and the cells.
///
/// [`load`](crate::load) is the only thing that vouches for one. The fields are public so that
/// tests downstream can build a platform directly; a platform built that way is unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The platform's own name, such as `acme`: 1 to 32 of `a-z`, `0-9` and single hyphens,
    /// starting with a letter.
    pub name: String,
    /// The end of every physical name, such as `prod`: 1 to 16 of `a-z`, `0-9` and single hyphens.
    pub environment_suffix: String,
    /// The region's code, such as `us-east-1`.
    pub region: String,
    /// Two different availability zones of the region, such as `us-east-1a`; a tenant's first
    /// subnet is in the first.
    pub availability_zones: [String; 2],
    /// The address block of every cell's VPC. Cells are never joined, so all of them use the same.
    pub vpc_cidr: Ipv4Net,
    /// What every resource is tagged with, beside its tenant.
    pub tags: Tags,
    /// The id of the AWS-managed prefix list of DynamoDB in the region, such as `pl-02cd2c6b`.
    pub dynamodb_prefix_list: String,
    /// What else the platform's team has chosen.
    pub options: Options,
    /// The user's own application; without one the users and data API that comes with tenantry.
    pub application: Option<Application>,
    /// The cells that have tenants, by number. A number may be missing: a cell whose last tenant
    /// is gone is not deployed.
    pub cells: Vec<Cell>,
}

impl Platform {
    /// The public subnets (slot 0), one in each availability zone: the first two /24s of the VPC.
    #[must_use]
    pub fn public_subnets(&self) -> [Ipv4Net; 2] {
        addresses::subnets(&self.vpc_cidr, 0)
    }

    /// Every tenant with its cell, by cell and then by slot.
    pub fn tenants(&self) -> impl Iterator<Item = (&Cell, &Tenant)> {
        self.cells.iter().flat_map(|cell| cell.tenants.iter().map(move |tenant| (cell, tenant)))
    }

    /// Whether what holds a tenant's data outlives a deployment that would delete it.
    #[must_use]
    pub fn protects(&self, tenant: &Tenant) -> bool {
        tenant.tier.deletion_protection.unwrap_or(self.options.deletion_protection)
    }

    /// The tenant with this id, and its cell.
    #[must_use]
    pub fn tenant(&self, id: &str) -> Option<(&Cell, &Tenant)> {
        self.tenants().find(|(_, tenant)| tenant.id.as_str() == id)
    }
}

/// What holds for the platform on a developer's machine alone, and is no part of what goes to AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local {
    /// The origins of web applications on this machine whose pages may call the APIs, as browsers
    /// send them (RFC 6454), such as `http://localhost:5173`.
    pub origins: Vec<String>,
}

/// Choices that have a default which suits most platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether the first cell makes an audit trail for the whole platform.
    pub audit_trail: bool,
    /// What becomes of the role by which REST APIs write access logs.
    pub account_log_role: AccountLogRole,
    /// The IAM roles of the account, by path and name, whose sessions may take the operator's role.
    /// When there are none, whoever IAM lets in the account, signed in with MFA.
    pub operator_roles: Vec<String>,
    /// Whether tables can be restored to any second of the last 35 days.
    pub point_in_time_recovery: bool,
    /// Whether what holds data outlives a deployment that would delete it. A tier may say otherwise.
    pub deletion_protection: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            audit_trail: true,
            account_log_role: AccountLogRole::Set,
            operator_roles: Vec::new(),
            point_in_time_recovery: true,
            deletion_protection: false,
        }
    }
}

/// What becomes of the role in API Gateway's settings of the account, of which a region has one.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountLogRole {
    /// The first cell sets it, whatever it was.
    Set,
    /// It is there already, and stays.
    Keep,
}

/// The values of the tags that are the same on every resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    /// The value of the tag `environment`.
    pub environment: String,
    /// The value of the tag `cost_center`.
    pub cost_center: String,
}

impl Default for Tags {
    fn default() -> Self {
        Self { environment: "production".to_owned(), cost_center: "platform".to_owned() }
    }
}

/// One complete copy of the platform, deployed as a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The cell's number, from 1.
    pub number: u32,
    /// Its tenants, by slot. Never empty.
    pub tenants: Vec<Tenant>,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Who it is to AWS: the key of every name.
    pub id: TenantId,
    /// Who it is to people: 1 to 128 characters of any script, none of them a control character.
    pub name: String,
    /// Where its addresses are.
    pub slot: Slot,
    /// How much it may ask for.
    pub tier: Tier,
    /// It is stopped at the door: its routes answer 403, and it keeps what it has.
    pub suspended: bool,
}

impl Tenant {
    /// The tenant's two /24s, one in each availability zone.
    #[must_use]
    pub fn subnets(&self, vpc_cidr: &Ipv4Net) -> [Ipv4Net; 2] {
        self.slot.subnets(vpc_cidr)
    }
}

/// A named allowance of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The tier's name, such as `standard`.
    pub name: String,
    /// The steady rate at which each of a tenant's routes answers, in requests a second.
    pub requests_per_second: u32,
    /// How many requests may arrive at once before the rate holds.
    pub burst: u32,
    /// Whether what holds its tenants' data is protected; nothing for what holds for the platform.
    pub deletion_protection: Option<bool>,
}

impl Tier {
    /// The name of the tier that a tenant has unless the file names another.
    pub const STANDARD: &str = "standard";
}

impl Default for Tier {
    fn default() -> Self {
        Self {
            name: Self::STANDARD.to_owned(),
            requests_per_second: 50,
            burst: 100,
            deletion_protection: None,
        }
    }
}
