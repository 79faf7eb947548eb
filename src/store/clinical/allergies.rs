//! `allergies` and `allergy_reactions`.

use super::{
    entries::{Entered, InRole, code_of, iso, named, numbered, system_of},
    lines::{self, Lines},
};
use crate::{
    domain::clinical::{Allergy, Reaction},
    store::lines::{Cell, Target, cells},
};

pub(super) const OWN: &str = "type, type_display, concern_status, concern_start, concern_end, allergy_status, allergy_status_display, criticality, criticality_display,
    severity, severity_display, severity_of, reactions";

pub(super) fn entered(allergy: &Allergy) -> Entered<'_> {
    Entered { entry: &allergy.entry, own: own(allergy), coded: roles(allergy) }
}

fn own(allergy: &Allergy) -> Vec<Cell> {
    let Allergy { kind, concern_status, concern, allergy_status, criticality, severity, severity_of, reactions, .. } = allergy;
    let names: Vec<_> = reactions.iter().filter_map(|reaction| reaction.code.display()).collect();
    cells![
        code_of(kind),
        kind.display(),
        concern_status,
        iso(concern.start.as_ref().or(concern.time.as_ref())),
        iso(concern.end.as_ref()),
        code_of(allergy_status),
        allergy_status.display(),
        code_of(criticality),
        criticality.display(),
        code_of(severity),
        severity.display(),
        severity_of,
        Some(names.join(", ")).filter(|names| !names.is_empty()),
    ]
    .into()
}

fn roles(allergy: &Allergy) -> Vec<InRole<'_>> {
    let Allergy { entry, kind, allergy_status, criticality, severity, reactions, .. } = allergy;
    let own = [("code", &entry.code), ("type", kind), ("status", allergy_status), ("criticality", criticality), ("severity", severity)];
    named(own).chain(numbered("reaction", reactions.iter().map(|reaction| &reaction.code))).collect()
}

/// Of `allergy_reactions`.
pub(super) fn reactions(allergies: &[Allergy]) -> Lines {
    let of = |allergy: &Allergy| {
        allergy.reactions.iter().enumerate().map(|(rank, it)| row(allergy.entry.seq, rank, it).into()).collect::<Vec<_>>()
    };
    Lines { table: "allergy_reactions", lines: allergies.iter().flat_map(of).collect() }
}

pub(super) fn reaction_target() -> Target {
    let columns = "seq, rank, code, code_system, display, severity, severity_display, start, \"end\"";
    lines::target("allergy_reactions", columns)
}

fn row(seq: u32, rank: usize, reaction: &Reaction) -> Vec<Cell> {
    let Reaction { code, severity, times } = reaction;
    let (start, end) = (iso(times.start.as_ref().or(times.time.as_ref())), iso(times.end.as_ref()));
    let mut values = Vec::from(cells![seq, rank, code_of(code), system_of(code), code.display()]);
    values.extend(cells![code_of(severity), severity.display(), start, end]);
    values
}
