//! Where a job's files are: flags win over the job file, and that over the environment, for every command that takes a job.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::harness::{Ended, Sandbox, ask_file, ccda_export, finish};

/// A sandbox whose job names neither roster nor database, in folders as a service has them.
struct Service {
    sandbox: Sandbox,
    configuration: PathBuf,
    state: PathBuf,
}

impl Service {
    fn new() -> Self {
        let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "3"]);
        sandbox.edit("job.toml", "database = \"export.sqlite\"\n", "");
        sandbox.edit("job.toml", "roster = \"roster.toml\"\n", "schedule = \"@daily\"\n");
        let (configuration, state) = (sandbox.path("etc"), sandbox.path("var"));
        fs::create_dir(&configuration).unwrap();
        for name in ["roster.toml", "patients.csv"] {
            fs::rename(sandbox.path(name), configuration.join(name)).unwrap();
        }
        fs::rename(sandbox.job(), configuration.join("night.toml")).unwrap();
        Self { sandbox, configuration, state }
    }

    fn command(&self) -> Command {
        let mut command = ccda_export();
        command.env("STATE_DIRECTORY", &self.state).env("CONFIGURATION_DIRECTORY", &self.configuration);
        // Somewhere where no file of the job is.
        command.current_dir("/").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn call(&self, args: &[&str]) -> Ended {
        finish(self.command().args(args).spawn().unwrap())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_service_needs_no_path_in_its_job_and_every_command_finds_the_same_database() {
    let service = Service::new();
    let ended = service.call(&["run", "night"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    // The job's own name is that of the database's file.
    let database = service.state.join("sandbox.sqlite");
    assert_eq!(ask_file(&database, "SELECT count(*) FROM latest_documents").await, [["3"]]);
    let copy = service.sandbox.path("copy.sqlite");
    let commands: [&[&str]; 9] = [
        &["check", "night"],
        &["status", "night"],
        &["why", "--job", "night", "1"],
        &["documents", "--job", "night"],
        &["retry", "night", "--all"],
        &["backup", "night", text(&copy)],
        &["verify", "night.toml"],
        &["forget", "night", "--patient", "1"],
        &["prune", "night", "--dry-run"],
    ];
    for command in commands {
        let ended = service.call(command);
        assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{command:?} {ended:#?}");
    }
    assert_eq!(ask_file(&copy, "SELECT count(*) FROM latest_documents").await, [["3"]]);
    assert_eq!(fs::read_dir(&service.state).unwrap().filter(|entry| text(&entry.as_ref().unwrap().path()).ends_with(".sqlite")).count(), 1);
}

#[tokio::test]
async fn without_systemd_the_users_own_folders_are_used_and_made() {
    let service = Service::new();
    let home = service.sandbox.path("home");
    fs::create_dir_all(home.join(".config")).unwrap();
    fs::rename(&service.configuration, home.join(".config/ccda-export")).unwrap();
    let mut command = service.command();
    command.env_remove("STATE_DIRECTORY").env("CONFIGURATION_DIRECTORY", "").env("HOME", &home).env("XDG_STATE_HOME", "not/absolute");
    let ended = finish(command.args(["run", "night"]).spawn().unwrap());
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let state = home.join(".local/state/ccda-export");
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o7777, 0o700);
    assert_eq!(ask_file(&state.join("sandbox.sqlite"), "SELECT count(*) FROM latest_documents").await, [["3"]]);
}

#[tokio::test]
async fn a_flag_wins_over_the_job_and_the_job_over_the_environment() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "3"]);
    let state = sandbox.path("var");
    let run = |args: &[&str]| {
        let mut command = ccda_export();
        command.env("STATE_DIRECTORY", &state).env("CONFIGURATION_DIRECTORY", "/nonexistent").current_dir(sandbox.dir.path());
        let child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        finish(child.unwrap())
    };
    assert_eq!(run(&["run", "job.toml"]).code(), 0);
    assert!(sandbox.path("export.sqlite").exists() && !state.exists());

    fs::create_dir(sandbox.path("other")).unwrap();
    fs::copy(sandbox.path("roster.toml"), sandbox.path("other/roster.toml")).unwrap();
    let one = fs::read_to_string(sandbox.path("patients.csv")).unwrap().lines().take(2).collect::<Vec<_>>().join("\n");
    fs::write(sandbox.path("other/patients.csv"), one).unwrap();
    let flags = ["--database", "other.sqlite", "--roster", "other/roster.toml"];
    let check = run(&[&["check", "job.toml"], &flags[..]].concat());
    assert!(check.code() == 0 && check.stdout.contains("1 patient") && check.stdout.contains("at other.sqlite"), "{check:#?}");
    assert_eq!(run(&[&["run", "job.toml"], &flags[..]].concat()).code(), 0);
    assert_eq!(ask_file(&sandbox.path("other.sqlite"), "SELECT count(*) FROM latest_documents").await, [["1"]]);
    assert_eq!(sandbox.count("SELECT count(*) FROM runs").await, 1);
}

#[test]
fn what_is_nowhere_is_told_with_every_place_that_was_looked_at() {
    let service = Service::new();
    let etc = text(&service.configuration);
    let told = |args: &[&str], change: &dyn Fn(&mut Command)| {
        let mut command = service.command();
        change(&mut command);
        let ended = finish(command.args(args).spawn().unwrap());
        assert_eq!(ended.code(), 78, "{ended:#?}");
        ended.stderr
    };
    let job = told(&["status", "knight"], &|_| ());
    assert_eq!(job, format!("error: knight: cannot be read: there is no such file here, nor {etc}/knight.toml\n"));
    let database = told(&["run", "night"], &|command| {
        command.env_remove("STATE_DIRECTORY");
    });
    assert!(database.contains("night.toml: database: is missing, and no folder is known for it: none of STATE_DIRECTORY"), "{database}");
    let roster = told(&["check", &format!("{etc}/night.toml"), "--roster", "gone.toml"], &|_| ());
    assert_eq!(roster, "error: gone.toml: cannot be read: No such file or directory (os error 2)\n");
    fs::remove_file(service.configuration.join("roster.toml")).unwrap();
    let roster = told(&["run", "night"], &|_| ());
    assert!(roster.contains(&format!("night.toml: roster: is missing, and so is {etc}/roster.toml; set the key")), "{roster}");
}

#[tokio::test]
async fn fault_63_a_credential_comes_from_the_folder_that_systemd_makes() {
    let service = Service::new();
    let roster = service.configuration.join("roster.toml");
    let toml = fs::read_to_string(&roster).unwrap();
    let line = toml.lines().find(|line| line.starts_with("client_secret = ")).unwrap();
    fs::write(&roster, toml.replace(line, "client_secret = { credential = \"client-secret\" }")).unwrap();
    let credentials = service.sandbox.path("credentials");
    fs::create_dir(&credentials).unwrap();
    let secret = credentials.join("client-secret");
    fs::write(&secret, line.split('"').nth(1).unwrap()).unwrap();
    // As systemd gives it to a service with a user of its own.
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o400)).unwrap();
    let run = || finish(service.command().env("CREDENTIALS_DIRECTORY", &credentials).args(["run", "night"]).spawn().unwrap());
    let ended = run();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    fs::remove_file(&secret).unwrap();
    let ended = run();
    assert!(ended.code() == 78 && ended.stderr.contains(&format!("cannot read {}", text(&secret))), "{ended:#?}");
}
