//! How complete the rows are that were made of documents: by tenant and domain.

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow, SqlitePool};

/// Which documents are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charts {
    /// Each patient's latest whole chart.
    Latest,
    /// Every document that has rows of its own: older charts and windows too.
    All,
}

/// One domain of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Completeness {
    pub tenant: String,
    /// The table, or the section's name where its entries have no table yet.
    pub domain: String,
    /// Sections of this domain that there are.
    pub sections: i64,
    /// Entries in them.
    pub entries: i64,
    /// Those of the entries that no rule takes.
    pub unknown_entries: i64,
    /// Rows of the table that say something, wherever they stand.
    pub rows: i64,
    /// Those of the rows that stand in sections of other domains, such as the diagnoses of encounters.
    pub elsewhere: i64,
    /// Those of the rows that have a code, or need none: "no known allergies".
    pub coded: i64,
    /// Those of the rows that have a time of any precision.
    pub dated: i64,
    /// Rows that only fill a place.
    pub placeholders: i64,
}

/// Counts every domain of every tenant, or of one.
pub async fn quality(readers: &SqlitePool, charts: Charts, tenant: Option<&str>) -> sqlx::Result<Vec<Completeness>> {
    sqlx::query_as(AssertSqlSafe(statement(charts))).bind(tenant).fetch_all(readers).await
}

/// The tables of entries, and what tells when something was: their own time, else what stands in for it.
const DOMAINS: [(&str, &str); 11] = [
    ("problems", "coalesce(x.time, x.start, x.\"end\")"),
    ("medications", "coalesce(x.time, x.start, x.\"end\")"),
    ("allergies", "coalesce(x.time, x.start, x.\"end\", x.concern_start)"),
    ("immunizations", "coalesce(x.time, x.start, x.\"end\")"),
    ("results", "coalesce(x.time, x.start, x.\"end\", x.panel_time)"),
    ("vital_signs", "coalesce(x.time, x.start, x.\"end\", x.panel_time)"),
    ("procedures", "coalesce(x.time, x.start, x.\"end\")"),
    ("encounters", "coalesce(x.time, x.start, x.\"end\")"),
    ("plan_of_treatment", "x.planned_for"),
    ("social_history", "coalesce(x.time, x.start, x.\"end\")"),
    ("notes", "coalesce(x.time, x.start, x.\"end\", x.author_time)"),
];

pub(super) fn statement(charts: Charts) -> String {
    let charts = match charts {
        Charts::Latest => {
            "SELECT l.tenant, l.content_document_id AS document_id FROM latest_documents l WHERE ?1 IS NULL OR l.tenant = ?1"
        }
        Charts::All => {
            "SELECT t.tenant, d.id AS document_id FROM documents d JOIN patients p ON p.id = d.patient_id JOIN tenants t ON t.id = p.tenant_id
             WHERE d.content_document_id = d.id AND d.rules_version IS NOT NULL AND (?1 IS NULL OR t.tenant = ?1)"
        }
    };
    let rows = DOMAINS.map(|(table, time)| {
        format!(
            "SELECT c.tenant, '{table}', 0, 0, 0, count(*) FILTER (WHERE says), count(*) FILTER (WHERE says AND s.domain IS NOT '{table}'),
                    count(*) FILTER (WHERE says AND (x.code IS NOT NULL OR x.assertion GLOB 'no_known*')), count(*) FILTER (WHERE says AND {time} IS NOT NULL),
                    count(*) FILTER (WHERE NOT says)
             FROM charts c JOIN (SELECT assertion <> 'no_information' AS says, * FROM {table}) x ON x.document_id = c.document_id
             JOIN sections s ON s.id = x.section_id GROUP BY c.tenant"
        )
    });
    format!(
        "WITH charts AS ({charts}),
         counted (tenant, domain, sections, entries, unknown_entries, rows, elsewhere, coded, dated, placeholders) AS (
             SELECT c.tenant, coalesce(s.domain, s.name, 'unknown_section'), count(*), sum(s.entries), sum(s.unknown_entries), 0, 0, 0, 0, 0
             FROM charts c JOIN sections s ON s.document_id = c.document_id GROUP BY 1, 2
             UNION ALL {})
         SELECT tenant, domain, sum(sections) AS sections, sum(entries) AS entries, sum(unknown_entries) AS unknown_entries, sum(rows) AS rows,
                sum(elsewhere) AS elsewhere, sum(coded) AS coded, sum(dated) AS dated, sum(placeholders) AS placeholders
         FROM counted GROUP BY tenant, domain ORDER BY tenant, domain",
        rows.join("\n             UNION ALL ")
    )
}
