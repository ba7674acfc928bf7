//! What API Gateway answers by itself, without anything behind it.

use tenantry_resources::Tree;

/// An integration that answers with a problem (RFC 9457), whatever is asked. Neither text may have a double quote.
pub(super) fn problem(status: u16, title: &str, detail: Option<&str>) -> Tree {
    let detail = detail.map(|detail| format!(r#""detail":"{detail}","#)).unwrap_or_default();
    let problem = format!(
        r#"{{"title":"{title}","status":{status},{detail}"requestId":"$context.requestId"}}"#
    );
    let headers = Tree::map([
        ("method.response.header.Content-Type", "'application/problem+json'".into()),
        ("method.response.header.Cache-Control", "'no-store'".into()),
    ]);
    let answer = Tree::map([
        ("statusCode", status.to_string().into()),
        ("responseParameters", headers),
        ("responseTemplates", Tree::map([("application/json", problem.into())])),
    ]);
    let request = format!(r#"{{"statusCode":{status}}}"#);
    Tree::map([
        ("type", "mock".into()),
        ("passthroughBehavior", "never".into()),
        ("requestTemplates", Tree::map([("application/json", request.into())])),
        ("responses", Tree::map([("default", answer)])),
    ])
}
