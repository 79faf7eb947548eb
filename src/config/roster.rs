//! The roster file and the CSV files that it names: who is asked, as whom, and for which patients.

use std::path::{Path, PathBuf};

use super::{
    bad_lines::{BadLinePolicy, BadLines},
    credentials_csv,
    draft::Draft,
    mistake::{Findings, Place},
    patient_stream, patients,
    secret::Secrets,
    tenant::{self, Defaults},
    toml_reader::{Source, Table},
    values,
};
use crate::export::Roster;

/// What the job says about reading its roster.
pub(super) struct RosterOptions {
    pub defaults: Defaults,
    pub bad_lines: BadLinePolicy,
    /// Two tenants may log in with the same client and user.
    pub allow_shared_client_user: bool,
}

/// Reads everything that the roster names. `None` only when a mistake was noted; `named_at` is where the job names it, if it does.
pub(super) fn read(
    path: &Path,
    named_at: Option<Place>,
    options: &RosterOptions,
    secrets: &Secrets,
    findings: &Findings,
) -> Option<Roster> {
    let found_before = findings.count();
    let source = Source::read(path, named_at, findings)?;
    let parsed = source.parse()?;
    let table = Table::root(&source, &parsed);
    let bad_lines = BadLines::new(findings, options.bad_lines);
    let mut draft = Draft::default();
    draft.files.add(path.to_owned());
    let (credentials, patients) = (files(&table, "credentials"), files(&table, "patients"));
    secrets.hide(parsed.get_ref());
    read_tenants(&table, secrets, options, &mut draft);
    table.finish();
    // Accounts before patients, whose lines refer to them.
    for (path, named_at) in credentials {
        credentials_csv::read(path, named_at, &mut draft, &bad_lines);
    }
    draft.check(options.allow_shared_client_user, findings);
    let checked = patients::check(patients, &mut draft, &bad_lines);
    // With other mistakes, nobody may be left only because of them.
    if checked.count == 0 && findings.count() == found_before {
        findings.roster(|| (Place::file(path).key("patients"), "the roster names no patient at all".to_owned()));
    }
    let patients = patient_stream::Source {
        names: draft.names,
        inline: draft.inline,
        files: checked.files,
        left_out: checked.left_out,
        policy: options.bad_lines,
    };
    Some(Roster {
        tenants: draft.tenants.into_iter().collect::<Option<_>>()?,
        accounts: draft.accounts.into_iter().collect::<Option<_>>()?,
        patient_count: checked.count,
        digest: checked.digest,
        skipped_lines: bad_lines.skipped(),
        patients: patients.opener(),
    })
}

fn read_tenants(table: &Table<'_>, secrets: &Secrets, options: &RosterOptions, draft: &mut Draft) {
    let tenants = table.tables("tenants");
    if !table.has("tenants") {
        table.mistake("tenants", "is missing; expected one [[tenants]] for each tenant");
    }
    tenants.into_iter().for_each(|tenant| tenant::read(tenant, options.defaults, secrets, draft));
}

/// The files that a key names, one or several, with the place of the key.
fn files(table: &Table<'_>, key: &'static str) -> Vec<(PathBuf, Place)> {
    let names = table.take(key, values::texts).unwrap_or_default();
    names.into_iter().map(|name| (table.source.resolve(name), table.place(key))).collect()
}
