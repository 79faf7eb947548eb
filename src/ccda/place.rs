//! Paths: how rows name the element that they were made of, and how that is found again.

use std::fmt::Write;

use super::{
    encoding,
    tokens::{Space, Token, Tokens},
};

/// The element at a path such as `ClinicalDocument/component/structuredBody/component[3]/section`, as it stands in the text: names are HL7's, those of
/// its extensions begin with `sdtc:`, and a number counts the elements of that name. `None` where there is none.
pub fn element_at(body: &[u8], path: &str) -> Option<String> {
    let decoded = encoding::decode(body).ok()?;
    let steps: Vec<Step> = path.split('/').map(step).collect::<Option<_>>()?;
    let mut tokens = Tokens::new(&decoded.text);
    // How many steps lead to the innermost open element, and how deep it lies below them.
    let (mut reached, mut beside) = (0, 0u32);
    // How many elements of the next step's name have come.
    let mut come = 0;
    while let Some(token) = tokens.next() {
        match token {
            Token::Start { space, local, at } if beside == 0 && steps[reached].is(space, local) => {
                come += 1;
                if come < steps[reached].number {
                    beside += 1;
                    continue;
                }
                (reached, come) = (reached + 1, 0);
                if reached == steps.len() {
                    return Some(decoded.text[at..end_of(&mut tokens)?].to_owned());
                }
            }
            Token::Start { .. } => beside += 1,
            Token::End { .. } if beside > 0 => beside -= 1,
            // An element on the way ends without having held the next one.
            Token::End { .. } => return None,
            Token::Text(_) => {}
        }
    }
    None
}

/// Lengthens a path by one step. The first of its name needs no number.
pub(super) fn lengthen(path: &mut String, local: &str, place: u32) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(local);
    if place > 1 {
        // Writing to a string cannot fail.
        let _ = write!(path, "[{place}]");
    }
}

/// `component[3]`: name and number.
struct Step<'a> {
    space: Space,
    local: &'a str,
    number: u32,
}

impl Step<'_> {
    fn is(&self, space: Space, local: &str) -> bool {
        (self.space, self.local) == (space, local)
    }
}

fn step(text: &str) -> Option<Step<'_>> {
    let (name, number) = match text.split_once('[') {
        None => (text, 1),
        Some((name, number)) => (name, number.strip_suffix(']')?.parse().ok().filter(|number| *number > 0)?),
    };
    Some(match name.strip_prefix("sdtc:") {
        Some(local) => Step { space: Space::Sdtc, local, number },
        None => Step { space: Space::Hl7, local: name, number },
    })
}

/// Where the element ends that has just begun.
fn end_of(tokens: &mut Tokens) -> Option<usize> {
    let mut depth = 1;
    loop {
        match tokens.next()? {
            Token::Start { .. } => depth += 1,
            Token::End { at } if depth == 1 => return Some(at),
            Token::End { .. } => depth -= 1,
            Token::Text(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_found_by_names_and_numbers_and_prefixes_do_not_count() {
        let body = b"<a xmlns='urn:hl7-org:v3' xmlns:h='urn:hl7-org:v3' xmlns:o='urn:o'><o:b>0</o:b><b>1</b><c><b>no</b></c><h:b x='2'><d/><d>y</d></h:b></a>";
        assert_eq!(element_at(body, "a/b").unwrap(), "<b>1</b>");
        assert_eq!(element_at(body, "a/b[2]").unwrap(), "<h:b x='2'><d/><d>y</d></h:b>");
        assert_eq!(element_at(body, "a/b[2]/d[2]").unwrap(), "<d>y</d>");
        assert_eq!(element_at(body, "a/b[2]/d[1]").unwrap(), "<d/>");
        let body = b"<a xmlns='urn:hl7-org:v3' xmlns:x='urn:hl7-org:sdtc'><x:b>1</x:b><b>2</b><x:b>3</x:b></a>";
        assert_eq!(
            (element_at(body, "a/b").unwrap(), element_at(body, "a/sdtc:b[2]").unwrap()),
            ("<b>2</b>".into(), "<x:b>3</x:b>".into())
        );
        for nowhere in ["a/b[3]", "b", "a/b/d", "a/b[0]", "a/b[x]", ""] {
            assert_eq!(element_at(body, nowhere), None, "{nowhere}");
        }
    }
}
