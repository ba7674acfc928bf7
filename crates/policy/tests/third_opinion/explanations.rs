//! In what the emulator's evaluator reads policies and requests otherwise than AWS documents.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use tenantry_policy::{Match, Operator, Pattern, Request, Style, Test, Value};

use crate::support::random::{Case, Held, Who};

pub(crate) struct Explanation {
    /// What the emulator does.
    pub(crate) name: &'static str,
    /// What AWS documents, and where below `docs.aws.amazon.com/IAM/latest/UserGuide/`.
    pub(crate) documented: (&'static str, &'static str),
    /// The case as the emulator reads it, said in AWS's terms; the same case if it makes no
    /// difference there.
    pub(crate) reads_as: fn(&Case) -> Case,
}

/// In the order in which they are put on top of each other.
pub(crate) const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        name: "no statement with NotPrincipal is about anybody",
        documented: (
            "NotPrincipal names everyone but those listed",
            "reference_policies_elements_notprincipal.html",
        ),
        reads_as: without_not_principal,
    },
    Explanation {
        name: "a policy variable is text like any other",
        documented: (
            "In documents of 2012-10-17 ${key} is replaced by what the request holds",
            "reference_policies_variables.html",
        ),
        reads_as: without_variables,
    },
    Explanation {
        name: "a session's aws:PrincipalArn is the session's",
        documented: (
            "For a session the key holds the ARN of the role",
            "reference_policies_condition-keys.html#condition-keys-principalarn",
        ),
        reads_as: with_the_sessions_arn,
    },
    Explanation {
        name: "who is nobody's principal has the ARN *, the account \"\" and a type",
        documented: (
            "An anonymous request has no aws:PrincipalArn and the account anonymous; for a service \
             ours has none of the three",
            "reference_policies_condition-keys.html#condition-keys-principalarn",
        ),
        reads_as: with_names_for_the_nameless,
    },
    Explanation {
        name: "aws:PrincipalIsAWSService is absent",
        documented: (
            "The key is in every request that is signed, true or false",
            "reference_policies_condition-keys.html#condition-keys-principalisawsservice",
        ),
        reads_as: without_the_flag_of_services,
    },
    Explanation {
        name: "the account in the resource's ARN, else the caller's, is aws:ResourceAccount",
        documented: (
            "The key holds the account that owns the resource",
            "reference_policies_condition-keys.html#condition-keys-resourceaccount",
        ),
        reads_as: with_a_guessed_owner,
    },
    Explanation {
        name: "a principal's ARN is a pattern, and its case does not count",
        documented: (
            "A wildcard cannot stand for a part of a principal's name or ARN",
            "reference_policies_elements_principal.html",
        ),
        reads_as: with_principals_as_patterns,
    },
    Explanation {
        name: "a role's path does not count in a principal",
        documented: (
            "A role's ARN holds its path, and a principal is named by its ARN",
            "reference_identifiers.html#identifiers-arns",
        ),
        reads_as: with_roles_of_any_path,
    },
    Explanation {
        name: "what is allowed to everyone is limited by boundary and session policies",
        documented: (
            "Boundaries and session policies do not limit what * as principal is allowed",
            "reference_policies_evaluation-logic_policy-eval-basics.html",
        ),
        reads_as: with_everyone_limited,
    },
    Explanation {
        name: "wildcards of a resource match colons anywhere",
        documented: (
            "Wildcards stay within a segment of an ARN, but for a * that ends one",
            "reference_policies_elements_resource.html",
        ),
        reads_as: with_resources_as_globs,
    },
    Explanation {
        name: "wildcards of an ARN operator match colons anywhere",
        documented: (
            "Each of the six parts of the ARN is checked apart",
            "reference_policies_elements_condition_operators.html#Conditions_ARN",
        ),
        reads_as: with_arns_as_globs,
    },
    Explanation {
        name: "a list is one text to an operator without ForAllValues or ForAnyValue",
        documented: (
            "Keys of several values need one of the two; ours asks for any value, a negation for all",
            "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        ),
        reads_as: with_lists_as_text,
    },
    Explanation {
        name: "of the values of Null the first counts, and is false unless it is true",
        documented: (
            "The values of one key are alternatives",
            "reference_policies_condition-logic-multiple-context-keys-or-values.html",
        ),
        reads_as: with_the_first_of_null,
    },
    Explanation {
        name: "a year is so many seconds",
        documented: (
            "Dates are those of the W3C's profile of ISO 8601, of which a year alone is one",
            "reference_policies_elements_condition_operators.html#Conditions_Date",
        ),
        reads_as: with_years_as_seconds,
    },
    Explanation {
        name: "what is no number or date is not unequal to one",
        documented: (
            "Nothing; ours lets it equal none, so it is unequal",
            "reference_policies_elements_condition_operators.html#Conditions_Numeric",
        ),
        reads_as: with_nothing_unequal_to_what_cannot_be_read,
    },
];

fn without_not_principal(case: &Case) -> Case {
    let mut case = case.clone();
    if let Some(policy) = &mut case.resource_policy {
        let statements = policy["Statement"].as_array_mut().unwrap();
        statements.retain(|statement| statement.get("NotPrincipal").is_none());
    }
    case
}

/// A document of 2008-10-17 has no variables.
fn without_variables(case: &Case) -> Case {
    let mut case = case.clone();
    for document in case.documents_mut() {
        if document.to_string().contains("${") {
            document["Version"] = json!("2008-10-17");
        }
    }
    case
}

fn with_the_sessions_arn(case: &Case) -> Case {
    let Who::Session { arn, .. } = &case.caller else { return case.clone() };
    holding(case, &[("aws:PrincipalArn", arn)])
}

fn with_names_for_the_nameless(case: &Case) -> Case {
    let kind = match case.caller {
        Who::Service { .. } => "Service",
        Who::Anonymous => "Anonymous",
        _ => return case.clone(),
    };
    let names =
        [("aws:PrincipalArn", "*"), ("aws:PrincipalAccount", ""), ("aws:PrincipalType", kind)];
    holding(case, &names)
}

fn without_the_flag_of_services(case: &Case) -> Case {
    with_conditions(case, |_, condition| {
        if condition.key == "aws:PrincipalIsAWSService" {
            condition.key = "absent".to_owned();
        }
        None
    })
}

fn with_a_guessed_owner(case: &Case) -> Case {
    let named = case.resource.split(':').nth(4).filter(|account| !account.is_empty());
    let guess = named.unwrap_or(&case.account);
    if guess == case.resource_account {
        return case.clone();
    }
    holding(case, &[("aws:ResourceAccount", guess)])
}

fn with_principals_as_patterns(case: &Case) -> Case {
    let Some(arn) = arn(case) else { return case.clone() };
    naming_the_role_for(case, |principal| {
        let pattern = Pattern::read(&principal.to_lowercase().as_str().into(), Style::Glob);
        let matches = pattern.matches(&arn.to_lowercase().as_str().into()) == Match::Yes;
        matches && principal != "*" && principal != arn
    })
}

fn with_roles_of_any_path(case: &Case) -> Case {
    let Who::Session { role, .. } = &case.caller else { return case.clone() };
    let name = |arn: &str| arn.rsplit('/').next().map(str::to_owned);
    naming_the_role_for(case, |principal| {
        let same_account = principal.split(':').nth(4) == role.split(':').nth(4);
        principal != role
            && principal.contains(":role/")
            && same_account
            && name(principal) == name(role)
    })
}

fn with_everyone_limited(case: &Case) -> Case {
    let limited = case.boundary.is_some() || case.session.is_some();
    if !limited || arn(case).is_none() || case.account != case.resource_account {
        return case.clone();
    }
    naming_the_role_for(case, |principal| principal == "*")
}

/// Behind five colons nothing is a segment any more.
fn with_resources_as_globs(case: &Case) -> Case {
    let mut read = case.clone();
    let mut differs = false;
    for statement in read.documents_mut().flat_map(statements) {
        for element in ["Resource", "NotResource"] {
            for target in statement.get_mut(element).into_iter().flat_map(list) {
                let text = target.as_str().unwrap();
                differs |= crosses(text, Style::Resource, &case.resource);
                *target = json!(format!(":::::{text}"));
            }
        }
    }
    read.resource = format!(":::::{}", case.resource);
    if differs { read } else { case.clone() }
}

fn with_arns_as_globs(case: &Case) -> Case {
    with_conditions(case, |values, condition| {
        let crosses = || {
            let held = values
                .iter()
                .flat_map(|value| condition.values.iter().map(move |own| (own, value)));
            held.into_iter().any(|(own, value)| crosses(own, Style::Arn, value))
        };
        if condition.operator().test == Test::Arn && crosses() {
            let like = condition.operator.replace("Equals", "Like");
            condition.operator = like.replace("Arn", "String");
        }
        None
    })
}

fn with_lists_as_text(case: &Case) -> Case {
    let tag_keys = match case.context.get("aws:TagKeys") {
        Some(Held::List(values)) => values.clone(),
        _ => return case.clone(),
    };
    let each: Vec<String> = tag_keys.iter().map(|value| format!("'{value}'")).collect();
    let text = format!("[{}]", each.join(", "));
    with_conditions(case, |_, condition| {
        let whole = condition.key == "aws:TagKeys" && condition.operator().quantifier.is_none();
        whole.then(|| condition.of_another_key("text", &text))
    })
}

fn with_the_first_of_null(case: &Case) -> Case {
    with_conditions(case, |_, condition| {
        if condition.operator().test == Test::Null {
            let first = condition.values.first();
            let absent = first.is_none_or(|value| value.eq_ignore_ascii_case("true"));
            condition.values = vec![absent.to_string()];
        }
        None
    })
}

fn with_years_as_seconds(case: &Case) -> Case {
    let seconds = |text: &str| is_year(text).then(|| format!("{text}.0"));
    with_conditions(case, |values, condition| {
        if !matches!(condition.operator().test, Test::Date(_)) {
            return None;
        }
        for value in &mut condition.values {
            *value = seconds(value).unwrap_or_else(|| value.clone());
        }
        let year = values.iter().find_map(|value| seconds(value))?;
        Some(condition.of_another_key("seconds", &year))
    })
}

/// Of a key that the request has, `Null` is never true.
fn with_nothing_unequal_to_what_cannot_be_read(case: &Case) -> Case {
    with_conditions(case, |values, condition| {
        let operator = condition.operator();
        let reads = |text: &String| match operator.test {
            Test::Numeric(_) => text.parse::<f64>().is_ok(),
            Test::Date(_) => {
                text.parse::<f64>().is_ok() || text.split('-').next().is_some_and(is_year)
            }
            _ => true,
        };
        let unreadable = !values.iter().chain(&condition.values).all(reads);
        let compares = !values.is_empty() && !condition.values.is_empty();
        if operator.negated && unreadable && compares {
            condition.operator = "Null".to_owned();
            condition.values = vec!["true".to_owned()];
        }
        None
    })
}

/// One line of a `Condition`.
struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

impl Condition {
    fn operator(&self) -> Operator {
        Operator::read(&self.operator).unwrap()
    }

    /// Asks for another key instead, which is to hold this.
    fn of_another_key(&mut self, start: &str, text: &str) -> (String, Held) {
        self.key = format!("{start}/{}", self.key);
        (self.key.clone(), Held::One(text.to_owned()))
    }
}

/// Changes every condition, given what the request holds under its key; what is returned is put
/// into the context.
fn with_conditions(
    case: &Case,
    change: impl Fn(&[String], &mut Condition) -> Option<(String, Held)>,
) -> Case {
    let request = case.request();
    let mut read = case.clone();
    let mut more = BTreeMap::new();
    for statement in read.documents_mut().flat_map(statements) {
        let Some(element) = statement.get_mut("Condition") else { continue };
        let mut changed = json!({});
        for (operator, keys) in element.as_object().unwrap() {
            for (key, values) in keys.as_object().unwrap() {
                let mut condition = Condition {
                    operator: operator.clone(),
                    key: key.clone(),
                    values: values.as_array().unwrap().iter().map(text).collect(),
                };
                more.extend(change(&held(&request, key), &mut condition));
                let Condition { mut operator, key, values } = condition;
                if changed[&operator].get(&key).is_some() {
                    // Its case does not count, and an object has a name once.
                    operator = operator.to_uppercase();
                }
                changed[operator][key] = json!(values);
            }
        }
        *element = changed;
    }
    read.context.extend(more);
    read
}

fn held(request: &Request, key: &str) -> Vec<String> {
    match request.value(key) {
        Value::Present(values) => values.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// The request holds these, if a policy asks for one of them.
fn holding(case: &Case, entries: &[(&str, &str)]) -> Case {
    let mut read = case.clone();
    for (key, value) in entries {
        if case.documents().any(|document| document.to_string().contains(key)) {
            read.context.insert((*key).to_owned(), Held::One((*value).to_owned()));
        }
    }
    read
}

/// Where a principal of the resource's policy is one of these, it is the caller's role instead: a
/// principal that is named, but not directly.
fn naming_the_role_for(case: &Case, is: impl Fn(&str) -> bool) -> Case {
    let mut read = case.clone();
    let role = as_of_a_role(&mut read);
    let mut changed = false;
    for statement in read.resource_policy.iter_mut().flat_map(statements) {
        let Some(element) = statement.get_mut("Principal") else { continue };
        if *element == "*" {
            *element = json!({"AWS": ["*"]});
        }
        for principal in element.get_mut("AWS").into_iter().flat_map(list) {
            if is(principal.as_str().unwrap()) {
                changed = true;
                *principal = json!(role);
            }
        }
    }
    if changed { read } else { case.clone() }
}

/// A user has no role; here it is the session of one that nothing else names.
fn as_of_a_role(case: &mut Case) -> String {
    match &case.caller {
        Who::Session { role, .. } => role.clone(),
        Who::User { arn } => {
            let (role, arn) = ("arn:aws:iam::111122223333:role/of-the-user", arn.clone());
            let keys = [("aws:PrincipalArn", arn.as_str()), ("aws:PrincipalType", "User")];
            *case = holding(case, &keys);
            case.caller = Who::Session { role: role.to_owned(), arn };
            role.to_owned()
        }
        Who::Root | Who::Service { .. } | Who::Anonymous => "nobody".to_owned(),
    }
}

fn arn(case: &Case) -> Option<&str> {
    match &case.caller {
        Who::Session { arn, .. } | Who::User { arn } => Some(arn),
        Who::Root | Who::Service { .. } | Who::Anonymous => None,
    }
}

/// Whether a pattern holds a text only because its wildcards match colons.
fn crosses(pattern: &str, style: Style, text: &str) -> bool {
    let holds = |style| Pattern::read(&pattern.into(), style).matches(&text.into());
    holds(style) != holds(Style::Glob)
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn statements(document: &mut Json) -> impl Iterator<Item = &mut Json> {
    document["Statement"].as_array_mut().unwrap().iter_mut()
}

fn list(json: &mut Json) -> impl Iterator<Item = &mut Json> {
    json.as_array_mut().unwrap().iter_mut()
}

fn text(json: &Json) -> String {
    json.as_str().unwrap().to_owned()
}
