//! Nothing is lost: each entry of a section gives rows or is kept as it stands, and `entry_coverage` counts both.

use std::fs;

use crate::harness::{Sandbox, call};

const ASTHMA: &str = "<observation><templateId root='2.16.840.1.113883.10.20.22.4.4'/><value code='195967001' codeSystem='2.16.840.1.113883.6.96'/></observation>";
const BROTHER: &str = "<entry><organizer classCode=\"CLUSTER\"><templateId root='2.16.840.1.113883.10.20.22.4.45'/><subject>&lt;brother&gt;</subject></organizer></entry>";

/// A chart with a problem in its own section and one in a health concern, and with what has no table yet.
fn chart() -> String {
    let concern = "<templateId root='2.16.840.1.113883.10.20.22.4.132'/>";
    let section = |code: &str, entries: &str| format!("<component><section><code code='{code}'/>{entries}</section></component>");
    let problems = section("11450-4", &format!("<entry>{ASTHMA}</entry><entry><act/></entry>"));
    let concerns = section("75310-3", &format!("<entry><act>{concern}<entryRelationship>{ASTHMA}</entryRelationship></act></entry>"));
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/><effectiveTime value=\"20260301\"/><recordTarget><patientRole><id root=\"1.2.4\" extension=\"7\"/>\
         <patient><name><given>A</given><family>B</family></name></patient></patientRole></recordTarget><component><structuredBody>\
         {problems}{concerns}{}</structuredBody></component></ClinicalDocument>",
        section("10157-6", &BROTHER.repeat(2))
    )
}

/// Sections whose counts differ from the rows that the tables of entries hold, whichever those are.
async fn miscounted(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let tables = "SELECT t.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'section_id'";
    let tables: Vec<String> = sandbox.ask(tables).await.concat();
    assert!(tables.len() > 7, "{tables:?}");
    let counts = tables.iter().filter(|table| *table != "unknown_entries");
    let rows: Vec<_> = counts.map(|table| format!("(SELECT count(*) FROM {table} x WHERE x.section_id = s.id)")).collect();
    let differing = format!(
        "SELECT s.id FROM sections s WHERE s.rows <> {} OR s.unknown_entries <> (SELECT count(*) FROM unknown_entries x WHERE x.section_id = s.id)",
        rows.join(" + ")
    );
    sandbox.ask(&differing).await
}

#[tokio::test]
async fn each_entry_gives_rows_or_is_kept_as_it_stands() {
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("1.xml"), chart()).unwrap();
    let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let coverage = "SELECT name, entries, known_entries, unknown_entries, rows FROM entry_coverage ORDER BY section_seq";
    assert_eq!(
        sandbox.ask(coverage).await,
        [["problems", "2", "1", "1", "1"], ["health_concerns", "1", "0", "1", "1"], ["family_history", "2", "0", "2", "0"]]
    );
    assert_eq!(miscounted(&sandbox).await, Vec::<Vec<String>>::new());
    let kept = sandbox.ask("SELECT id, raw, template_root, class FROM unknown_entries WHERE context = 'family_history' ORDER BY seq").await;
    assert_eq!(kept[1][1..], [BROTHER, "2.16.840.1.113883.10.20.22.4.45", "CLUSTER"]);
    let job = sandbox.job();
    let shown =
        call(["cat".as_ref(), "--at".as_ref(), format!("unknown_entries:{}", kept[1][0]).as_ref(), "--job".as_ref(), job.as_os_str()]);
    assert_eq!(shown.stdout, format!("{BROTHER}\n"), "{shown:#?}");
    let flattened = call(["flatten".as_ref(), job.as_os_str(), "--all".as_ref()]);
    assert_eq!(
        flattened.stdout.trim_end(),
        "3 sections and 2 rows of 1 document; 4 entries that no rule takes are kept as they stand, see unknown_entries"
    );
}

#[tokio::test]
async fn counts_are_those_of_the_tables_in_the_projects_own_documents() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "12", "--seed", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(miscounted(&sandbox).await, Vec::<Vec<String>>::new());
    assert!(sandbox.count("SELECT sum(rows) FROM sections").await > 100);
}

#[tokio::test]
async fn codes_say_which_system_they_are_of_and_whether_they_can_be() {
    let files = tempfile::tempdir().unwrap();
    let chart = chart().replacen("code='195967001'", "code='J45.909'", 1);
    fs::write(files.path().join("1.xml"), chart).unwrap();
    let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let codes = "SELECT c.code, c.system, c.system_oid, c.shape_conflict FROM codes c JOIN problems p USING (document_id, seq) ORDER BY 1";
    let snomed = "2.16.840.1.113883.6.96";
    assert_eq!(sandbox.ask(codes).await, [["195967001", "SNOMED CT", snomed, "0"], ["J45.909", "SNOMED CT", snomed, "1"]]);
}
