//! Takes the roster over into the database: who is new, who moved to another account, who has gone. All of it, or nothing.

use std::{collections::HashMap, io};

use sqlx::{Connection, SqliteConnection};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    clock::{Clock, Millis},
    domain::{AccountId, PatientId, TenantId},
    store::{Session, accounts, jobs, operations, patients, tenants, tombstones},
};

use super::{
    Roster, RunError,
    roster::{PatientStream, RosterPatient},
};

/// Lines taken over together: each batch walks once along the index on tokens, and takes 8 MB of memory.
const BATCH: usize = 1 << 15;

/// Lines read at a time; as many of them wait as make a batch.
const CHUNK: usize = 1 << 12;

/// The roster's tenants and accounts by their rows, in the roster's order.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub tenants: Vec<TenantId>,
    pub accounts: Vec<AccountId>,
}

/// Makes the rows of all tenants and accounts that have none.
pub(super) async fn tenants_and_accounts(connection: &mut SqliteConnection, roster: &Roster) -> sqlx::Result<Rows> {
    let mut names = vec![Vec::new(); roster.tenants.len()];
    for account in &roster.accounts {
        names[account.tenant as usize].push(&account.name);
    }
    let mut rows = Rows::default();
    let mut by_tenant: Vec<HashMap<String, AccountId>> = Vec::with_capacity(roster.tenants.len());
    for (tenant, names) in roster.tenants.iter().zip(names) {
        let id = tenants::ensure(connection, &tenant.name).await?;
        by_tenant.push(accounts::ensure(connection, id, &names).await?);
        rows.tenants.push(id);
    }
    let id_of = |account: &super::Account| by_tenant[account.tenant as usize].get(&account.name.0).copied().ok_or(sqlx::Error::RowNotFound);
    rows.accounts = roster.accounts.iter().map(id_of).collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Brings `patients` and the job's own list up to the roster; nothing is read or written when its lines are those of the last run. Tells how many
/// of the roster's patients were forgotten and so are left out. The caller undoes all of it on an error: a transaction of its own inside the caller's would
/// keep each changed page as it was, in memory.
///
/// # Errors
/// [`RunError::TooManyVanished`] when more than a fifth of those whom the job named are gone and nobody accepted this roster.
pub(super) async fn patients(
    connection: &mut SqliteConnection,
    roster: &Roster,
    rows: &Rows,
    job: &str,
    now: Millis,
) -> Result<u64, RunError> {
    let known = jobs::rosters(connection, job).await?;
    if known.roster_digest.as_deref() == Some(&roster.digest) {
        // All of the roster's lines were taken over but for those.
        return Ok(roster.patient_count.saturating_sub(jobs::count(connection, job).await?));
    }
    let accepted = known.accepted_digest.as_deref() == Some(&roster.digest);
    let before = jobs::count(connection, job).await?;
    let (named, forgotten) = take_over_lines(connection, roster, rows, job, now).await?;
    // Whoever is named is in the job's list now: where that has no more, nobody has gone.
    if roster.skipped_lines == 0 && jobs::count(connection, job).await? > named.count() {
        let gone = jobs::vanished(connection, job, |patient| named.contains(patient)).await?;
        let vanished = gone.len() as u64;
        if vanished * 5 > before && !accepted {
            return Err(RunError::TooManyVanished { vanished, before });
        }
        jobs::remove_patients(connection, job, &gone, now).await?;
    }
    // With lines left out, the next run reads the whole roster again: a digest would stand for what was not taken over.
    let digest = (roster.skipped_lines == 0).then_some(&roster.digest[..]);
    jobs::set_roster(connection, job, digest).await?;
    Ok(forgotten)
}

/// Notes that this roster may be taken over by the job's next run, however many vanished from it, and closes the session.
pub async fn accept_roster(mut session: Session, job: &str, roster: &Roster, who: &str, clock: &Clock) -> Result<(), RunError> {
    let accepted = async {
        let mut transaction = session.connection.begin_with("BEGIN IMMEDIATE").await?;
        jobs::know(&mut transaction, job).await?;
        jobs::accept_roster(&mut transaction, job, &roster.digest).await?;
        operations::record(&mut transaction, clock.now_ms(), who, "accept_roster", job).await?;
        transaction.commit().await
    };
    let accepted: sqlx::Result<()> = accepted.await;
    accepted.map_err(|error| session.error(error))?;
    Ok(session.close().await?)
}

async fn take_over_lines(
    connection: &mut SqliteConnection,
    roster: &Roster,
    rows: &Rows,
    job: &str,
    now: Millis,
) -> Result<(Named, u64), RunError> {
    let tombstones = tombstones::load(connection).await?;
    let (mut named, mut forgotten) = (Named::default(), 0);
    let mut batch = Vec::new();
    let all_are_new = patients::are_none(connection).await?;
    let (mut chunks, reader) = read_ahead((roster.patients)().map_err(RunError::RosterChanged)?);
    loop {
        let chunk = chunks.recv().await.transpose().map_err(RunError::RosterChanged)?;
        let ended = chunk.is_none();
        for line in chunk.into_iter().flatten() {
            let account = &roster.accounts[line.account as usize];
            if tombstones.hold(&roster.tenants[account.tenant as usize].name, &line.token) {
                forgotten += 1;
                continue;
            }
            batch.push(patients::Line {
                tenant: rows.tenants[account.tenant as usize],
                account: rows.accounts[line.account as usize],
                token: line.token,
                extra: line.extra,
            });
        }
        if batch.len() >= BATCH || (ended && !batch.is_empty()) {
            let ids = patients::take_over(connection, std::mem::take(&mut batch), all_are_new, now).await.map_err(named_twice)?;
            jobs::add_patients(connection, job, &ids).await?;
            ids.into_iter().for_each(|id| named.insert(id));
        }
        if ended {
            break;
        }
    }
    // A reader that panicked has not read all: nobody is taken for gone because of that.
    reader.await.map_err(|error| RunError::RosterChanged(io::Error::other(error)))?;
    Ok((named, forgotten))
}

/// Reads the roster's lines while those before them are written: of a million that takes a second, on a core that has nothing else to do.
fn read_ahead(mut lines: PatientStream) -> (mpsc::Receiver<io::Result<Vec<RosterPatient>>>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(BATCH / CHUNK - 1);
    let reader = tokio::task::spawn_blocking(move || {
        loop {
            let chunk: io::Result<Vec<_>> = lines.by_ref().take(CHUNK).collect();
            let is_last = chunk.as_ref().map_or(true, |chunk| chunk.len() < CHUNK);
            // Who gave up has told why.
            if sender.blocking_send(chunk).is_err() || is_last {
                return;
            }
        }
    });
    (receiver, reader)
}

/// The check lets nobody be named twice, and a line that the database knows already is looked up, unless it knew none at all.
fn named_twice(error: sqlx::Error) -> RunError {
    match error.as_database_error() {
        Some(violated) if violated.is_unique_violation() => RunError::RosterChanged(io::Error::other("it names a patient twice now")),
        _ => error.into(),
    }
}

/// A set of row ids, a bit each: a million patients take 125 kB.
#[derive(Debug, Default)]
struct Named(Vec<u64>);

impl Named {
    fn insert(&mut self, patient: PatientId) {
        let (word, bit) = Self::place(patient);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    fn contains(&self, patient: PatientId) -> bool {
        let (word, bit) = Self::place(patient);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    fn place(patient: PatientId) -> (usize, u64) {
        // Row ids of SQLite tables begin at 1; a negative one is never given out.
        let id = usize::try_from(patient.0).unwrap_or(0);
        (id / 64, 1 << (id % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{AccountName, PatientToken, TenantName},
        store::DatabaseFile,
    };

    #[tokio::test]
    async fn a_new_file_that_names_somebody_twice_since_it_was_checked_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = DatabaseFile::at(folder.path().join("export.sqlite"));
        let mut session = Session::open(file, "a test").await.unwrap();
        let connection = &mut session.connection;
        let tenant = tenants::ensure(connection, &TenantName("T".into())).await.unwrap();
        let account = accounts::ensure(connection, tenant, &[&AccountName("a".into())]).await.unwrap()["a"];
        let line = || patients::Line { tenant, account, token: PatientToken::new("p-1"), extra: "{}".into() };
        assert!(patients::are_none(connection).await.unwrap());
        // Within a batch the first line counts, and so does it where lines are looked up.
        assert_eq!(patients::take_over(connection, vec![line(), line()], true, 1).await.unwrap(), [PatientId(1)]);
        assert_eq!(patients::take_over(connection, vec![line()], false, 1).await.unwrap(), [PatientId(1)]);
        let twice = patients::take_over(connection, vec![line()], true, 1).await.map_err(named_twice).unwrap_err();
        assert_eq!(
            twice.to_string(),
            "the roster could not be read again as it was checked: it names a patient twice now; nothing was changed and nothing was asked for"
        );
    }
}
