//! The word of another reader of XML, quick-xml's, on charts damaged as a line, a disk or a hand would: by it is judged what the body check accepts and
//! what it refuses.

use std::sync::LazyLock;

use proptest::prelude::*;
use quick_xml::{Reader, events::Event};

use super::{check, tests::CHART};
use crate::{domain::Reason, synthetic::Population};

/// What XML 1.0 forbids and quick-xml does not: it takes whatever is between the ends of a token, and leaves it to its caller where tokens stand.
const LEFT_TO_ITS_CALLER: [&str; 13] = [
    "a character that XML forbids",
    "`<` is followed by no element name",
    "no attribute name where one is expected",
    "an attribute without `=`",
    "no white space before an attribute",
    "`<` in an attribute's value, or no closing quote",
    "`&` begins no reference that is defined",
    "`]]>` in text",
    "text outside the root element",
    "a second root element",
    "the body ends before a root element begins",
    "a processing instruction without an allowed name",
    "the XML declaration is not at the start",
];

/// Whether quick-xml reads the text to its end, with all of its checks on.
fn reads(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut depth = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) if tag.attributes().all(|it| it.is_ok()) => depth += 1,
            Ok(Event::Empty(tag)) if tag.attributes().all(|it| it.is_ok()) => {}
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::Eof) => return depth == 0,
            Ok(Event::Start(_) | Event::Empty(_) | Event::DocType(_)) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// A chart of the project's own practice.
static SYNTHETIC: LazyLock<String> = LazyLock::new(|| Population::new(3).document(1, None, 1, chrono::DateTime::UNIX_EPOCH));

/// One damage. Places are parts of the whole, so that each fits each chart.
#[derive(Debug, Clone)]
enum Damage {
    Change {
        at: f64,
        byte: u8,
    },
    Cut {
        at: f64,
        length: usize,
    },
    /// What stands at one place stands at another too.
    Repeat {
        from: f64,
        length: usize,
        at: f64,
    },
    Insert {
        at: f64,
        markup: &'static str,
    },
    End {
        at: f64,
    },
}

const MARKUP: [&str; 40] = [
    "<",
    ">",
    "/",
    "</",
    "/>",
    "<!",
    "<!--",
    "-->",
    "--",
    "-",
    "<![CDATA[",
    "]]>",
    "]]",
    "<?",
    "?>",
    "?",
    "&",
    ";",
    "&amp;",
    "&#0;",
    "&x;",
    "'",
    "\"",
    "=",
    " ",
    "\n",
    "xmlns=''",
    " a=''",
    "<a>",
    "</a>",
    "<a/>",
    "<?xml version='1.0'?>",
    "\u{1}",
    "é",
    "\u{D7}",
    ":",
    "1",
    "<a b=\"\"c=''/>",
    "[",
    "!",
];

fn damage() -> impl Strategy<Value = Damage> {
    let place = || 0.0..1.0;
    prop_oneof![
        2 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Change { at, byte }),
        2 => (place(), 1..40usize).prop_map(|(at, length)| Damage::Cut { at, length }),
        2 => (place(), 1..60usize, place()).prop_map(|(from, length, at)| Damage::Repeat { from, length, at }),
        6 => (place(), prop::sample::select(MARKUP.as_slice())).prop_map(|(at, markup)| Damage::Insert { at, markup }),
        1 => place().prop_map(|at| Damage::End { at }),
    ]
}

impl Damage {
    fn apply(&self, body: &mut Vec<u8>) {
        if body.is_empty() {
            return;
        }
        let (length, all) = (body.len() as f64, body.len());
        let place = |part: f64| (part * length) as usize;
        match *self {
            Self::Change { at, byte } => body[place(at)] = byte,
            Self::Cut { at, length } => drop(body.drain(place(at)..all.min(place(at) + length))),
            Self::Repeat { from, length, at } => {
                let piece = body[place(from)..all.min(place(from) + length)].to_vec();
                body.splice(place(at)..place(at), piece);
            }
            Self::Insert { at, markup } => drop(body.splice(place(at)..place(at), markup.bytes())),
            Self::End { at } => body.truncate(place(at)),
        }
    }
}

proptest! {
    #[test]
    fn what_is_accepted_is_read_by_another_reader_and_what_is_refused_is_not(
        whole in prop_oneof![7 => Just(CHART), 1 => Just(SYNTHETIC.as_str())],
        damages in prop::collection::vec(damage(), 0..4),
    ) {
        // The declaration stays whole: quick-xml does not look into it.
        let (declaration, rest) = whole.split_at(whole.find("?>").unwrap() + 2);
        let mut rest = rest.as_bytes().to_vec();
        damages.iter().for_each(|damage| damage.apply(&mut rest));
        let body = [declaration.as_bytes(), &rest].concat();
        // Bytes that are no text are refused before anybody reads them as XML.
        let Ok(text) = std::str::from_utf8(&body) else { return Ok(()) };
        match check(&body) {
            Ok(_) => prop_assert!(reads(text), "accepted, and not read: {text}"),
            Err(refusal) if refusal.reason == Reason::Malformed && reads(text) => {
                let complaint = refusal.detail.split_once(": ").map_or("", |(_, complaint)| complaint);
                prop_assert!(LEFT_TO_ITS_CALLER.contains(&complaint), "read, and refused: {refusal}: {text}");
            }
            Err(_) => {}
        }
    }
}
