//! All patients of a roster, from the roster itself and from its files, checked in one pass that keeps 32 bytes of each.

use std::{collections::HashSet, io, path::PathBuf};

use sha2::{Digest, Sha256};

use super::{
    bad_lines::BadLines,
    csv_table::LineMistake,
    draft::{Draft, ROSTER},
    duplicates::{Duplicate, Seen},
    mistake::Place,
    names::{Spot, Unknown},
    patients_csv::{PatientLines, PatientsFile},
};
use crate::export::RosterPatient;

/// What the check found.
pub(super) struct Checked {
    pub count: u64,
    pub digest: [u8; 32],
    /// With their numbers in spots.
    pub files: Vec<(u32, PatientsFile)>,
    /// Lines that name a patient once more, left out where bad lines are skipped.
    pub left_out: HashSet<Spot>,
}

/// One pass over everything, which keeps 32 bytes of a patient.
struct Check<'a> {
    draft: &'a mut Draft,
    bad_lines: &'a BadLines<'a>,
    seen: Seen,
    digest: Sha256,
    count: u64,
    has_patient: Vec<bool>,
}

/// Reads all patients, notes what is wrong with them, and who has none. `files` come with the place where the roster names them.
pub(super) fn check(files: Vec<(PathBuf, Place)>, draft: &mut Draft, bad_lines: &BadLines<'_>) -> Checked {
    let has_patient = vec![false; draft.names.account_count()];
    let mut check = Check { draft, bad_lines, seen: Seen::default(), digest: Sha256::new(), count: 0, has_patient };
    check.inline();
    let files = files.into_iter().filter_map(|(path, named_at)| check.file(path, named_at)).collect();
    check.finish(files)
}

impl Check<'_> {
    fn inline(&mut self) {
        for patient in std::mem::take(&mut self.draft.inline) {
            self.accept(&patient.plain(), patient.spot);
            self.draft.inline.push(patient);
        }
    }

    fn file(&mut self, path: PathBuf, named_at: Place) -> Option<(u32, PatientsFile)> {
        let number = self.draft.files.add(path.clone());
        let opened = PatientsFile::open(path.clone(), &self.draft.names);
        let read = opened.and_then(|(file, lines)| Ok(self.lines(lines, number).map(|()| file)?));
        match read {
            Ok(file) => Some((number, file)),
            Err(unreadable) => {
                unreadable.note(&path, named_at, self.bad_lines.findings);
                None
            }
        }
    }

    fn lines(&mut self, mut lines: PatientLines, file: u32) -> io::Result<()> {
        while let Some((line, patient)) = lines.next(&self.draft.names)? {
            let spot = Spot::new(file, line);
            match patient {
                Ok(patient) => self.accept(&patient, spot),
                // It may mean an account of the credentials file that could not be read, which was told.
                Err(LineMistake::Unknown(Unknown::Account { .. } | Unknown::WhichAccount { .. })) if self.draft.incomplete => {}
                Err(mistake) => self.bad_lines.note(|| self.draft.describe(spot, &mistake)),
            }
        }
        Ok(())
    }

    fn accept(&mut self, patient: &RosterPatient, spot: Spot) {
        let (tenant, account) = self.draft.names.owner(patient.account);
        self.seen.add(&[tenant.as_bytes(), patient.token.expose().as_bytes()], spot, patient.account);
        for part in [tenant, account, patient.token.expose(), &patient.extra] {
            self.digest.update((part.len() as u64).to_le_bytes());
            self.digest.update(part);
        }
        self.has_patient[patient.account as usize] = true;
        self.count += 1;
    }

    fn finish(self, files: Vec<(u32, PatientsFile)>) -> Checked {
        let duplicates = self.seen.duplicates();
        for duplicate in &duplicates {
            note_duplicate(self.draft, self.bad_lines, *duplicate);
        }
        note_idle_accounts(self.draft, self.bad_lines, &self.has_patient);
        let left_out: HashSet<Spot> = duplicates.iter().map(|duplicate| duplicate.spot).collect();
        Checked { count: self.count - duplicates.len() as u64, digest: self.digest.finalize().into(), files, left_out }
    }
}

fn note_duplicate(draft: &Draft, bad_lines: &BadLines<'_>, duplicate: Duplicate) {
    let Duplicate { spot, account, first, first_account } = duplicate;
    let describe = || {
        let first = draft.files.name(first, spot.file);
        let text = if account == first_account {
            format!("the same patient stands twice, first on {first}")
        } else {
            format!("the same patient stands under {}, and on {first} under {}", draft.account(account), draft.account(first_account))
        };
        (draft.files.place(spot).key("patient_token"), text)
    };
    // What stands in the roster itself is no CSV line, and is never skipped.
    if spot.file == ROSTER {
        let (place, text) = describe();
        bad_lines.findings.configuration(place, text);
    } else {
        bad_lines.note(describe);
    }
}

fn note_idle_accounts(draft: &Draft, bad_lines: &BadLines<'_>, has_patient: &[bool]) {
    let mut idle = (0u32..).zip(has_patient).filter(|(_, has)| !**has).map(|(account, _)| account);
    if let Some(first) = idle.next() {
        let others = idle.count();
        let more = if others == 0 { String::new() } else { format!(", nor have {others} other accounts") };
        let text = format!("{} has no patient{more}", draft.account(first));
        bad_lines.findings.warn(|| (draft.files.place(draft.names.account_spot(first)), text));
    }
}
