//! What stands between tags: texts, references, CDATA sections, comments, instructions. Each is read from the byte where it begins to its end, and
//! checked on the way. Knows nothing of elements.

use memchr::{memchr_iter, memchr3, memchr3_iter};

use super::{
    declaration,
    prolog::{document_type, is_document_type},
    references::UNDEFINED_REFERENCE,
    refusal::Fault,
    wellformed::{is_name, is_space, measure_space},
};

/// What was read, without what it begins and ends with, and the byte behind its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Markup<'a> {
    pub content: &'a str,
    pub end: usize,
}

/// A text in an element, up to the markup or the reference behind it.
pub(super) fn read_text(text: &str, at: usize) -> Result<Markup<'_>, Fault> {
    let bytes = &text.as_bytes()[at..];
    for found in memchr3_iter(b'<', b'&', b'>', bytes) {
        if bytes[found] != b'>' {
            return Ok(Markup { content: &text[at..at + found], end: at + found });
        }
        if bytes[..found].ends_with(b"]]") {
            return Err(Fault::malformed(at + found - 2, "`]]>` in text"));
        }
    }
    Ok(Markup { content: &text[at..], end: text.len() })
}

/// Reads what stands outside the root element: there is white space between markup and nothing else. Gives the byte behind it.
pub(super) fn read_space(text: &str, at: usize) -> Result<usize, Fault> {
    let end = at + measure_space(&text[at..]);
    match text.as_bytes().get(end) {
        None | Some(b'<' | b'&') => Ok(end),
        Some(_) => Err(outside_root(at)),
    }
}

/// The complaint about what may stand in the root element alone.
pub(super) fn outside_root(at: usize) -> Fault {
    Fault::malformed(at, "text outside the root element")
}

/// A reference, with its name as content; whether that stands for something is another question.
pub(super) fn read_reference(text: &str, at: usize) -> Result<Markup<'_>, Fault> {
    let start = at + "&".len();
    let bytes = &text.as_bytes()[start..];
    match memchr3(b';', b'&', b'<', bytes).filter(|length| bytes[*length] == b';') {
        Some(length) => Ok(Markup { content: &text[start..start + length], end: start + length + ";".len() }),
        None => Err(Fault::malformed(at, UNDEFINED_REFERENCE)),
    }
}

/// A CDATA section, which begins with `<![` (XML 1.0, 2.7).
pub(super) fn read_cdata(text: &str, at: usize) -> Result<Markup<'_>, Fault> {
    let content = text[at..].strip_prefix("<![CDATA[");
    let found = content.and_then(|content| Some((content, find_end(content, b"]]")?)));
    let (content, length) = found.ok_or_else(|| Fault::malformed(at, "a CDATA section does not end"))?;
    Ok(Markup { content: &content[..length], end: at + "<![CDATA[".len() + length + "]]>".len() })
}

/// Reads a comment, which begins with `<!-`; gives the byte behind it (2.5).
pub(super) fn read_comment(text: &str, at: usize) -> Result<usize, Fault> {
    let endless = || Fault::malformed(at, "a comment does not end");
    let content = text[at..].strip_prefix("<!--").ok_or_else(endless)?;
    let bytes = content.as_bytes();
    let hyphens = memchr_iter(b'-', bytes).find(|hyphen| bytes.get(hyphen + 1) == Some(&b'-')).ok_or_else(endless)?;
    if bytes.get(hyphens + 2) == Some(&b'>') {
        return Ok(at + "<!--".len() + hyphens + "-->".len());
    }
    find_end(content, b"--").ok_or_else(endless)?;
    Err(Fault::malformed(at, "`--` in a comment"))
}

/// Reads an instruction, or the XML declaration, which looks like one; gives the byte behind it (2.6, 2.8).
pub(super) fn read_instruction(text: &str, at: usize) -> Result<usize, Fault> {
    let endless = || Fault::malformed(at, "a processing instruction does not end");
    let length = find_end(&text[at..], b"?").filter(|length| *length >= "<?".len()).ok_or_else(endless)?;
    let end = at + length + "?>".len();
    let content = &text[at + "<?".len()..at + length];
    let target = &content[..content.bytes().position(is_space).unwrap_or(content.len())];
    match target {
        "xml" if at == 0 => declaration::read(&text[..end]).map(|_| end),
        "xml" => Err(Fault::malformed(at, "the XML declaration is not at the start")),
        _ if !is_name(target) || target.eq_ignore_ascii_case("xml") => {
            Err(Fault::malformed(at, "a processing instruction without an allowed name"))
        }
        _ => Ok(end),
    }
}

/// The complaint about `<!` where neither a comment nor a CDATA section begins.
pub(super) fn unknown_declaration(text: &str, at: usize) -> Fault {
    if is_document_type(&text[at..]) { document_type(at) } else { Fault::malformed(at, "markup that XML does not know") }
}

/// Where a text has its first `>` behind these bytes: what precedes them. By the `>`, for it is rare, and most texts are too short for a search that
/// has to be prepared.
fn find_end(text: &str, before: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr_iter(b'>', bytes).find(|end| bytes[..*end].ends_with(before)).map(|end| end - before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_at_markup_and_holds_no_end_of_cdata() {
        let end = |text| read_text(text, 1).map(|read| read.end).map_err(|fault| fault.offset);
        assert_eq!([" a > b<c>", ">]] >&", ">", "]]] >", "]]>", "<a]]"].map(end), [Ok(6), Ok(5), Ok(1), Ok(5), Ok(3), Ok(4)]);
        assert_eq!([" ]]>", " > ]]]>", " é]]>]]>"].map(end), [Err(1), Err(4), Err(3)]);
    }

    #[test]
    fn cdata_ends_at_the_first_end_of_it() {
        let read = |text| read_cdata(text, 0).map(|read| (read.content, read.end)).ok();
        assert_eq!(read("<![CDATA[]]>]]>"), Some(("", 12)));
        assert_eq!(read("<![CDATA[]]]]>"), Some(("]]", 14)));
        assert_eq!(read("<![CDATA[ > ]>]]> "), Some((" > ]>", 17)));
        assert!(["<![CDATA[]>", "<![CDATA]]>", "<![]]>", "<![cdata[]]>"].into_iter().all(|text| read(text).is_none()));
    }

    #[test]
    fn a_reference_ends_before_other_markup() {
        let read = |text| read_reference(text, 0).map(|read| (read.content, read.end)).ok();
        assert_eq!(["&amp;;", "&;", "& a b;"].map(read), [Some(("amp", 5)), Some(("", 2)), Some((" a b", 6))]);
        assert_eq!(["&", "&amp", "&a<;", "&a&b;"].map(read), [None; 4]);
    }

    #[test]
    fn comments_and_instructions_keep_their_grammar() {
        for text in ["<!---->", "<!-- - -->", "<!-->-->", "<!--a->-->"] {
            assert_eq!(read_comment(&format!("{text}-->"), 0), Ok(text.len()), "{text}");
        }
        let complaint = |text| read_comment(text, 0).unwrap_err().complaint;
        assert_eq!(["<!-- -- -->", "<!-- --->", "<!----a-->"].map(complaint), ["`--` in a comment"; 3]);
        assert_eq!(["<!-->", "<!--->", "<!-- -- ->", "<!-a-->", "<!-- "].map(complaint), ["a comment does not end"; 5]);
        for text in ["<?a?>", "<?a b?>", "<?xml-stylesheet ??>", "<?a > b?>"] {
            assert_eq!(read_instruction(&format!("{text}?>"), 0), Ok(text.len()), "{text}");
        }
        assert!(
            ["<??>", "<? a?>", "<?1?>", "<?XML x?>", "<?a<b?>", "<?>", "<?a??>", "<?a>"]
                .into_iter()
                .all(|text| read_instruction(text, 0).is_err())
        );
        assert!(read_instruction("<?xml version='1.0'?>", 0).is_ok() && read_instruction(" <?xml version='1.0'?>", 1).is_err());
    }
}
