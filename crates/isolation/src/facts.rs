//! What every check looks at, read once: principals, assets, policies, names, owners.

pub(crate) mod assets;
pub(crate) mod classify;
pub(crate) mod federation;
pub(crate) mod lambda_permissions;
pub(crate) mod names;
pub(crate) mod owners;
pub(crate) mod policies;
pub(crate) mod policy_document;
pub(crate) mod principals;
pub(crate) mod profile;
pub(crate) mod routes;
pub(crate) mod services;
pub(crate) mod users;

#[cfg(test)]
mod tests;
