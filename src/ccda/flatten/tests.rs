//! Sections: their places, names and narratives, and what is left out.

use super::*;

const PROBLEMS: &str = "2.16.840.1.113883.10.20.22.2.5.1";

fn sections(body: &str) -> Vec<Section> {
    let flat = flatten(format!("<ClinicalDocument xmlns='urn:hl7-org:v3'><title>T</title><component><structuredBody>{body}</structuredBody></component></ClinicalDocument>").as_bytes());
    assert_eq!(flat.issues, []);
    flat.sections
}

#[test]
fn a_section_has_its_place_its_codes_and_its_own_narrative() {
    let body = format!(
        "<component><section><code code='1'/></section></component>
         <component><section nullFlavor='NI'>
           <templateId root='1.2.3'/><templateId root='{PROBLEMS}' extension='2015-08-01'/>
           <code code='11450-4' codeSystem='2.16.840.1.113883.6.1' displayName='Problem list'/><title>Problems &amp; more</title>
           <text>Asthma <paragraph>since May</paragraph></text>
           <entry><act><code code='CONC'/><text>not this</text></act></entry><entry/>
           <component><section><title>Inner</title><text>deep</text></section></component>
         </section></component>"
    );
    let sections = sections(&body);
    assert_eq!(sections.len(), 3);
    let told = &sections[1];
    assert_eq!((told.seq, told.parent_seq, told.depth, told.entries), (2, None, 1, 2));
    assert_eq!(told.path, "ClinicalDocument/component/structuredBody/component[2]/section");
    assert_eq!((told.name, told.code.as_deref(), told.display.as_deref()), (Some("problems"), Some("11450-4"), Some("Problem list")));
    assert_eq!((told.template_root.as_deref(), told.template_ext.as_deref()), (Some(PROBLEMS), Some("2015-08-01")));
    assert_eq!((told.templates.len(), told.null_flavor.as_deref()), (2, Some("NI")));
    assert_eq!((told.title.as_deref(), told.text.as_deref()), (Some("Problems & more"), Some("Asthma\nsince May")));
    let inner = &sections[2];
    assert_eq!((inner.seq, inner.parent_seq, inner.depth, inner.text.as_deref()), (3, Some(2), 2, Some("deep")));
    assert_eq!(inner.path, "ClinicalDocument/component/structuredBody/component[2]/section/component/section");
}

#[test]
fn a_code_names_a_section_that_no_template_does_and_a_template_wins_over_a_code() {
    let section = |content: &str| sections(&format!("<component><section>{content}</section></component>")).remove(0).name;
    assert_eq!(section("<code code='48765-2'/>"), Some("allergies"));
    assert_eq!(section("<templateId root='9.9'/><code code='48765-2'/>"), Some("allergies"));
    assert_eq!(section(&format!("<code code='48765-2'/><templateId root='{PROBLEMS}'/>")), Some("problems"));
    assert_eq!(section(&format!("<templateId root='{PROBLEMS}'/><code code='48765-2'/>")), Some("problems"));
    assert_eq!(section("<code nullFlavor='UNK'/>"), None);
}

#[test]
fn what_is_deeper_than_any_chart_is_left_out_and_said() {
    let nested = "<component><section><text>x</text>".repeat(DEEPEST + 2) + &"</section></component>".repeat(DEEPEST + 2);
    let body = format!(
        "<ClinicalDocument xmlns='urn:hl7-org:v3'><component><structuredBody>{nested}<component><section/></component></structuredBody></component></ClinicalDocument>"
    );
    let flat = flatten(body.as_bytes());
    assert_eq!(flat.sections.len(), DEEPEST + 1, "and what comes after it is read");
    let reasons: Vec<_> = flat.issues.iter().map(|issue| issue.reason).collect();
    assert_eq!(reasons, [IssueReason::TooDeep]);
}

#[test]
fn a_narrative_that_no_chart_has_is_cut_and_said() {
    let text = "<br/>x".repeat(120_000);
    let body = format!(
        "<ClinicalDocument xmlns='urn:hl7-org:v3'><component><structuredBody><component><section><text>{text}</text></section></component></structuredBody></component></ClinicalDocument>"
    );
    let flat = flatten(body.as_bytes());
    assert_eq!(
        flat.issues,
        [Issue { path: "ClinicalDocument/component/structuredBody/component/section/text".into(), reason: IssueReason::TooLarge }]
    );
    assert!(flat.sections[0].text.as_ref().unwrap().len() > 100_000);
}
