//! What the real provider takes, extracted from its Python package: inputs are checked against it, and a schema is made of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_pulumi_host::provider::{Fault, Special};

/// What `crates/pulumi/schema/extract.py` found.
#[derive(Debug, Deserialize)]
pub struct Extraction {
    /// The provider's version.
    pub version: String,
    resources: BTreeMap<String, ResourceType>,
    functions: BTreeMap<String, Function>,
    types: BTreeMap<String, BTreeMap<String, Property>>,
}

#[derive(Debug, Deserialize)]
struct ResourceType {
    inputs: BTreeMap<String, Property>,
    outputs: BTreeMap<String, Type>,
}

#[derive(Debug, Deserialize)]
struct Function {
    outputs: BTreeMap<String, Type>,
}

#[derive(Debug, Deserialize)]
struct Property {
    #[serde(rename = "type")]
    kind: Type,
    #[serde(default)]
    required: bool,
    deprecated: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Type {
    Plain(Plain),
    Composed(Composed),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Plain {
    Any,
    Archive,
    Asset,
    Boolean,
    Integer,
    Number,
    String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Composed {
    Array(Box<Type>),
    Map(Box<Type>),
    Object(String),
    OneOf(Vec<Type>),
}

impl Extraction {
    /// The extraction that this crate was built with.
    ///
    /// # Panics
    /// If it is not what this crate reads: the two change together.
    pub fn bundled() -> Self {
        #[allow(clippy::expect_used)]
        serde_json::from_str(include_str!("../../pulumi/schema/aws-7.x.json"))
            .expect("the extraction is in the form of its script")
    }

    /// The plain outputs of a type.
    pub fn outputs(&self, token: &str) -> impl Iterator<Item = &str> {
        self.resources
            .get(token)
            .into_iter()
            .flat_map(|kind| kind.outputs.keys().map(String::as_str))
    }

    /// Everything that the real provider would refuse in the inputs of a resource, or warn about: unknown names, wrong
    /// types, missing inputs, deprecated ones.
    pub fn check(&self, token: &str, inputs: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        match self.resources.get(token) {
            Some(kind) => self.check_object(&kind.inputs, inputs, "", &mut faults),
            None => faults.push(fault("", format!("the provider has no type {token}"))),
        }
        faults
    }

    fn check_object(
        &self,
        properties: &BTreeMap<String, Property>,
        value: &Value,
        path: &str,
        faults: &mut Vec<Fault>,
    ) {
        let Some(entries) = value.as_object() else {
            return faults.push(fault(path, format!("is {value}, where an object is wanted")));
        };
        let at = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        for (name, value) in entries {
            match properties.get(name) {
                None => faults.push(fault(at(name), "is no input of it")),
                Some(Property { deprecated: Some(why), .. }) => {
                    faults.push(fault(at(name), format!("is deprecated: {why}")));
                }
                Some(property) => self.check_type(&property.kind, value, &at(name), faults),
            }
        }
        for (name, property) in properties {
            if property.required && !entries.contains_key(name) {
                faults.push(fault(at(name), "is missing"));
            }
        }
    }

    fn check_type(&self, kind: &Type, value: &Value, path: &str, faults: &mut Vec<Fault>) {
        let special = Special::of(value);
        if special == Some(Special::Unknown) {
            return;
        }
        let mut wrong = |wanted: &str| {
            faults.push(fault(path, format!("is {value}, where {wanted} is wanted")));
        };
        match kind {
            Type::Plain(plain) => {
                let (fits, wanted) = match plain {
                    Plain::Any => (true, "anything"),
                    Plain::Archive => (special == Some(Special::Archive), "an archive"),
                    Plain::Asset => (special == Some(Special::Asset), "an asset"),
                    Plain::Boolean => (value.is_boolean(), "a boolean"),
                    Plain::Integer => {
                        (value.as_f64().is_some_and(|number| number.fract() == 0.0), "an integer")
                    }
                    Plain::Number => (value.is_number(), "a number"),
                    Plain::String => (value.is_string(), "a string"),
                };
                if !fits {
                    wrong(wanted);
                }
            }
            Type::Composed(Composed::Array(item)) => match value.as_array() {
                Some(items) => {
                    for (index, value) in items.iter().enumerate() {
                        self.check_type(item, value, &format!("{path}[{index}]"), faults);
                    }
                }
                None => wrong("a list"),
            },
            Type::Composed(Composed::Map(item)) => match value.as_object() {
                Some(entries) => {
                    for (name, value) in entries {
                        self.check_type(item, value, &format!("{path}.{name}"), faults);
                    }
                }
                None => wrong("a map"),
            },
            Type::Composed(Composed::Object(name)) => match self.types.get(name) {
                Some(properties) => self.check_object(properties, value, path, faults),
                None => wrong("an object that the extraction lacks"),
            },
            Type::Composed(Composed::OneOf(kinds)) => {
                let fits = kinds.iter().any(|kind| {
                    let mut faults = Vec::new();
                    self.check_type(kind, value, path, &mut faults);
                    faults.is_empty()
                });
                if !fits {
                    wrong("one of several types");
                }
            }
        }
    }

    /// The schema by which the YAML runtime reads programs.
    pub(crate) fn schema(&self) -> Value {
        let resources = self.resources.iter().filter(|(token, _)| !token.starts_with("pulumi:"));
        let resources: BTreeMap<_, _> = resources
            .map(|(token, kind)| {
                let outputs: BTreeMap<_, _> =
                    kind.outputs.iter().map(|(name, kind)| (name, type_spec(kind))).collect();
                let entry = json!({
                    "properties": outputs,
                    "inputProperties": property_specs(&kind.inputs),
                    "requiredInputs": required(&kind.inputs),
                });
                (token, entry)
            })
            .collect();
        let types: BTreeMap<_, _> = self
            .types
            .iter()
            .map(|(name, properties)| (type_token(name), object_spec(properties)))
            .collect();
        let functions: BTreeMap<_, _> = self
            .functions
            .iter()
            .map(|(token, function)| {
                let outputs: BTreeMap<_, _> =
                    function.outputs.iter().map(|(name, kind)| (name, type_spec(kind))).collect();
                let inputs = json!({"properties": {}});
                (token, json!({"inputs": inputs, "outputs": {"properties": outputs}}))
            })
            .collect();
        let provider = self.resources.get("pulumi:providers:aws");
        let inputs = provider.map(|kind| property_specs(&kind.inputs));
        json!({
            "name": "aws",
            "version": self.version,
            "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},
            "resources": resources,
            "types": types,
            "functions": functions,
            "provider": {"inputProperties": inputs},
        })
    }
}

fn fault(property: impl Into<String>, reason: impl Into<String>) -> Fault {
    Fault { property: property.into(), reason: reason.into() }
}

fn object_spec(properties: &BTreeMap<String, Property>) -> Value {
    json!({
        "type": "object",
        "properties": property_specs(properties),
        "required": required(properties),
    })
}

fn property_specs(properties: &BTreeMap<String, Property>) -> BTreeMap<&str, Value> {
    let specs = properties.iter();
    specs.map(|(name, property)| (name.as_str(), type_spec(&property.kind))).collect()
}

fn required(properties: &BTreeMap<String, Property>) -> Vec<&str> {
    let required = properties.iter().filter(|(_, property)| property.required);
    required.map(|(name, _)| name.as_str()).collect()
}

fn type_spec(kind: &Type) -> Value {
    match kind {
        Type::Plain(Plain::Any) => json!({"$ref": "pulumi.json#/Any"}),
        Type::Plain(Plain::Archive) => json!({"$ref": "pulumi.json#/Archive"}),
        Type::Plain(Plain::Asset) => json!({"$ref": "pulumi.json#/Asset"}),
        Type::Plain(Plain::Boolean) => json!({"type": "boolean"}),
        Type::Plain(Plain::Integer) => json!({"type": "integer"}),
        Type::Plain(Plain::Number) => json!({"type": "number"}),
        Type::Plain(Plain::String) => json!({"type": "string"}),
        Type::Composed(Composed::Array(item)) => json!({"type": "array", "items": type_spec(item)}),
        Type::Composed(Composed::Map(item)) => {
            json!({"type": "object", "additionalProperties": type_spec(item)})
        }
        Type::Composed(Composed::Object(name)) => {
            json!({"$ref": format!("#/types/{}", type_token(name))})
        }
        Type::Composed(Composed::OneOf(kinds)) => {
            json!({"oneOf": kinds.iter().map(type_spec).collect::<Vec<_>>()})
        }
    }
}

/// `ec2/SecurityGroupEgress` as a token of the schema.
fn type_token(name: &str) -> String {
    let (module, name) = name.rsplit_once('/').unwrap_or(("index", name));
    format!("aws:{}/{name}:{name}", module.trim_end_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(token: &str, inputs: Value) -> Vec<String> {
        let faults = Extraction::bundled().check(token, &inputs);
        faults.into_iter().map(|fault| format!("{} {}", fault.property, fault.reason)).collect()
    }

    #[test]
    fn right_inputs_have_no_fault() {
        let inputs = json!({"name": "t", "hashKey": "pk", "ttl": {"enabled": true}});
        assert!(faults("aws:dynamodb/table:Table", inputs).is_empty());
    }

    #[test]
    fn an_unknown_type_is_a_fault() {
        assert_eq!(
            faults("aws:dynamodb/tabel:Tabel", json!({})),
            [" the provider has no type aws:dynamodb/tabel:Tabel"]
        );
    }

    #[test]
    fn unknown_names_are_faults_at_any_depth() {
        let inputs = json!({"names": "t", "ttl": {"enabled": true, "attribute": "x"}});
        assert_eq!(
            faults("aws:dynamodb/table:Table", inputs),
            ["names is no input of it", "ttl.attribute is no input of it"]
        );
    }

    #[test]
    fn wrong_types_are_faults_at_any_depth() {
        let inputs = json!({"readCapacity": 1.5, "attributes": [{"name": 1, "type": "S"}]});
        assert_eq!(
            faults("aws:dynamodb/table:Table", inputs),
            [
                "readCapacity is 1.5, where an integer is wanted",
                "attributes[0].name is 1, where a string is wanted"
            ]
        );
    }

    #[test]
    fn missing_inputs_are_faults_at_any_depth() {
        let inputs = json!({"pointInTimeRecovery": {}});
        assert_eq!(
            faults("aws:dynamodb/table:Table", inputs),
            ["pointInTimeRecovery.enabled is missing"]
        );
        assert_eq!(
            faults("aws:dynamodb/resourcePolicy:ResourcePolicy", json!({"policy": "{}"})),
            ["resourceArn is missing"]
        );
    }

    #[test]
    fn deprecated_inputs_are_faults() {
        let [fault] = faults("aws:s3/bucket:Bucket", json!({"acl": "private"})).try_into().unwrap();
        assert!(fault.starts_with("acl is deprecated: "), "{fault}");
    }

    #[test]
    fn what_is_unknown_has_any_type() {
        let unknown = json!(tenantry_pulumi_host::provider::UNKNOWN);
        assert!(faults("aws:dynamodb/table:Table", json!({"readCapacity": unknown})).is_empty());
    }
}
