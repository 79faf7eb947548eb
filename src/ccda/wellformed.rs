//! Characters and names as XML 1.0 (fifth edition) allows them, and what comments and text may not hold: rules on plain text, no positions in a document.

/// Whether XML allows the character at all (2.2, `Char`).
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// White space of XML (2.3, `S`), which is less than Unicode's.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether a text is nothing but XML's white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// The byte offset of the first character that XML forbids.
///
/// Whole blocks are cleared at once, in a form that compiles to vector instructions: every byte of every chart comes through here.
pub(super) fn first_forbidden(text: &str) -> Option<usize> {
    const BLOCK: usize = 64;
    let bytes = text.as_bytes();
    let mut start = 0;
    for block in bytes.chunks(BLOCK) {
        if block.iter().fold(false, |found, &byte| found | is_suspect(byte))
            && let Some(at) = (start..start + block.len()).find(|&at| is_forbidden_at(bytes, at))
        {
            return Some(at);
        }
        start += block.len();
    }
    None
}

/// A control character, or the first byte of U+F000 to U+FFFF, two of which are forbidden.
fn is_suspect(byte: u8) -> bool {
    (byte < b' ') & !is_space(byte) | (byte == 0xEF)
}

fn is_forbidden_at(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        0xEF => matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
        byte => byte < b' ' && !is_space(byte),
    }
}

/// Whether a text is a `Name` (2.3).
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let ascii_start = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b':'));
    if ascii_start && bytes.all(is_ascii_name_byte) {
        return true;
    }
    let mut chars = text.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

fn is_ascii_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-' | b'.')
}

/// `NameStartChar`
pub(super) fn is_name_start(c: char) -> bool {
    matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// `NameChar`
fn is_name_char(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_follow_the_fifth_edition() {
        for name in ["a", "_a", "xsi:type", "a-b.c9", "élan", "名前", ":odd"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "9a", "-a", ".a", "a b", "a/b", "a\"b\"", "a<b", "a=b", "×", "a\u{37E}"] {
            assert!(!is_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_search_finds_what_a_slow_one_finds(text in any::<String>(), odd in prop::sample::select(vec!['\0', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}', 'x', '\u{FEFF}']), pad in 0usize..200) {
            let text = format!("{}{odd}{text}", "y".repeat(pad));
            prop_assert_eq!(first_forbidden(&text), text.char_indices().find(|&(_, c)| !is_char(c)).map(|(at, _)| at));
        }
    }
}
