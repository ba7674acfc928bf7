//! Answers of services as they were recorded or as their references show them, and what is read from them.
//!
//! A file of the corpus is named after what is not as it ought to be. It has a template, the physical ids of its resources,
//! and what each operation answers; whatever is not among the answers is not there (404).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenantry_deployed::{Answer, Ask, Marks, Request, Stack, read};

struct Recorded(BTreeMap<String, Value>);

impl Ask for Recorded {
    fn ask(&self, request: &Request) -> Result<Answer, String> {
        let target = request.headers.iter().find(|(name, _)| *name == "x-amz-target");
        let operation = match target {
            Some((_, target)) => target.rsplit('.').next().unwrap().to_owned(),
            None if request.method == "POST" => {
                let action = request.body.strip_prefix("Action=").unwrap();
                action.split('&').next().unwrap().to_owned()
            }
            None => request.path.clone(),
        };
        // One answer for all, or one for what stands in the request.
        let of_request = |answers: &Value| {
            let asked = format!("{} {}", request.path, request.body);
            let answers = answers.as_object()?;
            answers.iter().find(|(part, _)| asked.contains(*part)).map(|(_, one)| one.clone())
        };
        let found = self.0.get(&format!("{} {operation}", request.service));
        let found = found.and_then(|found| match found.get("by") {
            Some(answers) => of_request(answers),
            None => Some(found.clone()),
        });
        Ok(match found {
            Some(Value::String(body)) => Answer { status: 200, body },
            Some(body) => Answer { status: 200, body: body.to_string() },
            None => Answer { status: 404, body: String::new() },
        })
    }
}

fn stack(physical: BTreeMap<String, String>) -> Stack {
    Stack {
        name: "cell".to_owned(),
        id: "arn:aws:cloudformation:us-east-1:111122223333:stack/cell/1".to_owned(),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        parameters: BTreeMap::new(),
        physical,
        code: BTreeMap::from([("api.zip".to_owned(), "wanted=".to_owned())]),
    }
}

#[test]
fn what_is_found_stands_in_the_template_and_what_agrees_stays_as_it_was_written() {
    insta::glob!("../corpus", "*.json", |file| {
        let text = std::fs::read_to_string(file).unwrap();
        let case: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
        let physical = serde_json::from_value(case["physical"].clone()).unwrap();
        let answers = serde_json::from_value(case["answers"].clone()).unwrap();
        let template = json!({ "Resources": case["resources"] });
        let marks = Marks {
            tag: "tenant_id".to_owned(),
            owners: ["a".to_owned(), "b".to_owned()].into(),
            suffix: "prod".to_owned(),
            ..Marks::default()
        };
        let found =
            read(&Recorded(answers), &stack(physical), &template, &marks, &|_, _| None).unwrap();
        let not_compared: Vec<String> = found
            .not_compared
            .iter()
            .map(|one| format!("{} {}", one.logical_id, one.property.as_deref().unwrap_or("*")))
            .collect();
        insta::assert_json_snapshot!(json!({
            "resources": found.template["Resources"],
            "compared": found.compared,
            "not compared": not_compared,
        }));
    });
}

#[test]
fn a_call_that_is_refused_names_the_action_that_is_missing_and_what_is_not_json_is_told() {
    struct Refusing(u16, &'static str);
    impl Ask for Refusing {
        fn ask(&self, _: &Request) -> Result<Answer, String> {
            Ok(Answer { status: self.0, body: self.1.to_owned() })
        }
    }
    let template = json!({ "Resources": {} });
    let of = |status, body| {
        let marks = Marks::default();
        let read =
            read(&Refusing(status, body), &stack(BTreeMap::new()), &template, &marks, &|_, _| None);
        read.unwrap_err().to_string()
    };
    let refusal = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    insta::assert_snapshot!(of(403, refusal), @"iam:GetAccountAuthorizationDetails was refused: AccessDenied: no");
    insta::assert_snapshot!(of(200, "<html>"), @"the answer to iam:GetAccountAuthorizationDetails is not understood: <html>");
}

#[test]
fn a_list_that_never_ends_is_an_error_and_no_endless_work() {
    struct Endless;
    impl Ask for Endless {
        fn ask(&self, _: &Request) -> Result<Answer, String> {
            let body = "<A><AResult><Marker>again</Marker></AResult></A>".to_owned();
            Ok(Answer { status: 200, body })
        }
    }
    let template = json!({ "Resources": {} });
    let marks = Marks::default();
    let read = read(&Endless, &stack(BTreeMap::new()), &template, &marks, &|_, _| None);
    assert!(read.unwrap_err().to_string().contains("does not end"));
}
