//! What every check looks at, read once: principals, assets, policies, names, owners.

pub(crate) mod assets;
pub(crate) mod candidates;
pub(crate) mod claims;
pub(crate) mod classify;
pub(crate) mod doors;
pub(crate) mod event_bus_policies;
pub(crate) mod federation;
pub(crate) mod flows;
pub(crate) mod forms;
pub(crate) mod keys;
pub(crate) mod lambda_permissions;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod organization;
pub(crate) mod other_arns;
pub(crate) mod owners;
pub(crate) mod passed_roles;
pub(crate) mod paths;
pub(crate) mod policies;
pub(crate) mod policy_document;
pub(crate) mod principals;
pub(crate) mod profile;
pub(crate) mod reasons;
pub(crate) mod references;
pub(crate) mod routes;
pub(crate) mod runs_as;
pub(crate) mod services;
pub(crate) mod sessions;
pub(crate) mod steps;
pub(crate) mod types;
pub(crate) mod user_pools;
pub(crate) mod users;

use std::sync::OnceLock;

use foldhash::HashMap;
use tenantry_arena::Arena;
use tenantry_policy as policy;
use tenantry_policy::{Context, PolicySet, Request, ResourceKind, reach};
use tenantry_template::{Model, ResourceId, Span};
use tenantry_verdict::Reason;

use self::assets::{Asset, AssetKey, names_interface};
use self::network::Read;
use self::organization::Organization;
use self::other_arns::OtherArn;
use self::owners::Owners;
use self::policies::Reader;
use self::principals::{Principal, PrincipalId, PrincipalKey};
use self::routes::Route;
use self::users::Users;

/// All that the planes of policies look at.
pub(crate) struct Facts<'m, 'a> {
    pub(crate) reader: Reader<'m, 'a>,
    pub(crate) principals: Arena<PrincipalKey, Principal>,
    /// Which of them are users who act as a shared role.
    pub(crate) users: Users,
    pub(crate) assets: Arena<AssetKey, Asset>,
    /// Whose the things are that texts speak of.
    pub(crate) owners: Owners<'m, 'a>,
    /// The claim in tokens that says a user's tenant, where it is known.
    pub(crate) claim: Option<String>,
    /// The organization's policies.
    pub(crate) organization: Organization,
    /// Whether every tenant's principal is allowed everything, so that a few stand for all.
    pub(crate) everybody: bool,
    /// By what follows the account in its ARN, and `assumed-role/` in its sessions': principals.
    ends: OnceLock<HashMap<String, Vec<PrincipalId>>>,
    /// The routes of every API, and what of the APIs cannot be read.
    routes: OnceLock<(Vec<Route>, Vec<Reason>)>,
    network: OnceLock<Read>,
}

impl<'m, 'a> Facts<'m, 'a> {
    pub(crate) fn read(model: &'m Model<'a>) -> Self {
        let mut reader = Reader::new(model);
        let mut principals = principals::read(&mut reader);
        let owners = Owners::new(model);
        let organization = Organization::read(model, &mut reader.places);
        let claim = claims::known(model);
        let mut users = users::add(&reader, &owners, claim.as_deref(), &mut principals);
        let assets = assets::read(&mut reader);
        sessions::add(model, &assets, &mut principals, &mut users);
        Self {
            reader,
            principals,
            users,
            assets,
            owners,
            claim,
            organization,
            everybody: false,
            ends: OnceLock::new(),
            routes: OnceLock::new(),
            network: OnceLock::new(),
        }
    }

    /// Roles and users by ARN. Whoever acts as a role comes after the role itself, and is not there.
    pub(crate) fn by_arn(&self) -> HashMap<&policy::Text, PrincipalId> {
        let principals = self.principals.entries().rev();
        principals.map(|(at, principal)| (&principal.arn, at)).collect()
    }

    /// The routes of every API, and what of the APIs cannot be read.
    pub(crate) fn routes(&self) -> &(Vec<Route>, Vec<Reason>) {
        self.routes.get_or_init(|| routes::routes(self, &self.owners))
    }

    /// The network.
    pub(crate) fn network(&self) -> &Read {
        self.network.get_or_init(|| network::read(self.reader.model))
    }

    pub(crate) fn path(&self, at: ResourceId) -> String {
        self.reader.model.resources[at].path.clone()
    }

    pub(crate) fn span(&self, at: ResourceId) -> Span {
        self.reader.model.resources[at].span
    }

    /// Everything that has a say in a principal's request for an asset.
    pub(crate) fn policies<'f>(
        &'f self,
        principal: &'f Principal,
        asset: &'f Asset,
    ) -> PolicySet<'f> {
        PolicySet {
            identity: principal.policies.iter().collect(),
            boundary: principal.boundary.as_ref(),
            resource: asset.policy.as_deref(),
            resource_kind: match asset.requires_resource_policy {
                true => ResourceKind::Gatekeeper,
                false => ResourceKind::Ordinary,
            },
            organization: self.organization.levels(),
            ..PolicySet::default()
        }
    }

    /// What a principal can do to an asset.
    pub(crate) fn reach(
        &self,
        principal: &Principal,
        asset: &Asset,
        context: &Context,
    ) -> policy::Reach {
        let mut set = self.policies(principal, asset);
        let context = &keys::settled(
            self,
            Some(principal),
            asset,
            &set,
            self.organization.own(context.clone()),
        );
        let mut found = policy::Reach::default();
        let mut request = Request {
            caller: principal.caller.clone(),
            action: String::new(),
            resource: asset.target.arn.clone(),
            resource_account: asset.target.account.clone(),
            resource_tags: asset.target.tags.clone(),
            context: context.clone(),
        };
        let besides = assets::asked_besides(&asset.kind);
        let may_reach = !besides.is_empty() && policy::may_reach(&request, &set);
        for action in besides.iter().filter(|_| may_reach) {
            (*action).clone_into(&mut request.action);
            match policy::find_witness(&request, &set) {
                Ok(Some(way)) => found.allowed.push(way),
                Ok(None) => {}
                Err(reasons) => found.undecided.push((request.action.clone(), reasons)),
            }
        }
        // A role's own policy is about becoming it, and about nothing else.
        if &*asset.kind == "AWS::IAM::Role" {
            set.resource = None;
            set.resource_kind = ResourceKind::Ordinary;
        }
        let mut more = reach(&principal.caller, &set, &asset.target, context);
        if &*asset.kind == "AWS::IAM::Role" {
            more.allowed.retain(|way| !way.request.action.starts_with("sts:"));
            more.undecided.retain(|(action, _)| !action.starts_with("sts:"));
        }
        found.allowed.extend(more.allowed);
        found.undecided.extend(more.undecided);
        for other in other_arns::of(asset) {
            self.by_another_arn(principal, asset, &other, &set, context, &mut found);
        }
        found.allowed.retain(|way| !names_interface(&asset.kind, &way.request.action));
        found.undecided.retain(|(action, _)| !names_interface(&asset.kind, action));
        found
    }

    /// Adds what a principal can do to an asset by another ARN and not by its own.
    fn by_another_arn(
        &self,
        principal: &Principal,
        asset: &Asset,
        other: &OtherArn,
        set: &PolicySet<'_>,
        context: &Context,
        found: &mut policy::Reach,
    ) {
        for action in other.actions().filter(|action| other_arns::may_list(set, action)) {
            if found.allowed.iter().any(|way| way.request.action == action) {
                continue;
            }
            let request = Request {
                caller: principal.caller.clone(),
                action: action.to_owned(),
                resource: other.arn.clone(),
                resource_account: asset.target.account.clone(),
                resource_tags: asset.target.tags.clone(),
                context: context.clone(),
            };
            match policy::find_witness(&request, set) {
                Ok(Some(way)) => found.allowed.push(way),
                Ok(None) => {}
                Err(reasons) if other.own => found.undecided.push((request.action, reasons)),
                Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
