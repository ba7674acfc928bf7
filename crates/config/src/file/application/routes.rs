//! The routes of services: which there are, and that API Gateway takes all of them together.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{nearest, quote};
use crate::application::{Method, Route};
use crate::document::{At, Reader, Table};

/// The routes of all services so far.
#[derive(Default)]
pub(super) struct Routes<'d> {
    /// Where a method of a path is.
    taken: BTreeMap<(String, Method), Range<usize>>,
    /// The parameter that follows a path, and where it is: API Gateway takes one.
    parameters: BTreeMap<String, At<&'d str>>,
}

impl<'d> Routes<'d> {
    /// The routes of a service.
    pub(super) fn read(
        &mut self,
        reader: &mut Reader,
        service: &At<&str>,
        table: &Table<'d>,
    ) -> Vec<Route> {
        let given = table.strings(reader, "routes");
        if !table.has("routes") || given.as_ref().is_some_and(|given| given.value.is_empty()) {
            reader.add(
                reader
                    .fault("service-without-routes", format!("nobody can call the service {}", quote(service.value)))
                    .at(&service.span, "it has no routes")
                    .help("give it some: `routes = [\"GET /orders\", \"POST /orders\"]`, below each tenant's path"),
            );
        }
        let mut routes = Vec::new();
        for text in given.map(|given| given.value).unwrap_or_default() {
            let Some((methods, path)) = route(reader, &text) else { continue };
            if !self.parameters_agree(reader, &text, path) {
                continue;
            }
            for method in methods {
                if let Some(first) = self.taken.get(&(path.to_owned(), method)) {
                    let message = format!("the route `{} {path}` is there twice", method.name());
                    reader.add(
                        reader
                            .fault("route-twice", message)
                            .at(first, "first here")
                            .at(&text.span, "and again here")
                            .help("a request goes to one service: remove one of the two"),
                    );
                    break;
                }
                self.taken.insert((path.to_owned(), method), text.span.clone());
                routes.push(Route { method, path: path.to_owned() });
            }
        }
        routes
    }

    /// Below one path API Gateway takes one parameter, by one name.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>
    fn parameters_agree(&mut self, reader: &mut Reader, text: &At<&'d str>, path: &'d str) -> bool {
        for (at, _) in path.match_indices("/{") {
            let (before, after) = path.split_at(at);
            let name = after.get(1..).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            match self.parameters.get(before) {
                Some(first) if first.value != name => {
                    let message =
                        format!("the path {} is followed by two parameters", quote(before));
                    reader.add(
                        reader
                            .fault("two-parameters", message)
                            .at(&first.span, format!("`{}` here", first.value))
                            .at(&text.span, format!("`{name}` here"))
                            .help("API Gateway takes one parameter in a place: give both the same name"),
                    );
                    return false;
                }
                Some(_) => {}
                None => {
                    let first = At { value: name, span: text.span.clone() };
                    self.parameters.insert(before.to_owned(), first);
                }
            }
        }
        true
    }
}

/// The methods and the path of a route, such as `GET /orders/{orderId}`.
fn route<'d>(reader: &mut Reader, text: &At<&'d str>) -> Option<(Vec<Method>, &'d str)> {
    let example = "write a method and a path: `GET /orders/{orderId}`";
    let Some((verb, path)) = text.value.split_once(' ') else {
        reader.add(
            reader
                .fault("bad-route", format!("{} is no route", quote(text.value)))
                .at(&text.span, "not a method, a space and a path")
                .help(example),
        );
        return None;
    };
    let methods = match Method::ALL.into_iter().find(|method| method.name() == verb) {
        Some(method) => vec![method],
        None if verb == "ANY" => Method::ALL.to_vec(),
        None => {
            let known = Method::ALL.map(Method::name).into_iter().chain(["ANY"]);
            let help = match nearest(&verb.to_uppercase(), known) {
                Some(meant) => format!("did you mean `{meant} {path}`?"),
                None => "it is one of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS, or ANY for all of them".to_owned(),
            };
            reader.add(
                reader
                    .fault("bad-method", format!("{} is no method of a route", quote(verb)))
                    .at(&text.span, "the first word is the method")
                    .help(help),
            );
            return None;
        }
    };
    if let Some((label, help)) = wrong_path(path) {
        reader.add(
            reader
                .fault("bad-route", format!("{} is no path of a route", quote(path)))
                .at(&text.span, label)
                .help(help),
        );
        return None;
    }
    Some((methods, path))
}

/// What keeps a path from being one of API Gateway's below a tenant's, and what to do about it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>
fn wrong_path(path: &str) -> Option<(String, String)> {
    let example = "write it from the tenant's path on: `/orders/{orderId}`".to_owned();
    let Some(rest) = path.strip_prefix('/') else {
        return Some(("the path does not begin with `/`".to_owned(), example));
    };
    if path.len() > 200 {
        return Some((format!("{} characters", path.len()), "a path has at most 200".to_owned()));
    }
    if rest == "tenants" || rest.starts_with("tenants/") {
        let help =
            "leave out `/tenants/...`: each tenant has the route below its own path, and no \
                    service has one outside"
                .to_owned();
        return Some(("would be outside the tenant's path".to_owned(), help));
    }
    let parts: Vec<&str> = rest.split('/').collect();
    let mut parameters: Vec<&str> = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        if part.is_empty() {
            let label =
                if rest.is_empty() { "nothing follows the `/`" } else { "has an empty part" };
            return Some((label.to_owned(), example));
        }
        if let Some(inner) = part.strip_prefix('{') {
            let Some(name) = inner.strip_suffix('}') else {
                return Some((format!("`{part}` does not end with `}}`"), example));
            };
            let greedy = name.ends_with('+');
            let name = name.strip_suffix('+').unwrap_or(name);
            if greedy && place + 1 < parts.len() {
                let help = "a parameter with `+` takes the whole rest of the path".to_owned();
                return Some((format!("something follows `{part}`"), help));
            }
            let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !fits {
                let help = "letters and digits, a letter first: `{orderId}`".to_owned();
                return Some((format!("`{part}` is no parameter"), help));
            }
            if parameters.contains(&name) {
                let help = "give each parameter a name of its own".to_owned();
                return Some((format!("`{name}` is there twice"), help));
            }
            parameters.push(name);
        } else if let Some(stranger) = stranger(part) {
            let help = "a part has letters, digits and `-_.~`, or is a parameter: `{orderId}`";
            return Some((format!("{stranger:?} cannot be in a path"), help.to_owned()));
        } else if part.chars().all(|character| character == '.') {
            let help = "a path is taken as it is written: leave it out".to_owned();
            return Some((format!("`{part}` is no part of a path"), help));
        }
    }
    None
}

fn stranger(part: &str) -> Option<char> {
    part.chars()
        .find(|character| !character.is_ascii_alphanumeric() && !"-_.~".contains(*character))
}

/// Whether a route's path takes a request's path.
pub(super) fn answers(route: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for part in route.split('/') {
        let Some(given) = parts.next() else { return false };
        match part.strip_prefix('{') {
            _ if given.contains(['{', '}', '?', '#', '%', ' ']) => return false,
            Some(name) if given.is_empty() || name.is_empty() => return false,
            Some(name) if name.ends_with("+}") => {
                return parts.all(|part| !part.is_empty() && stranger(part).is_none());
            }
            Some(_) => {}
            None if part == given => {}
            None => return false,
        }
    }
    parts.next().is_none()
}
