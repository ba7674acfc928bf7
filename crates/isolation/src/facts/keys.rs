//! What AWS puts into a request's context, as far as the model says it.
//!
//! The caller writes none of these keys: AWS sets them by the way on which a request comes. The
//! caller does choose the way, among those that are there. What is not known of a way leaves its
//! key as it was.

use tenantry_policy as policy;
use tenantry_policy::{
    ConditionTest, Context, PolicySet, PrincipalKind, Reference, Style, Test, Value,
};
use tenantry_template::{Owner, Resource};

use super::assets::{self, Asset};
use super::principals::Principal;
use super::{Facts, names};

/// The keys, in lower case.
const KEYS: &[&str] = &[
    "kms:viaservice",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "kms:requestalias",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "elasticfilesystem:accessedviamounttarget",
    "lambda:invokedviafunctionurl",
];

/// The context with what AWS will put there, of the keys that one of the policies looks at;
/// without a principal the caller is somebody outside the account.
pub(crate) fn settled(
    facts: &Facts<'_, '_>,
    principal: Option<&Principal>,
    asset: &Asset,
    set: &PolicySet<'_>,
    mut context: Context,
) -> Context {
    let policies = set.identity.iter().chain(&set.boundary).chain(&set.resource);
    let statements = policies.flat_map(|policy| &policy.statements);
    let tests: Vec<(&str, &ConditionTest)> = statements
        .flat_map(|statement| &statement.conditions)
        .filter_map(|test| {
            let key = KEYS.iter().find(|key| key.eq_ignore_ascii_case(&test.key))?;
            Some((*key, test))
        })
        .collect();
    let asked = Asked { facts, principal, asset };
    for (key, _) in &tests {
        if !context.has(key) {
            let own: Vec<_> = tests.iter().filter(|(each, _)| each == key).collect();
            let own: Vec<&ConditionTest> = own.into_iter().map(|(_, test)| *test).collect();
            if let Some(value) = asked.value(key, &own) {
                context = context.with(key, value);
            }
        }
    }
    context
}

/// The services in whose name KMS is called (`kms:ViaService` without region and domain), with the
/// prefixes of the actions that make them call it.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
const VIA: &[(&str, &[&str])] = &[
    ("ec2", &["ec2", "ebs", "autoscaling"]),
    ("rds", &["rds", "rds-db", "rds-data", "pi"]),
    ("dynamodb", &["dynamodb", "dax"]),
    ("s3", &["s3", "s3-object-lambda", "s3express"]),
    ("redshift", &["redshift", "redshift-data", "redshift-serverless"]),
    ("es", &["es", "aoss"]),
    ("lambda", &["lambda"]),
    ("sns", &["sns"]),
    ("sqs", &["sqs"]),
    ("ssm", &["ssm"]),
    ("secretsmanager", &["secretsmanager"]),
    ("elasticfilesystem", &["elasticfilesystem"]),
    ("fsx", &["fsx"]),
    ("kinesis", &["kinesis"]),
    ("kinesisvideo", &["kinesisvideo"]),
    ("glue", &["glue"]),
    ("backup", &["backup", "backup-storage"]),
    ("codecommit", &["codecommit"]),
    ("dms", &["dms"]),
    ("workspaces", &["workspaces"]),
    ("ses", &["ses"]),
];

/// An account that is not this one.
const FOREIGN: &str = "<another account>";

/// A request: of whom and on what.
struct Asked<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    principal: Option<&'f Principal>,
    asset: &'f Asset,
}

impl<'m, 'a> Asked<'_, 'm, 'a> {
    /// What follows from the model about a key; `None` where it leaves the key open.
    fn value(&self, key: &str, tests: &[&ConditionTest]) -> Option<Value> {
        match key {
            "kms:viaservice" => self.via_service(tests),
            "kms:requestalias" => self.alias(tests),
            "s3:dataaccesspointaccount" => self.access_point_account(),
            "s3:dataaccesspointarn" => self.access_point_arn(),
            "elasticfilesystem:accessedviamounttarget" => self.mount_target(),
            "lambda:invokedviafunctionurl" => self.function_url(),
            _ => self.called_via(tests),
        }
    }

    fn resources(&self, kind: &'static str) -> impl Iterator<Item = &'m Resource<'a>> {
        self.facts.reader.model.of_kind(kind)
    }

    /// A service calls KMS for whoever may do something in that service.
    fn via_service(&self, tests: &[&ConditionTest]) -> Option<Value> {
        self.through(tests, |name| {
            let service = name.split_once('.')?.0;
            VIA.iter().find(|(via, _)| *via == service).map(|(_, prefixes)| *prefixes)
        })
    }

    /// A service calls others for whoever may do something in that service.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia>
    fn called_via(&self, tests: &[&ConditionTest]) -> Option<Value> {
        self.through(tests, |name| match name {
            "athena.amazonaws.com" => Some(&["athena"]),
            "backup.amazonaws.com" => Some(&["backup"]),
            "cloud9.amazonaws.com" => Some(&["cloud9"]),
            "cloudformation.amazonaws.com" => Some(&["cloudformation"]),
            "databrew.amazonaws.com" => Some(&["databrew"]),
            "dataexchange.amazonaws.com" => Some(&["dataexchange"]),
            "dynamodb.amazonaws.com" => Some(&["dynamodb", "dax"]),
            "imagebuilder.amazonaws.com" => Some(&["imagebuilder"]),
            "servicecatalog.amazonaws.com" => Some(&["servicecatalog"]),
            _ => None,
        })
    }

    /// The values that name a service which the principal may use: absent for a call of its own.
    fn through(
        &self,
        tests: &[&ConditionTest],
        prefixes: impl Fn(&str) -> Option<&'static [&'static str]>,
    ) -> Option<Value> {
        let principal = self.principal?;
        let mut ways = vec![Value::Absent];
        for test in tests.iter().filter(|test| test.operator.test != Test::Null) {
            for item in &test.values {
                let source = item.template.source();
                let start = source.literal_start();
                if item.template.variables().next().is_some() {
                    return None;
                }
                let fixed = start.split(['*', '?']).next().unwrap_or_default();
                if !prefixes(fixed)?.iter().any(|prefix| self.may_use(principal, prefix)) {
                    continue;
                }
                let style = match test.operator.test {
                    Test::StringLike => Style::Glob,
                    _ => Style::Exact,
                };
                let name = policy::Pattern::read(source, style).shortest();
                ways.push(Value::Present(vec![name]));
            }
        }
        if !principal.policies.is_empty() {
            ways.push(Value::Present(vec!["<another service>".into()]));
        }
        Some(Value::OneOf(ways))
    }

    /// Whether a principal may do anything in a service: by its policies, by that of a resource
    /// there, or since the service itself acts as it.
    fn may_use(&self, principal: &Principal, prefix: &str) -> bool {
        let of_service = |asset: &Asset| {
            let service = asset.target.arn.segment(2);
            service.as_ref().and_then(policy::Text::as_str) == Some(prefix)
        };
        let assets = &self.facts.assets;
        let trusts = |asset: &Asset| {
            let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
            let named = statements.flat_map(|each| &each.principals).flat_map(|each| &each.items);
            named.into_iter().any(|item| {
                item.kind == PrincipalKind::Service
                    && item.text.literal_start().split('.').any(|part| part == prefix)
            })
        };
        !principal.unknown_rights.is_empty()
            || principal.names(prefix)
            || assets.iter().any(|asset| asset.policy.is_some() && of_service(asset))
            || assets.iter().any(|asset| asset.at == principal.at && trusts(asset))
    }

    /// A request by an alias acts on the key that the alias names.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-request-alias>
    fn alias(&self, tests: &[&ConditionTest]) -> Option<Value> {
        const KIND: &str = "AWS::KMS::Alias";
        let model = self.facts.reader.model;
        let mut known = Vec::new();
        for alias in self.resources(KIND) {
            let property = |name: &str| alias.properties.get(name)?.to_text();
            let (name, key) = (property("AliasName")?, property("TargetKeyId")?);
            let key = model.find("AWS::KMS::Key", &key)?;
            known.push((names::text(model, &name), key));
        }
        for test in tests.iter().filter(|test| test.operator.test != Test::Null) {
            for item in &test.values {
                let source = item.template.source();
                let wild = test.operator.test == Test::StringLike
                    && source.to_string().contains(['*', '?']);
                // An alias that no template here makes may be this key's.
                if wild || !known.iter().any(|(name, _)| name == source) {
                    return None;
                }
            }
        }
        let own = known.into_iter().filter(|(_, key)| *key == self.asset.at);
        let own = own.map(|(name, _)| Value::Present(vec![name]));
        Some(Value::OneOf(std::iter::once(Value::Absent).chain(own).collect()))
    }

    fn access_point_account(&self) -> Option<Value> {
        let account = assets::account(self.facts.reader.model);
        self.access_point(FOREIGN.into(), |_| Some(account.clone()))
    }

    fn access_point_arn(&self) -> Option<Value> {
        let model = self.facts.reader.model;
        let foreign = format!("arn:aws:s3:any:{FOREIGN}:accesspoint/any");
        self.access_point(foreign.into(), |point| {
            point.arn.as_ref().map(|arn| names::text(model, arn))
        })
    }

    /// A request through an access point needs that the point's policy lets the caller in too, or
    /// the caller's own for that point. Somebody outside may make one in an account of its own.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>
    fn access_point(
        &self,
        foreign: policy::Text,
        value: impl Fn(&Resource<'_>) -> Option<policy::Text>,
    ) -> Option<Value> {
        const POINTS: [&str; 2] =
            ["AWS::S3::MultiRegionAccessPoint", "AWS::S3ObjectLambda::AccessPoint"];
        let model = self.facts.reader.model;
        if POINTS.into_iter().any(|kind| self.resources(kind).next().is_some()) {
            return None;
        }
        let mut ways = vec![Value::Absent];
        match self.principal {
            Some(principal) if may_name_access_points(principal) => return None,
            Some(_) => {}
            None => ways.push(Value::Present(vec![foreign])),
        }
        for point in self.resources("AWS::S3::AccessPoint") {
            let bucket = point.properties.get("Bucket")?.to_text()?;
            if model.find("AWS::S3::Bucket", &bucket)? != self.asset.at {
                continue;
            }
            if self.let_in_by(point)? {
                ways.push(Value::Present(vec![value(point)?]));
            }
        }
        Some(Value::OneOf(ways))
    }

    /// Whether an access point's policy lets the caller in; `None` where it names somebody who is
    /// not known here.
    fn let_in_by(&self, point: &Resource<'_>) -> Option<bool> {
        let Some(document) = point.properties.get("Policy") else { return Some(false) };
        let facts = self.facts;
        let model = facts.reader.model;
        let mut found = false;
        for statement in document.get("Statement")?.items() {
            if statement.get("Effect")?.as_str()? == "Deny" {
                continue;
            }
            for value in statement.get("Principal")?.get("AWS")?.items() {
                let text = names::text(model, &value.to_text()?);
                let named = facts.principals.iter().find(|each| each.arn == text)?;
                found |= self.principal.is_some_and(|own| own.at == named.at);
            }
        }
        Some(found)
    }

    /// Files are mounted through a mount target, whose packets the network plane asks about.
    /// <https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html>
    fn mount_target(&self) -> Option<Value> {
        let model = self.facts.reader.model;
        for target in self.resources("AWS::EFS::MountTarget") {
            let of = target.properties.get("FileSystemId")?.to_text()?;
            let own = model.find("AWS::EFS::FileSystem", &of)? == self.asset.at;
            let asked =
                matches!(target.owner, Owner::Tenant(_)) && target.owner == self.asset.owner;
            if own && !asked {
                return None;
            }
        }
        Some(Value::Absent)
    }

    /// Without a function URL nobody comes by one.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
    fn function_url(&self) -> Option<Value> {
        let model = self.facts.reader.model;
        for url in self.resources("AWS::Lambda::Url") {
            let of = url.properties.get("TargetFunctionArn")?.to_text()?;
            if model.function(&of)? == self.asset.at {
                return None;
            }
        }
        Some(Value::Absent)
    }
}

/// Whether a principal is granted anything in S3 on more than buckets that are named.
fn may_name_access_points(principal: &Principal) -> bool {
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    let mut allows = statements.filter(|each| each.effect == policy::Effect::Allow);
    !principal.unknown_rights.is_empty()
        || principal.names("s3")
            && allows.any(|statement| {
                let Some(list) = statement.resources.as_ref().filter(|list| !list.negated) else {
                    return true;
                };
                let mut items = list.items.iter().map(|item| item.template.source());
                items.any(may_be_access_point)
            })
}

fn may_be_access_point(arn: &policy::Text) -> bool {
    let service = arn.segment(2);
    let other = service.as_ref().and_then(policy::Text::as_str).is_some_and(|service| {
        service != "s3"
            && !service.contains(['*', '?'])
            && Reference::get().service(service).is_some()
    });
    !other && !arn.literal_start().starts_with("arn:aws:s3:::")
}
