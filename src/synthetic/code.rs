//! A coded concept and the code systems that the invented charts use. Knows no XML.

/// A concept of a code system, with the words that the system itself has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub system: CodeSystem,
    pub code: &'static str,
    pub display: &'static str,
}

/// A code system that has an HL7 object identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSystem {
    SnomedCt,
    Icd10Cm,
    RxNorm,
    Loinc,
    Cvx,
    NciThesaurus,
    RaceAndEthnicity,
    AdministrativeGender,
    MaritalStatus,
    RoleCode,
    ActCode,
    ParticipationFunction,
    ProviderTaxonomy,
    ObservationValue,
}

impl CodeSystem {
    /// The object identifier as HL7's registry has it.
    pub fn oid(self) -> &'static str {
        match self {
            Self::SnomedCt => "2.16.840.1.113883.6.96",
            Self::Icd10Cm => "2.16.840.1.113883.6.90",
            Self::RxNorm => "2.16.840.1.113883.6.88",
            Self::Loinc => "2.16.840.1.113883.6.1",
            Self::Cvx => "2.16.840.1.113883.12.292",
            Self::NciThesaurus => "2.16.840.1.113883.3.26.1.1",
            Self::RaceAndEthnicity => "2.16.840.1.113883.6.238",
            Self::AdministrativeGender => "2.16.840.1.113883.5.1",
            Self::MaritalStatus => "2.16.840.1.113883.5.2",
            Self::RoleCode => "2.16.840.1.113883.5.111",
            Self::ActCode => "2.16.840.1.113883.5.4",
            Self::ParticipationFunction => "2.16.840.1.113883.5.88",
            Self::ProviderTaxonomy => "2.16.840.1.113883.6.101",
            Self::ObservationValue => "2.16.840.1.113883.5.1063",
        }
    }
}

/// A SNOMED CT concept.
pub(super) const fn snomed(code: &'static str, display: &'static str) -> Code {
    Code { system: CodeSystem::SnomedCt, code, display }
}

/// A LOINC term.
pub(super) const fn loinc(code: &'static str, display: &'static str) -> Code {
    Code { system: CodeSystem::Loinc, code, display }
}

/// An ICD-10-CM code.
pub(super) const fn icd10(code: &'static str, display: &'static str) -> Code {
    Code { system: CodeSystem::Icd10Cm, code, display }
}

/// An RxNorm concept.
pub(super) const fn rxnorm(code: &'static str, display: &'static str) -> Code {
    Code { system: CodeSystem::RxNorm, code, display }
}

/// A CVX vaccine code.
pub(super) const fn cvx(code: &'static str, display: &'static str) -> Code {
    Code { system: CodeSystem::Cvx, code, display }
}

/// A concept of the NCI Thesaurus, here always a route of administration.
pub(super) const fn nci(code: &'static str, display: &'static str) -> Code {
    Code { system: CodeSystem::NciThesaurus, code, display }
}
