//! The query protocol: form fields in, XML out (CloudFormation, IAM, EC2, CloudWatch, SNS).

use super::{Call, Client, ClientError};
use roxmltree::{Document, Node};
use std::fmt::Write as _;

/// An XML answer.
pub(crate) struct Xml {
    pub(crate) text: String,
    service: &'static str,
    operation: String,
}

impl Xml {
    /// Reads the answer; `read` gets its root.
    pub(crate) fn read<T>(&self, read: impl FnOnce(Node<'_, '_>) -> T) -> Result<T, ClientError> {
        let document = Document::parse(&self.text)
            .map_err(|_| ClientError::unexpected(self.service, &self.operation, &self.text))?;
        Ok(read(document.root_element()))
    }

    /// The text of every element of this name, in order.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, ClientError> {
        self.read(|root| {
            xml_all(root, name).filter_map(|node| node.text().map(ToOwned::to_owned)).collect()
        })
    }
}

/// Every element of this name below a node.
pub(crate) fn xml_all<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.descendants().filter(move |node| node.tag_name().name() == name)
}

impl Client {
    /// Calls a query API.
    pub(crate) fn query(
        &self,
        service: &'static str,
        version: &str,
        operation: &str,
        fields: &[(&str, &str)],
    ) -> Result<Xml, ClientError> {
        let mut form = format!("Action={operation}&Version={version}");
        for (name, value) in fields {
            let _ = write!(form, "&{}={}", encode(name), encode(value));
        }
        let answer = self.send(Call {
            service,
            method: "POST",
            path: "/",
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            )],
            body: form.into_bytes(),
        })?;
        let xml = Xml { text: answer.text(), service, operation: operation.to_owned() };
        if answer.status < 300 {
            return Ok(xml);
        }
        let first = |name: &str| {
            xml.texts(name).ok().and_then(|found| found.into_iter().next()).unwrap_or_default()
        };
        Err(ClientError::Refused {
            service,
            operation: operation.to_owned(),
            status: answer.status,
            code: first("Code"),
            message: first("Message"),
        })
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
