//! What no rule takes is kept, and what is taken is not kept twice.

use super::flat;
use crate::domain::clinical::{Assertion, Flat, IssueReason, UnknownEntry};

const FAMILY: &str = "<code code='10157-6'/>";

fn problem(attributes: &str) -> String {
    let template = "<templateId root='2.16.840.1.113883.10.20.22.4.4'/>";
    let value = "<value code='38341003' codeSystem='2.16.840.1.113883.6.96' displayName='Hypertension'/>";
    format!("<observation {attributes}>{template}{value}</observation>")
}

/// Entries, unknown ones, rows: of the only section.
fn counts(flat: &Flat) -> [u32; 3] {
    let section = &flat.sections[0];
    assert_eq!(section.unknown_entries as usize, flat.unknown_entries.len());
    [section.entries, section.unknown_entries, section.rows]
}

#[test]
fn an_entry_of_a_domain_without_a_table_is_kept_as_it_stands() {
    let organizer = "<organizer classCode='CLUSTER' moodCode='EVN'><templateId root='2.16.840.1.113883.10.20.22.4.45' extension='2015-08-01'/>\
                     <templateId root='9.9'/><id root='1.2' extension='3'/><code code='f' codeSystem='2.16.840.1.113883.6.96'/>\
                     <statusCode code='Completed'/></organizer>";
    let told = flat(FAMILY, &format!("<entry typeCode='DRIV'>{organizer}</entry><entry> <!-- nothing --> </entry>"));
    assert_eq!(counts(&told), [2, 2, 0]);
    let UnknownEntry { entry, templates, raw, raw_bytes } = &told.unknown_entries[0];
    let expected = format!("<entry typeCode='DRIV'>{organizer}</entry>");
    assert_eq!((raw.as_deref(), *raw_bytes), (Some(expected.as_str()), expected.len()));
    assert_eq!((entry.path.as_str(), entry.element.as_str(), entry.context), ("entry", "organizer", "family_history"));
    assert_eq!((entry.class.as_deref(), entry.mood.as_deref(), entry.status.as_deref()), (Some("CLUSTER"), Some("EVN"), Some("completed")));
    assert_eq!(entry.template_root.as_deref(), Some("2.16.840.1.113883.10.20.22.4.45"));
    assert_eq!((templates.len(), entry.ids.len(), entry.assertion), (2, 1, Assertion::Present));
    let empty = &told.unknown_entries[1];
    assert_eq!((empty.entry.path.as_str(), empty.entry.element.as_str()), ("entry[2]", "entry"));
    assert_eq!(empty.raw.as_deref(), Some("<entry> <!-- nothing --> </entry>"));
}

#[test]
fn an_entry_that_rows_tell_is_not_kept_once_more() {
    let concern = |content: &str| {
        format!(
            "<entry><act><templateId root='2.16.840.1.113883.10.20.22.4.3'/><entryRelationship>{content}</entryRelationship></act></entry>"
        )
    };
    assert_eq!(counts(&flat("<code code='11450-4'/>", &concern(&(problem("") + &problem(""))))), [1, 0, 2]);
    assert_eq!(counts(&flat(FAMILY, &concern(&problem("")))), [1, 0, 1]);
    assert_eq!(counts(&flat(FAMILY, &format!("<entry>{}</entry>", problem("")))), [1, 0, 1]);
    assert_eq!(counts(&flat("<code code='11450-4'/>", &concern(""))), [1, 1, 0]);
    // In the section itself, whatever a vendor has put around it.
    let around = format!("<entry><act><entryRelationship>{}</entryRelationship></act></entry>", problem(""));
    assert_eq!(counts(&flat("<code code='11450-4'/>", &around)), [1, 0, 1]);
}

#[test]
fn what_holds_a_row_and_says_more_is_kept_too() {
    let concern = format!(
        "<entry><act><templateId root='2.16.840.1.113883.10.20.22.4.132'/><entryRelationship>{}</entryRelationship></act></entry>",
        problem("negationInd='true'")
    );
    let told = flat("<code code='75310-3'/>", &concern);
    assert_eq!((counts(&told), told.problems.len()), ([1, 1, 1], 1));
    assert!(told.unknown_entries[0].entry.seq > told.problems[0].entry.seq);
}

#[test]
fn statements_deeper_than_any_are_left_out_and_that_is_said() {
    let (open, close) = ("<act><entryRelationship>".repeat(60), "</entryRelationship></act>".repeat(60));
    let told = flat(FAMILY, &format!("<entry>{open}{}{close}</entry><entry>{}</entry>", problem(""), problem("")));
    assert_eq!(counts(&told), [2, 1, 1]);
    assert_eq!(told.issues.iter().map(|issue| issue.reason).collect::<Vec<_>>(), [IssueReason::TooDeep]);
    assert!(told.issues[0].path.starts_with("ClinicalDocument/component/structuredBody/component/section/entry/act/entryRelationship/act"));
}

#[test]
fn a_negated_one_says_so_and_one_that_is_too_large_is_named_without_its_text() {
    let told = flat(FAMILY, "<entry><observation negationInd='true'/></entry>");
    assert_eq!((told.unknown_entries[0].entry.negated, told.unknown_entries[0].entry.assertion), (true, Assertion::Absent));
    let large = "x".repeat(1 << 20);
    let told = flat(FAMILY, &format!("<entry><act><text>{large}</text></act></entry><entry><act/></entry>"));
    let kept: Vec<_> = told.unknown_entries.iter().map(|unknown| (unknown.raw.is_some(), unknown.raw_bytes > 1 << 20)).collect();
    assert_eq!(kept, [(false, true), (true, false)]);
}
