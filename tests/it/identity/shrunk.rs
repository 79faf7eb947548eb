//! A chart that holds much less than the one before is held, until an operator or the next night confirms it.

use super::{Practice, chart, section};

const MEDICATIONS: &str = "10160-0";
const PROBLEMS: &str = "11450-4";

fn ann(sections: &[(&str, usize)]) -> String {
    let content: String = sections.iter().map(|(code, entries)| section(code, *entries)).collect();
    chart("7", "Miller", "19700102", &format!("<component><structuredBody>{content}</structuredBody></component>"))
}

#[tokio::test]
async fn a_chart_that_lost_a_section_is_held_and_the_next_night_that_brings_no_more_confirms_it() {
    let practice = Practice::of(&[ann(&[(MEDICATIONS, 4), (PROBLEMS, 9)])]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, ann(&[(PROBLEMS, 9)]));
    let ended = practice.night();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!((&ended.json()["total"]["done"], &ended.json()["total"]["held"]), (&1.into(), &1.into()), "{ended:#?}");
    assert_eq!(practice.documents().await, ["accepted -", "shrunk -"]);
    assert_eq!(practice.fetches().await, ["done -"]);
    assert_eq!(practice.latest().await, ["1"]);
    assert_eq!(practice.lines("SELECT document_id FROM held").await, ["2"]);
    let job = practice.sandbox.job();
    let status = crate::harness::call(["status".as_ref(), job.as_os_str()]);
    assert!(status.stdout.contains(": 1 held, such as document 2"), "{status:#?}");
    practice.is_sound();

    practice.serve(0, ann(&[(PROBLEMS, 10)]));
    assert_eq!(practice.night().json()["total"]["held"], 0);
    assert_eq!(practice.documents().await, vec!["accepted -"; 3]);
    assert_eq!(practice.latest().await, ["3"]);
    assert_eq!(practice.lines("SELECT count(*) FROM held").await, ["0"]);
    practice.is_sound();
}

#[tokio::test]
async fn a_chart_whose_entries_fell_by_half_is_left_behind_when_the_next_one_is_whole_again() {
    let practice = Practice::of(&[ann(&[(MEDICATIONS, 4), (PROBLEMS, 8)])]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, ann(&[(MEDICATIONS, 2), (PROBLEMS, 4)]));
    assert_eq!(practice.night().json()["total"]["held"], 1);
    practice.serve(0, ann(&[(MEDICATIONS, 4), (PROBLEMS, 8)]));
    assert_eq!(practice.night().json()["total"]["held"], 0);
    assert_eq!(practice.documents().await, ["accepted -", "shrunk -", "unchanged -"]);
    assert_eq!(practice.latest().await, ["3"]);
    assert_eq!(practice.lines("SELECT count(*) FROM held").await, ["0"]);
}

#[tokio::test]
async fn an_operator_may_accept_what_is_held_at_once() {
    let practice = Practice::of(&[ann(&[(MEDICATIONS, 4), (PROBLEMS, 9)])]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, ann(&[(PROBLEMS, 9)]));
    assert_eq!(practice.night().code(), 0);
    let ended = practice.call(&["documents", "accept", "2"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(practice.latest().await, ["2"]);
    practice.is_sound();
}

#[tokio::test]
async fn the_job_says_how_much_is_too_little_and_whether_it_matters() {
    for (setting, expected) in [("[shrunk]\nentries = 0.2\n", "accepted -"), ("[shrunk]\nhold = false\n", "accepted -"), ("", "shrunk -")] {
        let practice = Practice::of(&[ann(&[(MEDICATIONS, 10), (PROBLEMS, 10)])]);
        practice.sandbox.edit("job.toml", "[limits.documents]", &format!("{setting}[limits.documents]"));
        assert_eq!(practice.night().code(), 0);
        practice.serve(0, ann(&[(MEDICATIONS, 4), (PROBLEMS, 4)]));
        assert_eq!(practice.night().code(), 0);
        assert_eq!(practice.documents().await[1], expected, "{setting}");
    }
}

#[tokio::test]
async fn a_window_is_measured_against_the_same_window_alone() {
    let practice = Practice::of(&[ann(&[(MEDICATIONS, 4), (PROBLEMS, 9)])]);
    assert_eq!(practice.night().code(), 0);
    practice.sandbox.edit("job.toml", "[limits.documents]", "[window]\nfrom = 2024-01-01\nto = 2024-01-31\n[limits.documents]");
    practice.serve(0, ann(&[(PROBLEMS, 1)]));
    assert_eq!(practice.night().json()["total"]["held"], 0);
    practice.serve(0, ann(&[(MEDICATIONS, 1)]));
    assert_eq!(practice.night().json()["total"]["held"], 1);
    assert_eq!(practice.lines("SELECT document_id FROM latest_windows").await, ["2"]);
    practice.is_sound();
}
