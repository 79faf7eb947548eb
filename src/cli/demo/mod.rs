//! `ccda-export demo`: sandbox, export and three questions, with nothing but this binary.

use std::{io, os::unix::fs::DirBuilderExt, path::PathBuf};

use crate::{
    clock::Clock,
    report::{ExitCode, answer_table, text},
    sandbox::{Sandbox, SandboxOptions},
    store::{StoreError, ask, open_for_reading, runs::Narrowing},
};

use super::{
    args::{DemoArgs, OutputArgs},
    execute::{How, execute},
    load, signals, terminal,
};

/// Three of the ten questions in README, in words and in SQL.
const QUESTIONS: [(&str, &str); 3] = [
    ("Who at practice TENANT_AA has diabetes and metformin on the list, and no HbA1c since July 2025?", include_str!("diabetes.sql")),
    ("How many with hypertension had a last blood pressure below 140/90?", include_str!("blood_pressure.sql")),
    ("Which tests were due by 30 September 2025 and have no result since?", include_str!("overdue_tests.sql")),
];

pub async fn run(args: DemoArgs, output: &OutputArgs) -> ExitCode {
    match demonstrate(args, output).await {
        Ok(code) => code,
        Err(Failed { message, code }) => {
            terminal::error(&message);
            code
        }
    }
}

/// Why the demo ended early.
struct Failed {
    message: String,
    code: ExitCode,
}

async fn demonstrate(args: DemoArgs, output: &OutputArgs) -> Result<ExitCode, Failed> {
    let say = |text: &str| {
        if !output.quiet {
            terminal::line(text);
        }
    };
    let folder = folder(args.dir)?;
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    sandbox.write_roster(&folder)?;
    say(&format!("A sandbox of the vendor's API with invented patients listens on http://{}.", sandbox.address()));
    say(&format!("$ ccda-export run {}\n", folder.join("job.toml").display()));

    let job =
        load::job(&folder.join("job.toml")).map_err(|code| Failed { message: "the sandbox's own job has mistakes".to_owned(), code })?;
    let database = job.database.clone();
    let (clock, stop) = (Clock::system(), signals::stop());
    let summary = execute(job, Narrowing::default(), How::default(), &clock, &stop, output).await.map_err(Failed::from)?;
    if !output.quiet || summary.exit_code != ExitCode::Done {
        terminal::line(&text(&summary));
    }

    let readers = open_for_reading(&database).await?;
    for (question, sql) in QUESTIONS {
        let answer = ask(&readers, &database, sql).await?;
        say(&format!("\n{question}\n\n{}\n\n{}", indented(sql), indented(&answer_table(&answer.columns, &answer.rows))));
    }
    readers.close().await;
    sandbox.stop().await;
    say(&format!("\nThe database is {}: open it with sqlite3, DuckDB or pandas; `.schema` explains it.", database.display()));
    Ok(summary.exit_code)
}

/// The folder that was asked for, or a new one that only we can read.
fn folder(dir: Option<PathBuf>) -> io::Result<PathBuf> {
    let Some(dir) = dir else {
        let dir = std::env::temp_dir().join(format!("ccda-export-demo-{:08x}", fastrand::u32(..)));
        std::fs::DirBuilder::new().mode(0o700).create(&dir)?;
        return Ok(dir);
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
    Ok(dir)
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("    {}", line.trim_end())).collect::<Vec<_>>().join("\n")
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self { message: format!("the demo's files or its sandbox: {error}"), code: ExitCode::CannotWrite }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        crate::export::RunError::from(error).into()
    }
}

impl From<crate::export::RunError> for Failed {
    fn from(error: crate::export::RunError) -> Self {
        Self { message: error.to_string(), code: error.exit_code() }
    }
}
