//! Where the simulator does not do what AWS documents, or does one thing where AWS documents none.

use serde_json::Value as Json;

use crate::support::random::{Case, Held, Who};

pub(crate) struct Explanation {
    /// What the simulator does.
    pub(crate) name: &'static str,
    /// What AWS documents, and where below `docs.aws.amazon.com/IAM/latest/UserGuide/`.
    pub(crate) documented: (&'static str, &'static str),
    /// Whether a case has what it is about.
    pub(crate) concerns: fn(&Case) -> bool,
}

pub(crate) const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        name: "a list passes no operator without ForAllValues or ForAnyValue",
        documented: (
            "Keys of several values need one of the two; ours asks for any value, a negation for all",
            "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        ),
        concerns: |case| {
            let is_list = |key: &str| {
                key == "aws:TagKeys" || matches!(case.context.get(key), Some(Held::List(_)))
            };
            any(case, |operator, key, _| is_list(key) && !operator.starts_with("For"))
        },
    },
    Explanation {
        name: "a variable without a value passes no negated operator either",
        documented: (
            "It is null, which nothing equals or is like",
            "reference_policies_variables.html#policy-vars-no-value",
        ),
        concerns: |case| {
            any(case, |operator, _, values| {
                operator.contains("Not") && values.iter().any(|value| value.contains("${aws:"))
            })
        },
    },
    Explanation {
        name: "0.0.0.0/0 holds no address, and what is no address is in no range and not outside",
        documented: (
            "A range is in CIDR form, and the key holds an address",
            "reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        ),
        concerns: |case| {
            any(case, |operator, key, values| {
                let plain = |text: &str| !text.contains('/') && text.contains(['.', ':']);
                let held = match case.context.get(key) {
                    Some(Held::One(value)) => plain(value) && key == "aws:SourceIp",
                    _ => false,
                };
                operator.ends_with("IpAddress")
                    && (!held
                        || values.iter().any(|value| value.ends_with("/0") || !is_range(value)))
            })
        },
    },
    Explanation {
        name: "what is no number, date, truth value or ARN passes no operator, negated or not",
        documented: (
            "Nothing; ours lets it equal none, so it is unequal",
            "reference_policies_elements_condition_operators.html#Conditions_Numeric",
        ),
        concerns: |case| any(case, |operator, key, values| unreadable(case, operator, key, values)),
    },
    Explanation {
        name: "requests to S3 have no aws:ResourceTag",
        documented: (
            "The key compares the tag of the resource, where the service takes part",
            "reference_policies_condition-keys.html#condition-keys-resourcetag",
        ),
        concerns: |case| {
            case.action.starts_with("s3:")
                && (any(case, |_, key, values| {
                    is_resource_tag(key) || values.iter().any(|each| each.contains("ResourceTag"))
                }))
        },
    },
    Explanation {
        name: "a role's path does not count in a principal, nor does its case",
        documented: (
            "A role's ARN holds its path, and a principal is named by its ARN",
            "reference_identifiers.html#identifiers-arns",
        ),
        concerns: |case| {
            matches!(case.caller, Who::Session { .. })
                && case.documents().any(|each| each.to_string().contains(":role/worker\""))
        },
    },
    Explanation {
        name: "a session's policy limits also what the resource's policy gives the session itself",
        documented: (
            "What a resource's policy gives a session is added, and the session's policy does not limit it",
            "access_policies.html#policies_session",
        ),
        concerns: |case| {
            matches!(case.caller, Who::Session { .. })
                && case.session.is_some()
                && case.resource_policy.is_some()
        },
    },
    Explanation {
        name: "NotPrincipal spares whoever is of a listed account, and of sessions the role's",
        documented: (
            "NotPrincipal names everyone but those listed; a session is named beside its role and account",
            "reference_policies_elements_notprincipal.html",
        ),
        concerns: |case| case.documents().any(|each| each.to_string().contains("NotPrincipal")),
    },
];

/// Whether a condition of some statement that lists the action is such: operator, key and values.
fn any(case: &Case, is: impl Fn(&str, &str, &[&str]) -> bool) -> bool {
    let statements =
        case.documents().flat_map(|document| document["Statement"].as_array().unwrap());
    statements.filter_map(|statement| statement["Condition"].as_object()).any(|condition| {
        condition.iter().any(|(operator, keys)| {
            keys.as_object().unwrap().iter().any(|(key, values)| {
                let values = values.as_array().unwrap().iter();
                let values: Vec<&str> = values.filter_map(Json::as_str).collect();
                is(operator, key, &values)
            })
        })
    })
}

fn is_resource_tag(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("aws:resourcetag/")
}

fn is_range(value: &str) -> bool {
    let (address, length) = value.split_once('/').unwrap_or((value, "0"));
    address.parse::<std::net::IpAddr>().is_ok() && length.parse::<u8>().is_ok()
}

/// Whether something that an operator compares is not of its kind.
fn unreadable(case: &Case, operator: &str, key: &str, values: &[&str]) -> bool {
    let held: Vec<&str> = match case.context.get(key) {
        Some(Held::One(value)) => vec![value],
        Some(Held::List(values)) => values.iter().map(String::as_str).collect(),
        None => Vec::new(),
    };
    let all = |is: fn(&str) -> bool| {
        let known = key == "aws:PrincipalArn" || case.context.contains_key(key);
        (known || held.is_empty()) && held.iter().chain(values).all(|text| is(text))
    };
    let bare = operator.rsplit(':').next().unwrap();
    if bare.starts_with("Numeric") {
        !all(|text| text.parse::<f64>().is_ok() && !text.contains('e'))
    } else if bare.starts_with("Date") {
        !all(|text| text.len() == 20 && text.ends_with('Z'))
    } else if bare.starts_with("Bool") {
        !all(|text| ["true", "false"].contains(&text))
    } else if bare.starts_with("Arn") {
        !all(|text| text.starts_with("arn:") && text.split(':').count() >= 6)
    } else {
        bare.starts_with("Binary")
    }
}
