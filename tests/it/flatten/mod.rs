//! Rows of documents: made when these are stored, afterwards, and again; of filed documents alone, and gone with them.

mod care;
mod corpus;
mod coverage;
mod golden;
mod header;
mod header_corpus;
mod history;
mod quality;
mod rows;
mod search;
mod summary;
mod synthetic;

use ccda_export::store::Sharing;

use crate::{
    crash::other_program,
    harness::{Ended, Sandbox, call, session},
};

/// Whether the index for full-text search holds exactly what the sections say, which SQLite tells itself.
async fn check_index(sandbox: &Sandbox) {
    let mut connection = other_program(&sandbox.path("export.sqlite")).await;
    let checked =
        sqlx::query("INSERT INTO sections_text (sections_text, rank) VALUES ('integrity-check', 1)").execute(&mut connection).await;
    checked.unwrap();
}

fn flatten(sandbox: &Sandbox, args: &[&str]) -> Ended {
    call(["flatten".as_ref(), sandbox.job().as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())))
}

/// Changes the database behind the program's back.
async fn change(sandbox: &Sandbox, sql: &'static str) {
    let mut session = session(&sandbox.path("export.sqlite"), Sharing::default()).await;
    // Rows of entries refer to sections.
    for sql in ["PRAGMA foreign_keys = OFF", sql] {
        sqlx::query(sql).execute(&mut session.connection).await.unwrap();
    }
    session.close().await.unwrap();
}
