//! Somebody of the group `readers`, who may read the folder of the database and not write to it.

use std::{
    fs::{Permissions, set_permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::Stdio,
};

use nix::unistd::{Gid, Group, geteuid};

use crate::{
    harness::{Ended, Sandbox, ccda_export, finish, skipped},
    privacy::process::SOMEBODY,
};

#[test]
fn the_group_that_may_read_opens_the_file_when_no_run_has_it_open() {
    if !geteuid().is_root() {
        skipped("only root can become another user: that the group readers can open the file is not tested");
        return;
    }
    let group = Group::from_gid(Gid::from_raw(SOMEBODY)).unwrap().unwrap().name;
    let sandbox = Sandbox::start(&["--patients", "5"]);
    set_permissions(sandbox.dir.path(), Permissions::from_mode(0o711)).unwrap();
    sandbox.edit("job.toml", "\"export.sqlite\"", &format!("\"data/export.sqlite\"\nreaders = {group:?}"));
    let ask = || -> Ended {
        let mut command = ccda_export();
        command
            .args(["sql", "--output", "csv", "--database"])
            .arg(sandbox.path("data/export.sqlite"))
            .arg("SELECT count(*) FROM patient_summary");
        finish(command.uid(SOMEBODY).gid(SOMEBODY).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    for night in 1..=2 {
        assert_eq!(sandbox.run(&["--again"]).code(), 0);
        let ended = ask();
        assert_eq!((ended.code(), ended.stdout.as_str()), (0, "count(*)\r\n5\r\n"), "night {night}: {ended:#?}");
    }
}
