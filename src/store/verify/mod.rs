//! Proving a database: SQLite's own checks, every body's digest and every state, in one snapshot, in bounded memory. Reads only.
//!
//! What a receipt must say is known to `report`; this gives it the stored receipts and the counts of today.

mod bodies;
mod pages;
mod receipts;
mod states;

use std::path::Path;

use sqlx::{Sqlite, pool::PoolConnection};

use super::{StoreError, open_for_reading};

pub use bodies::Verified;
pub use receipts::{StoredReceipt, Today};

/// A database being proven: one connection that sees one moment, however long that takes and whatever is written meanwhile.
#[derive(Debug)]
pub struct Verification {
    connection: PoolConnection<Sqlite>,
    path: std::path::PathBuf,
}

/// One thing that is wrong, in words.
pub type Damage = String;

impl Verification {
    /// Opens the database and takes its snapshot.
    pub async fn begin(path: &Path) -> Result<Self, StoreError> {
        let readers = open_for_reading(path).await?;
        let connection = readers.acquire().await.map_err(|source| StoreError::from_sql(path, source))?;
        let mut this = Self { connection, path: path.to_owned() };
        // The snapshot begins with the first read.
        for sql in ["BEGIN", "SELECT count(*) FROM sqlite_schema"] {
            let begun = sqlx::query(sql).execute(&mut *this.connection).await;
            begun.map_err(|source| this.error(source))?;
        }
        Ok(this)
    }

    /// SQLite's own checks: pages, indexes, constraints, references.
    pub async fn pages(&mut self, found: &mut impl FnMut(Damage)) -> Result<(), StoreError> {
        let result = pages::check(&mut self.connection, found).await;
        self.judged(result, "the check of its pages", found)?;
        let result = pages::check_references(&mut self.connection, found).await;
        self.judged(result, "the check of its references", found)
    }

    /// Every body's length and SHA-256.
    pub async fn bodies(&mut self, found: &mut impl FnMut(Damage)) -> Result<Verified, StoreError> {
        let mut verified = Verified::default();
        let result = bodies::check(&mut self.connection, &mut verified, found).await;
        self.judged(result, "the check of its bodies", found)?;
        Ok(verified)
    }

    /// States that no life of a fetch leads to.
    pub async fn states(&mut self, found: &mut impl FnMut(Damage)) -> Result<(), StoreError> {
        for (what, sql) in states::IMPOSSIBLE {
            let result = states::check(&mut self.connection, what, sql, found).await;
            self.judged(result, what, found)?;
        }
        for (column, sql) in states::WORDS {
            let result = states::check_words(&mut self.connection, column, sql, found).await;
            self.judged(result, column, found)?;
        }
        Ok(())
    }

    /// The receipts of all runs that have one, oldest first, each with whether it is the last word of its job.
    pub async fn receipts(&mut self) -> Result<Vec<StoredReceipt>, StoreError> {
        let stored = receipts::stored(&mut self.connection).await;
        stored.map_err(|source| self.error(source))
    }

    /// What the receipt of this run would count now.
    pub async fn count_again(&mut self, receipt: &StoredReceipt) -> Result<Today, StoreError> {
        let counted = receipts::count_again(&mut self.connection, receipt).await;
        counted.map_err(|source| self.error(source))
    }

    /// A damaged page is a finding, and the next check goes on; everything else ends the verification.
    fn judged(&self, result: sqlx::Result<()>, what: &str, found: &mut impl FnMut(Damage)) -> Result<(), StoreError> {
        match result.map_err(|source| self.error(source)) {
            Err(StoreError::Damaged { message, .. }) => {
                found(format!("{what} could not be ended: {message}"));
                Ok(())
            }
            other => other,
        }
    }

    fn error(&self, source: sqlx::Error) -> StoreError {
        StoreError::from_sql(&self.path, source)
    }
}
