//! Results and vital signs: where they are found, and the forms that values take.

use super::flat;
use crate::domain::clinical::{Assertion, Measurement, Value};

const RESULTS: &str = "<code code='30954-2'/>";

fn results(entries: &str) -> Vec<Measurement> {
    flat(RESULTS, entries).results
}

fn value(element: &str) -> Value {
    results(&format!("<entry><observation><code code='4548-4'/>{element}</observation></entry>")).remove(0).value
}

/// Text, number, upper number, comparator, unit.
type Told = (Option<String>, Option<String>, Option<String>, Option<&'static str>, Option<String>);

fn told(element: &str) -> Told {
    let value = value(element);
    (value.text, value.number, value.number_high, value.comparator, value.unit)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn values_are_numbers_where_they_are_and_texts_always() {
    assert_eq!(told("<value xsi:type='PQ' value='7.2' unit='%'/>"), (some("7.2 %"), some("7.2"), None, None, some("%")));
    assert_eq!(told("<value xsi:type='INT' value='12'/>"), (some("12"), some("12"), None, None, None));
    let at_most = "<value xsi:type='IVL_PQ'><high value='0.5' unit='ng/mL'/></value>";
    assert_eq!(told(at_most), (some("<= 0.5 ng/mL"), some("0.5"), None, Some("<="), some("ng/mL")));
    let more = "<value xsi:type='IVL_PQ'><low value='60' inclusive='false'/></value>";
    assert_eq!(told(more), (some("> 60"), some("60"), None, Some(">"), None));
    let both = "<value xsi:type='IVL_PQ'><low value='1' unit='g'/><high value='2' unit='g'/></value>";
    assert_eq!(told(both), (some("1 g to 2 g"), some("1"), some("2"), None, some("g")));
    assert_eq!(told("<value xsi:type='ST'> &lt;0.5\n</value>"), (some("<0.5"), some("0.5"), None, Some("<"), None));
    assert_eq!(told("<value xsi:type='ST'>1.015</value>"), (some("1.015"), some("1.015"), None, None, None));
    for text in ["1:80", "Negative", "1e5", "inf", "4+ cells"] {
        assert_eq!(told(&format!("<value xsi:type='ST'>{text}</value>")), (some(text), None, None, None, None));
    }
    let foreign = "<value xsi:type='PQ' nullFlavor='OTH'><translation value='5' nullFlavor='OTH'><originalText>cells</originalText></translation></value>";
    assert_eq!(told(foreign), (some("5 cells"), some("5"), None, None, some("cells")));
    let coded = value("<value xsi:type='CD' code='260385009' codeSystem='2.16.840.1.113883.6.96' displayName='Negative'/>");
    assert_eq!((coded.text.as_deref(), coded.code.preferred().unwrap().code.as_deref()), (Some("Negative"), Some("260385009")));
    assert_eq!(value("<value xsi:type='ED'><reference value='#r1'/></value>").text.as_deref(), Some("Asthma | 2012"));
    // A date is no number.
    assert_eq!(told("<value xsi:type='TS' value='20260301'/>"), (some("2026-03-01"), None, None, None, None));
    let years = "<value xsi:type='IVL_TS'><low value='1974'/><high value='20050227'/></value>";
    assert_eq!(told(years), (some("1974 to 2005-02-27"), None, None, None, None));
    let none = value("<value xsi:type='PQ' nullFlavor='UNK'/>");
    assert_eq!((none.text, none.null_flavor.as_deref(), none.kind.as_deref()), (None, Some("UNK"), Some("PQ")));
}

#[test]
fn observations_are_rows_with_and_without_an_organizer_and_what_they_own_is_none() {
    let entries = "<entry><organizer><templateId root='2.16.840.1.113883.10.20.22.4.1'/><code code='24323-8' codeSystem='2.16.840.1.113883.6.1'/>
          <effectiveTime value='20260301'/><specimen><specimenRole><specimenPlayingEntity><code code='119297000' displayName='Blood'/></specimenPlayingEntity></specimenRole></specimen>
          <component><observation><code code='a'/><value xsi:type='INT' value='1'/>
            <referenceRange><observationRange><interpretationCode code='H'/><value xsi:type='IVL_PQ'><low value='9'/></value></observationRange></referenceRange>
            <referenceRange><observationRange><text>normal</text><value xsi:type='IVL_PQ'><low value='1' unit='g'/><high value='2' unit='g'/></value></observationRange></referenceRange>
            <entryRelationship><observation><code code='owned'/></observation></entryRelationship></observation></component>
          <component><observation><code code='b'/><effectiveTime value='20260302'/></observation></component></organizer></entry>
        <entry><observation><code code='c'/><interpretationCode code='H'/></observation></entry>";
    let told = flat(RESULTS, entries);
    assert_eq!((told.panels.len(), told.results.len()), (1, 3));
    assert_eq!((told.panels[0].entry.seq, told.panels[0].specimen.display()), (1, Some("Blood")));
    let parents: Vec<_> = told.results.iter().map(|result| result.entry.parent_seq).collect();
    assert_eq!(parents, [Some(1), Some(1), None]);
    let panel_times: Vec<_> = told.results.iter().map(|result| result.panel_time.as_ref().and_then(|time| time.iso.clone())).collect();
    assert_eq!(panel_times, [some("2026-03-01"), None, None]);
    let range = &told.results[0].reference;
    assert_eq!(
        (range.low.as_deref(), range.high.as_deref(), range.unit.as_deref(), range.text.as_deref()),
        (Some("1"), Some("2"), Some("g"), Some("normal"))
    );
    assert_eq!((told.results[0].specimen.display(), told.results[2].entry.context), (Some("Blood"), "section"));
}

#[test]
fn place_decides_between_results_and_vital_signs_and_elsewhere_the_template_does() {
    let vital = "<entry><observation><templateId root='2.16.840.1.113883.10.20.22.4.27'/><code code='8480-6'/></observation></entry>";
    let counts = |section: &str| {
        let told = flat(section, vital);
        (told.results.len(), told.vital_signs.len(), told.vital_signs.first().map(|row| row.entry.context))
    };
    assert_eq!(counts("<code code='8716-3'/>"), (0, 1, Some("section")));
    assert_eq!(counts(RESULTS), (1, 0, None));
    assert_eq!(counts("<code code='29762-2'/>"), (0, 1, Some("social_history")));
}

#[test]
fn a_range_that_has_no_ends_is_told_in_its_words() {
    let text = |value: &str| {
        let range = format!("<referenceRange><observationRange>{value}</observationRange></referenceRange>");
        results(&format!("<entry><observation><code code='5797-6'/>{range}</observation></entry>")).remove(0).reference.text
    };
    assert_eq!(text("<value xsi:type='ED'>Negative</value>"), some("Negative"));
    assert_eq!(text("<value xsi:type='CO' code='2' displayName='Clear'/>"), some("Clear"));
    assert_eq!(text("<text>none</text><value xsi:type='ST'>Negative</value>"), some("none"));
    assert_eq!(text("<value xsi:type='IVL_PQ'><low value='1'/><high value='2'/></value>"), None);
}

#[test]
fn placeholders_are_no_measurements() {
    let assertion = |attributes: &str, content: &str| {
        results(&format!("<entry><observation {attributes}>{content}</observation></entry>")).remove(0).entry.assertion
    };
    assert_eq!(assertion("negationInd='true'", "<code code='39968002'/><value xsi:type='CD' nullFlavor='UNK'/>"), Assertion::NoInformation);
    assert_eq!(assertion("", "<code nullFlavor='NI'/>"), Assertion::NoInformation);
    assert_eq!(assertion("", "<code code='4548-4'/><statusCode code='active'/>"), Assertion::Present, "ordered, and not there yet");
    assert_eq!(assertion("nullFlavor='NI'", "<code code='26436-6'/><value xsi:type='CD' nullFlavor='NI'/>"), Assertion::NoInformation);
    let no_code = "<code code='UNK' nullFlavor='UNK' displayName='No Results Available'/>";
    assert_eq!(assertion("", no_code), Assertion::NoInformation);
    assert_eq!(assertion("", &format!("{no_code}<value xsi:type='ST'>clear</value>")), Assertion::Present);
}

#[test]
fn a_name_without_a_code_stands_before_what_the_clinician_saw() {
    let code = |code: &str| results(&format!("<entry><observation>{code}</observation></entry>")).remove(0).entry.code;
    let display = |element: &str| code(element).display().map(str::to_owned);
    assert_eq!(display("<code displayName='Urine culture'><originalText>culture</originalText></code>"), some("Urine culture"));
    assert_eq!(
        display("<code code='630-4' codeSystem='2.16.840.1.113883.6.1'><originalText>culture</originalText></code>"),
        some("culture")
    );
}
