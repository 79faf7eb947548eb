//! The files that let an exporter loose on the sandbox: roster, patients and a job, as an operator would write them, with the secrets in them.

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::directory::{Account, Directory, Source, Tenant};

/// More accounts than these stand in a CSV file of their own.
const ACCOUNTS_IN_ROSTER: usize = 20;

const JOB: &str = r#"# A job: what to export, how fast, and into which database. Paths are relative to this file.
# Run it with: ccda-export run job.toml

name = "sandbox"
# Whom to ask, and about whom.
roster = "roster.toml"
# Made on the first run.
database = "export.sqlite"
# Sent to the server with every request, so that its operator knows whom to call.
contact = "sandbox@localhost"
# A run that takes longer leaves the rest for the next one.
deadline = "1h"

# These limits are those of a server on this very machine. A real one wants far less: leave them out, and low defaults hold.
[limits.documents]
per_second = 1000
burst = 1000
concurrent = 32

[limits.tokens]
per_second = 1000
burst = 1000
concurrent = 32

# For all tenants of one host together.
[limits.host]
per_second = 1000
burst = 1000
concurrent = 64

# What failed is tried again soon: nobody is annoyed.
[retry]
first_wait = "100ms"
longest_wait = "500ms"
"#;

/// Writes everything into `folder`. The job comes last: who finds it finds all that it names.
pub(super) fn write(directory: &Directory, address: SocketAddr, folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let separate = directory.accounts.len() > ACCOUNTS_IN_ROSTER;
    replace(folder, "patients.csv", |file| patients(directory, file))?;
    if separate {
        replace(folder, "credentials.csv", |file| credentials(directory, file))?;
    }
    replace(folder, "roster.toml", |file| file.write_all(roster(directory, address, separate).as_bytes()))?;
    replace(folder, "job.toml", |file| file.write_all(JOB.as_bytes()))
}

/// Writes a file beside its place, readable for the owner alone from the first byte on, and moves it there whole.
fn replace(folder: &Path, name: &str, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = fill(&mut file).and_then(|()| fs::rename(&temporary, folder.join(name)));
    if written.is_err() {
        // What remains of it is of no use; that it could not be removed would hide why it could not be written.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn roster(directory: &Directory, address: SocketAddr, separate: bool) -> String {
    let mut text = String::from(
        "# A roster: tenants, their accounts, and the patients of these. Paths are relative to this file.\n\
         # Secrets stand here in the open because the server is on this machine; for any other they must be references.\n\n\
         # Columns tenant, account, patient_token, and whatever else is to be carried into the database.\n\
         patients = \"patients.csv\"\n",
    );
    if separate {
        text.push_str("# Columns tenant, account, username, password: there are too many accounts to list them here.\n");
        text.push_str("credentials = \"credentials.csv\"\n");
    }
    for (at, tenant) in directory.tenants.iter().enumerate() {
        push_tenant(&mut text, tenant, address);
        let accounts = directory.accounts.iter().filter(|account| account.tenant == at && !separate);
        accounts.for_each(|account| push_account(&mut text, account));
    }
    text
}

fn push_tenant(text: &mut String, tenant: &Tenant, address: SocketAddr) {
    let practice = &tenant.population.practice().name;
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\n# {practice}\n[[tenants]]\ntenant = {}\nbase_url = {}\nclient_id = {}\nclient_secret = {}\ntime_zone = {}\n",
        quoted(&tenant.name),
        quoted(&format!("http://{address}")),
        quoted(&tenant.client_id),
        quoted(&tenant.client_secret),
        quoted(tenant.time_zone)
    );
}

fn push_account(text: &mut String, account: &Account) {
    let [name, username, password] = [&*account.name, &account.username, &account.password].map(quoted);
    let _ = write!(text, "\n[[tenants.accounts]]\naccount = {name}\nusername = {username}\npassword = {password}\n");
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn patients(directory: &Directory, file: &mut File) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    let own_column = if directory.documents.is_some() { "file" } else { "mrn" };
    csv.write_record(["tenant", "account", "patient_token", own_column])?;
    for patient in &directory.patients {
        let account = &directory.accounts[patient.account];
        let tenant = &directory.tenants[account.tenant];
        let own = match &patient.chart {
            Source::Synthetic(number) => tenant.population.mrn(*number),
            Source::File(path) => path.to_string_lossy().into_owned(),
        };
        csv.write_record([&*tenant.name, &*account.name, &*patient.token, &own])?;
    }
    csv.flush()
}

fn credentials(directory: &Directory, file: &mut File) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(["tenant", "account", "username", "password"])?;
    for account in &directory.accounts {
        csv.write_record([&*directory.tenants[account.tenant].name, &*account.name, &account.username, &account.password])?;
    }
    csv.flush()
}
