//! A body whose content encoding is unknown, lies, or is applied twice.

use super::{
    Fate::{Accepted, Dead},
    Table, chart, gzip,
};

const GZIP: &str = "Content-Encoding: gzip\r\n";

#[tokio::test]
async fn a_content_encoding_that_is_unknown_or_lies_is_no_chart() {
    let mut table = Table::new();
    for encoding in ["br", "zstd", "deflate", "compress", "klingon", "gzip, gzip", "gzip, identity"] {
        let body = chart(table.next(), "").into_bytes();
        table.add_sent(encoding, Dead("not_cda"), &format!("Content-Encoding: {encoding}\r\n"), gzip(&body), &body);
    }
    let body = chart(table.next(), "").into_bytes();
    table.add_sent("twice the field", Dead("not_cda"), &GZIP.repeat(2), gzip(&gzip(&body)), &body);
    let body = chart(table.next(), "").into_bytes();
    table.add_sent("gzip of gzip", Dead("not_cda"), GZIP, gzip(&gzip(&body)), &body);
    let body = chart(table.next(), "").into_bytes();
    table.add_sent("gzip that is not declared", Dead("not_cda"), "", gzip(&body), &body);
    let body = chart(table.next(), "").into_bytes();
    table.add_sent("text that is called gzip", Dead("truncated"), GZIP, body.clone(), &body);
    let body = chart(table.next(), "").into_bytes();
    let damaged = gzip(&body).into_iter().rev().collect();
    table.add_sent("gzip backwards", Dead("truncated"), GZIP, damaged, &body);
    let body = chart(table.next(), "").into_bytes();
    table.add_sent("rubbish behind the gzip", Dead("truncated"), GZIP, [gzip(&body), b"rubbish".to_vec()].concat(), &body);
    table.decide().await;
}

#[tokio::test]
async fn a_content_encoding_that_is_told_in_an_odd_way_is_undone() {
    let mut table = Table::new();
    for encoding in ["gzip", "x-gzip", "GZip", " gzip "] {
        let body = chart(table.next(), "").into_bytes();
        table.add_sent(encoding, Accepted, &format!("Content-Encoding: {encoding}\r\n"), gzip(&body), &body);
    }
    for encoding in ["identity", "Identity", ""] {
        let body = chart(table.next(), "").into_bytes();
        table.add_sent(encoding, Accepted, &format!("Content-Encoding: {encoding}\r\n"), body.clone(), &body);
    }
    let body = chart(table.next(), "").into_bytes();
    let (first, second) = body.split_at(10);
    table.add_sent("members", Accepted, GZIP, [gzip(first), gzip(b""), gzip(second)].concat(), &body);
    let body = chart(table.next(), "").into_bytes();
    table.add_sent("a hundred thousand empty members", Accepted, GZIP, [gzip(b"").repeat(100_000), gzip(&body)].concat(), &body);
    table.decide().await;
}

#[tokio::test]
async fn each_of_many_tries_counts_although_others_are_under_way() {
    let mut table = Table::new();
    for _ in 0..60 {
        let body = chart(table.next(), "").into_bytes();
        let cut = gzip(&body)[..20].to_vec();
        table.add_sent("cut", Dead("truncated"), GZIP, cut, &body);
    }
    table.decide().await;
}
