//! Further ARNs by which a request or a statement means a resource, or what is a part of it that
//! no template makes: qualified names, consumers, executions, paths, snapshots.

use tenantry_policy as policy;
use tenantry_policy::{Actions, Form, Part, Reference, Text};

use super::assets::Asset;
use super::names;

/// Another ARN that means an asset or a part of it.
pub(crate) struct OtherArn {
    pub(crate) arn: Text,
    /// The actions that are asked on it.
    actions: Actions,
    /// The one of them that counts; all where there is none.
    only: Option<&'static str>,
    /// Whether it is known to be the asset's: else a grant on some of its kind may mean others.
    pub(crate) own: bool,
}

impl OtherArn {
    /// The names of its actions.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &str> {
        let all = self.actions.iter().map(|(name, _)| name.as_str());
        all.filter(|name| self.only.is_none_or(|only| only.eq_ignore_ascii_case(name)))
    }
}

/// The further ARNs of an asset.
pub(crate) fn of(asset: &Asset) -> Vec<OtherArn> {
    let arn = &asset.target.arn;
    let known = |arn: &Text| Reference::get().actions_on(arn);
    let own = |arn: Text, actions: Actions| OtherArn { arn, actions, only: None, own: true };
    match &*asset.kind {
        // What `Fn::GetAtt` returns, and the form that policies want.
        // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html>
        "AWS::Logs::LogGroup" if !holds(arn, ":log-stream:") => {
            vec![own(ended(arn, ":*"), known(arn))]
        }
        // A version's or an alias's name after the function's.
        // <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resources.html>
        "AWS::Lambda::Function" if !is_part(arn) => {
            vec![own(any(arn, ":", Form::name()), known(arn))]
        }
        "AWS::Kinesis::Stream" => {
            let consumer = any(&any(arn, "/consumer/", Form::name()), ":", Form::name());
            let actions = known(&consumer);
            vec![own(consumer, actions)]
        }
        "AWS::StepFunctions::StateMachine" => [(":execution:", 1), (":express:", 2)]
            .into_iter()
            .filter_map(|(kind, names)| {
                let start = renamed(arn, ":stateMachine:", kind)?;
                let runs = (0..names).fold(start, |arn, _| any(&arn, ":", Form::name()));
                let actions = known(&runs);
                Some(own(runs, actions))
            })
            .collect(),
        // Whoever may read a path may read all below it.
        // <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html>
        "AWS::SSM::Parameter" => above(arn)
            .into_iter()
            .map(|arn| OtherArn {
                actions: known(&arn),
                arn,
                only: Some("ssm:GetParametersByPath"),
                own: true,
            })
            .collect(),
        "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" => {
            let (of, snapshot) = match &*asset.kind {
                "AWS::RDS::DBInstance" => (":db:", ":snapshot:"),
                _ => (":cluster:", ":cluster-snapshot:"),
            };
            let before = before(arn, of);
            let snapshots = before.map(|before| any(&before, snapshot, Form::ANY));
            let other = |arn| OtherArn { actions: known(&arn), arn, only: None, own: false };
            snapshots.map(other).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn ended(arn: &Text, end: &str) -> Text {
    let mut arn = arn.clone();
    arn.push_str(end);
    arn
}

fn any(arn: &Text, end: &str, form: Form) -> Text {
    let mut arn = ended(arn, end);
    arn.push_symbol(names::part_of_form(form));
    arn
}

fn holds(arn: &Text, text: &str) -> bool {
    arn.parts().iter().any(|part| matches!(part, Part::Literal(literal) if literal.contains(text)))
}

fn is_part(arn: &Text) -> bool {
    arn.symbols().any(|symbol| names::is_part(&symbol))
}

/// The ARN with one literal for another.
fn renamed(arn: &Text, from: &str, to: &str) -> Option<Text> {
    let mut out = before(arn, from)?;
    out.push_str(to);
    let mut found = false;
    for part in arn.parts() {
        match part {
            Part::Literal(literal) if found => out.push_str(literal),
            Part::Literal(literal) => {
                if let Some((_, after)) = literal.split_once(from) {
                    out.push_str(after);
                    found = true;
                }
            }
            Part::Symbol(symbol) if found => out.push_symbol(*symbol),
            Part::Symbol(_) => {}
        }
    }
    Some(out)
}

/// What stands before a literal.
fn before(arn: &Text, mark: &str) -> Option<Text> {
    let mut out = Text::default();
    for part in arn.parts() {
        match part {
            Part::Literal(literal) => match literal.split_once(mark) {
                Some((start, _)) => {
                    out.push_str(start);
                    return Some(out);
                }
                None => out.push_str(literal),
            },
            Part::Symbol(symbol) => out.push_symbol(*symbol),
        }
    }
    None
}

/// The ARNs of the paths above a parameter's, the nearest last.
fn above(arn: &Text) -> Vec<Text> {
    const MARK: &str = ":parameter/";
    let Some(start) = before(arn, MARK).map(|start| ended(&start, MARK)) else {
        return Vec::new();
    };
    let name = arn.parts().iter().find_map(|part| match part {
        Part::Literal(literal) => literal.split_once(MARK).map(|(_, name)| name),
        Part::Symbol(_) => None,
    });
    let name = name.unwrap_or_default();
    let ends = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
    ends.chain([""]).map(|path| ended(&start, path)).collect()
}

/// Whether a statement may allow an action.
pub(crate) fn may_list(set: &policy::PolicySet<'_>, action: &str) -> bool {
    let all = set.identity.iter().chain(&set.resource).flat_map(|policy| &policy.statements);
    let mut allows = all.filter(|each| each.effect == policy::Effect::Allow);
    allows.any(|statement| policy::lists(&statement.actions, action))
}

#[cfg(test)]
mod tests {
    use super::{above, renamed};

    #[test]
    fn the_paths_above_a_parameter_are_all_that_it_can_be_read_by() {
        let arn = "arn:aws:ssm:us-east-1:111122223333:parameter/beta/db/password".into();
        let paths: Vec<String> = above(&arn).iter().map(ToString::to_string).collect();
        let start = "arn:aws:ssm:us-east-1:111122223333:parameter/";
        assert_eq!(paths, ["beta", "beta/db", ""].map(|path| format!("{start}{path}")));
    }

    #[test]
    fn an_execution_has_its_machines_name() {
        let arn = "arn:aws:states:us-east-1:111122223333:stateMachine:beta".into();
        let runs = renamed(&arn, ":stateMachine:", ":execution:").unwrap();
        assert_eq!(runs.to_string(), "arn:aws:states:us-east-1:111122223333:execution:beta");
    }
}
