//! Row 38, and all else in a document that names something elsewhere: nothing is resolved, opened or asked for.

use std::{
    fs::{self, File},
    io::ErrorKind,
    net::TcpListener,
    path::PathBuf,
    thread::JoinHandle,
};

use nix::{sys::stat::Mode, unistd::mkfifo};

use super::{
    Fate::{Accepted, Dead},
    Table, chart,
};

const UNSAFE: super::Fate = Dead("unsafe_xml");

/// A file and a server that nobody may touch.
struct Bait {
    dir: tempfile::TempDir,
    /// Opens the pipe for writing, which waits until somebody opens it for reading.
    watch: JoinHandle<()>,
    listener: TcpListener,
}

impl Bait {
    fn lay() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("secret");
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        let watch = std::thread::spawn(move || drop(fs::OpenOptions::new().write(true).open(pipe).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { dir, watch, listener }
    }

    fn pipe(&self) -> PathBuf {
        self.dir.path().join("secret")
    }

    /// Where the bait lies, in every spelling.
    fn places(&self) -> [String; 3] {
        let pipe = self.pipe().display().to_string();
        [format!("file://{pipe}"), pipe, format!("http://{}/secret", self.listener.local_addr().unwrap())]
    }

    /// Nobody opened the file, nobody connected.
    fn assert_untouched(self) {
        assert!(!self.watch.is_finished(), "the file was opened");
        assert_eq!(self.listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "the server was asked");
        // Lets the thread end, and shows that it would have noticed.
        drop(File::open(self.pipe()).unwrap());
        self.watch.join().unwrap();
    }
}

/// A document with this DTD, which refers to `&x;`.
fn with_dtd(dtd: &str) -> String {
    format!("<!DOCTYPE ClinicalDocument {dtd}><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>&x;</title></ClinicalDocument>")
}

#[tokio::test]
async fn fault_38_external_entities_and_document_types_are_refused_and_nothing_is_opened() {
    let bait = Bait::lay();
    let mut table = Table::new();
    for place in bait.places() {
        for dtd in [
            format!("SYSTEM \"{place}\""),
            format!("PUBLIC \"-//X//Y\" \"{place}\""),
            format!("[<!ENTITY x SYSTEM \"{place}\">]"),
            format!("[<!ENTITY % p SYSTEM \"{place}\"> %p;]"),
        ] {
            table.add(&dtd, UNSAFE, |_| with_dtd(&dtd));
        }
    }
    let place = &bait.places()[0];
    let external = with_dtd(&format!("[<!ENTITY x SYSTEM \"{place}\">]"));
    table.add("behind a declaration, a comment and an instruction", UNSAFE, |_| {
        format!("<?xml version=\"1.0\"?>\n<!-- a --><?b?>\n{external}")
    });
    table.add("in UTF-16", UNSAFE, |_| external.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
    table.add("in the root element", UNSAFE, |n| chart(n, "<!DOCTYPE x SYSTEM \"x\">"));
    table.add("in lower case", UNSAFE, |_| external.replace("DOCTYPE", "doctype"));
    table.add("of a page", Dead("not_cda"), |_| external.replace("<!DOCTYPE ClinicalDocument", "<!DOCTYPE html"));
    table.decide().await;
    bait.assert_untouched();
}

#[tokio::test]
async fn fault_38_entity_bombs_are_refused_unexpanded() {
    let mut table = Table::new();
    let laughs: String = (1..10).map(|n| format!("<!ENTITY x{n} \"{}\">", format!("&x{};", n - 1).repeat(10))).collect();
    table.add("a billion laughs", UNSAFE, |_| with_dtd(&format!("[<!ENTITY x0 \"lol\">{laughs}<!ENTITY x \"&x9;\">]")));
    let parameters: String = (1..10).map(|n| format!("<!ENTITY % x{n} \"{}\">", format!("%x{};", n - 1).repeat(10))).collect();
    table.add("a billion laughs in the DTD", UNSAFE, |_| with_dtd(&format!("[<!ENTITY % x0 \"lol\">{parameters} %x9;]")));
    table.add("entities in a ring", UNSAFE, |_| with_dtd("[<!ENTITY x \"&y;\"><!ENTITY y \"&x;\">]"));
    let large = with_dtd(&format!("[<!ENTITY x \"{}\">]", "lol".repeat(300_000)));
    table.add("a large entity many times", UNSAFE, |_| large.replace("&x;", &"&x;".repeat(10_000)));
    table.add("a DTD without end", UNSAFE, |_| format!("<!DOCTYPE x [{}", "<!ENTITY a 'b'>".repeat(100_000)));
    for reference in ["&x;", "&nbsp;", "&x", "&", "&amp", "&AMP;", "&amp ;", "&x&y;"] {
        table.add(&format!("{reference} without a DTD"), Dead("malformed"), |n| chart(n, reference));
    }
    table.decide().await;
}

#[tokio::test]
async fn what_a_chart_refers_to_is_never_opened() {
    let bait = Bait::lay();
    let mut table = Table::new();
    for place in bait.places() {
        let contents = [
            format!("<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"{place}\" parse=\"text\"/>"),
            format!("<component><nonXMLBody><text><reference value=\"{place}\"/></text></nonXMLBody></component>"),
            format!("<a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:hl7-org:v3 {place}\"/>"),
            format!("<a xmlns=\"{place}\" xmlns:b=\"{place}\" xml:base=\"{place}\"/>"),
        ];
        for content in &contents {
            table.add(content, Accepted, |n| chart(n, content));
        }
        for instruction in ["xml-stylesheet type=\"text/xsl\"", "xml-model"] {
            table.add(instruction, Accepted, |n| format!("<?{instruction} href=\"{place}\"?>{}", chart(n, "")));
        }
    }
    table.decide().await;
    bait.assert_untouched();
}
