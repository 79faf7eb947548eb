//! A door for `fuzz/` to what reads a roster's CSV; there is none in an ordinary build. Decides nothing.

use super::{
    names::{Names, Spot},
    patients_csv::PatientLines,
};
use crate::export::RosterPatient;

/// The lines of a patients file of tenant `TENANT_AA` with the accounts `one` and `two`: each one's number, and the patient or what is wrong.
/// `Err` for a file without a header that can be used.
pub fn patients(csv: &[u8]) -> Result<Vec<(u64, Result<RosterPatient, String>)>, String> {
    let spot = Spot::new(0, 1);
    let mut names = Names::default();
    let tenant = names.add_tenant("TENANT_AA", spot).map_err(|first| format!("{first:?}"))?;
    for account in ["one", "two"] {
        names.add_account(tenant, account, spot).map_err(|first| format!("{first:?}"))?;
    }
    let mut lines = PatientLines::begin(csv, &names).map_err(|unreadable| format!("{unreadable:?}"))?;
    let mut read = Vec::new();
    while let Some((line, patient)) = lines.next(&names).map_err(|error| error.to_string())? {
        read.push((line, patient.map_err(|mistake| format!("{mistake:?}"))));
    }
    Ok(read)
}
