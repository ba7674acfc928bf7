//! What the templates have of each service, and which of its actions nothing explains.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy::{Action, Reference};
use tenantry_template::{Model, Owner, ResourceId};

use super::explained::{Ground, ground};
use crate::facts::forms::normal;
use crate::facts::{services, types};

/// A service of which the templates have something.
pub(super) struct Service {
    pub(super) prefix: &'static str,
    /// What they have of it, whosever it is.
    pub(super) things: Vec<ResourceId>,
    recorded: Option<&'static Recorded>,
    /// By pattern of actions: which it lists.
    patterns: HashMap<String, Arc<[usize]>>,
}

/// What the service authorization reference has of a service.
struct Recorded {
    service: &'static tenantry_policy::Service,
    actions: Vec<Known>,
    /// The types of its resources that some CloudFormation type declares.
    declared: BTreeSet<&'static str>,
}

/// By service: what is recorded, read when it is asked for first.
static RECORDED: LazyLock<BTreeMap<&'static str, OnceLock<Option<Recorded>>>> =
    LazyLock::new(|| Reference::get().prefixes().map(|each| (each, OnceLock::new())).collect());

impl Recorded {
    fn of(prefix: &'static str) -> Option<&'static Self> {
        RECORDED.get(prefix)?.get_or_init(|| Self::read(prefix)).as_ref()
    }

    fn read(prefix: &'static str) -> Option<Self> {
        let service = Reference::get().service(prefix)?;
        let actions = service.actions.iter().map(|(name, action)| {
            let lower = name.to_ascii_lowercase();
            let ground = ground(prefix, &lower, &action.access);
            Known { name, lower, action, ground }
        });
        let named = types::all().filter(|(namespace, name)| {
            let kind = format!("AWS::{namespace}::{name}");
            services::of(&kind).is_some_and(|all| all.contains(&prefix))
        });
        let named: Vec<String> = named.map(|(_, name)| called(name)).collect();
        let direct: BTreeSet<&'static str> = service
            .resources
            .keys()
            .map(String::as_str)
            .filter(|own| {
                let own = normal(own);
                named.iter().any(|name| own.starts_with(name.as_str()))
                    || prefix == "ec2" && services::is_of_ec2(&own)
            })
            .collect();
        // What lies in a thing of such a type, and what it is a version of, is asked about with it.
        let form = |own: &str| service.resources.get(own).map_or("", |kind| kind.arn.as_str());
        let near = service.resources.keys().map(String::as_str).filter(|other| {
            let other = form(other);
            direct.iter().any(|own| within(other, form(own)) || within(form(own), other))
        });
        let declared = near.chain(direct.iter().copied()).collect();
        let actions = actions.collect();
        Some(Self { service, actions, declared })
    }
}

/// An action of a service.
struct Known {
    name: &'static str,
    /// The same in lower case.
    lower: String,
    action: &'static Action,
    /// Why it leaves nothing open.
    ground: Option<Ground>,
}

/// Types of EC2 that are asked about here: escalation/network asks about those of networks.
const OF_EC2: &[&str] = &[
    "AWS::EC2::Instance",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::VPCEndpointService",
    "AWS::EC2::Volume",
];

/// Services of which the parts that no type declares are asked about with the thing itself.
const PARTS_ASKED: &[&str] = &["dynamodb", "iam", "kinesis", "rds", "s3", "states", "sts"];

/// CloudFormation's names, and what the reference calls the same.
const CALLED: &[(&str, &str)] = &[("dbinstance", "db"), ("dbcluster", "cluster")];

/// By prefix: the services of which something is here.
pub(super) fn services(model: &Model<'_>) -> BTreeMap<&'static str, Service> {
    let mut found: BTreeMap<&'static str, Service> = BTreeMap::new();
    for (at, resource) in model.resources.entries() {
        let kind = resource.kind.as_str();
        let of_ec2 = kind.starts_with("AWS::EC2::") && !OF_EC2.contains(&kind);
        let of_iam = kind.starts_with("AWS::IAM::");
        let besides = of_ec2 || of_iam || services::exempt(kind).is_some();
        if besides || resource.owner == Owner::Undecided {
            continue;
        }
        for prefix in services::of(kind).unwrap_or_default() {
            found.entry(prefix).or_insert_with(|| Service::of(prefix)).things.push(at);
        }
    }
    found
}

impl Service {
    /// Of which nothing is here yet.
    pub(super) fn of(prefix: &'static str) -> Self {
        Self { prefix, things: Vec::new(), recorded: None, patterns: HashMap::new() }
    }

    /// Which of the actions that nothing explains a pattern lists, by their places.
    pub(super) fn listed(&mut self, pattern: &str) -> Arc<[usize]> {
        if let Some(known) = self.patterns.get(pattern) {
            return Arc::clone(known);
        }
        let prefix = self.prefix;
        let lower = pattern.to_ascii_lowercase();
        self.recorded = self.recorded.or_else(|| Recorded::of(prefix));
        let all = self.recorded.map(|recorded| recorded.actions.as_slice()).unwrap_or_default();
        let fits = |name: &str| glob(lower.as_bytes(), format!("{prefix}:{name}").as_bytes());
        let open = |known: &Known| !known.ground.is_some_and(Ground::stands);
        let listed = |known: &Known| fits(&known.lower) && open(known);
        let places = all.iter().enumerate().filter(|(_, known)| listed(known));
        let places: Arc<[usize]> = places.map(|(place, _)| place).collect();
        self.patterns.insert(pattern.to_owned(), Arc::clone(&places));
        places
    }

    /// The actions at these places.
    pub(super) fn chosen<'s>(
        &'s self,
        places: &'s BTreeSet<usize>,
    ) -> impl Iterator<Item = (&'static str, &'static Action)> + 's {
        let all = self.recorded.map(|recorded| recorded.actions.as_slice());
        let all = all.unwrap_or_default();
        places.iter().filter_map(|place| all.get(*place)).map(|known| (known.name, known.action))
    }

    /// What the reference calls such a thing; `None` where it has no such type.
    pub(super) fn type_of(&self, kind: &str) -> Option<Vec<&'static str>> {
        let name = called(kind.rsplit("::").next()?);
        let of_ec2 = services::ec2(kind).filter(|_| self.prefix == "ec2");
        let declared = self.recorded?.declared.iter().copied();
        let own = declared.filter(|own| match of_ec2 {
            Some(name) => *own == name,
            None => normal(own).starts_with(name.as_str()),
        });
        let own: Vec<&'static str> = own.collect();
        (!own.is_empty()).then_some(own)
    }

    /// Whether an action is about nothing that a type declares: a kind of its own, or the account.
    pub(super) fn is_wide(&self, action: &Action) -> bool {
        let Some(recorded) = self.recorded else { return false };
        let declared = |on: &str| recorded.declared.contains(on.trim_end_matches('*'));
        let mut named = action.on.keys().filter(|on| !on.is_empty()).peekable();
        let of_parts = named.peek().is_some() && PARTS_ASKED.contains(&self.prefix);
        // Of a service whose types are none of CloudFormation's, an action is about all of them.
        let known = !recorded.declared.is_empty() || named.peek().is_none();
        known && !of_parts && named.all(|on| !declared(on))
    }

    /// Whether an action is about a thing of these types: itself, what lies in it, or what it is a
    /// version of, as the forms of the ARNs say it.
    pub(super) fn is_about(&self, action: &Action, own: &[&'static str]) -> bool {
        action.on.keys().any(|on| {
            let on = on.trim_end_matches('*');
            own.contains(&on)
                || own.iter().any(|own| match (self.form(on), self.form(own)) {
                    (Some(on), Some(own)) => within(on, own) || within(own, on),
                    _ => false,
                })
        })
    }

    /// Whether none of a service's types is one of CloudFormation's, so that an action is about
    /// whatever of its data there is.
    pub(super) fn has_no_types(&self) -> bool {
        self.recorded.is_some_and(|recorded| recorded.declared.is_empty())
    }

    /// Whether an action makes something new, which cannot be what is there.
    pub(super) fn makes_new(&self, name: &str, action: &Action, kind: Option<&str>) -> bool {
        let Some(made) = name.strip_prefix("Create") else { return false };
        let of_kind =
            |kind: &str| normal(kind.rsplit("::").next().unwrap_or_default()) == normal(made);
        match kind {
            Some(kind) => of_kind(kind),
            // A part of an API is made without naming the API.
            None => action.on.keys().all(String::is_empty) && self.prefix != "appsync",
        }
    }

    /// The form of the ARNs of a type.
    pub(super) fn form(&self, on: &str) -> Option<&'static str> {
        let recorded = self.recorded?;
        let kind = recorded.service.resources.get(on.trim_end_matches('*'))?;
        Some(kind.arn.as_str())
    }
}

/// Whether a form begins with another, up to a mark.
fn within(form: &str, start: &str) -> bool {
    let start = start.trim_end_matches('/');
    start.contains("${")
        && form.strip_prefix(start).is_some_and(|rest| rest.starts_with(['/', ':']))
}

fn called(name: &str) -> String {
    let name = normal(name);
    let other = CALLED.iter().find(|(each, _)| *each == name);
    other.map_or(name, |(_, other)| (*other).to_owned())
}

/// Whether a pattern with `*` and `?` takes a text in.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some(p);
                mark = t;
                p += 1;
            }
            Some(each) if *each == b'?' || each == byte => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some(star) = star else { return false };
                p = star + 1;
                mark += 1;
                t = mark;
            }
        }
    }
    pattern.iter().skip(p).all(|each| *each == b'*')
}

#[cfg(test)]
mod tests {
    use super::{Service, glob};

    #[test]
    fn a_pattern_lists_what_it_takes_in() {
        for (pattern, text) in
            [("s3:*", "s3:getobject"), ("*", "a:b"), ("s3:get?bject", "s3:getobject")]
        {
            assert!(glob(pattern.as_bytes(), text.as_bytes()), "{pattern}");
        }
        assert!(!glob(b"s3:get", b"s3:getobject"));
        assert!(!glob(b"s3:*acl", b"s3:getobject"));
    }

    #[test]
    fn a_kind_of_thing_that_no_type_declares_is_told_from_those_that_one_does() {
        let mut backup = Service::of("backup");
        let all = backup.listed("backup:*").iter().copied().collect();
        let of = |name: &str| backup.chosen(&all).find(|(each, _)| *each == name).unwrap().1;
        assert!(backup.is_wide(of("StartRestoreJob")));
        assert!(!backup.is_wide(of("DeleteBackupVault")));
        assert_eq!(backup.type_of("AWS::Backup::BackupVault"), Some(vec!["backupVault"]));
    }
}
