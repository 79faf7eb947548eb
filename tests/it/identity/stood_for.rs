//! The document whose rows stand for later ones is discarded, mixed up, pruned or forgotten.

use super::{
    Practice, chart,
    unchanged::{STOOD_FOR, ann},
};

/// A document of the first night, and as many that say the same.
async fn nights(more: usize) -> Practice {
    let practice = Practice::of(&[ann(2, 3)]);
    for _ in 0..=more {
        practice.serve(0, ann(2, 3));
        assert_eq!(practice.night().code(), 0);
    }
    practice
}

#[tokio::test]
async fn the_oldest_of_those_that_remain_takes_the_rows_of_one_that_is_discarded() {
    let practice = nights(3).await;
    let rows =
        "SELECT s.seq, s.path, s.code, s.entries, hex(s.content_digest) FROM latest_sections l JOIN sections s ON s.id = l.section_id
                ORDER BY s.seq";
    let before = practice.lines(rows).await;
    assert_eq!(practice.call(&["documents", "discard", "1"]).code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 discarded 1 0", "2 accepted 2 2", "3 unchanged 2 0", "4 unchanged 2 0"]);
    assert_eq!(practice.lines(rows).await, before);
    assert_eq!(practice.lines("SELECT id FROM documents WHERE content_digest IS NOT NULL").await, ["2"]);
    practice.is_sound();
    // The next one is recognised by what was handed over.
    practice.serve(0, ann(2, 3));
    assert_eq!(practice.night().json()["total"]["unchanged"], 1);
    // Two at once, one of which would have been next.
    assert_eq!(practice.call(&["documents", "discard", "2", "3"]).code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await[1..], ["2 discarded 2 0", "3 discarded 3 0", "4 accepted 4 2", "5 unchanged 4 0"]);
    practice.is_sound();
    // Taken back, it has rows of its own, made of its bytes.
    assert_eq!(practice.call(&["documents", "accept", "1"]).code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await[0], "1 accepted 1 2");
    assert_eq!(practice.lines(rows).await, before);
    practice.is_sound();
}

#[tokio::test]
async fn one_that_is_unchanged_can_be_discarded_and_taken_back() {
    let practice = nights(2).await;
    assert_eq!(practice.call(&["documents", "discard", "2"]).code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 accepted 1 2", "2 discarded 2 0", "3 unchanged 1 0"]);
    practice.is_sound();
    assert_eq!(practice.call(&["documents", "accept", "2"]).code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 accepted 1 2", "2 accepted 2 2", "3 unchanged 1 0"]);
    practice.is_sound();
    // All of them: nobody is left to take the rows.
    assert_eq!(practice.call(&["documents", "discard", "1", "2", "3"]).code(), 0);
    assert_eq!(practice.lines("SELECT count(*) FROM sections").await, ["0"]);
    practice.is_sound();
    practice.serve(0, ann(2, 3));
    assert_eq!(practice.night().json()["total"]["unchanged"], 0, "compared with what was discarded");
}

#[tokio::test]
async fn fault_76_one_that_was_unchanged_and_is_mixed_up_stands_for_itself_again() {
    let own: Vec<_> = (0..4).map(|n| chart(&format!("MRN{n}"), &format!("Family{n}"), &format!("19{n}00102"), "")).collect();
    let practice = Practice::of(&own);
    assert_eq!(practice.night().code(), 0);
    for patient in 0..3 {
        practice.serve(patient, &own[0]);
    }
    assert_eq!(practice.night().code(), 76);
    let of_the_first = "SELECT id, status, content_document_id, content_digest IS NULL FROM documents WHERE patient_id = 1 ORDER BY id";
    assert_eq!(practice.lines(of_the_first).await, ["1 accepted 1 0", "5 quarantined 5 1"]);
    assert_eq!(practice.latest().await[0], "1");
    practice.is_sound();
}

#[tokio::test]
async fn a_body_that_was_let_go_is_made_good_by_those_that_say_the_same() {
    let practice = nights(2).await;
    practice.sandbox.edit("job.toml", "deadline = ", "keep_versions = 1\ndeadline = ");
    assert_eq!(practice.act(&["prune"]).code(), 0);
    assert_eq!(practice.lines("SELECT id FROM documents WHERE body_id IS NOT NULL").await, ["3"]);
    practice.is_sound();
    let row = practice.lines("SELECT min(id) FROM sections WHERE document_id = 1").await.remove(0);
    let shown = practice.call(&["cat", "--at", &format!("sections:{row}")]);
    assert!(shown.code() == 0 && shown.stdout.starts_with("<section>"), "{shown:#?}");
    // But the document itself is not printed from another one's bytes.
    assert_eq!(practice.call(&["cat", "1"]).code(), 64);
    practice.change("UPDATE documents SET rules_version = 0 WHERE id = 1").await;
    let flattened = practice.act(&["flatten"]);
    assert!(flattened.stdout.contains("of 1 document") && !flattened.stdout.contains("without bytes"), "{flattened:#?}");
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 accepted 1 2", "2 unchanged 1 0", "3 unchanged 1 0"]);
    // Who takes the rows may have no bytes either.
    assert_eq!(practice.call(&["documents", "discard", "1"]).code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await[1..], ["2 accepted 2 2", "3 unchanged 2 0"]);
    practice.is_sound();
}

#[tokio::test]
async fn who_is_forgotten_leaves_none_of_them() {
    let practice = nights(2).await;
    assert_eq!(practice.act(&["forget", "--patient", "1", "--yes"]).code(), 0);
    assert_eq!(practice.lines("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM sections)").await, ["0 0"]);
    practice.is_sound();
}

#[tokio::test]
async fn verify_finds_what_cannot_be() {
    for (sql, words) in [
        ("UPDATE documents SET status = 'accepted' WHERE id = 2", "stood for by another one and not unchanged: row 2"),
        ("UPDATE documents SET content_document_id = 2 WHERE id = 2", "stood for by one that does not stand for itself"),
        ("UPDATE documents SET content_document_id = 2 WHERE id = 3", "stood for by one that does not stand for itself"),
        ("UPDATE documents SET window_start = '2024-01-01', window_end = '2024-01-01' WHERE id = 1", "of another window"),
        ("UPDATE documents SET fetched_at = fetched_at + 86400000 WHERE id = 1", "or younger: row 2, 3"),
        ("UPDATE documents SET rules_version = NULL WHERE id = 1", "stood for by one without rows or digest: row 2, 3"),
        ("UPDATE sections SET document_id = 2 WHERE seq = 1", "although it is unchanged, kept apart or discarded: row 2"),
        ("UPDATE documents SET digest_rules = NULL WHERE id = 1", "half of its digests: row 1"),
    ] {
        let practice = nights(2).await;
        practice.change(sql).await;
        let ended = practice.act(&["verify"]);
        assert!(ended.code() == 74 && ended.stdout.contains(words), "{words}: {ended:#?}");
    }
}
