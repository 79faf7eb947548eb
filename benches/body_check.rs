//! How long the body check takes for documents that are large in one way (FAULTS.md, row 39): `cargo bench --bench body_check`.
//!
//! A group for each shape. In each stands, beside the shape, one text of the same size in a chart: the shapes of the row, and whatever is one endless
//! thing, are to take three times as long at most; but for characters beyond ASCII, which are validated one by one. Much of one small thing cannot: a
//! text is passed over, and each token must be looked at. Those are held against an ordinary chart of their size as well.

use std::{hint::black_box, time::Duration};

use ccda_export::{ccda, domain::Reason};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};

/// Large enough that the cache does not hold it, and small enough for a hundred rounds.
const SIZE: usize = 8 << 20;

const HEAD: &str = "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/>";
const TAIL: &str = "</ClinicalDocument>";

/// A chart of this content.
fn chart(content: &str) -> String {
    [HEAD, content, TAIL].concat()
}

/// A chart that is filled up to [`SIZE`] with the same piece.
fn filled(piece: &str) -> String {
    chart(&piece.repeat(SIZE / piece.len()))
}

/// A tag with so many attributes.
fn tag(attributes: usize) -> String {
    let attributes: String = (0..attributes).map(|n| format!(" a{n}=\"1\"")).collect();
    format!("<a{attributes}/>")
}

/// What an entry of an ordinary chart looks like, to the byte.
const ENTRY: &str = r##"
        <entry typeCode="DRIV">
          <observation classCode="OBS" moodCode="EVN">
            <templateId root="2.16.840.1.113883.10.20.22.4.2" extension="2015-08-01"/>
            <id root="2.16.840.1.113883.19" extension="4711"/>
            <code code="30313-1" codeSystem="2.16.840.1.113883.6.1" displayName="Hemoglobin"/>
            <text><reference value="#result4711"/></text>
            <statusCode code="completed"/>
            <effectiveTime value="20260301120500-0500"/>
            <value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="PQ" value="13.2" unit="g/dL"/>
          </observation>
        </entry>"##;

/// The shapes of row 39, each with the reason for which it is refused.
fn row_39() -> Vec<(&'static str, String, Option<Reason>)> {
    vec![
        ("sixty thousand attributes in one element", chart(&tag(60_000)), Some(Reason::UnsafeXml)),
        ("a million nested elements", chart(&"<a>".repeat(1_000_000)), Some(Reason::UnsafeXml)),
        ("an embedded scan of 60 MB", chart(&format!("<text>{}</text>", "JVBERi0x".repeat(7_500_000))), None),
    ]
}

/// Much of one small thing, all of it charts.
fn many_tokens() -> Vec<(&'static str, String)> {
    vec![
        ("attributes over many elements", filled(&tag(1_000))),
        ("ten thousand attributes in each element", filled(&tag(10_000))),
        ("declarations of prefixes", filled(&tag(1_000).replace(" a", " xmlns:a"))),
        ("unbound prefixes", filled("<b:a c:d=\"\"/>")),
        ("comments", filled("<!-- a comment -->")),
        ("empty comments", filled("<!---->")),
        ("instructions", filled("<?a b?>")),
        ("CDATA sections", filled("<![CDATA[a]]>")),
        ("elements", filled("<a></a>")),
        ("references", filled("&#x41;")),
        ("levels", filled(&("<a>".repeat(999) + &"</a>".repeat(999)))),
    ]
}

/// One endless thing, all of it charts.
fn one_token() -> Vec<(&'static str, String)> {
    let long = "x".repeat(SIZE);
    vec![
        ("one comment", chart(&format!("<!--{long}-->"))),
        ("one CDATA section", chart(&format!("<![CDATA[{long}]]>"))),
        ("one instruction", chart(&format!("<?a {long}?>"))),
        ("one attribute value", chart(&format!("<a b=\"{long}\"/>"))),
        ("one element name", chart(&format!("<{long}/>"))),
        ("one text of brackets", filled("]]")),
        ("one text of line ends", filled("\r\n")),
        ("one text of characters beyond ASCII", filled("\u{FFFD}")),
    ]
}

fn check(body: &str) -> Option<Reason> {
    ccda::check(black_box(body.as_bytes())).err().map(|refusal| refusal.reason)
}

fn against(group: &mut BenchmarkGroup<WallTime>, name: &str, body: &str, expected: Option<Reason>) {
    assert_eq!(check(body), expected, "{name}");
    group.bench_function(name, |bencher| bencher.iter(|| check(body)));
}

fn body_check(criterion: &mut Criterion) {
    let tokens = many_tokens().into_iter().map(|(name, body)| (name, body, None, true));
    let one = one_token().into_iter().map(|(name, body)| (name, body, None, false));
    let rows = row_39().into_iter().map(|(name, body, reason)| (name, body, reason, false));
    for (name, body, reason, has_many_tokens) in rows.chain(one).chain(tokens) {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
        group.throughput(Throughput::Bytes(body.len() as u64));
        against(&mut group, "shape", &body, reason);
        against(&mut group, "text", &chart(&"x".repeat(body.len() - HEAD.len() - TAIL.len())), None);
        if has_many_tokens {
            against(&mut group, "ordinary", &chart(&ENTRY.repeat(body.len() / ENTRY.len())), None);
        }
        group.finish();
    }
}

criterion_group!(benches, body_check);
criterion_main!(benches);
