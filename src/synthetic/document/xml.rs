//! A small tree of XML elements that writes itself down, escaped, with an entry or a line of the header on each line. Knows nothing of C-CDA.

use std::borrow::Cow;

/// An element with attributes and either elements or text inside.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, Cow<'static, str>)>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Elements(Vec<Element>),
    Text(Cow<'static, str>),
}

impl Element {
    /// An empty element; the name carries its prefix where it has one.
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), content: Content::Elements(Vec::new()) }
    }

    /// An element with nothing but text.
    pub fn text(name: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { content: Content::Text(text.into()), ..Self::new(name) }
    }

    /// The same with one more attribute.
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// The same with one more element at its end, in the place of text, if there was any.
    pub fn child(self, child: Element) -> Self {
        self.children([child])
    }

    /// The same with these elements at its end; an `Option` is none or one.
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        match &mut self.content {
            Content::Elements(elements) => elements.extend(children),
            Content::Text(_) => self.content = Content::Elements(children.into_iter().collect()),
        }
        self
    }

    /// The document with this root, in UTF-8.
    pub fn into_document(self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        out.push('<');
        out.push_str(self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, out);
            out.push('"');
        }
        self.write_content(out, depth);
    }

    fn write_content(&self, out: &mut String, depth: usize) {
        match &self.content {
            Content::Elements(elements) if elements.is_empty() => return out.push_str("/>"),
            Content::Elements(elements) => {
                out.push('>');
                for element in elements {
                    new_line(out, depth + 1);
                    element.write(out, depth + 1);
                }
                new_line(out, depth);
            }
            Content::Text(text) => {
                out.push('>');
                escape(text, out);
            }
        }
        out.push_str("</");
        out.push_str(self.name);
        out.push('>');
    }
}

/// The deepest level that begins on a line of its own: that of a section's entries. Below, white space would add a fifth to the size.
const LINES: usize = 5;

fn new_line(out: &mut String, depth: usize) {
    if depth <= LINES {
        out.push('\n');
    }
}

/// Writes a text so that none of it is markup, in either kind of quotes too.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_values_is_escaped() {
        let element = Element::new("a").with("b", "x\"<&'").child(Element::text("c", "1 < 2 & O'Brien"));
        let document = element.into_document();
        assert!(document.contains("<a b=\"x&quot;&lt;&amp;&apos;\">"), "{document}");
        assert!(document.contains("<c>1 &lt; 2 &amp; O&apos;Brien</c>"), "{document}");
    }
}
