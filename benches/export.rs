//! The whole path as an operator runs it: the release binary against the sandbox or another server, into a database on a disk.
//!
//! `cargo bench --bench export` prints a line for each kind of night (medians of the rounds), and `--json FILE` writes every round, so that
//! `--against FILE` compares two commits. A server that is not the sandbox is given by `--server URL --tenant TENANT --patients FILE`.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

const BINARY: &str = env!("CARGO_BIN_EXE_ccda-export");

#[derive(Parser)]
#[command(about = "Documents a second, CPU, memory and bytes written of whole runs")]
struct Options {
    /// Patients, each with one document a night; of --patients the first so many
    #[arg(long, default_value_t = 2_000)]
    documents: usize,
    /// Requests in flight
    #[arg(long, default_value_t = 32)]
    concurrent: usize,
    /// Milliseconds that the sandbox waits before each document
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where the databases are made: the disk that matters [default: target/tmp]
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    folder: PathBuf,
    /// Base URL of another server on this machine than the sandbox
    #[arg(long, requires_all = ["tenant", "patients"])]
    server: Option<String>,
    /// Its tenant, whose account may have any credentials
    #[arg(long)]
    tenant: Option<String>,
    /// Its patient tokens, one a line
    #[arg(long)]
    patients: Option<PathBuf>,
    /// Writes all rounds as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Compares with what --json wrote before
    #[arg(long)]
    against: Option<PathBuf>,
    /// Given by Cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// What one run took.
#[derive(Clone, Serialize, Deserialize)]
struct Measured {
    night: String,
    round: usize,
    documents: u64,
    documents_per_s: f64,
    cpu_s_per_1000: f64,
    peak_mb: f64,
    written_mb: f64,
    database_mb: f64,
}

/// The figures of a line, by the names under which they are printed.
type Figure = fn(&Measured) -> f64;
const FIGURES: [(&str, Figure); 5] = [
    ("documents/s", |of| of.documents_per_s),
    ("CPU s/1,000", |of| of.cpu_s_per_1000),
    ("peak MB", |of| of.peak_mb),
    ("MB written", |of| of.written_mb),
    ("database MB", |of| of.database_mb),
];

fn main() -> io::Result<()> {
    let options = Options::parse();
    let folder = options.folder.join("bench-export");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let sandbox = options.server.is_none().then(|| start_sandbox(&options, &folder)).transpose()?;
    if sandbox.is_none() {
        write_roster(&options, &folder)?;
    }
    let mut measured = Vec::new();
    for round in 1..=options.rounds {
        for flatten in [false, true] {
            let job = write_job(&options, &folder, flatten)?;
            for night in ["first", "second"] {
                let kind = format!("{night} night, flattening {}", if flatten { "on" } else { "off" });
                let one = run(&job, kind, round)?;
                eprintln!("round {round}, {}: {:.0} documents/s", one.night, one.documents_per_s);
                measured.push(one);
            }
        }
    }
    if let Some(mut sandbox) = sandbox {
        sandbox.kill()?;
        sandbox.wait()?;
    }
    fs::remove_dir_all(&folder)?;
    let before: Option<Vec<Measured>> =
        options.against.map(|path| Ok::<_, io::Error>(serde_json::from_slice(&fs::read(path)?)?)).transpose()?;
    print(&measured, before.as_deref());
    options.json.map_or(Ok(()), |path| fs::write(path, serde_json::to_vec_pretty(&measured)?))
}

fn start_sandbox(options: &Options, folder: &Path) -> io::Result<Child> {
    let documents = options.documents.to_string();
    let mut sandbox = Command::new(BINARY)
        .args(["sandbox", "--tenants", "1", "--accounts", "1", "--seed", "3", "--patients", &documents])
        .args(["--latency-ms", &options.latency_ms.to_string(), "--roster-out"])
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut ready = String::new();
    BufReader::new(sandbox.stdout.take().expect("its output is piped")).read_line(&mut ready)?;
    assert!(ready.starts_with("ready "), "the sandbox did not start: {ready}");
    Ok(sandbox)
}

fn write_roster(options: &Options, folder: &Path) -> io::Result<()> {
    let (Some(server), Some(tenant), Some(patients)) = (&options.server, &options.tenant, &options.patients) else {
        unreachable!("clap requires them together")
    };
    let tokens = fs::read_to_string(patients)?;
    let lines = tokens.split_whitespace().take(options.documents).map(|token| format!("{token}\n"));
    fs::write(folder.join("patients.csv"), std::iter::once("patient_token\n".to_owned()).chain(lines).collect::<String>())?;
    let roster = format!(
        "patients = \"patients.csv\"\n[[tenants]]\ntenant = \"{tenant}\"\nbase_url = \"{server}\"\nclient_id = \"x\"\nclient_secret = \"x\"\n\
         [[tenants.accounts]]\naccount = \"bench\"\nusername = \"x\"\npassword = \"x\"\n"
    );
    fs::write(folder.join("roster.toml"), roster)
}

/// A job that no limit but the requests in flight holds back, with a new database.
fn write_job(options: &Options, folder: &Path, flatten: bool) -> io::Result<PathBuf> {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let _ = fs::remove_file(folder.join(format!("export.sqlite{suffix}")));
    }
    let limits = format!("per_second = 100000.0\nburst = 1000\nconcurrent = {}\n", options.concurrent);
    let job = format!(
        "roster = \"roster.toml\"\ndatabase = \"export.sqlite\"\nflatten = {flatten}\n[limits.documents]\n{limits}[limits.host]\n{limits}"
    );
    let path = folder.join("bench.toml");
    fs::write(&path, job)?;
    Ok(path)
}

/// One run, for everybody anew.
fn run(job: &Path, night: String, round: usize) -> io::Result<Measured> {
    let (began, cpu_before) = (Instant::now(), cpu_of_children());
    let mut child = Command::new(BINARY).args(["run", "--again", "--output", "json"]).arg(job).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().expect("its output is piped");
    let output = std::thread::spawn(move || io::read_to_string(output));
    let (mut peak_kb, mut written) = (0, 0);
    let status = loop {
        // Of a process that has ended the kernel tells neither: the last look is at most so long before.
        peak_kb = number(child.id(), "status", "VmHWM:").unwrap_or(peak_kb);
        written = number(child.id(), "io", "write_bytes:").unwrap_or(written);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        sleep(Duration::from_millis(5));
    };
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_of_children() - cpu_before);
    let output = output.join().expect("reading does not panic")?;
    let receipt: serde_json::Value = serde_json::from_str(&output).map_err(|_| io::Error::other(format!("{status}: {output}")))?;
    let documents = receipt["total"]["done"].as_u64().unwrap_or(0);
    assert!(documents > 0, "nothing was done: {output}");
    let database = fs::metadata(job.with_file_name("export.sqlite"))?.len();
    let per_document = |figure: f64| figure / documents as f64;
    Ok(Measured {
        night,
        round,
        documents,
        documents_per_s: 1.0 / per_document(seconds),
        cpu_s_per_1000: per_document(cpu) * 1e3,
        peak_mb: peak_kb as f64 / 1e3,
        written_mb: written as f64 / 1e6,
        database_mb: database as f64 / 1e6,
    })
}

/// Seconds of CPU of all children that have ended.
fn cpu_of_children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the call has no other error than a wrong argument");
    [usage.user_time(), usage.system_time()].iter().map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6).sum()
}

/// A number that Linux tells of a process, in the unit that stands there; none where it tells nothing.
fn number(process: u32, file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/{file}")).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

fn print(measured: &[Measured], before: Option<&[Measured]>) {
    let before = before.map(medians).unwrap_or_default();
    println!("{:<32}{}", "median", FIGURES.map(|(name, _)| format!("{name:>22}")).concat());
    for (night, figures) in medians(measured) {
        let cell = |at: usize| match before.get(night) {
            Some(before) => format!("{:>13.2} ({:>4.2} ×)", figures[at], figures[at] / before[at]),
            None => format!("{:>22.2}", figures[at]),
        };
        println!("{night:<32}{}", (0..FIGURES.len()).map(cell).collect::<String>());
    }
}

/// Of each kind of night the median of every figure.
fn medians(measured: &[Measured]) -> BTreeMap<&str, Vec<f64>> {
    let nights: BTreeMap<&str, Vec<&Measured>> = measured.iter().fold(BTreeMap::new(), |mut nights, one| {
        nights.entry(one.night.as_str()).or_insert_with(Vec::new).push(one);
        nights
    });
    let median = |of: &[&Measured], figure: Figure| {
        let mut figures: Vec<f64> = of.iter().map(|one| figure(one)).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    nights.into_iter().map(|(night, of)| (night, FIGURES.iter().map(|(_, figure)| median(&of, *figure)).collect())).collect()
}
