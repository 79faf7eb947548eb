//! `compress = "zstd"`: the newest is compressed too; switched on and off as one likes.

use super::Practice;

#[tokio::test]
async fn the_newest_is_compressed_too_and_the_job_may_change_its_mind() {
    let mut practice = Practice::new(2, "compress = \"none\"\n");
    let (plain, zstd) = ("compress = \"none\"", "compress = \"zstd\"");
    let newest =
        "SELECT DISTINCT b.bytes IS NOT NULL, b.zstd IS NOT NULL, b.base_id FROM latest_documents l JOIN bodies b ON b.id = l.body_id";
    for (night, compressed) in [true, true, false, false, true, false].into_iter().enumerate() {
        let (from, to) = if compressed { (plain, zstd) } else { (zstd, plain) };
        let set = std::fs::read_to_string(practice.sandbox.job()).unwrap();
        if set.contains(from) {
            practice.sandbox.edit("job.toml", from, to);
        }
        practice.pass(2, |patient| patient == 0 && night % 2 == 0).await;
        let row = if compressed { ["0", "1", ""] } else { ["1", "0", ""] };
        assert_eq!(practice.sandbox.ask(newest).await, [row], "night {night}");
    }
    assert_eq!(practice.sandbox.count("SELECT count(*) FROM bodies WHERE base_id IS NOT NULL AND length(zstd) < length / 10").await, 10);
    let dir = practice.sandbox.path("files");
    let unpacked = crate::harness::call(["unpack", dir.to_str().unwrap(), "--job", practice.sandbox.job().to_str().unwrap()]);
    assert_eq!(unpacked.code(), 0, "{unpacked:#?}");
    assert_eq!(practice.assert_unpacked(&dir), 12);
    assert_eq!(practice.act("verify", &[]).code(), 0);
}

#[test]
fn another_word_is_a_mistake_that_names_both() {
    let sandbox = crate::harness::Sandbox::start(&["--patients", "3"]);
    sandbox.edit("job.toml", "database = ", "compress = \"gzip\"\ndatabase = ");
    let ended = sandbox.run(&[]);
    assert!(ended.code() == 78 && ended.stderr.contains("compress: is \"gzip\"; expected \"none\" or \"zstd\""), "{ended:#?}");
}
