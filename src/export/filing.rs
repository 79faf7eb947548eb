//! Where a chart is filed: under its patient, as one that says what the one before did, held because it shrank, or kept apart because it may be
//! another person's.
//!
//! The rules are pure; only [`file`] asks the database, inside the transaction that settles the fetch, so that two charts of a patient cannot both
//! be the first.

use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use crate::{
    ccda,
    clock::Millis,
    domain::{DocumentId, DocumentStatus, Identity, IdentityId, Outline, PatientId, Reason, Stated, TenantId, Window},
    store::{
        clinical::Rows,
        documents::{
            held::{self, Outlined},
            latest::{self, Latest},
        },
        fetches::{Filed, NewDocument},
        identities::{self, NewIdentity, Record, Standing},
    },
};

/// When a chart counts as shrunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShrinkPolicy {
    /// Whether such a chart is held.
    pub hold: bool,
    /// The part of the entries before at which they have fallen too far.
    pub entries: f64,
}

impl Default for ShrinkPolicy {
    fn default() -> Self {
        Self { hold: true, entries: 0.5 }
    }
}

/// Whose chart it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Theirs,
    /// It names another person than the patient's documents, or than the roster.
    Another,
    /// It names whom an operator has discarded.
    Discarded,
}

/// What became of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filing {
    pub filed: Filed,
    pub tenant: TenantId,
    /// Another patient of the tenant whose charts name exactly the same, where this was not known before.
    pub namesake: Option<PatientId>,
}

/// A chart that is to be filed.
#[derive(Clone, Copy)]
pub(super) struct Chart<'a> {
    pub patient: PatientId,
    pub window: Option<Window>,
    pub fetched_at: Millis,
    pub document: &'a NewDocument,
}

/// Decides where charts go, each of another patient, and writes what follows for the patients' other documents and identities.
pub(super) async fn file(connection: &mut SqliteConnection, charts: &[Chart<'_>], shrink: ShrinkPolicy) -> sqlx::Result<Vec<Filing>> {
    let patients: Vec<_> = charts.iter().map(|chart| chart.patient).collect();
    let records = identities::of_patients(connection, &patients).await?;
    let windows: Vec<_> = charts.iter().map(|chart| (chart.patient, chart.window)).collect();
    let latest = latest::latest(connection, &windows).await?;
    let mut filings = Vec::with_capacity(charts.len());
    let mut unnamed = Vec::new();
    for (at, (chart, latest)) in charts.iter().zip(latest).enumerate() {
        let record = records.get(&chart.patient).ok_or(sqlx::Error::RowNotFound)?;
        let whose = whose(&chart.document.identity, record);
        let (status, reason, content) = match whose {
            Whose::Another => (DocumentStatus::Quarantined, Some(Reason::IdentityMismatch), None),
            Whose::Discarded => (DocumentStatus::Discarded, Some(Reason::IdentityMismatch), None),
            Whose::Theirs => {
                let (status, content) = weigh(connection, *chart, latest, shrink).await?;
                (status, None, content)
            }
        };
        let standing = if whose == Whose::Theirs { Standing::Accepted } else { Standing::Quarantined };
        let known = record.known.iter().find(|known| known.identity == chart.document.identity);
        // What was kept apart until now may be right today; what is filed or discarded stays what it is.
        if let Some(known) = known.filter(|known| known.standing == Standing::Quarantined && standing == Standing::Accepted) {
            identities::set_standing(connection, known.id, standing).await?;
        }
        if known.is_none() {
            unnamed.push((at, NewIdentity { patient: chart.patient, identity: &chart.document.identity, standing }));
        }
        let identity = known.map_or(IdentityId(0), |known| known.id);
        filings.push(Filing { filed: Filed { status, reason, identity, content }, tenant: record.tenant, namesake: None });
    }
    name(connection, &unnamed, &mut filings).await?;
    Ok(filings)
}

/// Adds the identities that were not known, and looks for those whom they name too.
async fn name(connection: &mut SqliteConnection, unnamed: &[(usize, NewIdentity<'_>)], filings: &mut [Filing]) -> sqlx::Result<()> {
    if unnamed.is_empty() {
        return Ok(());
    }
    let new: Vec<_> = unnamed.iter().map(|(_, new)| *new).collect();
    let identities = identities::insert(connection, &new).await?;
    for ((at, _), identity) in unnamed.iter().zip(&identities) {
        filings[*at].filed.identity = *identity;
    }
    let named = unnamed.iter().zip(identities).filter(|((_, new), _)| new.standing == Standing::Accepted && !new.identity.0.is_empty());
    let (places, named): (Vec<_>, Vec<_>) = named.map(|((at, _), identity)| (*at, identity)).unzip();
    for (at, namesake) in places.into_iter().zip(identities::namesakes(connection, &named).await?) {
        filings[at].namesake = namesake;
    }
    Ok(())
}

/// Makes the rows of a chart for which none were made, because it seemed to say what the one before did: that one is no longer what it is measured against.
pub(super) fn make_missing_rows(document: &mut NewDocument, filed: Filed) {
    if filed.has_rows() && document.digest.is_some() && document.rows.is_none() {
        document.rows = Some(Rows::of(&ccda::flatten(&document.bytes)));
    }
}

/// Whether a patient's own chart is filed or held, and the document that says the same where it is filed.
async fn weigh(
    connection: &mut SqliteConnection,
    chart: Chart<'_>,
    latest: Option<Latest>,
    shrink: ShrinkPolicy,
) -> sqlx::Result<(DocumentStatus, Option<DocumentId>)> {
    let Some(mut latest) = latest else { return Ok((DocumentStatus::Accepted, None)) };
    // Nearly every chart loses nothing: what was held before is nobody's concern then.
    if shrink.hold && !latest.outlined.outline.loss(&chart.document.outline, shrink.entries).is_none() {
        let since = held::since(connection, chart.patient, chart.window, &latest.outlined).await?;
        let confirmed = confirmed(&chart.document.outline, &latest.outlined.outline, &since, shrink.entries);
        if confirmed.is_empty() {
            return Ok((DocumentStatus::Shrunk, None));
        }
        held::accept(connection, &confirmed).await?;
        let now_latest = latest::latest(connection, &[(chart.patient, chart.window)]).await?;
        latest = now_latest.into_iter().flatten().next().ok_or(sqlx::Error::RowNotFound)?;
    }
    // The clock may be behind, or have been ahead: nothing is stood for by what is younger.
    let is_younger = latest.outlined.fetched_at <= chart.fetched_at;
    match chart.document.digest.filter(|digest| is_younger && latest.says(digest)) {
        Some(_) => Ok((DocumentStatus::Unchanged, Some(latest.content))),
        None => Ok((DocumentStatus::Accepted, None)),
    }
}

/// An operator's decision stands until the roster's line changes; then what the roster states is weighed anew.
fn whose(identity: &Identity, record: &Record) -> Whose {
    let Record { known, changed_at, .. } = record;
    let with = |standing| known.iter().filter(move |known| known.standing == standing);
    let exactly = known.iter().find(|known| known.identity == *identity);
    if exactly.is_some_and(|known| known.standing == Standing::Discarded) {
        return Whose::Discarded;
    }
    let accepted = exactly.filter(|known| known.standing == Standing::Accepted);
    let decided = accepted.and_then(|known| known.decided_at).is_some_and(|decided_at| decided_at >= *changed_at);
    if identity.contradicts(&stated(&record.extra)) && !decided {
        return Whose::Another;
    }
    if accepted.is_some() || with(Standing::Accepted).any(|known| !known.identity.is_another(identity)) {
        return Whose::Theirs;
    }
    if with(Standing::Discarded).any(|known| known.identity.is_same(identity)) {
        return Whose::Discarded;
    }
    if with(Standing::Accepted).next().is_none() { Whose::Theirs } else { Whose::Another }
}

/// Those that were held and lacked nothing that this one has: so they were right.
fn confirmed(now: &Outline, latest: &Outline, held: &[Outlined], share: f64) -> Vec<DocumentId> {
    let loss = latest.loss(now, share);
    held.iter().filter(|held| loss.confirms(&latest.loss(&held.outline, share))).map(|held| held.id).collect()
}

/// What the roster's columns `mrn` and `birth_date` state.
fn stated(extra: &str) -> Stated {
    let columns: Map<String, Value> = serde_json::from_str(extra).unwrap_or_default();
    let column = |name: &str| columns.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    Stated { mrn: column("mrn"), birth_date: column("birth_date").map(|date| date.replace('-', "")) }
}

impl Filing {
    /// Why the fetch is not done.
    pub fn reason(&self) -> Option<Reason> {
        match self.filed.status {
            DocumentStatus::Quarantined => self.filed.reason,
            DocumentStatus::Discarded => Some(Reason::Discarded),
            DocumentStatus::Accepted | DocumentStatus::Unchanged | DocumentStatus::Shrunk => None,
        }
    }

    /// The same for people; names nobody.
    pub fn detail(&self) -> Option<String> {
        let text = match self.filed.status {
            DocumentStatus::Quarantined => "the document names another person than the patient's documents so far, or than the roster",
            DocumentStatus::Discarded => "the document names a person whose document an operator discarded",
            DocumentStatus::Shrunk => "the document holds much less than the one before, and is held",
            DocumentStatus::Accepted | DocumentStatus::Unchanged => return None,
        };
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests;
