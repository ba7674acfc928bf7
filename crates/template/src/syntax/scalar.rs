//! What a plain YAML scalar means to CloudFormation, which reads YAML 1.1: `Yes` is true, `010` is
//! eight, `1:30` is ninety; a date stays a string.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>,
//! <https://yaml.org/type/int.html>, <https://yaml.org/type/bool.html>

use std::borrow::Cow;

use super::Kind;

/// The kind of a plain scalar.
pub(super) fn plain(text: Cow<'_, str>) -> Kind<'_> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Kind::Bool(true);
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Kind::Bool(false);
        }
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Kind::String(text);
    }
    let integer = integer(&text);
    match integer {
        Some(number) if number == text => Kind::Number(text),
        Some(number) => Kind::Number(Cow::Owned(number)),
        None if float(&text) => match text.contains('_') {
            true => Kind::Number(Cow::Owned(text.replace('_', ""))),
            false => Kind::Number(text),
        },
        None => Kind::String(text),
    }
}

/// The decimal form of a YAML 1.1 integer.
fn integer(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let radix = |digits: &str, radix: u32| {
        let digits = digits.replace('_', "");
        let good = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        good.then(|| u128::from_str_radix(&digits, radix).ok()).flatten()
    };
    let number = if let Some(rest) = digits.strip_prefix("0b") {
        radix(rest, 2)?
    } else if let Some(rest) = digits.strip_prefix("0x") {
        radix(rest, 16)?
    } else if digits == "0" {
        0
    } else if let Some(rest) = digits.strip_prefix('0') {
        radix(rest, 8)?
    } else if digits.contains(':') {
        sexagesimal(digits)?
    } else {
        let good = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '_');
        let plain = digits.replace('_', "");
        return good.then(|| format!("{sign}{plain}"));
    };
    Some(format!("{}{number}", if number == 0 { "" } else { sign }))
}

fn sexagesimal(digits: &str) -> Option<u128> {
    let mut total: u128 = 0;
    for (at, part) in digits.split(':').enumerate() {
        let digits = part.replace('_', "");
        let value: u128 = digits.parse().ok()?;
        let good = if at == 0 { !digits.starts_with('0') } else { part.len() <= 2 && value < 60 };
        if !good || !digits.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        total = total.checked_mul(60)?.checked_add(value)?;
    }
    Some(total)
}

/// Whether a scalar is a YAML 1.1 float: one dot, and an exponent only with its sign.
fn float(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let Some((whole, fraction)) = mantissa.split_once('.') else { return false };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    let some = whole.len() + fraction.len() > 0;
    let exponent = exponent.is_none_or(|text| {
        let rest = text.strip_prefix(['-', '+']).unwrap_or_default();
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit())
    });
    some && exponent && digits(whole) && digits(fraction) && !whole.starts_with('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match plain(Cow::Borrowed(text)) {
            Kind::Null => "null".to_owned(),
            Kind::Bool(value) => format!("bool {value}"),
            Kind::Number(text) => format!("number {text}"),
            Kind::String(text) => format!("string {text}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_scalars_mean_what_yaml_1_1_says() {
        let cases = [
            ("Yes", "bool true"),
            ("off", "bool false"),
            ("y", "string y"),
            ("~", "null"),
            ("2012-10-17", "string 2012-10-17"),
            ("010", "number 8"),
            ("-010", "number -8"),
            ("0x1F", "number 31"),
            ("0b11", "number 3"),
            ("1_000", "number 1000"),
            ("1:30", "number 90"),
            ("00:30", "string 00:30"),
            ("012345678901", "string 012345678901"),
            ("001234567012", "number 175304202"),
            ("123456789012", "number 123456789012"),
            ("10.0.0.0/16", "string 10.0.0.0/16"),
            ("1.5", "number 1.5"),
            ("1.0e+3", "number 1.0e+3"),
            ("1e3", "string 1e3"),
            ("1.2.3", "string 1.2.3"),
            ("-", "string -"),
            (".", "string ."),
            ("us-east-1", "string us-east-1"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
