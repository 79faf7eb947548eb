//! Who wrote something down: the nearest author that a document names.

use crate::{ccda::flatten, domain::clinical::Problem};

fn author(name: &str) -> String {
    let person = format!("<assignedPerson><name><given>{name}</given></name></assignedPerson>");
    format!("<author><time value='2020'/><assignedAuthor>{person}</assignedAuthor></author>")
}

fn section(author: &str, of_act: &str, of_observation: &str, within: &str) -> String {
    let observation = format!("<observation><templateId root='2.16.840.1.113883.10.20.22.4.4'/>{of_observation}</observation>");
    let entry = format!("<entry><act>{of_act}<entryRelationship>{observation}</entryRelationship></act></entry>");
    format!("<component><section><code code='11450-4'/>{author}{entry}{within}</section></component>")
}

fn authors(header: &str, sections: &str) -> Vec<Option<String>> {
    let text = format!(
        "<ClinicalDocument xmlns='urn:hl7-org:v3'>{header}<component><structuredBody>{sections}</structuredBody></component></ClinicalDocument>"
    );
    flatten(text.as_bytes()).problems.into_iter().map(|Problem { entry, .. }| entry.author.name.clone()).collect()
}

#[test]
fn the_nearest_author_is_told() {
    let [document, outer, act, own] = ["Document", "Section", "Act", "Own"].map(author);
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(authors(&document, &section(&outer, &act, &own, "")), [some("Own")]);
    assert_eq!(authors(&document, &section(&outer, &act, "", "")), [some("Act")]);
    assert_eq!(authors(&document, &section(&outer, "", "", "")), [some("Section")]);
    assert_eq!(authors(&(document.clone() + &author("Second")), &section("", "", "", "")), [some("Document")]);
    assert_eq!(authors("", &section("", "", "", "")), [None]);
}

#[test]
fn a_section_within_another_has_its_author_and_one_beside_it_has_not() {
    let outer = author("Section");
    let nested = section(&outer, "", "", &section("", "", "", "")) + &section("", "", "", "");
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(authors(&author("Document"), &nested), [some("Section"), some("Section"), some("Document")]);
}
