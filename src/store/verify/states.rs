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
        "document: without an outline, and stood for by none that has one",
        "SELECT d.id FROM documents d JOIN documents c ON c.id = d.content_document_id WHERE d.outline IS NULL AND c.outline IS NULL",
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
    (
        "body: a delta against one to which no longer chain leads",
        "SELECT b.id FROM bodies b JOIN bodies n ON n.id = b.base_id WHERE n.links <= b.links",
    ),
    (
        "body: stored twice",
        "SELECT b.id FROM bodies b WHERE EXISTS (
             SELECT 1 FROM bodies o WHERE substr(o.sha256, 1, 4) = substr(b.sha256, 1, 4) AND o.sha256 = b.sha256 AND o.id < b.id)",
    ),
    ("body: no document needs it", "SELECT b.id FROM bodies b WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.body_id = b.id)"),
    (
        "attempt: on its way although its run has ended",
        "SELECT a.id FROM attempts a JOIN runs r ON r.id = a.run_id WHERE a.outcome IS NULL AND r.ended_at IS NOT NULL",
    ),
    ("run: an exit code without an end", "SELECT id FROM runs WHERE exit_code IS NOT NULL AND ended_at IS NULL"),
    // What `status` reads instead of counting: migrations/0020_standing.sql says how it is kept.
    (
        "patient: another latest chart, or another reason why they cannot be had, than their documents and fetches say",
        "SELECT p.id FROM patients p
         WHERE p.document_at IS NOT (SELECT max(d.fetched_at) FROM documents d
                                     WHERE d.patient_id = p.id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged'))
            OR p.has_window <> EXISTS (SELECT 1 FROM documents d
                                       WHERE d.patient_id = p.id AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged'))
            OR (p.away, p.away_since) IS NOT (
                SELECT CASE WHEN f.state = 'absent' THEN 'absent' WHEN f.state = 'dead' AND f.reason = 'denied' THEN 'denied' END,
                       CASE WHEN f.state = 'absent' OR (f.state = 'dead' AND f.reason = 'denied') THEN f.changed_at END
                FROM fetches f WHERE f.patient_id = p.id AND f.backfill_id IS NULL AND f.state <> 'superseded' ORDER BY f.id DESC LIMIT 1)",
    ),
    (
        "fetch: behind although it is its patient's newest, or the other way round",
        "SELECT f.id FROM fetches f
         WHERE (f.state = 'waiting' OR f.state = 'dead' OR f.state = 'quarantined')
           AND f.behind <> (EXISTS (SELECT 1 FROM patients p WHERE p.id = f.patient_id AND p.removed_at IS NOT NULL)
                            OR EXISTS (SELECT 1 FROM fetches n
                                       WHERE n.patient_id = f.patient_id AND n.id > f.id AND n.state <> 'superseded' AND n.job = f.job
                                         AND n.window_start IS f.window_start AND n.window_end IS f.window_end))",
    ),
    (
        "identity: another one has the same digest, and it is not marked as shared",
        "SELECT i.id FROM identities i WHERE i.shared = 0 AND EXISTS (SELECT 1 FROM identities o WHERE o.digest = i.digest AND o.id <> i.id)",
    ),
    (
        "tenant: patient_counts are not the counts of its patients",
        "WITH counted AS (
             SELECT tenant_id, sum(away IS NULL) AS patients, sum(away IS NULL AND document_at IS NOT NULL) AS with_document,
                    sum(away IS 'absent' AND (document_at IS NOT NULL OR has_window)) AS vanished
             FROM patients WHERE removed_at IS NULL GROUP BY tenant_id)
         SELECT t.id FROM tenants t LEFT JOIN counted n ON n.tenant_id = t.id LEFT JOIN patient_counts k ON k.tenant_id = t.id
         WHERE (coalesce(n.patients, 0), coalesce(n.with_document, 0), coalesce(n.vanished, 0))
               IS NOT (coalesce(k.patients, 0), coalesce(k.with_document, 0), coalesce(k.vanished, 0))",
    ),
    (
        "account: pending_counts are not the counts of its fetches",
        "WITH counted AS MATERIALIZED (
             SELECT p.account_id, count(*) AS fetches FROM fetches f JOIN patients p ON p.id = f.patient_id WHERE f.state = 'pending' GROUP BY 1)
         SELECT a.id FROM accounts a LEFT JOIN counted n ON n.account_id = a.id
         LEFT JOIN pending_counts k ON k.tenant_id = a.tenant_id AND k.account_id = a.id
         WHERE coalesce(n.fetches, 0) <> coalesce(k.fetches, 0)",
    ),
    (
        "tenant: failing_counts are not the counts of its fetches",
        "WITH counted AS MATERIALIZED (
             SELECT tenant_id, state, coalesce(reason, '') AS reason, count(*) AS fetches FROM fetches
             WHERE (state = 'waiting' OR state = 'dead' OR state = 'quarantined') AND behind = 0 GROUP BY 1, 2, 3),
         kept AS (SELECT tenant_id, state, reason, fetches FROM failing_counts WHERE fetches <> 0)
         SELECT DISTINCT tenant_id FROM (
             SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) UNION ALL SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted))",
    ),
    ("bulk write: committed before it was through", "SELECT id FROM bulk_writes"),
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
        found(format!("{what}: row {}", named(&rows)));
    }
    Ok(())
}

/// The first of these row ids, and how many more there are.
pub fn named(rows: &[i64]) -> String {
    let named: Vec<String> = rows.iter().take(NAMED).map(ToString::to_string).collect();
    let more = rows.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    named.join(", ") + &more
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
