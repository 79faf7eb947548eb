//! Whether a body is a page for a browser. Pure; decides nothing about what that means.

/// As much of a body as is looked at; a chart may have 60 MB.
const START: usize = 4096;

/// The declared media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether an answer is HTML: by its media type, or by how its first bytes begin.
///
/// JSON that is declared as HTML is not (Express does so to every string that it sends): a rejected login taken for a passing page would be
/// repeated, and would lock the user out.
pub(super) fn is_html(content_type: Option<&str>, body: &[u8]) -> bool {
    let start = after_prolog(&body[..body.len().min(START)]);
    if start.starts_with(b"{") || start.starts_with(b"[") {
        return false;
    }
    let declared = content_type.map(essence).is_some_and(|essence| essence == "text/html" || essence == "application/xhtml+xml");
    declared || begins(start, b"<!doctype html") || begins(start, b"<html")
}

fn begins(body: &[u8], word: &[u8]) -> bool {
    body.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// What follows a byte order mark, blanks, an XML declaration and comments.
fn after_prolog(body: &[u8]) -> &[u8] {
    let mut rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    for (open, close) in [("<?xml", "?>"), ("<!--", "-->"), ("<!--", "-->")] {
        if !rest.starts_with(open.as_bytes()) {
            continue;
        }
        let end = rest.windows(close.len()).position(|window| window == close.as_bytes());
        rest = end.map_or(rest, |end| &rest[end + close.len()..]).trim_ascii_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_is_known_by_its_media_type_or_by_its_first_bytes() {
        assert!(is_html(Some("Text/HTML; charset=UTF-8"), b"blocked"));
        assert!(is_html(Some("text/html"), b""));
        assert!(is_html(None, b"\xef\xbb\xbf\r\n <!DOCTYPE html><html>"));
        assert!(is_html(Some("application/xml"), b"<?xml version=\"1.0\"?><!-- x --><HTML lang=en>"));
    }

    #[test]
    fn json_and_charts_are_no_pages() {
        assert!(!is_html(Some("text/html"), b" {\"error\":\"invalid_grant\"}"));
        assert!(!is_html(Some("application/xml"), b"<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>"));
        assert!(!is_html(None, b"<!-- <html> never closed"));
        assert!(!is_html(None, b""));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let page = [b"<html>".as_slice(), &body].concat();
            prop_assert!(is_html(None, &page));
            let _ = is_html(None, &body);
        }
    }
}
