//! Entries as rows. Each domain is a file of its own that says which statements are its rows and what of them goes where; this one finds them.
//!
//! A statement is taken by its template, wherever it stands; by its place where the guide says so. What a row owns (a status, a severity) is read by its
//! rule; other statements within it may be rows of their own, such as the diagnosis of an encounter.

mod allergies;
mod billing_codes;
mod encounters;
mod facts;
mod immunizations;
mod measurements;
mod medications;
mod notes;
mod participations;
mod placeholders;
mod plan_of_treatment;
mod problems;
mod procedures;
mod quantity;
mod reasons;
mod social_history;
mod statement;
#[cfg(test)]
mod tests;
mod unknown;

pub(super) use facts::read_author;

use std::sync::Arc;

use super::{
    element::Element,
    narratives::Narratives,
    place::lengthen,
    tokens::{Space, Token, Tokens},
};
use crate::domain::clinical::{Author, Flat, Issue, IssueReason, Section};
use statement::{Statement, Within, holds_others, related, related_by, value_of};

/// Elements that state something (the clinical statements of CDA R2).
const STATEMENTS: [&str; 9] = [
    "act",
    "encounter",
    "observation",
    "observationMedia",
    "organizer",
    "procedure",
    "regionOfInterest",
    "substanceAdministration",
    "supply",
];

/// `2.16.840.1.113883.10.20.22.4.4` for `template!("4.4")`: most of the guide's templates begin alike.
macro_rules! template {
    ($rest:literal) => {
        concat!("2.16.840.1.113883.10.20.22.", $rest)
    };
}
use template;

/// Statements within statements are followed so far.
const DEEPEST: usize = 50;

/// An `entry` of a section.
pub(super) struct RawEntry<'e, 'a> {
    pub element: Element<'e, 'a>,
    /// From the section's element down to it.
    pub path: &'e str,
    /// As it stands in the text.
    pub raw: &'e str,
    /// Who wrote what names no author of its own.
    pub author: &'e Arc<Author>,
}

/// The entries of one document, while they go by.
pub(super) struct Entries<'a> {
    narratives: Narratives<'a>,
    /// Of the row that was made last.
    seq: u32,
    unknown: unknown::Keeper,
}

impl<'a> Entries<'a> {
    pub fn new(narratives: Narratives<'a>) -> Self {
        Self { narratives, seq: 0, unknown: unknown::Keeper::default() }
    }

    /// Lets the token that `tokens` has just given go by.
    pub fn pass(&mut self, token: &Token<'a>, tokens: &Tokens<'a>) {
        self.narratives.take(token, tokens);
    }

    /// Makes rows of an entry of the section at this place of `flat`; one that no rule takes is kept as it stands.
    pub fn read(&mut self, entry: &RawEntry<'_, 'a>, at: usize, flat: &mut Flat) {
        let Section { seq, name, domain, .. } = flat.sections[at];
        let section = Within { seq, name, domain, author: entry.author };
        let before = self.seq;
        let (narratives, seq) = (&mut self.narratives, &mut self.seq);
        let mut visit = Visit { section, narratives, flat, seq, path: entry.path.to_owned(), around: Vec::new(), is_taken: false };
        visit.children(entry.element, None);
        let is_taken = visit.is_taken;
        flat.sections[at].rows += self.seq - before;
        if !is_taken {
            self.seq += 1;
            flat.sections[at].unknown_entries += 1;
            flat.unknown_entries.push(self.unknown.keep(entry, section, self.seq, &mut self.narratives));
        }
    }
}

struct Visit<'v, 's, 'a> {
    section: Within<'s>,
    narratives: &'v mut Narratives<'a>,
    flat: &'v mut Flat,
    /// Of the row that was made last.
    seq: &'v mut u32,
    /// From the section's element down to where the visit is.
    path: String,
    around: Vec<Element<'s, 'a>>,
    /// Whether rows tell what the entry states.
    is_taken: bool,
}

impl<'s, 'a> Visit<'_, 's, 'a> {
    /// Looks for statements below `element`, through the relations that lead to them.
    fn children(&mut self, element: Element<'s, 'a>, parent_seq: Option<u32>) {
        let mut places: Vec<(&str, u32)> = Vec::new();
        for child in element.elements().filter(|child| child.space() == Space::Hl7) {
            let is_statement = STATEMENTS.contains(&child.local());
            if !is_statement && !matches!(child.local(), "entryRelationship" | "component") {
                continue;
            }
            let place = match places.iter_mut().find(|(name, _)| *name == child.local()) {
                Some((_, place)) => {
                    *place += 1;
                    *place
                }
                None => {
                    places.push((child.local(), 1));
                    1
                }
            };
            let before = self.path.len();
            lengthen(&mut self.path, child.local(), place);
            if is_statement {
                self.statement(child, parent_seq)
            } else {
                self.children(child, parent_seq)
            }
            self.path.truncate(before);
        }
    }

    fn statement(&mut self, element: Element<'s, 'a>, parent_seq: Option<u32>) {
        // Deeper than any entry: the check has bounded the document's depth, this bounds our own.
        if self.around.len() > DEEPEST {
            let section = &self.flat.sections[self.section.seq as usize - 1].path;
            self.flat.issues.push(Issue { path: format!("{section}/{}", self.path), reason: IssueReason::TooDeep });
            return;
        }
        let statement = Statement { element, around: &self.around, section: self.section, path: &self.path, parent_seq };
        let domain = DOMAINS.iter().find(|domain| (domain.takes)(&statement));
        if let Some(Domain { table, make, .. }) = domain {
            *self.seq += 1;
            make(&statement, *self.seq, self.narratives, self.flat);
            self.is_taken |= tells_the_entry(&statement, table);
        }
        let parent_seq = domain.map(|_| *self.seq).or(parent_seq);
        self.around.push(element);
        self.children(element, parent_seq);
        self.around.pop();
    }
}

/// Whether a row of this table, made of this statement, tells what its entry states: the statement is the entry's own, what is around it does nothing but
/// hold others, or the section is one of the table's. A health concern that holds a problem is more than that problem.
fn tells_the_entry(statement: &Statement, table: &str) -> bool {
    statement.around.iter().all(|around| holds_others(*around)) || statement.section.domain == Some(table)
}

/// A table of entries: which statements are its rows, and how one is made with this number.
struct Domain {
    table: &'static str,
    takes: fn(&Statement) -> bool,
    make: fn(&Statement, u32, &mut Narratives, &mut Flat),
}

/// The first one that takes a statement makes its row.
#[rustfmt::skip]
const DOMAINS: [Domain; 12] = [
    Domain { table: "problems", takes: problems::takes, make: |it, seq, texts, flat| flat.problems.push(problems::read(it, seq, texts)) },
    Domain { table: "allergies", takes: allergies::takes, make: |it, seq, texts, flat| flat.allergies.push(allergies::read(it, seq, texts)) },
    Domain { table: "immunizations", takes: immunizations::takes, make: |it, seq, texts, flat| flat.immunizations.push(immunizations::read(it, seq, texts)) },
    Domain { table: "medications", takes: medications::takes, make: |it, seq, texts, flat| flat.medications.push(medications::read(it, seq, texts)) },
    Domain { table: "procedures", takes: procedures::takes, make: |it, seq, texts, flat| flat.procedures.push(procedures::read(it, seq, texts)) },
    Domain { table: "encounters", takes: encounters::takes, make: |it, seq, texts, flat| flat.encounters.push(encounters::read(it, seq, texts)) },
    Domain { table: "result_panels", takes: measurements::takes_panel, make: |it, seq, texts, flat| flat.panels.push(measurements::read_panel(it, seq, texts)) },
    Domain { table: "results", takes: measurements::takes_result, make: |it, seq, texts, flat| flat.results.push(measurements::read_result(it, seq, texts)) },
    Domain { table: "vital_signs", takes: measurements::takes_vital_sign, make: |it, seq, texts, flat| flat.vital_signs.push(measurements::read_vital_sign(it, seq, texts)) },
    Domain { table: "notes", takes: notes::takes, make: |it, seq, texts, flat| flat.notes.push(notes::read(it, seq, texts)) },
    Domain { table: "plan_of_treatment", takes: plan_of_treatment::takes, make: |it, seq, texts, flat| flat.plan_of_treatment.push(plan_of_treatment::read(it, seq, texts)) },
    Domain { table: "social_history", takes: social_history::takes, make: |it, seq, texts, flat| flat.social_history.push(social_history::read(it, seq, texts)) },
];
