//! What a roster of a million patients costs: `cargo bench --bench scale`, which makes such a database and asks it as a user would.
//!
//! The release binary takes the roster over, so that the schema and the rows of people are its own; ten nights of fetches, attempts and documents are
//! then written in sets (history.sql), with a few in a hundred of whatever goes wrong; every hundredth patient has the clinical rows of one of the demo's
//! charts. Each figure is of a whole process. Standard output gets a table, the folder `scale.json`.
//!
//! `cargo bench --bench scale -- --patients 100000 --accounts 100000 --dir DIR`: smaller, another shape (an account for each patient), elsewhere than in
//! target/scale. A million patients want 12 GB and some minutes.

mod arguments;
mod figures;
mod history;
mod process;
mod roster;
mod silent_server;

use std::io::{self, Write};

use arguments::Arguments;
use figures::Figures;
use process::{Ended, Program};
use silent_server::SilentServer;

/// So often each question is asked; the table has the medians.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(arguments) = Arguments::read()? else { return Ok(()) };
    let server = SilentServer::start()?;
    let mut figures = Figures::default();
    let roster = roster::write(&arguments, server.address())?;
    let program = Program { folder: &arguments.dir };

    history::begin(&roster.database)?;
    figures.add("start to first request, new roster", server.first_request_of(&program, &["run", &roster.job])?);
    history::write(&arguments, &roster)?;

    for (name, args) in questions(&roster)? {
        let rounds: io::Result<Vec<Ended>> = (0..ROUNDS).map(|_| program.call(&args)).collect();
        let rounds = rounds?;
        // 1 is what `status` says of a roster in which something is wrong.
        if let Some(failed) = rounds.iter().find(|ended| !matches!(ended.exit_code, Some(0 | 1))) {
            return Err(format!("{args:?} ended with {:?}", failed.exit_code).into());
        }
        figures.add(&name, process::median(rounds));
    }
    figures.add("start to first request, second night", server.first_request_of(&program, &["run", &roster.job])?);
    // That one was killed while it planned.
    figures.add("start to first request, planned in part", server.first_request_of(&program, &["run", &roster.job])?);
    figures.add("start to first request, planned already", server.first_request_of(&program, &["run", &roster.job])?);
    history::end_of_night(&roster.database)?;
    let run = ["run", &roster.job].map(str::to_owned);
    figures.add("a run that has only to count", program.call(&run)?);
    figures.add("a run with nothing due", program.call(&run)?);

    io::stdout().write_all(figures.table().as_bytes())?;
    std::fs::write(arguments.dir.join("scale.json"), figures.json(&arguments))?;
    if !arguments.keep {
        std::fs::remove_file(&roster.database)?;
    }
    Ok(())
}

/// What operators and analysts ask: a name, and the arguments.
fn questions(roster: &roster::Written) -> io::Result<Vec<(String, Vec<String>)>> {
    let of = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
    let patient = history::PATIENT.to_string();
    let mut questions = vec![
        ("status".to_owned(), of(&["status", &roster.job])),
        ("status --output json".to_owned(), of(&["status", &roster.job, "--output", "json"])),
        ("why PATIENT".to_owned(), of(&["why", &patient, "--job", &roster.job])),
    ];
    for (view, has_patient) in history::views(&roster.database)? {
        let mut ask = |name: String, sql: String| questions.push((name, of(&["sql", &roster.job, &sql, "--output", "json"])));
        if has_patient {
            ask(format!("{view}, a patient"), format!("SELECT * FROM {view} WHERE patient_id = {patient}"));
        }
        ask(format!("{view}, 100 rows"), format!("SELECT * FROM {view} LIMIT 100"));
    }
    Ok(questions)
}
