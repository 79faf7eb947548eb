//! `results`, `result_panels` and `vital_signs`.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::{
    entries::{self, Table, code_of, iso},
    value::{self, number},
};
use crate::domain::{
    DocumentId,
    clinical::{Coded, Measurement, Panel},
};

const OF_PANEL: &str = "specimen, specimen_display";
const OF_MEASUREMENT: &str = "panel_seq, panel_time, value_type, value_text, value_num, value_num_high, comparator, unit, value_code, value_code_system,
    value_display, value_null_flavor, interpretation, ref_low, ref_high, ref_unit, ref_text, specimen, specimen_display, method, method_display, body_site,
    body_site_display, performer";

/// Writes the rows of one of the two tables of measurements.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    document: DocumentId,
    name: &'static str,
    measurements: &[Measurement],
) -> sqlx::Result<()> {
    let rows = measurements.iter().map(|measurement| (&measurement.entry, own(measurement))).collect();
    entries::insert(connection, document, Table { name, own: OF_MEASUREMENT, rows }).await?;
    let coded: Vec<_> = measurements.iter().map(|measurement| (&measurement.entry, roles(measurement))).collect();
    entries::insert_details(connection, document, &coded).await
}

pub(super) async fn insert_panels(connection: &mut SqliteConnection, document: DocumentId, panels: &[Panel]) -> sqlx::Result<()> {
    let own = |panel: &Panel| vec![code_of(&panel.specimen), json!(panel.specimen.display())];
    let rows = panels.iter().map(|panel| (&panel.entry, own(panel))).collect();
    entries::insert(connection, document, Table { name: "result_panels", own: OF_PANEL, rows }).await?;
    let roles = |panel: &Panel| vec![("code".to_owned(), panel.entry.code.clone()), ("specimen".to_owned(), panel.specimen.clone())];
    let owned: Vec<_> = panels.iter().map(|panel| (&panel.entry, roles(panel))).collect();
    let coded: Vec<_> =
        owned.iter().map(|(entry, roles)| (*entry, roles.iter().map(|(role, coded)| (role.clone(), coded)).collect())).collect();
    entries::insert_details(connection, document, &coded).await
}

fn own(measurement: &Measurement) -> Vec<Value> {
    let Measurement { entry, panel_time, value, interpretation, reference, specimen, method, body_site, performer } = measurement;
    let mut values = vec![json!(entry.parent_seq), json!(iso(panel_time.as_ref()))];
    values.extend(value::columns(value));
    values.extend([code_of(interpretation), number(&reference.low), number(&reference.high), json!(reference.unit), json!(reference.text)]);
    values.extend([code_of(specimen), json!(specimen.display()), code_of(method), json!(method.display())]);
    values.extend([code_of(body_site), json!(body_site.display()), json!(performer)]);
    values
}

fn roles(measurement: &Measurement) -> Vec<(String, &Coded)> {
    let Measurement { entry, value, interpretation, specimen, method, body_site, .. } = measurement;
    let roles = [
        ("code", &entry.code),
        ("value", &value.code),
        ("interpretation", interpretation),
        ("specimen", specimen),
        ("method", method),
        ("body_site", body_site),
    ];
    roles.into_iter().map(|(role, coded)| (role.to_owned(), coded)).collect()
}
