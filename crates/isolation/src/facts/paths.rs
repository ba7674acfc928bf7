//! The texts of a value, each with the path of properties that leads to it.

use std::fmt;

use tenantry_template::{Value, ValueKind};

/// The way to a value: keys, and items of lists. Written out it is as `Rules[].Destination.Bucket`;
/// hardly any path is, since most texts are nothing to whoever walks.
#[derive(Debug, Default)]
pub(crate) struct Path<'v>(Vec<Step<'v>>);

#[derive(Clone, Copy, Debug)]
enum Step<'v> {
    Key(&'v str),
    Item,
}

impl Path<'_> {
    /// The last name in it: what stands behind the last dot, without the marks of items.
    pub(crate) fn last(&self) -> &str {
        let keys = self.0.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item => None,
        });
        let last = keys.into_iter().next().unwrap_or_default();
        let mut last = last.rsplit_once('.').map_or(last, |(_, name)| name);
        while let Some(name) = last.strip_suffix("[]") {
            last = name;
        }
        last
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut begun = false;
        for step in &self.0 {
            match step {
                Step::Key(key) if begun => write!(f, ".{key}")?,
                Step::Key(key) => f.write_str(key)?,
                Step::Item => f.write_str("[]")?,
            }
            // An empty key at the beginning is as if it were not there.
            begun |= !matches!(step, Step::Key(""));
        }
        Ok(())
    }
}

/// Visits every text of a value, and what is unknown, with its path.
pub(crate) fn texts<'v, 'a>(value: &'v Value<'a>, visit: &mut dyn FnMut(&Path<'v>, &'v Value<'a>)) {
    Walk { under: &|_| Under::Yes, visit }.value(value, true, &mut Path::default());
}

/// What a key says of the texts under it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Under {
    /// They are visited.
    Yes,
    /// They are visited if a key above or below says so.
    Perhaps,
    /// None is visited, whatever other keys say.
    No,
}

/// Visits every text of a value, and what is unknown, of which the keys above say so.
pub(crate) fn texts_under<'v, 'a>(
    value: &'v Value<'a>,
    under: &dyn Fn(&str) -> Under,
    visit: &mut dyn FnMut(&Path<'v>, &'v Value<'a>),
) {
    Walk { under, visit }.value(value, false, &mut Path::default());
}

struct Walk<'w, 'v, 'a> {
    under: &'w dyn Fn(&str) -> Under,
    visit: &'w mut dyn FnMut(&Path<'v>, &'v Value<'a>),
}

impl<'v, 'a> Walk<'_, 'v, 'a> {
    fn value(&mut self, value: &'v Value<'a>, under: bool, path: &mut Path<'v>) {
        match &value.kind {
            ValueKind::List(items) => {
                path.0.push(Step::Item);
                items.iter().for_each(|item| self.value(item, under, path));
                path.0.pop();
            }
            ValueKind::Map(entries) => {
                for (key, value) in entries {
                    let says = (self.under)(&key.text);
                    if says == Under::No {
                        continue;
                    }
                    path.0.push(Step::Key(&key.text));
                    self.value(value, under || says == Under::Yes, path);
                    path.0.pop();
                }
            }
            ValueKind::Choice(choice) => {
                let branches = choice.then.iter().chain(&choice.otherwise);
                branches.for_each(|value| self.value(value, under, path));
            }
            ValueKind::Text(_) | ValueKind::Unknown(_) if under => (self.visit)(path, value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Path, Step, Under, texts_under};

    fn path(steps: &[Step<'static>]) -> Path<'static> {
        Path(steps.to_vec())
    }

    #[test]
    fn a_path_is_written_with_dots_and_the_marks_of_items() {
        let rules = path(&[Step::Key("Rules"), Step::Item, Step::Key("Bucket")]);
        assert_eq!(rules.to_string(), "Rules[].Bucket");
        assert_eq!(rules.last(), "Bucket");
        assert_eq!(path(&[Step::Key("Roles"), Step::Item]).to_string(), "Roles[]");
        assert_eq!(path(&[Step::Key("Roles"), Step::Item]).last(), "Roles");
    }

    #[test]
    fn nothing_is_visited_under_a_key_that_forbids_it() {
        use tenantry_template::{NoLoader, ReadOptions, Source, read};
        let text = r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {
            "A": {"Role": ["x", {"Tags": "y"}]}, "Tags": {"Role": "z"}, "B": "w"
        }}}}"#;
        let sources = [Source { name: "a.json", bytes: text.as_bytes() }];
        let model = read(&sources, &ReadOptions::default(), &NoLoader).expect("it is a template");
        let resource = model.resources.iter().next().expect("it has one");
        let mut found = Vec::new();
        let under = |key: &str| match key {
            "Role" => Under::Yes,
            "Tags" => Under::No,
            _ => Under::Perhaps,
        };
        texts_under(&resource.properties, &under, &mut |path, value| {
            found.push((path.to_string(), value.as_str()));
        });
        assert_eq!(found, [("A.Role[]".to_owned(), Some("x"))]);
    }

    #[test]
    fn a_dot_in_a_key_cuts_as_between_keys() {
        assert_eq!(path(&[Step::Key("a.Image")]).last(), "Image");
    }
}
