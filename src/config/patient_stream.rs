//! The checked patients of a roster as a stream, opened as often as it is wanted: exactly those that the check counted, in its order.

use std::{collections::HashSet, io, sync::Arc};

use super::{
    bad_lines::BadLinePolicy,
    draft::InlinePatient,
    names::{Names, Spot},
    patients_csv::{PatientLines, PatientsFile},
};
use crate::export::{OpenPatients, RosterPatient};

/// Everything that a stream needs; shared by all streams.
pub(super) struct Source {
    pub names: Names,
    pub inline: Vec<InlinePatient>,
    /// With their numbers in spots.
    pub files: Vec<(u32, PatientsFile)>,
    /// Lines that name a patient once more.
    pub left_out: HashSet<Spot>,
    pub policy: BadLinePolicy,
}

/// One pass over the patients.
struct Stream {
    source: Arc<Source>,
    inline: usize,
    next_file: usize,
    current: Option<(usize, Box<PatientLines>)>,
    failed: bool,
}

impl Source {
    /// Opens streams of these patients, in the order in which they were checked.
    pub fn opener(self) -> OpenPatients {
        let source = Arc::new(self);
        Box::new(move || {
            let stream = Stream { source: source.clone(), inline: 0, next_file: 0, current: None, failed: false };
            Ok(Box::new(stream))
        })
    }
}

impl Iterator for Stream {
    type Item = io::Result<RosterPatient>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance();
        self.failed = next.is_err();
        next.transpose()
    }
}

impl Stream {
    fn advance(&mut self) -> io::Result<Option<RosterPatient>> {
        let source = self.source.clone();
        if let Some(patient) = source.inline.get(self.inline) {
            self.inline += 1;
            return Ok(Some(patient.plain()));
        }
        loop {
            let (index, mut lines) = match self.current.take() {
                Some(current) => current,
                None => match source.files.get(self.next_file) {
                    Some((_, file)) => (self.next_file, Box::new(file.reopen(&source.names)?)),
                    None => return Ok(None),
                },
            };
            self.next_file = index + 1;
            if let Some(patient) = source.next_good(index, &mut lines)? {
                self.current = Some((index, lines));
                return Ok(Some(patient));
            }
        }
    }
}

impl Source {
    /// The next patient of a file that the check accepted.
    fn next_good(&self, index: usize, lines: &mut PatientLines) -> io::Result<Option<RosterPatient>> {
        let (number, file) = &self.files[index];
        while let Some((line, patient)) = lines.next(&self.names)? {
            match patient {
                Ok(_) if self.left_out.contains(&Spot::new(*number, line)) => {}
                Ok(patient) => return Ok(Some(patient)),
                Err(_) if self.policy == BadLinePolicy::Skip => {}
                Err(_) => return Err(file.changed()),
            }
        }
        Ok(None)
    }
}
