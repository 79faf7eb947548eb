//! The database as a file: its modes, its schema as a data dictionary, and what it refuses to touch.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use crate::harness::Sandbox;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    sandbox.edit("job.toml", "\"export.sqlite\"", "\"data/export.sqlite\"");
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(mode(&sandbox.path("data")), 0o700);
    for entry in fs::read_dir(sandbox.path("data")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn readers_are_a_group_that_may_read() {
    let group = nix::unistd::Group::from_gid(nix::unistd::getgid()).unwrap().unwrap().name;
    let sandbox = Sandbox::start(&["--patients", "3"]);
    sandbox.edit("job.toml", "\"export.sqlite\"", &format!("\"data/export.sqlite\"\nreaders = {group:?}"));
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(mode(&sandbox.path("data")), 0o2750);
    for entry in fs::read_dir(sandbox.path("data")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o640, "{}", path.display());
    }
}

#[tokio::test]
async fn the_schema_explains_itself() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let schema = sandbox
        // The full-text index is made of what SQLite puts there by itself.
        .ask(
            "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'
              AND name NOT LIKE 'sections_text%'",
        )
        .await;
    for row in &schema {
        assert!(row[1].contains("--"), "{} explains nothing:\n{}", row[0], row[1]);
    }
    let header = fs::read(sandbox.path("export.sqlite")).unwrap();
    assert_eq!(&header[68..72], b"CCDA");
    let strict = "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'";
    assert_eq!(sandbox.count(strict).await, 0);
    assert_eq!(sandbox.ask("PRAGMA journal_mode").await, [["wal"]]);
    assert!(sandbox.count("PRAGMA user_version").await >= 1);
}

#[tokio::test]
async fn neither_secret_nor_token_is_ever_in_the_database() {
    let sandbox = Sandbox::start(&["--patients", "6"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let roster = fs::read_to_string(sandbox.path("roster.toml")).unwrap();
    let secrets: Vec<_> = roster
        .lines()
        .filter_map(|line| ["client_secret = \"", "password = \"", "username = \""].iter().find_map(|key| line.trim().strip_prefix(key)))
        .map(|rest| rest.trim_end_matches('"').to_owned())
        .collect();
    assert!(secrets.len() >= 3, "{roster}");
    for entry in fs::read_dir(sandbox.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_str().unwrap().starts_with("export.sqlite") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for secret in &secrets {
            assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "a secret is in {}", path.display());
        }
    }
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_left_as_it_is() {
    let other = {
        let mut header = vec![0u8; 4096];
        header[..16].copy_from_slice(b"SQLite format 3\0");
        header[68..72].copy_from_slice(b"ELSE");
        header
    };
    for (bytes, words) in [(b"just a text, and not a short one ".repeat(10), "no SQLite database"), (other, "another application")] {
        let sandbox = Sandbox::start(&["--patients", "3"]);
        let database = sandbox.path("export.sqlite");
        fs::write(&database, &bytes).unwrap();
        fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
        let ended = sandbox.run(&[]);
        assert_eq!(ended.code(), 74, "{ended:#?}");
        assert!(ended.stderr.contains(words), "{ended:#?}");
        assert_eq!(fs::read(&database).unwrap(), bytes);
        assert_eq!(mode(&database), 0o644);
        assert_eq!(sandbox.requests_with("token", 200).await, 0);
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let database = sandbox.path("export.sqlite");
    let mut bytes = fs::read(&database).unwrap();
    bytes[60..64].copy_from_slice(&9_999u32.to_be_bytes());
    fs::write(&database, bytes).unwrap();
    let ended = sandbox.run(&["--again"]);
    assert_eq!(ended.code(), 78, "{ended:#?}");
    assert!(ended.stderr.contains("newer version"), "{ended:#?}");
}
