//! Plan of Treatment Section and Goals Section: the care plan.

use super::{
    header::entry_author,
    narrative::{self, Table},
    section::SectionKind,
    vocabulary::{Template, coded, day, entry, id, quantity, status, text_reference, typed},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Goal, PlannedItem, plan::PlanKind},
    code::loinc,
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.10", Some("2014-06-09"))],
    code: loinc("18776-5", "Plan of care note"),
    title: "Plan of Treatment",
};

const GOALS: SectionKind = SectionKind { templates: &[Template("2.60", None)], code: loinc("61146-7", "Goals Narrative"), title: "Goals" };

const PLANNED_ENCOUNTER: Template = Template("4.40", Some("2014-06-09"));
const PLANNED_PROCEDURE: Template = Template("4.41", Some("2014-06-09"));
const PLANNED_OBSERVATION: Template = Template("4.44", Some("2014-06-09"));
const GOAL: Template = Template("4.121", None);

/// What is planned.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.plan.is_empty() {
        return SECTION.without_information();
    }
    let mut table = Table::new(&["Planned", "Date"]);
    for (at, item) in chart.plan.iter().enumerate() {
        table.row(row_id(at), [item.code.display.into(), narrative::date(item.planned_for).into()]);
    }
    SECTION.filled(table.into_text(), chart.plan.iter().enumerate().map(|(at, item)| planned(at, item)))
}

fn row_id(at: usize) -> String {
    format!("plan-{}", at + 1)
}

fn planned(at: usize, item: &PlannedItem) -> Element {
    let planned = match item.kind {
        PlanKind::Encounter => entry("encounter", "ENC", "INT", PLANNED_ENCOUNTER),
        PlanKind::Observation => entry("observation", "OBS", "RQO", PLANNED_OBSERVATION),
        PlanKind::Procedure => entry("procedure", "PROC", "RQO", PLANNED_PROCEDURE),
    };
    planned
        .child(id(&item.id))
        .child(coded("code", item.code))
        .child(text_reference(&row_id(at)))
        .child(status("active"))
        .child(day("effectiveTime", item.planned_for))
}

/// What was agreed on.
pub(super) fn goals_section(chart: &Chart) -> Element {
    if chart.goals.is_empty() {
        return GOALS.without_information();
    }
    let mut table = Table::new(&["Goal", "Set", "Until"]);
    for (at, goal) in chart.goals.iter().enumerate() {
        table.row(goal_row(at), [goal.aim.words.into(), narrative::date(goal.set).into(), narrative::date(goal.target).into()]);
    }
    GOALS.filled(table.into_text(), chart.goals.iter().enumerate().map(|(at, goal)| goal_observation(at, goal, chart)))
}

fn goal_row(at: usize) -> String {
    format!("goal-{}", at + 1)
}

fn goal_observation(at: usize, goal: &Goal, chart: &Chart) -> Element {
    let below = quantity("high", goal.aim.below.to_string(), Some(goal.aim.unit)).with("inclusive", "false");
    entry("observation", "OBS", "GOL", GOAL)
        .child(id(&goal.id))
        .child(coded("code", goal.aim.code))
        .child(text_reference(&goal_row(at)))
        .child(status("active"))
        .child(super::vocabulary::interval(goal.set, Some(goal.target)))
        .child(typed(Element::new("value"), "IVL_PQ").child(below))
        .child(entry_author(&chart.practice.clinicians[0], chart.last_written()))
}
