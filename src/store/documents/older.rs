//! Which bodies new documents make older ones: for each that of the document before it in its place, be that among the filed ones of the same chart or
//! window or among those that are kept apart.

use serde_json::json;
use sqlx::SqliteConnection;

use super::New;

/// A body stays whole that another patient or window has too, or that a newer document than the new one has. Of what is discarded each stays as it is:
/// no index has it, and few there are.
const OLDER: &str = "WITH new AS MATERIALIZED (
         SELECT key, value ->> 0 AS patient_id, value ->> 1 AS window_start, value ->> 2 AS window_end, value ->> 3 AS fetched_at,
                value ->> 4 IN ('accepted', 'unchanged') AS is_filed, value ->> 4 AS status, value ->> 5 AS identity_id
         FROM jsonb_each(?)),
     -- The latest that is filed, which the new one follows; whole charts and windows apart, because each has its index.
     older (key, fetched_at, id) AS (
         SELECT key, new.fetched_at, (
             SELECT d.id FROM documents d
             WHERE d.patient_id = new.patient_id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')
             ORDER BY d.fetched_at DESC, d.id DESC LIMIT 1)
         FROM new WHERE is_filed AND new.window_start IS NULL
         UNION ALL
         SELECT key, new.fetched_at, (
             SELECT d.id FROM documents d
             WHERE d.patient_id = new.patient_id AND d.window_start = new.window_start AND d.window_end = new.window_end
               AND d.status IN ('accepted', 'unchanged')
             ORDER BY d.fetched_at DESC, d.id DESC LIMIT 1)
         FROM new WHERE is_filed AND new.window_start IS NOT NULL
         UNION ALL -- and the newest that was held since, which it leaves behind
         SELECT key, new.fetched_at, (
             SELECT max(d.id) FROM documents d
             WHERE d.patient_id = new.patient_id AND d.status IN ('quarantined', 'shrunk') AND d.status = 'shrunk'
               AND d.window_start IS new.window_start AND d.window_end IS new.window_end)
         FROM new WHERE is_filed
         UNION ALL -- the newest that is kept apart alike and names the same person
         SELECT key, new.fetched_at, (
             SELECT max(d.id) FROM documents d
             WHERE d.patient_id = new.patient_id AND d.status IN ('quarantined', 'shrunk') AND d.status = new.status
               AND d.window_start IS new.window_start AND d.window_end IS new.window_end AND d.identity_id = new.identity_id)
         FROM new WHERE status IN ('quarantined', 'shrunk'))
     SELECT DISTINCT older.key, d.body_id
     FROM older CROSS JOIN documents d ON d.id = older.id CROSS JOIN bodies b ON b.id = d.body_id
     WHERE b.base_id IS NULL AND d.fetched_at <= older.fetched_at AND NOT EXISTS (
         SELECT 1 FROM documents o WHERE o.body_id = d.body_id
         AND (o.patient_id <> d.patient_id OR o.window_start IS NOT d.window_start OR o.window_end IS NOT d.window_end))";

/// The statement, by the name under which a test looks at its plan.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 1] = [("older bodies", OLDER)];

/// For each new document the bodies that are no patient's newest any more once it is filed.
pub(super) async fn bodies(connection: &mut SqliteConnection, new: &[New]) -> sqlx::Result<Vec<Vec<i64>>> {
    let line = |new: &New| {
        let New { patient, window, fetched_at, filed, .. } = new;
        let [start, end] = [window.map(|window| window.start.to_string()), window.map(|window| window.end.to_string())];
        json!([patient.0, start, end, fetched_at, filed.status.as_str(), filed.identity.0])
    };
    let lines: Vec<_> = new.iter().map(line).collect();
    let rows: Vec<(i64, i64)> = sqlx::query_as(OLDER).bind(json!(lines).to_string()).fetch_all(connection).await?;
    let mut older = vec![Vec::new(); new.len()];
    for (key, body) in rows {
        let place = usize::try_from(key).ok().and_then(|key| older.get_mut(key)).ok_or(sqlx::Error::RowNotFound)?;
        place.push(body);
    }
    Ok(older)
}
