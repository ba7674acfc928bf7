//! Actions on what tenants share that leave nothing open here, each with the reason.
//!
//! What is not here counts. An entry is for an action that opens nothing, or for one of which
//! another check asks what it comes to.

use tenantry_policy::Reference;

use crate::registry::{List, stands};

/// A service, actions in lower case with `*` for any end, and why they leave nothing open.
pub(super) struct Explained {
    service: &'static str,
    actions: &'static [&'static str],
    why: &'static str,
}

/// Why an action is explained.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ground {
    /// It only looks, or only writes tags.
    Looks,
    /// Reading actions of its service are, by the place in their list.
    Service(usize),
    /// An entry has it.
    Entry(usize),
}

impl Ground {
    pub(super) fn stands(self) -> bool {
        match self {
            Self::Looks => true,
            Self::Service(at) => stands(List::HoldNothing, at),
            Self::Entry(at) => stands(List::Actions, at),
        }
    }
}

/// Why an action, in lower case and without its service, is explained. `access` is as the service
/// authorization reference has it.
pub(super) fn ground(service: &str, action: &str, access: &str) -> Option<Ground> {
    let of_tags = access.contains("Tagging");
    let changes = access.contains("Write") || access.contains("Permissions");
    if of_tags || !changes && LOOKS.iter().any(|start| action.starts_with(start)) {
        return Some(Ground::Looks);
    }
    if let Some(at) = HOLDS_NOTHING.iter().position(|each| *each == service && !changes) {
        return Some(Ground::Service(at));
    }
    let has = |entry: &Explained| entry.service == service && fits(entry.actions, action);
    ENTRIES.iter().position(has).map(Ground::Entry)
}

/// Whether all that a pattern of actions lists is explained, as far as that can be told: a pattern
/// with a wildcard is where it begins as actions do that only look.
pub(super) fn is_explained_pattern(pattern: &str) -> bool {
    let lower = pattern.to_ascii_lowercase();
    let Some((service, name)) = lower.split_once(':') else { return false };
    if name.contains(['*', '?']) || service.contains(['*', '?']) {
        return !service.contains(['*', '?']) && LOOKS.iter().any(|start| name.starts_with(start));
    }
    let known = Reference::get().action(&lower);
    known.is_some_and(|known| ground(service, name, &known.access).is_some())
}

/// The entries as text, one a line: the actions, and why they leave nothing open.
pub fn explained_actions() -> Vec<String> {
    let line = |entry: &Explained| {
        let names: Vec<String> =
            entry.actions.iter().map(|name| format!("{}:{name}", entry.service)).collect();
        format!("{}: {}", names.join(", "), entry.why)
    };
    ENTRIES.iter().map(line).collect()
}

/// The services whose reading actions are explained.
pub(crate) fn services_that_hold_nothing() -> Vec<String> {
    HOLDS_NOTHING.iter().map(|service| (*service).to_owned()).collect()
}

fn fits(patterns: &[&str], action: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => action == *pattern,
    })
}

/// How the names of actions begin that look at settings and not at what lies in a thing.
const LOOKS: &[&str] = &["describe", "list", "batchdescribe", "head", "validate", "estimate"];

/// Services whose reading actions tell settings, code, or what is there for all to read; what of
/// theirs tells more is in the rows beside.
const HOLDS_NOTHING: &[&str] = &[
    "acm",
    "apigateway",
    "appconfig",
    "application-autoscaling",
    "autoscaling",
    "batch",
    "cloudformation",
    "cloudfront",
    "cloudwatch",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codedeploy",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "dynamodb",
    "ec2",
    "ecr",
    "ecr-public",
    "ecs",
    "eks",
    "elasticache",
    "elasticfilesystem",
    "elasticloadbalancing",
    "elasticmapreduce",
    "events",
    "execute-api",
    "firehose",
    "glue",
    "iam",
    "kafka",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "pipes",
    "rds",
    "redshift",
    "redshift-serverless",
    "route53",
    "route53resolver",
    "s3",
    "scheduler",
    "secretsmanager",
    "servicediscovery",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "tag",
    "vpc-lattice",
    "wafv2",
    "xray",
];

const SIGN_IN: &str = "whoever signs in does it to itself, with what it alone has";
const FED: &str = "what acts on it is asked as identity/shared-grant and escalation/feed";
const STARTED: &str = "what runs as a role is asked as identity/shared-grant";
const ELSEWHERE: &str = "another check asks for it of every principal";
const ITSELF: &str = "an agent says it of the machine on which it runs";
const NO_DATA: &str = "it gives nobody anything of another's";

const fn entry(
    service: &'static str,
    actions: &'static [&'static str],
    why: &'static str,
) -> Explained {
    Explained { service, actions, why }
}

const ENTRIES: &[Explained] = &[
    entry("appconfig", &["startconfigurationsession"], NO_DATA),
    entry("apigateway", &["createapikey"], NO_DATA),
    entry("appsync", &["graphql", "sourcegraphql", "eventconnect", "eventpublish"], STARTED),
    entry("autoscaling", &["completelifecycleaction", "recordlifecycleactionheartbeat"], ITSELF),
    entry("batch", &["submitjob"], STARTED),
    entry("bedrock", &["invokemodel*", "applyguardrail", "counttokens", "rerank"], NO_DATA),
    entry("bedrock", &["invokeagent", "invokeflow", "invokeinlineagent"], STARTED),
    entry("cloudformation", &["signalresource"], ITSELF),
    entry("cloudfront", &["createinvalidation"], NO_DATA),
    entry("cloudwatch", &["putmetricdata"], NO_DATA),
    entry("codebuild", &["createreport*", "updatereport", "batchputtestcases"], NO_DATA),
    entry(
        "cognito-idp",
        &[
            "associatesoftwaretoken",
            "changepassword",
            "confirm*",
            "deleteuser",
            "deleteuserattributes",
            "forgetdevice",
            "forgotpassword",
            "gettokensfromrefreshtoken",
            "globalsignout",
            "initiateauth",
            "resendconfirmationcode",
            "respondtoauthchallenge",
            "revoketoken",
            "setusermfapreference",
            "setusersettings",
            "signup",
            "updatedevicestatus",
            "updateuserattributes",
            "verify*",
        ],
        SIGN_IN,
    ),
    entry(
        "cognito-identity",
        &["getid", "getcredentials*", "getopenid*", "unlinkidentity"],
        SIGN_IN,
    ),
    entry(
        "dynamodb",
        &[
            "putitem",
            "updateitem",
            "deleteitem",
            "batchwriteitem",
            "conditioncheckitem",
            "partiql*",
        ],
        "data/pooled asks for it by leading keys",
    ),
    entry(
        "ec2",
        &[
            "createnetworkinterface*",
            "deletenetworkinterface*",
            "attachnetworkinterface",
            "detachnetworkinterface",
            "modifynetworkinterface*",
            "assign*",
            "unassign*",
        ],
        "escalation/network asks who may put an interface to use",
    ),
    entry("ec2messages", &["*"], ITSELF),
    entry("ecr", &["initiatelayerupload", "uploadlayerpart", "completelayerupload"], NO_DATA),
    entry("ecs", &["runtask", "starttask"], STARTED),
    entry("ecs", &["discoverpollendpoint", "poll", "submit*", "starttelemetrysession"], ITSELF),
    entry("elasticfilesystem", &["client*"], ELSEWHERE),
    entry("events", &["putevents"], FED),
    entry("execute-api", &["invoke*"], "each route is asked who may call it"),
    entry("firehose", &["putrecord*"], FED),
    entry("glue", &["startjobrun"], STARTED),
    entry("iam", &["*"], ELSEWHERE),
    entry("kinesis", &["putrecord*"], FED),
    entry(
        "kms",
        &["encrypt", "decrypt", "generate*", "reencrypt*", "sign", "verify*", "derivesharedsecret"],
        "what lies under a key has to be reached as well",
    ),
    entry("lambda", &["invoke*"], STARTED),
    entry(
        "lambda",
        &["createeventsourcemapping", "updateeventsourcemapping", "deleteeventsourcemapping"],
        "escalation/feed asks for it",
    ),
    entry("logs", &["createloggroup", "createlogstream", "putlogevents", "stop*"], FED),
    entry("s3", &["abortmultipartupload"], NO_DATA),
    entry("sagemaker", &["invokeendpoint*"], NO_DATA),
    entry("ses", &["send*"], NO_DATA),
    entry("sns", &["publish*", "unsubscribe", "confirmsubscription"], FED),
    entry("sqs", &["sendmessage*"], FED),
    entry(
        "sqs",
        &["deletemessage*", "changemessagevisibility*"],
        "it takes a handle that whoever received the message has",
    ),
    entry(
        "ssm",
        &[
            "updateinstance*",
            "putinventory",
            "putcomplianceitems",
            "putconfigurepackageresult",
            "updateassociationstatus",
        ],
        ITSELF,
    ),
    entry("ssmmessages", &["*"], ITSELF),
    entry("states", &["startexecution", "startsyncexecution"], STARTED),
    entry("states", &["sendtask*"], "it takes a token that the machine gave out"),
    entry("sts", &["*"], ELSEWHERE),
    entry("xray", &["put*"], NO_DATA),
];

#[cfg(test)]
mod tests {
    use super::{ENTRIES, HOLDS_NOTHING, Reference, fits, ground};

    fn is_explained(service: &str, action: &str, access: &str) -> bool {
        ground(service, action, access).is_some()
    }

    #[test]
    fn an_entry_speaks_of_actions_that_there_are() {
        let mut unknown = Vec::new();
        for entry in ENTRIES {
            assert!(!entry.why.is_empty());
            let service = Reference::get().service(entry.service).expect(entry.service);
            for pattern in entry.actions {
                let mut names = service.actions.keys().map(|name| name.to_ascii_lowercase());
                if !names.any(|name| fits(&[pattern], &name)) {
                    unknown.push(format!("{}:{pattern}", entry.service));
                }
            }
        }
        assert_eq!(unknown, Vec::<String>::new());
        for service in HOLDS_NOTHING {
            assert!(Reference::get().service(service).is_some(), "{service}");
        }
    }

    #[test]
    fn what_changes_something_counts_unless_an_entry_has_it() {
        assert!(is_explained("sqs", "sendmessage", "Write"));
        assert!(is_explained("wafv2", "getwebacl", "Read"));
        assert!(!is_explained("wafv2", "updatewebacl", "Write"));
        assert!(!is_explained("timestream", "select", "Read"));
        assert!(!is_explained("sqs", "purgequeue", "Write"));
    }
}
