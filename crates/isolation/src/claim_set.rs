//! Sets of claims as types, so that what is found of one set cannot be told of a claim beyond it.

use std::marker::PhantomData;
use std::ops::Deref;

use tenantry_verdict::claims::ClaimId;

/// Some claims that belong together: those that a check decides, those that a table speaks of.
pub(crate) trait ClaimSet {
    /// The claims, each once.
    const CLAIMS: &'static [ClaimId];
}

/// A claim that a set lists.
pub(crate) struct Listed<S> {
    claim: ClaimId,
    set: PhantomData<fn() -> S>,
}

/// Declares a set, and for each of its claims a constant, in a module of its plane.
macro_rules! claim_set {
    (
        $(#[$meta:meta])*
        $visibility:vis $set:ident { $($plane:ident { $($name:ident),* $(,)? })* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $visibility enum $set {}

        impl $crate::claim_set::ClaimSet for $set {
            const CLAIMS: &'static [tenantry_verdict::claims::ClaimId] =
                &[$($(tenantry_verdict::claims::$plane::$name),*),*];
        }

        $(
            #[allow(clippy::module_inception, reason = "a plane may have its check's name")]
            pub(crate) mod $plane {
                $(
                    #[allow(dead_code, reason = "some claims come from narrower sets alone")]
                    pub(crate) const $name: $crate::claim_set::Listed<super::$set> =
                        $crate::claim_set::Listed::constant(
                            tenantry_verdict::claims::$plane::$name,
                        );
                )*
            }
        )*
    };
}

pub(crate) use claim_set;

impl<S: ClaimSet> Listed<S> {
    /// A claim of the set, for constants: one that the set does not list does not compile there.
    pub(crate) const fn constant(claim: ClaimId) -> Self {
        assert!(lists(S::CLAIMS, claim), "the set lists this claim");
        Self { claim, set: PhantomData }
    }

    /// The claims of the set, in its order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        S::CLAIMS.iter().map(|claim| Self { claim: *claim, set: PhantomData })
    }

    /// The same claim as one of a wider set; a set that is no wider does not compile.
    pub(crate) fn within<W: ClaimSet>(self) -> Listed<W> {
        const { assert!(holds::<W, S>(), "the wider set lists every claim of the other") };
        Listed { claim: self.claim, set: PhantomData }
    }
}

const fn holds<W: ClaimSet, S: ClaimSet>() -> bool {
    let mut rest = S::CLAIMS;
    while let [first, others @ ..] = rest {
        if !lists(W::CLAIMS, *first) {
            return false;
        }
        rest = others;
    }
    true
}

const fn lists(claims: &[ClaimId], claim: ClaimId) -> bool {
    let mut rest = claims;
    while let [first, others @ ..] = rest {
        if first.is(claim) {
            return true;
        }
        rest = others;
    }
    false
}

impl<S> Clone for Listed<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Listed<S> {}

impl<S> Deref for Listed<S> {
    type Target = ClaimId;

    fn deref(&self) -> &ClaimId {
        &self.claim
    }
}
