//! Rows 34, 35 and 75: the resident memory of the real process while bodies come that are larger than anybody should send.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    Fate::{Accepted, Dead},
    Table, chart, gzip,
};
use crate::{
    faults::{Answer, StandIn},
    harness::{Ended, ccda_export, finish},
};

const TOO_LARGE: super::Fate = Dead("too_large");

/// A run to its end, and the most memory that it held at once, in MiB: the kernel keeps the highest mark, so looking now and then is enough.
async fn run_measured(stand_in: &StandIn) -> (Ended, usize) {
    let mut command = ccda_export();
    command.arg("run").arg(stand_in.site.path("job.toml")).args(["--output", "json", "--log-format", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let over = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&over);
    let watch = std::thread::spawn(move || {
        let mut most = 0;
        while !is_over.load(Relaxed) {
            most = most.max(high_water_mark(&status));
            std::thread::sleep(Duration::from_millis(1));
        }
        most
    });
    let ended = tokio::task::spawn_blocking(move || finish(child)).await.unwrap();
    over.store(true, Relaxed);
    stand_in.check_books().await;
    (ended, watch.join().unwrap() / 1024)
}

/// In KiB; 0 where the process is no more.
fn high_water_mark(status: &str) -> usize {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    mark.and_then(|mark| mark.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// Serves the table one after the other; the memory that the run came to, in MiB.
async fn decide_measured(mut table: Table) -> usize {
    let stand_in = table.serve().await;
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 1");
    let (ended, most) = run_measured(&stand_in).await;
    table.check(&stand_in, &ended).await;
    assert!(most > 1, "nothing was measured");
    most
}

const GZIP: &str = "Content-Encoding: gzip\r\n";

fn unbounded(headers: &str, body: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 200 X\r\nConnection: close\r\n{headers}\r\n");
    Answer::Raw([head.as_bytes(), body].concat())
}

fn chunked(headers: &str, body: &[u8]) -> Answer {
    let framed = [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
    unbounded(&format!("Transfer-Encoding: chunked\r\n{headers}"), &framed)
}

#[tokio::test]
async fn fault_34_bombs_are_ended_at_the_limit_with_less_than_200_mib_resident() {
    let mut table = Table::new();
    let zeros = gzip(&vec![0; 200 * 1000 * 1000]);
    assert!(zeros.len() < 220_000, "{}", zeros.len());
    table.add_sent("200 MB of zeros", TOO_LARGE, GZIP, zeros.clone(), &[]);
    table.add_answer("the same in chunks", TOO_LARGE, chunked(GZIP, &zeros), &[]);
    let blanks = gzip(&vec![b' '; 64_000_000]);
    let gigabyte = blanks.repeat(16);
    table.add_sent("a gigabyte of blanks", TOO_LARGE, GZIP, gigabyte.clone(), &[]);
    let head = gzip(chart(table.next(), "").strip_suffix("</ClinicalDocument>").unwrap().as_bytes());
    table.add_sent("a gigabyte of blanks in a chart", TOO_LARGE, GZIP, [head, gigabyte].concat(), &[]);
    let most = decide_measured(table).await;
    assert!(most < 200, "{most} MiB");
}

#[tokio::test]
async fn fault_35_a_plain_body_of_100_mb_is_ended_at_the_limit() {
    let mut table = Table::new();
    let body = chart(table.next(), &" ".repeat(100_000_000)).into_bytes();
    table.add_sent("announced", TOO_LARGE, "", body.clone(), &[]);
    table.add_answer("in one chunk", TOO_LARGE, chunked("", &body), &[]);
    table.add_answer("until the connection ends", TOO_LARGE, unbounded("", &body), &[]);
    let most = decide_measured(table).await;
    assert!(most < 200, "{most} MiB");
}

#[tokio::test]
async fn fault_39_a_scan_of_60_mb_in_a_chart_is_accepted_in_memory_of_its_size() {
    let mut table = Table::new();
    let scan = format!(
        "<component><nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">{}</text></nonXMLBody></component>",
        "JVBERi0x".repeat(7_500_000)
    );
    table.add("an embedded scan of 60 MB", Accepted, |n| chart(n, &scan));
    let most = decide_measured(table).await;
    // The body, and its two copies within SQLite while it is written.
    assert!(most < 256, "{most} MiB");
}

#[tokio::test]
async fn fault_75_forty_large_bodies_at_once_stay_within_the_memory_for_bodies() {
    let mut table = Table::new();
    // An eighth of the row's sizes, for the sake of time and disk. As members of one gzip, so that the filling is compressed once; it says
    // nothing of its size before it is inflated, which is the harder case.
    let filling = " ".repeat(7_500_000);
    let compressed = gzip(filling.as_bytes());
    for _ in 0..40 {
        let whole = chart(table.next(), &filling);
        let (before, after) = whole.split_once(&filling).unwrap();
        let sent = [gzip(before.as_bytes()), compressed.clone(), gzip(after.as_bytes())].concat();
        table.add_sent("7.5 MB", Accepted, GZIP, sent, whole.as_bytes());
    }
    let stand_in = table.serve().await;
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 64");
    stand_in.site.edit("job.toml", "[retry]", "[sizes]\nbody = \"8 MiB\"\nmemory = \"32 MiB\"\n[retry]");
    let (ended, most) = run_measured(&stand_in).await;
    table.check(&stand_in, &ended).await;
    // Beside the bodies: the program itself with its statements, and two copies of a body within SQLite. Measured: 100 to 115.
    assert!(most < 32 + 2 * 8 + 72, "{most} MiB");
}
