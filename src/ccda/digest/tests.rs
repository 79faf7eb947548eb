//! What leaves a digest as it is, and what changes it.

use proptest::prelude::*;

use super::*;
use crate::ccda::flatten;

/// A chart as it is at one moment, written as a system writes it this time.
#[derive(Debug, Clone)]
struct Writing {
    /// What is volatile: an id or a label, a time, a version.
    made_up: String,
    /// Of HL7's names; empty for the default namespace.
    prefix: String,
    /// Between elements, and around text.
    blank: String,
    /// In text, in place of a blank.
    between_words: String,
    is_turned: bool,
}

/// What a chart says.
#[derive(Debug, Clone, PartialEq)]
struct Content {
    family: String,
    code: String,
    value: String,
    text: String,
    written_at: String,
    /// The row of the narrative that the entry points to.
    row: usize,
}

fn write(Content { family, code, value, text, written_at, row }: &Content, writing: &Writing) -> String {
    let Writing { made_up, prefix, blank: b, between_words, is_turned } = writing;
    let p = if prefix.is_empty() { String::new() } else { format!("{prefix}:") };
    let declared = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
    let text = text.replace(' ', between_words);
    let turned = |one: String, other: String| if *is_turned { format!("{other} {one}") } else { format!("{one} {other}") };
    let rows: String = (0..3).map(|row| format!("<{p}tr ID='{made_up}{row}'>{b}<{p}td>{b}{text}{b}</{p}td>{b}</{p}tr>{b}")).collect();
    let value = turned(format!("value='{value}'"), format!("x:type='{p}PQ'"));
    format!(
        "<?xml version='1.0'?>{b}<{p}ClinicalDocument {declared}='urn:hl7-org:v3' xmlns:x='http://www.w3.org/2001/XMLSchema-instance'>{b}\
         <{p}id root='1.2' extension='{made_up}'/><{p}effectiveTime value='{made_up}'/>{b}<{p}setId root='{made_up}'/>\
         <{p}recordTarget><{p}patientRole><{p}id root='1.3' extension='7'/><{p}patient><{p}name><{p}family>{b}{family}{b}</{p}family></{p}name></{p}patient></{p}patientRole></{p}recordTarget>\
         <{p}author><{p}time value='{made_up}'/><{p}assignedAuthor><{p}assignedAuthoringDevice><{p}softwareName>{made_up}</{p}softwareName></{p}assignedAuthoringDevice></{p}assignedAuthor></{p}author>\
         <{p}legalAuthenticator><{p}time value='{made_up}'/></{p}legalAuthenticator>{b}\
         <{p}documentationOf><{p}serviceEvent><{p}effectiveTime><{p}low value='1970'/><{p}high value='{made_up}'/></{p}effectiveTime></{p}serviceEvent></{p}documentationOf>\
         <{p}relatedDocument><{p}parentDocument><{p}id root='{made_up}'/></{p}parentDocument></{p}relatedDocument>\
         <{p}component><{p}structuredBody>{b}<{p}component><{p}section>{b}<{p}code code='30954-2'/><{p}title>Results</{p}title>\
         <{p}text>{b}<{p}table>{rows}</{p}table></{p}text>{b}<!-- {made_up} --><?note {made_up}?>\
         <{p}entry><{p}observation><{p}id root='6F9619FF-8B86-D011-B42D-00C04FC964FF'/><{p}code code='{code}'><{p}originalText><{p}reference value='#{made_up}{row}'/></{p}originalText></{p}code>\
         <{p}value {value}/>{b}<{p}author><{p}time value='{written_at}'/></{p}author></{p}observation></{p}entry>{b}\
         </{p}section></{p}component></{p}structuredBody></{p}component></{p}ClinicalDocument>{b}"
    )
    .replace("6F9619FF-8B86-D011-B42D-00C04FC964FF", &format!("{:08x}-8b86-d011-b42d-00c04fc964ff", made_up.len()))
}

fn content() -> impl Strategy<Value = Content> {
    ("[a-z]{1,3}", "[0-9]{1,3}", "[0-9]{1,3}", "[a-z]{1,3}( [a-z]{1,3}){0,2}", "20[0-9]{2}", 0usize..3)
        .prop_map(|(family, code, value, text, written_at, row)| Content { family, code, value, text, written_at, row })
}

fn writing() -> impl Strategy<Value = Writing> {
    let blank = prop::sample::select(vec!["", " ", "\n\t", "\r\n", "<!-- c -->", " <?p i?>\n"]);
    let between = prop::sample::select(vec![" ", "\n", "  \t", " <!-- c -->", "&#32;", "<![CDATA[ ]]>"]);
    ("[a-z]{1,9}", prop::sample::select(vec!["", "h", "ns2"]), blank, between, any::<bool>()).prop_map(
        |(made_up, prefix, blank, between_words, is_turned)| Writing {
            made_up,
            prefix: prefix.into(),
            blank: blank.into(),
            between_words: between_words.into(),
            is_turned,
        },
    )
}

fn digests(text: &str) -> (ContentDigest, Vec<Digest>) {
    let flat = flatten(text.as_bytes());
    assert_eq!(digest(text.as_bytes()), flat.digest, "by itself it is the one beside the rows");
    (flat.digest.unwrap(), flat.sections.iter().map(|section| section.content_digest.unwrap()).collect())
}

proptest! {
    #[test]
    fn how_a_chart_is_written_and_what_is_made_up_leaves_every_digest(content in content(), one in writing(), other in writing()) {
        prop_assert_eq!(digests(&write(&content, &one)), digests(&write(&content, &other)));
    }

    #[test]
    fn what_a_chart_says_decides_it(one in content(), other in content(), writing in writing()) {
        let (a, b) = (digests(&write(&one, &writing)), digests(&write(&other, &writing)));
        prop_assert_eq!(a.0.whole == b.0.whole, one == other);
        prop_assert_eq!(a.0.outside == b.0.outside, one.family == other.family);
        prop_assert_eq!(a.1 == b.1, Content { family: String::new(), ..one } == Content { family: String::new(), ..other });
    }
}

fn of_body(body: &str) -> (ContentDigest, Vec<Digest>) {
    digests(&format!("<ClinicalDocument xmlns='urn:hl7-org:v3'><component>{body}</component></ClinicalDocument>"))
}

fn of_section(content: &str) -> Digest {
    of_body(&format!("<structuredBody><component><section>{content}</section></component></structuredBody>")).1[0]
}

#[test]
fn a_change_is_told_of_its_own_section_and_of_the_whole() {
    let nested = |inner: &str, more: &str| {
        of_body(&format!(
            "<structuredBody><component><section><title>Outer</title><component><section><title>{inner}</title></section></component>{more}\
             </section></component><component><section><title>Last</title></section></component></structuredBody>"
        ))
    };
    let (before, after) = (nested("Inner", ""), nested("Other", ""));
    assert_ne!(before.0.whole, after.0.whole);
    assert_eq!(before.0.outside, after.0.outside);
    assert_eq!((before.1[0], before.1[2]), (after.1[0], after.1[2]));
    assert_ne!(before.1[1], after.1[1]);
    // One more section changes none of the others, but the whole.
    let more = nested("Inner", "<component><section><title>More</title></section></component>");
    assert_eq!([more.1[0], more.1[1], more.1[3]], [before.1[0], before.1[1], before.1[2]]);
    assert_ne!(more.0.whole, before.0.whole);
    assert_eq!(more.0.outside, before.0.outside);
}

#[test]
fn where_a_section_lies_is_content_of_the_whole() {
    let (within, beside) = ("<section><component><section/></component></section>", "<section/><section/>");
    let of = |sections: &str| of_body(&format!("<structuredBody><component>{sections}</component></structuredBody>"));
    assert_eq!(of(within).1, of(beside).1);
    assert_ne!(of(within).0.whole, of(beside).0.whole);
}

#[test]
fn only_ids_that_are_made_up_are_left_out() {
    let id = |attributes: &str| of_section(&format!("<entry><act><id {attributes}/></act></entry>"));
    let uuid = "root='36e3e930-7b14-11db-9fe1-0800200c9a66'";
    assert_eq!(id(uuid), id("root='36E3E930-7B14-11DB-9FE1-0800200C9A67'"));
    assert_eq!(id(uuid), of_section("<entry><act/></entry>"));
    assert_eq!(id(uuid), id(&format!("{uuid} extension=' '")));
    assert_ne!(id(&format!("{uuid} extension='1'")), id(&format!("{uuid} extension='2'")));
    assert_ne!(id("root='1.2'"), id("root='1.3'"));
    assert_ne!(id("root='1.2'"), id(uuid));
}

#[test]
fn a_reference_that_is_no_pointer_is_content_and_one_to_nowhere_is_none() {
    let reference = |value: &str| of_section(&format!("<text><content ID='a'/></text><entry><reference value='{value}'/></entry>"));
    assert_ne!(reference("EUROPEAN"), reference("ASIAN"));
    assert_eq!(reference("#nowhere"), reference("#neither"));
    assert_ne!(reference("#nowhere"), reference("#a"));
}

#[test]
fn words_are_parted_or_not_as_they_stand() {
    let text = |text: &str| of_section(&format!("<text>{text}</text>"));
    assert_eq!(text(" a <b> c </b>"), text("a\n<b>c</b>\n"));
    assert_eq!(text("<b>a</b> <b>c</b>"), text("<b>a</b><b>c</b>"));
    assert_ne!(text("a b"), text("ab"));
    // 15 is not 1 5.
    assert_ne!(text("1<b>5</b>"), text("1 <b>5</b>"));
    assert_ne!(text("<b>1</b>5"), text("<b>1</b> 5"));
    // A blank that XML does not know is a character of the text.
    assert_ne!(text("a\u{a0}b"), text("a b"));
}

#[test]
fn a_body_that_is_no_xml_is_outside_of_all_sections() {
    let of = |text: &str| of_body(&format!("<nonXMLBody><text representation='B64'>{text}</text></nonXMLBody>")).0;
    assert_ne!(of("QQ=="), of("Qg=="));
    assert_ne!(of("QQ==").outside, of("Qg==").outside);
}

#[test]
fn sections_too_deep_for_rows_count_as_content_of_the_deepest_that_has_some() {
    let deep = |text: &str| {
        let depth = DEEPEST + 2;
        let sections = "<component><section>".repeat(depth) + text + &"</section></component>".repeat(depth);
        of_body(&format!("<structuredBody>{sections}</structuredBody>"))
    };
    let (one, other) = (deep("<title>a</title>"), deep("<title>b</title>"));
    assert_eq!(one.1.len(), DEEPEST);
    assert_eq!(one.1[..DEEPEST - 1], other.1[..DEEPEST - 1]);
    assert_ne!(one.1[DEEPEST - 1], other.1[DEEPEST - 1]);
    assert_ne!(one.0.whole, other.0.whole);
}

#[test]
fn labels_beyond_any_chart_cost_no_memory_and_point_nowhere() {
    let rows: String = (0..labels::MOST + 2).map(|row| format!("<br ID='{row}'/>")).collect();
    let pointing = |row: usize| of_section(&format!("<text>{rows}</text><entry><reference value='#{row}'/></entry>"));
    assert_ne!(pointing(0), pointing(labels::MOST - 1));
    assert_eq!(pointing(labels::MOST), pointing(labels::MOST + 1));
}
