//! A request as a policy sees it: who, what, on what, and its context.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/intro-structure.html#intro-structure-request>

use std::collections::BTreeMap;

use crate::keys::{Setter, can_carry, key_fact, tag_of_resource};
use crate::text::Text;

/// A request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Who calls.
    pub caller: Caller,
    /// The action, such as `dynamodb:GetItem`.
    pub action: String,
    /// The ARN of what it acts on; `*` for an action without a resource.
    pub resource: Text,
    /// The account that owns the resource.
    pub resource_account: Text,
    /// The resource's tags; `None` when they are not known.
    pub resource_tags: Option<Vec<(String, Text)>>,
    /// The other keys of the context; those that requests for the action never carry do not count.
    pub context: Context,
}

/// Who calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// As what it calls.
    pub kind: CallerKind,
    /// Its account; empty for a service or an anonymous caller.
    pub account: Text,
    /// Its tags; session tags have replaced the role's own.
    pub tags: Vec<(String, Text)>,
}

/// As what somebody calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CallerKind {
    /// An IAM user, by ARN.
    User(Text),
    /// A session of a role.
    Session {
        /// The role's ARN, with its path.
        role: Text,
        /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
        session: Text,
    },
    /// The account's root user.
    Root,
    /// A service, such as `lambda.amazonaws.com`.
    Service(Text),
    /// Somebody for whom an identity provider vouches, by the provider's name or ARN.
    Federated(Text),
    /// Nobody that AWS knows.
    Anonymous,
}

/// The context of a request. Keys are compared without regard to case.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Context {
    entries: BTreeMap<String, Value>,
    hostile: bool,
}

/// What is known of a key in a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// It holds these; for a key of one value one, for a list key any number.
    Present(Vec<Text>),
    /// The request does not have it.
    Absent,
    /// The caller decides whether the request has it, and what it holds.
    Chosen,
    /// The caller decides between these, each [`Value::Present`] or [`Value::Absent`]: AWS sets
    /// the key, by the way on which the request comes.
    OneOf(Vec<Value>),
    /// AWS decides; it could be anything.
    Unknown,
}

impl Context {
    /// A concrete request's context: a key that is not put in is absent.
    pub fn exact() -> Self {
        Self::default()
    }

    /// The context of a caller that may send whatever it likes: of the keys that are not put in,
    /// those that the caller controls are [`Value::Chosen`] and those that AWS sets
    /// [`Value::Unknown`].
    pub fn hostile() -> Self {
        Self { hostile: true, ..Self::default() }
    }

    /// The same context in which the key holds this value.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.entries.insert(key.to_ascii_lowercase(), value);
        self
    }

    /// The same context in which the key holds this one text.
    #[must_use]
    pub fn having(self, key: &str, text: impl Into<Text>) -> Self {
        self.with(key, Value::Present(vec![text.into()]))
    }

    /// The concrete context in which everything that is open here is absent.
    #[must_use]
    pub(crate) fn settled(mut self) -> Self {
        self.entries.retain(|_, value| matches!(value, Value::Present(_) | Value::Absent));
        Self { hostile: false, ..self }
    }

    /// Whether something is said of this key.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(&key.to_ascii_lowercase())
    }

    /// The keys that were put in, in lower case.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl Caller {
    /// A session of this role under a session name.
    pub fn session(role: &Text, session_name: &Text) -> Self {
        let account = role.segment(4).unwrap_or_default();
        let mut session = Text::from("arn:aws:sts::");
        session.push(&account);
        session.push_str(":assumed-role/");
        session.push(&last_of_path(role));
        session.push_str("/");
        session.push(session_name);
        let kind = CallerKind::Session { role: role.clone(), session };
        Self { kind, account, tags: Vec::new() }
    }

    /// A service, such as `lambda.amazonaws.com`.
    pub fn service(name: &str) -> Self {
        let kind = CallerKind::Service(name.into());
        Self { kind, account: Text::default(), tags: Vec::new() }
    }

    /// An IAM user.
    pub fn user(arn: &Text) -> Self {
        let account = arn.segment(4).unwrap_or_default();
        Self { kind: CallerKind::User(arn.clone()), account, tags: Vec::new() }
    }

    /// The same caller with one more tag.
    #[must_use]
    pub fn tagged(mut self, key: &str, value: impl Into<Text>) -> Self {
        self.tags.push((key.to_owned(), value.into()));
        self
    }

    /// What `aws:PrincipalArn` holds: of a session, the role.
    pub fn principal_arn(&self) -> Option<Text> {
        match &self.kind {
            CallerKind::User(arn) => Some(arn.clone()),
            CallerKind::Session { role, .. } => Some(role.clone()),
            CallerKind::Root => {
                let mut arn = Text::from("arn:aws:iam::");
                arn.push(&self.account);
                arn.push_str(":root");
                Some(arn)
            }
            CallerKind::Service(_) | CallerKind::Federated(_) | CallerKind::Anonymous => None,
        }
    }
}

impl Request {
    /// What the request has under this key: what was put into the context, else what the caller
    /// and the resource say.
    pub fn value(&self, key: &str) -> Value {
        let key = key.to_ascii_lowercase();
        if !can_carry(&self.action, &key) {
            return Value::Absent;
        }
        if let Some(value) = self.context.entries.get(&key) {
            return value.clone();
        }
        let one = |text: Text| Value::Present(vec![text]);
        let or_absent = |text: Option<Text>| text.map_or(Value::Absent, one);
        if let Some(tag) = key.strip_prefix("aws:principaltag/") {
            return or_absent(tagged(&self.caller.tags, tag));
        }
        if let Some(tag) = tag_of_resource(&key) {
            return match &self.resource_tags {
                Some(tags) => or_absent(tagged(tags, tag)),
                None => self.unstated(&key),
            };
        }
        let account = Some(&self.caller.account).filter(|text| !text.parts().is_empty()).cloned();
        let service = match &self.caller.kind {
            CallerKind::Service(name) => Some(name.clone()),
            _ => None,
        };
        match key.as_str() {
            "aws:principalarn" => or_absent(self.caller.principal_arn()),
            "aws:principalaccount" if self.caller.kind == CallerKind::Anonymous => {
                one("anonymous".into())
            }
            "aws:principalaccount" | "kms:calleraccount" => or_absent(account),
            "aws:resourceaccount" => one(self.resource_account.clone()),
            // Only requests that are signed with AWS's credentials have it.
            "aws:principalisawsservice" => match self.caller.kind {
                CallerKind::Federated(_) | CallerKind::Anonymous => Value::Absent,
                _ => one(service.is_some().to_string().into()),
            },
            "aws:principalservicename" => or_absent(service),
            "aws:principaltype" => or_absent(self.caller.kind.principal_type().map(Text::from)),
            // Only a service that calls on behalf of a resource gives these.
            "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths"
                if service.is_none() =>
            {
                Value::Absent
            }
            _ => self.unstated(&key),
        }
    }

    fn unstated(&self, key: &str) -> Value {
        if !self.context.hostile {
            return Value::Absent;
        }
        match key_fact(key).setter {
            Setter::Caller => Value::Chosen,
            Setter::Aws => Value::Unknown,
            Setter::Creation | Setter::Nobody => Value::Absent,
        }
    }
}

impl CallerKind {
    fn principal_type(&self) -> Option<&'static str> {
        match self {
            Self::User(_) => Some("User"),
            Self::Session { .. } => Some("AssumedRole"),
            Self::Root => Some("Account"),
            Self::Federated(_) => Some("FederatedUser"),
            Self::Anonymous => Some("Anonymous"),
            Self::Service(_) => None,
        }
    }
}

/// The keys of tags are compared without regard to case, as AWS does for condition keys.
fn tagged(tags: &[(String, Text)], key: &str) -> Option<Text> {
    tags.iter().find(|(each, _)| each.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
}

/// What follows the last slash of a role's ARN.
fn last_of_path(arn: &Text) -> Text {
    use crate::text::Part;
    let mut last = Text::default();
    for part in arn.parts() {
        match part {
            Part::Literal(literal) => match literal.rsplit_once('/') {
                Some((_, after)) => last = Text::from(after),
                None => last.push_str(literal),
            },
            Part::Symbol(symbol) => last.push_symbol(*symbol),
        }
    }
    last
}
