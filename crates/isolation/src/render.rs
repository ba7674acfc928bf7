//! A verdict as text: for people, as JSON, as SARIF. Nothing here prints or knows a colour.

mod human;
mod json;
mod sarif;

pub use human::{Piece, Role, Styled, human};
pub use json::json;
pub use sarif::sarif;

#[cfg(test)]
mod tests;
