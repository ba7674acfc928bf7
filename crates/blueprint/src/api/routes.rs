//! The routes below `/tenants/{tenant}`, and what each of their methods answers.
//!
//! The document that API Gateway imports names answers by status, never as `default`: a method
//! response of a REST API has a status code of three digits, and an import that is to fail on
//! warnings must give it no cause for one. For the same reason there is nothing in a schema that
//! API Gateway's models leave out, and no reference but to a schema.
//! <https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethodResponse.html>
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis>

use std::borrow::Cow;

use tenantry_resources::Tree;

/// A route and its methods.
#[derive(Clone)]
pub(crate) struct Route {
    /// Its path below the tenant's.
    pub(crate) path: Cow<'static, str>,
    pub(crate) methods: Cow<'static, [Method]>,
}

impl Route {
    /// The routes of a user's service, those of one path together. What they answer is the
    /// service's own matter, so that the API's document says no more than that they do.
    pub(crate) fn of_service(service: &tenantry_config::Service) -> Vec<Self> {
        let mut routes: Vec<Self> = Vec::new();
        for route in &service.routes {
            let method = Method { verb: route.method.lower_case(), answers: ANY, problems: &[] };
            match routes.iter_mut().find(|known| known.path == route.path) {
                Some(known) => known.methods.to_mut().push(method),
                None => routes.push(Self {
                    path: route.path.clone().into(),
                    methods: Cow::Owned(vec![method]),
                }),
            }
        }
        routes
    }
}

/// A method of a route. For the users and data API what it answers is the contract of `functions/node/README.md`.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    /// In lower case, as OpenAPI has it.
    pub(crate) verb: &'static str,
    answers: &'static [MethodResponse],
    /// The statuses of what it refuses, beside those that any method may answer.
    problems: &'static [&'static str],
}

/// An answer that is no problem.
struct MethodResponse {
    status: &'static str,
    /// The schema of its body, which is JSON.
    schema: Option<&'static str>,
    headers: &'static [&'static str],
}

const fn answer(
    status: &'static str,
    schema: &'static str,
    headers: &'static [&'static str],
) -> MethodResponse {
    MethodResponse { status, schema: Some(schema), headers }
}

const NOT_MODIFIED: MethodResponse =
    MethodResponse { status: "304", schema: None, headers: &["ETag"] };
const NO_CONTENT: MethodResponse = MethodResponse { status: "204", schema: None, headers: &[] };

/// A method has to have an answer in the document.
const ANY: &[MethodResponse] = &[MethodResponse { status: "200", schema: None, headers: &[] }];

/// The routes of the users and data API that comes with tenantry.
pub(crate) static REFERENCE_ROUTES: [Route; 4] = [
    Route {
        path: Cow::Borrowed("/users"),
        methods: Cow::Borrowed(&[
            Method { verb: "get", answers: &[answer("200", "UserPage", &[])], problems: &["400"] },
            Method {
                verb: "post",
                answers: &[answer("201", "User", &["ETag", "Location"])],
                problems: &["400", "409", "413", "415", "422"],
            },
        ]),
    },
    Route {
        path: Cow::Borrowed("/users/{userId}"),
        methods: Cow::Borrowed(&[
            Method {
                verb: "get",
                answers: &[answer("200", "User", &["ETag"]), NOT_MODIFIED],
                problems: &["400", "404", "412"],
            },
            Method {
                verb: "patch",
                answers: &[answer("200", "User", &["ETag"])],
                problems: &["400", "404", "409", "412", "413", "415", "428"],
            },
            Method { verb: "delete", answers: &[NO_CONTENT], problems: &["400", "404", "412"] },
        ]),
    },
    Route {
        path: Cow::Borrowed("/data/{collection}"),
        methods: Cow::Borrowed(&[Method {
            verb: "get",
            answers: &[answer("200", "ItemPage", &[])],
            problems: &["400", "404"],
        }]),
    },
    Route {
        path: Cow::Borrowed("/data/{collection}/{key}"),
        methods: Cow::Borrowed(&[
            Method {
                verb: "get",
                answers: &[answer("200", "Item", &["ETag"]), NOT_MODIFIED],
                problems: &["400", "404", "412"],
            },
            Method {
                verb: "put",
                answers: &[answer("200", "Item", &["ETag"]), answer("201", "Item", &["ETag"])],
                problems: &["400", "404", "412", "413", "415", "428"],
            },
            Method { verb: "delete", answers: &[NO_CONTENT], problems: &["400", "404", "412"] },
        ]),
    },
];

impl Method {
    /// Its answers and problems as OpenAPI's `responses`.
    pub(super) fn responses(&self) -> Tree {
        let answers = self.answers.iter().map(|answer| {
            let mut entries = vec![(Cow::from("description"), title(answer.status).into())];
            if !answer.headers.is_empty() {
                entries.push(("headers".into(), headers(answer.headers)));
            }
            if let Some(schema) = answer.schema {
                entries.push(("content".into(), content("application/json", schema)));
            }
            (answer.status.into(), Tree::Map(entries))
        });
        let problems = self.problems.iter().map(|status| {
            let problem = Tree::map([
                ("description", title(status).into()),
                ("content", content("application/problem+json", "Problem")),
            ]);
            (Cow::Borrowed(*status), problem)
        });
        Tree::Map(answers.chain(problems).collect())
    }
}

/// The only answer of a suspended tenant's routes.
pub(super) fn suspended() -> Tree {
    let problem = Tree::map([
        ("description", title("403").into()),
        ("headers", headers(&["Content-Type", "Cache-Control"])),
        ("content", content("application/problem+json", "Problem")),
    ]);
    Tree::map([("403", problem)])
}

/// The schemas that answers refer to: each becomes a model of the API, once for all tenants.
pub(super) fn schemas() -> Tree {
    let text = || Tree::map([("type", "string".into())]);
    let number = || Tree::map([("type", "integer".into())]);
    let page = |of: &str| {
        let items = Tree::map([("type", "array".into()), ("items", reference(of))]);
        object(&["items"], [("items", items), ("nextCursor", text())])
    };
    let problem = object(
        &["title"],
        [
            ("title", text()),
            ("status", number()),
            ("detail", text()),
            ("pointer", text()),
            ("requestId", text()),
        ],
    );
    Tree::map([
        (
            "User",
            object(
                &["userId", "email", "createdAt", "updatedAt", "version"],
                [
                    ("userId", text()),
                    ("email", text()),
                    ("name", text()),
                    ("createdAt", text()),
                    ("updatedAt", text()),
                    ("version", number()),
                ],
            ),
        ),
        ("UserPage", page("User")),
        (
            "Item",
            object(
                &["key", "value", "createdAt", "updatedAt", "version"],
                [
                    ("key", text()),
                    ("value", Tree::map([("description", "any JSON".into())])),
                    ("createdAt", text()),
                    ("updatedAt", text()),
                    ("version", number()),
                ],
            ),
        ),
        ("ItemPage", page("Item")),
        (
            "Problem",
            described(
                "What a refusal says (RFC 9457). Any method may also answer it with 401, 403, 429, \
                 500 or 503.",
                problem,
            ),
        ),
    ])
}

fn object<const N: usize>(
    required: &[&'static str],
    properties: [(&'static str, Tree); N],
) -> Tree {
    Tree::map([
        ("type", "object".into()),
        ("required", Tree::list(required.iter().copied())),
        ("properties", Tree::map(properties)),
    ])
}

fn described(description: &'static str, mut schema: Tree) -> Tree {
    if let Tree::Map(entries) = &mut schema {
        entries.insert(0, ("description".into(), description.into()));
    }
    schema
}

fn content(media_type: &'static str, schema: &str) -> Tree {
    Tree::map([(media_type, Tree::map([("schema", reference(schema))]))])
}

fn reference(schema: &str) -> Tree {
    Tree::map([("$ref", format!("#/components/schemas/{schema}").into())])
}

fn headers(names: &'static [&'static str]) -> Tree {
    let text = || Tree::map([("schema", Tree::map([("type", "string".into())]))]);
    Tree::Map(names.iter().map(|name| (Cow::Borrowed(*name), text())).collect())
}

/// The reason phrase of a status (RFC 9110, section 15; 428: RFC 6585).
fn title(status: &str) -> &'static str {
    match status {
        "200" => "OK",
        "201" => "Created",
        "204" => "No Content",
        "304" => "Not Modified",
        "400" => "Bad Request",
        "403" => "Forbidden",
        "404" => "Not Found",
        "409" => "Conflict",
        "412" => "Precondition Failed",
        "413" => "Content Too Large",
        "415" => "Unsupported Media Type",
        "422" => "Unprocessable Content",
        "428" => "Precondition Required",
        _ => "",
    }
}
