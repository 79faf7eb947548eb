//! What the program does with other people's records and with secrets: every one of them is marked here, and looked for wherever anybody could find it.
//!
//! `marks` are what is looked for, `site` is an operator's folder full of them, `server` a server that answers with them, `search` looks: in outputs,
//! temporary files and the database. What goes wrong is a table: `logins` and `documents` for the server's faults, `mishaps` for everything else.
//! `process` is about the process as others on the machine see it, `modes` about the modes of files, `proxies` about where requests go.

mod documents;
mod logins;
mod marks;
mod mishaps;
mod modes;
pub mod process;
mod proxies;
mod search;
mod server;
mod site;

use std::fmt::Write;

use marks::Leaks;
use server::{Asked, Server};
use site::Site;

/// Something that a server does, and what a run ends with.
struct Scenario {
    name: &'static str,
    exit: i32,
    answer: fn(&Asked) -> Vec<u8>,
}

/// Runs each scenario and every command after it; none of them may tell anything.
async fn nothing_leaks(scenarios: &[Scenario]) {
    let mut report = String::new();
    for scenario in scenarios {
        let server = Server::start(scenario.answer).await;
        let site = Site::new(&server.url);
        let mut leaks = Leaks::default();
        let ended = site.run(&["--log-level", "trace"], &mut leaks).await;
        if ended.code() != scenario.exit {
            writeln!(report, "{}: ended with {}:\n{}", scenario.name, ended.code(), ended.stderr).unwrap();
        }
        after_a_run(&site, &mut leaks).await;
        server.search(&mut leaks);
        leaks.0.into_iter().for_each(|leak| writeln!(report, "{}: {leak}", scenario.name).unwrap());
    }
    assert!(report.is_empty(), "{report}");
}

/// Every other command, and every file that is there then.
async fn after_a_run(site: &Site, leaks: &mut Leaks) {
    site.run(&["--again", "--log-format", "json", "--log-level", "trace", "--output", "json"], leaks).await;
    for command in [
        &["check", "JOB"][..],
        &["check", "JOB", "--login", "--log-format", "json", "--log-level", "trace"],
        &["status", "JOB", "--log-level", "trace"],
        &["status", "JOB", "--output", "json"],
        &["why", "--job", "JOB", "1"],
        &["why", "--job", "JOB", "fetch:2"],
        &["retry", "JOB", "--all", "--log-level", "trace"],
        &["verify", "JOB", "--log-level", "trace"],
        &["documents", "--job", "JOB"],
        &["documents", "--job", "JOB", "--output", "json", "--log-level", "trace"],
        &["prune", "JOB", "--log-level", "trace"],
        &["backup", "JOB", "copy.sqlite", "--log-level", "trace"],
        &["forget", "JOB", "--patient", "1", "--log-level", "trace"],
        &["run", "JOB", "--dry-run", "--log-level", "trace"],
    ] {
        site.call(command, leaks).await;
    }
    search::database(site, leaks).await;
    search::files(site, leaks);
}
