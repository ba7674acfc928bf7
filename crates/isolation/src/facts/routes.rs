//! What an API lets through, and to which function.

pub(crate) mod read;
