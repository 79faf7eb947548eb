//! How patients live, what is planned for them and what was written about them: the views over social history, the plan of treatment and the notes.

use std::fs;

use crate::harness::{Sandbox, call};

#[tokio::test]
async fn each_is_listed_once_however_often_charts_are_fetched_and_leads_back_to_its_element() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "12", "--seed", "3"]);
    for _ in 0..2 {
        assert_eq!(sandbox.run(&["--again"]).code(), 0);
    }
    let views = [
        ("latest_social_history", "social_history", "<observation"),
        ("smoking_status", "social_history", "<observation"),
        ("planned_care", "plan_of_treatment", "<"),
        ("clinical_notes", "notes", "<act"),
    ];
    for (view, table, element) in views {
        let listed = sandbox.count(&format!("SELECT count(*) FROM {view}")).await;
        assert_eq!(2 * listed, sandbox.count(&format!("SELECT count(*) FROM {view}_all")).await, "{view}");
        assert!(listed >= 12, "{listed} in {view}");
        let row = sandbox.ask(&format!("SELECT id, code FROM {table} LIMIT 1")).await.remove(0);
        let job = sandbox.job();
        let shown = call(["cat".as_ref(), "--at".as_ref(), format!("{table}:{}", row[0]).as_ref(), "--job".as_ref(), job.as_os_str()]);
        assert!(shown.stdout.starts_with(element) && shown.stdout.contains(&row[1]), "{shown:#?}");
    }
    assert_eq!(sandbox.count("SELECT count(DISTINCT patient_id) FROM smoking_status WHERE status <> 'other'").await, 12);
    // Each note leads to the encounter that it is about.
    let unknown = "SELECT count(*) FROM clinical_notes n JOIN document_headers h ON h.document_id = n.content_document_id
        WHERE n.encounter_id_root <> h.visit_id_root OR n.text IS NULL OR n.code <> '11506-3'";
    assert_eq!(sandbox.count(unknown).await, 0);
}

fn observation(root: &str, attributes: &str, content: &str) -> String {
    let template = format!("<templateId root=\"2.16.840.1.113883.10.20.22.{root}\"/>");
    format!("<entry><observation moodCode=\"EVN\" {attributes}>{template}{content}</observation></entry>")
}

fn section(code: &str, entries: &str) -> String {
    format!("<component><section><code code=\"{code}\"/><title>T{code}</title><text>told</text>{entries}</section></component>")
}

/// A sandbox with one patient, whose chart has these sections.
fn with_chart(sections: &str) -> (tempfile::TempDir, Sandbox) {
    let files = tempfile::tempdir().unwrap();
    let chart = format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><id root=\"1.2.3\"/><effectiveTime value=\"20260301\"/>
         <recordTarget><patientRole><id root=\"1.2.4\"/><patient><name><given>A</given><family>B</family></name></patient></patientRole></recordTarget>
         <component><structuredBody>{sections}</structuredBody></component></ClinicalDocument>"
    );
    fs::write(files.path().join("1.xml"), chart).unwrap();
    let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    (files, sandbox)
}

#[tokio::test]
async fn the_smoking_status_is_the_newest_that_is_stated() {
    let smoking = |attributes: &str, time: &str, value: &str| {
        let content = format!(
            "<code code=\"72166-2\" codeSystem=\"2.16.840.1.113883.6.1\"/><effectiveTime value=\"{time}\"/><value xsi:type=\"CD\" {value}/>"
        );
        observation("4.78", attributes, &content)
    };
    let alcohol = |time: &str, value: &str| {
        observation(
            "4.38",
            "",
            &format!("<code code=\"74013-4\"/><effectiveTime value=\"{time}\"/><value xsi:type=\"INT\" value=\"{value}\"/>"),
        )
    };
    let entries = [
        smoking("", "20260201", "code=\"8517006\""),
        smoking("", "2024", "code=\"449868002\""),
        smoking("", "20260301", "nullFlavor=\"UNK\""),
        smoking("negationInd=\"true\"", "20260302", "code=\"266919005\""),
        alcohol("20260101", "2"),
        alcohol("20250101", "3"),
        observation("4.38", "", "<code nullFlavor=\"NA\"><originalText>Rides a bicycle</originalText></code>"),
        observation("4.38", "", "<code nullFlavor=\"NA\"><originalText>Lives alone</originalText></code>"),
    ];
    let (_files, sandbox) = with_chart(&section("29762-2", &entries.concat()));
    assert_eq!(sandbox.ask("SELECT status, time FROM smoking_status").await, [["former", "2026-02-01"]]);
    assert_eq!(sandbox.ask("SELECT status FROM smoking_status_all ORDER BY time").await, [["every_day"], ["former"]]);
    let newest =
        sandbox.ask("SELECT kind, assertion, coalesce(value_num, value_code, display) FROM latest_social_history ORDER BY seq").await;
    let expected = [
        ["smoking_status", "absent", "266919005"],
        ["social_history", "present", "2.0"],
        ["social_history", "present", "Rides a bicycle"],
        ["social_history", "present", "Lives alone"],
    ];
    assert_eq!(newest, expected);
}

#[tokio::test]
async fn what_is_given_up_denied_done_or_only_paid_for_is_no_planned_care() {
    let act = |root: &str, mood: &str, attributes: &str, code: &str, status: &str| {
        format!(
            "<entry><act moodCode=\"{mood}\" {attributes}><templateId root=\"2.16.840.1.113883.10.20.22.{root}\"/><code code=\"{code}\"/>
             <statusCode code=\"{status}\"/></act></entry>"
        )
    };
    let entries = [
        act("4.39", "INT", "", "planned", "active"),
        act("4.39", "INT", "", "given up", "cancelled"),
        act("4.39", "INT", "negationInd=\"true\"", "denied", "active"),
        act("4.39", "EVN", "", "done", "completed"),
        act("4.129", "INT", "", "paid for", "active"),
        act("4.20", "INT", "", "told", "completed"),
    ];
    let (_files, sandbox) = with_chart(&section("18776-5", &entries.concat()));
    assert_eq!(sandbox.ask("SELECT code, kind FROM planned_care ORDER BY seq").await, [["planned", "act"], ["told", "instruction"]]);
    assert_eq!(sandbox.count("SELECT count(*) FROM plan_of_treatment").await, 6);
}

#[tokio::test]
async fn a_note_is_listed_with_its_text_or_with_the_size_of_what_the_document_holds() {
    let note = |text: &str| {
        format!(
            "<entry><act moodCode=\"EVN\"><templateId root=\"2.16.840.1.113883.10.20.22.4.202\"/><code code=\"34109-9\"/>{text}</act></entry>"
        )
    };
    let entries = [
        note("<text mediaType=\"text/plain\" representation=\"B64\">U2VlbiB0b2RheS4NCldlbGwu</text>"),
        note("<text mediaType=\"application/pdf\" representation=\"B64\">JVBERi0xLjQ=</text>"),
        note(""),
    ];
    let (_files, sandbox) = with_chart(&section("8648-8", &entries.concat()));
    let listed =
        sandbox.ask("SELECT coalesce(text, 'no text'), body_bytes, media_type, section, context FROM clinical_notes ORDER BY seq").await;
    let expected = [
        ["Seen today.\nWell.", "18", "text/plain", "T8648-8", "hospital_course"],
        ["no text", "8", "application/pdf", "T8648-8", "hospital_course"],
    ];
    assert_eq!(listed, expected);
    assert_eq!(sandbox.count("SELECT count(*) FROM notes WHERE assertion = 'no_information'").await, 1);
    // Its words are not those of the section's narrative.
    assert_eq!(sandbox.count("SELECT count(*) FROM sections_text WHERE sections_text MATCH 'today'").await, 0);
}
