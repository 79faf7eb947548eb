//! `documents`, `cat`, and what an operator decides: once, on record, and remembered by later nights.

use super::{Practice, chart};

/// Two nights: in the second one the first of two patients got another person's chart, document 3.
async fn kept_apart() -> Practice {
    let practice = Practice::of(&[chart("7", "Miller", "19700102", ""), chart("8", "Smith", "19800102", "")]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, chart("9", "Jones", "19900102", ""));
    assert_eq!(practice.night().code(), 1);
    assert_eq!(practice.lines("SELECT id FROM documents WHERE status = 'quarantined'").await, ["3"]);
    practice
}

#[tokio::test]
async fn an_accepted_person_is_the_patient_from_then_on() {
    let practice = kept_apart().await;
    let ended = practice.call(&["documents", "accept", "3"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stdout.contains("1 document is accepted"), "{ended:#?}");
    assert_eq!(practice.fetches().await, ["done -", "done -"]);
    assert_eq!(practice.latest().await, ["3", "4"]);
    assert_eq!(practice.lines("SELECT what, target FROM operations").await, ["accept documents 3"]);
    practice.is_sound();
    practice.serve(0, chart("9", "Jones", "19900102", ""));
    assert_eq!(practice.night().code(), 0);
    practice.is_sound();
}

#[tokio::test]
async fn a_discarded_person_is_discarded_again_without_a_question() {
    let practice = kept_apart().await;
    // The same person once more, so that one decision is about two documents.
    practice.serve(0, chart("9", "Jones", "19900102", ""));
    assert_eq!(practice.night().code(), 1);
    let ended = practice.call(&["documents", "discard", "3"]);
    assert!(ended.stdout.contains("2 documents are discarded"), "{ended:#?}");
    assert_eq!(practice.fetches().await, ["dead discarded", "done -"]);
    practice.serve(0, chart("9", "Jones-Smith", "19900102", ""));
    assert_eq!(practice.night().code(), 1);
    assert_eq!(practice.fetches().await, ["dead discarded", "done -"]);
    let of_the_first = "SELECT status FROM documents WHERE patient_id = 1 ORDER BY id";
    assert_eq!(practice.lines(of_the_first).await, ["accepted", "discarded", "discarded", "discarded"]);
    assert_eq!(practice.latest().await[0], "1");
    practice.is_sound();
    practice.serve(0, chart("7", "Miller", "19700102", ""));
    assert_eq!(practice.night().code(), 0);
    // A mistake can be taken back.
    assert_eq!(practice.call(&["documents", "accept", "3"]).code(), 0);
    assert_eq!(practice.lines("SELECT status FROM documents WHERE id = 3").await, ["accepted"]);
    practice.is_sound();
}

#[tokio::test]
async fn an_accepted_document_can_be_discarded_and_is_never_compared_with() {
    let practice = Practice::of(&[chart("7", "Miller", "19700102", "")]);
    assert_eq!(practice.night().code(), 0);
    let ended = practice.call(&["documents", "discard", "1"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(practice.fetches().await, ["dead discarded"]);
    assert_eq!(practice.latest().await.len(), 0);
    practice.is_sound();
    practice.serve(0, chart("9", "Jones", "19900102", ""));
    let ended = practice.night();
    assert_eq!(ended.code(), 0, "compared with what was discarded: {ended:#?}");
    practice.is_sound();
}

#[tokio::test]
async fn where_retention_let_the_one_before_go_discarding_the_newest_is_no_damage() {
    let practice = Practice::of(&[chart("7", "Miller", "19700102", "")]);
    practice.sandbox.edit("job.toml", "deadline = ", "keep_versions = 1\ndeadline = ");
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, chart("7", "Miller", "19700102", ""));
    assert_eq!(practice.night().code(), 0);
    assert_eq!(practice.call(&["documents", "discard", "2"]).code(), 0);
    assert_eq!(practice.latest().await, ["1"]);
    practice.is_sound();
    let printed = practice.call(&["cat", "1"]);
    assert!(printed.code() == 64 && printed.stderr.contains("retention let them go"), "{printed:#?}");
}

#[tokio::test]
async fn many_are_decided_by_run_tenant_or_reason_and_only_those_that_wait() {
    let practice = kept_apart().await;
    for args in [["--run", "1"], ["--reason", "mixed_up"], ["--tenant", "TENANT_XX"]] {
        let ended = practice.call(&[&["documents", "discard"], &args[..]].concat());
        assert_eq!((ended.code(), ended.stdout.trim()), (0, "no document fits; nothing was changed"), "{ended:#?}");
    }
    assert_eq!(practice.lines("SELECT count(*) FROM operations").await, ["0"]);
    let ended = practice.call(&["documents", "discard", "--run", "2", "--reason", "identity_mismatch"]);
    assert!(ended.stdout.contains("1 document is discarded"), "{ended:#?}");
    let ended = practice.call(&["documents", "discard", "--run", "2", "--status", "unchanged"]);
    assert!(ended.stdout.contains("1 document is discarded"), "{ended:#?}");
    assert_eq!(practice.documents().await, ["accepted -", "accepted -", "discarded identity_mismatch", "discarded -"]);
    practice.is_sound();
}

#[tokio::test]
async fn what_cannot_be_decided_is_said_and_nothing_is_done_to_the_others() {
    let practice = kept_apart().await;
    for (ids, words) in [(["3", "4711"], "there is no document 4711"), (["3", "1"], "document 1 is accepted already")] {
        let ended = practice.call(&[&["documents", "accept"], &ids[..]].concat());
        assert_eq!(ended.code(), 64, "{ended:#?}");
        assert!(ended.stderr.contains(words), "{ended:#?}");
    }
    assert_eq!(practice.lines("SELECT count(*) FROM operations").await, ["0"]);
    assert_eq!(practice.call(&["documents", "accept"]).code(), 64);
    assert_eq!(practice.fetches().await[0], "quarantined identity_mismatch");
}

#[tokio::test]
async fn documents_are_listed_without_a_name_and_one_is_printed_byte_for_byte() {
    let practice = kept_apart().await;
    let all = practice.call(&["documents", "--output", "json"]).json();
    let ids: Vec<_> = all.as_array().unwrap().iter().map(|document| document["document"].as_i64().unwrap()).collect();
    assert_eq!(ids, [4, 3, 2, 1]);
    for (args, expected) in [
        (&["--status", "quarantined"][..], "3"),
        (&["--patient", "1", "--run", "1"], "1"),
        (&["--reason", "identity_mismatch"], "3"),
        (&["--limit", "1"], "4"),
    ] {
        let listed = practice.call(&[&["documents"], args].concat());
        let first = listed.stdout.lines().nth(1).unwrap_or_else(|| panic!("{listed:#?}"));
        assert_eq!(first.split_whitespace().next(), Some(expected), "{args:?}: {listed:#?}");
        assert!(!["Jones", "Miller", "19900102"].iter().any(|name| listed.stdout.contains(name)), "{listed:#?}");
    }
    assert!(practice.call(&["documents", "--limit", "1"]).stdout.contains("and older ones"));
    assert_eq!(practice.call(&["documents", "--status", "shrunk"]).stdout.trim(), "no document fits");
    let printed = practice.call(&["cat", "3"]).stdout;
    assert_eq!(printed, std::fs::read_to_string(practice.files.path().join("00.xml")).unwrap());
    let unknown = practice.call(&["cat", "4711"]);
    assert_eq!(unknown.code(), 64);
    assert!(unknown.stderr.contains("there is no document 4711"), "{unknown:#?}");
}
