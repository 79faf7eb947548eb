//! Rows of what stands before the body: the document, its patients, who took part, the acts that it tells of. One part of the header at a time.

mod acts;
mod addresses;
mod capped;
mod document;
mod names;
mod participations;
mod parts;
mod patient_parts;
mod patients;
mod telecoms;
#[cfg(test)]
mod tests;

use super::located::Located;
use crate::domain::clinical::{HeaderRows, Issue, IssueReason};

pub(super) use addresses::address;
pub(super) use names::name;

use acts::Acts;
use document::Document;
use participations::Participations;
use patients::Patients;

/// Heavier than any header, by [`Element::weight`](super::element::Element::weight). With it is bounded what a hostile document makes us hold.
const HEAVIEST: usize = 4 << 20;

/// Whether a child of `ClinicalDocument` is a part of the header that is read here.
pub(super) fn holds(local: &str) -> bool {
    document::holds(local) || acts::holds(local) || participations::role(local).is_some() || local == "recordTarget"
}

/// The rows as far as the header has gone by.
#[derive(Default)]
pub(super) struct HeaderRowsReader {
    document: Document,
    acts: Acts,
    participations: Participations,
    patients: Patients,
    /// Of all parts that were taken.
    weight: usize,
    /// The first part for which there was no room.
    left_out: Option<String>,
}

impl HeaderRowsReader {
    /// Takes a part of the header, a child of `ClinicalDocument`.
    pub fn take(&mut self, part: &Located) {
        self.weight = self.weight.saturating_add(part.element.weight());
        if self.weight > HEAVIEST {
            self.left_out.get_or_insert_with(|| part.path.clone());
            return;
        }
        match part.element.local() {
            "recordTarget" => self.patients.take(part),
            local if acts::holds(local) => {
                self.document.take_act(part);
                self.acts.take(part);
                self.participations.take_of_act(part);
            }
            local => match participations::role(local) {
                Some(role) => self.participations.take(role, part),
                None => self.document.take(part),
            },
        }
    }

    /// All rows; what was left out is said.
    pub fn finish(self, issues: &mut Vec<Issue>) -> HeaderRows {
        issues.extend(self.left_out.map(|path| Issue { path, reason: IssueReason::TooLarge }));
        let mut rows = HeaderRows {
            document: self.document.finish(),
            acts: self.acts.0.finish(issues),
            participations: self.participations.0.finish(issues),
            ..HeaderRows::default()
        };
        self.patients.finish(&mut rows, issues);
        rows
    }
}
