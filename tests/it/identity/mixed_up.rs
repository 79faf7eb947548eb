//! The same bytes for several patients of a tenant: a cache of the vendor gave one patient's chart to others.

use super::{Practice, chart};

fn own(patient: usize) -> String {
    chart(&format!("MRN{patient}"), &format!("Family{patient}"), &format!("19{patient:02}0102"), "")
}

/// The first night, or a later one, in which three of six patients get the first one's bytes.
async fn a_mixed_up_night(nights_before: usize) {
    let own: Vec<_> = (0..6).map(|patient| own(10 + patient)).collect();
    let practice = Practice::of(&own);
    for _ in 0..nights_before {
        assert_eq!(practice.night().code(), 0);
    }
    for patient in 0..3 {
        practice.serve(patient, &own[0]);
    }
    let ended = practice.night();
    assert_eq!(ended.code(), 76, "{ended:#?}");
    assert_eq!(ended.json()["total"]["quarantined"], 3, "{ended:#?}");
    assert_eq!(practice.fetches().await[..3], ["quarantined mixed_up"; 3]);
    assert_eq!(practice.lines("SELECT state, state_reason FROM tenants").await, ["resting mixed_up"]);
    let kept_apart = "SELECT count(*) FROM documents WHERE status = 'quarantined' AND reason = 'mixed_up'";
    assert_eq!(practice.lines(kept_apart).await, ["3"]);
    // None of them is anybody's latest; what was right before still is.
    let latest_of_the_three = practice.lines("SELECT count(*) FROM latest_documents WHERE patient_id <= 3").await;
    assert_eq!(latest_of_the_three, [if nights_before > 0 { "3" } else { "0" }]);
    practice.is_sound();

    for (patient, chart) in own.iter().enumerate() {
        practice.serve(patient, chart);
    }
    let ended = practice.night();
    assert_eq!(ended.code(), 0, "the right charts are measured against the wrong ones: {ended:#?}");
    assert_eq!(practice.latest().await.len(), 6);
    practice.is_sound();
}

#[tokio::test]
async fn fault_76_the_same_bytes_for_three_on_first_fetches_are_all_quarantined_and_the_tenant_rests() {
    a_mixed_up_night(0).await;
}

#[tokio::test]
async fn fault_76_the_same_bytes_for_three_on_later_fetches_are_all_quarantined_and_the_tenant_rests() {
    a_mixed_up_night(2).await;
}

#[tokio::test]
async fn the_same_bytes_for_two_are_no_mix_up() {
    let twin = own(10);
    let practice = Practice::of(&[twin.clone(), twin, own(11)]);
    assert_eq!(practice.night().code(), 0);
    assert_eq!(practice.documents().await, vec!["accepted -"; 3]);
    assert_eq!(practice.lines("SELECT count(*) FROM bodies").await, ["2"]);
}
