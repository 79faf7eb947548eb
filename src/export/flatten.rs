//! Rows of documents that are there already: made for the first time, or anew because the rules have improved.

use sqlx::{Connection, SqliteConnection};

use crate::{
    ccda,
    domain::{DocumentId, clinical::Flat},
    store::{
        Act, Session, StoreError, bodies, clinical,
        clinical::{Rows, Unread},
        documents,
    },
};

use super::{Stop, reading};

/// Documents of one transaction, and of one statement for each table.
const STEP: u32 = 64;

/// What a flattening came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Flattened {
    pub documents: u64,
    pub sections: u64,
    /// Rows that were made of entries.
    pub rows: u64,
    /// Entries that no rule takes.
    pub unknown_entries: u64,
    /// Pieces of documents that could not be read.
    pub issues: u64,
    /// Documents that have no rows of these rules and never will, because retention let their bytes go.
    pub without_bytes: u64,
}

impl Flattened {
    /// Of one document.
    fn of(flat: &Flat) -> Self {
        Self {
            documents: 1,
            sections: flat.sections.len() as u64,
            rows: flat.sections.iter().map(|section| u64::from(section.rows)).sum(),
            unknown_entries: flat.unknown_entries.len() as u64,
            issues: flat.issues.len() as u64,
            without_bytes: 0,
        }
    }
}

impl std::ops::AddAssign for Flattened {
    fn add_assign(&mut self, other: Self) {
        let Self { documents, sections, rows, unknown_entries, issues, without_bytes } = other;
        self.documents += documents;
        self.sections += sections;
        self.rows += rows;
        self.unknown_entries += unknown_entries;
        self.issues += issues;
        self.without_bytes += without_bytes;
    }
}

/// Makes the rows of documents that have none of the present rules, or with `all` of every document; a row in `operations` tells of it.
pub async fn flatten(session: &mut Session, all: bool, act: &Act, stop: &Stop) -> Result<Flattened, StoreError> {
    session.act(act, async |_| Ok(())).await?;
    walk(session, if all { Unread::All } else { Unread::Before(ccda::RULES) }, stop).await.map_err(|source| session.error(source))
}

/// Makes the rows of these documents, as far as they are filed and have their bytes.
pub async fn flatten_these(session: &mut Session, ids: &[DocumentId]) -> Result<(), StoreError> {
    for id in ids {
        let written = async {
            if let Some(bytes) = documents::filed_bytes(&mut session.connection, *id).await? {
                let (rows, _) = read(bytes).await;
                write(&mut session.connection, vec![(*id, rows)]).await?;
            }
            Ok(())
        };
        written.await.map_err(|source| session.error(source))?;
    }
    Ok(())
}

async fn walk(session: &mut Session, which: Unread, stop: &Stop) -> sqlx::Result<Flattened> {
    let (mut told, mut after) = (Flattened::default(), DocumentId(0));
    while !stop.is_finishing() {
        let page = clinical::next(&session.readers, which, after, STEP).await?;
        let Some((last, _)) = page.last() else { break };
        after = DocumentId(*last);
        let mut step = Vec::with_capacity(page.len());
        for (id, body) in page {
            let bytes = bodies::read(&mut session.connection, body).await?;
            let (rows, of_one) = read(bytes).await;
            told += of_one;
            step.push((DocumentId(id), rows));
        }
        write(&mut session.connection, step).await?;
    }
    told.without_bytes = u64::try_from(clinical::unread_without_bytes(&session.readers, ccda::RULES).await?).unwrap_or(0);
    Ok(told)
}

async fn read(bytes: Vec<u8>) -> (Rows, Flattened) {
    let read = move || {
        let flat = ccda::flatten(&bytes);
        (Rows::of(&flat), Flattened::of(&flat))
    };
    reading::apart(read).await
}

async fn write(connection: &mut SqliteConnection, step: Vec<(DocumentId, Rows)>) -> sqlx::Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    clinical::replace(&mut transaction, step).await?;
    transaction.commit().await
}
