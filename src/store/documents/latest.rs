//! The latest document of a chart or window, which a new one is measured against.

use serde_json::json;
use sqlx::SqliteConnection;

use super::held::Outlined;
use crate::{
    clock::Millis,
    domain::{DocumentId, PatientId, Window, clinical::ContentDigest},
};

/// What of the latest document the next one is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    pub outlined: Outlined,
    /// The document whose rows stand for it.
    pub content: DocumentId,
    content_digest: Option<Vec<u8>>,
    digest_rules: Option<u32>,
}

impl Latest {
    /// Whether it says just this.
    pub fn says(&self, digest: &ContentDigest) -> bool {
        self.digest_rules == Some(digest.rules) && self.content_digest.as_deref() == Some(&digest.whole)
    }
}

const LATEST: &str = "SELECT key, d.id, d.fetched_at, coalesce(d.outline, c.outline), c.id, c.content_digest, c.digest_rules
     FROM jsonb_each(?)
     -- Whole charts and windows apart, because each has its index.
     CROSS JOIN documents d ON d.id = CASE
         WHEN value ->> 1 IS NULL THEN (
             SELECT d.id FROM documents d
             WHERE d.patient_id = value ->> 0 AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')
             ORDER BY d.fetched_at DESC, d.id DESC LIMIT 1)
         ELSE (
             SELECT d.id FROM documents d
             WHERE d.patient_id = value ->> 0 AND d.window_start = value ->> '$[1][0]' AND d.window_end = value ->> '$[1][1]'
               AND d.status IN ('accepted', 'unchanged')
             ORDER BY d.fetched_at DESC, d.id DESC LIMIT 1) END
     CROSS JOIN documents c ON c.id = d.content_document_id";

/// The statement, by the name under which a test looks at its plan.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 1] = [("latest documents", LATEST)];

type Row = (i64, i64, Millis, String, i64, Option<Vec<u8>>, Option<u32>);

/// For each patient the latest document of exactly this window (or whole), in the same order.
pub async fn latest(connection: &mut SqliteConnection, of: &[(PatientId, Option<Window>)]) -> sqlx::Result<Vec<Option<Latest>>> {
    let dates = |window: Window| (window.start.to_string(), window.end.to_string());
    let keys: Vec<_> = of.iter().map(|(patient, window)| json!([patient.0, window.map(dates)])).collect();
    let rows: Vec<Row> = sqlx::query_as(LATEST).bind(json!(keys).to_string()).fetch_all(connection).await?;
    let mut latest = vec![None; of.len()];
    for (key, id, fetched_at, outline, content, content_digest, digest_rules) in rows {
        let outline = serde_json::from_str(&outline).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let outlined = Outlined { id: DocumentId(id), fetched_at, outline };
        let place = usize::try_from(key).ok().and_then(|key| latest.get_mut(key)).ok_or(sqlx::Error::RowNotFound)?;
        *place = Some(Latest { outlined, content: DocumentId(content), content_digest, digest_rules });
    }
    Ok(latest)
}
