//! The roster and the job: patients in the order of their tenants and accounts, so that their row ids are their places.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use crate::arguments::Arguments;

pub const TENANTS: u64 = 5;

/// Above this many, accounts stand in a credentials file.
const MOST_INLINE: u64 = 1_000;

/// What lies in the folder now.
pub struct Written {
    pub job: String,
    pub database: PathBuf,
}

/// Writes them into the folder, which it makes; a database of an earlier call is removed.
pub fn write(arguments: &Arguments, server: SocketAddr) -> io::Result<Written> {
    let dir = &arguments.dir;
    fs::create_dir_all(dir)?;
    let database = dir.join("export.sqlite");
    for name in ["export.sqlite", "export.sqlite-wal", "export.sqlite-shm"] {
        match fs::remove_file(dir.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let job = dir.join("scale.toml");
    fs::write(&job, "name = \"scale\"\nroster = \"roster.toml\"\ndatabase = \"export.sqlite\"\ngrace = \"1s\"\n")?;
    let inline = arguments.accounts <= MOST_INLINE;
    let mut roster = "patients = \"patients.csv\"\n".to_owned();
    if !inline {
        roster += "credentials = \"credentials.csv\"\n";
    }
    for tenant in 0..TENANTS {
        roster += &format!(
            "\n[[tenants]]\ntenant = \"TENANT_{tenant}\"\nbase_url = \"http://{server}\"\nclient_id = \"client\"\nclient_secret = \"secret\"\n"
        );
        let accounts = (0..arguments.accounts).filter(|account| inline && tenant_of(*account, arguments) == tenant);
        for account in accounts {
            roster += &format!("[[tenants.accounts]]\naccount = \"{}\"\nusername = \"u{account}\"\npassword = \"p\"\n", name(account));
        }
    }
    fs::write(dir.join("roster.toml"), roster)?;
    if !inline {
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(dir.join("credentials.csv"))?;
        let mut credentials = BufWriter::new(file);
        writeln!(credentials, "tenant,account,username,password")?;
        for account in 0..arguments.accounts {
            writeln!(
                credentials,
                "TENANT_{},{},user{account}@example.com,password-{account}",
                tenant_of(account, arguments),
                name(account)
            )?;
        }
        credentials.flush()?;
    }
    let mut patients = BufWriter::new(File::create(dir.join("patients.csv"))?);
    writeln!(patients, "tenant,account,patient_token,mrn,birth_date")?;
    for patient in 0..arguments.patients {
        let account = patient * arguments.accounts / arguments.patients;
        let (tenant, year) = (tenant_of(account, arguments), 1930 + patient % 90);
        // As long as the vendor's.
        let token = format!("{:016x}{patient:016x}", patient.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        writeln!(patients, "TENANT_{tenant},{},{token},M{patient},{year}-05-17", name(account))?;
    }
    patients.flush()?;
    Ok(Written { job: job.display().to_string(), database })
}

fn tenant_of(account: u64, arguments: &Arguments) -> u64 {
    account * TENANTS / arguments.accounts
}

fn name(account: u64) -> String {
    format!("account-{account:07}")
}
