//! The parts of a policy document.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

/// A policy document, version 2012-10-17.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document<T = String> {
    /// Its statements, in the order in which they are written.
    pub statements: Vec<Statement<T>>,
}

/// One statement of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement<T = String> {
    /// A name that is unique in its document; letters and digits only.
    pub sid: String,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// To whom it applies; `None` in an identity policy, where the identity is the principal.
    pub principals: Option<Principals<T>>,
    /// The actions it lists.
    pub actions: Vec<String>,
    /// What it applies to.
    pub resources: Targets<T>,
    /// All of these must hold.
    pub conditions: Vec<Condition<T>>,
}

/// Whether a statement allows or denies what it matches.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// It allows it, unless another statement denies it.
    Allow,
    /// It denies it, whatever other statements say.
    Deny,
}

/// The `Principal` element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principals<T = String> {
    /// `"*"`: everyone, the anonymous caller too.
    Everyone,
    /// Those that are listed.
    Listed(Vec<Principal<T>>),
}

/// One listed principal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principal<T = String> {
    /// An account, role, user or session by its ARN or account id.
    Aws(T),
    /// A service, such as `lambda.amazonaws.com`.
    Service(T),
}

/// The `Resource` element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Targets<T = String> {
    /// None is written: trust policies have no `Resource`.
    Implied,
    /// `"*"`: in a key policy "this key", for actions without a resource type the only form.
    Any,
    /// The ARNs that are listed.
    Listed(Vec<T>),
}

/// One line of the `Condition` element: an operator, a key and the values it is compared with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition<T = String> {
    /// The operator, such as `StringEquals`.
    pub operator: &'static str,
    /// The condition key, such as `aws:SourceArn`.
    pub key: String,
    /// The values; one of them must match (for a negated operator: none).
    pub values: Vec<T>,
}

impl<T> Document<T> {
    /// A document of these statements.
    pub fn new(statements: Vec<Statement<T>>) -> Self {
        Self { statements }
    }
}

impl<T> Statement<T> {
    /// A statement that allows these actions, on nothing and for no one until it is told more.
    pub fn allow(sid: &str, actions: &[&str]) -> Self {
        Self::new(sid, Effect::Allow, actions)
    }

    /// A statement that denies these actions.
    pub fn deny(sid: &str, actions: &[&str]) -> Self {
        Self::new(sid, Effect::Deny, actions)
    }

    fn new(sid: &str, effect: Effect, actions: &[&str]) -> Self {
        Self {
            sid: sid.to_owned(),
            effect,
            principals: None,
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: Targets::Implied,
            conditions: Vec::new(),
        }
    }

    /// The same statement for these principals.
    #[must_use]
    pub fn to(mut self, principals: Vec<Principal<T>>) -> Self {
        self.principals = Some(Principals::Listed(principals));
        self
    }

    /// The same statement for everyone: sound only in a `Deny` or under a condition.
    #[must_use]
    pub fn to_everyone(mut self) -> Self {
        self.principals = Some(Principals::Everyone);
        self
    }

    /// The same statement on these resources.
    #[must_use]
    pub fn on(mut self, resources: Vec<T>) -> Self {
        self.resources = Targets::Listed(resources);
        self
    }

    /// The same statement on `"*"`.
    #[must_use]
    pub fn on_any(mut self) -> Self {
        self.resources = Targets::Any;
        self
    }

    /// The same statement under one more condition.
    ///
    /// A policy holds one list of values for an operator and key: the same pair given twice adds
    /// to that list, it does not ask for both.
    #[must_use]
    pub fn when(mut self, operator: &'static str, key: &str, values: Vec<T>) -> Self {
        let key = key.to_owned();
        self.conditions.push(Condition { operator, key, values });
        self
    }
}
