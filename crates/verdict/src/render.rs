//! A verdict as text: for people, as JSON, as SARIF, and as tables that would
//! accept it. Nothing here prints or knows a colour.

mod human;
mod json;
mod sarif;
mod suggest;

pub use human::{Piece, Role, Styled, human, human_in_full};
pub use json::json;
pub use sarif::sarif;
pub use suggest::suggest;

#[cfg(test)]
mod tests;
