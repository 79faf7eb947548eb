//! A chart that says what the one before did is recognised, although its bytes are new.

use super::{Practice, chart, section};
use crate::harness::Sandbox;

const MEDICATIONS: &str = "10160-0";
const PROBLEMS: &str = "11450-4";

/// Documents with the one that stands for each, and whether it has rows of its own.
pub const STOOD_FOR: &str =
    "SELECT id, status, content_document_id, (SELECT count(*) FROM sections s WHERE s.document_id = d.id) FROM documents d ORDER BY id";

/// Ann's chart, with no section for what she has none of; its id is new each time.
pub fn ann(medications: usize, problems: usize) -> String {
    let held = [(MEDICATIONS, medications), (PROBLEMS, problems)].into_iter().filter(|(_, entries)| *entries > 0);
    let sections: String = held.map(|(code, entries)| section(code, entries)).collect();
    chart("7", "Miller", "19700102", &format!("<component><structuredBody>{sections}</structuredBody></component>"))
}

#[tokio::test]
async fn the_same_content_again_is_unchanged_and_the_rows_of_the_first_stand_for_it() {
    let practice = Practice::of(&[ann(2, 3)]);
    assert_eq!(practice.night().json()["total"]["unchanged"], 0);
    for _ in 0..2 {
        practice.serve(0, ann(2, 3));
        let ended = practice.night();
        assert_eq!((ended.code(), &ended.json()["total"]["done"], &ended.json()["total"]["unchanged"]), (0, &1.into(), &1.into()));
    }
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 accepted 1 2", "2 unchanged 1 0", "3 unchanged 1 0"]);
    assert_eq!(practice.lines("SELECT count(*) FROM bodies").await, ["3"]);
    let latest = "SELECT document_id, content_document_id, status, fetched_at > content_since,
                         content_since = (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at / 1000.0, 'unixepoch') FROM documents WHERE id = 1)
                  FROM latest_documents";
    assert_eq!(practice.lines(latest).await, ["3 1 unchanged 1 1"]);
    assert_eq!(practice.lines("SELECT document_id, code FROM latest_sections ORDER BY code").await, ["3 10160-0", "3 11450-4"]);
    assert_eq!(practice.lines("SELECT count(*) FROM document_changes").await, ["0"]);
    let told = practice.sandbox.run(&["--again"]);
    assert!(told.stdout.contains("1 of the done are unchanged"), "{told:#?}");
    practice.is_sound();
}

/// A chart of one problem that ended on the first day of 2026.
fn asthma() -> String {
    let problem = "<component><section><templateId root=\"2.16.840.1.113883.10.20.22.2.5.1\"/><code code=\"11450-4\"/><entry>\
                   <observation classCode=\"OBS\" moodCode=\"EVN\"><templateId root=\"2.16.840.1.113883.10.20.22.4.4\"/>\
                   <effectiveTime><low value=\"2017\"/><high value=\"20260101\"/></effectiveTime>\
                   <value code=\"195967001\" codeSystem=\"2.16.840.1.113883.6.96\"/></observation></entry></section></component>";
    chart("7", "Miller", "19700102", &format!("<component><structuredBody>{problem}</structuredBody></component>"))
}

#[tokio::test]
async fn what_ended_since_its_rows_were_made_is_not_current_although_nobody_wrote_a_word() {
    let practice = Practice::of(&[asthma()]);
    assert_eq!(practice.night().code(), 0);
    practice.change("UPDATE documents SET fetched_at = unixepoch('2025-06-01') * 1000").await;
    practice.serve(0, asthma());
    assert_eq!(practice.night().code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 accepted 1 1", "2 unchanged 1 0"]);
    let current = |view| format!("SELECT document_id, content_document_id, code, \"end\" FROM {view}");
    assert_eq!(practice.lines(&current("current_problems_all")).await, ["1 1 195967001 2026-01-01"]);
    assert_eq!(practice.lines(&current("current_problems")).await, [""; 0]);
}

#[tokio::test]
async fn what_changed_is_told_by_section() {
    let practice = Practice::of(&[ann(2, 3)]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, ann(2, 3));
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, ann(3, 3));
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, ann(2, 3).replace(MEDICATIONS, "30954-2").replace("Miller", "Smith"));
    practice.sandbox.edit("job.toml", "[limits.documents]", "[shrunk]\nhold = false\n[limits.documents]");
    assert_eq!(practice.night().code(), 0);
    // What it said once before is a change too.
    practice.serve(0, ann(2, 3));
    assert_eq!(practice.night().code(), 0);
    let stood_for: Vec<_> = (3..=5).map(|id| format!("{id} accepted {id} 2")).collect();
    assert_eq!(practice.lines(STOOD_FOR).await[2..], stood_for);
    let changes = "SELECT document_id, before_id, change, coalesce(name, '-'), coalesce(code, '-') FROM document_changes ORDER BY 1, 3, 4";
    assert_eq!(
        practice.lines(changes).await,
        [
            "3 2 changed medications 10160-0",
            "4 3 changed header -",
            "4 3 gone medications 10160-0",
            "4 3 new results 30954-2",
            "5 4 changed header -",
            "5 4 gone results 30954-2",
            "5 4 new medications 10160-0",
        ]
    );
    practice.is_sound();
}

#[tokio::test]
async fn what_is_accepted_between_two_that_say_the_same_differs_from_both() {
    let practice = Practice::of(&[ann(4, 9)]);
    for chart in [ann(4, 9), ann(0, 9), ann(4, 9)] {
        practice.serve(0, chart);
        assert_eq!(practice.night().code(), 0);
    }
    assert_eq!(practice.call(&["documents", "accept", "2"]).code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 accepted 1 2", "2 accepted 2 1", "3 unchanged 1 0"]);
    let changes = "SELECT document_id, before_id, change, name FROM document_changes ORDER BY 1";
    assert_eq!(practice.lines(changes).await, ["2 1 gone medications", "3 2 new medications"]);
    practice.is_sound();
}

#[tokio::test]
async fn of_several_sections_of_a_kind_one_more_or_less_is_a_change() {
    let results = |entries: &[usize]| {
        let sections: String = entries.iter().map(|entries| section("30954-2", *entries)).collect();
        chart("7", "Miller", "19700102", &format!("<component><structuredBody>{sections}</structuredBody></component>"))
    };
    let practice = Practice::of(&[results(&[2])]);
    for (night, entries) in [&[2][..], &[2, 2], &[2, 2], &[2, 3], &[3, 2]].into_iter().enumerate() {
        practice.serve(0, results(entries));
        assert_eq!(practice.night().code(), 0, "night {night}");
    }
    let changes = "SELECT document_id, change, name FROM document_changes ORDER BY 1";
    // In another order the whole is another one, and no section is.
    assert_eq!(practice.documents().await, ["accepted -", "accepted -", "unchanged -", "accepted -", "accepted -"]);
    assert_eq!(practice.lines(changes).await, ["2 changed results", "4 changed results", "5 moved "]);
}

#[tokio::test]
async fn a_window_is_compared_with_the_same_window_alone() {
    let practice = Practice::of(&[ann(2, 3)]);
    assert_eq!(practice.night().code(), 0);
    practice.sandbox.edit("job.toml", "[limits.documents]", "[window]\nfrom = 2024-01-01\nto = 2024-01-31\n[limits.documents]");
    for _ in 0..2 {
        practice.serve(0, ann(2, 3));
        assert_eq!(practice.night().code(), 0);
    }
    practice.sandbox.edit("job.toml", "to = 2024-01-31", "to = 2024-01-30");
    assert_eq!(practice.night().code(), 0);
    assert_eq!(practice.lines(STOOD_FOR).await, ["1 accepted 1 2", "2 accepted 2 2", "3 unchanged 2 0", "4 accepted 4 2"]);
    let latest = "SELECT document_id, content_document_id, fetched_at > content_since FROM latest_windows ORDER BY 1";
    assert_eq!(practice.lines(latest).await, ["3 2 1", "4 4 0"]);
    assert_eq!(practice.lines("SELECT count(*) FROM document_changes").await, ["0"]);
    practice.is_sound();
}

#[tokio::test]
async fn what_is_held_or_kept_apart_is_never_unchanged_and_nothing_is_compared_with_it() {
    let practice = Practice::of(&[ann(4, 9)]);
    assert_eq!(practice.night().code(), 0);
    practice.serve(0, ann(0, 9));
    assert_eq!(practice.night().json()["total"]["held"], 1);
    let jones = ann(4, 9).replace("Miller", "Jones").replace("\"7\"", "\"9\"").replace("1970", "1990");
    for _ in 0..2 {
        practice.serve(0, &jones);
        assert_eq!(practice.night().code(), 1);
    }
    assert_eq!(practice.lines("SELECT count(*) FROM documents WHERE id > 2 AND content_digest IS NOT NULL").await, ["0"]);
    // It confirms the one that was held, and says the same as that.
    practice.serve(0, ann(0, 9));
    let ended = practice.night();
    assert_eq!((&ended.json()["total"]["held"], &ended.json()["total"]["unchanged"]), (&0.into(), &1.into()), "{ended:#?}");
    assert_eq!(
        practice.lines(STOOD_FOR).await,
        ["1 accepted 1 2", "2 accepted 2 1", "3 quarantined 3 0", "4 quarantined 4 0", "5 unchanged 2 0"]
    );
    practice.is_sound();
}

#[tokio::test]
async fn without_a_digest_of_the_same_rules_on_both_sides_nothing_is_unchanged() {
    let practice = Practice::of(&[ann(2, 3)]);
    practice.sandbox.edit("job.toml", "deadline = ", "flatten = false\ndeadline = ");
    for _ in 0..2 {
        assert_eq!(practice.night().code(), 0);
    }
    practice.sandbox.edit("job.toml", "flatten = false\n", "");
    for _ in 0..2 {
        assert_eq!(practice.night().code(), 0);
    }
    practice.change("UPDATE documents SET digest_rules = 0, rules_version = 0 WHERE id = 3").await;
    assert_eq!(practice.night().code(), 0);
    assert_eq!(
        practice.lines(STOOD_FOR).await,
        ["1 accepted 1 0", "2 accepted 2 0", "3 accepted 3 2", "4 unchanged 3 0", "5 accepted 5 2"],
    );
    let changes = "SELECT document_id, before_id, change, name IS NULL FROM document_changes ORDER BY 1";
    assert_eq!(practice.lines(changes).await, ["2 1 unknown 1", "3 2 unknown 1", "5 4 unknown 1"]);
    // Afterwards all have digests, and what is unchanged stays so.
    let flattened = practice.act(&["flatten"]);
    assert!(flattened.stdout.contains("of 3 documents"), "{flattened:#?}");
    assert_eq!(practice.lines("SELECT count(DISTINCT content_digest), min(digest_rules) FROM documents").await, ["1 1"]);
    assert_eq!(practice.documents().await, ["accepted -", "accepted -", "accepted -", "unchanged -", "accepted -"]);
    assert_eq!(practice.lines("SELECT count(*) FROM document_changes").await, ["0"]);
    assert!(practice.act(&["flatten", "--all"]).stdout.contains("of 4 documents"));
    practice.is_sound();
}

#[tokio::test]
async fn a_practice_to_which_nothing_happened_is_unchanged_the_night_after() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "12"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let again = sandbox.run(&["--again", "--output", "json"]);
    assert_eq!((&again.json()["total"]["done"], &again.json()["total"]["unchanged"]), (&12.into(), &12.into()), "{again:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM bodies").await, 24);
    assert_eq!(sandbox.count("SELECT count(*) FROM documents WHERE status = 'unchanged'").await, 12);
    assert_eq!(sandbox.count("SELECT count(DISTINCT document_id) FROM sections").await, 12);
}
