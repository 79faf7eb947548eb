//! A population: the practice and the patients that one seed stands for.

use chrono::{DateTime, Utc};

use super::{
    chart::{Chart, Practice, person, practice},
    document,
};
use crate::domain::Window;

/// Everybody whom a practice looks after. Patients are numbered from 1 and made when they are asked for: a million of them take no memory.
#[derive(Debug, Clone)]
pub struct Population {
    seed: u64,
    practice: Practice,
}

impl Population {
    /// The population of this seed; two practices need two seeds.
    pub fn new(seed: u64) -> Self {
        Self { seed, practice: practice::invent(seed) }
    }

    /// Who treats them.
    pub fn practice(&self) -> &Practice {
        &self.practice
    }

    /// The medical record number of a patient, without making the rest of the chart.
    pub fn mrn(&self, patient: u64) -> String {
        person::mrn(self.seed, patient)
    }

    /// All that is known of a patient.
    pub fn chart(&self, patient: u64) -> Chart {
        Chart::invent(self.seed, patient, &self.practice)
    }

    /// The patient's Continuity of Care Document in UTF-8, as made for this request at this time, for a window or for everything. `request`
    /// and `now` show in the header's `id` and `effectiveTime`, and nowhere else.
    pub fn document(&self, patient: u64, window: Option<Window>, request: u64, now: DateTime<Utc>) -> String {
        let chart = self.chart(patient);
        let chart = match window {
            Some(window) => chart.within(window),
            None => chart,
        };
        document::render(&chart, &document::Generation { id: document::id(self.seed, patient, request, now), time: now })
    }
}
