//! States that no life of a fetch leads to, each as a question that has no answer in a sound database.

use std::str::FromStr;

use sqlx::SqliteConnection;

use super::Damage;
use crate::domain::Reason;

/// What is wrong, and the ids of the rows that are so.
pub const IMPOSSIBLE: &[(&str, &str)] = &[
    (
        "fetch: done without a document of its patient",
        "SELECT f.id FROM fetches f LEFT JOIN documents d ON d.id = f.document_id
         WHERE f.state = 'done' AND d.patient_id IS NOT f.patient_id",
    ),
    (
        "fetch: done with a document of another window",
        "SELECT f.id FROM fetches f JOIN documents d ON d.id = f.document_id
         WHERE f.state = 'done' AND (d.window_start IS NOT f.window_start OR d.window_end IS NOT f.window_end)",
    ),
    ("fetch: waiting without a time", "SELECT id FROM fetches WHERE state = 'waiting' AND due_at IS NULL"),
    ("fetch: dead or quarantined without a reason", "SELECT id FROM fetches WHERE state IN ('dead', 'quarantined') AND reason IS NULL"),
    (
        "fetch: leased to a run that has ended",
        "SELECT f.id FROM fetches f LEFT JOIN runs r ON r.id = f.run_id
         WHERE f.state = 'leased' AND (r.id IS NULL OR r.ended_at IS NOT NULL OR f.account_id IS NULL OR f.leased_at IS NULL)",
    ),
    // 20 is the most that a job file may allow.
    (
        "fetch: more attempts than any job allows",
        "SELECT id FROM fetches WHERE attempts NOT BETWEEN 0 AND 20 OR losses NOT BETWEEN 0 AND 5",
    ),
    (
        "fetch: half a window, or one that ends before it begins",
        "SELECT id FROM fetches
         WHERE (window_start IS NULL) <> (window_end IS NULL) OR window_start > window_end
            OR date(window_start) IS NOT window_start OR date(window_end) IS NOT window_end",
    ),
    (
        "fetch: of another tenant than its patient",
        "SELECT f.id FROM fetches f JOIN patients p ON p.id = f.patient_id WHERE f.tenant_id <> p.tenant_id",
    ),
    (
        "patient: reached through another tenant's account",
        "SELECT p.id FROM patients p JOIN accounts a ON a.id = p.account_id WHERE a.tenant_id <> p.tenant_id",
    ),
    (
        "document: half a window, or one that ends before it begins",
        "SELECT id FROM documents
         WHERE (window_start IS NULL) <> (window_end IS NULL) OR window_start > window_end
            OR date(window_start) IS NOT window_start OR date(window_end) IS NOT window_end",
    ),
    (
        "document: names nobody who is known of its patient",
        "SELECT d.id FROM documents d LEFT JOIN identities i ON i.id = d.identity_id WHERE i.patient_id IS NOT d.patient_id",
    ),
    (
        "document: filed although what it names is not",
        "SELECT d.id FROM documents d JOIN identities i ON i.id = d.identity_id
         WHERE d.status IN ('accepted', 'unchanged', 'shrunk') AND i.standing <> 'accepted'",
    ),
    (
        "fetch: done with a document that is kept apart or discarded, or quarantined with one that is filed",
        "SELECT f.id FROM fetches f JOIN documents d ON d.id = f.document_id
         WHERE (f.state = 'done' AND d.status IN ('quarantined', 'discarded')) OR (f.state = 'quarantined' AND d.status <> 'quarantined')",
    ),
    (
        "document: its clinical rows are another patient's",
        "SELECT d.id FROM documents d JOIN documents c ON c.id = d.content_document_id WHERE c.patient_id <> d.patient_id",
    ),
    (
        "document: stood for by one that does not stand for itself, of another window, or younger",
        "SELECT d.id FROM documents d JOIN documents c ON c.id = d.content_document_id
         WHERE d.status = 'unchanged'
           AND (c.status <> 'accepted' OR c.content_document_id <> c.id OR c.window_start IS NOT d.window_start
                OR c.window_end IS NOT d.window_end OR (c.fetched_at, c.id) >= (d.fetched_at, d.id))",
    ),
    (
        "document: stood for by another one and not unchanged",
        "SELECT id FROM documents WHERE status <> 'unchanged' AND content_document_id <> id",
    ),
    (
        "document: unchanged, and stood for by one without rows or digest",
        "SELECT d.id FROM documents d JOIN documents c ON c.id = d.content_document_id
         WHERE d.status = 'unchanged' AND (c.rules_version IS NULL OR c.content_digest IS NULL)",
    ),
    (
        "document: digests or rows of its own although it is unchanged, kept apart or discarded",
        "SELECT d.id FROM documents d
         WHERE d.status IN ('unchanged', 'quarantined', 'discarded')
           AND (d.rules_version IS NOT NULL OR d.content_digest IS NOT NULL OR EXISTS (SELECT 1 FROM sections s WHERE s.document_id = d.id))",
    ),
    (
        "document: half of its digests",
        "SELECT id FROM documents
         WHERE (content_digest IS NULL) <> (digest_rules IS NULL) OR (content_digest IS NULL) <> (outside_digest IS NULL)",
    ),
    (
        "document: the latest of its chart or window, and its body is gone",
        "SELECT d.id FROM documents d
         WHERE d.body_id IS NULL AND d.status IN ('accepted', 'unchanged')
           AND NOT EXISTS (SELECT 1 FROM documents n
                           WHERE n.patient_id = d.patient_id AND n.window_start IS d.window_start AND n.window_end IS d.window_end
                             -- Retention had let it go before a newer one was discarded.
                             AND n.status IN ('accepted', 'unchanged', 'discarded') AND (n.fetched_at, n.id) > (d.fetched_at, d.id))",
    ),
    ("body: no document needs it", "SELECT b.id FROM bodies b WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.body_id = b.id)"),
    (
        "attempt: on its way although its run has ended",
        "SELECT a.id FROM attempts a JOIN runs r ON r.id = a.run_id WHERE a.outcome IS NULL AND r.ended_at IS NOT NULL",
    ),
    ("run: an exit code without an end", "SELECT id FROM runs WHERE exit_code IS NOT NULL AND ended_at IS NULL"),
    ("account: suspended without a next try", "SELECT id FROM accounts WHERE state = 'suspended' AND next_try_at IS NULL"),
    ("tenant: suspended without a next try", "SELECT id FROM tenants WHERE state = 'suspended' AND next_try_at IS NULL"),
];

/// Columns that hold words of [`Reason`].
pub const WORDS: &[(&str, &str)] = &[
    ("fetches.reason", "SELECT DISTINCT reason FROM fetches WHERE reason IS NOT NULL"),
    ("documents.reason", "SELECT DISTINCT reason FROM documents WHERE reason IS NOT NULL"),
    ("attempts.reason", "SELECT DISTINCT reason FROM attempts WHERE reason IS NOT NULL"),
    ("accounts.state_reason", "SELECT DISTINCT state_reason FROM accounts WHERE state_reason IS NOT NULL"),
    ("tenants.state_reason", "SELECT DISTINCT state_reason FROM tenants WHERE state_reason IS NOT NULL"),
];

/// Rows that are named in a finding; more are counted.
const NAMED: usize = 10;

pub async fn check(connection: &mut SqliteConnection, what: &str, sql: &'static str, found: &mut impl FnMut(Damage)) -> sqlx::Result<()> {
    let rows: Vec<i64> = sqlx::query_scalar(sql).fetch_all(connection).await?;
    if !rows.is_empty() {
        let named: Vec<String> = rows.iter().take(NAMED).map(ToString::to_string).collect();
        let more = rows.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        found(format!("{what}: row {}{more}", named.join(", ")));
    }
    Ok(())
}

pub async fn check_words(
    connection: &mut SqliteConnection,
    column: &str,
    sql: &'static str,
    found: &mut impl FnMut(Damage),
) -> sqlx::Result<()> {
    let words: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await?;
    for word in words.iter().filter(|word| Reason::from_str(word).is_err()) {
        found(format!("{column}: {word:?} is no reason"));
    }
    Ok(())
}
