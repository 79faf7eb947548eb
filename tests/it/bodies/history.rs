//! Versions of a chart: the newest is plain, the others are deltas, and every command has them all.

use super::Practice;

#[tokio::test]
async fn the_newest_is_plain_the_others_are_small_and_all_can_be_had() {
    let mut practice = Practice::new(3, "");
    for night in 0..6 {
        practice.pass(3, |patient| patient == 0 && night == 3).await;
    }
    let sandbox = &practice.sandbox;
    assert_eq!(sandbox.count("SELECT count(*) FROM bodies WHERE bytes IS NOT NULL AND zstd IS NULL AND base_id IS NULL").await, 3);
    let latest = "SELECT count(*) FROM latest_documents l JOIN bodies b ON b.id = l.body_id WHERE length(b.bytes) = b.length";
    assert_eq!(sandbox.count(latest).await, 3);
    // Each against the one that came after it.
    let chained = "SELECT count(*) FROM documents d JOIN bodies b ON b.id = d.body_id
                   JOIN documents n ON n.body_id = b.base_id AND n.patient_id = d.patient_id AND n.id > d.id
                   WHERE NOT EXISTS (SELECT 1 FROM documents m WHERE m.patient_id = d.patient_id AND m.id > d.id AND m.id < n.id)";
    assert_eq!(sandbox.count(chained).await, 15);
    assert_eq!(sandbox.count("SELECT count(*) FROM bodies WHERE length(zstd) > 500").await, 0);

    for (document, patient, night) in
        sandbox.ask("SELECT d.id, d.patient_id - 1, d.run_id - 1 FROM documents d").await.iter().map(|row| (&row[0], &row[1], &row[2]))
    {
        let told = practice.cat(document.parse().unwrap());
        let (patient, night): (usize, usize) = (patient.parse().unwrap(), night.parse().unwrap());
        assert!(told.code() == 0 && told.stdout == practice.nights[night][patient], "document {document}");
    }
    let dir = sandbox.path("files");
    let unpacked = crate::harness::call(["unpack", dir.to_str().unwrap(), "--job", sandbox.job().to_str().unwrap()]);
    assert_eq!(unpacked.code(), 0, "{unpacked:#?}");
    assert_eq!(practice.assert_unpacked(&dir), 18);
    let sound = practice.act("verify", &[]);
    assert!(sound.code() == 0 && sound.stdout.contains("is sound: 18 bodies"), "{sound:#?}");

    let rows = "SELECT document_id, path, text FROM sections ORDER BY 1, 2";
    let before = sandbox.ask(rows).await;
    let flattened = practice.act("flatten", &["--all"]);
    assert!(flattened.code() == 0 && flattened.stdout.contains("of 4 documents"), "{flattened:#?}");
    assert_eq!(sandbox.ask(rows).await, before);
    // The document of the first night, whose body is the last of the chain.
    let row = sandbox.ask("SELECT id FROM sections WHERE document_id = 1").await.concat().concat();
    let at = crate::harness::call(["cat", "--job", sandbox.job().to_str().unwrap(), "--at", &format!("sections:{row}")]);
    assert!(at.code() == 0 && at.stdout.contains("version 0"), "{at:#?}");

    let copy = sandbox.path("copy.sqlite");
    assert_eq!(practice.act("backup", &[copy.to_str().unwrap()]).code(), 0);
    let sound = crate::harness::call(["verify", "--database", copy.to_str().unwrap()]);
    assert!(sound.code() == 0 && sound.stdout.contains("18 bodies"), "{sound:#?}");
}

#[tokio::test]
async fn what_is_discarded_gives_its_place_to_the_one_before_which_is_plain_again() {
    let mut practice = Practice::new(2, "");
    for _ in 0..3 {
        practice.pass(2, |patient| patient == 0).await;
    }
    let discarded = crate::harness::call(["documents", "discard", "5", "--job", practice.sandbox.job().to_str().unwrap()]);
    assert_eq!(discarded.code(), 0, "{discarded:#?}");
    let plain = "SELECT CAST(b.bytes AS TEXT) FROM latest_documents l JOIN bodies b ON b.id = l.body_id ORDER BY l.patient_id";
    let night = |night: usize, patient: usize| practice.nights[night][patient].clone();
    let latest = practice.sandbox.ask(plain).await.concat();
    assert!(latest.contains(&night(1, 0)) || latest.contains(&night(1, 1)), "{}", latest.len());
    assert_eq!(practice.sandbox.count("SELECT count(*) FROM bodies WHERE bytes IS NULL").await, 3);
    for document in 1..=6 {
        assert_eq!(practice.cat(document).code(), 0, "document {document}");
    }
    practice.pass(2, |_| false).await;
    assert_eq!(practice.act("verify", &[]).code(), 0);
    // The two latest, and the one that was discarded.
    assert_eq!(practice.sandbox.count("SELECT count(*) FROM bodies WHERE bytes IS NOT NULL").await, 3);
}

#[tokio::test]
async fn a_chart_that_comes_again_as_it_was_once_is_plain_again() {
    let mut practice = Practice::new(1, "");
    practice.pass(1, |_| false).await;
    practice.pass(1, |_| true).await;
    let first = practice.nights[0].clone();
    std::fs::write(practice.charts.path().join(super::file(0)), &first[0]).unwrap();
    let end = crate::harness::run_here(&practice.sandbox.job(), &practice.clock, 7).await.unwrap();
    assert_eq!(end.exit_code as u8, 0);
    let bodies = practice.sandbox.ask("SELECT id, base_id, bytes IS NOT NULL FROM bodies ORDER BY id").await;
    assert_eq!(bodies, [["1", "", "1"], ["2", "1", "0"]]);
    assert_eq!(practice.cat(1).stdout, first[0]);
    assert_eq!(practice.cat(2).stdout, practice.nights[1][0]);
    assert_eq!(practice.act("verify", &[]).code(), 0);
}
