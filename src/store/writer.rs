//! The one writer while a run works: whatever waits is committed together, and nothing is held back for company.
//!
//! Under load a commit takes long enough for the next batch to gather behind it; in a quiet minute a single write is committed at once.
//! Who asked for a write hears of it only after its commit.

use futures_util::future::BoxFuture;
use sqlx::{Connection, SqliteConnection};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{Session, StoreError};
use crate::failpoint;

/// What a write does on the connection, inside the batch's transaction. `Ok(None)` undoes the batch: see [`StoreError::TakenOver`].
pub type Write<T> = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, sqlx::Result<Option<T>>> + Send>;

/// A write that has been done and will be reported once the batch is committed.
type Report = Box<dyn FnOnce() + Send>;
type Job = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, sqlx::Result<Option<Report>>> + Send>;

/// Bounds what waits, and with it the bodies in memory: measured, 192 keep up with 512 at three quarters of the memory.
const QUEUE: usize = 192;
/// Most writes in one transaction.
const BATCH: usize = 256;

/// The writer's task. [`finish`](Self::finish) ends it and gives the session back.
#[derive(Debug)]
pub struct Writer {
    task: JoinHandle<(Session, Result<(), StoreError>)>,
    handle: WriterHandle,
}

/// Asks the writer for writes; cheap to clone.
#[derive(Debug, Clone)]
pub struct WriterHandle(mpsc::Sender<Job>);

impl Writer {
    pub fn start(session: Session) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Self { task: tokio::spawn(serve(session, receiver)), handle: WriterHandle(sender) }
    }

    pub fn handle(&self) -> WriterHandle {
        self.handle.clone()
    }

    /// Waits until all handles are gone and everything is committed. The session comes back also with the error that stopped the writer.
    pub async fn finish(self) -> (Session, Result<(), StoreError>) {
        drop(self.handle);
        match self.task.await {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

impl WriterHandle {
    /// Runs `write` in the next batch, and returns after its commit with what it gave.
    pub async fn write<T: Send + 'static>(&self, write: Write<T>) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            Box::pin(async move {
                let value = write(connection).await?;
                // The asker may have been cancelled: what was committed is in the database, where it will be read again.
                Ok(value.map(|value| Box::new(move || drop(sender.send(value))) as Report))
            })
        });
        self.0.send(job).await.map_err(|_| StoreError::WriterGone)?;
        receiver.await.map_err(|_| StoreError::WriterGone)
    }
}

async fn serve(mut session: Session, mut receiver: mpsc::Receiver<Job>) -> (Session, Result<(), StoreError>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        match commit(&mut session.connection, batch.drain(..)).await {
            Ok(Some(reports)) => {
                session.wal.look();
                reports.into_iter().for_each(|report| report());
            }
            // Dropped jobs and reports tell every asker that the writer is gone.
            Ok(None) => return (session, Err(StoreError::TakenOver)),
            Err(source) => {
                let error = session.error(source);
                return (session, Err(error));
            }
        }
    }
    (session, Ok(()))
}

/// One transaction for all jobs; `None` when one of them found that the fetch is no longer ours, and nothing was written.
async fn commit(connection: &mut SqliteConnection, jobs: impl Iterator<Item = Job>) -> sqlx::Result<Option<Vec<Report>>> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut reports = Vec::new();
    for job in jobs {
        match job(&mut transaction).await? {
            Some(report) => reports.push(report),
            None => return Ok(None),
        }
    }
    failpoint::pass("written");
    transaction.commit().await?;
    failpoint::pass("committed");
    Ok(Some(reports))
}
