//! CloudFormation's types, as they are recorded.

use std::sync::LazyLock;

/// A namespace and the names of its types a line; `data/types.py` writes it and says from what.
static RECORDED: &str = include_str!("../../data/types.txt");

/// The namespaces, such as `AWS::Lambda`, each with its types' names. It is in order.
static NAMESPACES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).collect()
});

/// Whether a type is recorded. Types of an account's own, of other publishers and custom resources
/// are not.
pub(crate) fn is_recorded(kind: &str) -> bool {
    entry(kind).is_some()
}

/// Whether `Ref` of a type is its ARN, as far as the type's primary identifier says it.
pub(crate) fn reference_is_arn(kind: &str) -> bool {
    entry(kind).is_some_and(|entry| entry.ends_with(ARN))
}

/// What ends the name of a type whose `Ref` is its ARN.
const ARN: char = '!';

fn entry(kind: &str) -> Option<&'static str> {
    let (namespace, name) = kind.rsplit_once("::")?;
    let at = NAMESPACES.binary_search_by_key(&namespace, |(each, _)| each);
    let (_, names) = at.ok().and_then(|at| NAMESPACES.get(at))?;
    names.split(' ').find(|each| each.trim_end_matches(ARN) == name)
}

/// Every recorded type, as its namespace without `AWS::` and its name.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    NAMESPACES.iter().flat_map(|(namespace, names)| {
        let namespace = namespace.strip_prefix("AWS::").unwrap_or(namespace);
        names.split(' ').map(move |name| (namespace, name.trim_end_matches(ARN)))
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMESPACES, all, is_recorded, reference_is_arn};

    #[test]
    fn a_reference_is_an_arn_where_the_type_is_identified_by_it() {
        assert!(reference_is_arn("AWS::Lambda::LayerVersion"));
        assert!(!reference_is_arn("AWS::Lambda::Function"));
        assert!(!reference_is_arn("AWS::Invented::Store"));
    }

    #[test]
    fn recorded_types_are_found_by_their_whole_names() {
        assert!(NAMESPACES.is_sorted());
        assert!(all().count() > 1800);
        for kind in ["AWS::Lambda::Function", "AWS::S3::Bucket", "Alexa::ASK::Skill"] {
            assert!(is_recorded(kind), "{kind}");
        }
        for kind in ["AWS::Lambda::Func", "AWS::Invented::Store", "Custom::Thing", "Lambda"] {
            assert!(!is_recorded(kind), "{kind}");
        }
    }
}
