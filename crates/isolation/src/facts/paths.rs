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
    Walk { is: &|_| true, visit }.value(value, true, &mut Path::default());
}

/// Visits every text of a value, and what is unknown, that stands somewhere under such a key.
pub(crate) fn texts_under<'v, 'a>(
    value: &'v Value<'a>,
    is: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(&Path<'v>, &'v Value<'a>),
) {
    Walk { is, visit }.value(value, false, &mut Path::default());
}

struct Walk<'w, 'v, 'a> {
    is: &'w dyn Fn(&str) -> bool,
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
                    path.0.push(Step::Key(&key.text));
                    self.value(value, under || (self.is)(&key.text), path);
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
    use super::{Path, Step};

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
    fn a_dot_in_a_key_cuts_as_between_keys() {
        assert_eq!(path(&[Step::Key("a.Image")]).last(), "Image");
    }
}
