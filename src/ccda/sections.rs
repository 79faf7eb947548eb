//! The sections that the guide knows (C-CDA R1.1 to R5; HL7's C32 and CCD 1.0 before it), by template roots and by LOINC code.
//!
//! A template counts by its root alone, whatever its extension says. The code is the fallback: it has stayed the same through all releases.

use super::code_systems;
use crate::domain::clinical::code_system::LOINC;

/// A section of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub name: &'static str,
    roots: &'static [&'static str],
    /// `None` where the code is another one in each document.
    loinc: Option<&'static str>,
}

const fn known(name: &'static str, roots: &'static [&'static str], loinc: Option<&'static str>) -> Known {
    Known { name, roots, loinc }
}

/// The section with one of these template roots.
pub(super) fn by_template(root: &str) -> Option<Known> {
    SECTIONS.iter().copied().find(|known| known.roots.contains(&root))
}

/// The section with this code. A system that is missing or is no OID at all is taken for LOINC; another one is not.
pub(super) fn by_code(code: &str, system: Option<&str>) -> Option<Known> {
    let is_loinc = system.is_none_or(|system| code_systems::name(system) == Some(LOINC) || !system.contains('.'));
    SECTIONS.iter().copied().find(|known| is_loinc && known.loinc == Some(code))
}

/// The table in which the entries of the section of this name belong; `None` where it has none yet.
pub(super) fn domain(name: &str) -> Option<&'static str> {
    Some(match name {
        "problems"
        | "past_history"
        | "admission_diagnosis"
        | "discharge_diagnosis"
        | "preoperative_diagnosis"
        | "postprocedure_diagnosis"
        | "complications" => "problems",
        "medications" | "admission_medications" | "discharge_medications" | "administered_medications" => "medications",
        "allergies" => "allergies",
        "immunizations" => "immunizations",
        "results" => "results",
        "vital_signs" => "vital_signs",
        "procedures" => "procedures",
        "encounters" => "encounters",
        "plan_of_treatment" | "assessment_and_plan" | "planned_procedure" => "plan_of_treatment",
        "social_history" => "social_history",
        "notes" => "notes",
        _ => return None,
    })
}

#[rustfmt::skip]
const SECTIONS: &[Known] = &[
    known("problems", &["2.16.840.1.113883.10.20.22.2.5", "2.16.840.1.113883.10.20.22.2.5.1", "2.16.840.1.113883.10.20.1.11"], Some("11450-4")),
    known("past_history", &["2.16.840.1.113883.10.20.22.2.20"], Some("11348-0")),
    known("admission_diagnosis", &["2.16.840.1.113883.10.20.22.2.43"], Some("46241-6")),
    known("discharge_diagnosis", &["2.16.840.1.113883.10.20.22.2.24"], Some("11535-2")),
    known("preoperative_diagnosis", &["2.16.840.1.113883.10.20.22.2.34"], Some("10219-4")),
    known("postprocedure_diagnosis", &["2.16.840.1.113883.10.20.22.2.36"], Some("59769-0")),
    known("complications", &["2.16.840.1.113883.10.20.22.2.37"], Some("55109-3")),
    known("medications", &["2.16.840.1.113883.10.20.22.2.1", "2.16.840.1.113883.10.20.22.2.1.1", "2.16.840.1.113883.10.20.1.8"], Some("10160-0")),
    known("admission_medications", &["2.16.840.1.113883.10.20.22.2.44"], Some("42346-7")),
    known("discharge_medications", &["2.16.840.1.113883.10.20.22.2.11", "2.16.840.1.113883.10.20.22.2.11.1"], Some("10183-2")),
    known("administered_medications", &["2.16.840.1.113883.10.20.22.2.38"], Some("29549-3")),
    known("allergies", &["2.16.840.1.113883.10.20.22.2.6", "2.16.840.1.113883.10.20.22.2.6.1", "2.16.840.1.113883.10.20.1.2"], Some("48765-2")),
    known("immunizations", &["2.16.840.1.113883.10.20.22.2.2", "2.16.840.1.113883.10.20.22.2.2.1", "2.16.840.1.113883.10.20.1.6"], Some("11369-6")),
    known("results", &["2.16.840.1.113883.10.20.22.2.3", "2.16.840.1.113883.10.20.22.2.3.1", "2.16.840.1.113883.10.20.1.14"], Some("30954-2")),
    known("vital_signs", &["2.16.840.1.113883.10.20.22.2.4", "2.16.840.1.113883.10.20.22.2.4.1", "2.16.840.1.113883.10.20.1.16"], Some("8716-3")),
    known("procedures", &["2.16.840.1.113883.10.20.22.2.7", "2.16.840.1.113883.10.20.22.2.7.1", "2.16.840.1.113883.10.20.1.12"], Some("47519-4")),
    known("encounters", &["2.16.840.1.113883.10.20.22.2.22", "2.16.840.1.113883.10.20.22.2.22.1", "2.16.840.1.113883.10.20.1.3"], Some("46240-8")),
    known("plan_of_treatment", &["2.16.840.1.113883.10.20.22.2.10"], Some("18776-5")),
    known("assessment_and_plan", &["2.16.840.1.113883.10.20.22.2.9"], Some("51847-2")),
    known("planned_procedure", &["2.16.840.1.113883.10.20.22.2.30"], Some("59772-4")),
    known("social_history", &["2.16.840.1.113883.10.20.22.2.17", "2.16.840.1.113883.10.20.1.15"], Some("29762-2")),
    known("family_history", &["2.16.840.1.113883.10.20.22.2.15", "2.16.840.1.113883.10.20.1.4"], Some("10157-6")),
    known("functional_status", &["2.16.840.1.113883.10.20.22.2.14", "2.16.840.1.113883.10.20.1.5"], Some("47420-5")),
    known("mental_status", &["2.16.840.1.113883.10.20.22.2.56"], Some("10190-7")),
    known("medical_devices", &["2.16.840.1.113883.10.20.22.2.23", "2.16.840.1.113883.10.20.1.7"], Some("46264-8")),
    known("goals", &["2.16.840.1.113883.10.20.22.2.60"], Some("61146-7")),
    known("health_concerns", &["2.16.840.1.113883.10.20.22.2.58"], Some("75310-3")),
    known("interventions", &["2.16.840.1.113883.10.20.21.2.3"], Some("62387-6")),
    known("outcomes", &["2.16.840.1.113883.10.20.22.2.61"], Some("11383-7")),
    known("coverage", &["2.16.840.1.113883.10.20.22.2.18", "2.16.840.1.113883.10.20.1.9"], Some("48768-6")),
    known("advance_directives", &["2.16.840.1.113883.10.20.22.2.21", "2.16.840.1.113883.10.20.22.2.21.1", "2.16.840.1.113883.10.20.1.1"], Some("42348-3")),
    known("care_team", &["2.16.840.1.113883.10.20.22.2.500"], Some("85847-2")),
    known("notes", &["2.16.840.1.113883.10.20.22.2.65"], None),
    known("nutrition", &["2.16.840.1.113883.10.20.22.2.57"], Some("61144-2")),
    known("reason_for_referral", &["1.3.6.1.4.1.19376.1.5.3.1.3.1"], Some("42349-1")),
    known("instructions", &["2.16.840.1.113883.10.20.22.2.45"], Some("69730-0")),
    known("assessment", &["2.16.840.1.113883.10.20.22.2.8"], Some("51848-0")),
    known("chief_complaint", &["1.3.6.1.4.1.19376.1.5.3.1.1.13.2.1"], Some("10154-3")),
    known("chief_complaint_and_reason_for_visit", &["2.16.840.1.113883.10.20.22.2.13"], Some("46239-0")),
    known("reason_for_visit", &["2.16.840.1.113883.10.20.22.2.12"], Some("29299-5")),
    known("history_of_present_illness", &["1.3.6.1.4.1.19376.1.5.3.1.3.4"], Some("10164-2")),
    known("review_of_systems", &["1.3.6.1.4.1.19376.1.5.3.1.3.18"], Some("10187-3")),
    known("course_of_care", &["2.16.840.1.113883.10.20.22.2.64"], None),
    known("hospital_course", &["1.3.6.1.4.1.19376.1.5.3.1.3.5"], Some("8648-8")),
    known("discharge_instructions", &["2.16.840.1.113883.10.20.22.2.41"], Some("8653-8")),
    known("discharge_physical", &["1.3.6.1.4.1.19376.1.5.3.1.3.26"], Some("10184-0")),
    known("discharge_studies", &["2.16.840.1.113883.10.20.22.2.16"], Some("11493-4")),
    known("hospital_consultations", &["2.16.840.1.113883.10.20.22.2.42"], Some("18841-7")),
    known("physical_exam", &["2.16.840.1.113883.10.20.2.10"], Some("29545-1")),
    known("general_status", &["2.16.840.1.113883.10.20.2.5"], Some("10210-3")),
    known("objective", &["2.16.840.1.113883.10.20.21.2.1"], Some("61149-1")),
    known("subjective", &["2.16.840.1.113883.10.20.21.2.2"], Some("61150-9")),
    known("medical_history", &["2.16.840.1.113883.10.20.22.2.39"], Some("11329-0")),
    known("procedure_description", &["2.16.840.1.113883.10.20.22.2.27"], Some("29554-3")),
    known("procedure_findings", &["2.16.840.1.113883.10.20.22.2.28"], Some("59776-5")),
    known("procedure_indications", &["2.16.840.1.113883.10.20.22.2.29"], Some("59768-2")),
    known("postoperative_diagnosis", &["2.16.840.1.113883.10.20.22.2.35"], Some("10218-6")),
    known("anesthesia", &["2.16.840.1.113883.10.20.22.2.25"], Some("59774-0")),
    known("procedure_specimens", &["2.16.840.1.113883.10.20.22.2.31"], Some("59773-2")),
    known("procedure_implants", &["2.16.840.1.113883.10.20.22.2.40"], Some("59771-6")),
    known("estimated_blood_loss", &["2.16.840.1.113883.10.20.18.2.9"], Some("59770-8")),
    known("procedure_disposition", &["2.16.840.1.113883.10.20.18.2.12"], Some("59775-7")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_known_whatever_the_release_and_a_code_where_there_is_none() {
        assert_eq!(by_template("2.16.840.1.113883.10.20.22.2.5.1").unwrap().name, "problems");
        assert_eq!(by_template("2.16.840.1.113883.10.20.1.11").unwrap().name, "problems");
        // An entry's template says nothing about a section.
        assert_eq!(by_template("2.16.840.1.113883.10.20.22.4.26"), None);
        assert_eq!(by_code("8716-3", Some("2.16.840.1.113883.6.1")).unwrap().name, "vital_signs");
        assert_eq!(by_code("8716-3", Some("Logical Observation Identifiers, Names and Codes")).unwrap().name, "vital_signs");
        assert_eq!(by_code("8716-3", Some("2.16.840.1.113883.6.96")), None);
    }

    #[test]
    fn no_template_and_no_code_stands_for_two_sections() {
        let mut roots: Vec<_> = SECTIONS.iter().flat_map(|known| known.roots).collect();
        let mut codes: Vec<_> = SECTIONS.iter().filter_map(|known| known.loinc).collect();
        let (all_roots, all_codes) = (roots.len(), codes.len());
        roots.sort_unstable();
        roots.dedup();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!((roots.len(), codes.len()), (all_roots, all_codes));
    }
}
