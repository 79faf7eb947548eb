//! The job's health check: what it is told of a run, and what it never is; and that nothing about it changes a run.

use std::{
    os::unix::fs::PermissionsExt,
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, http::StatusCode, http::Uri, response::IntoResponse};
use ccda_export::store::Sharing;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::harness::{Ended, Sandbox, ccda_export, finish, session, until};

/// The secret part of an address: whoever has it can speak for the job.
const CAPABILITY: &str = "5f9a3c0e-capability";

/// What it answers.
#[derive(Clone, Copy)]
enum Conduct {
    Status(u16),
    Redirect,
    Hang,
}

/// A health check on loopback that keeps what it is told: path with query, and body.
#[derive(Clone)]
struct Receiver {
    origin: String,
    told: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Receiver {
    async fn start(conduct: Conduct) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { origin: format!("http://{}", listener.local_addr().unwrap()), told: Arc::default() };
        let kept = receiver.clone();
        let app = Router::new().fallback(move |uri: Uri, body: Bytes| {
            kept.told.lock().unwrap().push((uri.to_string(), serde_json::from_slice(&body).unwrap()));
            let elsewhere = format!("{}/elsewhere", kept.origin);
            async move {
                match conduct {
                    Conduct::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
                    Conduct::Redirect => (StatusCode::TEMPORARY_REDIRECT, [("Location", elsewhere)]).into_response(),
                    Conduct::Hang => std::future::pending().await,
                }
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    fn url(&self) -> String {
        format!("{}/{CAPABILITY}?create=1", self.origin)
    }

    fn told(&self) -> Vec<(String, Value)> {
        self.told.lock().unwrap().clone()
    }

    /// The words behind the address, in their order; nothing for success.
    fn words(&self) -> Vec<String> {
        let word = |path: &str| path.trim_start_matches(&format!("/{CAPABILITY}")).trim_end_matches("?create=1").to_owned();
        self.told().iter().map(|(path, _)| word(path)).collect()
    }
}

/// A sandbox whose job has this health check.
fn sandbox(health_check: &str, args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::start(&[&["--tenants", "2", "--accounts", "2", "--patients", "8"], args].concat());
    sandbox.edit("job.toml", "deadline = ", &format!("health_check = {health_check}\ndeadline = "));
    sandbox
}

fn quoted(url: &str) -> String {
    format!("{url:?}")
}

fn signal(process: &std::process::Child) {
    kill(Pid::from_raw(i32::try_from(process.id()).unwrap()), Signal::SIGTERM).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_told_of_the_beginning_and_the_end_with_counts_and_nobody_is_named() {
    let receiver = Receiver::start(Conduct::Status(200)).await;
    let sandbox = sandbox(&quoted(&receiver.url()), &[]);
    let summary = sandbox.run(&["--output", "json"]).json();
    assert_eq!(receiver.words(), ["/start", ""]);
    let told = receiver.told();
    assert_eq!(told[0].1, json!({"job": "sandbox", "run": 1, "kind": "nightly"}));
    assert_eq!(told[1].1, json!({"job": "sandbox", "run": 1, "kind": "nightly", "exit_code": 0, "total": summary["total"]}));
    assert_eq!(told[1].1["total"]["done"], 8);
    // Neither is anything else of this job told: a check and a rehearsal are no runs.
    for command in [vec!["check"], vec!["check", "--login"], vec!["run", "--dry-run"], vec!["status"]] {
        let ended = finish(ccda_export().args(&command).arg(sandbox.job()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
    assert_eq!(receiver.words().len(), 2);
    for line in sandbox.patients() {
        let fields: Vec<_> = line.split(',').collect();
        assert!(told.iter().all(|(_, body)| fields.iter().all(|field| !body.to_string().contains(field))), "{told:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_other_end_is_told_by_its_exit_code() {
    let receiver = Receiver::start(Conduct::Status(200)).await;
    let sandbox = sandbox(&quoted(&receiver.url()), &["--latency-ms", "300"]);
    // A signal, in the middle of the run; documents beyond the first few are left.
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 1");
    let run = sandbox.start_run(&[]);
    until(async || receiver.words() == ["/start"]).await;
    signal(&run);
    assert_eq!(finish(run).code(), 75);
    assert_eq!(receiver.told()[1].1["exit_code"], 75);
    assert!(receiver.told()[1].1["total"]["not_tried"].as_u64().unwrap() > 0);

    // Another run holds the database: nothing began, and there is no run to name.
    let held = session(&sandbox.path("export.sqlite"), Sharing::default()).await;
    assert_eq!(sandbox.run(&[]).code(), 80);
    held.close().await.unwrap();
    assert_eq!(receiver.told()[2].1, json!({"job": "sandbox", "kind": "nightly", "exit_code": 80}));

    // Refused once it had begun.
    let half: Vec<String> = std::fs::read_to_string(sandbox.path("patients.csv")).unwrap().lines().take(4).map(str::to_owned).collect();
    std::fs::write(sandbox.path("patients.csv"), half.join("\n")).unwrap();
    assert_eq!(sandbox.run(&[]).code(), 65);
    assert_eq!(receiver.words(), ["/start", "/75", "/80", "/start", "/65"]);
    assert_eq!(receiver.told()[4].1, json!({"job": "sandbox", "run": 2, "kind": "nightly", "exit_code": 65}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_may_be_a_secret_and_a_program_that_prints_one_is_not_given_another() {
    let receiver = Receiver::start(Conduct::Status(200)).await;
    let run = |sandbox: &Sandbox| {
        let mut command = ccda_export();
        command.env("HEALTH_CHECK", receiver.url()).env("CLIENT_SECRET", "x").env("CREDENTIALS_DIRECTORY", sandbox.dir.path());
        let child = command.arg("run").arg(sandbox.job()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        finish(child.unwrap())
    };
    for reference in ["{ env = \"HEALTH_CHECK\" }", "{ file = \"address\" }", "{ credential = \"address\" }"] {
        let sandbox = sandbox(reference, &[]);
        std::fs::write(sandbox.path("address"), receiver.url() + "\n").unwrap();
        std::fs::set_permissions(sandbox.path("address"), std::fs::Permissions::from_mode(0o400)).unwrap();
        let before = receiver.words().len();
        let ended = run(&sandbox);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert_eq!(receiver.words()[before..], ["/start", ""], "{reference}");
    }
    // The job's variable from the roster's program, and the roster's from the job's.
    let sees = |variable: &str| format!("{{ command = [\"sh\", \"-c\", \"test -z \\\"${variable}\\\" && echo http://127.0.0.1:1/\"] }}");
    let of_roster = sandbox("{ env = \"HEALTH_CHECK\" }", &[]);
    let roster = std::fs::read_to_string(of_roster.path("roster.toml")).unwrap();
    let password = roster.lines().find(|line| line.starts_with("password = ")).unwrap();
    of_roster.edit("roster.toml", password, &format!("password = {}", sees("HEALTH_CHECK")));
    assert_eq!(run(&of_roster).code(), 77, "the program saw the job's variable, or did not run");
    let of_job = sandbox(&sees("CLIENT_SECRET"), &[]);
    let roster = std::fs::read_to_string(of_job.path("roster.toml")).unwrap();
    let secret = roster.lines().find(|line| line.starts_with("client_secret = ")).unwrap();
    of_job.edit("roster.toml", secret, "client_secret = { env = \"CLIENT_SECRET\" }");
    assert_eq!(run(&of_job).code(), 77, "the program saw the roster's variable, or did not run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_proxy_of_the_job_is_used_and_that_of_the_environment_is_not() {
    let (receiver, proxy) = (Receiver::start(Conduct::Status(200)).await, Receiver::start(Conduct::Status(200)).await);
    let sandbox = sandbox(&quoted(&receiver.url()), &[]);
    let run = |sandbox: &Sandbox| {
        let mut command = ccda_export();
        command.arg("run").arg(sandbox.job()).env("http_proxy", &proxy.origin).env("all_proxy", &proxy.origin);
        finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    assert_eq!(run(&sandbox).code(), 0);
    assert_eq!((receiver.words().len(), proxy.told().len()), (2, 0));
    // Held, so that the ping is all that is sent.
    sandbox.edit("job.toml", "deadline = ", &format!("proxy = {:?}\ndeadline = ", proxy.origin));
    let held = session(&sandbox.path("export.sqlite"), Sharing::default()).await;
    assert_eq!(run(&sandbox).code(), 80);
    held.close().await.unwrap();
    let through: Vec<_> = proxy.told().into_iter().map(|(url, _)| url).collect();
    assert_eq!((receiver.words().len(), through), (2, vec![receiver.url().replace("?", "/80?")]));
}

/// The run came to its end as if nobody were told, the reader of its log learns why nobody was, and nothing of the address but its host.
async fn assert_unaffected(sandbox: &Sandbox, ended: &Ended, why: &str) {
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 8);
    assert_eq!(sandbox.ask("SELECT exit_code FROM runs").await, [["0"]]);
    assert!(ended.stderr.contains("the health check at 127.0.0.1 was not told: ") && ended.stderr.contains(why), "{ended:#?}");
    assert!(!ended.stderr.contains(CAPABILITY) && !ended.stderr.contains("create=1"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_70_a_health_check_that_is_down_refuses_redirects_or_hangs_changes_nothing() {
    let cases = [
        (Some(Conduct::Status(500)), "it answered 500"),
        (Some(Conduct::Status(404)), "it answered 404"),
        (Some(Conduct::Redirect), "it answered 307"),
        (Some(Conduct::Hang), "no answer within 300ms"),
        (None, "no connection"),
    ];
    for (conduct, why) in cases {
        let receiver = match conduct {
            Some(conduct) => Some(Receiver::start(conduct).await),
            None => None,
        };
        // Nothing listens on the port that tcpmux had.
        let url = receiver.as_ref().map_or_else(|| format!("http://127.0.0.1:1/{CAPABILITY}?create=1"), Receiver::url);
        let sandbox = sandbox(&format!("{}\nhealth_check_timeout = \"300ms\"", quoted(&url)), &[]);
        for format in
            [&["--output", "json", "--log-level", "trace"][..], &["--output", "json", "--quiet", "--log-format", "json", "--again"]]
        {
            let _ = std::fs::remove_file(sandbox.path("export.sqlite"));
            let ended = sandbox.run(format);
            assert_unaffected(&sandbox, &ended, why).await;
        }
        // Both ends of both runs were asked for, once each, and no redirect was followed.
        if let Some(receiver) = receiver {
            assert_eq!(receiver.words(), ["/start", "", "/start", ""]);
        }
    }
}

#[tokio::test]
async fn fault_70_a_reader_of_stdout_or_stderr_that_has_gone_changes_nothing() {
    let speaks = ["--log-level", "trace"];
    for (gone, args) in
        [("stdout", &[][..]), ("stdout", &["--output", "json"]), ("stderr", &speaks), ("both", &speaks), ("closed", &speaks)]
    {
        for format in ["text", "json"] {
            let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20"]);
            // The run prints a warning too, before anything else.
            sandbox.edit("job.toml", "deadline = ", "bad_lines = \"skip\"\ndeadline = ");
            sandbox.edit("patients.csv", "patient_token,mrn\n", "patient_token,mrn\nTENANT_AA\n");
            let code = if gone == "closed" {
                let mut shell = std::process::Command::new("sh");
                shell.env_clear().args(["-c", "exec \"$0\" \"$@\" >&- 2>&-", env!("CARGO_BIN_EXE_ccda-export"), "run"]);
                shell.arg(sandbox.job()).args(args).args(["--log-format", format]).status().unwrap().code()
            } else {
                let mut run = sandbox.start_run(&[args, &["--log-format", format]].concat());
                if gone != "stderr" {
                    drop(run.stdout.take());
                }
                if gone != "stdout" {
                    drop(run.stderr.take());
                }
                run.wait().unwrap().code()
            };
            assert_eq!(code, Some(0), "{gone} {args:?} {format}");
            assert_eq!(sandbox.ask("SELECT exit_code, (SELECT count(*) FROM latest_documents) FROM runs").await, [["0", "20"]]);
        }
    }
}
