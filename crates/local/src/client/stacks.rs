//! CloudFormation, as far as a deployment needs it.

use super::{Client, ClientError, Xml, xml_all};
use roxmltree::Node;
use std::collections::{BTreeMap, BTreeSet};

const SERVICE: &str = "cloudformation";
const VERSION: &str = "2010-05-15";

/// A stack as DescribeStacks shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) outputs: BTreeMap<String, String>,
}

impl Stack {
    /// As a reader of what is deployed takes it, with the physical ids of its resources.
    pub(crate) fn as_deployed(
        &self,
        physical: BTreeMap<String, String>,
    ) -> tenantry_deployed::Stack {
        tenantry_deployed::Stack {
            name: self.name.clone(),
            id: self.id.clone(),
            account: super::ACCOUNT.to_owned(),
            region: super::REGION.to_owned(),
            parameters: self.parameters.clone(),
            physical,
            code: BTreeMap::new(),
        }
    }

    pub(crate) fn is_in_progress(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS")
    }
}

/// One line of a stack's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) physical_id: String,
    pub(crate) at: String,
}

impl Client {
    fn stacks(&self, operation: &str, fields: &[(&str, &str)]) -> Result<Xml, ClientError> {
        self.query(SERVICE, VERSION, operation, fields)
    }

    pub(crate) fn all_stacks(&self) -> Result<Vec<Stack>, ClientError> {
        let xml = self.stacks("DescribeStacks", &[])?;
        xml.read(|root| {
            let lists = xml_all(root, "Stacks");
            let stacks = lists.flat_map(|list| {
                list.children().filter(Node::is_element).map(read_stack).collect::<Vec<_>>()
            });
            stacks.filter(|stack| stack.status != "DELETE_COMPLETE").collect()
        })
    }

    pub(crate) fn stack(&self, name: &str) -> Result<Option<Stack>, ClientError> {
        Ok(self.all_stacks()?.into_iter().find(|stack| stack.name == name || stack.id == name))
    }

    pub(crate) fn template_of(&self, stack: &str) -> Result<String, ClientError> {
        let xml = self.stacks("GetTemplate", &[("StackName", stack)])?;
        Ok(xml.texts("TemplateBody")?.into_iter().next().unwrap_or_default())
    }

    /// Newest first.
    pub(crate) fn events_of(&self, stack: &str) -> Result<Vec<Event>, ClientError> {
        let mut events = Vec::new();
        let mut page = None;
        loop {
            let mut fields = vec![("StackName", stack)];
            if let Some(token) = page.as_deref() {
                fields.push(("NextToken", token));
            }
            let xml = self.stacks("DescribeStackEvents", &fields)?;
            xml.read(|root| {
                for list in xml_all(root, "StackEvents") {
                    events.extend(list.children().filter(Node::is_element).map(read_event));
                }
            })?;
            page = xml.texts("NextToken")?.into_iter().next();
            if page.is_none() {
                return Ok(events);
            }
        }
    }

    /// The physical ids of a stack's resources by their logical ids.
    pub(crate) fn resources_of(
        &self,
        stack: &str,
    ) -> Result<BTreeMap<String, String>, ClientError> {
        let mut found = BTreeMap::new();
        let mut page = None;
        loop {
            let mut fields = vec![("StackName", stack)];
            if let Some(token) = page.as_deref() {
                fields.push(("NextToken", token));
            }
            let xml = self.stacks("ListStackResources", &fields)?;
            xml.read(|root| {
                for list in xml_all(root, "StackResourceSummaries") {
                    let members = list.children().filter(Node::is_element);
                    found.extend(members.map(|member| {
                        (child(member, "LogicalResourceId"), child(member, "PhysicalResourceId"))
                    }));
                }
            })?;
            page = xml.texts("NextToken")?.into_iter().next();
            if page.is_none() {
                return Ok(found);
            }
        }
    }

    /// Which of these resource types the emulator does not know: it names them when asked to validate a template of them.
    pub(crate) fn unknown_types(
        &self,
        types: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, ClientError> {
        let resources = types.iter().enumerate();
        let resources: serde_json::Map<_, _> = resources
            .map(|(at, kind)| (format!("R{at}"), serde_json::json!({ "Type": kind })))
            .collect();
        let template = serde_json::json!({ "Resources": resources }).to_string();
        match self.stacks("ValidateTemplate", &[("TemplateBody", &template)]) {
            Ok(_) => Ok(BTreeSet::new()),
            Err(ClientError::Refused { message, .. })
                if message.contains("Unrecognized resource types: [") =>
            {
                let list = message.split(['[', ']']).nth(1).unwrap_or_default();
                Ok(list.split(", ").map(ToOwned::to_owned).collect())
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write_stack(
        &self,
        operation: &str,
        stack: &str,
        template_url: &str,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), ClientError> {
        let mut fields = vec![
            ("StackName".to_owned(), stack.to_owned()),
            ("TemplateURL".to_owned(), template_url.to_owned()),
            ("Capabilities.member.1".to_owned(), "CAPABILITY_NAMED_IAM".to_owned()),
        ];
        for (index, (key, value)) in parameters.iter().enumerate() {
            let member = format!("Parameters.member.{}", index + 1);
            fields.push((format!("{member}.ParameterKey"), key.clone()));
            fields.push((format!("{member}.ParameterValue"), value.clone()));
        }
        let fields: Vec<_> =
            fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        self.stacks(operation, &fields).map(drop)
    }

    pub(crate) fn delete_stack(&self, stack: &str) -> Result<(), ClientError> {
        self.stacks("DeleteStack", &[("StackName", stack)]).map(drop)
    }
}

fn read_stack(node: Node<'_, '_>) -> Stack {
    Stack {
        name: child(node, "StackName"),
        id: child(node, "StackId"),
        status: child(node, "StackStatus"),
        parameters: pairs(node, "Parameters", "ParameterKey", "ParameterValue"),
        outputs: pairs(node, "Outputs", "OutputKey", "OutputValue"),
    }
}

fn read_event(node: Node<'_, '_>) -> Event {
    Event {
        id: child(node, "EventId"),
        logical_id: child(node, "LogicalResourceId"),
        kind: child(node, "ResourceType"),
        status: child(node, "ResourceStatus"),
        reason: child(node, "ResourceStatusReason"),
        physical_id: child(node, "PhysicalResourceId"),
        at: child(node, "Timestamp"),
    }
}

fn child(node: Node<'_, '_>, name: &str) -> String {
    let found = node.children().find(|inner| inner.tag_name().name() == name);
    found.and_then(|inner| inner.text()).unwrap_or_default().to_owned()
}

fn pairs(node: Node<'_, '_>, list: &str, key: &str, value: &str) -> BTreeMap<String, String> {
    let members = node.children().filter(|inner| inner.tag_name().name() == list);
    members
        .flat_map(|list| list.children().filter(Node::is_element).collect::<Vec<_>>())
        .map(|member| (child(member, key), child(member, value)))
        .collect()
}
