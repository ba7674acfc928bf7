//! The token plane: who decides which tenant a request belongs to.

use super::{Barrier, Claim, Plane};

claims! {
    CLAIM_WRITABLE: Claim {
        id: "token/claim-writable",
        plane: Plane::Token,
        title: "The tenant's claim cannot be written by the user whom it describes.",
        why: "The token's claim decides which tenant a request belongs to. A user who can write it \
            is in every tenant.",
        breaks: &[
            "a mutable attribute in a client's write attributes; unset write attributes mean \
                all of them",
            "open sign-up, which lets a user set even an immutable attribute once",
            "`cognito-idp:AdminUpdateUserAttributes` in reach of a tenant",
        ],
        barriers: &[
            Barrier::ImmutableAttribute,
            Barrier::WriteAttributes,
            Barrier::ClosedSignUp,
            Barrier::IdentityPolicy,
        ],
        fix: "Make the attribute immutable, leave it out of every client's write attributes, and \
            let administrators create users.",
        breaking: &["token-open-sign-up.yaml", "token-write-attributes-unset.yaml"],
        holding: &[
            "token-open-sign-up-holds.yaml",
            "token-write-attributes-unset-holds.yaml",
            "token-trigger-that-is-a-tenants-undecided.yaml",
            "token-trigger-that-is-a-tenants-holds.yaml",
            "token-lists-the-users-of-all-undecided.yaml",
            "token-lists-the-users-of-all-holds.yaml",
        ],
    };
    AUDIENCE: Claim {
        id: "token/audience",
        plane: Plane::Token,
        title: "Tokens made for another audience or by another issuer are refused.",
        why: "A token that somebody else's pool or client issued says nothing about this \
            platform's tenants.",
        breaks: &[
            "an authorizer without an audience",
            "an issuer that is a parameter or another tenant's pool",
        ],
        barriers: &[Barrier::Authorizer, Barrier::UserPool],
        fix: "Name the pool as issuer and its clients as audience.",
        breaking: &["token-no-audience.yaml", "token-no-audience-in-the-body.yaml"],
        holding: &["token-no-audience-holds.yaml", "token-no-audience-in-the-body-holds.yaml"],
    };
    SESSION_TAG: Claim {
        id: "token/session-tag",
        plane: Plane::Token,
        title: "A session's tenant tag comes from something that its holder cannot write.",
        why: "Policies that trust `aws:PrincipalTag` are as strong as whoever sets the tag.",
        breaks: &[
            "`sts:TagSession` without a condition on `aws:RequestTag`",
            "an identity pool that maps a writable claim to the tag",
            "`iam:TagRole` in reach of a tenant",
        ],
        barriers: &[Barrier::TrustPolicy, Barrier::IdentityPolicy, Barrier::UserPool],
        fix: "Map the tag from the immutable claim, and let nobody else set it.",
        breaking: &[
            "token-session-tag-of-the-callers-choice.yaml",
            "token-tag-from-a-writable-claim.yaml",
                "token-session-tags-for-no-audience.yaml",
            "token-session-with-any-value.yaml",
        ],
        holding: &[
            "token-session-tag-of-the-callers-choice-holds.yaml",
            "token-tag-from-a-writable-claim-holds.yaml",
                "token-session-tags-for-no-audience-holds.yaml",
            "token-session-with-any-value-holds.yaml",
        ],
    };
}
