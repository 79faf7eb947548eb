//! The patients, who they are in truth, and the charts that lie at the vendor: small, so that a year of them is no burden.

use std::{fmt::Write, fs, path::Path};

use fastrand::Rng;

/// Somebody whom the vendor knows.
#[derive(Debug, Clone)]
pub struct Patient {
    pub tenant: String,
    /// Whom the vendor lets see the chart.
    pub account: String,
    /// Whom the roster names, which may be wrong for some nights.
    pub listed_account: String,
    pub token: String,
    /// Whether the roster names the patient.
    pub listed: bool,
    /// The vendor denies the chart until that night.
    pub denied_until: usize,
    /// The operator's own column, changed to have the patient asked for anew.
    pub note: u32,
}

/// The record number in the chart of the patient at this place.
pub fn mrn(place: usize) -> String {
    format!("MRN-{place:03}")
}

const FAMILIES: [&str; 6] = ["Abbot", "Brandt", "Castillo", "Dubois", "Eriksen", "Fontana"];

/// Whether the roster itself states the record number of the patient at this place.
pub fn is_stated(place: usize) -> bool {
    place.is_multiple_of(2)
}

/// Writes the charts anew: some of them changed, some not, as nights are.
pub fn write_charts(folder: &Path, count: usize, night: usize, rng: &mut Rng) {
    for place in 0..count {
        if night == 0 || rng.bool() {
            let version = if rng.u32(0..4) == 0 { 0 } else { night };
            let _ = fs::write(folder.join(file(place)), chart(place, version, 4 + night % 3));
        }
    }
}

/// What no program may believe: another person's chart, one chart for three, and a chart of which most is gone. Only of those of whom it can be known:
/// who has had a chart, or whose number the roster states.
pub fn mix_up(folder: &Path, known: &[bool], night: usize, rng: &mut Rng) {
    let places = [0, 1, 2].map(|more| (rng.usize(0..known.len()) + more) % known.len());
    let put = |place: usize, chart: String| fs::write(folder.join(file(place)), chart).unwrap();
    match rng.u32(0..3) {
        0 if known[places[0]] => put(places[0], chart((places[0] + 7) % known.len(), night, 4)),
        1 if places.iter().all(|place| known[*place]) => places.iter().for_each(|place| put(*place, chart(places[0], night, 4))),
        2 => put(places[0], chart(places[0], night, 0)),
        _ => {}
    }
}

/// Mends what was mixed up.
pub fn set_right(folder: &Path, count: usize, night: usize) {
    for place in 0..count {
        fs::write(folder.join(file(place)), chart(place, night, 6)).unwrap();
    }
}

/// The name of a patient's file at the vendor, whose order is that of the roster.
fn file(place: usize) -> String {
    format!("{place:03}.xml")
}

fn chart(place: usize, version: usize, entries: usize) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\
         <id root=\"1.2.3\" extension=\"{place}-{version}\"/><code code=\"34133-9\" codeSystem=\"2.16.840.1.113883.6.1\"/>\
         <title>Summary {version}</title><effectiveTime value=\"20280101\"/>\
         <recordTarget><patientRole><id root=\"1.2.4\" extension=\"{}\"/><patient><name><given>P{place}</given><family>{}</family></name>\
         <birthTime value=\"19{:02}0101\"/></patient></patientRole></recordTarget><component><structuredBody><component><section>\
         <code code=\"11450-4\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Problems</title><text>of patient {place}</text>",
        mrn(place),
        FAMILIES[place % FAMILIES.len()],
        place % 90
    );
    for entry in 0..entries {
        let _ = write!(
            text,
            "<entry><observation classCode=\"OBS\" moodCode=\"EVN\"><id root=\"1.2.5\" extension=\"{place}-{entry}\"/></observation></entry>"
        );
    }
    text + "</section></component></structuredBody></component></ClinicalDocument>\n"
}
