//! How fast charts become rows, on one thread and without the inserts: `cargo bench --bench flatten`.
//!
//! A group for each set of documents: the project's own synthetic charts, and real ones of many vendors where this machine has them. In each stand, with
//! their bytes per second, what quick-xml takes to read events and attributes alone, the body check, the digest of what a chart says,
//! and flattening.

use std::{
    fs,
    hint::black_box,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use ccda_export::{ccda, synthetic::Population};
use chrono::{TimeZone, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use quick_xml::{Reader, events::Event};

/// Patients of the synthetic practice: about a megabyte, as much as a practice has of each kind of chart.
const PATIENTS: u64 = 24;

fn synthetic() -> Vec<Vec<u8>> {
    let population = Population::new(1);
    let now = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
    (1..=PATIENTS).map(|patient| population.document(patient, None, 1, now).into_bytes()).collect()
}

/// Every chart in the folder of real documents beside the checkout, in the order of their paths; `None`, which it says aloud, where there is none.
fn real() -> Option<Vec<Vec<u8>>> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = ["../shared/ccda", "../../shared/ccda"].iter().map(|beside| checkout.join(beside)).find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: no documents in ../shared/ccda: only synthetic charts are measured");
        return None;
    };
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let bodies = files.iter().map(|file| fs::read(file).unwrap());
    Some(bodies.filter(|body| ccda::check(body).is_ok()).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// Reads each event, and of each tag the attributes, as quick-xml gives them.
fn read(body: &[u8]) -> usize {
    let mut reader = Reader::from_reader(body);
    let mut bytes = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => bytes += tag.attributes().flatten().map(|it| it.value.len()).sum::<usize>(),
            Ok(Event::Eof) | Err(_) => return bytes,
            Ok(event) => bytes += event.len(),
        }
    }
}

fn measure(criterion: &mut Criterion, name: &str, bodies: &[Vec<u8>]) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Bytes(bodies.iter().map(|body| body.len() as u64).sum()));
    group.bench_function("quick-xml", |bencher| bencher.iter(|| bodies.iter().map(|body| read(black_box(body))).sum::<usize>()));
    group.bench_function("check", |bencher| bencher.iter(|| bodies.iter().filter(|body| ccda::check(black_box(body)).is_ok()).count()));
    group.bench_function("digest", |bencher| bencher.iter(|| bodies.iter().filter_map(|body| ccda::digest(black_box(body))).count()));
    group.bench_function("flatten", |bencher| {
        bencher.iter(|| bodies.iter().for_each(|body| drop(black_box(ccda::flatten(black_box(body))))))
    });
    group.finish();
}

fn flatten(criterion: &mut Criterion) {
    measure(criterion, "synthetic charts", &synthetic());
    if let Some(bodies) = real() {
        measure(criterion, "real charts", &bodies);
    }
}

criterion_group!(benches, flatten);
criterion_main!(benches);
