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
    let namesakes = identities::namesakes(connection, &identities).await?;
    for (((at, new), identity), namesake) in unnamed.iter().zip(identities).zip(namesakes) {
        filings[*at].filed.identity = identity;
        filings[*at].namesake = namesake.filter(|_| new.standing == Standing::Accepted && !new.identity.0.is_empty());
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
mod tests {
    use super::*;
    use crate::{domain::Person, store::identities::Known};

    fn person(mrn: &str, family: &str) -> Identity {
        let ids = vec![("1.2.3".to_owned(), mrn.to_owned())];
        Identity(vec![Person { ids, family: Some(family.into()), given: Some("Ann".into()), birth_date: Some("19700102".into()) }])
    }

    fn known(identity: Identity, standing: Standing, decided_at: Option<i64>) -> Known {
        Known { id: IdentityId(1), standing, decided_at, identity }
    }

    fn record(extra: &str, known: Vec<Known>) -> Record {
        Record { tenant: TenantId(1), extra: extra.into(), changed_at: 1_000, known }
    }

    #[test]
    fn the_first_chart_is_theirs_and_another_persons_later_one_is_not() {
        let none = record("{}", vec![]);
        assert_eq!(whose(&person("7", "Miller"), &none), Whose::Theirs);
        let miller = record("{}", vec![known(person("7", "Miller"), Standing::Accepted, None)]);
        assert_eq!(whose(&person("7", "Smith"), &miller), Whose::Theirs);
        assert_eq!(whose(&person("8", "Miller"), &miller), Whose::Theirs);
        assert_eq!(whose(&person("8", "Smith"), &miller), Whose::Another);
    }

    #[test]
    fn what_only_seemed_to_be_said_before_gets_its_rows() {
        let bytes = b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>";
        let rows_of = |digest, status| {
            let mut document = NewDocument { bytes: bytes.to_vec(), digest, ..NewDocument::default() };
            make_missing_rows(&mut document, Filed { status, reason: None, identity: IdentityId(1), content: None });
            document.rows.map(|rows| rows.digest)
        };
        let digest = ccda::digest(bytes);
        assert_eq!(rows_of(digest, DocumentStatus::Accepted), Some(digest));
        assert_eq!(rows_of(digest, DocumentStatus::Unchanged), None);
        assert_eq!(rows_of(None, DocumentStatus::Accepted), None, "no rows are wanted");
    }

    #[test]
    fn with_what_is_kept_apart_nothing_is_compared() {
        let mixed_up = record("{}", vec![known(person("7", "Miller"), Standing::Quarantined, None)]);
        assert_eq!(whose(&person("8", "Smith"), &mixed_up), Whose::Theirs);
        assert_eq!(whose(&person("7", "Miller"), &mixed_up), Whose::Theirs);
    }

    #[test]
    fn what_an_operator_decided_is_remembered() {
        let miller = known(person("7", "Miller"), Standing::Accepted, None);
        let smith = |standing| known(person("8", "Smith"), standing, Some(2_000));
        let discarded = record("{}", vec![miller.clone(), smith(Standing::Discarded)]);
        assert_eq!(whose(&person("8", "Smith"), &discarded), Whose::Discarded);
        assert_eq!(whose(&person("8", "Smyth"), &discarded), Whose::Discarded);
        assert_eq!(whose(&person("9", "Jones"), &discarded), Whose::Another);
        assert_eq!(whose(&person("7", "Miller"), &discarded), Whose::Theirs);
        let accepted = record("{}", vec![miller, smith(Standing::Accepted)]);
        assert_eq!(whose(&person("8", "Smith"), &accepted), Whose::Theirs);
        assert_eq!(whose(&person("7", "Miller"), &accepted), Whose::Theirs);
    }

    #[test]
    fn a_roster_that_states_otherwise_is_believed_until_somebody_decides() {
        let states = r#"{"mrn":"42","birth_date":"1970-01-02","ward":"3"}"#;
        assert_eq!(whose(&person("042", "Miller"), &record(states, vec![])), Whose::Theirs);
        assert_eq!(whose(&person("43", "Miller"), &record(states, vec![])), Whose::Another);
        let was_accepted = |decided_at| record(states, vec![known(person("43", "Miller"), Standing::Accepted, decided_at)]);
        assert_eq!(whose(&person("43", "Miller"), &was_accepted(None)), Whose::Another);
        assert_eq!(whose(&person("43", "Miller"), &was_accepted(Some(1_000))), Whose::Theirs);
        // The line changed since.
        assert_eq!(whose(&person("43", "Miller"), &was_accepted(Some(999))), Whose::Another);
        assert_eq!(whose(&person("42", "Miller"), &record(r#"{"birth_date":"19700103"}"#, vec![])), Whose::Another);
    }

    fn outlined(id: i64, sections: &[(&str, u32)]) -> Outlined {
        Outlined { id: DocumentId(id), fetched_at: id, outline: outline(sections) }
    }

    fn outline(sections: &[(&str, u32)]) -> Outline {
        Outline(sections.iter().map(|(code, entries)| ((*code).to_owned(), *entries)).collect())
    }

    #[test]
    fn a_chart_that_shrank_is_held_until_the_next_one_brings_no_more() {
        let latest = outline(&[("meds", 4), ("problems", 9)]);
        let small = outlined(2, &[("problems", 9)]);
        let confirmed = |now: &[(&str, u32)], held: &Outlined| confirmed(&outline(now), &latest, std::slice::from_ref(held), 0.5);
        assert_eq!(confirmed(&[("problems", 10)], &small), [DocumentId(2)]);
        // Another loss confirms nothing.
        let other = outlined(3, &[("meds", 4)]);
        assert_eq!(confirmed(&[("problems", 10)], &other), []);
    }
}
