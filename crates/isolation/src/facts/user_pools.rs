//! What user pools let their users write.

use tenantry_template::{Model, Resource, ResourceId, Span, Value, ValueKind};

use super::owners::Owners;

/// A user pool's attribute that says the tenant, as one of the pool's clients may write it. What
/// is not known is `None`.
#[derive(Clone)]
pub(crate) struct Attribute {
    /// Its pool.
    pub(crate) pool: ResourceId,
    /// `custom:tenant_id`.
    pub(crate) name: String,
    pub(crate) mutable: Option<bool>,
    /// Whether the client's users may write it.
    pub(crate) writes: Option<bool>,
    /// Whether anybody may sign up.
    pub(crate) sign_up: Option<bool>,
    pub(crate) span: Span,
}

/// The clients of a user pool.
pub(crate) fn clients<'m, 'a>(
    model: &'m Model<'a>,
    owners: &Owners<'_, 'a>,
    pool: ResourceId,
) -> impl Iterator<Item = &'m Resource<'a>> {
    model.of_kind("AWS::Cognito::UserPoolClient").filter(move |client| {
        let of = client.properties.get("UserPoolId").and_then(|value| owners.of(value));
        of.is_some_and(|(of, _)| of == pool)
    })
}

/// An attribute of a pool's schema, as a client may write it.
pub(crate) fn attribute<'a>(
    resource: &Resource<'a>,
    pool: ResourceId,
    own: &Value<'a>,
    client: &Resource<'a>,
) -> Attribute {
    let name = own.get("Name").and_then(Value::as_str).unwrap_or_default();
    let custom = format!("custom:{}", name.trim_start_matches("custom:"));
    let closed = resource.properties.at(&["AdminCreateUserConfig", "AllowAdminCreateUserOnly"]);
    let writable = client.properties.get("WriteAttributes");
    Attribute {
        pool,
        writes: writes(writable, &[&custom, name]),
        name: custom,
        mutable: match own.get("Mutable") {
            None => Some(true),
            Some(value) => value.as_bool(),
        },
        sign_up: match closed {
            None => Some(true),
            Some(value) => value.as_bool().map(|only| !only),
        },
        span: writable.map_or(client.span, |value| value.span),
    }
}

/// How users write an attribute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    /// They do not.
    Never,
    /// In their profile, at any time.
    InProfile,
    /// Once, when they sign up.
    AtSignUp,
    /// It is not known whether.
    Unknown,
}

impl Attribute {
    /// Whether users write it, and when.
    pub(crate) fn written_by_users(&self) -> Written {
        match (self.writes, self.mutable, self.sign_up) {
            (Some(false), ..) | (_, Some(false), Some(false)) => Written::Never,
            (Some(true), Some(true), _) => Written::InProfile,
            (Some(true), _, Some(true)) => Written::AtSignUp,
            _ => Written::Unknown,
        }
    }
}

/// Unset write attributes mean all of them.
pub(crate) fn writes(writable: Option<&Value<'_>>, names: &[&str]) -> Option<bool> {
    match writable {
        None => Some(true),
        Some(Value { kind: ValueKind::List(items), .. }) => {
            let listed: Vec<_> = items.iter().map(Value::as_str).collect();
            if names.iter().any(|name| listed.contains(&Some(name))) {
                Some(true)
            } else {
                listed.iter().all(Option::is_some).then_some(false)
            }
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use tenantry_arena::Arena;
    use tenantry_template::Span;

    use super::{Attribute, Written};

    fn judged(writes: Option<bool>, mutable: Option<bool>, sign_up: Option<bool>) -> Written {
        let (pool, span) = (Arena::new().push(()), Span::default());
        Attribute { pool, name: String::new(), mutable, writes, sign_up, span }.written_by_users()
    }

    #[test]
    fn nobody_writes_an_immutable_attribute_of_a_closed_pool_whatever_clients_may_write() {
        for writes in [None, Some(true), Some(false)] {
            assert_eq!(judged(writes, Some(false), Some(false)), Written::Never);
        }
        assert_eq!(judged(None, Some(false), None), Written::Unknown);
    }

    #[test]
    fn an_open_pool_lets_whoever_signs_up_write_what_its_client_may() {
        assert_eq!(judged(Some(true), Some(false), Some(true)), Written::AtSignUp);
        assert_eq!(judged(Some(true), Some(true), None), Written::InProfile);
        assert_eq!(judged(Some(false), None, None), Written::Never);
    }
}
