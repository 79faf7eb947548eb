//! What roxmltree, a reader that shares no code with ours, says of a document: the word by which the body check is judged.
//!
//! It keeps to "Namespaces in XML", which the body check only warns about; documents that offend against that are compared no further.

use ccda_export::ccda::{Chart, WarningCode};
use roxmltree::{Document, Error, Node, ParsingOptions};

const HL7_V3: &str = "urn:hl7-org:v3";

/// A title or a name is cut at so many bytes, before white space is collapsed: longer ones are not compared.
const LONGEST_TEXT: usize = 4_096;

/// Fails where an accepted text is no well-formed document, or says something else than the chart does.
pub fn compare(text: &str, chart: &Chart) {
    let odd = [WarningCode::UnboundPrefix, WarningCode::MisusedPrefix];
    if chart.warnings.iter().any(|warning| odd.contains(&warning.code)) {
        return;
    }
    match Document::parse_with_options(text, ParsingOptions { allow_dtd: false, ..ParsingOptions::default() }) {
        Ok(document) => compare_facts(document.root_element(), chart),
        // The same attribute by two prefixes of one namespace.
        Err(Error::DuplicatedAttribute(..)) => {}
        Err(error) => panic!("accepted, but {error}"),
    }
}

fn compare_facts(root: Node, chart: &Chart) {
    let count = |name: &str| root.descendants().skip(1).filter(|node| is(*node, name)).count() as u32;
    assert_eq!((chart.sections, chart.entries), (count("section"), count("entry")));

    let header = &chart.header;
    let ids = |name| children(root, "id").find(move |id| attribute(*id, name).is_some());
    let id = ids("root").or_else(|| ids("extension"));
    assert_eq!(header.document_root, id.and_then(|id| attribute(id, "root")));
    assert_eq!(header.document_extension, id.and_then(|id| attribute(id, "extension")));
    assert_eq!(header.code, children(root, "code").find_map(|code| attribute(code, "code")));
    assert_eq!(header.effective_time_raw, children(root, "effectiveTime").find_map(|time| attribute(time, "value")));
    assert_text(&header.title, children(root, "title"));

    let targets: Vec<Node> = children(root, "recordTarget").take(64).collect();
    assert_eq!(header.persons.len(), targets.len());
    for (person, target) in header.persons.iter().zip(targets) {
        let roles = || children(target, "patientRole");
        let patients = || roles().flat_map(|role| children(role, "patient"));
        let names = || patients().flat_map(|patient| children(patient, "name"));
        assert_text(&person.family, names().flat_map(|name| children(name, "family")));
        assert_text(&person.given, names().flat_map(|name| children(name, "given")));
        let born = patients().flat_map(|patient| children(patient, "birthTime")).find_map(|time| attribute(time, "value"));
        assert_eq!(person.birth_time_raw, born);
        let ids: Vec<_> = roles().flat_map(|role| children(role, "id")).take(64).collect();
        assert_eq!(person.ids.len(), ids.len());
        for (id, node) in person.ids.iter().zip(ids) {
            let parts = ["root", "extension", "nullFlavor"].map(|name| attribute(node, name));
            assert_eq!([id.root.clone(), id.extension.clone(), id.null_flavor.clone()], parts);
        }
    }
}

/// Fails where flattening reads other tokens of an accepted text than stand in it; around the root there is nothing.
pub fn compare_tokens(text: &str, read: &[String]) {
    // roxmltree makes one of the ends of a line.
    if text.contains('\r') {
        return;
    }
    if let Ok(document) = Document::parse(text) {
        let mut tokens = Vec::new();
        collect_tokens(document.root_element(), &mut tokens);
        assert_eq!(read, tokens);
    }
}

fn collect_tokens(node: Node, tokens: &mut Vec<String>) {
    let space = match node.tag_name().namespace() {
        Some(HL7_V3) => "Hl7",
        Some("urn:hl7-org:sdtc") => "Sdtc",
        _ => "Other",
    };
    let name = |name, is_prefixed| if is_prefixed && name == "type" { "xsi:type" } else { name };
    let attributes: Vec<_> = node.attributes().map(|it| (name(it.name(), it.namespace().is_some()), it.value())).collect();
    tokens.push(format!("<{space} {} {attributes:?}>", node.tag_name().name()));
    let mut heard = String::new();
    for child in node.children() {
        if child.is_text() {
            heard.push_str(child.text().unwrap_or_default());
        } else if child.is_element() {
            tokens.extend(Some(std::mem::take(&mut heard)).filter(|text| !text.is_empty()));
            collect_tokens(child, tokens);
        }
    }
    tokens.extend(Some(heard).filter(|text| !text.is_empty()));
    tokens.push("</>".to_owned());
}

fn is(node: Node, name: &str) -> bool {
    node.is_element() && node.tag_name().namespace() == Some(HL7_V3) && node.tag_name().name() == name
}

fn children<'a, 'input: 'a>(node: Node<'a, 'input>, name: &'static str) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| is(*child, name))
}

/// An attribute in no namespace; blank ones count as absent.
fn attribute(node: Node, name: &str) -> Option<String> {
    let value = node.attributes().find(|attribute| attribute.namespace().is_none() && attribute.name() == name)?.value();
    value.bytes().any(|byte| !byte.is_ascii_whitespace()).then(|| value.to_owned())
}

/// The first of these elements that has text says what the header does.
fn assert_text<'a, 'input: 'a>(said: &Option<String>, elements: impl Iterator<Item = Node<'a, 'input>>) {
    for element in elements {
        let text: String = element.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
        // What was cut off may have been all that there was.
        if text.len() >= LONGEST_TEXT {
            return;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        if !words.is_empty() {
            assert_eq!(said.as_deref(), Some(words.join(" ").as_str()));
            return;
        }
    }
    assert_eq!(said, &None);
}
