//! Names as policies compare them.
//!
//! A name that CloudFormation makes up is the stack's name, the logical id and a random end; an
//! id that AWS makes up is random throughout. Neither is ever another resource's, so both get an
//! end that no other name has.

use tenantry_policy as policy;
use tenantry_template::{
    Model, PartRef, Resource, Span, StackId, Symbol, SymbolOrigin, Symbols, Text, Value,
};

use crate::facts::policy_document::{self, Places, document};

/// Symbols beyond this stand for stacks' names.
const STACKS: u32 = 1 << 30;
/// The symbol of a session's name, which whoever starts the session chooses.
pub(crate) const SESSION: u32 = u32::MAX;
/// The symbol of a part of a resource, such as an object, which whoever asks for it names.
const PART: u32 = u32::MAX - 1;

/// How any part of a resource reads.
pub(crate) const ANY_PART: &str = "<any>";

/// Types whose names CloudFormation makes from the stack's name, with the property that sets it.
const NAMED: &[&str] = &[
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::GlobalTable",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::IAM::ManagedPolicy",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::S3::Bucket",
    "AWS::Kinesis::Stream",
    "AWS::StepFunctions::StateMachine",
    "AWS::Events::EventBus",
    "AWS::SSM::Parameter",
    "AWS::ECR::Repository",
    "AWS::OpenSearchService::Domain",
    "AWS::Elasticsearch::Domain",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBCluster",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
];

/// Any part of a resource.
pub(crate) fn any_part() -> policy::Symbol {
    part_of_form(policy::Form::ANY)
}

/// Any part of a resource whose name is of this form.
pub(crate) fn part_of_form(form: policy::Form) -> policy::Symbol {
    policy::Symbol { id: PART, form }
}

pub(crate) fn is_part(symbol: &policy::Symbol) -> bool {
    symbol.id == PART
}

/// A text that a pattern takes in.
pub(crate) fn filled(pattern: &str) -> String {
    pattern.replace('*', "any").replace('?', "x")
}

/// Something that a template takes in; a policy variable stands for anything.
pub(crate) fn instance_of(template: &policy::Template) -> policy::Text {
    let mut text = policy::Text::default();
    for piece in template.pieces() {
        match piece {
            policy::Piece::Wild(wild) => text.push_str(&filled(wild)),
            policy::Piece::Literal(char) => text.push_str(char.encode_utf8(&mut [0; 4])),
            policy::Piece::Symbol(symbol) => text.push_symbol(*symbol),
            policy::Piece::Variable { .. } => text.push_symbol(any_part()),
        }
    }
    text
}

/// A text as policies compare it.
pub(crate) fn text(model: &Model<'_>, text: &Text<'_>) -> policy::Text {
    let mut out = policy::Text::default();
    for part in text.parts() {
        match part {
            PartRef::Literal(literal) => out.push_str(literal),
            PartRef::Symbol(symbol) => push(model, symbol, &mut out),
        }
    }
    out
}

/// A value as the tree from which a policy is read; `None` when it hangs on a condition that is
/// not known.
pub(crate) fn tree(
    model: &Model<'_>,
    value: &Value<'_>,
    places: &mut Places,
) -> Option<policy::Node> {
    let mut node = document(value, places).ok()?;
    rename(model, &mut node);
    Some(node)
}

fn rename(model: &Model<'_>, node: &mut policy::Node) {
    match &mut node.content {
        policy::Content::Text(text) if text.symbols().next().is_some() => {
            let mut out = policy::Text::default();
            for part in text.parts() {
                match part {
                    policy::Part::Literal(literal) => out.push_str(literal),
                    policy::Part::Symbol(symbol) => push(model, Symbol(symbol.id), &mut out),
                }
            }
            *text = out;
        }
        policy::Content::List(items) => items.iter_mut().for_each(|item| rename(model, item)),
        policy::Content::Object(members) => {
            members.iter_mut().for_each(|member| rename(model, &mut member.value));
        }
        _ => {}
    }
}

fn push(model: &Model<'_>, symbol: Symbol, out: &mut policy::Text) {
    match model.symbols.origin(symbol) {
        Some(SymbolOrigin::Resource { stack, id, attribute }) => {
            let Some(at) = model.logical(*stack, id) else {
                out.push_symbol(policy_document::symbol(symbol));
                return;
            };
            let resource = &model.resources[at];
            let id = attribute.as_deref().is_none_or(|attribute| attribute == "Id");
            if id && resource.kind == SECRET {
                out.push(&secret(model, resource));
                return;
            }
            if attribute.is_none() && NAMED.contains(&resource.kind.as_str()) {
                out.push_symbol(stack_name(*stack));
                out.push_str("-");
            }
            let is_arn = match attribute.as_deref() {
                Some(name) => name.to_ascii_lowercase().ends_with("arn"),
                None => is_known_by_arn(resource),
            };
            if is_arn {
                out.push_str(&unknown_arn(resource));
            }
            out.push_str(&made_up(resource, attribute.as_deref()));
        }
        Some(SymbolOrigin::StackPseudo(stack, "AWS::StackName")) => {
            out.push_symbol(stack_name(*stack))
        }
        _ => out.push_symbol(policy_document::symbol(symbol)),
    }
}

/// Whether what stands for a resource is its ARN, of which only AWS knows the form. A part of
/// another thing, such as an alias of a function, is asked about with that.
fn is_known_by_arn(resource: &Resource<'_>) -> bool {
    resource.arn.is_none()
        && super::services::exempt(&resource.kind).is_none()
        && super::types::reference_is_arn(&resource.kind)
}

/// An attribute that is an ARN of a form that only AWS knows.
pub(crate) fn made_up_arn(resource: &Resource<'_>, attribute: &str) -> policy::Text {
    let mut arn = policy::Text::from(unknown_arn(resource));
    arn.push_str(&made_up(resource, Some(attribute)));
    arn
}

/// How an ARN begins that only AWS knows the form of: as far as a policy needs to be read.
fn unknown_arn(resource: &Resource<'_>) -> String {
    let service = super::services::of(&resource.kind).and_then(<[_]>::first);
    format!("arn:aws:{}:::", service.copied().unwrap_or("unknown"))
}

/// The type whose `Ref` is its ARN, which ends in what AWS makes up.
pub(crate) const SECRET: &str = "AWS::SecretsManager::Secret";

/// The ARN of a secret.
pub(crate) fn secret(model: &Model<'_>, resource: &Resource<'_>) -> policy::Text {
    // Where region and account are known, other ARNs say them.
    let known = |nth: usize| {
        let arns = model.resources.iter().filter_map(|other| other.arn.as_ref()?.as_literal());
        arns.filter_map(|arn| arn.split(':').nth(nth)).find(|part| !part.is_empty())
    };
    let pseudo = |nth, symbol| match known(nth) {
        Some(text) => policy::Text::from(text),
        None => policy::Text::symbol(policy_document::symbol(symbol)),
    };
    let mut arn = policy::Text::from("arn:aws:secretsmanager:");
    arn.push(&pseudo(3, Symbols::REGION));
    arn.push_str(":");
    arn.push(&pseudo(4, Symbols::ACCOUNT));
    arn.push_str(":secret:");
    // A name that refers to a secret would go round in a circle.
    let name = resource.properties.get("Name").and_then(Value::as_str);
    match name {
        Some(name) => arn.push_str(&format!("{name}-{}", six(resource))),
        None => arn.push_str(&made_up(resource, None)),
    }
    arn
}

/// The six characters that end a secret's ARN, such that `??????` takes them in and no other text
/// has them: private ones of Unicode, which `readable` replaces.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html>
fn six(resource: &Resource<'_>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in made_up(resource, None).bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let part = |nth: u32| PRIVATE + u32::try_from((hash >> (10 * nth)) & 0x3ff).unwrap_or_default();
    (0..6).filter_map(|nth| char::from_u32(part(nth))).collect()
}

/// Where Unicode's private characters begin.
const PRIVATE: u32 = 0xe000;

/// An end that no other name has; two stacks of one reading may use the same logical ids.
pub(crate) fn made_up(resource: &Resource<'_>, attribute: Option<&str>) -> String {
    let stack = match resource.stack.0 {
        0 => String::new(),
        stack => format!("#{stack}"),
    };
    match attribute {
        None => format!("<{}{stack}>", resource.path),
        Some(attribute) => format!("<{}{stack}.{attribute}>", resource.path),
    }
}

/// What stands for a stack's name.
pub(crate) fn stack_name(stack: StackId) -> policy::Symbol {
    let form = policy::Form::over(|c| c.is_ascii_alphanumeric() || c == '-');
    policy::Symbol { id: STACKS + stack.0, form }
}

/// The text as one reads it.
pub(crate) fn readable(model: &Model<'_>, text: &policy::Text) -> String {
    let mut out = String::new();
    for part in text.parts() {
        match part {
            policy::Part::Literal(literal) => out.push_str(literal),
            policy::Part::Symbol(symbol) => out.push_str(&symbol_name(model, *symbol)),
        }
    }
    if out.contains(|c| (PRIVATE..PRIVATE + 0x400).contains(&u32::from(c))) {
        for secret in model.of_kind(SECRET) {
            out = out.replace(&six(secret), &made_up(secret, None));
        }
    }
    out
}

/// A symbol as one reads it, `${Name}`.
pub(crate) fn symbol_name(model: &Model<'_>, symbol: policy::Symbol) -> String {
    match symbol.id {
        SESSION => "<any session>".to_owned(),
        PART => ANY_PART.to_owned(),
        id if id >= STACKS => "${AWS::StackName}".to_owned(),
        id => model.symbols.readable(&Text::symbol(Symbol(id))),
    }
}

/// The statement in which a symbol was first met.
pub(crate) fn symbol_span(model: &Model<'_>, symbol: policy::Symbol) -> Option<Span> {
    (symbol.id < STACKS).then(|| model.symbols.span(Symbol(symbol.id))).flatten()
}
