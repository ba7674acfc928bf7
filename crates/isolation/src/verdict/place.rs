//! A place in a template, as a reader wants it.

use serde::Serialize;

/// File, line, column and the line's text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The line where the span ends, from 1.
    pub end_line: usize,
    /// The column after the span's last character, from 1.
    pub end_column: usize,
    /// The text of the span's first line, cut to 160 characters around the span.
    pub text: String,
    /// How many characters of `text` come before the span.
    pub before: usize,
    /// How many characters of `text` the span covers; at least 1.
    pub length: usize,
}
