//! What the ARN of a resource may be whose form only the service authorization reference has.

use tenantry_policy as policy;
use tenantry_policy::Effect;
use tenantry_template::{Model, ResourceId, Symbols, Text};

use super::principals::Principal;
use super::{assets, names};

/// Fills the forms of ARNs with what is known of the account and of things in it.
pub(crate) struct Forms<'m, 'a> {
    model: &'m Model<'a>,
    pub(crate) account: policy::Text,
    region: policy::Text,
}

impl<'m, 'a> Forms<'m, 'a> {
    pub(crate) fn of(model: &'m Model<'a>) -> Self {
        let region = names::text(model, &Text::symbol(Symbols::REGION));
        Self { model, account: assets::account(model), region }
    }

    /// A form, such as `arn:${Partition}:rds-db:${Region}:${Account}:dbuser:${Id}/${Name}`: the first
    /// name is the given one, the others are any.
    pub(crate) fn filled(&self, form: &str, first: Option<&policy::Text>) -> policy::Text {
        let mut out = policy::Text::default();
        let mut first = first;
        let mut rest = form;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((variable, after)) = after.split_once('}') else { break };
            match (variable, first) {
                ("Partition", _) => out.push_str("aws"),
                ("Region", _) => out.push(&self.region),
                ("Account", _) => out.push(&self.account),
                (_, Some(name)) => {
                    out.push(name);
                    first = None;
                }
                (_, None) => out.push_symbol(names::any_part()),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The name that a resource sets, or what stands for the one that AWS makes. `form` is that of
    /// its ARN, which says what the name may be called.
    pub(crate) fn name(&self, at: ResourceId, form: &str) -> policy::Text {
        let resource = &self.model.resources[at];
        let kind = normal(resource.kind.rsplit("::").next().unwrap_or_default());
        let fixed = ["Partition", "Region", "Account"];
        let mut variables = form.split("${").skip(1).filter_map(|rest| rest.split('}').next());
        let variable = variables.find(|name| !fixed.contains(name)).map(normal);
        let entries = resource.properties.entries().iter();
        let mut own = entries.filter(|(key, _)| {
            let key = normal(&key.text);
            let end = key.strip_prefix(&kind).unwrap_or(&key);
            ["name", "identifier", "id"].contains(&end) || variable.as_ref() == Some(&key)
        });
        match own.find_map(|(_, value)| value.to_text()) {
            Some(text) => names::text(self.model, &text),
            None => names::made_up(resource, None).as_str().into(),
        }
    }

    /// What statements of a principal say that stands for a resource or an attribute of it, as
    /// `<Thing.Id>`; and the ARNs that stand for it, alone and with anything behind.
    pub(crate) fn meant(
        &self,
        principal: &Principal,
        at: ResourceId,
    ) -> (Vec<policy::Text>, Vec<policy::Text>) {
        let own = names::made_up(&self.model.resources[at], None);
        let start = own.trim_end_matches('>');
        let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
        let allows = statements.filter(|each| each.effect == Effect::Allow);
        let lists = allows.filter_map(|each| each.resources.as_ref().filter(|list| !list.negated));
        let (mut parts, mut arns) = (Vec::new(), Vec::new());
        for item in lists.flat_map(|list| &list.items) {
            let text = item.template.source().to_string();
            for (begin, _) in text.match_indices(start) {
                let Some(rest) = text.get(begin..) else { continue };
                let Some((said, _)) = rest.split_once('>') else { continue };
                if said
                    .get(start.len()..)
                    .is_some_and(|end| !end.is_empty() && !end.starts_with('.'))
                {
                    continue;
                }
                let said = format!("{said}>");
                let before = text.get(..begin).unwrap_or_default();
                if before.ends_with(":::") {
                    let arn = format!("{before}{said}");
                    for end in ["", "/", ":"] {
                        let mut arn = policy::Text::from(format!("{arn}{end}").as_str());
                        if !end.is_empty() {
                            arn.push_symbol(names::any_part());
                        }
                        arns.push(arn);
                    }
                } else {
                    parts.push(said.as_str().into());
                }
            }
        }
        (parts, arns)
    }
}

/// A name without what stands between its words.
pub(crate) fn normal(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}
