//! The body check over real documents from many vendors, against the word of another parser (libxml2's, in the corpus's index).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use ccda_export::{ccda, domain::Reason};

/// A line of `index.csv`: one file, and what is known about it.
struct Sample {
    path: String,
    body: Vec<u8>,
    well_formed: bool,
    quirks: Vec<String>,
}

impl Sample {
    fn has(&self, quirk: &str) -> bool {
        self.quirks.iter().any(|it| it == quirk)
    }

    /// What the check should say: `None` for a chart.
    fn expected(&self) -> Option<Reason> {
        if self.has("not-a-clinicaldocument") || self.has("no-namespace") {
            Some(Reason::NotCda)
        } else if self.has("invalid-utf8") {
            Some(Reason::BadEncoding)
        } else if self.well_formed || self.is_broken_by_prefixes_alone() {
            None
        } else {
            Some(Reason::Malformed)
        }
    }

    /// Not well-formed in the index's sense, which minds namespaces; as XML 1.0 it is.
    fn is_broken_by_prefixes_alone(&self) -> bool {
        self.path.starts_with("mdlogic/") || self.has("unbound-prefix")
    }
}

/// The folder of documents beside the checkout, if this machine has one.
pub fn corpus() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["../shared/ccda", "../../shared/ccda"].iter().map(|beside| checkout.join(beside)).find(|folder| folder.join("index.csv").is_file())
}

fn samples() -> Option<Vec<Sample>> {
    let Some(folder) = corpus() else {
        eprintln!("skipped: no documents in ../shared/ccda");
        return None;
    };
    let mut index = csv::Reader::from_path(folder.join("index.csv")).unwrap();
    let rows = index.deserialize::<BTreeMap<String, String>>().map(Result::unwrap);
    Some(rows.map(|row| read_sample(&folder, &row)).collect())
}

/// Path and bytes of every document of the corpus, if there is one.
pub fn bodies() -> Option<Vec<(String, Vec<u8>)>> {
    Some(samples()?.into_iter().map(|sample| (sample.path, sample.body)).collect())
}

fn read_sample(folder: &Path, row: &BTreeMap<String, String>) -> Sample {
    Sample {
        path: row["path"].clone(),
        body: fs::read(folder.join(&row["path"])).unwrap(),
        well_formed: row["well_formed"] == "1",
        quirks: row["quirks"].split_whitespace().map(str::to_owned).collect(),
    }
}

#[test]
fn every_chart_of_the_corpus_is_accepted_and_everything_else_refused_for_its_reason() {
    let Some(samples) = samples() else { return };
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for sample in &samples {
        let checked = ccda::check(&sample.body);
        let reason = checked.as_ref().err().map(|refusal| refusal.reason);
        assert_eq!(reason, sample.expected(), "{}: {:?}", sample.path, checked.err());
        *outcomes.entry(reason.map_or("accepted", Reason::as_str).to_owned()).or_default() += 1;
    }
    eprintln!("{} documents: {outcomes:?}", samples.len());
    assert_eq!(outcomes["accepted"], 397);
}

#[test]
fn the_corpus_yields_its_header_facts() {
    let Some(samples) = samples() else { return };
    let charts: Vec<_> = samples.iter().filter_map(|sample| ccda::check(&sample.body).ok()).collect();
    let count = |has: fn(&ccda::Chart) -> bool| charts.iter().filter(|chart| has(chart)).count();
    let counts = [
        count(|chart| chart.header.document_root.is_some()),
        count(|chart| chart.header.code.is_some()),
        count(|chart| chart.header.title.is_some()),
        count(|chart| chart.header.effective_time.is_some()),
        count(|chart| chart.header.mrn_extension.is_some()),
        count(|chart| chart.header.persons.iter().any(|person| person.family.is_some() && person.given.is_some())),
    ];
    assert_eq!(counts, [387, 387, 386, 386, 367, 371]);
}
