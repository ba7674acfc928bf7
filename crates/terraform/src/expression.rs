//! Trees as Terraform's JSON syntax has them: a string is a template, and what AWS completes stands in it as `${...}`.
//! <https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping>

use std::collections::HashMap;

use serde_json::Value;
use tenantry_resources::{Attribute, LogicalId, Part, Pseudo, Text, Tree};

/// Where a node of the graph is in the module: `aws_vpc.vpc`.
pub(crate) type Addresses = HashMap<LogicalId, String>;

/// A value in which each string is a template.
pub(crate) fn value(tree: &Tree, addresses: &Addresses) -> Value {
    match tree {
        Tree::Bool(value) => (*value).into(),
        Tree::Number(value) => (*value).into(),
        Tree::Text(text) => template(text, addresses).into(),
        Tree::List(items) => items.iter().map(|item| value(item, addresses)).collect(),
        // The keys of an object are templates as well.
        Tree::Map(entries) => Value::Object(
            entries.iter().map(|(key, entry)| (escaped(key), value(entry, addresses))).collect(),
        ),
    }
}

/// A text as a template.
pub(crate) fn template(text: &Text, addresses: &Addresses) -> String {
    let mut template = String::new();
    for part in text.parts() {
        match part {
            Part::Literal(literal) => template.push_str(&escaped(literal)),
            Part::Pseudo(pseudo) => interpolate(&mut template, &["local.", local(*pseudo)]),
            Part::Attribute(id, attribute) => {
                let attribute = match attribute {
                    Attribute::Id => ".id",
                    Attribute::Arn => ".arn",
                };
                // Each node before this one has its address.
                let address = addresses.get(id).map_or(id.as_str(), String::as_str);
                interpolate(&mut template, &[address, attribute]);
            }
        }
    }
    template
}

/// The local value that holds a fact of the place that is deployed to.
pub(crate) const fn local(pseudo: Pseudo) -> &'static str {
    match pseudo {
        Pseudo::AccountId => "account_id",
        Pseudo::Partition => "partition",
        Pseudo::Region => "region",
    }
}

fn interpolate(template: &mut String, expression: &[&str]) {
    // A literal `$` before a sequence would make an escape of it.
    let dollars = template.len() - template.trim_end_matches('$').len();
    if dollars > 0 {
        template.truncate(template.len() - dollars);
        template.push_str(&format!("${{\"{}\"}}", "$".repeat(dollars)));
    }
    template.push_str("${");
    template.extend(expression.iter().copied());
    template.push('}');
}

/// Literal characters in a template: `${` and `%{` would begin a sequence, and are written `$${` and `%%{`.
/// <https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences>
pub(crate) fn escaped(literal: &str) -> String {
    literal.replace("${", "$${").replace("%{", "%%{")
}

/// A name in upper camel case, such as `Tenant001UsersTable` or `ApiAddress`, as Terraform's users write it:
/// `tenant001_users_table`. Different names of letters and digits stay different, since each capital alone has an underscore
/// before it.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 8);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: Text) -> String {
        template(&text, &Addresses::new())
    }

    #[test]
    fn a_policy_variable_stays_one() {
        let text = Text::from("arn:").then(Pseudo::Partition).then(":x/${aws:username}");
        assert_eq!(shown(text), "arn:${local.partition}:x/$${aws:username}");
    }

    #[test]
    fn a_directive_of_templates_stays_text() {
        assert_eq!(shown("50%{".into()), "50%%{");
        assert_eq!(shown("$context.requestId 50% {".into()), "$context.requestId 50% {");
    }

    #[test]
    fn a_dollar_before_what_aws_completes_does_not_escape_it() {
        assert_eq!(shown(Text::from("a$").then(Pseudo::Region)), r#"a${"$"}${local.region}"#);
        assert_eq!(shown(Text::from("$$").then(Pseudo::Region)), r#"${"$$"}${local.region}"#);
    }

    #[test]
    fn keys_are_templates_too() {
        let tree = Tree::map([("a${b}", "c".into())]);
        let shown = value(&tree, &Addresses::new());
        assert_eq!(shown, serde_json::json!({ "a$${b}": "c" }));
    }

    #[test]
    fn names_that_differ_in_capitals_alone_stay_apart() {
        assert_eq!(snake_case("Tenant001UsersTable"), "tenant001_users_table");
        assert_ne!(snake_case("TenantAb"), snake_case("TenantAB"));
    }
}
