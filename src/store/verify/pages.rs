//! What SQLite proves by itself.

use futures_util::TryStreamExt;
use sqlx::SqliteConnection;

use super::Damage;

/// `integrity_check`: pages, the order of rows, indexes against tables, NOT NULL and CHECK. It ends after a hundred findings.
pub async fn check(connection: &mut SqliteConnection, found: &mut impl FnMut(Damage)) -> sqlx::Result<()> {
    let mut lines = sqlx::query_scalar::<_, String>("PRAGMA integrity_check").fetch(connection);
    while let Some(line) = lines.try_next().await? {
        if line != "ok" {
            found(format!("SQLite: {line}"));
        }
    }
    Ok(())
}

/// `foreign_key_check`, which the former leaves out.
pub async fn check_references(connection: &mut SqliteConnection, found: &mut impl FnMut(Damage)) -> sqlx::Result<()> {
    let mut rows = sqlx::query_as::<_, (String, Option<i64>, String, i64)>("PRAGMA foreign_key_check").fetch(connection);
    while let Some((table, row, parent, _)) = rows.try_next().await? {
        let row = row.map_or_else(String::new, |row| format!(" {row}"));
        found(format!("{table}{row} refers to a row of {parent} that does not exist"));
    }
    Ok(())
}
