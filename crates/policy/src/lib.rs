//! IAM policy documents: written, parsed, evaluated, compared as sets.
//!
//! This crate never knows tenants, templates or engines. A document is generic over its text, so
//! that a platform's definition can put references to resources where AWS will see a string; a
//! policy that is read may hold symbols where a text is not known before deployment.

mod collision;
mod concrete;
mod condition;
mod dead;
mod document;
mod evaluate;
mod index;
mod keys;
mod node;
mod parse;
mod parsed;
mod pattern;
mod principal;
mod reach;
mod reference;
mod request;
mod scalar;
mod template;
mod text;
mod truth;
mod write;

pub use write::Json;

pub use collision::{Collision, collision};
pub use concrete::allowed_concretely;
pub use dead::{Dead, dead, impossible};
pub use document::{Condition, Document, Effect, Principal, Principals, Statement, Targets};
pub use evaluate::{
    Applied, Decision, Grant, Outcome, PolicySet, ResourceKind, Source, applies, evaluate, lists,
};
pub use index::{Group, Index};
pub use keys::{KeyFact, Setter, can_carry, key_fact};
pub use node::{Content, Member, Node};
pub use parse::{Fault, Kind, ParseError};
pub use parsed::{
    ConditionTest, Item, ListElement, Operator, Order, Policy, PolicyStatement, PrincipalElement,
    PrincipalItem, PrincipalKind, Quantifier, Span, Test, Version,
};
pub use pattern::{Class, Element, Match, Pattern, Style, TooLarge};
pub use reach::{Reach, Target, Witness, find_witness, may_reach, reach};
pub use reference::{Action, Actions, Managed, Reference, ResourceType, Service, Use, managed};
pub use request::{Caller, CallerKind, Context, Request, Value};
pub use template::{Filling, Piece, Template};
pub use text::{Form, Part, Symbol, Text};
pub use truth::{Reason, Trilean, Truth};
