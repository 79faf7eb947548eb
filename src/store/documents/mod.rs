//! `documents` and `refused_bodies`: what was accepted, and the newest answer that was not.

pub mod content;
mod decide;
mod hand_out;
pub mod held;
pub mod latest;
mod list;
pub mod mixed_up;
mod newest;
mod older;

pub use decide::{Decidable, Decision, by_id, decide, which};
pub use hand_out::{HandedOut, Wanted, of_patient, patients, unknown};
pub use list::{Listed, Which, body, filed_bytes, list};

use std::sync::LazyLock;

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{
        AttemptId, DocumentId, DocumentStatus, Identity, IdentityId, Outline, PatientId, Reason, RunId, Window, clinical::ContentDigest,
    },
    store::{
        bodies::{self, NewBody},
        clinical,
        lines::{self, Cell, Target, cells, json},
    },
};

/// Of a refused answer, so much is kept: enough to see what it is.
const MOST_REFUSED: usize = 1 << 20;

/// A document that was accepted, with the facts of its header.
#[derive(Debug, Default)]
pub struct NewDocument {
    /// As sent, after HTTP decoding.
    pub bytes: Vec<u8>,
    pub sha256: [u8; 32],
    /// The bytes as a zstd frame, where that is to be stored in their place.
    pub zstd: Option<Vec<u8>>,
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
    /// What it says, where rows are wanted and it could be told.
    pub digest: Option<ContentDigest>,
    /// Its rows, where they are wanted and it did not seem to say what the one before did.
    pub rows: Option<clinical::Rows>,
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

impl Filed {
    /// Whether rows of its own are kept.
    pub fn has_rows(self) -> bool {
        matches!(self.status, DocumentStatus::Accepted | DocumentStatus::Shrunk)
    }
}

/// A document that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub id: DocumentId,
    /// Whether the same bytes were there already: they may be somebody else's.
    pub known_body: bool,
}

/// A document to be stored.
#[derive(Debug)]
pub(in crate::store) struct New {
    pub patient: PatientId,
    pub window: Option<Window>,
    pub run: RunId,
    pub fetched_at: Millis,
    pub document: NewDocument,
    pub filed: Filed,
}

/// Stores documents, and their bodies unless the same bytes are there already.
pub(in crate::store) async fn insert(connection: &mut SqliteConnection, mut new: Vec<New>) -> sqlx::Result<Vec<Stored>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    // What says the same as another, and what is kept apart, has no rows of its own.
    let without_rows = new.iter_mut().filter(|new| !new.filed.has_rows());
    without_rows.for_each(|new| new.document.rows = None);
    let older = older::bodies(connection, &new).await?;
    let bodies = new.iter_mut().zip(older).map(|(new, older)| {
        let NewDocument { sha256, bytes, zstd, .. } = &mut new.document;
        NewBody { sha256: *sha256, bytes: std::mem::take(bytes), zstd: zstd.take(), older }
    });
    let bodies = bodies::insert(connection, bodies.collect()).await?;
    // A document mostly stands for itself, so its id has to be known before; there is one writer.
    let first: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM documents").fetch_one(&mut *connection).await?;
    let lines = (first..).zip(&new).zip(&bodies).map(|((id, new), (body, _))| line(id, new, *body)).collect();
    let ids = lines::insert(connection, &TARGET, lines).await?;
    let rows = ids.clone().zip(new).filter_map(|(id, new)| Some((DocumentId(id), new.document.rows?)));
    clinical::insert(connection, rows.collect()).await?;
    Ok(ids.zip(bodies).map(|(id, (_, known_body))| Stored { id: DocumentId(id), known_body }).collect())
}

/// What the document that stands for another one says too is not said again every night: with each of the last two cells comes that document.
static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let columns = "id, patient_id, body_id, run_id, status, reason, identity_id, fetched_at, window_start, window_end, document_root,
        document_extension, code, title, effective_time, effective_time_raw, mrn_root, mrn_extension, sections, entries, warnings, rules_version,
        content_digest, outside_digest, digest_rules, content_document_id, media_type, outline";
    let own = "?, ".repeat(26);
    let unlike = |column| format!("nullif(?, (SELECT {column} FROM documents WHERE id = ?))");
    Target::of("documents", columns, &format!("{own}{}, {}", unlike("media_type"), unlike("outline")))
});

fn line(id: i64, new: &New, body: i64) -> [Cell; 30] {
    let New { patient, window, run, fetched_at, document, filed } = new;
    let rows = document.rows.as_ref();
    let digest = rows.and_then(|rows| rows.digest.as_ref());
    let content = filed.content.map(|content| content.0);
    cells![
        id,
        patient.0,
        body,
        run.0,
        filed.status.as_str(),
        filed.reason.map(Reason::as_str),
        filed.identity.0,
        fetched_at,
        window.map(|window| window.start.to_string()),
        window.map(|window| window.end.to_string()),
        &document.document_root,
        &document.document_extension,
        &document.code,
        &document.title,
        &document.effective_time,
        &document.effective_time_raw,
        &document.mrn_root,
        &document.mrn_extension,
        document.sections,
        document.entries,
        &document.warnings,
        rows.map(|rows| rows.rules),
        digest.map(|digest| &digest.whole),
        digest.map(|digest| &digest.outside),
        digest.map(|digest| digest.rules),
        content.unwrap_or(id),
        &document.media_type,
        content,
        json(&document.outline),
        content,
    ]
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

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(super) fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    hand_out::STATEMENTS.into_iter().chain(older::STATEMENTS).chain(newest::STATEMENTS).chain(latest::STATEMENTS)
}
