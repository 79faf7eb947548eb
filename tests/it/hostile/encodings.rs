//! Row 40: what the XML declaration allows is accepted and kept as it is, the rest is refused for its encoding.

use super::{
    Fate::{Accepted, Dead, Warned},
    Table, chart,
};

const MISMATCH: super::Fate = Warned("encoding_mismatch");
const BAD: super::Fate = Dead("bad_encoding");
const BOM: &str = "\u{FEFF}";

/// A chart that declares this encoding, or none, and has a word that is not ASCII.
fn text(patient: usize, encoding: &str) -> String {
    let encoding = if encoding.is_empty() { String::new() } else { format!(" encoding=\"{encoding}\"") };
    format!("<?xml version=\"1.0\"{encoding}?>{}", chart(patient, "<title>Résumé</title>"))
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn utf32(text: &str, unit: fn(u32) -> [u8; 4]) -> Vec<u8> {
    text.chars().flat_map(|c| unit(c.into())).collect()
}

/// The text in an encoding that browsers know.
fn encoded(text: &str, label: &str) -> Vec<u8> {
    encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned()
}

/// A chart whose title is these bytes.
fn with_title(patient: usize, declaration: &str, title: &[u8]) -> Vec<u8> {
    let whole = format!("{declaration}{}", chart(patient, "<title>@</title>"));
    let (before, after) = whole.split_once('@').unwrap();
    [before.as_bytes(), title, after.as_bytes()].concat()
}

#[tokio::test]
async fn fault_40_utf_8_and_utf_16_are_accepted_with_and_without_mark_and_declaration() {
    let mut table = Table::new();
    for (declared, fate) in [("", Accepted), ("UTF-8", Accepted), ("utf-8", Accepted), ("UTF-16", MISMATCH), ("us-ascii", MISMATCH)] {
        table.add(&format!("UTF-8 that declares {declared:?}"), fate, |n| text(n, declared));
    }
    for (declared, fate) in [("", Accepted), ("UTF-8", Accepted), ("ISO-8859-1", MISMATCH), ("UTF-16", MISMATCH)] {
        table.add(&format!("UTF-8 with a mark that declares {declared:?}"), fate, |n| format!("{BOM}{}", text(n, declared)));
    }
    for (name, unit) in [("LE", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("BE", u16::to_be_bytes)] {
        for mark in ["", BOM] {
            for (declared, fate) in [("", Accepted), ("UTF-16", Accepted), ("UTF-8", MISMATCH), ("windows-1252", MISMATCH)] {
                let what = format!("UTF-16{name} with mark {mark:?} that declares {declared:?}");
                table.add(&what, fate, |n| utf16(&format!("{mark}{}", text(n, declared)), unit));
            }
        }
    }
    table.decide().await;
}

#[tokio::test]
async fn fault_40_other_encodings_are_accepted_where_they_are_declared() {
    let mut table = Table::new();
    for label in ["ISO-8859-1", "latin1", "windows-1252", "ISO-8859-15", "macintosh", "GB18030", "iso-8859-2"] {
        table.add(label, Accepted, |n| encoded(&text(n, label), label));
    }
    for (label, title) in [("Shift_JIS", "診療"), ("EUC-JP", "診療"), ("ISO-2022-JP", "診療"), ("Big5", "病歷"), ("KOI8-R", "Карта")]
    {
        table.add(label, Accepted, |n| encoded(&text(n, label).replace("Résumé", title), label));
    }
    let latin = "<?xml version='1.0' encoding='ISO-8859-1'?>";
    table.add("quotes of Windows-1252 in what is called Latin-1", Accepted, |n| with_title(n, latin, b"\x93chart\x94"));
    // Every byte is a character of Latin-1, so nobody can tell.
    table.add("UTF-8 in what is called Latin-1", Accepted, |n| with_title(n, latin, "é".as_bytes()));
    table.decide().await;
}

#[tokio::test]
async fn fault_40_bytes_that_no_declaration_explains_are_refused() {
    let mut table = Table::new();
    for label in ["ISO-8859-1", "windows-1252"] {
        table.add(&format!("{label} undeclared"), BAD, |n| encoded(&text(n, ""), label));
        table.add(&format!("{label} that declares UTF-8"), BAD, |n| encoded(&text(n, "UTF-8"), label));
        table.add(&format!("{label} that declares UTF-16"), BAD, |n| encoded(&text(n, "UTF-16"), label));
        table.add(&format!("{label} with the mark of UTF-8"), BAD, |n| [BOM.as_bytes(), &encoded(&text(n, label), label)].concat());
    }
    let header = "Content-Type: application/xml; charset=iso-8859-1\r\n";
    let only_in_http = encoded(&text(table.next(), ""), "ISO-8859-1");
    table.add_sent("Latin-1 that HTTP alone declares", BAD, header, only_in_http.clone(), &only_in_http);
    for (what, bytes) in [
        ("an overlong slash", b"\xC0\xAF".as_slice()),
        ("an overlong slash of three bytes", b"\xE0\x80\xAF"),
        ("an overlong NUL", b"\xC0\x80"),
        ("a surrogate", b"\xED\xA0\x80"),
        ("a pair of surrogates", b"\xED\xA0\xBD\xED\xB8\x80"),
        ("a character beyond Unicode", b"\xF4\x90\x80\x80"),
        ("a lone continuation", b"\x80"),
        ("a character cut in the middle", b"\xE2\x82"),
    ] {
        table.add(what, BAD, |n| with_title(n, "", bytes));
    }
    table.decide().await;
}

#[tokio::test]
async fn fault_40_encodings_that_are_none_or_not_of_xml_are_refused() {
    let mut table = Table::new();
    for label in ["klingon", "utf-7", "UTF-32", "IBM037", "x-user-defined", "replacement", "hz-gb-2312"] {
        table.add(&format!("ASCII that declares {label}"), BAD, |n| text(n, label).replace('é', "e"));
    }
    for mark in ["", BOM] {
        table.add("UTF-32LE", BAD, |n| utf32(&format!("{mark}{}", text(n, "UTF-32")), u32::to_le_bytes));
        table.add("UTF-32BE", BAD, |n| utf32(&format!("{mark}{}", text(n, "UTF-32")), u32::to_be_bytes));
    }
    table.add("EBCDIC", BAD, |_| ebcdic("<?xml version=\"1.0\" encoding=\"IBM037\"?><ClinicalDocument/>"));
    table.add("a lone surrogate of UTF-16", BAD, |n| {
        let units = text(n, "UTF-16").replace('é', "\u{E000}");
        units.encode_utf16().flat_map(|unit| if unit == 0xE000 { 0xD800u16 } else { unit }.to_le_bytes()).collect::<Vec<u8>>()
    });
    table.add("UTF-7", Dead("not_cda"), |n| text(n, "UTF-7").replace('<', "+ADw-").replace('>', "+AD4-"));
    table.decide().await;
}

#[tokio::test]
async fn fault_40_characters_that_xml_forbids_and_cuts_in_a_character_are_malformed() {
    let mut table = Table::new();
    let forbidden = ["\0", "\u{1}", "\u{8}", "\u{B}", "\u{C}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"];
    for character in forbidden {
        let reference = format!("&#{};", u32::from(character.chars().next().unwrap()));
        table.add(&format!("{character:?}"), Dead("malformed"), |n| chart(n, character));
        table.add(&reference, Dead("malformed"), |n| chart(n, &reference));
    }
    for reference in ["&#xD800;", "&#x110000;", "&#99999999999999999999;", "&#-1;", "&#;", "&#x;"] {
        table.add(reference, Dead("malformed"), |n| chart(n, reference));
    }
    table.add("a NUL in UTF-16", Dead("malformed"), |n| utf16(&chart(n, "\0"), u16::to_le_bytes));
    table.add("nothing but NULs", Dead("not_cda"), |_| vec![0; 5_000]);
    table.add("UTF-8 cut in its last character", Dead("malformed"), |n| [chart(n, "").as_bytes(), b"<!-- \xE2\x82"].concat());
    table.add("UTF-16 cut in its last character", Dead("malformed"), |n| {
        let mut bytes = utf16(&text(n, "UTF-16"), u16::to_be_bytes);
        bytes.pop();
        bytes
    });
    // In C1, of which XML 1.0 allows all, and the rarest that it allows.
    table.add("what only looks forbidden", Accepted, |n| {
        chart(n, "\u{7F}\u{80}\u{85}\u{9F}\u{D7FF}\u{E000}\u{FFFD}\u{10000}\u{10FFFF}&#x10FFFF;")
    });
    table.decide().await;
}

/// Code page 37 of what an XML declaration and an element need.
fn ebcdic(text: &str) -> Vec<u8> {
    text.bytes().map(ebcdic_byte).collect()
}

fn ebcdic_byte(byte: u8) -> u8 {
    match byte {
        b'a'..=b'i' => byte - b'a' + 0x81,
        b'j'..=b'r' => byte - b'j' + 0x91,
        b's'..=b'z' => byte - b's' + 0xA2,
        b'A'..=b'I' => byte - b'A' + 0xC1,
        b'J'..=b'R' => byte - b'J' + 0xD1,
        b'S'..=b'Z' => byte - b'S' + 0xE2,
        b'0'..=b'9' => byte - b'0' + 0xF0,
        b'<' => 0x4C,
        b'>' => 0x6E,
        b'?' => 0x6F,
        b'=' => 0x7E,
        b'"' => 0x7F,
        b'/' => 0x61,
        b'.' => 0x4B,
        b' ' => 0x40,
        _ => unreachable!("{byte} is not needed"),
    }
}
