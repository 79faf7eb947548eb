//! Whom a command is for: `--tenant`, `--account`, row ids and files of patient tokens, checked against the roster.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
};

use crate::{
    config::Job,
    domain::{AccountName, PatientId, PatientToken, TenantName},
    store::runs::Narrowing,
};

use super::args::OfArgs;

/// What the arguments name, which `unknown_name` has still to check; `Err` where the file of tokens cannot be read.
pub(super) fn narrowing(of: &OfArgs, patient: &[i64], patients: Option<&Path>) -> Result<Narrowing, String> {
    let tokens = match patients {
        Some(path) => read_tokens(path).map_err(|error| format!("--patients {}: {error}", path.display()))?,
        None => Vec::new(),
    };
    Ok(Narrowing {
        tenant: of.tenant.clone().map(TenantName),
        account: of.account.clone().map(AccountName),
        patients: patient.iter().copied().map(PatientId).collect(),
        tokens,
    })
}

/// Patient tokens, one a line; they come in a file and not as arguments, which every user of the machine can read.
fn read_tokens(path: &Path) -> io::Result<Vec<PatientToken>> {
    let reader: Box<dyn BufRead> =
        if path == Path::new("-") { Box::new(io::stdin().lock()) } else { Box::new(BufReader::new(std::fs::File::open(path)?)) };
    let mut tokens = Vec::new();
    for line in reader.lines() {
        let line = line?;
        let token = line.trim();
        if !token.is_empty() {
            tokens.push(PatientToken::new(token));
        }
    }
    if tokens.is_empty() { Err(io::Error::new(io::ErrorKind::InvalidData, "holds no patient token")) } else { Ok(tokens) }
}

/// What is wrong with the names that narrow the run.
pub(super) fn unknown_name(job: &Job, narrowing: &Narrowing) -> Option<String> {
    let roster = &job.roster;
    if let Some(tenant) = &narrowing.tenant
        && !roster.tenants.iter().any(|known| known.name == *tenant)
    {
        return Some(format!("--tenant {tenant}: the roster has no such tenant"));
    }
    if let Some(account) = &narrowing.account {
        let known = roster.accounts.iter().any(|known| {
            known.name == *account && narrowing.tenant.as_ref().is_none_or(|tenant| roster.tenants[known.tenant as usize].name == *tenant)
        });
        return (!known).then(|| format!("--account {account}: the roster has no such account"));
    }
    None
}
