//! `documents`, `bodies` and `refused_bodies`: what was accepted, its bytes once, and the newest answer that was not accepted.

pub mod content;
mod decide;
mod hand_out;
pub mod held;
mod list;
pub mod mixed_up;

pub use decide::{Decidable, Decision, by_id, decide, which};
#[cfg(test)]
pub(super) use hand_out::STATEMENTS;
pub use hand_out::{HandedOut, Wanted, of_patient, patients, unknown};
pub use list::{Listed, Which, bytes, filed_bytes, list};

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{AttemptId, DocumentId, DocumentStatus, Identity, IdentityId, Outline, PatientId, Reason, RunId, Window, clinical::Flat},
    store::clinical,
};

/// Of a refused answer, so much is kept: enough to see what it is.
const MOST_REFUSED: usize = 1 << 20;

/// A document that was accepted, with the facts of its header.
#[derive(Debug, Default)]
pub struct NewDocument {
    /// As sent, after HTTP decoding.
    pub bytes: Vec<u8>,
    pub sha256: [u8; 32],
    pub media_type: Option<String>,
    pub document_root: Option<String>,
    pub document_extension: Option<String>,
    pub code: Option<String>,
    pub title: Option<String>,
    pub effective_time: Option<String>,
    pub effective_time_raw: Option<String>,
    pub mrn_root: Option<String>,
    pub mrn_extension: Option<String>,
    pub sections: u32,
    pub entries: u32,
    /// A JSON array.
    pub warnings: String,
    /// Whom it names.
    pub identity: Identity,
    pub outline: Outline,
    /// Its rows, where they are wanted.
    pub flat: Option<Flat>,
}

/// Where a new document is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filed {
    pub status: DocumentStatus,
    /// Why it is kept apart.
    pub reason: Option<Reason>,
    pub identity: IdentityId,
    /// The document that says the same, where there is one: the new one gets no rows of its own.
    pub content: Option<DocumentId>,
}

/// A document that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub id: DocumentId,
    /// Whether the same bytes were there already: they may be somebody else's.
    pub known_body: bool,
}

/// Stores the document, and its body unless the same bytes are there already.
pub(in crate::store) async fn insert(
    connection: &mut SqliteConnection,
    (patient, window): (PatientId, Option<Window>),
    document: NewDocument,
    filed: Filed,
    (run, fetched_at): (RunId, Millis),
) -> sqlx::Result<Stored> {
    let (body, known_body) = insert_body(connection, document.sha256, document.bytes).await?;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO documents (id, patient_id, body_id, run_id, status, reason, identity_id, fetched_at, window_start, window_end, media_type,
                                document_root, document_extension, code, title, effective_time, effective_time_raw, mrn_root, mrn_extension,
                                sections, entries, outline, warnings, content_document_id)
         -- content_document_id is mostly the row itself, so its id has to be known before; there is one writer.
         SELECT n.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, n.id)
         FROM (SELECT coalesce(max(id), 0) + 1 AS id FROM documents) n
         RETURNING id",
    )
    .bind(patient.0)
    .bind(body)
    .bind(run.0)
    .bind(filed.status.as_str())
    .bind(filed.reason.map(Reason::as_str))
    .bind(filed.identity.0)
    .bind(fetched_at)
    .bind(window.map(|window| window.start.to_string()))
    .bind(window.map(|window| window.end.to_string()))
    .bind(document.media_type)
    .bind(document.document_root)
    .bind(document.document_extension)
    .bind(document.code)
    .bind(document.title)
    .bind(document.effective_time)
    .bind(document.effective_time_raw)
    .bind(document.mrn_root)
    .bind(document.mrn_extension)
    .bind(document.sections)
    .bind(document.entries)
    .bind(serde_json::json!(document.outline).to_string())
    .bind(document.warnings)
    .bind(filed.content.map(|content| content.0))
    .fetch_one(&mut *connection)
    .await?;
    let has_rows = matches!(filed.status, DocumentStatus::Accepted | DocumentStatus::Shrunk);
    if let Some(flat) = document.flat.filter(|_| has_rows) {
        clinical::insert(connection, DocumentId(id), &flat).await?;
    }
    Ok(Stored { id: DocumentId(id), known_body })
}

/// The body's row, and whether it was there already.
async fn insert_body(connection: &mut SqliteConnection, sha256: [u8; 32], bytes: Vec<u8>) -> sqlx::Result<(i64, bool)> {
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let inserted = sqlx::query_scalar("INSERT INTO bodies (sha256, length, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING id")
        .bind(sha256.to_vec())
        .bind(length)
        .bind(bytes)
        .fetch_optional(&mut *connection)
        .await?;
    match inserted {
        Some(id) => Ok((id, false)),
        None => {
            let known = sqlx::query_scalar("SELECT id FROM bodies WHERE sha256 = ?").bind(sha256.to_vec()).fetch_one(connection).await?;
            Ok((known, true))
        }
    }
}

/// Keeps a refused answer in place of the patient's last one.
pub(in crate::store) async fn keep_refused(
    connection: &mut SqliteConnection,
    patient: PatientId,
    attempt: AttemptId,
    mut bytes: Vec<u8>,
) -> sqlx::Result<()> {
    bytes.truncate(MOST_REFUSED);
    sqlx::query(
        "INSERT INTO refused_bodies (patient_id, attempt_id, bytes) VALUES (?, ?, ?)
         ON CONFLICT (patient_id) DO UPDATE SET attempt_id = excluded.attempt_id, bytes = excluded.bytes",
    )
    .bind(patient.0)
    .bind(attempt.0)
    .bind(bytes)
    .execute(connection)
    .await?;
    Ok(())
}

/// Mean length in bytes of the newest bodies; `None` while there is none.
pub async fn mean_length(connection: &mut SqliteConnection) -> sqlx::Result<Option<u64>> {
    let mean: Option<f64> =
        sqlx::query_scalar("SELECT avg(length) FROM (SELECT length FROM bodies ORDER BY id DESC LIMIT 1000)").fetch_one(connection).await?;
    Ok(mean.map(|mean| mean as u64))
}
