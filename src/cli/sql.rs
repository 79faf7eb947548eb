//! `ccda-export sql JOB STATEMENT`: the answer to one statement that reads, row by row. A signal ends it at once, as it does `cat`: nothing is written.

use std::{
    io::{self, BufWriter, IsTerminal, Read, Write},
    path::PathBuf,
    pin::pin,
};

use clap::{Args, ValueEnum};
use futures_util::TryStreamExt;

use crate::{
    export::RunError,
    report::{AnswerForm, CsvAnswer, ExitCode, JsonAnswer, MOST_CHARACTERS, MOST_ROWS, TableAnswer, repeated_name},
    store::{Question, QuestionError},
};

use super::{load, terminal};

/// A flag may stand between the two, which clap does not allow where the first of them may be missing.
const USAGE: &str = "ccda-export sql [OPTIONS] <JOB> <STATEMENT>\n       ccda-export sql [OPTIONS] --database <FILE> <STATEMENT>";

#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = forms())]
pub struct SqlArgs {
    /// The job's file, of which neither the roster nor the secrets are read; with --database the statement
    #[arg(value_name = "JOB")]
    pub first: String,
    /// One statement that reads, or `-` for the one on standard input
    #[arg(value_name = "STATEMENT", required_unless_present = "database", conflicts_with = "database")]
    pub second: Option<String>,
    /// The database, where no job file is at hand
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// How the answer is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub output: AnswerFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    Table,
    Csv,
    Json,
}

fn forms() -> String {
    format!(
        "A table shows the first {MOST_ROWS} rows and {MOST_CHARACTERS} characters of a cell, NULL as NULL, and control characters as escapes. csv and json give \
         all rows as they come. In CSV (RFC 4180) NULL is nothing and an empty text \"\", but \"\" both where there is one column alone; JSON is an array of \
         objects. A BLOB is hexadecimal, as by hex()."
    )
}

/// Why there is no whole answer.
enum Failed {
    Question(QuestionError),
    /// Of standard output; the reader may just have seen enough.
    Output(io::Error),
    Usage(String),
}

pub async fn run(args: SqlArgs) -> ExitCode {
    let (job, statement) = match args.second {
        Some(statement) => (Some(PathBuf::from(args.first)), statement),
        None => (None, args.first),
    };
    let viewed = match load::viewed(job.as_deref(), args.database) {
        Ok(viewed) => viewed,
        Err(code) => return code,
    };
    let statement = match read(statement) {
        Ok(statement) => statement,
        Err(error) => return told(Failed::Usage(format!("standard input: {error}"))),
    };
    let answered = async {
        let mut question = Question::prepare(&viewed.database, statement).await.map_err(Failed::Question)?;
        answer(&mut question, args.output).await
    };
    answered.await.map_or_else(told, |()| ExitCode::Done)
}

fn read(argument: String) -> io::Result<String> {
    if argument != "-" {
        return Ok(argument);
    }
    let mut statement = String::new();
    io::stdin().lock().read_to_string(&mut statement)?;
    Ok(statement)
}

async fn answer(question: &mut Question, format: AnswerFormat) -> Result<(), Failed> {
    let columns = question.columns().to_owned();
    let mut form = form(&columns, format)?;
    let mut rows = pin!(question.rows());
    while let Some(row) = rows.try_next().await.map_err(Failed::Question)? {
        if !form.row(&row).map_err(Failed::Output)? {
            break;
        }
    }
    form.end().map_err(Failed::Output)
}

fn form(columns: &[String], format: AnswerFormat) -> Result<Box<dyn AnswerForm>, Failed> {
    // Who watches sees each row when it is there; a file or a pipe takes them by the block.
    let out: Box<dyn Write> = if io::stdout().is_terminal() { Box::new(io::stdout()) } else { Box::new(BufWriter::new(io::stdout())) };
    Ok(match format {
        AnswerFormat::Table => Box::new(TableAnswer::begin(columns, out)),
        AnswerFormat::Csv => Box::new(CsvAnswer::begin(columns, out).map_err(Failed::Output)?),
        AnswerFormat::Json => {
            if let Some(name) = repeated_name(columns) {
                return Err(Failed::Usage(format!("two columns are called {name}, which an object cannot have: name one of them with AS")));
            }
            Box::new(JsonAnswer::begin(columns, out).map_err(Failed::Output)?)
        }
    })
}

fn told(failed: Failed) -> ExitCode {
    match failed {
        Failed::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::Done,
        Failed::Output(error) => {
            terminal::error(&format!("standard output: {error}"));
            ExitCode::CannotWrite
        }
        Failed::Usage(message) => {
            terminal::error(&message);
            ExitCode::Usage
        }
        Failed::Question(QuestionError::Store(error)) => {
            terminal::error(&error.to_string());
            RunError::from(error).exit_code()
        }
        Failed::Question(error) => {
            terminal::error(&error.to_string());
            ExitCode::Usage
        }
    }
}
