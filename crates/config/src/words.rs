//! The form that all names of the platform share: lower-case letters, digits, single hyphens.

/// Why a text does not have the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordFault {
    Empty,
    Character(char),
    Hyphen,
}

/// Whether a text is lower-case letters and digits, with single hyphens between them.
pub(crate) fn check(text: &str) -> Result<(), WordFault> {
    if text.is_empty() {
        return Err(WordFault::Empty);
    }
    let stranger = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-'));
    if let Some(character) = stranger {
        return Err(WordFault::Character(character));
    }
    if text.split('-').any(str::is_empty) {
        return Err(WordFault::Hyphen);
    }
    Ok(())
}
