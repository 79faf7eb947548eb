//! Another person's chart under a patient's token is kept apart and never shown as the patient's.

use super::{Practice, chart};

#[tokio::test]
async fn fault_41_another_patients_document_than_last_time_is_quarantined_and_not_the_latest() {
    let practice = Practice::of(&[chart("7", "Miller", "19700102", ""), chart("8", "Smith", "19800102", "")]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, chart("9", "Jones", "19900102", ""));
    let ended = practice.night();
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!(ended.json()["total"]["quarantined"], 1);
    assert_eq!(practice.documents().await, ["accepted -", "accepted -", "quarantined identity_mismatch", "unchanged -"]);
    assert_eq!(practice.fetches().await, ["quarantined identity_mismatch", "done -"]);
    assert_eq!(practice.latest().await, ["1", "4"]);
    assert_eq!(practice.lines("SELECT state, reason FROM failing").await, ["quarantined identity_mismatch"]);
    let attempts = "SELECT outcome, reason FROM attempts WHERE reason IS NOT NULL";
    assert_eq!(practice.lines(attempts).await, ["permanent identity_mismatch"]);
    let status = practice.sandbox.path("job.toml");
    let status = crate::harness::call(["status".as_ref(), status.as_os_str()]);
    assert_eq!(status.code(), 1);
    assert!(status.stdout.contains("1 quarantined, identity_mismatch") && status.stdout.contains("accept or discard"), "{status:#?}");
    for name in ["Jones", "Miller", "19900102"] {
        assert!(!ended.stderr.contains(name) && !ended.stdout.contains(name) && !status.stdout.contains(name), "{name} is told");
    }
    // The right person's chart is compared with hers and not with the other one's.
    practice.serve(0, chart("7", "Miller", "19700102", ""));
    assert_eq!(practice.night().code(), 0);
    practice.is_sound();
}

#[tokio::test]
async fn a_new_record_number_a_marriage_and_a_chart_without_a_person_are_no_mismatch() {
    let practice = Practice::of(&[chart("7", "Miller", "19700102", "")]);
    assert_eq!(practice.night().code(), 0);
    let nobody = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>nobody is named</title></ClinicalDocument>".to_owned();
    for now in [chart("8", "Miller", "197001021530", ""), chart("8", "Smith", "19700102", ""), nobody] {
        practice.serve(0, now);
        let ended = practice.night();
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
    assert_eq!(practice.documents().await, vec!["accepted -"; 4]);
    practice.is_sound();
}

#[tokio::test]
async fn a_masked_number_that_two_share_makes_nobody_the_same_person() {
    // Every chart of these tests has the same masked social security number.
    let practice = Practice::of(&[chart("7", "Miller", "19700102", "")]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, chart("UNK", "Jones", "19700102", ""));
    assert_eq!(practice.night().code(), 1);
    assert_eq!(practice.fetches().await, ["quarantined identity_mismatch"]);
}

#[tokio::test]
async fn a_roster_that_states_another_number_or_birth_date_keeps_the_first_chart_apart() {
    let practice =
        Practice::of(&[chart("0042", "Miller", "19700102", ""), chart("43", "Smith", "19800102", ""), chart("44", "Jones", "1990", "")]);
    let roster = practice.sandbox.patients();
    let header = std::fs::read_to_string(practice.sandbox.path("patients.csv")).unwrap().lines().next().unwrap().to_owned();
    assert!(!header.contains("mrn"), "{header}");
    let lines: Vec<String> =
        roster.iter().zip(["42,1970-01-02", "43,1980-01-03", "45,"]).map(|(line, stated)| format!("{line},{stated}\n")).collect();
    std::fs::write(practice.sandbox.path("patients.csv"), format!("{header},mrn,birth_date\n{}", lines.concat())).unwrap();
    assert_eq!(practice.night().code(), 1);
    assert_eq!(practice.fetches().await, ["done -", "quarantined identity_mismatch", "quarantined identity_mismatch"]);
    assert_eq!(practice.latest().await, ["1"]);
    // Corrected in the roster, both are believed.
    let corrected: Vec<String> =
        roster.iter().zip(["42,1970-01-02", "43,1980-01-02", "44,"]).map(|(line, stated)| format!("{line},{stated}\n")).collect();
    std::fs::write(practice.sandbox.path("patients.csv"), format!("{header},mrn,birth_date\n{}", corrected.concat())).unwrap();
    assert_eq!(practice.night().code(), 0);
    practice.is_sound();
}

#[tokio::test]
async fn a_birth_date_in_the_roster_that_is_none_is_a_mistake_with_its_line() {
    let practice = Practice::of(&[chart("7", "Miller", "19700102", "")]);
    let line = practice.sandbox.patients().remove(0);
    let header = std::fs::read_to_string(practice.sandbox.path("patients.csv")).unwrap().lines().next().unwrap().to_owned();
    std::fs::write(practice.sandbox.path("patients.csv"), format!("{header},birth_date\n{line},02/01/1970\n")).unwrap();
    let ended = practice.night();
    assert_eq!(ended.code(), 65, "{ended:#?}");
    assert!(ended.stderr.contains("patients.csv:2: birth_date: holds no date; expected YYYY-MM-DD"), "{ended:#?}");
    assert!(!ended.stderr.contains("1970"), "{ended:#?}");
}

#[tokio::test]
async fn two_tokens_of_the_same_person_are_said_and_no_error() {
    let practice = Practice::of(&[chart("7", "Miller", "19700102", ""), chart("7", "Miller", "19700102", "")]);
    let ended = practice.sandbox.run(&["--log-level", "info"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stderr.contains("two patients of the tenant have charts of the same person"), "{ended:#?}");
    assert_eq!(practice.lines("SELECT patient_id, other_patient_id FROM same_person").await, ["1 2"]);
}

#[tokio::test]
async fn fault_41_charts_that_are_all_somebody_elses_rest_the_account_and_the_next_night_files_the_right_ones() {
    let own: Vec<_> = (0..25).map(|patient| chart(&format!("MRN{patient}"), &format!("Family{patient}"), "19700102", "")).collect();
    let practice = Practice::of(&own);
    assert_eq!(practice.night().code(), 0);
    // A list that is shifted by a line.
    (0..25).for_each(|patient| practice.serve(patient, &own[(patient + 1) % 25]));
    let ended = practice.night();
    assert_eq!(ended.code(), 76, "{ended:#?}");
    assert_eq!(practice.lines("SELECT state, state_reason FROM accounts").await, ["resting identity_mismatch"]);
    let uncounted = "SELECT count(*), max(attempts) FROM fetches WHERE state = 'waiting' AND reason = 'identity_mismatch'";
    assert_eq!(practice.lines(uncounted).await, ["20 0"]);
    assert_eq!(practice.lines("SELECT count(*) FROM documents WHERE status = 'quarantined'").await, ["20"]);
    practice.is_sound();
    (0..25).for_each(|patient| practice.serve(patient, &own[patient]));
    assert_eq!(practice.night().code(), 0);
    let latest = "SELECT count(*) FROM latest_documents l WHERE l.mrn_extension = 'MRN' || (l.patient_id - 1)";
    assert_eq!(practice.lines(latest).await, ["25"]);
    practice.is_sound();
}
