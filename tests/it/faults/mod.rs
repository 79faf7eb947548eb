//! The rows of FAULTS.md: the real binary, or the library on a clock that is moved by hand, against a server that misbehaves.
//!
//! One row, one test, named after its number; a file for each of that document's headings. `site` is the operator's side (files, runs,
//! database), `stand_in` the server's, `manual` moves the clock.

mod answers;
mod bodies;
mod denials;
mod found_later;
mod lockout;
mod manual;
mod rehearsal;
mod site;
mod stand_in;
mod tls;
mod tokens;
mod turns;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub use site::{Site, Told};
pub use stand_in::{Answer, Request, StandIn};
pub use tls::pem;

#[test]
fn every_row_has_a_test_of_its_number() {
    let tests = fault_tests();
    let missing: Vec<u8> = (1..=77).filter(|row| !tests.contains_key(row)).collect();
    assert!(missing.is_empty(), "rows without a test: {missing:?}");
    eprintln!("{} rows of FAULTS.md by {} tests", tests.len(), tests.values().sum::<usize>());
}

/// How many tests each row has, here and wherever else its piece has its tests.
fn fault_tests() -> BTreeMap<u8, usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeMap::new();
    for source in ["src", "tests"].iter().flat_map(|folder| sources(&root.join(folder))) {
        let text = std::fs::read_to_string(source).unwrap();
        for number in text.split("fn fault_").skip(1).filter_map(|test| test.get(..2)?.parse().ok()) {
            *tests.entry(number).or_default() += 1;
        }
    }
    tests
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .collect()
}

/// The lines that these texts are, for comparison with what a database answers.
fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}

/// The same line so many times.
fn all(count: usize, line: &str) -> Vec<String> {
    vec![line.to_owned(); count]
}
