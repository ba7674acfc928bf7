//! Who decides what a context key holds: the caller, or AWS.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use crate::reference::Reference;

/// Who decides the value of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Setter {
    /// The caller: a condition on it binds nobody who means harm.
    Caller,
    /// AWS, from what it knows of the caller, the resource or the network.
    Aws,
    /// AWS, in the request that makes a thing: none for a thing that exists has it.
    Creation,
    /// Nobody: no such key exists, it is absent from every request.
    Nobody,
}

/// What is known of a condition key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyFact {
    /// Who decides its value.
    pub setter: Setter,
    /// Why that is so, in a sentence.
    pub reason: &'static str,
}

/// What is known of a key; its case does not count.
pub fn key_fact(key: &str) -> KeyFact {
    let lower = key.to_ascii_lowercase();
    if let Some((_, setter, reason)) = listed(&lower) {
        return KeyFact { setter: *setter, reason };
    }
    let global = lower.starts_with("aws:");
    if !global && Reference::get().has_key(&lower) {
        let reason = "the service takes it from the request's parameters";
        return KeyFact { setter: Setter::Caller, reason };
    }
    let known_service =
        lower.split_once(':').is_some_and(|(prefix, _)| Reference::get().service(prefix).is_some());
    if global || known_service || !lower.contains(':') {
        return KeyFact { setter: Setter::Nobody, reason: "no such key is documented" };
    }
    KeyFact { setter: Setter::Caller, reason: "nothing is known of this service's keys" }
}

/// Whether a request for this action can carry the key. A key that a service takes from a
/// request's parameters is only in requests for the actions for which it is documented: there is
/// no `dynamodb:LeadingKeys` in a `Scan`.
pub fn can_carry(action: &str, key: &str) -> bool {
    if !of_some_actions(key) {
        return true;
    }
    let lower = key.to_ascii_lowercase();
    Reference::get().sends(action, &lower).unwrap_or(true)
}

/// Whether a key may be in requests for some actions and not for others.
pub(crate) fn of_some_actions(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    !lower.starts_with("aws:") && listed(&lower).is_none() && Reference::get().has_key(&lower)
}

/// The key of the tag that a context key, in lower case, holds of the resource: `aws:ResourceTag/`
/// and the spellings of single services say the same.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag>
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_tagging.html>
pub(crate) fn tag_of_resource(lower: &str) -> Option<&str> {
    const MARK: &str = ":resourcetag/";
    let (prefix, tag) = lower.split_once(MARK)?;
    let end = prefix.len() + MARK.len();
    let is_its = |key: &String| {
        key.get(..end).is_some_and(|own| lower.starts_with(own.to_ascii_lowercase().as_str()))
    };
    let known = prefix == "aws"
        || Reference::get().service(prefix).is_some_and(|own| own.keys.keys().any(is_its));
    known.then_some(tag)
}

fn listed(lower: &str) -> Option<&'static (&'static str, Setter, &'static str)> {
    FACTS.iter().find(|(name, ..)| match name.strip_suffix('*') {
        Some(start) => lower.starts_with(start),
        None => lower == *name,
    })
}

use Setter::{Aws, Caller, Creation};

/// Lower case; `*` at the end stands for any rest. The first that fits counts.
const FACTS: &[(&str, Setter, &str)] = &[
    // The caller's network and request.
    ("aws:sourceip", Caller, "the caller chooses from where it calls"),
    ("aws:useragent", Caller, "the caller writes this header"),
    ("aws:referer", Caller, "the caller writes this header"),
    ("aws:securetransport", Caller, "the caller chooses the protocol"),
    ("aws:currenttime", Caller, "the caller chooses when it calls"),
    ("aws:epochtime", Caller, "the caller chooses when it calls"),
    ("aws:requestedregion", Caller, "the caller chooses which region it calls"),
    ("aws:requesttag/*", Caller, "the caller writes the tags of its request"),
    ("aws:tagkeys", Caller, "the caller writes the tags of its request"),
    ("aws:tokenissuetime", Caller, "the caller chooses when it asks for credentials"),
    ("aws:multifactorauthage", Caller, "the caller chooses when it signs in"),
    ("aws:multifactorauthpresent", Aws, "it says how the caller signed in"),
    ("aws:sourceidentity", Aws, "it is fixed when the role is assumed"),
    ("aws:sourcevpc", Aws, "it says through which network the request came"),
    ("aws:sourcevpcarn", Aws, "it says through which network the request came"),
    ("aws:sourcevpce", Aws, "it says through which endpoint the request came"),
    ("aws:vpcsourceip", Caller, "the caller chooses from where it calls"),
    ("aws:vpce*", Aws, "it says who owns the endpoint"),
    // The caller itself.
    ("aws:principal*", Aws, "it is taken from the caller's credentials"),
    ("aws:assumedroot", Aws, "it is taken from the caller's credentials"),
    ("aws:userid", Aws, "it is taken from the caller's credentials"),
    ("aws:username", Aws, "it is taken from the caller's credentials"),
    ("aws:federatedprovider", Aws, "it says who vouched for the caller"),
    ("aws:chatbotsourcearn", Aws, "it is taken from the caller's session"),
    ("aws:ec2instancesourcevpc", Aws, "it says to which instance the credentials were given"),
    ("aws:ec2instancesourceprivateipv4", Aws, "it says to which instance the credentials went"),
    ("ec2:sourceinstancearn", Aws, "it says to which instance the credentials were given"),
    ("ec2:roledelivery", Aws, "it says how an instance got the credentials"),
    ("lambda:sourcefunctionarn", Aws, "it says to which function the credentials were given"),
    // Calls that a service makes.
    ("aws:source*", Aws, "the calling service writes it"),
    ("aws:calledvia*", Caller, "the caller chooses through which service it acts"),
    ("aws:viaawsservice", Caller, "the caller chooses through which service it acts"),
    ("aws:ismcpserviceaction", Aws, "it says through which service the request came"),
    ("kms:viaservice", Caller, "the caller chooses through which service it acts"),
    ("kms:grantisforawsresource", Caller, "the caller chooses through which service it acts"),
    // What is only while a thing is being made: tags may then be given together with it.
    // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>
    // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html>
    // <https://docs.aws.amazon.com/efs/latest/ug/supported-iam-actions-tagging.html>
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html>
    ("ec2:createaction", Creation, "it names the action that makes the thing"),
    ("ecs:createaction", Creation, "it names the action that makes the thing"),
    ("elasticfilesystem:createaction", Creation, "it names the action that makes the thing"),
    ("elasticloadbalancing:createaction", Creation, "it names the action that makes the thing"),
    ("mgn:createaction", Creation, "it names the action that makes the thing"),
    ("drs:createaction", Creation, "it names the action that makes the thing"),
    ("vpc-lattice:createaction", Creation, "it names the action that makes the thing"),
    // The resource.
    ("aws:resource*", Aws, "it is taken from the resource"),
    ("kms:calleraccount", Aws, "it is taken from the caller's credentials"),
    ("kms:key*", Aws, "it is taken from the key"),
    ("kms:multiregion*", Aws, "it is taken from the key"),
    ("kms:resourcealiases", Aws, "it is taken from the key"),
    ("kms:requestalias", Caller, "the caller chooses by which alias it names the key"),
    ("s3:existingobjecttag/*", Aws, "it is taken from the object"),
    ("s3:dataaccesspointarn", Aws, "it is taken from the access point"),
    ("s3:resourceaccount", Aws, "it is taken from the resource"),
    ("iam:resourcetag/*", Aws, "it is taken from the resource"),
    ("ec2:resourcetag/*", Aws, "it is taken from the resource"),
    ("ssm:resourcetag/*", Aws, "it is taken from the resource"),
    ("secretsmanager:resourcetag/*", Aws, "it is taken from the resource"),
    ("secretsmanager:secretid", Aws, "it names the resource"),
    // Federation: the provider signs the token.
    ("cognito-identity.amazonaws.com:*", Aws, "it is taken from the signed token"),
    ("sts.amazonaws.com:*", Aws, "it is taken from the signed token"),
    ("saml:*", Aws, "it is taken from the signed assertion"),
    ("accounts.google.com:*", Aws, "it is taken from the signed token"),
    ("graph.facebook.com:*", Aws, "it is taken from the signed token"),
    ("www.amazon.com:*", Aws, "it is taken from the signed token"),
    ("token.actions.githubusercontent.com:*", Aws, "it is taken from the signed token"),
];
