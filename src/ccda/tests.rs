//! What `check` says of whole bodies: each way in which a body can be no chart, each oddity that leaves it one, and that no bytes make it panic.

use proptest::prelude::*;

use super::*;
use crate::domain::Reason::{self, BadEncoding, Empty, Malformed, NotCda, UnsafeXml};

pub(super) const CHART: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="US"/>
  <id root="2.16.840.1.113883.19.5" extension="TT&amp;988"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Continuity  of
    <!-- a comment -->Care &amp; <![CDATA[<more>]]></title>
  <effectiveTime value="20260301120500-0500"/>
  <recordTarget><patientRole>
    <id root="2.16.840.1.113883.4.1" extension="111-22-3333"/>
    <id root="1.2.3" extension="MRN7"/>
    <patient>
      <name use="L"><given>Ève</given><given>Q</given><family>O&apos;Malley</family></name>
      <birthTime value="19700231"/>
      <guardian><guardianPerson><name><given>Old</given><family>Other</family></name></guardianPerson></guardian>
    </patient>
  </patientRole></recordTarget>
  <component><structuredBody><component><section><title>Problems</title><entry><observation><value xsi:type="CD"/></observation></entry><entry/>
    <component><section/></component></section></component></structuredBody></component>
</ClinicalDocument>
"#;

/// A chart with that content, as short as it can be.
fn chart(content: &str) -> String {
    format!("<ClinicalDocument xmlns='urn:hl7-org:v3'>{content}</ClinicalDocument>")
}

fn reason(body: impl AsRef<[u8]>) -> Option<Reason> {
    check(body.as_ref()).err().map(|refusal| refusal.reason)
}

fn codes(body: impl AsRef<[u8]>) -> Vec<WarningCode> {
    check(body.as_ref()).unwrap().warnings.into_iter().map(|warning| warning.code).collect()
}

#[test]
fn the_facts_of_the_header_are_read() {
    let Chart { header, warnings, sections, entries, outline } = check(CHART.as_bytes()).unwrap();
    assert_eq!(header.document_root.as_deref(), Some("2.16.840.1.113883.19.5"));
    assert_eq!(header.document_extension.as_deref(), Some("TT&988"));
    assert_eq!(header.code.as_deref(), Some("34133-9"));
    assert_eq!(header.title.as_deref(), Some("Continuity of Care & <more>"));
    assert_eq!(header.effective_time.as_deref(), Some("2026-03-01T12:05:00-05:00"));
    assert_eq!(header.effective_time_raw.as_deref(), Some("20260301120500-0500"));
    assert_eq!((header.mrn_root.as_deref(), header.mrn_extension.as_deref()), (Some("1.2.3"), Some("MRN7")));
    let [person] = header.persons.as_slice() else { panic!("one person is expected") };
    assert_eq!((person.family.as_deref(), person.given.as_deref()), (Some("O'Malley"), Some("Ève")));
    assert_eq!((person.ids.len(), person.birth_time_raw.as_deref()), (2, Some("19700231")));
    assert_eq!((sections, entries), (2, 2));
    assert_eq!(serde_json::to_string(&outline).unwrap(), r#"{"":2}"#);
    assert_eq!(warnings, [Warning { code: WarningCode::BadBirthTime, count: 1, line: 15 }]);
}

#[test]
fn a_prefix_bound_to_the_namespace_is_as_good_as_the_default() {
    let body = CHART.replace("xmlns=", "xmlns:n0=").replace('<', "<n0:").replace("<n0:/", "</n0:");
    let body = body.replace("<n0:?", "<?").replace("<n0:!", "<!").replace("<n0:more>", "<more>");
    assert!(body.contains("<n0:ClinicalDocument xmlns:n0="));
    assert_eq!(check(body.as_bytes()), check(CHART.as_bytes()));
}

#[test]
fn elements_of_other_namespaces_are_no_facts() {
    let body = chart("<section/><x:section xmlns:x='urn:x'/><x:section/><id xmlns='urn:x' root='1'/><entry xmlns=''/>");
    let read = check(body.as_bytes()).unwrap();
    assert_eq!((read.sections, read.entries, read.header.document_root), (1, 0, None));
}

#[test]
fn a_body_without_anything_is_empty() {
    for body in ["", " \r\n\t", "\u{FEFF}", "\u{FEFF}\n"] {
        assert_eq!(reason(body), Some(Empty));
    }
    assert_eq!(reason(b"\xFF\xFE \0\n\0"), Some(Empty));
}

#[test]
fn what_was_never_a_chart_is_said_so_although_it_breaks_as_xml() {
    let bodies = [
        "<!DOCTYPE html><html><body><br></body></html>",
        "<html><p>Log in</html>",
        "\n<!doctype HTML><p>",
        "{\"error\":\"x\"}",
        "[]",
        "null",
        "Bad Gateway",
        "<section xmlns='urn:hl7-org:v3'/>",
        "<section><unclosed>",
        "<feed lang=en>&nbsp;",
        "<ClinicalDocument/>",
        "<ClinicalDocument xmlns=''></b>",
        "<n0:ClinicalDocument/>",
        "<ClinicalDocument xmlns='urn:hl7-org:V3'/>",
        "<clinicalDocument xmlns='urn:hl7-org:v3'/>",
        "\0\0\0",
        "x<ClinicalDocument/>",
        "<ns:feed xmlns:ns='urn:hl7-org:v3'><ns:ClinicalDocument/></ns:feed>",
    ];
    for body in bodies {
        assert_eq!(reason(body), Some(NotCda), "{body}");
    }
    assert_eq!(reason(b"<html><p>\xE9</p></html>"), Some(NotCda));
    assert_eq!(reason(b"<page>\xE9</page>"), Some(NotCda));
    assert_eq!(reason(b"%PDF-1.7\n\xE2\xE3"), Some(NotCda));
    assert_eq!(reason("<?xml version='1.0' encoding='klingon'?><feed/>"), Some(NotCda));
}

#[test]
fn what_breaks_as_xml_is_malformed() {
    let contents = [
        "<a></b>",
        "</a>",
        "<a>",
        "<a",
        "<a b='c' b='d'/>",
        "<a b=c/>",
        "<a b='<'/>",
        "<a b='&'/>",
        "&nbsp;",
        "AT&T",
        "a & b",
        "&#0;",
        "&#xFFFE;",
        "a < b",
        "<>",
        "< a/>",
        "<1/>",
        "]]>",
        "<!-- a -- b -->",
        "<!-- a --->",
        "<!--->",
        "<!-->",
        "<!-- ",
        "<![CDATA[",
        "<![cdata[]]>",
        "<!x>",
        "<!ELEMENT a EMPTY>",
        "<?xml version='1.0'?>",
        "<?XML x?>",
        "<??>",
        "<? a?>",
        "<?a",
        "\u{1}",
        "\0",
        "\u{B}",
        "\u{FFFE}",
        "\u{FFFF}",
        "<a/ >",
        "<a b='c'd='e'/>",
        "<\u{D7}/>",
        "<a><b></a></b>",
        "</ a>",
    ];
    for content in contents {
        assert_eq!(reason(chart(content)), Some(Malformed), "{content}");
    }
    for trailer in ["x", "<a/>", "&amp;", "&#32;", "<![CDATA[]]>", "</a>", "{}", "<", "<?xml version='1.0'?>"] {
        assert_eq!(reason(chart("") + trailer), Some(Malformed), "{trailer}");
    }
    for leader in
        ["\n<?xml version='1.0'?>", "<?xml?>", "<?xml version='1.0'?>x", "<?xml version='1.0'?>&amp;", "<!-- -- -->", "<", "<?", "<1>"]
    {
        assert_eq!(reason(leader.to_owned() + &chart("")), Some(Malformed), "{leader}");
    }
}

#[test]
fn what_xml_allows_is_a_chart() {
    let contents = [
        "",
        "&lt;&gt;&amp;&quot;&apos;&#65;&#x41;",
        "<a b='>' c=\"'\"/>",
        "<!-- - -->",
        "<!---->",
        "<!-->-->",
        "<!--->-->",
        "<![CDATA[]]]]><![CDATA[>&<]]>",
        "<?a?>",
        "<?xml-x y?>",
        "]] >",
        "]]&gt;",
        "\u{85}\u{9F}\u{FFFD}",
        "<a\n/>",
        "<a></a\n>",
        "<é.-_9/>",
        "<a xml:lang='en' xml:space='preserve'/>",
        "'\"",
        "<!--<a>&-->",
    ];
    for content in contents {
        assert_eq!(reason(chart(content)), None, "{content}");
    }
    let around = format!("\u{FEFF}<?xml version='1.1' standalone='yes'?>\n<!-- x --><?y?>\n{}\n<!-- z -->\n<?z?>\n", chart(""));
    assert_eq!(reason(around), None);
}

#[test]
fn document_types_and_excesses_are_unsafe_whatever_the_root() {
    let nested = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
    let attributes: String = (0..60_000).map(|n| format!(" a{n}='1'")).collect();
    for root in ["ClinicalDocument xmlns='urn:hl7-org:v3'", "other"] {
        let bodies = [
            format!("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><{root}/>"),
            format!("<?xml version='1.0'?><!-- --><!DOCTYPE lolz [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><{root}>&c;"),
            format!("<{root}><!DOCTYPE x>"),
            format!("<{root}><!DOCTYPE>"),
            format!("<{root}/><!doctype x [<!ENTITY a"),
            format!("<{root}{attributes}/>"),
            format!("<{root}{attributes} a='"),
            format!("<{root}><a{attributes}/>"),
            format!("<{root}>{}", "<a>".repeat(1_000_000)),
        ];
        for body in bodies {
            assert_eq!(reason(&body), Some(UnsafeXml), "{}", &body[..60]);
        }
    }
    assert_eq!(reason(chart(&nested(999))), None);
    assert_eq!(reason(chart(&nested(1_000))), Some(UnsafeXml));
}

#[test]
fn bytes_of_another_encoding_are_refused_with_their_place() {
    let body = chart("\n\u{e9}").replace('\u{e9}', "?").into_bytes();
    let body: Vec<u8> = body.into_iter().map(|byte| if byte == b'?' { 0xE9 } else { byte }).collect();
    assert_eq!(check(&body).unwrap_err(), Refusal { reason: BadEncoding, detail: "line 2, column 1: the bytes are not UTF-8".into() });
}

#[test]
fn the_same_chart_in_every_encoding_says_the_same() {
    let expected = check(CHART.as_bytes()).unwrap();
    let declared = |label: &str| CHART.replace("UTF-8", label);
    let utf16 =
        |unit: fn(u16) -> [u8; 2], mark: &str| (mark.to_owned() + &declared("UTF-16")).encode_utf16().flat_map(unit).collect::<Vec<_>>();
    let single = |label: &'static str| encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(&declared(label)).0.into_owned();
    let bodies = [
        format!("\u{FEFF}{CHART}").into_bytes(),
        utf16(u16::to_le_bytes, ""),
        utf16(u16::to_be_bytes, ""),
        utf16(u16::to_le_bytes, "\u{FEFF}"),
        utf16(u16::to_be_bytes, "\u{FEFF}"),
        single("ISO-8859-1"),
        single("windows-1252"),
        single("ISO-8859-15"),
        CHART.replace('\n', "\r\n").into_bytes(),
    ];
    for (at, body) in bodies.iter().enumerate() {
        assert_eq!(check(body).as_ref(), Ok(&expected), "body {at}");
    }
    let mut warned = expected.warnings.clone();
    warned.insert(0, Warning { code: WarningCode::EncodingMismatch, count: 1, line: 1 });
    assert_eq!(check(declared("UTF-16").as_bytes()).unwrap().warnings, warned);
}

#[test]
fn what_is_odd_is_a_chart_with_a_warning() {
    use WarningCode::*;
    let nothing = [NoDocumentId, NoEffectiveTime, NoPatient, NoSections];
    assert_eq!(codes(chart("")), nothing);
    assert_eq!(codes(chart("<component><nonXMLBody/></component>")), nothing[..3]);
    let headed =
        |patient: &str| chart(&format!("<id root='1'/><effectiveTime value='2020'/><recordTarget>{patient}</recordTarget><section/>"));
    let identified = "<patientRole><id root='1' extension='2'/></patientRole>";
    assert_eq!(codes(headed(identified)), []);
    assert_eq!(codes(headed("")), [NoPatientId]);
    assert_eq!(codes(headed(&format!("{identified}</recordTarget><recordTarget>{identified}"))), [SeveralPatients]);
    assert_eq!(codes(headed(identified).replace("2020", "2020-01")), [BadEffectiveTime]);
    assert_eq!(codes(headed(identified).replace("<section/>", "<section xsi:type='x'/><sdtc:section xsi:y=''/>")), [UnboundPrefix]);
    for misused in ["<a:b:c/>", "<:a/>", "<a:/>", "<a xmlns:p=''/>", "<xmlns:a/>", "<a :b='' b:=''/>"] {
        assert!(codes(headed(identified).replace("<section/>", &format!("<section/>{misused}"))).contains(&MisusedPrefix), "{misused}");
    }
}

#[test]
fn warnings_count_and_refusals_point_in_our_own_words() {
    let body = chart("\n<section xsi:a=''/>\n<xsi:b xsi:c=''/>");
    let unbound = check(body.as_bytes()).unwrap().warnings[0];
    assert_eq!(unbound, Warning { code: WarningCode::UnboundPrefix, count: 3, line: 2 });
    let detail = |content: &str| check(chart(content).as_bytes()).unwrap_err().detail;
    assert_eq!(detail("\n<Smith>\n\n</Jones>"), "line 4, column 1: an end tag that does not match the start tag of line 2");
    assert_eq!(detail("\n a <b c='d' c='e'/>"), "line 2, column 13: an attribute occurs twice in one element");
    assert_eq!(detail("\n<!-- \n"), "line 2, column 1: a comment does not end");
    assert_eq!(detail("\n<!-- -- \n"), "line 2, column 1: a comment does not end");
    assert_eq!(detail("<a>\n</b"), "line 2, column 1: an end tag that does not match the start tag of line 1");
    assert_eq!(check(b"<ClinicalDocument xmlns='urn:hl7-org:v3'>\n</a").unwrap_err().detail, "line 2, column 1: a tag does not end");
    assert_eq!(detail("\n<1 a='"), "line 2, column 1: an attribute's value does not end");
    assert_eq!(detail("\n <a b='c'd='e'>"), "line 2, column 10: no white space before an attribute");
    assert_eq!(detail("\n <a b>"), "line 2, column 6: an attribute without `=`");
    assert_eq!(detail("\n a]]]>"), "line 2, column 4: `]]>` in text");
    assert_eq!(detail("\n<?a \n"), "line 2, column 1: a processing instruction does not end");
    assert_eq!(detail("\n <!x>"), "line 2, column 2: markup that XML does not know");
}

#[test]
fn hostile_headers_are_kept_within_bounds() {
    let patient = format!("<recordTarget><patientRole>{}</patientRole></recordTarget>", "<id root='1' extension='2'/>".repeat(500));
    let header = check(chart(&format!("<title>{}</title>{}", "é".repeat(9_999), patient.repeat(500))).as_bytes()).unwrap().header;
    assert_eq!((header.persons.len(), header.persons[0].ids.len(), header.persons[63].ids.len()), (64, 64, 64));
    assert_eq!(header.title.unwrap().len(), 4_096);
}

#[test]
fn the_first_id_with_a_root_names_the_document_else_the_first_with_an_extension() {
    let id = |ids: &str| {
        let header = check(chart(ids).as_bytes()).unwrap().header;
        (header.document_root.unwrap_or_default(), header.document_extension.unwrap_or_default())
    };
    let is = |root: &str, extension: &str| (root.to_owned(), extension.to_owned());
    assert_eq!(id("<id extension='7'/><id root='1'/><id root='2' extension='8'/>"), is("1", ""));
    assert_eq!(id("<id/><id extension='7'/><id extension='8'/><id root=' '/>"), is("", "7"));
}

#[test]
fn an_endless_value_in_the_header_is_no_fact() {
    let extension = |length: usize| {
        let long = "x".repeat(length);
        let body = chart(&format!("<id root='1' extension='{long}'/><code code='{long}'/><effectiveTime value='{long}'/>"));
        let header = check(body.as_bytes()).unwrap().header;
        [header.document_extension, header.code, header.effective_time_raw].map(|fact| fact.map_or(0, |fact| fact.len()))
    };
    assert_eq!(extension(4_096), [4_096; 3]);
    assert_eq!(extension(4_097), [0; 3]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = check(&body);
        let _ = check(&[b"<ClinicalDocument xmlns='urn:hl7-org:v3'>", body.as_slice()].concat());
    }

    #[test]
    fn no_text_of_markup_makes_it_panic(body in "[<>/?!\\[\\]CDATAxml='\"&;:#a \n\u{e9}\\-]{0,80}") {
        let _ = check(body.as_bytes());
        let _ = check(chart(&body).as_bytes());
    }

    #[test]
    fn a_chart_cut_short_is_never_accepted(cut in 0..CHART.trim_end().len()) {
        let body = &CHART.as_bytes()[..cut];
        prop_assert!(matches!(reason(body), Some(Malformed | Empty)), "{:?}", reason(body));
    }

    #[test]
    fn a_control_character_anywhere_is_refused(at in 0..CHART.len(), byte in prop::sample::select(vec![0u8, 1, 8, 11, 12, 14, 31])) {
        let mut body = CHART.as_bytes().to_vec();
        body.insert(at, byte);
        prop_assert!(reason(&body).is_some());
    }

    #[test]
    fn changed_bytes_never_make_it_panic_and_never_leak_into_the_detail(changes in prop::collection::vec((0..CHART.len(), any::<u8>()), 1..6)) {
        let mut body = CHART.as_bytes().to_vec();
        for (at, byte) in changes {
            body[at] = byte;
        }
        if let Err(refusal) = check(&body) {
            prop_assert!(!["Malley", "MRN7", "patientRole", "observation", "19700231"].iter().any(|piece| refusal.detail.contains(piece)));
        }
    }
}
