//! Characters and names as XML 1.0 (fifth edition) allows them, and what comments and text may not hold: rules on plain text, no positions in a document.

/// Whether XML allows the character at all (2.2, `Char`).
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// White space of XML (2.3, `S`), which is less than Unicode's.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How many bytes of white space a text begins with.
pub(super) fn measure_space(text: &str) -> usize {
    text.bytes().position(|byte| !is_space(byte)).unwrap_or(text.len())
}

/// Whether a text is nothing but XML's white space.
pub(super) fn is_blank(text: &str) -> bool {
    measure_space(text) == text.len()
}

/// The byte offset of the first character that XML forbids.
///
/// Whole blocks are cleared at once, in forms that compile to vector instructions: every byte of every chart comes through here.
pub(super) fn first_forbidden(text: &str) -> Option<usize> {
    const BLOCK: usize = 64;
    let bytes = text.as_bytes();
    let mut start = 0;
    for block in bytes.chunks(BLOCK) {
        let end = start + block.len();
        if block.iter().fold(false, |found, &byte| found | is_suspect(byte)) && holds_forbidden(bytes, start, end) {
            return (start..end).find(|&at| is_forbidden_at(bytes, at));
        }
        start = end;
    }
    None
}

/// A control character, or the first byte of U+F000 to U+FFFF, two of which are forbidden.
fn is_suspect(byte: u8) -> bool {
    is_control(byte) | (byte == 0xEF)
}

fn is_control(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\n') & (byte != b'\t') & (byte != b'\r')
}

/// Whether a forbidden character begins between these two bytes.
fn holds_forbidden(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_noncharacter = |first: u8, second: u8, third: u8| (first == 0xEF) & (second == 0xBF) & (third >= 0xBE);
    let block = &bytes[start..end];
    let threes = block.iter().zip(&bytes[start + 1..]).zip(bytes.get(start + 2..).unwrap_or_default());
    threes.fold(false, |found, ((first, second), third)| found | is_noncharacter(*first, *second, *third))
        | block.iter().fold(false, |found, &byte| found | is_control(byte))
}

fn is_forbidden_at(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        0xEF => matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
        byte => is_control(byte),
    }
}

/// How far the `Name` (2.3) at the start of a text reaches, 0 where there is none, and whether a colon is in it; in what only looks like one there may be
/// one behind its end.
pub(super) fn measure_name(text: &str) -> (usize, bool) {
    let (mut length, mut seen) = (0, 0);
    for kind in text.bytes().map(|byte| KINDS[usize::from(byte)]).take_while(|kind| *kind != 0) {
        seen |= kind;
        length += 1;
    }
    if seen & BEYOND_ASCII != 0 {
        length = measure_by_characters(text);
    } else if length > 0 && KINDS[usize::from(text.as_bytes()[0])] & INNER != 0 {
        length = 0;
    }
    (length, seen & COLON != 0)
}

fn measure_by_characters(text: &str) -> usize {
    let name = text.char_indices().take_while(|&(at, c)| if at == 0 { is_name_start(c) } else { is_name_char(c) });
    name.last().map_or(0, |(at, c)| at + c.len_utf8())
}

/// Whether a text is a `Name`.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && measure_name(text).0 == text.len()
}

/// In a name, at its start too.
const STARTING: u8 = 1;
/// In a name, but not at its start.
const INNER: u8 = 2;
const COLON: u8 = 4;
/// Of a character that has to be judged as a whole.
const BEYOND_ASCII: u8 = 8;

/// What each byte is in a name; 0 for what is none of it.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => STARTING,
            b'0'..=b'9' | b'-' | b'.' => INNER,
            b':' => COLON,
            0x80.. => BEYOND_ASCII,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

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

    #[test]
    fn a_name_reaches_as_far_as_its_characters_do() {
        let names = ["a b", "a:b='", "é.9\u{D7}", "名前>", "9a", ":", "", "\u{D7}", "a\u{37E}é:", "-:a"].map(measure_name);
        assert_eq!(
            names,
            [(1, false), (3, true), (4, false), (6, false), (0, false), (1, true), (0, false), (0, false), (1, true), (0, true)]
        );
    }

    proptest! {
        #[test]
        fn names_are_what_their_characters_are(text in "[a:9.\\-é名\u{D7}\u{37E}\u{B7} =]{0,6}") {
            let mut chars = text.chars();
            prop_assert_eq!(is_name(&text), chars.next().is_some_and(is_name_start) && chars.all(is_name_char));
        }

        #[test]
        fn the_fast_search_finds_what_a_slow_one_finds(text in any::<String>(), odd in prop::sample::select(vec!['\0', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}', 'x', '\u{FEFF}']), pad in 0usize..200) {
            let text = format!("{}{odd}{text}", "y".repeat(pad));
            prop_assert_eq!(first_forbidden(&text), text.char_indices().find(|&(_, c)| !is_char(c)).map(|(at, _)| at));
        }
    }
}
