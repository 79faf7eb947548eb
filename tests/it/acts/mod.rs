//! What an operator does to the database, through the real binary: retry, backup, unpack, verify, forget, prune.

use std::{fs, path::Path};

use ccda_export::store::{Session, Sharing};

use crate::harness::{Ended, Sandbox, call, session};

mod backup;
mod forget;
mod prune;
mod retry;
mod unpack;
mod verify;

/// Runs an act on the sandbox's job.
fn act(sandbox: &Sandbox, name: &str, args: &[&str]) -> Ended {
    let job = sandbox.job();
    call([name.as_ref(), job.as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())))
}

/// Opens the sandbox's database as its writer, and so holds its lock.
async fn hold(sandbox: &Sandbox) -> Session {
    session(&sandbox.path("export.sqlite"), Sharing::default()).await
}

/// Changes the database behind the program's back.
async fn change(sandbox: &Sandbox, statements: &[&'static str]) {
    let mut session = hold(sandbox).await;
    for sql in statements {
        sqlx::query(*sql).execute(&mut session.connection).await.unwrap();
    }
    session.close().await.unwrap();
}

/// A chart of about 60 kB, which takes pages of its own, with a text that stands nowhere else.
fn chart_with(text: &str) -> String {
    let filler = "<component><section><text>nothing to see here</text></section></component>".repeat(800);
    crate::export::chart().replace("</ClinicalDocument>", &format!("<title>{text}</title>{filler}{text} end</ClinicalDocument>"))
}

/// A folder of documents for `sandbox --documents`, each under its name.
fn documents(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn serve(folder: &Path) -> Sandbox {
    Sandbox::start(&["--documents", folder.to_str().unwrap()])
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    memchr::memmem::find(haystack, needle.as_bytes()).is_some()
}
