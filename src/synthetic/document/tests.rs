//! What must hold of every document, whoever the patient is.

use std::collections::BTreeSet;

use chrono::TimeZone;
use quick_xml::{Reader, events::Event};

use super::super::Population;
use super::*;
use crate::domain::Window;

const PATIENTS: u64 = 300;

fn at(hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, hour, 0, 0).unwrap()
}

fn whole(patient: u64) -> String {
    Population::new(11).document(patient, None, 1, at(2))
}

/// Reads every event, checks every attribute, and gives the values of `ID` and the targets of `reference`.
fn ids_and_references(document: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut reader = Reader::from_str(document);
    let (mut ids, mut references) = (BTreeSet::new(), BTreeSet::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return (ids, references),
            Event::Start(element) | Event::Empty(element) => {
                for attribute in element.attributes() {
                    let attribute = attribute.unwrap();
                    let value = attribute.value.to_string();
                    match (element.name().as_ref(), attribute.key.as_ref()) {
                        (_, "ID") => assert!(ids.insert(value.clone()), "{value} twice"),
                        ("reference", "value") => drop(references.insert(value.trim_start_matches('#').to_owned())),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

#[test]
fn every_document_is_well_formed_and_its_entries_point_into_its_narrative() {
    for patient in 1..=PATIENTS {
        let (ids, references) = ids_and_references(&whole(patient));
        assert!(references.is_subset(&ids), "patient {patient}: {:?}", references.difference(&ids).collect::<Vec<_>>());
    }
}

#[test]
fn documents_are_about_as_long_as_the_vendors() {
    let mut lengths: Vec<_> = (1..=PATIENTS).map(|patient| whole(patient).len()).collect();
    lengths.sort_unstable();
    // The vendor's screenshots show 14 to 33 KB; the very ill have more.
    let (shortest, median, longest) = (lengths[0], lengths[lengths.len() / 2], lengths[lengths.len() - 1]);
    assert!(shortest > 14_000 && median < 42_000 && longest < 66_000, "{shortest} {median} {longest}");
}

#[test]
fn two_requests_differ_in_id_and_effective_time_alone() {
    let population = Population::new(11);
    let (first, second) = (population.document(5, None, 1, at(2)), population.document(5, None, 2, at(3)));
    let differing: Vec<_> = first.lines().zip(second.lines()).filter(|(one, other)| one != other).map(|(one, _)| one.trim()).collect();
    assert_eq!(first.lines().count(), second.lines().count());
    assert_eq!(differing.len(), 2, "{differing:?}");
    assert!(
        differing[0].starts_with("<id root=") && differing[1].starts_with("<effectiveTime value=\"20260301020000+0000\""),
        "{differing:?}"
    );
}

#[test]
fn the_same_request_at_the_same_time_is_answered_with_the_same_bytes() {
    assert_eq!(whole(9), whole(9));
}

#[test]
fn every_section_of_a_whole_chart_is_there_and_no_allergies_are_said_as_such() {
    let templates = ["2.6.1", "2.1.1", "2.5.1", "2.7.1", "2.3.1", "2.17", "2.4.1", "2.2.1", "2.22.1", "2.10", "2.60", "2.65"];
    for patient in 1..=40 {
        let document = whole(patient);
        for template in templates {
            assert!(document.contains(&format!("root=\"2.16.840.1.113883.10.20.22.{template}\"")), "{template}");
        }
        let none_known = Population::new(11).chart(patient).allergies.is_empty();
        assert_eq!(document.contains("No known allergies"), none_known);
    }
}

#[test]
fn a_window_has_its_own_dates_and_no_others_and_keeps_the_allergies() {
    let population = Population::new(11);
    let chart = population.chart(3);
    let day = chart.encounters[1].start.date_naive();
    let windowed = population.document(3, Some(Window { start: day, end: day }), 1, at(2));
    let (ids, references) = ids_and_references(&windowed);
    assert!(references.is_subset(&ids));
    assert!(windowed.contains("ID=\"encounter-1\"") && !windowed.contains("ID=\"encounter-2\""));
    assert_eq!(chart.clone().within(Window { start: day, end: day }).allergies, chart.allergies);
}

#[test]
fn a_window_before_birth_is_a_document_of_a_person_without_information() {
    let year_1800 = Window { start: "1800-01-01".parse().unwrap(), end: "1800-12-31".parse().unwrap() };
    let document = Population::new(11).document(3, Some(year_1800), 1, at(2));
    ids_and_references(&document);
    assert!(document.contains("No information") && !document.contains("ID=\"encounter-1\""));
}
