//! `allergies` and `allergy_reactions`.

use serde_json::{Value, json};

use super::{
    entries::{Entered, code_of, iso, system_of},
    lines::{Lines, Target},
};
use crate::domain::clinical::{Allergy, Coded, Reaction};

pub(super) const OWN: &str = "type, type_display, concern_status, concern_start, concern_end, allergy_status, allergy_status_display, criticality, criticality_display,
    severity, severity_display, severity_of, reactions";

pub(super) fn entered(allergy: &Allergy) -> Entered<'_> {
    Entered { entry: &allergy.entry, own: own(allergy), coded: roles(allergy) }
}

fn own(allergy: &Allergy) -> Vec<Value> {
    let Allergy { kind, concern_status, concern, allergy_status, criticality, severity, severity_of, reactions, .. } = allergy;
    let names: Vec<_> = reactions.iter().filter_map(|reaction| reaction.code.display()).collect();
    vec![
        code_of(kind),
        json!(kind.display()),
        json!(concern_status),
        json!(iso(concern.start.as_ref().or(concern.time.as_ref()))),
        json!(iso(concern.end.as_ref())),
        code_of(allergy_status),
        json!(allergy_status.display()),
        code_of(criticality),
        json!(criticality.display()),
        code_of(severity),
        json!(severity.display()),
        json!(severity_of),
        json!(Some(names.join(", ")).filter(|names| !names.is_empty())),
    ]
}

fn roles(allergy: &Allergy) -> Vec<(String, &Coded)> {
    let Allergy { entry, kind, allergy_status, criticality, severity, reactions, .. } = allergy;
    let own = [("code", &entry.code), ("type", kind), ("status", allergy_status), ("criticality", criticality), ("severity", severity)];
    let own = own.into_iter().map(|(role, coded)| (role.to_owned(), coded));
    own.chain(reactions.iter().enumerate().map(|(at, reaction)| (format!("reaction.{}", at + 1), &reaction.code))).collect()
}

/// Of `allergy_reactions`.
pub(super) fn reactions(allergies: &[Allergy]) -> Lines {
    let of =
        |allergy: &Allergy| allergy.reactions.iter().enumerate().map(|(rank, it)| row(allergy.entry.seq, rank, it)).collect::<Vec<_>>();
    Lines { table: "allergy_reactions", lines: allergies.iter().flat_map(of).collect() }
}

pub(super) fn reaction_target() -> Target {
    let columns = "seq, rank, code, code_system, display, severity, severity_display, start, \"end\"";
    Target::plain("allergy_reactions", columns)
}

fn row(seq: u32, rank: usize, reaction: &Reaction) -> Value {
    let Reaction { code, severity, times } = reaction;
    let start = iso(times.start.as_ref().or(times.time.as_ref()));
    json!([
        seq,
        rank,
        code_of(code),
        system_of(code),
        code.display(),
        code_of(severity),
        severity.display(),
        start,
        iso(times.end.as_ref())
    ])
}
