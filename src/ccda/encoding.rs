//! Bytes into text: which encoding it is (XML 1.0, 4.3.3 and appendix F), and whether the bytes keep to it. Knows nothing of what the text says.
//!
//! Where bytes and declaration disagree, the bytes win as long as they are consistent: many programs declare UTF-16 because their strings are, and
//! write UTF-8. Only bytes that cannot be read at all, or not without guessing, are refused.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};

use super::{declaration::declared_encoding, refusal::Fault};
use crate::domain::Reason;

/// A body as text, without its byte order mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    /// The declaration names another encoding than the bytes are of.
    pub mismatch: bool,
}

/// A body that is no text from some place on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undecodable<'a> {
    /// What could be read before.
    pub readable: Cow<'a, str>,
    pub fault: Fault,
}

/// Decodes a body. The usual UTF-8 costs one check and no copy; other encodings cost a copy of one to three times the body.
pub(super) fn decode(body: &[u8]) -> Result<Decoded<'_>, Undecodable<'_>> {
    match body {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] | [b'<', 0, 0, 0, ..] | [0, 0, 0, b'<', ..] => {
            Err(refuse_whole("UTF-32 is not supported"))
        }
        // `<?xm` in every code page of it.
        [0x4C, 0x6F, 0xA7, 0x94, ..] => Err(refuse_whole("EBCDIC is not supported")),
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest, declared(rest).is_some_and(|it| it != Some(UTF_8))),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, UTF_16LE),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, UTF_16BE),
        [b'<', 0, ..] => decode_utf16(body, UTF_16LE),
        [0, b'<', ..] => decode_utf16(body, UTF_16BE),
        _ => decode_declared(body),
    }
}

/// The encoding that is declared: none; none that exists; or one. ISO-8859-1 is read as Windows-1252, its superset in practice.
fn declared(bytes: &[u8]) -> Option<Option<&'static Encoding>> {
    declared_encoding(bytes).map(by_label)
}

fn by_label(label: &str) -> Option<&'static Encoding> {
    // Two of the standard's encodings do not decode anything: they are markers for browsers.
    Encoding::for_label(label.as_bytes()).filter(|&it| it != REPLACEMENT && it != X_USER_DEFINED)
}

fn decode_declared(body: &[u8]) -> Result<Decoded<'_>, Undecodable<'_>> {
    let label = declared_encoding(body);
    if label.is_some_and(is_ascii_label) {
        // Browsers read this label as Windows-1252; as UTF-8, foreign bytes are noticed.
        return decode_utf8(body, !body.is_ascii());
    }
    match label.map(by_label) {
        None => decode_utf8(body, false),
        Some(None) => Err(unknown_encoding(body)),
        Some(Some(encoding)) if encoding == UTF_8 => decode_utf8(body, false),
        // Bytes in which the declaration can be read one by one are not UTF-16.
        Some(Some(encoding)) if encoding == UTF_16LE || encoding == UTF_16BE => decode_utf8(body, true),
        Some(Some(encoding)) => transcode(body, encoding).map(|text| Decoded { text: Cow::Owned(text), mismatch: false }),
    }
}

fn is_ascii_label(label: &str) -> bool {
    ["us-ascii", "ascii", "ansi_x3.4-1968"].iter().any(|ascii| ascii.eq_ignore_ascii_case(label))
}

fn decode_utf8(bytes: &[u8], mismatch: bool) -> Result<Decoded<'_>, Undecodable<'_>> {
    std::str::from_utf8(bytes).map(|text| Decoded { text: Cow::Borrowed(text), mismatch }).map_err(|error| {
        let readable = valid_utf8(&bytes[..error.valid_up_to()]);
        Undecodable { fault: undecodable_at(readable.len(), "UTF-8", error.error_len().is_none()), readable: Cow::Borrowed(readable) }
    })
}

fn decode_utf16<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Decoded<'a>, Undecodable<'a>> {
    let text = transcode(bytes, encoding)?;
    let mismatch = declared(text.as_bytes()).is_some_and(|it| it != Some(encoding) && it != Some(UTF_16LE));
    Ok(Decoded { text: Cow::Owned(text), mismatch })
}

fn transcode<'a>(mut bytes: &[u8], encoding: &'static Encoding) -> Result<String, Undecodable<'a>> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::new();
    loop {
        // Grown as needed: the worst case of three bytes for each is far from the usual one.
        text.reserve(bytes.len() + 64);
        let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
        bytes = &bytes[read..];
        match result {
            DecoderResult::InputEmpty => return Ok(text),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                return Err(Undecodable {
                    fault: undecodable_at(text.len(), encoding.name(), bytes.is_empty()),
                    readable: Cow::Owned(text),
                });
            }
        }
    }
}

/// What is wrong in the middle is of another encoding; what is wrong at the very end was cut off, for no document ends in such a character.
fn undecodable_at(offset: usize, encoding: &str, at_end: bool) -> Fault {
    if at_end {
        Fault::malformed(offset, "the body ends in the middle of a character")
    } else {
        Fault { reason: Reason::BadEncoding, offset, complaint: format!("the bytes are not {encoding}") }
    }
}

fn unknown_encoding(body: &[u8]) -> Undecodable<'_> {
    let readable = std::str::from_utf8(body).unwrap_or_else(|error| valid_utf8(&body[..error.valid_up_to()]));
    Undecodable { readable: Cow::Borrowed(readable), ..refuse_whole("the XML declaration names an encoding that does not exist") }
}

fn refuse_whole<'a>(complaint: &str) -> Undecodable<'a> {
    Undecodable { readable: Cow::Borrowed(""), fault: Fault { reason: Reason::BadEncoding, offset: 0, complaint: complaint.to_owned() } }
}

/// A part that the standard library has just called valid.
fn valid_utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    fn decoded(body: &[u8]) -> (String, bool) {
        let Decoded { text, mismatch } = decode(body).unwrap();
        (text.into_owned(), mismatch)
    }

    fn reason(body: &[u8]) -> Reason {
        decode(body).unwrap_err().fault.reason
    }

    #[test]
    fn utf_16_is_recognised_with_and_without_its_mark() {
        let text = "<?xml version='1.0' encoding='UTF-16'?><é/>";
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let plain = utf16(text, unit);
            let marked = [unit(0xFEFF).as_slice(), &plain].concat();
            assert_eq!(decoded(&plain), (text.to_owned(), false));
            assert_eq!(decoded(&marked), (text.to_owned(), false));
        }
    }

    #[test]
    fn declared_encodings_are_read_as_declared() {
        for (label, byte, character) in
            [("ISO-8859-1", 0xE9, "é"), ("windows-1252", 0x80, "€"), ("ISO-8859-15", 0xA4, "€"), ("windows-1251", 0xC6, "Ж")]
        {
            let declaration = format!("<?xml version='1.0' encoding='{label}'?>");
            let body = [declaration.as_bytes(), &[byte]].concat();
            assert_eq!(decoded(&body), (format!("{declaration}{character}"), false));
        }
    }

    #[test]
    fn consistent_bytes_win_against_the_declaration_and_are_told() {
        assert!(decoded("<?xml version='1.0' encoding='utf-16'?>é".as_bytes()).1);
        assert!(decoded("<?xml version='1.0' encoding='us-ascii'?>é".as_bytes()).1);
        assert!(decoded("\u{FEFF}<?xml version='1.0' encoding='latin1'?>é".as_bytes()).1);
        assert!(decoded(&utf16("<?xml version='1.0' encoding='utf-8'?>", u16::to_le_bytes)).1);
    }

    #[test]
    fn bytes_of_another_encoding_are_refused_where_they_begin() {
        for declaration in [
            "",
            "<?xml version='1.0' encoding='UTF-8'?>",
            "<?xml version='1.0' encoding='UTF-16'?>",
            "<?xml version='1.0' encoding='US-ASCII'?>",
        ] {
            let body = [declaration.as_bytes(), b"<a>\xE9</a>"].concat();
            let refused = decode(&body).unwrap_err();
            assert_eq!((refused.fault.reason, refused.fault.offset), (Reason::BadEncoding, declaration.len() + 3));
        }
    }

    #[test]
    fn encodings_that_are_none_are_refused() {
        for label in ["klingon", "utf-7", "replacement", "x-user-defined"] {
            assert_eq!(reason(format!("<?xml version='1.0' encoding='{label}'?><a/>").as_bytes()), Reason::BadEncoding);
        }
        assert_eq!(reason(b"\xFF\xFE\0\0<\0\0\0"), Reason::BadEncoding);
        assert_eq!(reason(b"\x4C\x6F\xA7\x94\x93\x40"), Reason::BadEncoding);
    }

    #[test]
    fn a_character_cut_at_the_end_is_a_cut_and_no_encoding() {
        assert_eq!(reason(b"<a>\xC3"), Reason::Malformed);
        assert_eq!(reason(b"<\0a\0>"), Reason::Malformed);
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_every_encoding(text in "<[^\0]{1,200}") {
            for unit in [u16::to_le_bytes, u16::to_be_bytes] {
                prop_assert_eq!(&decoded(&utf16(&text, unit)).0, &text);
            }
            prop_assert_eq!(&decoded(format!("\u{FEFF}{text}").as_bytes()).0, &text);
        }
    }
}
