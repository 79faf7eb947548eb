//! Problems, what they assert and where they stand.

use super::flat;
use crate::domain::clinical::{Assertion, Problem, code_system::ICD_10_CM};

const SECTION: &str = "<templateId root='2.16.840.1.113883.10.20.22.2.5.1'/><code code='11450-4'/>";

fn problems(section: &str, entries: &str) -> Vec<Problem> {
    flat(section, entries).problems
}

fn observation(content: &str) -> String {
    format!(
        "<observation classCode='OBS' moodCode='EVN'><templateId root='2.16.840.1.113883.10.20.22.4.4' extension='2015-08-01'/>{content}</observation>"
    )
}

fn one(content: &str) -> Problem {
    let entry = format!("<entry>{}</entry>", observation(content));
    problems(SECTION, &entry).remove(0)
}

#[test]
fn a_problem_has_its_code_its_times_and_the_concern_around_it() {
    let entry = format!(
        "<entry/><entry typeCode='DRIV'><act classCode='ACT' moodCode='EVN'><templateId root='2.16.840.1.113883.10.20.22.4.3'/>
           <statusCode code='Active'/><effectiveTime><low value='201303'/></effectiveTime>
           <author><time value='20130301'/><assignedAuthor><id root='2.16.840.1.113883.4.6' extension='99'/><assignedPerson><name><given>A</given> <family>B</family></name></assignedPerson></assignedAuthor></author>
           <entryRelationship typeCode='SUBJ'>{}</entryRelationship></act></entry>",
        observation(
            "<id root='1.2' extension='7'/><id nullFlavor='UNK'/><code code='55607006' codeSystem='2.16.840.1.113883.6.96'/><text><reference value='#r1'/></text>
             <statusCode code='completed'/><effectiveTime><low value='20120115'/><high nullFlavor='UNK'/></effectiveTime>
             <value xsi:type='CD' code='J45.909' codeSystem='2.16.840.1.113883.6.90' displayName='Unspecified asthma'>
               <originalText><reference value='#r1'/></originalText>
               <translation code='195967001' codeSystem='2.16.840.1.113883.6.96' displayName='Asthma'/></value>
             <entryRelationship typeCode='REFR'><observation><templateId root='2.16.840.1.113883.10.20.22.4.6'/><value code='55561003' codeSystem='2.16.840.1.113883.6.96' displayName='Active'/></observation></entryRelationship>
             <entryRelationship typeCode='SUBJ' inversionInd='true'><observation><templateId root='2.16.840.1.113883.10.20.22.4.31'/><value value='57' unit='a'/></observation></entryRelationship>
             <entryRelationship><act><templateId root='2.16.840.1.113883.10.20.22.4.64'/><text>seasonal</text></act></entryRelationship>"
        )
    );
    let problem = problems(SECTION, &entry).remove(0);
    let entry = &problem.entry;
    assert_eq!((entry.seq, entry.context, entry.assertion), (2, "section", Assertion::Present), "the empty entry before it is a row too");
    assert_eq!(entry.path, "entry[2]/act/entryRelationship/observation");
    assert_eq!(
        (entry.code.preferred().unwrap().code.as_deref(), entry.code.display()),
        (Some("195967001"), Some("Asthma")),
        "SNOMED CT is preferred"
    );
    assert_eq!(entry.code.of(ICD_10_CM), Some("J45.909"));
    assert_eq!((entry.code.original_text.as_deref(), entry.text.as_deref()), (Some("Asthma | 2012"), Some("Asthma | 2012")));
    assert_eq!((entry.narrative_id.as_deref(), entry.ids.len()), (Some("r1"), 2));
    let start = entry.times.start.as_ref().unwrap();
    assert_eq!((start.iso.as_deref(), start.precision, entry.times.end.as_ref()), (Some("2012-01-15"), Some("day"), None));
    assert_eq!(entry.times.end_null_flavor.as_deref(), Some("UNK"));
    assert_eq!((problem.concern_status.as_deref(), problem.concern.start.unwrap().iso.as_deref()), (Some("active"), Some("2013-03")));
    assert_eq!(
        (problem.problem_status.display(), problem.onset_age.as_deref(), problem.onset_age_unit.as_deref()),
        (Some("Active"), Some("57"), Some("a"))
    );
    assert_eq!(
        (entry.author.name.as_deref(), entry.author.npi.as_deref(), entry.comment.as_deref()),
        (Some("A B"), Some("99"), Some("seasonal"))
    );
}

#[test]
fn what_a_problem_asserts_is_told() {
    let value = |negated: &str, value: &str| {
        let observation = observation(value).replace("<observation ", &format!("<observation {negated} "));
        problems(SECTION, &format!("<entry>{observation}</entry>")).remove(0).entry.assertion
    };
    let code = |code: &str| format!("<value xsi:type='CD' code='{code}' codeSystem='2.16.840.1.113883.6.96'/>");
    assert_eq!(value("", &code("195967001")), Assertion::Present);
    assert_eq!(value("negationInd='false'", &code("195967001")), Assertion::Present);
    assert_eq!(value("negationInd='true'", &code("195967001")), Assertion::Absent);
    assert_eq!(value("negationInd='true'", &code("55607006")), Assertion::NoKnown);
    assert_eq!(value("negationInd='1'", &code("64572001")), Assertion::NoKnown);
    assert_eq!(value("", &code("160245001")), Assertion::NoKnown, "R1.1 says so without negation");
    assert_eq!(value("negationInd='true'", "<value xsi:type='CD' nullFlavor='NA'/>"), Assertion::NoInformation);
    assert_eq!(value("", "<value xsi:type='CD' nullFlavor='UNK'/>"), Assertion::NoInformation);
    assert_eq!(value("", "<value xsi:type='CD' nullFlavor='UNK'><originalText>Back pain</originalText></value>"), Assertion::Present);
    assert_eq!(value("", ""), Assertion::NoInformation);
}

#[test]
fn a_problem_that_no_code_names_is_named_by_its_words() {
    let told = |content: &str| {
        let entry = one(content).entry;
        (entry.code.original_text, entry.assertion)
    };
    let uncoded = "<value xsi:type='CD' nullFlavor='UNK'/>";
    let any = "<value xsi:type='CD' code='55607006' codeSystem='2.16.840.1.113883.6.96' displayName='Problem'/>";
    for value in [uncoded, any] {
        let in_text = |text: &str| told(&format!("<text>{text}</text>{value}"));
        assert_eq!(in_text("Essential Hypertension"), (Some("Essential Hypertension".into()), Assertion::Present), "{value}");
        assert_eq!(in_text("No Problems Recorded").1, Assertion::NoInformation, "{value}");
        assert_eq!(in_text("No known problems").1, Assertion::NoKnown, "{value}");
        assert_eq!(told(value), (None, Assertion::NoInformation));
    }
    let named = any.replace("'Problem'", "'No Known Problems'");
    assert_eq!(told(&named), (None, Assertion::NoKnown));
    let on_translation =
        "<value nullFlavor='UNK'><translation nullFlavor='NA'><originalText>Back pain</originalText></translation></value>";
    assert_eq!(told(on_translation), (Some("Back pain".into()), Assertion::Present));
    let coded = "<text>No problems with sleep</text><value code='401174001' codeSystem='2.16.840.1.113883.6.96'/>";
    assert_eq!(told(coded), (None, Assertion::Present), "what has a code of its own needs no words");
}

#[test]
fn where_a_problem_was_found_is_told_and_it_is_not_counted_as_the_list_s() {
    let within = |template: &str| {
        format!("<entry><act><templateId root='{template}'/><entryRelationship>{}</entryRelationship></act></entry>", observation(""))
    };
    let context = |section: &str, entries: &str| problems(section, entries).remove(0).entry.context;
    assert_eq!(context("<code code='11450-4'/>", &within("1.2.3")), "section", "the code is the fallback");
    assert_eq!(
        context("<templateId root='2.16.840.1.113883.10.20.22.2.22.1'/>", &within("2.16.840.1.113883.10.20.22.4.80")),
        "encounter_diagnosis"
    );
    assert_eq!(context("<code code='75310-3'/>", &within("2.16.840.1.113883.10.20.22.4.132")), "health_concern");
    assert_eq!(context("<code code='11348-0'/>", &within("1.2.3")), "past_history");
    assert_eq!(context("", &within("1.2.3")), "unknown_section");
}

#[test]
fn an_act_may_hold_several_and_what_is_owned_is_no_row() {
    let two = format!(
        "<entry><act><entryRelationship>{}</entryRelationship><entryRelationship>{}</entryRelationship></act></entry>",
        observation(""),
        observation("")
    );
    let rows = problems(SECTION, &two);
    let paths: Vec<_> = rows.iter().map(|problem| problem.entry.path.as_str()).collect();
    assert_eq!(paths, ["entry/act/entryRelationship/observation", "entry/act/entryRelationship[2]/observation"]);
    assert_eq!(problems(SECTION, "<entry><observation><templateId root='2.16.840.1.113883.10.20.22.4.6'/></observation></entry>"), []);
}

#[test]
fn a_status_that_contradicts_the_end_is_kept_and_said() {
    let told = |status: &str, high: &str| {
        let status = format!(
            "<observation><templateId root='2.16.840.1.113883.10.20.22.4.6'/><value code='{status}' codeSystem='2.16.840.1.113883.6.96'/></observation>"
        );
        let content = format!("<effectiveTime><low value='2005'/>{high}</effectiveTime><entryRelationship>{status}</entryRelationship>");
        one(&content).status_conflict
    };
    assert!(told("55561003", "<high value='2007'/>"));
    assert!(told("55561003", "<high nullFlavor='UNK'/>"), "resolved, nobody knows when");
    assert!(!told("55561003", "<high nullFlavor='NI'/>") && !told("55561003", "<high value='00010101'/>") && !told("55561003", ""));
    assert!(!told("413322009", "<high value='2007'/>"));
}

#[test]
fn a_code_is_preferred_by_its_system_however_that_is_written() {
    let translation = "<translation code='195967001' codeSystem='SNOMED'/>";
    let told = one(&format!("<value code='J45.909' codeSystem='ICD-10'>{translation}</value>")).entry.code;
    assert_eq!(told.preferred().and_then(|code| code.code.as_deref()), Some("195967001"));
}

#[test]
fn dates_that_contradict_each_other_are_kept_and_said() {
    let times =
        |low: &str, high: &str| one(&format!("<effectiveTime><low value='{low}'/><high value='{high}'/></effectiveTime>")).entry.times;
    assert!(times("20161209", "20161208").contradict());
    assert!(!times("20161208", "20161209").contradict());
    assert!(!times("20170501", "2017").contradict(), "the year is not over before May");
    let sentinel = times("20161209", "00010101000000");
    assert_eq!(
        (sentinel.end.as_ref().unwrap().iso.as_deref(), sentinel.end.as_ref().unwrap().raw.as_deref()),
        (None, Some("00010101000000"))
    );
    assert!(!sentinel.contradict());
    let salvaged = one("<effectiveTime><low value='20110101'/><high nullFlavor='20120119000000'/></effectiveTime>").entry.times;
    assert_eq!((salvaged.end.unwrap().iso.as_deref(), salvaged.end_null_flavor), (Some("2012-01-19T00:00:00"), None));
}
