//! README against the program: every word that it promises is there, and every query in it runs.

use ccda_export::{domain::Reason, report::ExitCode};

use crate::harness::{Sandbox, call};

const README: &str = include_str!("../../README.md");
const TEMPLATES: [&str; 2] = [include_str!("../../src/config/templates/job.toml"), include_str!("../../src/config/templates/roster.toml")];

/// What stands below a heading, to the next one.
pub fn section(heading: &str) -> &'static str {
    let start = README.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("README has no {heading:?}"));
    let body = &README[start + heading.len() + 2..];
    body.split("\n#").next().unwrap()
}

/// The exit codes. A new one does not compile here until it is listed, and then the test asks README for it.
pub fn codes() -> Vec<ExitCode> {
    use ExitCode::*;
    let known = |code: ExitCode| match code {
        Done | SomeFailed | Usage | Roster | Unavailable | Bug | CannotWrite | Database | WorkRemains | Contract | Denied
        | Configuration | Held | Interrupted | Terminated => code,
    };
    let all = [Done, SomeFailed, Usage, Roster, Unavailable, Bug, CannotWrite, Database, WorkRemains, Contract, Denied];
    all.into_iter().chain([Configuration, Held, Interrupted, Terminated]).map(known).collect()
}

#[test]
fn readme_lists_exactly_the_exit_codes() {
    let rows = section("### Exit codes").lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" |").next());
    let listed: Vec<u8> = cells.flat_map(|cell| cell.split(", ")).filter_map(|code| code.parse().ok()).collect();
    assert_eq!(listed, codes().into_iter().map(|code| code as u8).collect::<Vec<_>>());
}

#[test]
fn readme_explains_every_reason_and_no_other() {
    let section = section("### Reasons");
    for reason in Reason::ALL {
        assert!(section.contains(&format!("`{reason}`")), "README explains no {reason}");
    }
    for row in section.lines().filter_map(|line| line.strip_prefix("| `")) {
        let word = row.split('`').next().unwrap();
        assert!(word.parse::<Reason>().is_ok(), "{word} is no reason");
    }
}

#[test]
fn readme_names_every_command_and_every_flag() {
    let help = call(["--help"]).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A long description goes on in lines that are indented further.
    let commands: Vec<_> = listed
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| *word != "help")
        .collect();
    assert!(commands.contains(&"run"), "{help}");
    for command in commands {
        assert!(README.contains(&format!("ccda-export {command}")) || README.contains(&format!("-- {command}")), "README has no {command}");
        let help = call([command, "--help"]).stdout;
        let flags = help.split_whitespace().filter(|word| word.starts_with("--")).map(|word| word.trim_end_matches([',', ';', ']']));
        for flag in flags.filter(|flag| *flag != "--help") {
            assert!(README.contains(flag), "README has no {flag} of {command}");
        }
    }
}

#[test]
fn readme_names_every_key_of_a_job_and_a_roster() {
    for line in TEMPLATES.iter().flat_map(|template| template.lines()) {
        let line = line.trim_start_matches('#');
        let key = match line.strip_prefix('[') {
            Some(table) => table.split(']').next().unwrap().trim_start_matches('['),
            None => line.split_once(" = ").map_or("", |(key, _)| key),
        };
        let is_key = !key.is_empty() && key.chars().all(|char| char.is_ascii_lowercase() || "_.".contains(char));
        // In the table of keys, or set in one of the examples.
        let forms = [format!("`{key}`"), format!("[{key}]"), format!("\n{key} = "), format!("\n#{key} = ")];
        assert!(!is_key || forms.iter().any(|form| README.contains(form)), "README has no key {key}");
    }
}

#[tokio::test]
async fn every_query_in_readme_runs_on_an_export() {
    let sandbox = Sandbox::start(&["--patients", "60", "--seed", "1", "--reject", "nursing"]);
    assert_eq!(sandbox.run(&[]).code(), 77);
    let month = ["--from", "2025-01-01", "--to", "2025-01-31", "--every", "month"];
    assert_eq!(call(["backfill", sandbox.job().to_str().unwrap()].into_iter().chain(month)).code(), 77);
    let others = README.replace(section(TEN_QUESTIONS), "");
    let queries: Vec<_> = others.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(queries.len() >= 6);
    for query in queries {
        let rows = sandbox.ask(query).await;
        // Nothing was refused; every other question has an answer.
        assert!(!rows.is_empty() || query.contains("refused_bodies"), "no answer to {query}");
    }
}

#[tokio::test]
async fn readme_says_what_every_table_and_view_is() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let names = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB '_sqlx*' AND name NOT GLOB '*_all'
                 AND name NOT GLOB 'sections_text_*'";
    for row in sandbox.ask(names).await {
        assert!(section("## What lies in the database").contains(&format!("`{}`", row[0])), "README has no {}", row[0]);
    }
}

const TEN_QUESTIONS: &str = "### Ten questions of a quality team";

/// One of README's questions.
pub struct Question {
    pub words: &'static str,
    pub sql: &'static str,
    pub answer: &'static str,
}

pub fn ten_questions() -> Vec<Question> {
    let mut parts = section(TEN_QUESTIONS).split("\n```sql\n").peekable();
    let mut questions = Vec::new();
    while let (Some(before), Some(after)) = (parts.next(), parts.peek()) {
        let words = before.trim_end().rsplit("\n\n").next().unwrap();
        let (sql, rest) = after.split_once("\n```\n```text\n").unwrap();
        questions.push(Question { words, sql, answer: rest.split_once("\n```").unwrap().0 });
    }
    questions
}

#[test]
fn ten_questions_are_short_and_have_these_answers_in_the_data_of_the_demo() {
    let questions = ten_questions();
    assert_eq!(questions.len(), 10);
    // As the demo starts it.
    let sandbox = Sandbox::start(&[]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    for Question { words, sql, answer } in questions {
        assert!(words.ends_with('?') && sql.lines().count() <= 10, "{words}");
        let answered = call(["sql".as_ref(), sandbox.job().as_os_str(), sql.as_ref()]);
        assert_eq!(answered.stdout.trim_end(), answer, "{words}\n{answered:#?}");
    }
}
