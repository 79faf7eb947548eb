//! Encapsulated data (ED): what an element holds as Base64 (RFC 4648). A plain text is read; of a picture or a page in another format only the size is
//! told, for its bytes are in the document.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use encoding_rs::{Encoding, UTF_8};

use super::element::{Content, Element};

/// A text that is longer stays in the document: no clinician has written it, and a row is no place for it.
const LONGEST: u64 = 1 << 20;

/// Some leave the padding out.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// How texts begin that are none, whatever their media type says.
const FORMATS: [&str; 3] = ["{\\rtf", "%PDF-", "PK\u{3}\u{4}"];

/// What is encapsulated.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encapsulated {
    pub bytes: u64,
    /// Of a plain text that can be read.
    pub text: Option<String>,
}

/// Whether it holds bytes in place of characters.
pub(super) fn is_encapsulated(element: Element) -> bool {
    element.attribute("representation") == Some("B64")
}

/// Reads an element that holds bytes; `None` for any other, and where there are none.
pub(super) fn read(element: Element) -> Option<Encapsulated> {
    let written = is_encapsulated(element).then(|| digits(element))?;
    let bytes = written.clone().filter(|digit| *digit != b'=').count() as u64 * 3 / 4;
    let text = (bytes <= LONGEST && element.attribute("compression").is_none()).then(|| text(element, written)).flatten();
    Some(Encapsulated { bytes, text }).filter(|read| read.bytes > 0)
}

/// Without the white space that breaks them into lines.
fn digits<'e>(element: Element<'e, '_>) -> impl Iterator<Item = u8> + Clone {
    let texts = element.content().filter_map(|content| match content {
        Content::Text(text) => Some(text),
        Content::Element(_) => None,
    });
    texts.flat_map(|text| text.bytes()).filter(|byte| !byte.is_ascii_whitespace())
}

/// Plain text is what ED holds where no media type is given. It is UTF-8 unless the media type names another charset.
fn text(element: Element, written: impl Iterator<Item = u8>) -> Option<String> {
    let media_type = element.attribute("mediaType").unwrap_or("text/plain");
    let mut parts = media_type.split(';').map(str::trim);
    parts.next().filter(|kind| kind.eq_ignore_ascii_case("text/plain"))?;
    let charset = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"'))
    });
    let encoding = charset.map_or(Some(UTF_8), |charset| Encoding::for_label(charset.as_bytes()))?;
    let bytes = BASE64.decode(written.collect::<Vec<_>>()).ok()?;
    let (decoded, _, is_broken) = encoding.decode(&bytes);
    let decoded = decoded.replace("\r\n", "\n").replace('\r', "\n");
    let decoded = decoded.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\u{c}');
    let is_plain = !is_broken && !FORMATS.iter().any(|format| decoded.starts_with(format)) && decoded.chars().all(is_text);
    Some(decoded.to_owned()).filter(|text| is_plain && !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            element::Piece,
            tokens::{Token, Tokens},
        },
        *,
    };

    fn read_text(attributes: &str, content: &str) -> Option<(u64, Option<String>)> {
        let text = format!("<text {attributes}>{content}<reference value='#n1'/></text>");
        let mut tokens = Tokens::new(&text);
        let Some(Token::Start { space, local, .. }) = tokens.next() else { panic!("{text}") };
        let mut piece = Piece::default();
        piece.read((space, local), &mut tokens);
        read(piece.element()).map(|read| (read.bytes, read.text))
    }

    fn plain(bytes: &[u8], media_type: &str) -> Option<String> {
        let attributes = format!("representation='B64' mediaType='{media_type}'");
        read_text(&attributes, &BASE64.encode(bytes)).unwrap().1
    }

    #[test]
    fn a_plain_text_is_read_with_its_lines() {
        let told = read_text("representation='B64' mediaType='text/plain'", "\n  U2Vlbi\n  B0b2RheS4NCldlbGwu\n");
        assert_eq!(told, Some((18, Some("Seen today.\nWell.".to_owned()))));
        // Plain text is what it is by default, and the padding may be missing.
        assert_eq!(read_text("representation='B64'", "V2VsbA"), Some((4, Some("Well".to_owned()))));
        assert_eq!(read_text("representation='B64'", "V2VsbA=="), Some((4, Some("Well".to_owned()))));
        assert_eq!(read_text("mediaType='text/plain'", "Well"), None);
        assert_eq!(read_text("representation='B64'", " "), None);
    }

    #[test]
    fn its_charset_is_utf_8_or_the_one_that_is_named() {
        assert_eq!(plain("naïve".as_bytes(), "text/plain").as_deref(), Some("naïve"));
        assert_eq!(plain(b"na\xefve", "Text/Plain; charset=\"iso-8859-1\"").as_deref(), Some("naïve"));
        assert_eq!((plain(b"na\xefve", "text/plain"), plain(b"naive", "text/plain;charset=nothing")), (None, None));
    }

    #[test]
    fn of_anything_else_the_size_is_told_alone() {
        for (bytes, media_type) in [
            (&b"{\\rtf1 Well}"[..], "text/rtf"),
            (b"{\\rtf1 Well}", "text/plain"),
            (b"%PDF-1.4", "application/pdf"),
            (b"Well\x01", "text/plain"),
        ] {
            assert_eq!(plain(bytes, media_type), None, "{media_type}");
        }
        assert_eq!(read_text("representation='B64' mediaType='application/pdf'", "JVBERi0xLjQ="), Some((8, None)));
        assert_eq!(read_text("representation='B64' compression='DF'", "V2VsbA=="), Some((4, None)));
        assert_eq!(read_text("representation='B64'", "not base 64!"), Some((7, None)));
        let long = BASE64.encode("a".repeat(LONGEST as usize + 1));
        assert_eq!(read_text("representation='B64'", &long), Some((LONGEST + 1, None)));
    }
}
