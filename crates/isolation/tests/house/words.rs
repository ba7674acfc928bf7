//! The texts of sources: which of them are words.

/// How many words make a phrase: a name, an action or an ARN has fewer.
const PHRASE: usize = 3;

/// The string literals of a source, outside comments, attributes and its own tests, with the
/// numbers of their lines.
pub(crate) fn literals(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("#[") || rest.starts_with("#![") {
            attribute(rest)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").unwrap() + 2
        } else if let Some(length) = character(rest) {
            length
        } else if next == '"' {
            quoted(rest)
        } else {
            next.len_utf8()
        };
        if next == '"' || rest.starts_with("r#\"") {
            let line = source[..at].matches('\n').count() + 1;
            found.push((line, rest[..length].to_owned()));
        }
        at += length;
    }
    found
}

/// The length of a quoted text, with its quotes.
fn quoted(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of an attribute: brackets inside texts do not count.
fn attribute(rest: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while let Some(next) = rest[at..].chars().next() {
        match next {
            '"' => {
                at += quoted(&rest[at..]);
                continue;
            }
            '[' => depth += 1,
            ']' if depth == 1 => return at + 1,
            ']' => depth -= 1,
            _ => {}
        }
        at += next.len_utf8();
    }
    at
}

/// The length of a character in quotes; none of a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let length = match inner.starts_with('\\') {
        true => 1 + inner[1..].chars().next()?.len_utf8(),
        false => inner.chars().next()?.len_utf8(),
    };
    inner[length..].starts_with('\'').then_some(length + 2)
}

/// Whether a literal is a phrase, and no placeholder such as `<another tenant's key>`.
pub(crate) fn is_phrase(literal: &str) -> bool {
    let text = literal.trim_start_matches("r#").trim_matches(['"', '#']);
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic));
    words.count() >= PHRASE && !(text.starts_with('<') && text.ends_with('>'))
}
