//! `unpack`: every document as a file of its own bytes, none in place of another, whatever interrupts it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{
        fs::{MetadataExt, symlink},
        process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    process::Stdio,
};

use ccda_export::{
    export::{self, Destination, HandOut, Stop, Unpacked},
    store::{bodies, documents::Wanted, open_for_reading, runs::Narrowing},
};
use nix::sys::signal::Signal;

use super::{act, change};
use crate::harness::{Ended, Sandbox, call, ccda_export, finish};

fn unpack(sandbox: &Sandbox, dir: &Path, args: &[&str]) -> Ended {
    let job = sandbox.job();
    let args = args.iter().map(|arg| arg.as_ref());
    call(["unpack".as_ref(), dir.as_os_str(), "--job".as_ref(), job.as_os_str()].into_iter().chain(args))
}

/// Every file below a folder, by its path from there.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

/// As SQLite's `hex()` writes it.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The manifest, a map for each line.
fn manifest(dir: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(dir.join("documents.csv")).unwrap().deserialize().map(Result::unwrap).collect()
}

/// That the folder holds exactly the files of these documents, with their bytes, and that the manifest says so.
async fn assert_holds(sandbox: &Sandbox, dir: &Path, condition: &str) -> usize {
    let expected = sandbox
        .ask(&format!(
            "SELECT t.tenant || '/patient-' || d.patient_id || '-document-' || d.id || '.xml', t.tenant, a.account, d.patient_id, d.id, d.status,
                    strftime('%Y-%m-%dT%H:%M:%fZ', d.fetched_at / 1000.0, 'unixepoch'), d.window_start, d.window_end, b.length, lower(hex(b.sha256)), b.id
             FROM documents d JOIN bodies b ON b.id = d.body_id JOIN patients p ON p.id = d.patient_id JOIN tenants t ON t.id = p.tenant_id
             JOIN accounts a ON a.id = p.account_id WHERE {condition} ORDER BY d.patient_id, d.id"
        ))
        .await;
    let columns =
        ["file", "tenant", "account", "patient_id", "document_id", "status", "fetched_at", "window_start", "window_end", "bytes", "sha256"];
    let lines: Vec<BTreeMap<_, _>> =
        expected.iter().map(|row| columns.iter().map(|column| (*column).to_owned()).zip(row[..11].iter().cloned()).collect()).collect();
    assert_eq!(manifest(dir), lines);
    let mut found = files(dir);
    found.remove("documents.csv").unwrap();
    let found: Vec<_> = found.into_iter().map(|(name, bytes)| (name, hex(&bytes))).collect();
    let mut wanted = Vec::new();
    let readers = open_for_reading(&sandbox.path("export.sqlite")).await.unwrap();
    for row in expected {
        let bytes = bodies::read(&mut readers.acquire().await.unwrap(), row[11].parse().unwrap()).await.unwrap();
        wanted.push((row[0].clone(), hex(&bytes)));
    }
    readers.close().await;
    wanted.sort();
    assert_eq!(found.len(), wanted.len());
    assert!(found == wanted, "names or bytes are other ones");
    found.len()
}

fn exported(args: &[&str]) -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::start(args);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let dir = sandbox.path("files");
    (sandbox, dir)
}

#[tokio::test]
async fn everything_that_is_filed_is_handed_out_once_and_a_second_call_finds_it_there() {
    let (sandbox, dir) = exported(&["--patients", "12"]);
    let job = sandbox.job();
    let backfill = ["--from", "2025-01-01", "--to", "2025-02-28", "--every", "month"];
    assert_eq!(call(["backfill", job.to_str().unwrap()].into_iter().chain(backfill)).code(), 0);
    let first = unpack(&sandbox, &dir, &[]);
    assert_eq!((first.code(), first.stderr.as_str()), (0, ""), "{first:#?}");
    assert!(first.stdout.starts_with("36 documents ("), "{}", first.stdout);
    assert_eq!(assert_holds(&sandbox, &dir, "true").await, 36);
    for (path, mode) in [(dir.clone(), 0o700), (dir.join("TENANT_AA"), 0o700), (dir.join("documents.csv"), 0o600)] {
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode, "{}", path.display());
    }
    assert!(files(&dir).keys().all(|name| fs::metadata(dir.join(name)).unwrap().mode() & 0o7777 == 0o600));

    let before = files(&dir);
    let second = unpack(&sandbox, &dir, &[]);
    assert_eq!((second.code(), second.stdout.contains("0 documents (0 B)")), (0, true), "{second:#?}");
    assert!(second.stdout.contains("36 were there already"), "{}", second.stdout);
    assert!(files(&dir) == before, "a second call changed something");

    let operations = sandbox.ask("SELECT what, target FROM operations").await;
    assert_eq!(operations, vec![vec!["unpack".to_owned(), format!("documents into {}", dir.display())]; 2]);
}

#[tokio::test]
async fn latest_is_each_patients_newest_whole_chart_and_a_later_call_adds_the_next_night() {
    let (sandbox, dir) = exported(&["--patients", "5"]);
    let latest = "d.id IN (SELECT document_id FROM latest_documents)";
    assert_eq!(unpack(&sandbox, &dir, &["--latest"]).code(), 0);
    assert_eq!(assert_holds(&sandbox, &dir, latest).await, 5);
    assert_eq!(sandbox.run(&["--again"]).code(), 0);
    assert_eq!(unpack(&sandbox, &dir, &["--latest"]).code(), 0);
    assert_eq!(assert_holds(&sandbox, &dir, "true").await, 10);
    let other = sandbox.path("other");
    assert_eq!(unpack(&sandbox, &other, &["--latest", "--quiet"]).stdout, "");
    assert_eq!(assert_holds(&sandbox, &other, latest).await, 5);
}

#[tokio::test]
async fn it_is_narrowed_as_a_run_is_and_tells_no_patient_token() {
    let (sandbox, dir) = exported(&["--patients", "12"]);
    let token = sandbox.patients()[2].split(',').nth(2).unwrap().to_owned();
    let list = sandbox.path("list.txt");
    fs::write(&list, format!("{token}\n")).unwrap();
    let account = &sandbox.ask("SELECT account FROM accounts ORDER BY id LIMIT 1").await[0][0];
    let by_list = format!("p.patient_token = '{token}'");
    let by_account = format!("a.account = '{account}'");
    for (name, args, condition) in [
        ("tenant", vec!["--tenant", "TENANT_AB"], "t.tenant = 'TENANT_AB'"),
        ("account", vec!["--account", account], by_account.as_str()),
        ("patients", vec!["--patient", "1", "--patient", "7"], "p.id IN (1, 7)"),
        ("list", vec!["--patients", list.to_str().unwrap()], by_list.as_str()),
        ("both", vec!["--tenant", "TENANT_AB", "--patient", "1"], "t.tenant = 'TENANT_AB' AND p.id = 1"),
    ] {
        let dir = dir.join(name);
        let ended = unpack(&sandbox, &dir, &args);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        let held = assert_holds(&sandbox, &dir, condition).await;
        assert!(held > 0 || ended.stdout == "no document fits\n", "{name}: {ended:#?}");
        assert!(!format!("{ended:?}{:?}", files(&dir).keys()).contains(&token), "{name} tells a token");
        assert!(!fs::read_to_string(dir.join("documents.csv")).unwrap().contains(&token), "{name} tells a token");
    }
    assert!(!sandbox.ask("SELECT target FROM operations").await.concat().concat().contains(&token));

    let nowhere = sandbox.path("nowhere");
    fs::write(&list, format!("{token}\nno-such-token\n")).unwrap();
    for args in [
        vec!["--tenant", "TENANT_ZZ"],
        vec!["--account", "nobody"],
        vec!["--patient", "99"],
        vec!["--patients", list.to_str().unwrap()],
        vec!["--status", "discarded"],
        vec!["--status", "quarantined", "--latest"],
    ] {
        let ended = unpack(&sandbox, &nowhere, &args);
        assert_eq!(ended.code(), 64, "{args:?}: {ended:#?}");
        assert!(!ended.stderr.contains("no-such-token") && !nowhere.exists(), "{args:?}: {ended:#?}");
    }
}

#[tokio::test]
async fn what_is_kept_apart_is_handed_out_only_when_it_is_asked_for() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "6", "--fault", "other-person:3"]);
    assert_eq!(sandbox.run(&[]).code(), 1);
    let dir = sandbox.path("files");
    assert_eq!(unpack(&sandbox, &dir, &[]).code(), 0);
    let filed = assert_holds(&sandbox, &dir, "d.status <> 'quarantined'").await;
    let apart = sandbox.path("apart");
    assert_eq!(unpack(&sandbox, &apart, &["--status", "quarantined"]).code(), 0);
    let quarantined = assert_holds(&sandbox, &apart, "d.status = 'quarantined'").await;
    assert!(filed > 0 && quarantined > 0, "{filed} and {quarantined}");
}

#[tokio::test]
async fn a_file_with_other_bytes_ends_it_and_is_left_as_it_is() {
    let (sandbox, dir) = exported(&["--tenants", "1", "--accounts", "1", "--patients", "3"]);
    let theirs = dir.join("TENANT_AA/patient-2-document-2.xml");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    let patient = sandbox.ask("SELECT patient_id FROM documents WHERE id = 2").await[0][0].clone();
    let theirs = theirs.with_file_name(format!("patient-{patient}-document-2.xml"));
    fs::write(&theirs, "theirs").unwrap();
    let ended = unpack(&sandbox, &dir, &[]);
    assert_eq!(ended.code(), 73, "{ended:#?}");
    assert!(ended.stderr.contains(theirs.to_str().unwrap()) && ended.stderr.contains("other bytes"), "{}", ended.stderr);
    let left = files(&dir);
    assert_eq!(left[theirs.strip_prefix(&dir).unwrap().to_str().unwrap()], b"theirs");
    assert!(!left.contains_key("documents.csv") && left.keys().all(|name| !name.contains(".part")), "{:?}", left.keys());

    fs::remove_file(&theirs).unwrap();
    assert_eq!(unpack(&sandbox, &dir, &[]).code(), 0);
    assert_eq!(assert_holds(&sandbox, &dir, "true").await, 3);

    fs::write(dir.join("documents.csv"), "mine\n").unwrap();
    let ended = unpack(&sandbox, &dir, &[]);
    assert_eq!((ended.code(), fs::read_to_string(dir.join("documents.csv")).unwrap().as_str()), (73, "mine\n"), "{ended:#?}");
}

#[tokio::test]
async fn no_link_is_followed_wherever_it_is_put() {
    let (sandbox, dir) = exported(&["--tenants", "1", "--accounts", "1", "--patients", "2"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    fs::write(&target, "").unwrap();
    let patient = sandbox.ask("SELECT patient_id FROM documents WHERE id = 1").await[0][0].clone();
    for (link, to) in [
        ("TENANT_AA".to_owned(), elsewhere.path()),
        (format!("TENANT_AA/patient-{patient}-document-1.xml"), target.as_path()),
        (format!("TENANT_AA/patient-{patient}-document-1.xml"), Path::new("nowhere")),
        ("documents.csv".to_owned(), target.as_path()),
    ] {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join(&link).parent().unwrap()).unwrap();
        symlink(to, dir.join(&link)).unwrap();
        let ended = unpack(&sandbox, &dir, &[]);
        assert_eq!(ended.code(), 73, "{link}: {ended:#?}");
        assert!(ended.stderr.contains(&link), "{link}: {}", ended.stderr);
        assert_eq!(files(elsewhere.path()), BTreeMap::from([("target".to_owned(), Vec::new())]), "{link} was followed");
    }
}

#[tokio::test]
async fn tenants_whose_names_no_folder_can_have_get_folders_of_their_own() {
    let (sandbox, dir) = exported(&["--patients", "6"]);
    change(
        &sandbox,
        &[
            "UPDATE tenants SET tenant = 'a/../b: Müller' WHERE tenant = 'TENANT_AA'",
            "UPDATE tenants SET tenant = 'NUL' WHERE tenant = 'TENANT_AB'",
            "UPDATE tenants SET tenant = '%4eul' WHERE tenant = 'TENANT_AC'",
        ],
    )
    .await;
    assert_eq!(unpack(&sandbox, &dir, &[]).code(), 0);
    let mut folders: Vec<_> = files(&dir).into_keys().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
    folders.dedup();
    assert_eq!(folders, ["%254eul", "%4EUL", "a%2F..%2Fb%3A%20M%C3%BCller"]);
    let manifest = manifest(&dir);
    assert_eq!(manifest.len(), 6);
    assert!(manifest.iter().any(|line| line["tenant"] == "a/../b: Müller" && line["file"].starts_with("a%2F..")), "{manifest:?}");
}

#[tokio::test]
async fn what_retention_let_go_is_told_and_what_was_handed_out_before_stays_in_the_manifest() {
    let (sandbox, dir) = exported(&["--tenants", "1", "--accounts", "1", "--patients", "3"]);
    assert_eq!(unpack(&sandbox, &dir, &["--patient", "1"]).code(), 0);
    assert_eq!(sandbox.run(&["--again"]).code(), 0);
    sandbox.edit("job.toml", "[limits.documents]", "keep_versions = 1\n[limits.documents]");
    assert_eq!(act(&sandbox, "prune", &[]).code(), 0);
    let ended = unpack(&sandbox, &dir, &[]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(
        ended.stdout.starts_with("3 documents (") && ended.stdout.ends_with("; 3 documents are without bytes, which retention let go\n"),
        "{ended:#?}"
    );
    assert_eq!(manifest(&dir).iter().filter(|line| line["patient_id"] == "1").count(), 2);
    assert_eq!(manifest(&dir).len(), 4);
}

#[tokio::test]
async fn killed_at_any_step_it_leaves_whole_files_and_goes_on() {
    let (sandbox, dir) = exported(&["--tenants", "1", "--accounts", "1", "--patients", "6"]);
    for (step, whole) in [("half_a_file:3", 2), ("linked:2", 4), ("manifest_written", 6)] {
        let mut command = ccda_export();
        command.args(["unpack".as_ref(), dir.as_os_str(), "--job".as_ref(), sandbox.job().as_os_str()]).env("CCDA_EXPORT_DIE_AT", step);
        let ended = finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        assert_eq!(ended.status.signal(), Some(Signal::SIGKILL as i32), "{step}: {ended:#?}");
        let known = sandbox.ask("SELECT hex(b.bytes) FROM documents d JOIN bodies b ON b.id = d.body_id").await.concat();
        let found = files(&dir);
        let charts: Vec<_> = found.iter().filter(|(name, _)| name.ends_with(".xml")).collect();
        assert_eq!(charts.len(), whole, "{step}: {:?}", found.keys());
        assert!(charts.iter().all(|(_, bytes)| known.contains(&hex(bytes))), "{step} left a file that is not whole");
        assert!(found.keys().any(|name| name.ends_with(".part")), "{step} left nothing unfinished: this test shows nothing");
        assert!(!found.contains_key("documents.csv"), "{step}");
    }
    let ended = unpack(&sandbox, &dir, &[]);
    assert!(ended.code() == 0 && ended.stdout.contains("6 were there already"), "{ended:#?}");
    assert_eq!(assert_holds(&sandbox, &dir, "true").await, 6);
}

#[tokio::test]
async fn asked_to_stop_it_writes_nothing_more_and_keeps_the_manifest() {
    let (sandbox, dir) = exported(&["--tenants", "1", "--accounts", "1", "--patients", "4"]);
    assert_eq!(unpack(&sandbox, &dir, &["--patient", "2"]).code(), 0);
    let before = files(&dir);
    let database = sandbox.path("export.sqlite");
    let readers = open_for_reading(&database).await.unwrap();
    let to = Destination::open(&dir).unwrap();
    let busy = unpack(&sandbox, &dir, &[]);
    assert!(busy.code() == 73 && busy.stderr.contains("another `unpack` writes into this folder"), "{busy:#?}");
    let stop = Stop::default();
    stop.finish();
    let everything = HandOut { whose: Narrowing::default(), wanted: Wanted::Filed };
    let unpacked = export::unpack(&readers, &database, &everything, &to, &stop).await.unwrap();
    assert_eq!(unpacked, Unpacked::default());
    assert!(files(&dir) == before);
}
