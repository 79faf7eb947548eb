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
