//! A body that cannot be had is found, and named with what is lost with it, by everything that wants its bytes.

use super::Practice;
use crate::harness::call;

/// What was done to the chain of bodies 1 to 5, which one is told of and how, what is lost with it, and the documents that can still be had.
const DAMAGES: [(&str, &str, &str, &[i64]); 8] = [
    ("UPDATE bodies SET zstd = substr(zstd, 1, 20) WHERE id = 3", "body 3: its delta against body 4 is damaged", "body 1, 2", &[4, 5]),
    (
        "UPDATE bodies SET zstd = (SELECT zstd FROM bodies WHERE id = 1) WHERE id = 3",
        "body 3: its delta against body 4 is damaged",
        "body 1, 2",
        &[4, 5],
    ),
    ("UPDATE bodies SET sha256 = zeroblob(32) WHERE id = 2", "body 2: its delta against body 3 is damaged", "body 1", &[3, 4, 5]),
    ("UPDATE bodies SET zstd = NULL WHERE id = 4", "body 4: its bytes are missing", "body 1, 2, 3", &[5]),
    (
        "UPDATE bodies SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Abbot', 'Abbut') AS BLOB) WHERE id = 5",
        "body 5: its bytes are not those that were stored (SHA-256)",
        "body 1, 2, 3, 4",
        &[],
    ),
    ("DELETE FROM bodies WHERE id = 4", "body 3: is a delta against body 4, which does not exist", "body 1, 2", &[5]),
    (
        "UPDATE bodies SET base_id = 1 WHERE id = 3",
        "body 1: is a delta against body 2, and that one in the end against itself",
        "",
        &[4, 5],
    ),
    ("UPDATE bodies SET bytes = zstd WHERE id = 1", "body 1: has bytes twice, plain and as a zstd frame", "", &[2, 3, 4, 5]),
];

#[tokio::test]
async fn each_damage_is_named_and_what_is_not_touched_by_it_can_be_had() {
    let mut practice = Practice::new(1, "");
    for _ in 0..5 {
        practice.pass(1, |_| false).await;
    }
    let sound = practice.sandbox.path("sound.sqlite");
    assert_eq!(practice.act("backup", &[sound.to_str().unwrap()]).code(), 0);
    for (sql, told, lost, kept) in DAMAGES {
        std::fs::copy(&sound, practice.database()).unwrap();
        practice.change(sql).await;
        let verified = practice.act("verify", &[]);
        assert!(verified.code() == 74 && verified.stdout.contains(told), "{sql}\n{verified:#?}");
        let with_it = format!("{told}; what is made from it cannot be had: {lost}");
        assert!(lost.is_empty() || verified.stdout.contains(&with_it), "{sql}\n{verified:#?}");
        for document in 1..=5 {
            if sql.starts_with("DELETE") && document == 4 {
                continue;
            }
            let cat = practice.cat(document);
            // Of a round each body tells of itself.
            let told = told.rsplit_once(", and ").map_or(told, |(_, round)| round);
            if kept.contains(&document) {
                assert!(cat.code() == 0 && cat.stdout == practice.nights[document as usize - 1][0], "{sql}: document {document}");
            } else {
                assert!(cat.code() == 74 && cat.stdout.is_empty() && cat.stderr.contains(told), "{sql}: document {document}\n{cat:#?}");
                assert!(!cat.stderr.contains("Abb"), "{cat:#?}");
            }
        }
        let dir = practice.sandbox.path("files");
        let unpacked = call(["unpack", dir.to_str().unwrap(), "--job", practice.sandbox.job().to_str().unwrap()]);
        assert!(unpacked.code() == 74 && unpacked.stderr.contains("is damaged (body "), "{sql}\n{unpacked:#?}");
        std::fs::remove_dir_all(dir).unwrap();
        let flattened = practice.act("flatten", &["--all"]);
        assert_eq!(flattened.code(), if kept.contains(&1) { 0 } else { 74 }, "{sql}\n{flattened:#?}");
    }
}

#[tokio::test]
async fn a_delta_that_would_not_bring_its_body_back_is_not_made_and_the_night_goes_on() {
    let mut practice = Practice::new(1, "");
    practice.pass(1, |_| false).await;
    practice.change("UPDATE bodies SET sha256 = zeroblob(32)").await;
    practice.pass(1, |_| false).await;
    let bodies = practice.sandbox.ask("SELECT bytes IS NOT NULL, base_id FROM bodies ORDER BY id").await;
    assert_eq!(bodies, [["1", ""], ["1", ""]]);
    practice.pass(1, |_| false).await;
    assert_eq!(practice.sandbox.ask("SELECT base_id FROM bodies ORDER BY id").await.concat(), ["", "3", ""]);
}
