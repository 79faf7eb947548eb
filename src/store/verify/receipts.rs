//! Stored receipts, and what the same questions answer today.

use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{BackfillId, RunId},
    store::{backfills, receipts, receipts::Count},
};

/// The receipt of a run.
#[derive(Debug, Clone, FromRow)]
pub struct StoredReceipt {
    pub run: i64,
    pub job: String,
    pub narrowed: bool,
    pub backfill_id: Option<i64>,
    pub occurrence_at: Millis,
    /// A JSON object.
    pub receipt: String,
    /// No later run and no act of an operator has changed what it counted.
    pub stands: bool,
    /// The newest of its job.
    pub newest: bool,
}

/// The counts from which a receipt is put together; who rests depends on settings, which are not in the database.
#[derive(Debug, Clone)]
pub struct Today {
    pub counts: Vec<Count>,
    pub patients: Vec<(String, i64)>,
}

pub async fn stored(connection: &mut SqliteConnection) -> sqlx::Result<Vec<StoredReceipt>> {
    sqlx::query_as(
        "SELECT r.id AS run, r.job, r.narrowed, r.backfill_id, r.occurrence_at, r.receipt,
                NOT EXISTS (SELECT 1 FROM runs n WHERE n.job = r.job AND n.id > r.id)
                AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.at >= r.ended_at AND o.what NOT IN ('accept_roster', 'backup', 'verify', 'prune', 'flatten')) AS stands,
                NOT EXISTS (SELECT 1 FROM runs n WHERE n.job = r.job AND n.id > r.id AND n.receipt IS NOT NULL) AS newest
         FROM runs r WHERE r.receipt IS NOT NULL ORDER BY r.id",
    )
    .fetch_all(connection)
    .await
}

pub async fn count_again(connection: &mut SqliteConnection, receipt: &StoredReceipt) -> sqlx::Result<Today> {
    let (of, backfill) = ((RunId(receipt.run), receipt.narrowed), receipt.backfill_id.map(BackfillId));
    let mut counts = receipts::counts(connection, of, &receipt.job, backfill, receipt.occurrence_at).await?;
    if let Some(backfill) = backfill {
        let known = backfills::known(connection, backfill).await?;
        for left in backfills::left(connection, &known, of, &receipt.job).await? {
            left.add_to(&mut counts);
        }
    }
    let patients = receipts::patients(connection, of, &receipt.job).await?;
    Ok(Today { counts, patients })
}
