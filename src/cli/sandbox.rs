//! `ccda-export sandbox`: serves the vendor's contract on this machine until a signal ends it.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::sandbox::{FaultRule, Sandbox, SandboxOptions};

/// Serve invented patients on this machine, in the place of the vendor.
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    /// TCP port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Write roster.toml, patients.csv and job.toml into this folder before serving
    #[arg(long, value_name = "DIR")]
    pub roster_out: Option<PathBuf>,
    /// Serve the files below this folder, one a patient, byte for byte, instead of invented documents
    #[arg(long, value_name = "DIR", conflicts_with = "patients")]
    pub documents: Option<PathBuf>,
    /// Number of tenants [default: 3; with --documents 1]
    #[arg(long, value_name = "N")]
    pub tenants: Option<usize>,
    /// Number of accounts of all tenants together [default: 5; with --documents 1]
    #[arg(long, value_name = "N")]
    pub accounts: Option<usize>,
    /// Number of invented patients of all accounts together [default: 60]
    #[arg(long, value_name = "N")]
    pub patients: Option<usize>,
    /// Make the same patients and the same secrets each time; without it, secrets are random
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Seconds until a token expires
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub token_lifetime: u64,
    /// Revoke all tokens, once, after so many documents
    #[arg(long, value_name = "N")]
    pub revoke_after: Option<u64>,
    /// Give this account tokens that name another tenant; may be repeated
    #[arg(long, value_name = "ACCOUNT")]
    pub wrong_tenant: Vec<String>,
    /// Reject the logins of this account; may be repeated
    #[arg(long, value_name = "ACCOUNT")]
    pub reject: Vec<String>,
    /// Let something go wrong for every patient (token-…: every account), or for every N-th; may be repeated, the first that fits holds.
    /// KIND: token-500, token-html, token-429, document-500, document-503, page-503 (of the CDN), document-429, document-404, document-403,
    /// document-400, empty, html, json, truncated, malformed, redirect, slow (a byte each second), reset, hang,
    /// other-person and same-chart (somebody else's), shrunk, dtd, gzip-bomb
    #[arg(long, value_name = "KIND[:N]")]
    pub fault: Vec<FaultRule>,
    /// Milliseconds that every document is waited for
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub latency_ms: u64,
    /// Send documents as they are, even to a client that accepts gzip
    #[arg(long)]
    pub no_gzip: bool,
}

impl From<SandboxArgs> for SandboxOptions {
    fn from(args: SandboxArgs) -> Self {
        Self {
            port: args.port,
            documents: args.documents,
            tenants: args.tenants,
            accounts: args.accounts,
            patients: args.patients,
            seed: args.seed,
            token_lifetime: Duration::from_secs(args.token_lifetime),
            revoke_after: args.revoke_after,
            wrong_tenant: args.wrong_tenant,
            reject: args.reject,
            faults: args.fault,
            latency: Duration::from_millis(args.latency_ms),
            gzip: !args.no_gzip,
            ..Self::default()
        }
    }
}

/// Serves until SIGINT or SIGTERM. Prints one line, `ready http://127.0.0.1:PORT`, once the roster is written and requests are answered.
pub async fn run(args: SandboxArgs) -> io::Result<()> {
    // Caught before anybody is told that we are ready: who reads that line may signal at once.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let roster_out = args.roster_out.clone();
    let sandbox = Sandbox::start(args.into()).await?;
    if let Some(folder) = roster_out {
        sandbox.write_roster(&folder)?;
    }
    let mut out = io::stdout().lock();
    writeln!(out, "ready http://{}", sandbox.address())?;
    out.flush()?;
    drop(out);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    sandbox.stop().await;
    Ok(())
}
