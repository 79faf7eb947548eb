//! `migrations/SCHEMA.md`: every table, view and column, generated from a database that was migrated and filled by the library on a manual clock.
//!
//! Meanings and source paths are the comments of the migrations, which SQLite keeps in `sqlite_schema`; examples are values of that database.

mod comments;
mod meanings;
mod reference;
pub mod sample;
mod supplement;

use std::fs;

const FILE: &str = "migrations/SCHEMA.md";

#[tokio::test]
async fn the_schema_reference_is_that_of_the_migrations_and_every_column_has_a_meaning() {
    let sample = sample::database().await;
    let (text, without) = reference::generate(&sample.database()).await;
    assert!(without.is_empty(), "these have no meaning; give each a comment in its migration:\n{}", without.join("\n"));
    if std::env::var_os("CCDA_SCHEMA_UPDATE").is_some() {
        fs::write(FILE, &text).unwrap();
    }
    let there = fs::read_to_string(FILE).unwrap_or_default();
    let differs =
        there.lines().zip(text.lines()).position(|(there, text)| there != text).unwrap_or(there.lines().count().min(text.lines().count()));
    let line = |text: &str| text.lines().nth(differs).unwrap_or("(its end)").to_owned();
    assert!(
        there == text,
        "{FILE} is not what the migrations say, from line {} on:\n  it has: {}\n  now is: {}\nto write it anew: CCDA_SCHEMA_UPDATE=1 cargo test --test it schema",
        differs + 1,
        line(&there),
        line(&text)
    );
}
