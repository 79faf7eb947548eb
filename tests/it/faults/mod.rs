//! The rows of FAULTS.md: the real binary, or the library on a clock that is moved by hand, against a server that misbehaves.
//!
//! One row, one test, named after its number; a file for each of that document's headings. `site` is the operator's side (files, runs,
//! database), `stand_in` the server's, `manual` moves the clock.

mod answers;
mod bodies;
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

/// The lines that these texts are, for comparison with what a database answers.
fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}

/// The same line so many times.
fn all(count: usize, line: &str) -> Vec<String> {
    vec![line.to_owned(); count]
}
