//! References: `&amp;`, `&#233;`, `&#xE9;`. Without a DTD there are five entities and no others, so nothing here ever expands by much.

use std::borrow::Cow;

use super::wellformed::is_char;

pub(super) const UNDEFINED_REFERENCE: &str = "`&` begins no reference that is defined";

/// The character that a reference stands for, given what is between `&` and `;`; `None` for what no document without a DTD may refer to.
pub(super) fn resolve(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => resolve_number(name.strip_prefix('#')?),
    }
}

fn resolve_number(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` alone would take a sign.
    let digits = digits.bytes().all(|b| char::from(b).is_digit(radix)).then_some(digits)?;
    u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|&c| is_char(c))
}

/// The byte offset of the first `&` that begins no reference.
pub(super) fn first_bad(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('&') {
        let start = at + found;
        let (name, _) = text[start + 1..].split_once(';').unwrap_or_default();
        if resolve(name).is_none() {
            return Some(start);
        }
        at = start + 1 + name.len();
    }
    None
}

/// An attribute's value as its reader means it: references resolved, white space made blanks (3.3.3).
pub(super) fn attribute_value(raw: &str) -> Cow<'_, str> {
    // All bytes are looked at, in a form that compiles to vector instructions: nearly none is special.
    if !raw.bytes().fold(false, |found, b| found | (b < b' ') | (b == b'&')) {
        return Cow::Borrowed(raw);
    }
    let blanked = raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
    Cow::Owned(resolve_all(&blanked))
}

fn resolve_all(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut pieces = text.split('&');
    resolved.extend(pieces.next());
    for piece in pieces {
        match piece.split_once(';') {
            Some((name, rest)) => {
                resolved.extend(resolve(name));
                resolved.push_str(rest);
            }
            None => resolved.push_str(piece),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_five_entities_and_allowed_characters_resolve() {
        let resolved = ["amp", "lt", "gt", "quot", "apos", "#65", "#x41", "#xE9", "#x10FFFF"].map(|name| resolve(name).unwrap());
        assert_eq!(resolved, ['&', '<', '>', '"', '\'', 'A', 'A', 'é', '\u{10FFFF}']);
        for name in [
            "",
            "nbsp",
            "AMP",
            "#",
            "#x",
            "#X41",
            "#0",
            "#x0B",
            "#xD800",
            "#xFFFE",
            "#x110000",
            "#+65",
            "#-1",
            "#99999999999",
            "#6a",
            " amp",
        ] {
            assert_eq!(resolve(name), None, "{name}");
        }
    }

    #[test]
    fn the_first_bad_reference_is_found() {
        assert_eq!(first_bad("a &amp; b &#65; c"), None);
        assert_eq!(first_bad("a &amp; b & c; d"), Some(10));
        assert_eq!(first_bad("AT&T"), Some(2));
        assert_eq!(first_bad("&amp"), Some(0));
    }

    #[test]
    fn a_value_is_what_its_reader_means() {
        assert_eq!(attribute_value("urn:hl7-org&#58;v3"), "urn:hl7-org:v3");
        assert_eq!(attribute_value("a\r\nb\tc&#10;d &lt;"), "a b c\nd <");
        assert!(matches!(attribute_value("plain"), Cow::Borrowed("plain")));
    }
}
