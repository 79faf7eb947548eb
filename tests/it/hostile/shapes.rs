//! Row 39: documents that are large in one way: much of one thing is a chart as long as no element is beyond all charts.

use super::{
    Fate::{Accepted, Dead},
    Table, chart,
};

const UNSAFE: super::Fate = Dead("unsafe_xml");

/// A tag with so many attributes.
fn tag(attributes: usize) -> String {
    let attributes: String = (0..attributes).map(|n| format!(" a{n}=\"1\"")).collect();
    format!("<a{attributes}/>")
}

#[tokio::test]
async fn fault_39_elements_beyond_all_charts_are_unsafe() {
    let mut table = Table::new();
    for count in [10_001, 60_000, 1_000_000] {
        table.add(&format!("{count} attributes in one element"), UNSAFE, |n| chart(n, &tag(count)));
    }
    table.add("60,000 attributes of the root", UNSAFE, |_| tag(60_000).replacen("<a", "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"", 1));
    table.add("60,000 declarations of prefixes", UNSAFE, |n| chart(n, &tag(60_000).replace(" a", " xmlns:a")));
    table.add("60,000 times the same attribute", UNSAFE, |n| chart(n, &format!("<a{}/>", " b=\"1\"".repeat(60_000))));
    for count in [1_000, 1_000_000] {
        table.add(&format!("{count} levels below the root"), UNSAFE, |n| chart(n, &("<a>".repeat(count) + &"</a>".repeat(count))));
    }
    table.add("a million levels that never end", UNSAFE, |n| chart(n, &"<a>".repeat(1_000_000)));
    table.add("two attributes of one name among 10,000", Dead("malformed"), |n| chart(n, &tag(9_999).replace("/>", " a7=\"\"/>")));
    table.decide().await;
}

#[tokio::test]
async fn fault_39_much_of_what_a_chart_may_have_is_a_chart() {
    let mut table = Table::new();
    table.add("10,000 attributes in one element", Accepted, |n| chart(n, &tag(10_000)));
    table.add("999 levels below the root", Accepted, |n| chart(n, &("<a>".repeat(999) + &"</a>".repeat(999))));
    table.add("a million attributes over many elements", Accepted, |n| chart(n, &tag(1_000).repeat(1_000)));
    table.add("a million declarations of prefixes", Accepted, |n| chart(n, &tag(1_000).replace(" a", " xmlns:a").repeat(1_000)));
    for (what, piece) in [
        ("comments", "<!---->"),
        ("instructions", "<?a?>"),
        ("CDATA sections", "<![CDATA[]]>"),
        ("empty elements", "<a/>"),
        ("references", "&#x41;"),
        ("entries", "<entry/>"),
        ("ids", "<id root=\"1\"/>"),
        ("unbound prefixes", "<b:a c:d=\"\"/>"),
    ] {
        table.add(&format!("a million {what}"), Accepted, |n| chart(n, &piece.repeat(1_000_000)));
    }
    table.decide().await;
}

#[tokio::test]
async fn fault_39_one_endless_thing_in_a_chart_is_a_chart() {
    let mut table = Table::new();
    let long = "x".repeat(20_000_000);
    table.add("a text", Accepted, |n| chart(n, &long));
    table.add("a comment", Accepted, |n| chart(n, &format!("<!--{long}-->")));
    table.add("an instruction", Accepted, |n| chart(n, &format!("<?a {long}?>")));
    table.add("a CDATA section", Accepted, |n| chart(n, &format!("<![CDATA[{long}]]>")));
    table.add("an attribute's value", Accepted, |n| chart(n, &format!("<a b=\"{long}\"/>")));
    table.add("an attribute's name", Accepted, |n| chart(n, &format!("<a {long}=\"\"/>")));
    table.add("an element's name", Accepted, |n| chart(n, &format!("<{long}/>")));
    table.add("a title", Accepted, |n| chart(n, &format!("<title>{long}</title>")));
    table.add("a line of brackets", Accepted, |n| chart(n, &"]".repeat(20_000_000)));
    table.add("a text in UTF-16", Accepted, |n| chart(n, &long).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    table.decide().await;
}

#[tokio::test]
async fn fault_39_what_never_ends_is_malformed() {
    let mut table = Table::new();
    let long = "x".repeat(5_000_000);
    for opening in ["<!--", "<?a ", "<![CDATA[", "<a b='", "<a ", "<", "&", "<!DOC", "</", "<a>"] {
        table.add(opening, Dead("malformed"), |n| {
            let chart = chart(n, &format!("{opening}{long}"));
            chart.strip_suffix("</ClinicalDocument>").unwrap().to_owned()
        });
    }
    table.decide().await;
}
