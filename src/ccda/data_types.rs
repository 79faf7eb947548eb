//! HL7's data types (R1) as rows have them. A null flavour stands beside a value and never in its place; where a document gives both, both are kept.

use super::{code_shapes, code_systems, element::Element, timestamp::Timestamp};
use crate::domain::clinical::{Code, InstanceId, Interval, Time};

/// An attribute's value. Some systems write the word null where they have none.
fn written<'e>(element: Element<'e, '_>, name: &str) -> Option<&'e str> {
    element.attribute(name).filter(|value| *value != "null")
}

fn attribute(element: Element, name: &str) -> Option<String> {
    written(element, name).map(str::to_owned)
}

/// What an element says of a code by its own attributes (CD, CE, CS).
pub(super) fn own_code(element: Element) -> Code {
    let (code, system) = (written(element, "code"), written(element, "codeSystem").map(code_systems::oid));
    let system_name = system.and_then(code_systems::name);
    Code {
        shape_conflict: system_name.zip(code).is_some_and(|(name, code)| code_shapes::conflicts(name, code)),
        code: code.map(str::to_owned),
        system_name,
        system: system.map(str::to_owned),
        display: attribute(element, "displayName"),
        null_flavor: attribute(element, "nullFlavor"),
    }
}

/// A code as one. Where it has none itself, the first translation with one stands in: `nullFlavor="OTH"` says just that.
pub(super) fn code(element: Option<Element>) -> Code {
    let Some(element) = element else { return Code::default() };
    let mut told = own_code(element);
    let translation = || element.children("translation").map(own_code).find(|translation| translation.code.is_some());
    if let Some(translation) = told.code.is_none().then(translation).flatten() {
        told = Code { display: translation.display.or(told.display), null_flavor: told.null_flavor, ..translation };
    }
    told.display = told.display.or_else(|| element.child("originalText").and_then(Element::text));
    told
}

/// A point in time (TS).
pub(super) fn time(element: Option<Element>) -> Time {
    let Some(element) = element else { return Time::default() };
    let (mut raw, mut null_flavor) = (written(element, "value"), written(element, "nullFlavor"));
    // Seen: <high nullFlavor="20120119000000"/>.
    if raw.is_none() && null_flavor.is_some_and(|flavor| Timestamp::parse(flavor).is_ok()) {
        raw = null_flavor.take();
    }
    let read = raw.and_then(|raw| Timestamp::parse(raw).ok());
    Time {
        precision: read.as_ref().map(|time| time.precision.as_str()),
        iso: read.map(|time| time.iso),
        raw: raw.map(str::to_owned),
        null_flavor: null_flavor.map(str::to_owned),
    }
}

/// An interval of time (IVL_TS), which its ends tell; one without ends is a point.
pub(super) fn interval(element: Option<Element>) -> Interval {
    let Some(element) = element else { return Interval::default() };
    let part = |name| element.child(name);
    let start = part("low").or_else(|| part("center")).unwrap_or(element);
    Interval { start: time(Some(start)), end: time(part("high")) }
}

/// An identifier (II).
pub(super) fn id(element: Element) -> InstanceId {
    InstanceId {
        root: attribute(element, "root"),
        extension: attribute(element, "extension"),
        authority: attribute(element, "assigningAuthorityName"),
        null_flavor: attribute(element, "nullFlavor"),
    }
}

/// All identifiers of an element.
pub(super) fn ids(element: Element) -> Vec<InstanceId> {
    element.children("id").map(id).collect()
}

/// A boolean (BL). The schema has `true` and `false` only.
pub(super) fn truth(element: Option<Element>) -> Option<bool> {
    match element?.attribute("value")? {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            element::Piece,
            tokens::{Token, Tokens},
        },
        *,
    };

    /// Asks the one element of a text.
    fn of<T>(text: &str, ask: impl FnOnce(Element) -> T) -> T {
        let text = text.replacen(' ', " xmlns='urn:hl7-org:v3' ", 1);
        let mut tokens = Tokens::new(&text);
        let Some(Token::Start { space, local, .. }) = tokens.next() else { panic!("no element") };
        let mut piece = Piece::default();
        piece.read((space, local), &mut tokens);
        ask(piece.element())
    }

    #[test]
    fn a_code_keeps_its_system_and_its_words() {
        let told = of(
            "<c code=' 2106-3 ' codeSystem=' 2.16.840.1.113883.6.238' displayName='null'><originalText>white\n one</originalText></c>",
            |c| code(Some(c)),
        );
        assert_eq!((told.code.as_deref(), told.system.as_deref()), (Some("2106-3"), Some("2.16.840.1.113883.6.238")));
        assert_eq!((told.system_name, told.display.as_deref()), (Some("CDC Race and Ethnicity"), Some("white one")));
    }

    #[test]
    fn a_null_flavor_is_never_a_value_and_a_translation_stands_in() {
        let told = of("<c nullFlavor='OTH'><translation code='x' codeSystem='1.2.3' displayName='X'/></c>", |c| code(Some(c)));
        assert_eq!((told.code.as_deref(), told.display.as_deref(), told.null_flavor.as_deref()), (Some("x"), Some("X"), Some("OTH")));
        let told = of("<c nullFlavor='UNK'/>", |c| code(Some(c)));
        assert_eq!(told, Code { null_flavor: Some("UNK".into()), ..Code::default() });
        let both = of("<c code='UNK' nullFlavor='UNK'/>", |c| code(Some(c)));
        assert_eq!((both.code.as_deref(), both.null_flavor.as_deref()), (Some("UNK"), Some("UNK")));
    }

    #[test]
    fn a_time_has_its_own_precision_or_stays_as_written() {
        let told = |text: &str| {
            let time = of(text, |t| time(Some(t)));
            [time.iso, time.precision.map(str::to_owned), time.raw, time.null_flavor].map(Option::unwrap_or_default)
        };
        assert_eq!(told("<t value='1954032300.5'/>"), ["", "", "1954032300.5", ""]);
        assert_eq!(
            told("<t value='19540323000000.000-0600'/>"),
            ["1954-03-23T00:00:00.000-06:00", "fraction", "19540323000000.000-0600", ""]
        );
        assert_eq!(told("<t value='00010101000000'/>"), ["", "", "00010101000000", ""]);
        assert_eq!(told("<t nullFlavor='20120119'/>"), ["2012-01-19", "day", "20120119", ""]);
        assert_eq!(told("<t nullFlavor='UNK'/>"), ["", "", "", "UNK"]);
    }

    #[test]
    fn an_interval_is_told_by_its_ends() {
        let told = |text: &str| {
            let interval = of(text, |t| interval(Some(t)));
            [interval.start.iso, interval.end.iso, interval.end.null_flavor].map(Option::unwrap_or_default)
        };
        assert_eq!(told("<t value='2017'/>"), ["2017", "", ""]);
        assert_eq!(told("<t value='2017'><low value='2016'/><high nullFlavor='UNK'/></t>"), ["2016", "", "UNK"]);
        assert_eq!(told("<t ><low nullFlavor='UNK'/><high value='2018'/></t>"), ["", "2018", ""]);
    }
}
