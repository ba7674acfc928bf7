//! A verdict as one HTML page, for people who look: a manager, a security reviewer, an auditor.
//!
//! The page is whole in itself: no script, no network, its style inside. It reads on paper, in the
//! dark and by keyboard. This crate decides nothing, reads and writes no file, and knows no clock:
//! whoever calls it says when and from what.

mod controls;
mod findings;
mod matrix;
mod network;
mod page;
mod request;
mod tenants;

pub use page::page;

use tenantry_verdict::Verdict;

/// What a page tells.
#[derive(Debug)]
pub struct Report<'r> {
    /// What it is about: the platform's name, or the templates'.
    pub title: &'r str,
    /// The answer.
    pub verdict: &'r Verdict,
    /// When it was decided, UTC, as people read it: `2026-11-29 00:10`.
    pub at: &'r str,
    /// The program's version.
    pub version: &'r str,
    /// The commit of the folder that it was decided from, if it is one of git's.
    pub commit: Option<&'r str>,
    /// What was read.
    pub templates: &'r [Template],
    /// The platform, where the templates are tenantry's own.
    pub platform: Option<&'r PlatformView>,
}

/// A template that was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// Its name, as the verdict's places have it.
    pub name: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// What a page shows of tenantry's own platform.
#[derive(Clone, Debug, Default)]
pub struct PlatformView {
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The two availability zones.
    pub zones: [String; 2],
    /// The address block of every cell's VPC.
    pub vpc: String,
    /// The public subnets, one in each zone.
    pub public_subnets: [String; 2],
    /// By cell and slot.
    pub tenants: Vec<TenantView>,
}

/// A tenant of tenantry's own platform.
#[derive(Clone, Debug, Default)]
pub struct TenantView {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its tier.
    pub tier: String,
    /// Its cell's number.
    pub cell: u32,
    /// Its subnets, one in each zone.
    pub subnets: [String; 2],
    /// The names of what holds its data.
    pub stores: Vec<String>,
}
