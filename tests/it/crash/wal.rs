//! Row 53: an analyst keeps a snapshot open while a run writes.

use sqlx::{Connection, Executor, Row, SqliteConnection};

use super::{assert_no_damage, database, other_program};
use crate::harness::Sandbox;

async fn count(reader: &mut SqliteConnection) -> i64 {
    reader.fetch_one("SELECT count(*) FROM documents").await.unwrap().get(0)
}

#[tokio::test]
async fn fault_53_a_reader_with_a_snapshot_blocks_nobody_and_the_wal_that_grows_is_said_and_trimmed() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "60"]);
    sandbox.edit("job.toml", "deadline = \"1h\"", "deadline = \"1h\"\nwal_notice = \"1 MiB\"");
    assert_eq!(sandbox.run(&[]).code(), 0);
    let wal = sandbox.path("export.sqlite-wal");

    let mut analyst = other_program(&database(&sandbox)).await;
    analyst.execute("BEGIN").await.unwrap();
    assert_eq!(count(&mut analyst).await, 60);
    let ended = sandbox.run(&["--again", "--log-format", "json", "--output", "json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["effort"]["documents"], 60);
    assert!(ended.stderr.contains("the WAL beside the database grows") && ended.stderr.contains("wal_bytes"), "{ended:#?}");
    let plain = sandbox.run(&["--again"]);
    assert_eq!(plain.code(), 0, "{plain:#?}");
    assert_eq!(plain.stderr.matches("warning: the WAL beside the database grew to").count(), 1, "{plain:#?}");
    assert_eq!(plain.stderr.lines().count(), 1, "{plain:#?}");
    // The analyst still sees what was there at the first question.
    assert_eq!(count(&mut analyst).await, 60);
    assert!(std::fs::metadata(&wal).unwrap().len() > 1 << 20);

    // The snapshot is over, but its owner stays: the next run trims what it left.
    analyst.execute("COMMIT").await.unwrap();
    assert_eq!(count(&mut analyst).await, 180);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let left = std::fs::metadata(&wal).map_or(0, |metadata| metadata.len());
    assert_eq!(left, 0, "{left} bytes of the WAL are left");
    analyst.close().await.unwrap();
    assert_no_damage(&database(&sandbox)).await;
}
