//! How fast the vendor may be asked: the tables `[limits.documents]`, `[limits.tokens]` and, for a job, `[limits.host]`.

use super::{toml_reader::Table, values};
use crate::edvak::{Rate, TenantLimits};

/// The limits of a tenant's own table, each that is missing taken from `defaults`.
pub(super) fn of_tenant(parent: &Table<'_>, defaults: TenantLimits) -> TenantLimits {
    let Some(table) = parent.table("limits") else { return defaults };
    let limits = tenant_limits(&table, defaults);
    table.finish();
    limits
}

/// The limits of a job: for each tenant, and for each host.
pub(super) fn of_job(job: &Table<'_>, tenant: TenantLimits, host: Rate) -> (TenantLimits, Rate) {
    let Some(table) = job.table("limits") else { return (tenant, host) };
    let limits = (tenant_limits(&table, tenant), rate(&table, "host", host));
    table.finish();
    limits
}

fn tenant_limits(table: &Table<'_>, defaults: TenantLimits) -> TenantLimits {
    TenantLimits { documents: rate(table, "documents", defaults.documents), tokens: rate(table, "tokens", defaults.tokens) }
}

fn rate(parent: &Table<'_>, key: &'static str, default: Rate) -> Rate {
    let Some(table) = parent.table(key) else { return default };
    let rate = Rate {
        per_second: table.take("per_second", values::positive).unwrap_or(default.per_second),
        burst: table.take("burst", values::whole(1, u32::MAX)).unwrap_or(default.burst),
        concurrent: table.take("concurrent", values::whole(1, u32::MAX)).unwrap_or(default.concurrent),
    };
    table.finish();
    rate
}
