//! Lines that are whole, that are not, and that no file makes it read more than it may.

use super::*;
use proptest::prelude::*;

type Read = Vec<(u64, Result<Vec<String>, LineFault>)>;

fn read(bytes: &[u8]) -> Read {
    let mut lines = CsvLines::new(bytes).unwrap();
    let mut read = Vec::new();
    while let Some((line, fields)) = lines.next(None).unwrap() {
        read.push((line, fields.map(|fields| fields.iter().map(str::to_owned).collect())));
    }
    read
}

fn good(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, LineFault>) {
    (line, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
}

#[test]
fn a_byte_order_mark_crlf_and_blank_lines_are_fine() {
    assert_eq!(read(b"\xef\xbb\xbfa,b\r\n\r\n1,2\r\n\n3,"), [good(1, &["a", "b"]), good(3, &["1", "2"]), good(5, &["3", ""])]);
    assert_eq!(read(b""), []);
}

#[test]
fn quoted_fields_may_hold_commas_quotes_and_lines() {
    assert_eq!(read(b"\"a,\"\"b\"\"\",\"c\nd\"\ne,f\n"), [good(1, &["a,\"b\"", "c\nd"]), good(3, &["e", "f"])]);
}

#[test]
fn an_open_quote_costs_its_own_line_only() {
    assert_eq!(
        read(b"a,b\n\"c,d\ne,f\ng,h"),
        [good(1, &["a", "b"]), (2, Err(LineFault::OpenQuote)), good(3, &["e", "f"]), good(4, &["g", "h"])]
    );
}

#[test]
fn lines_that_end_with_cr_alone_are_counted_and_confine_their_faults() {
    let expected = [good(1, &["a", "b"]), good(2, &["1", "2"]), (4, Err(LineFault::OpenQuote)), good(5, &["e", "f"]), good(6, &["g", "h"])];
    assert_eq!(read(b"a,b\r1,2\r\r\"c,d\re,f\r\ng,h"), expected);
}

#[test]
fn a_record_of_one_line_spans_no_lines_however_that_ends() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a", "b,c", ""].join(end);
        let mut lines = CsvLines::new(text.as_bytes()).unwrap();
        assert_eq!(lines.next(Some(2)).unwrap().map(|(line, fields)| (line, fields.unwrap().len())), Some((1, 1)), "{end:?}");
        assert_eq!(lines.next(Some(2)).unwrap().map(|(line, fields)| (line, fields.unwrap().len())), Some((2, 2)), "{end:?}");
    }
}

#[test]
fn a_quote_that_the_next_line_closes_costs_its_own_line_only() {
    let mut lines = CsvLines::new(&b"\"a,b\nc,\"d\"\ne,f\n"[..]).unwrap();
    assert_eq!(lines.next(Some(2)).unwrap().unwrap().1.err(), Some(LineFault::OpenQuote));
    assert_eq!(lines.next(Some(2)).unwrap().unwrap().1.unwrap().iter().collect::<Vec<_>>(), ["c", "d"]);
    assert_eq!(lines.next(Some(2)).unwrap().unwrap().0, 3);
}

#[test]
fn a_line_of_10_mb_is_one_fault_and_is_not_held() {
    let mut bytes = b"a\n".to_vec();
    bytes.extend(std::iter::repeat_n(b'x', 10_000_000));
    bytes.extend(b"\nb\n");
    assert_eq!(read(&bytes), [good(1, &["a"]), (2, Err(LineFault::TooLong)), good(3, &["b"])]);
    let mut lines = CsvLines::new(bytes.as_slice()).unwrap();
    while lines.next(None).unwrap().is_some() {}
    assert!(lines.raw.capacity() <= 4 << 20, "{}", lines.raw.capacity());
}

#[test]
fn bytes_that_are_not_utf_8_cost_their_line_only() {
    let split = b"a,b\n\"\xc3\",\xa9\n\xff,x\nc,d\n";
    assert_eq!(read(split), [good(1, &["a", "b"]), (2, Err(LineFault::NotUtf8)), (3, Err(LineFault::NotUtf8)), good(4, &["c", "d"])]);
}

proptest! {
    #[test]
    fn what_was_quoted_comes_back_with_its_line(records in prop::collection::vec(prop::collection::vec("[a-zé,\"\n ]{0,6}", 2..5), 0..20), crlf: bool) {
        let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let (mut text, mut line, mut expected) = (String::new(), 1, Vec::new());
        for record in &records {
            expected.push((line, Ok(record.clone())));
            text += &record.iter().map(quoted).collect::<Vec<_>>().join(",");
            text += if crlf { "\r\n" } else { "\n" };
            line = 1 + text.matches('\n').count() as u64;
        }
        prop_assert_eq!(read(text.as_bytes()), expected);
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(prop::sample::select(b"a,\"\n\r\xc3\xa9".to_vec()), 0..60)) {
        let read = read(&bytes);
        prop_assert!(read.is_sorted_by_key(|(line, _)| *line));
    }
}
