//! Which row ids an INSERT gave.

use std::ops::RangeInclusive;

use sqlx::sqlite::SqliteQueryResult;

/// The row ids of the lines that one INSERT added, in their order: SQLite gives each one more than the highest there is (https://sqlite.org/autoinc.html),
/// and there is one writer. With RETURNING each of them is a message between two threads.
pub(super) fn inserted(result: &SqliteQueryResult) -> RangeInclusive<i64> {
    let last = result.last_insert_rowid();
    // Never more lines than an i64 counts.
    last + 1 - result.rows_affected().cast_signed()..=last
}
