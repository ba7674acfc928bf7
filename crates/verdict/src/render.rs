//! A verdict as text: for people, as JSON, in the formats that code hosts and test reports read,
//! and as tables that would accept it. Nothing here prints or knows a colour.

mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod markdown;
mod results;
mod sarif;
mod suggest;

pub use github::github;
pub use gitlab::gitlab;

pub use human::{Piece, Role, Styled, human, human_in_full};
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use suggest::suggest;

#[cfg(test)]
mod tests;
