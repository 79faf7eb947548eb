//! `allergies` and `allergy_reactions`.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::entries::{self, Table, code_of, iso, system_of};
use crate::domain::{
    DocumentId,
    clinical::{Allergy, Coded, Reaction},
};

const OWN: &str = "type, type_display, concern_status, concern_start, concern_end, allergy_status, allergy_status_display, criticality, criticality_display,
    severity, severity_display, severity_of, reactions";

pub(super) async fn insert(connection: &mut SqliteConnection, document: DocumentId, allergies: &[Allergy]) -> sqlx::Result<()> {
    let rows = allergies.iter().map(|allergy| (&allergy.entry, own(allergy))).collect();
    entries::insert(connection, document, Table { name: "allergies", own: OWN, rows }).await?;
    let coded: Vec<_> = allergies.iter().map(|allergy| (&allergy.entry, roles(allergy))).collect();
    entries::insert_details(connection, document, &coded).await?;
    insert_reactions(connection, document, allergies).await
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

async fn insert_reactions(connection: &mut SqliteConnection, document: DocumentId, allergies: &[Allergy]) -> sqlx::Result<()> {
    let of =
        |allergy: &Allergy| allergy.reactions.iter().enumerate().map(|(rank, it)| row(allergy.entry.seq, rank, it)).collect::<Vec<_>>();
    let rows: Vec<Value> = allergies.iter().flat_map(of).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO allergy_reactions (document_id, seq, rank, code, code_system, display, severity, severity_display, start, \"end\")
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
         FROM json_each(?2)",
    )
    .bind(document.0)
    .bind(Value::Array(rows).to_string())
    .execute(connection)
    .await
    .map(drop)
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
