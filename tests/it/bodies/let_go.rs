//! Bodies that go: what is made from them stays, and nothing of what was forgotten stays in a delta.

use super::Practice;

fn pruned(practice: &Practice, keep: u32) {
    let name = "job.toml";
    practice.sandbox.edit(name, "database = ", &format!("keep_versions = {keep}\ndatabase = "));
    let pruned = practice.act("prune", &[]);
    assert_eq!(pruned.code(), 0, "{pruned:#?}");
}

#[tokio::test]
async fn retention_ends_the_oldest_and_the_others_can_be_had() {
    let mut practice = Practice::new(2, "");
    for _ in 0..6 {
        practice.pass(2, |_| false).await;
    }
    pruned(&practice, 3);
    let left = practice.sandbox.ask("SELECT id, patient_id - 1, run_id - 1 FROM documents WHERE body_id IS NOT NULL").await;
    assert_eq!(left.len(), 6);
    for row in left {
        let (patient, night): (usize, usize) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        assert!(night >= 3 && practice.cat(row[0].parse().unwrap()).stdout == practice.nights[night][patient]);
    }
    assert_eq!(practice.sandbox.count("SELECT count(*) FROM bodies").await, 6);
    assert_eq!(practice.act("verify", &[]).code(), 0);
}

#[tokio::test]
async fn one_in_the_middle_that_goes_hands_on_those_that_are_made_from_it() {
    let mut practice = Practice::new(1, "");
    for _ in 0..5 {
        practice.pass(1, |_| false).await;
    }
    // What an operator has to decide about stays, and so it is made from a newer one when those between go.
    practice.change("UPDATE documents SET status = 'quarantined', reason = 'identity_mismatch' WHERE id = 2").await;
    pruned(&practice, 1);
    let bodies = practice.sandbox.ask("SELECT id, base_id FROM bodies ORDER BY id").await;
    assert_eq!(bodies, [["2", "5"], ["5", ""]]);
    assert_eq!(practice.cat(2).stdout, practice.nights[1][0]);
    let verified = practice.act("verify", &[]);
    assert!(!verified.stdout.contains("body "), "{verified:#?}");
}

#[tokio::test]
async fn whoever_is_forgotten_leaves_no_byte_in_a_delta_and_takes_nobody_elses_body_with_them() {
    let mut practice = Practice::new(2, "");
    for _ in 0..4 {
        practice.pass(2, |_| true).await;
    }
    // As if the newest body of the first patient had come for both, and the older ones of the second were made from it.
    let whose = practice.sandbox.ask("SELECT d.id, d.patient_id FROM documents d ORDER BY d.patient_id, d.id").await;
    assert_eq!(whose.len(), 8);
    let forgotten = practice.act("forget", &["--patient", "1", "--yes"]);
    assert_eq!(forgotten.code(), 0, "{forgotten:#?}");
    let left = practice.sandbox.ask("SELECT id, patient_id - 1, run_id - 1 FROM documents").await;
    assert_eq!(left.len(), 4);
    for row in left {
        let (patient, night): (usize, usize) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        assert_eq!(practice.cat(row[0].parse().unwrap()).stdout, practice.nights[night][patient]);
    }
    assert_eq!(practice.act("verify", &[]).code(), 0);
    // Ids stand only in the deltas of the older ones, and plain in the newest.
    let file = std::fs::read(practice.database()).unwrap();
    let contains = |needle: &str| file.windows(needle.len()).any(|window| window == needle.as_bytes());
    for night in 0..4 {
        let id = |patient: usize| {
            let (_, rest) = practice.nights[night][patient].split_once("<id root=\"").unwrap();
            rest.split_once('"').unwrap().0.to_owned()
        };
        assert!(!contains(&id(0)), "night {night}");
        assert!(contains(&id(1)), "the test cannot see an id of night {night}");
    }
}
