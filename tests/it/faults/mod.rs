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

use site::{Site, Told};
use stand_in::{Answer, Request, StandIn};

/// The rows that are this folder's; those of other pieces have their tests elsewhere.
const ROWS: [u8; 32] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21, 26, 27, 30, 31, 32, 33, 36, 37, 42, 71, 72, 74, 77];

#[test]
fn every_row_of_this_folder_has_a_test_of_its_number() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults");
    let sources = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let text: String = sources.collect();
    let number = |test: &str| test.get(..2).and_then(|digits| digits.parse().ok());
    let tests: Vec<u8> = text.split("fn fault_").skip(1).filter_map(number).collect();
    let missing: Vec<_> = ROWS.iter().filter(|row| !tests.contains(row)).collect();
    assert!(missing.is_empty(), "rows without a test: {missing:?}");
    eprintln!("{} rows of FAULTS.md by {} tests in this folder", ROWS.len(), tests.len());
}

/// The lines that these texts are, for comparison with what a database answers.
fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}

/// The same line so many times.
fn all(count: usize, line: &str) -> Vec<String> {
    vec![line.to_owned(); count]
}
