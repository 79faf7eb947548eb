//! The XML declaration, `<?xml version="1.0" encoding="UTF-8"?>`: its grammar (XML 1.0, 2.8) and the encoding that it names.

use super::{
    refusal::Fault,
    start_tag::{Attribute, read_attributes},
};

const OPENING: &str = "<?xml";

/// A declaration is never longer; so far is looked for its end before the encoding is known.
const LONGEST: usize = 1_024;

/// The encoding that the declaration at the start of these bytes names, if there is a declaration and it can be read.
///
/// The bytes must be of an encoding that is like ASCII in this part; all but UTF-16, UTF-32 and EBCDIC are.
pub(super) fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(LONGEST)];
    if !head.starts_with(OPENING.as_bytes()) {
        return None;
    }
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    read(std::str::from_utf8(&head[..end + 2]).ok()?).ok()?
}

/// Reads a whole declaration, from `<?xml` to `?>`, with which the text begins; gives its encoding.
pub(super) fn read(raw: &str) -> Result<Option<&str>, Fault> {
    let wrong = |complaint| Fault::malformed(0, complaint);
    let content = raw.strip_suffix("?>").filter(|content| content.starts_with(OPENING)).ok_or_else(|| wrong("no XML declaration"))?;
    let attributes = read_attributes(content, OPENING.len())?;
    let mut rest = attributes.as_slice();
    let version = take(&mut rest, "version").ok_or_else(|| wrong("the XML declaration does not begin with a version"))?;
    let encoding = take(&mut rest, "encoding");
    let standalone = take(&mut rest, "standalone");
    let valid = is_version(version) && encoding.is_none_or(is_encoding_name) && matches!(standalone, None | Some("yes" | "no"));
    if valid && rest.is_empty() { Ok(encoding) } else { Err(wrong("the XML declaration is not of the form that XML asks for")) }
}

/// The value of the first attribute if that is its name, and then the rest without it: their order is prescribed.
fn take<'a>(attributes: &mut &[Attribute<'a>], name: &str) -> Option<&'a str> {
    let (first, rest) = attributes.split_first().filter(|(first, _)| first.name == name)?;
    *attributes = rest;
    Some(first.value)
}

/// `VersionNum`; a document of version 1.1 is read as one of 1.0, as the fifth edition asks.
fn is_version(text: &str) -> bool {
    text.strip_prefix("1.").is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
}

/// `EncName`
fn is_encoding_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_read_in_every_allowed_form() {
        for declaration in ["<?xml version='1.0' encoding='latin1'?>", "<?xml\tversion = \"1.1\"\nencoding=\"latin1\" standalone='yes' ?>"]
        {
            assert_eq!(declared_encoding(declaration.as_bytes()), Some("latin1"));
        }
        assert_eq!(read("<?xml version='1.0' standalone=\"no\"?>"), Ok(None));
    }

    #[test]
    fn other_forms_are_malformed() {
        let wrong = [
            "<?xml?>",
            "<?xml ?>",
            "<?xml encoding='utf-8'?>",
            "<?xml version='2.0'?>",
            "<?xml version='1.0'encoding='utf-8'?>",
            "<?xml encoding='utf-8' version='1.0'?>",
            "<?xml version='1.0' encoding=''?>",
            "<?xml version='1.0' encoding='utf 8'?>",
            "<?xml version='1.0' standalone='maybe'?>",
            "<?xml version='1.0' other='x'?>",
            "<?xml version='1.0' version='1.0'?>",
        ];
        for declaration in wrong {
            assert!(read(declaration).is_err(), "{declaration}");
        }
    }
}
