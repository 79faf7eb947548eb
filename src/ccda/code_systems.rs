//! The code systems by their OIDs, as everybody calls them. A document's own `codeSystemName` is free text, and is not asked.

/// The OID itself of how it is written.
pub(super) fn oid(written: &str) -> &str {
    let trimmed = written.trim();
    trimmed.strip_prefix("urn:oid:").unwrap_or(trimmed)
}

/// The usual name of a system, by its OID or by what some vendors write in place of one.
pub(super) fn name(system: &str) -> Option<&'static str> {
    if let Some((_, name)) = OIDS.iter().find(|(oid, _)| *oid == system) {
        return Some(name);
    }
    if system.contains('.') {
        return None;
    }
    let word: String = system.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, name)| *name)
}

#[rustfmt::skip]
const OIDS: &[(&str, &str)] = &[
    ("2.16.840.1.113883.6.1", "LOINC"),
    ("2.16.840.1.113883.6.96", "SNOMED CT"),
    ("2.16.840.1.113883.6.88", "RxNorm"),
    ("2.16.840.1.113883.12.292", "CVX"),
    ("2.16.840.1.113883.6.59", "CVX"),
    ("2.16.840.1.113883.6.90", "ICD-10-CM"),
    ("2.16.840.1.113883.6.103", "ICD-9-CM"),
    ("2.16.840.1.113883.6.104", "ICD-9-CM procedures"),
    ("2.16.840.1.113883.6.4", "ICD-10-PCS"),
    ("2.16.840.1.113883.6.3", "ICD-10"),
    ("2.16.840.1.113883.6.12", "CPT"),
    ("2.16.840.1.113883.6.285", "HCPCS"),
    ("2.16.840.1.113883.6.14", "HCPCS"),
    ("2.16.840.1.113883.6.13", "CDT"),
    ("2.16.840.1.113883.6.69", "NDC"),
    ("2.16.840.1.113883.4.9", "UNII"),
    ("2.16.840.1.113883.12.227", "MVX"),
    ("2.16.840.1.113883.6.60", "MVX"),
    ("2.16.840.1.113883.3.26.1.1", "NCI Thesaurus"),
    ("2.16.840.1.113883.6.209", "NDF-RT"),
    ("2.16.840.1.113883.3.26.1.5", "NDF-RT"),
    ("2.16.840.1.113883.6.345", "MED-RT"),
    ("2.16.840.1.113883.6.8", "UCUM"),
    ("2.16.840.1.113883.6.238", "CDC Race and Ethnicity"),
    ("2.16.840.1.113883.6.253", "Medi-Span DDID"),
    ("2.16.840.1.113883.6.68", "Medi-Span GPI"),
    ("2.16.840.1.113883.6.254", "ICF"),
    ("1.2.840.10008.2.16.4", "DICOM"),
    ("2.16.840.1.113883.6.50", "Place of Service"),
    ("2.16.840.1.113883.5.1", "AdministrativeGender"),
    ("2.16.840.1.113883.5.2", "MaritalStatus"),
    ("2.16.840.1.113883.5.4", "ActCode"),
    ("2.16.840.1.113883.5.6", "ActClass"),
    ("2.16.840.1.113883.5.7", "ActPriority"),
    ("2.16.840.1.113883.5.8", "ActReason"),
    ("2.16.840.1.113883.5.14", "ActStatus"),
    ("2.16.840.1.113883.5.25", "Confidentiality"),
    ("2.16.840.1.113883.5.45", "EntityNameUse"),
    ("2.16.840.1.113883.5.1119", "AddressUse"),
    ("2.16.840.1.113883.5.60", "LanguageAbilityMode"),
    ("2.16.840.1.113883.5.61", "LanguageAbilityProficiency"),
    ("2.16.840.1.113883.5.83", "ObservationInterpretation"),
    // A value set's OID, which many take for the system's.
    ("2.16.840.1.113883.1.11.78", "ObservationInterpretation"),
    ("2.16.840.1.113883.5.85", "OrderableDrugForm"),
    ("2.16.840.1.113883.5.88", "ParticipationFunction"),
    ("2.16.840.1.113883.5.110", "RoleClass"),
    ("2.16.840.1.113883.5.111", "RoleCode"),
    ("2.16.840.1.113883.5.112", "RouteOfAdministration"),
    ("2.16.840.1.113883.5.129", "SpecimenType"),
    ("2.16.840.1.113883.5.139", "TimingEvent"),
    ("2.16.840.1.113883.5.140", "TribalEntityUS"),
    ("2.16.840.1.113883.5.1008", "NullFlavor"),
    ("2.16.840.1.113883.5.1063", "ObservationValue"),
    ("2.16.840.1.113883.5.1076", "ReligiousAffiliation"),
    ("2.16.840.1.113883.6.121", "Language"),
    ("2.16.840.1.113883.6.101", "NUCC Provider Taxonomy"),
    ("2.16.840.1.113883.5.53", "NUCC Provider Taxonomy"),
    ("2.16.840.1.113883.6.259", "HSLOC"),
    ("2.16.840.1.113883.6.301.5", "NUBC Discharge Status"),
    ("2.16.840.1.113883.3.221.5", "Source of Payment Typology"),
    ("2.16.840.1.113883.12.112", "Discharge Disposition"),
    ("2.16.840.1.113883.12.443", "Provider Role"),
    ("2.16.840.1.113883.6.255.1336", "X12 Insurance Type"),
    ("2.16.840.1.113883.3.247.1.1", "IMO"),
    ("2.16.840.1.113883.4.1", "SSN"),
    ("2.16.840.1.113883.4.6", "NPI"),
    ("2.16.840.1.113883.4.572", "Medicare"),
    ("2.16.840.1.113883.6.92", "FIPS States"),
    ("2.16.840.1.113883.6.231", "ZIP"),
];

/// What is written where an OID belongs, in capitals and without what is no letter or digit.
#[rustfmt::skip]
const WORDS: &[(&str, &str)] = &[
    ("LOINC", "LOINC"),
    ("SNOMED", "SNOMED CT"),
    ("SNOMEDCT", "SNOMED CT"),
    ("RXNORM", "RxNorm"),
    ("CVX", "CVX"),
    ("MVX", "MVX"),
    ("NDC", "NDC"),
    ("CPT", "CPT"),
    ("CPT4", "CPT"),
    ("HCPCS", "HCPCS"),
    ("ICD9", "ICD-9-CM"),
    ("ICD9CM", "ICD-9-CM"),
    ("ICD10", "ICD-10"),
    ("ICD10CM", "ICD-10-CM"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_known_by_its_oid_however_it_is_written_or_by_a_word_in_its_place() {
        assert_eq!(name(oid(" 2.16.840.1.113883.6.96 ")), Some("SNOMED CT"));
        assert_eq!(name(oid("urn:oid:2.16.840.1.113883.6.59")), Some("CVX"));
        assert_eq!((name("ICD-10"), name("SNOMED"), name("icd9")), (Some("ICD-10"), Some("SNOMED CT"), Some("ICD-9-CM")));
        assert_eq!((name("2.16.840.1.113883.6.96.1"), name("my codes")), (None, None));
    }

    #[test]
    fn every_system_that_rules_ask_for_has_a_number() {
        use crate::domain::clinical::code_system::*;
        let classifications = [SNOMED_CT, LOINC, ICD_10_CM, ICD_9_CM, ICD_10_PCS, CPT, HCPCS, CDT, HSLOC, ACT_CODE];
        for name in classifications.into_iter().chain([RXNORM, NDC, CVX, UNII, MED_RT, NDF_RT, NCI_THESAURUS]) {
            assert!(OIDS.iter().any(|(_, known)| *known == name), "{name}");
        }
    }

    #[test]
    fn no_system_is_named_twice() {
        let mut oids: Vec<_> = OIDS.iter().map(|(oid, _)| oid).collect();
        oids.sort_unstable();
        oids.dedup();
        assert_eq!(oids.len(), OIDS.len());
    }
}
