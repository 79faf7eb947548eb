//! That each invariant tells when it is broken: a sound night, one thing in it falsified, and the words that must come of it.

use ccda_export::sandbox::{Kind, Request};
use sqlx::{Connection, Executor};

use super::{
    books::{Books, Evening},
    invariants, noon,
    world::{World, runtime},
};
use crate::crash::other_program;

/// What is said of a calm night after this was done to its database.
fn told_after(sql: &'static str) -> String {
    let mut world = World::new(3, noon(2028, 5, 1), "30 2 * * *", 1);
    let (plan, ends) = world.live(0);
    assert_eq!(world.judge(&plan, 0, ends.clone()), Ok(()));
    runtime().block_on(async {
        let mut connection = other_program(&world.books.database).await;
        connection.execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    });
    world.books.open_again();
    world.judge(&plan, 0, ends).unwrap_err()
}

#[test]
fn what_is_falsified_in_the_database_is_told() {
    for (sql, words) in [
        ("UPDATE documents SET mrn_extension = 'MRN-999' WHERE id = 5", "filed under another patient"),
        ("UPDATE fetches SET document_id = NULL WHERE id = 5", "a done fetch without its document"),
        ("UPDATE bodies SET bytes = NULL WHERE id = 5", "a latest document without its body"),
        ("UPDATE fetches SET attempts = 6 WHERE id = 5", "more than five attempts"),
        ("UPDATE fetches SET state = 'waiting', due_at = 1, reason = 'network' WHERE id = 5", "was done with document"),
        ("UPDATE runs SET ended_at = NULL", "a run is left open"),
        ("UPDATE attempts SET outcome = NULL WHERE id = 5", "without an outcome"),
        (
            "INSERT INTO fetches SELECT 999, patient_id, tenant_id, job, NULL, 1, NULL, NULL, 'leased', NULL, 0, 0, 0, NULL, 0, 1, 1, 1, 1, 'document', 1, NULL, 0 FROM fetches WHERE id = 5",
            "left leased",
        ),
        ("DELETE FROM attempts WHERE id = 7", "requests, "),
        (
            "INSERT INTO attempts SELECT 999, run_id, fetch_id, account_id, kind, started_at, 1, 200, 'ok', NULL, NULL, 1 FROM attempts WHERE id = 7",
            "requests, ",
        ),
        ("UPDATE patients SET removed_at = 1 WHERE id = 5", "in the receipt and"),
        (
            "INSERT INTO patients SELECT 999, tenant_id, account_id, 'nobody', '{}', 1, 1, NULL, NULL, 0, NULL, NULL FROM patients WHERE id = 5",
            "the roster names 24 patients and the database 25",
        ),
        ("UPDATE bodies SET sha256 = randomblob(32) WHERE id = 5", "`verify` finds"),
        (
            "UPDATE patients SET document_at = document_at - 1 WHERE id = 5",
            "patient: another latest chart, or another reason why they cannot be had",
        ),
        ("UPDATE patient_counts SET vanished = vanished + 1", "tenant: patient_counts are not the counts of its patients"),
        (
            "INSERT INTO pending_counts SELECT tenant_id, id, 1 FROM accounts WHERE true ON CONFLICT DO UPDATE SET fetches = fetches + 1",
            "account: pending_counts are not",
        ),
        (
            "INSERT INTO failing_counts SELECT id, 'dead', 'denied', 1 FROM tenants",
            "tenant: failing_counts are not the counts of its fetches",
        ),
        ("INSERT INTO bulk_writes DEFAULT VALUES", "bulk write: committed before it was through"),
    ] {
        let told = told_after(sql);
        assert!(told.contains(words), "{sql}: {told:?}");
    }
}

fn request(kind: Kind, status: u16, at: u64) -> Request {
    let account = Some("front-desk".into());
    let (tenant, patient_token, content_type) = (Some("TENANT_AA".into()), None, None);
    let (start_date, end_date) = (None, None);
    Request {
        sequence: at,
        kind,
        tenant,
        account,
        patient_token,
        start_date,
        end_date,
        content_type,
        status: Some(status),
        asked_at_ms: at,
        at_ms: at,
    }
}

fn evening(requests: Vec<Request>) -> Evening<'static> {
    Evening { ends: Vec::new(), requests, people: &[], calm: true, prunes: false, occurrence: None }
}

#[test]
fn a_burst_that_passes_the_limits_is_told_and_one_that_keeps_them_is_not() {
    let requests = |count: u64, apart: u64| evening((0..count).map(|nth| request(Kind::Document, 200, nth * apart)).collect());
    assert!(invariants::no_rate_was_passed(&requests(9, 100)).is_ok());
    assert!(invariants::no_rate_was_passed(&requests(50, 200)).is_ok());
    assert!(invariants::no_rate_was_passed(&requests(10, 100)).unwrap_err().contains("TENANT_AA Document: more than 9"));
}

#[test]
fn rejected_logins_that_lock_an_account_are_told() {
    let locked = |times: Vec<u64>| {
        let logins = times.into_iter().map(|at| request(Kind::Token, 401, at)).collect();
        invariants::no_account_was_locked(&mut Books::new("none".into()), &evening(logins))
    };
    assert!(locked(vec![5_000, 5_900]).unwrap_err().contains("within a second"));
    assert!(locked((1..=30).map(|hour| hour * 3_600_000).collect()).unwrap_err().contains("30 rejected logins"));
    assert!(locked((1..=60).map(|day| day * 23 * 3_600_000).collect()).is_ok());
}
