//! The view `coverage` against a model that looks at every single date.

use ccda_export::store::Sharing;
use chrono::{Days, NaiveDate};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use sqlx::{Executor, SqliteConnection};
use tokio::sync::Mutex;

use crate::{crash::other_program, harness::session};

/// A window as days after [`first`], and whether its document is one that holds dates.
type Given = (u64, u64, bool);

fn first() -> NaiveDate {
    "2024-02-01".parse().unwrap()
}

fn day(days: u64) -> NaiveDate {
    first() + Days::new(days)
}

#[test]
fn held_and_missing_dates_are_those_that_a_model_finds() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.sqlite");
    let connection = runtime.block_on(async {
        session(&path, Sharing::default()).await.close().await.unwrap();
        let mut connection = other_program(&path).await;
        let people = "INSERT INTO tenants (id, tenant) VALUES (1, 'A'); INSERT INTO accounts (id, tenant_id, account) VALUES (1, 1, 'a');
            INSERT INTO patients (id, tenant_id, account_id, patient_token, first_seen_at, changed_at) VALUES (1, 1, 1, 'p', 0, 0), (2, 1, 1, 'q', 0, 0);
            INSERT INTO jobs (job) VALUES ('j'); INSERT INTO job_patients VALUES ('j', 1, 1);
            INSERT INTO runs (id, job, kind, occurrence_at, started_at, process, version) VALUES (1, 'j', 'nightly', 0, 0, '', '');
            INSERT INTO identities (id, patient_id, standing, persons, digest) VALUES (1, 1, 'accepted', '[]', 0)";
        connection.execute(people).await.unwrap();
        Mutex::new(connection)
    });
    let windows = vec((0u64..60, 0u64..20, prop::bool::weighted(0.9)), 0..8);
    let asked = vec((0u64..50, 0u64..40), 0..3);
    let strategy = (windows, asked);
    let mut runner = TestRunner::new(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&strategy, |(windows, asked)| {
        let (told, expected) =
            runtime.block_on(async { (in_sql(&mut *connection.lock().await, &windows, &asked).await, in_the_model(&windows, &asked)) });
        prop_assert_eq!(told, expected);
        Ok(())
    });
    result.unwrap();
}

/// Of patient 1, each held or missing range; another patient's windows are in nobody's way.
async fn in_sql(connection: &mut SqliteConnection, windows: &[Given], asked: &[(u64, u64)]) -> Vec<(String, String, String)> {
    connection.execute("DELETE FROM documents; DELETE FROM backfill_passes; DELETE FROM backfills").await.unwrap();
    for (patient, windows) in [(1, windows), (2, &[(0, 90, true)][..])] {
        for (start, length, holds) in windows {
            sqlx::query(
                "INSERT INTO documents (patient_id, run_id, status, reason, fetched_at, window_start, window_end, identity_id, sections, entries,
                                        outline, content_document_id)
                 VALUES (?, 1, ?, 'x', 0, ?, ?, 1, 0, 0, '{}', (SELECT coalesce(max(id), 0) + 1 FROM documents))",
            )
            .bind(patient)
            .bind(if *holds { "accepted" } else { "quarantined" })
            .bind(day(*start).to_string())
            .bind(day(start + length).to_string())
            .execute(&mut *connection)
            .await
            .unwrap();
        }
    }
    for (start, length) in asked {
        let to = day(start + length).to_string();
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO backfills (job, from_date, to_date, every, window_order, asked_at) VALUES ('j', ?, ?, 'day', 'newest_first', 0) RETURNING id",
        )
        .bind(day(*start).to_string())
        .bind(&to)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
        sqlx::query("INSERT INTO backfill_passes (backfill_id, tenant_id, up_to, roster_digest) VALUES (?, 1, ?, x'00')")
            .bind(id)
            .bind(to)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    let rows: Vec<(String, String, String, i64)> =
        sqlx::query_as("SELECT coverage, first_date, last_date, days FROM coverage WHERE patient_id = 1 ORDER BY first_date")
            .fetch_all(connection)
            .await
            .unwrap();
    let length = |first: &str, last: &str| (last.parse::<NaiveDate>().unwrap() - first.parse::<NaiveDate>().unwrap()).num_days() + 1;
    assert!(rows.iter().all(|(_, first, last, days)| *days == length(first, last)), "{rows:?}");
    rows.into_iter().map(|(coverage, first, last, _)| (coverage, first, last)).collect()
}

/// Date by date: held by a window; else missing, where it lies between the first and the last that was asked for.
fn in_the_model(windows: &[Given], asked: &[(u64, u64)]) -> Vec<(String, String, String)> {
    let from = asked.iter().map(|(start, _)| *start).min();
    let to = asked.iter().map(|(start, length)| start + length).max();
    let state = |date: u64| {
        if windows.iter().any(|(start, length, holds)| *holds && (*start..=start + length).contains(&date)) {
            Some("held")
        } else {
            from.zip(to).filter(|(from, to)| (*from..=*to).contains(&date)).map(|_| "missing")
        }
    };
    let mut ranges: Vec<(String, String, String)> = Vec::new();
    let mut before = None;
    for date in 0..120 {
        let now = state(date);
        match (now, ranges.last_mut()) {
            (Some(_), Some(range)) if now == before => range.2 = day(date).to_string(),
            (Some(state), _) => ranges.push((state.to_owned(), day(date).to_string(), day(date).to_string())),
            (None, _) => {}
        }
        before = now;
    }
    ranges
}
