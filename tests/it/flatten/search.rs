//! Full-text search over narratives, and that what is forgotten is not found any more.

use std::fs;

use super::check_index;
use crate::harness::{Sandbox, call};

/// A chart of somebody with a section of this title and narrative.
fn chart(mrn: &str, title: &str, text: &str) -> String {
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{mrn}\"/><effectiveTime value=\"20260301\"/><recordTarget>\
         <patientRole><id root=\"1.2.4\" extension=\"{mrn}\"/><patient><name><given>A</given><family>B{mrn}</family></name></patient></patientRole>\
         </recordTarget><component><structuredBody><component><section><title>{title}</title><text>{text}</text></section></component>\
         </structuredBody></component></ClinicalDocument>"
    )
}

fn practice() -> (tempfile::TempDir, Sandbox) {
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("1.xml"), chart("1", "Problems", "<list><item>Asthme aigu sévère</item><item>none else</item></list>"))
        .unwrap();
    fs::write(files.path().join("2.xml"), chart("2", "Medications", "<table><tr><td>Metformin</td><td>500 mg</td></tr></table>")).unwrap();
    let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    (files, sandbox)
}

#[tokio::test]
async fn words_are_found_with_the_text_around_them() {
    let (_files, sandbox) = practice();
    let found = |word: &str| {
        format!(
            "SELECT l.title, snippet(sections_text, 1, '[', ']', '…', 8) FROM sections_text JOIN latest_sections l ON l.section_id = sections_text.rowid
             WHERE sections_text MATCH '{word}'"
        )
    };
    assert_eq!(sandbox.ask(&found("metformin")).await, [["Medications", "[Metformin] | 500 mg"]]);
    assert_eq!(sandbox.ask(&found("severe")).await, [["Problems", "Asthme aigu [sévère]\nnone else"]], "accents are no hindrance");
    assert_eq!(sandbox.ask(&found("title:problems")).await.len(), 1);
    assert_eq!(sandbox.ask(&found("insulin")).await, Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn who_is_forgotten_is_found_no_more_and_leaves_no_word_in_any_file() {
    let (_files, sandbox) = practice();
    let files = || {
        let all = fs::read_dir(sandbox.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let database = all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("export.sqlite"));
        database.map(|path| fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    // In the index a word stands cut into what it has of its own: its beginning may be that of the word before it.
    let stands =
        |word: &str| files().iter().any(|file| file.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes())));
    assert!(stands("etformin"));
    let patient = sandbox.count("SELECT patient_id FROM latest_sections WHERE title = 'Medications'").await.to_string();
    let job = sandbox.job();
    let ended = call(["forget".as_ref(), job.as_os_str(), "--patient".as_ref(), patient.as_ref(), "--yes".as_ref()]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM sections WHERE title = 'Medications'").await, 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM sections_text WHERE sections_text MATCH 'metformin'").await, 0);
    assert!(!stands("etformin"));
    assert!(stands("asthme"));
    check_index(&sandbox).await;
}
