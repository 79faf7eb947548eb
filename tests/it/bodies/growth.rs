//! The file grows with what changed, and not with the calendar. Sizes, not times.

use super::Practice;

/// Bytes of all pages that hold something. Of the free ones, which the next night fills, there are more or fewer as its writes fell together.
async fn size(practice: &Practice) -> u64 {
    let pages = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    practice.sandbox.count(pages).await
}

#[tokio::test]
async fn a_night_in_which_nothing_changed_adds_less_than_600_bytes_for_each_patient() {
    const PATIENTS: usize = 100;
    let mut practice = Practice::new(PATIENTS, "");
    for _ in 0..2 {
        practice.pass(PATIENTS, |_| false).await;
    }
    let before = size(&practice).await;
    const NIGHTS: usize = 8;
    for _ in 0..NIGHTS {
        practice.pass(PATIENTS, |_| false).await;
    }
    let added = (size(&practice).await - before) as usize / (PATIENTS * NIGHTS);
    println!("an unchanged night adds {added} bytes for each patient");
    assert!(added < 600, "{added} bytes");
    assert_eq!(practice.sandbox.count("SELECT count(*) FROM documents WHERE status <> 'unchanged'").await, PATIENTS as u64);
}

/// Longer than a chain may be, so that the first of each is at its end.
#[tokio::test]
async fn nights_of_which_two_in_a_hundred_charts_change_stay_small_and_all_can_be_had() {
    const PATIENTS: usize = 24;
    const NIGHTS: usize = 110;
    let mut practice = Practice::new(PATIENTS, "");
    let mut first = 0;
    for night in 0..NIGHTS {
        practice.pass(PATIENTS, |patient| night > 0 && patient == night * 7 % PATIENTS).await;
        if night == 0 {
            first = size(&practice).await;
        }
    }
    let grown = size(&practice).await as f64 / first as f64;
    println!("{NIGHTS} nights take {grown:.2} times the first one's size");
    assert!(grown < 6.0, "{grown:.2}");
    let kept = practice.sandbox.ask("SELECT count(base_id), count(bytes), count(*) - count(base_id) - count(bytes) FROM bodies").await;
    let (all, newest) = (PATIENTS * NIGHTS, PATIENTS);
    // At its longest, a chain ends in a body that is compressed by itself.
    assert_eq!(kept, [[(all - 2 * newest).to_string(), newest.to_string(), newest.to_string()]]);
    let dir = practice.sandbox.path("files");
    let unpacked = crate::harness::call(["unpack", dir.to_str().unwrap(), "--job", practice.sandbox.job().to_str().unwrap()]);
    assert_eq!(unpacked.code(), 0, "{unpacked:#?}");
    assert_eq!(practice.assert_unpacked(&dir), all);
    let sound = practice.act("verify", &[]);
    assert!(sound.code() == 0 && sound.stdout.contains(&format!("{all} bodies")), "{sound:#?}");
}
