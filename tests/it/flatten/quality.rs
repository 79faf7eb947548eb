//! `quality`: what is held, what was made of it, and how much of that can be counted by code and by date.

use std::fs;

use crate::harness::{Sandbox, call};

const PROBLEM: &str = "<templateId root='2.16.840.1.113883.10.20.22.4.4'/>";
const CODE: &str = "<value code='195967001' codeSystem='2.16.840.1.113883.6.96'/>";

/// Three problems in their section, one of them without a date and one without a code, a placeholder, and a diagnosis in a section without a table.
fn chart(mrn: &str) -> String {
    let problem = |attributes: &str, content: &str| format!("<entry><observation {attributes}>{PROBLEM}{content}</observation></entry>");
    let date = "<effectiveTime><low value='2019'/></effectiveTime>";
    let uncoded = "<value nullFlavor='UNK'><originalText>wheezing</originalText></value>";
    let problems = [
        problem("", &format!("{date}{CODE}")),
        problem("", CODE),
        problem("", &format!("{date}{uncoded}")),
        problem("negationInd='true'", "<value nullFlavor='NA'/>"),
        "<entry><act/></entry>".to_owned(),
    ];
    let section = |code: &str, entries: &str| format!("<component><section><code code='{code}'/>{entries}</section></component>");
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{mrn}\"/><effectiveTime value=\"20260301\"/><recordTarget><patientRole><id root=\"1.2.4\" extension=\"{mrn}\"/>\
         <patient><name><given>A</given><family>B{mrn}</family></name></patient></patientRole></recordTarget><component><structuredBody>{}{}\
         <component><section><title>Our own</title><entry/></section></component></structuredBody></component></ClinicalDocument>",
        section("11450-4", &problems.concat()),
        section("10157-6", &problem("", CODE))
    )
}

fn practice() -> (tempfile::TempDir, Sandbox) {
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("1.xml"), chart("1")).unwrap();
    fs::write(files.path().join("2.xml"), chart("2")).unwrap();
    let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    (files, sandbox)
}

fn quality(sandbox: &Sandbox, args: &[&str]) -> String {
    let job = sandbox.job();
    let ended = call(["quality".as_ref(), job.as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())));
    assert_eq!(ended.code(), 0, "{ended:#?}");
    ended.stdout
}

#[test]
fn each_domain_has_a_line_that_says_what_is_held_and_what_is_missing() {
    let (_files, sandbox) = practice();
    insta::assert_snapshot!("quality", quality(&sandbox, &[]));
    let lines: Vec<serde_json::Value> = serde_json::from_str(&quality(&sandbox, &["--output", "json"])).unwrap();
    let problems = lines.iter().find(|line| line["domain"] == "problems").unwrap();
    let counts = ["sections", "entries", "unknown_entries", "rows", "elsewhere", "coded", "dated", "placeholders"];
    assert_eq!(counts.map(|count| problems[count].as_i64().unwrap()), [2, 10, 2, 8, 2, 6, 4, 2]);
    assert_eq!(quality(&sandbox, &["--tenant", "TENANT_AA"]), quality(&sandbox, &[]));
    let job = sandbox.job();
    let nobody = call(["quality".as_ref(), job.as_os_str(), "--tenant".as_ref(), "nobody".as_ref()]);
    assert_eq!((nobody.code(), nobody.stdout.as_str()), (64, ""));
    assert!(nobody.stderr.contains("--tenant nobody: the database has no such tenant"), "{nobody:#?}");
}

#[test]
fn older_charts_count_only_when_they_are_asked_for() {
    let (files, sandbox) = practice();
    let rows = |args: &[&str]| {
        let lines: Vec<serde_json::Value> = serde_json::from_str(&quality(&sandbox, &[&["--output", "json"], args].concat())).unwrap();
        lines.iter().find(|line| line["domain"] == "problems").unwrap()["rows"].as_i64().unwrap()
    };
    // One chart changes, the other one says the same again and has no rows of its own.
    fs::write(files.path().join("2.xml"), chart("2").replacen("2019", "2020", 1)).unwrap();
    assert_eq!(sandbox.run(&["--again"]).code(), 0);
    assert_eq!((rows(&[]), rows(&["--all"])), (8, 12));
}
