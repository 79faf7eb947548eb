//! What kind of body a text is, told by what stands before and at its first tag. Lenient on purpose: a login page is a login page, well-formed or not.

use super::{
    namespaces::split_name,
    refusal::Fault,
    wellformed::{is_name_start, measure_space},
};

const DOCUMENT_TYPE: &str = "<!DOCTYPE";

/// What the first tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// `ClinicalDocument` with any prefix; its namespace is another question.
    ClinicalDocument,
    /// Another element, at this offset.
    Other(usize),
    /// No tag could be found; the reader will tell where it breaks.
    Unclear,
}

/// Finds the root element; fails for what is no XML, is HTML or has a DTD.
pub(super) fn find_root(text: &str) -> Result<Root, Fault> {
    let start = measure_space(text);
    if let Some(first) = text[start..].chars().next().filter(|&first| first != '<') {
        return Err(Fault::not_cda(
            start,
            if matches!(first, '{' | '[' | '"') { "the body is JSON, not XML" } else { "the body is not XML" },
        ));
    }
    match skip_misc(text, start) {
        Some(at) => judge_markup(text, at),
        None => Ok(Root::Unclear),
    }
}

fn judge_markup(text: &str, at: usize) -> Result<Root, Fault> {
    let markup = &text[at..];
    if let Some(name) = strip_prefix_of_any_case(markup, DOCUMENT_TYPE) {
        let is_html = strip_prefix_of_any_case(name.trim_start(), "html").is_some();
        return Err(if is_html { html(at) } else { document_type(at) });
    }
    let Some(tag) = markup.strip_prefix('<').filter(|tag| tag.starts_with(is_name_start)) else { return Ok(Root::Unclear) };
    let Some(end) = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')) else { return Ok(Root::Unclear) };
    match split_name(&tag[..end]).local {
        "ClinicalDocument" => Ok(Root::ClinicalDocument),
        local if local.eq_ignore_ascii_case("html") => Err(html(at)),
        _ => Ok(Root::Other(at)),
    }
}

/// Whether a document type begins here, in any case of letters.
pub(super) fn is_document_type(text: &str) -> bool {
    strip_prefix_of_any_case(text, DOCUMENT_TYPE).is_some()
}

/// The complaint about a document type. It is unsafe wherever it stands and whatever follows: where it ends is not looked for.
pub(super) fn document_type(at: usize) -> Fault {
    Fault::unsafe_xml(at, "the body has a DTD; charts have none, and it is not read")
}

fn html(at: usize) -> Fault {
    Fault::not_cda(at, "the body is an HTML page")
}

/// Skips white space, comments and processing instructions; `None` where one of them does not end.
fn skip_misc(text: &str, mut at: usize) -> Option<usize> {
    loop {
        at += measure_space(&text[at..]);
        let rest = &text[at..];
        let (opening, closing) = match rest {
            _ if rest.starts_with("<!--") => ("<!--", "-->"),
            _ if rest.starts_with("<?") => ("<?", "?>"),
            _ => return Some(at),
        };
        at += opening.len() + rest[opening.len()..].find(closing)? + closing.len();
    }
}

fn strip_prefix_of_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reason;

    #[test]
    fn the_root_is_found_behind_whatever_may_precede_it() {
        for text in [
            "<ClinicalDocument>",
            "<?xml version='1.0'?>\n<!-- a -- b --><?xml-stylesheet?> <n0:ClinicalDocument x='",
            "<ClinicalDocument/>",
        ] {
            assert_eq!(find_root(text), Ok(Root::ClinicalDocument), "{text}");
        }
        assert_eq!(find_root(" <ClinicalDocuments >"), Ok(Root::Other(1)));
    }

    #[test]
    fn pages_json_and_texts_are_told_apart_from_xml() {
        for text in [
            "<!DOCTYPE html><p>",
            "<!doctype HTML PUBLIC \"-//W3C\">",
            "<HTML lang=en>",
            "<!-- x --><html",
            "{}",
            "[1]",
            "\"a\"",
            " Bad gateway <br>",
            "%PDF-1.7",
        ] {
            let reason = find_root(text).map_err(|fault| fault.reason);
            assert!(reason == Err(Reason::NotCda) || text.ends_with("<html") && reason == Ok(Root::Unclear), "{text}: {reason:?}");
        }
    }

    #[test]
    fn any_other_document_type_is_unsafe() {
        for text in ["<!DOCTYPE ClinicalDocument SYSTEM 'x'>", "<!DOCTYPE lolz [<!ENTITY a 'b'>]><lolz/>", "<!DOCTYPE", "<!DOCTYPE é"] {
            assert_eq!(find_root(text).unwrap_err().reason, Reason::UnsafeXml, "{text}");
        }
    }

    #[test]
    fn a_body_that_breaks_before_its_root_is_left_to_the_reader() {
        for text in ["", " ", "<", "<?xml", "<!-- x", "<Clin", "< a>", "<!ELEMENT>", "<1>"] {
            assert_eq!(find_root(text), Ok(Root::Unclear), "{text}");
        }
    }
}
