//! Users who sign in through an identity pool and act as a role that tenants share, each with the
//! tags that the pool makes of its claims.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html>

use foldhash::HashMap;
use tenantry_arena::Arena;
use tenantry_policy as policy;
use tenantry_policy::Context;
use tenantry_template::{Model, Owner, Resource, ResourceId, Span, TenantIndex, Value};

use super::names;
use super::owners::Owners;
use super::policies::Reader;
use super::principals::{Principal, PrincipalId, PrincipalKey};
use super::sessions;
use crate::facts::user_pools::{Written, attribute, clients, writes};

/// What AWS says of who a user is: no other user has the same.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const OWN: &[&str] = &["cognito-identity.amazonaws.com:sub", "aws:userid"];

/// What stands for any of these.
const ONLY_THE_USERS: &str = "<the user's own>";

/// The value of a context key, in lower case, that no two users have alike.
pub(crate) fn own_value(key: &str) -> Option<policy::Text> {
    OWN.contains(&key).then(|| ONLY_THE_USERS.into())
}

/// A context in which what says who a user is, as far as its policies ask, says nothing that another
/// user has.
pub(crate) fn as_its_own<'p>(
    context: Context,
    policies: impl Iterator<Item = &'p policy::Policy>,
) -> Context {
    let statements: Vec<_> = policies.flat_map(|policy| &policy.statements).collect();
    let asks = |key: &str| {
        let is = |own: &str| own.eq_ignore_ascii_case(key);
        statements.iter().any(|statement| {
            let lists = statement.resources.iter().flat_map(|list| &list.items);
            let values = statement.conditions.iter().flat_map(|test| &test.values);
            statement.conditions.iter().any(|test| is(&test.key))
                || lists.chain(values).any(|item| item.template.variables().any(is))
        })
    };
    let value = || policy::Value::Present(vec![ONLY_THE_USERS.into()]);
    let asked = OWN.iter().filter(|key| asks(key));
    asked.fold(context, |context, key| context.with(key, value()))
}

/// A tag that an identity pool sets on its users' sessions.
#[derive(Clone)]
pub(crate) struct Mapped {
    pub(crate) tag: String,
    /// The claim that it is made of.
    pub(crate) claim: String,
    pub(crate) says: ClaimSource,
    pub(crate) span: Span,
}

/// What a claim says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ClaimSource {
    /// The user's own tenant: nobody but an administrator writes it.
    Tenant,
    /// What the user likes.
    UserWritable,
    /// Something of this user alone.
    User,
    /// Something that users of several tenants may have alike: another claim says the tenant.
    Alike,
    /// It is not known who writes it.
    Unknown,
}

/// The users of shared roles.
#[derive(Default)]
pub(crate) struct Users {
    /// By role: the principals that stand for its users.
    of: HashMap<ResourceId, Vec<PrincipalId>>,
    /// By role: the tags of its users' sessions.
    mapped: HashMap<ResourceId, Vec<Mapped>>,
    /// By role: the principals that stand for the sessions which tenants start of it.
    started: HashMap<ResourceId, Vec<PrincipalId>>,
}

impl Users {
    /// The principals that stand for a role's users.
    pub(crate) fn of(&self, role: ResourceId) -> &[PrincipalId] {
        self.of.get(&role).map(Vec::as_slice).unwrap_or_default()
    }

    /// Notes a principal that stands for a session which a tenant starts of a role.
    pub(crate) fn started(&mut self, role: ResourceId, principal: PrincipalId) {
        self.started.entry(role).or_default().push(principal);
    }

    /// The principals that stand for a role's users and for the sessions that tenants start of it.
    pub(crate) fn acting_as(&self, role: ResourceId) -> impl Iterator<Item = PrincipalId> {
        let started = self.started.get(&role).into_iter().flatten();
        self.of(role).iter().chain(started).copied()
    }

    /// Whether users sign in as a role.
    pub(crate) fn act_as(&self, role: ResourceId) -> bool {
        self.of.contains_key(&role)
    }

    /// Adds the users of a shared role: one of each tenant, or of one alone.
    #[allow(clippy::too_many_arguments, reason = "one call says one way to a role")]
    fn take<'a>(
        &mut self,
        reader: &Reader<'_, 'a>,
        owners: &Owners<'_, 'a>,
        roles: &HashMap<ResourceId, PrincipalId>,
        principals: &mut Arena<PrincipalKey, Principal>,
        value: &Value<'a>,
        only: Option<&[TenantIndex]>,
        tags: &[Mapped],
    ) {
        let Some((role, Owner::Shared)) = owners.of(value) else { return };
        let Some(of_role) = roles.get(&role) else { return };
        let known = self.of.entry(role).or_default();
        for tenant in reader.model.tenants.ids() {
            if only.is_none_or(|only| only.contains(&tenant)) {
                let user = user(reader, &principals[*of_role], tenant, tags);
                known.push(principals.push(user));
            }
        }
        self.mapped.entry(role).or_default().extend(tags.iter().cloned());
    }

    /// The tags that a pool sets on the sessions of a principal that stands for a role's users.
    pub(crate) fn tags_of(&self, principal: &Principal) -> impl Iterator<Item = &Mapped> {
        let user = matches!(principal.owner, Owner::Tenant(_)) && self.act_as(principal.at);
        self.mapped.get(&principal.at).filter(|_| user).into_iter().flatten()
    }

    /// The tags of users' sessions, with the role.
    pub(crate) fn mapped(&self) -> impl Iterator<Item = (ResourceId, &Mapped)> {
        self.mapped.iter().flat_map(|(role, all)| all.iter().map(move |each| (*role, each)))
    }
}

/// Adds, for each tenant and each shared role of an identity pool, a principal: a user of that
/// tenant who acts as that role.
pub(crate) fn add<'a>(
    reader: &Reader<'_, 'a>,
    owners: &Owners<'_, 'a>,
    claim: Option<&str>,
    principals: &mut Arena<PrincipalKey, Principal>,
) -> Users {
    let model = reader.model;
    let mut users = Users::default();
    if model.of_kind(ATTACHMENT).chain(model.of_kind(GROUP)).next().is_none() {
        return users;
    }
    let roles: HashMap<ResourceId, PrincipalId> =
        principals.entries().map(|(id, principal)| (principal.at, id)).collect();
    let mut by_group = Vec::new();
    for attachment in model.of_kind(ATTACHMENT) {
        let pool = attachment.properties.get("IdentityPoolId").and_then(|value| owners.of(value));
        let tags = pool.map(|(pool, _)| mapped(model, owners, pool, claim)).unwrap_or_default();
        if attachment.properties.get("RoleMappings").is_some_and(by_token) {
            by_group.extend(tags.iter().cloned());
        }
        for Attached { kind, role, only } in attached(model, owners, claim, attachment) {
            // Who has not signed in has no claims.
            let tags = if kind == "unauthenticated" { &[] } else { tags.as_slice() };
            users.take(reader, owners, &roles, principals, role, only.as_deref(), tags);
        }
    }
    // The pool that turns a group's tokens into credentials may be elsewhere.
    for group in model.of_kind(GROUP) {
        if let Some(value) = group.properties.get("RoleArn") {
            let only = whose(owners, group).map(|tenant| vec![tenant]);
            users.take(reader, owners, &roles, principals, value, only.as_deref(), &by_group);
        }
    }
    users
}

/// Whether one of the mappings gives the role that a token names.
fn by_token(mappings: &Value<'_>) -> bool {
    let mut all = mappings.entries().iter();
    all.any(|(_, mapping)| mapping.get("Type").and_then(Value::as_str) == Some("Token"))
}

/// A role that users may get.
struct Attached<'v, 'a> {
    /// What kind of users get it.
    kind: &'v str,
    role: &'v Value<'a>,
    /// The tenants whose users get it; `None` where any may.
    only: Option<Vec<TenantIndex>>,
}

/// The roles that users may get: by default, or by rules on their claims.
fn attached<'v, 'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    claim: Option<&str>,
    attachment: &'v Resource<'a>,
) -> Vec<Attached<'v, 'a>> {
    let property = |name: &str| attachment.properties.get(name).map(Value::entries);
    let roles = property("Roles").unwrap_or_default();
    let mut found: Vec<_> =
        roles.iter().map(|(kind, role)| Attached { kind: &kind.text, role, only: None }).collect();
    for (_, mapping) in property("RoleMappings").unwrap_or_default() {
        let rules = mapping.at(&["RulesConfiguration", "Rules"]).map(Value::items);
        for rule in rules.unwrap_or_default() {
            let only = taken_in(model, owners, claim, mapping, rule);
            let role = rule.get("RoleARN");
            found.extend(role.map(|role| Attached { kind: "authenticated", role, only }));
        }
    }
    found
}

/// The tenants whose users a rule on the tenant's claim takes in; `None` where the claim may say
/// something else, or users write it.
fn taken_in<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    of_tenants: Option<&str>,
    mapping: &Value<'a>,
    rule: &Value<'a>,
) -> Option<Vec<TenantIndex>> {
    let text = |name: &str| rule.get(name).and_then(Value::as_str);
    let (claim, how, wanted) = (text("Claim")?, text("MatchType")?, text("Value")?);
    let provider = mapping.get("IdentityProvider")?.to_text()?;
    let is_pool = |at: &ResourceId| model.resources[*at].kind == "AWS::Cognito::UserPool";
    let pool = owners.resources(&provider).into_iter().find(is_pool)?;
    let known = of_tenants == Some(claim);
    if !known || says(model, owners, pool, claim) != ClaimSource::Tenant {
        return None;
    }
    let takes = |id: &str| match how {
        "Equals" => id == wanted,
        "NotEqual" => id != wanted,
        "StartsWith" => id.starts_with(wanted),
        _ => id.contains(wanted),
    };
    let tenants = model.tenants.entries();
    let fits = tenants.filter(|(_, id)| id.as_literal().is_none_or(takes));
    Some(fits.map(|(at, _)| at).collect())
}

pub(crate) const ATTACHMENT: &str = "AWS::Cognito::IdentityPoolRoleAttachment";
pub(crate) const GROUP: &str = "AWS::Cognito::UserPoolGroup";

/// A tenant's user who acts as a role.
fn user(
    reader: &Reader<'_, '_>,
    role: &Principal,
    tenant: TenantIndex,
    tags: &[Mapped],
) -> Principal {
    let model = reader.model;
    let id = |tenant: TenantIndex| names::text(model, &model.tenants[tenant]);
    let mut others = model.tenants.ids().cycle().skip_while(|other| *other != tenant).skip(1);
    let another = others.next().unwrap_or(tenant);
    let mut user = Principal {
        at: role.at,
        owner: Owner::Tenant(tenant),
        arn: role.arn.clone(),
        caller: role.caller.clone(),
        policies: Vec::new(),
        boundary: role.boundary.clone(),
        unknown_rights: role.unknown_rights.clone(),
        missing: role.missing.clone(),
    };
    for mapped in tags {
        let value = match mapped.says {
            ClaimSource::Tenant => id(tenant),
            // Another tenant's will do.
            ClaimSource::UserWritable => id(another),
            ClaimSource::User => {
                policy::Text::from(format!("<a user's {}>", mapped.claim).as_str())
            }
            ClaimSource::Alike => {
                if sessions::trusted(role.policies.iter())
                    .contains(&mapped.tag.to_ascii_lowercase())
                {
                    let what = format!("whether users of two tenants have one `{}`", mapped.claim);
                    let help = "tie policies to the tag that is made of the tenant's claim, or name \
                                that claim: --claim NAME";
                    user.unknown_rights.push(*reader.reason(&what, help, mapped.span));
                }
                id(another)
            }
            ClaimSource::Unknown => {
                let what = format!("who writes the claim `{}`", mapped.claim);
                let help = "map a custom attribute of a user pool that a template here makes";
                user.unknown_rights.push(*reader.reason(&what, help, mapped.span));
                id(another)
            }
        };
        user.caller.tags.retain(|(tag, _)| !tag.eq_ignore_ascii_case(&mapped.tag));
        user.caller.tags.push((mapped.tag.clone(), value));
    }
    // Written out, each user's policies are found by what they name.
    let filled = role.policies.iter().map(|policy| policy.with_principal_tags(&user.caller.tags));
    user.policies = filled.collect();
    user
}

/// The tags that an identity pool sets.
fn mapped<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    pool: ResourceId,
    of_tenants: Option<&str>,
) -> Vec<Mapped> {
    let mut found = Vec::new();
    for mapping in model.of_kind("AWS::Cognito::IdentityPoolPrincipalTag") {
        let of = mapping.properties.get("IdentityPoolId").and_then(|value| owners.of(value));
        if of.is_none_or(|(of, _)| of != pool) {
            continue;
        }
        let of_user = |tag: &str, claim: &str| Mapped {
            tag: tag.to_owned(),
            claim: claim.to_owned(),
            says: ClaimSource::User,
            span: mapping.span,
        };
        if mapping.properties.get("UseDefaults").and_then(Value::as_bool) == Some(true) {
            found.extend([of_user("username", "sub"), of_user("client", "aud")]);
            continue;
        }
        let provider = mapping.properties.get("IdentityProviderName");
        let user_pool = provider.and_then(|value| owners.of(value));
        let tags = mapping.properties.get("PrincipalTags").map(Value::entries).unwrap_or_default();
        for (tag, value) in tags {
            let claim = value.as_str().unwrap_or("?").to_owned();
            let says = match (user_pool, value.as_str()) {
                (Some((user_pool, _)), Some(claim)) => says(model, owners, user_pool, claim),
                _ => ClaimSource::Unknown,
            };
            let says = match of_tenants {
                Some(known) if says == ClaimSource::Tenant && known != claim => ClaimSource::Alike,
                _ => says,
            };
            found.push(Mapped { tag: tag.text.to_string(), claim, says, span: value.span });
        }
    }
    found
}

/// What a claim of a user pool's tokens says, with the client that lets most be written.
pub(crate) fn says<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    pool: ResourceId,
    claim: &str,
) -> ClaimSource {
    let resource = &model.resources[pool];
    const OF_THE_POOL: &[&str] =
        &["sub", "aud", "iss", "cognito:username", "cognito:groups", "token_use", "auth_time"];
    if OF_THE_POOL.contains(&claim) {
        return ClaimSource::User;
    }
    let name = claim.trim_start_matches("custom:");
    let schema = resource.properties.get("Schema").map(Value::items).unwrap_or_default();
    let known = |each: &&Value<'a>| {
        let own = each.get("Name").and_then(Value::as_str).unwrap_or_default();
        own.trim_start_matches("custom:") == name
    };
    let of_all = clients(model, owners, pool);
    let written: Vec<Option<bool>> = match schema.iter().find(known) {
        Some(own) => of_all
            .map(|client| attribute(resource, pool, own, client))
            .map(|attribute| match attribute.written_by_users() {
                Written::Never => Some(false),
                Written::InProfile | Written::AtSignUp => Some(true),
                Written::Unknown => None,
            })
            .collect(),
        // A standard attribute, which is mutable.
        None => of_all
            .map(|client| writes(client.properties.get("WriteAttributes"), &[claim]))
            .collect(),
    };
    if written.contains(&Some(true)) {
        ClaimSource::UserWritable
    } else if written.is_empty() || written.contains(&None) {
        ClaimSource::Unknown
    } else if claim.starts_with("custom:") {
        ClaimSource::Tenant
    } else {
        ClaimSource::User
    }
}

/// The tenant whose users are in a group, where its pool or its name says so.
pub(crate) fn whose<'a>(owners: &Owners<'_, 'a>, group: &Resource<'a>) -> Option<TenantIndex> {
    if let Owner::Tenant(tenant) = group.owner {
        return Some(tenant);
    }
    let name = group.properties.get("GroupName").and_then(Value::to_text)?;
    match owners.mentioned(&name).as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
