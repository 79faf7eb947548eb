//! After documents went from hand to hand: whose body is a patient's newest now is stored as it came.

use serde_json::json;
use sqlx::SqliteConnection;

use crate::{domain::PatientId, store::bodies};

/// The latest whole chart, and the latest of each window, as the views have them.
const NOT_PLAIN: &str = "WITH latest AS (
         SELECT (SELECT w.id FROM documents w
                 WHERE w.patient_id = p.value AND w.window_start IS NULL AND w.status IN ('accepted', 'unchanged')
                 ORDER BY w.fetched_at DESC, w.id DESC LIMIT 1) AS id
         FROM json_each(?1) p
         UNION ALL
         SELECT d.id FROM json_each(?1) p
         CROSS JOIN documents d ON d.patient_id = p.value AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged')
         WHERE NOT EXISTS (
             SELECT 1 FROM documents n
             WHERE n.patient_id = d.patient_id AND n.window_start = d.window_start AND n.window_end = d.window_end
               AND n.status IN ('accepted', 'unchanged') AND (n.fetched_at, n.id) > (d.fetched_at, d.id)))
     SELECT DISTINCT b.id FROM latest l CROSS JOIN documents d ON d.id = l.id JOIN bodies b ON b.id = d.body_id WHERE b.bytes IS NULL";

/// The statement, by the name under which a test looks at its plan.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 1] = [("latest documents that are not plain", NOT_PLAIN)];

/// Makes the latest of these patients plain, where an older one became it because a newer one was discarded or kept apart.
pub(super) async fn make_plain(connection: &mut SqliteConnection, patients: &[PatientId]) -> sqlx::Result<()> {
    let patients = json!(patients.iter().map(|patient| patient.0).collect::<Vec<_>>()).to_string();
    let bodies: Vec<i64> = sqlx::query_scalar(NOT_PLAIN).bind(patients).fetch_all(&mut *connection).await?;
    for body in bodies {
        bodies::make_whole(connection, body).await?;
    }
    Ok(())
}
