//! A JSON parser (RFC 8259) that borrows what it can from the text and keeps every place.

use std::borrow::Cow;

use super::{Entry, Failure, Key, Kind, MAX_DEPTH, Node, last_of_each};
use crate::diagnostic::Fault;
use crate::source::{FileId, Span};

pub(super) fn parse<'a>(
    text: &'a str,
    file: FileId,
    warnings: &mut Vec<Failure>,
) -> Result<Node<'a>, Failure> {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, file, warnings };
    if text.starts_with('\u{feff}') {
        parser.at = 3;
    }
    let node = parser.value(0)?;
    parser.blank();
    if parser.at < parser.bytes.len() {
        return Err(parser.fault("there is more text after the end of the template"));
    }
    Ok(node)
}

struct Parser<'a, 'w> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    file: FileId,
    warnings: &'w mut Vec<Failure>,
}

impl<'a> Parser<'a, '_> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, Failure> {
        self.blank();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Kind::String(self.string()?),
            Some(b't') => self.word("true", Kind::Bool(true))?,
            Some(b'f') => self.word("false", Kind::Bool(false))?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => return Err(self.fault("a value was expected here")),
            None => return Err(self.fault("the text ends where a value was expected")),
        };
        Ok(Node { kind, span: Span::new(self.file, start, self.at) })
    }

    fn object(&mut self, depth: usize) -> Result<Kind<'a>, Failure> {
        self.deeper(depth)?;
        let mut entries = Vec::new();
        self.at += 1;
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Mapping(entries));
        }
        loop {
            self.blank();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.fault("a key in double quotes was expected here"));
            }
            let text = self.string()?;
            let key = Key { text, span: Span::new(self.file, start, self.at) };
            self.blank();
            if self.peek() != Some(b':') {
                return Err(self.fault("a colon was expected after the key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            entries.push(Entry { key, value });
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Kind::Mapping(last_of_each(entries, self.warnings)));
                }
                _ => return Err(self.fault("a comma or `}` was expected here")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind<'a>, Failure> {
        self.deeper(depth)?;
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::Sequence(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Kind::Sequence(items));
                }
                _ => return Err(self.fault("a comma or `]` was expected here")),
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Failure> {
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut copied = start;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let plain = self.text.get(copied..self.at).unwrap_or_default();
                    let mut so_far = owned.take().unwrap_or_default();
                    so_far.push_str(plain);
                    so_far.push(self.escape()?);
                    owned = Some(so_far);
                    copied = self.at;
                }
                Some(0..0x20) => {
                    return Err(self.fault("a control character in a string must be escaped"));
                }
                Some(_) => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let plain = |b: &u8| !matches!(b, b'"' | b'\\' | 0..0x20);
                    self.at += rest.iter().position(|b| !plain(b)).unwrap_or(rest.len());
                }
                None => {
                    self.at = start - 1;
                    return Err(self.fault("this string never ends"));
                }
            }
        }
        let plain = self.text.get(copied..self.at).unwrap_or_default();
        self.at += 1;
        Ok(match owned {
            None => Cow::Borrowed(plain),
            Some(mut text) => {
                text.push_str(plain);
                Cow::Owned(text)
            }
        })
    }

    fn escape(&mut self) -> Result<char, Failure> {
        let letter = self.bytes.get(self.at + 1).copied();
        let simple = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.fault("this escape is unknown in JSON")),
        };
        self.at += 2;
        Ok(simple)
    }

    fn unicode(&mut self) -> Result<char, Failure> {
        let unit = |parser: &Self, at: usize| {
            let digits = parser.text.get(at..at + 4)?;
            digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
            u32::from_str_radix(digits, 16).ok()
        };
        let wrong = "this escape is no character: four hexadecimal digits, surrogates in pairs";
        let Some(high) = unit(self, self.at + 2) else { return Err(self.fault(wrong)) };
        let mut length = 6;
        let mut code = high;
        if (0xD800..0xDC00).contains(&high) {
            let pair = self.text.get(self.at + 6..self.at + 8) == Some("\\u");
            match unit(self, self.at + 8) {
                Some(low) if pair && (0xDC00..0xE000).contains(&low) => {
                    code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                    length = 12;
                }
                _ => return Err(self.fault(wrong)),
            }
        }
        let Some(character) = char::from_u32(code) else { return Err(self.fault(wrong)) };
        self.at += length;
        Ok(character)
    }

    fn number(&mut self) -> Result<Kind<'a>, Failure> {
        let start = self.at;
        self.skip_if(|b| b == b'-');
        let zero = self.peek() == Some(b'0');
        let whole = self.skip_while(|b| b.is_ascii_digit());
        let mut good = whole == 1 || (whole > 1 && !zero);
        if self.skip_if(|b| b == b'.') {
            good &= self.skip_while(|b| b.is_ascii_digit()) > 0;
        }
        if self.skip_if(|b| b == b'e' || b == b'E') {
            self.skip_if(|b| b == b'+' || b == b'-');
            good &= self.skip_while(|b| b.is_ascii_digit()) > 0;
        }
        if !good {
            self.at = start;
            return Err(self.fault("this is no number in JSON"));
        }
        Ok(Kind::Number(Cow::Borrowed(self.text.get(start..self.at).unwrap_or_default())))
    }

    fn word(&mut self, word: &str, kind: Kind<'a>) -> Result<Kind<'a>, Failure> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return Err(self.fault("a value was expected here"));
        }
        self.at = end;
        Ok(kind)
    }

    fn deeper(&self, depth: usize) -> Result<(), Failure> {
        if depth < MAX_DEPTH {
            return Ok(());
        }
        Err((Fault::TooDeep { limit: MAX_DEPTH }, Span::new(self.file, self.at, self.at + 1)))
    }

    fn blank(&mut self) {
        self.skip_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t'));
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let skipped = rest.iter().position(|b| !wanted(*b)).unwrap_or(rest.len());
        self.at += skipped;
        skipped
    }

    fn skip_if(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.peek().is_some_and(wanted);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fault(&self, what: &'static str) -> Failure {
        // At the end of the text the place is its last character.
        let at = self.at.min(self.bytes.len().saturating_sub(1));
        (Fault::Json { what }, Span::new(self.file, at, at + 1))
    }
}
