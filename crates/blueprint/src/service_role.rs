//! How a policy names an AWS service: as who takes a role, and as who calls on someone's behalf.

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{Pseudo, Text};

/// The statement of a trust policy by which a service may take the role.
pub(crate) fn service_trust(service: &'static str) -> Statement<Text> {
    Statement::allow("Service", &["sts:AssumeRole"]).to(vec![Principal::Service(service.into())])
}

/// `kms:ViaService` of a call that DynamoDB makes.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
pub(crate) fn via_dynamodb() -> Text {
    Text::from("dynamodb.").then(Pseudo::Region).then(".amazonaws.com")
}
