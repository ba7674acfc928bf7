//! A plan as a Pulumi YAML program, which needs nothing of ours to run.
//! <https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/>
//!
//! Components cannot be declared in YAML, so the tree is flat: names, inputs and outputs are those of the native program.

use std::fmt::Write as _;
use std::path::Path;

use tenantry_resources::{Attribute, Part, Pseudo, Text};

use crate::aws;
use crate::input::{Input, Inputs};
use crate::native::archive;
use crate::plan::{Plan, Planned};

/// The names of variables and of the provider; no resource is called like this, for theirs begin with a capital.
const PROVIDER: &str = "aws";
const CALLER_IDENTITY: &str = "callerIdentity";
const PARTITION: &str = "partition";

/// The text of a `Pulumi.yaml` for the project `project`. `packages` is the folder of the function code's archives, as seen
/// from the file's folder.
pub fn yaml(plan: &Plan, project: &str, description: &str, packages: &Path) -> String {
    let mut writer = Writer { plan, packages, text: String::new() };
    writer.program(project, description);
    writer.text
}

struct Writer<'a> {
    plan: &'a Plan,
    packages: &'a Path,
    text: String,
}

impl Writer<'_> {
    fn program(&mut self, project: &str, description: &str) {
        self.line(0, &format!("name: {}", quoted(project)));
        self.line(0, &format!("description: {}", quoted(description)));
        self.line(0, "runtime: yaml");
        self.line(0, "resources:");
        self.line(1, &format!("{PROVIDER}:"));
        self.line(2, &format!("type: {}", aws::PROVIDER));
        self.line(2, "properties:");
        self.line(3, &format!("region: {}", quoted(&self.plan.region)));
        self.line(2, "options:");
        self.line(3, &format!("version: {}", aws::VERSION));
        for planned in &self.plan.resources {
            self.resource(planned);
        }
        self.line(0, "variables:");
        self.variable(CALLER_IDENTITY, aws::CALLER_IDENTITY);
        self.variable(PARTITION, aws::PARTITION);
        self.line(0, "outputs:");
        for output in &self.plan.outputs {
            self.line(1, &format!("{}: {}", output.name, interpolated(&output.value, self.plan)));
        }
    }

    fn resource(&mut self, planned: &Planned) {
        self.line(1, &format!("{}:", planned.name));
        self.line(2, &format!("type: {}", planned.token.as_str()));
        self.line(2, "properties:");
        self.map(3, &planned.inputs);
        self.line(2, "options:");
        self.line(3, &format!("provider: ${{{PROVIDER}}}"));
        self.line(3, &format!("version: {}", aws::VERSION));
        if planned.protected {
            self.line(3, "protect: true");
        }
        if !planned.depends_on.is_empty() {
            self.line(3, "dependsOn:");
        }
        for place in &planned.depends_on {
            if let Some(needed) = self.plan.resources.get(*place) {
                self.line(4, &format!("- ${{{}}}", needed.name));
            }
        }
    }

    fn variable(&mut self, name: &str, function: &str) {
        self.line(1, &format!("{name}:"));
        self.line(2, "fn::invoke:");
        self.line(3, &format!("function: {function}"));
        self.line(3, "arguments: {}");
        self.line(3, "options:");
        self.line(4, &format!("provider: ${{{PROVIDER}}}"));
        self.line(4, &format!("version: {}", aws::VERSION));
    }

    fn map(&mut self, level: usize, entries: &Inputs) {
        for (name, value) in entries {
            self.entry(level, &format!("{}:", key(name)), value);
        }
    }

    /// A value behind `head`, which is a key or a dash.
    fn entry(&mut self, level: usize, head: &str, value: &Input) {
        match value {
            Input::Bool(value) => self.line(level, &format!("{head} {value}")),
            Input::Number(value) => self.line(level, &format!("{head} {value}")),
            Input::Text(text) => {
                let text = interpolated(text, self.plan);
                self.line(level, &format!("{head} {text}"));
            }
            Input::List(items) if items.is_empty() => self.line(level, &format!("{head} []")),
            Input::List(items) => {
                self.line(level, head);
                for item in items {
                    self.entry(level + 1, "-", item);
                }
            }
            Input::Map(entries) if entries.is_empty() => self.line(level, &format!("{head} {{}}")),
            Input::Map(entries) => {
                self.line(level, head);
                self.map(level + 1, entries);
            }
            Input::Code(package) => {
                let archive = quoted(&archive(self.packages, package));
                self.line(level, head);
                self.line(level + 1, &format!("fn::fileArchive: {archive}"));
            }
        }
    }

    fn line(&mut self, level: usize, text: &str) {
        let _ = writeln!(self.text, "{:width$}{text}", "", width = level * 2);
    }
}

/// A text in double quotes with Pulumi's interpolations in it. Its own `${`, such as an IAM policy variable's, is written
/// `$${`.
fn interpolated(text: &Text, plan: &Plan) -> String {
    let mut raw = String::new();
    for part in text.parts() {
        match part {
            Part::Literal(literal) => raw.push_str(&literal.replace("${", "$${")),
            Part::Pseudo(Pseudo::Region) => raw.push_str(&plan.region),
            Part::Pseudo(Pseudo::AccountId) => {
                let _ = write!(raw, "${{{CALLER_IDENTITY}.accountId}}");
            }
            Part::Pseudo(Pseudo::Partition) => {
                let _ = write!(raw, "${{{PARTITION}.partition}}");
            }
            Part::Attribute(id, attribute) => {
                let attribute = match attribute {
                    Attribute::Id => "id",
                    Attribute::Arn => "arn",
                };
                let _ = write!(raw, "${{{id}.{attribute}}}");
            }
        }
    }
    quoted(&raw)
}

/// A string in double quotes: JSON's are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A key: plain if it is a word, else quoted.
fn key(name: &str) -> String {
    let plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if plain { name.to_owned() } else { quoted(name) }
}
