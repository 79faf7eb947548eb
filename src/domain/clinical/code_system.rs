//! The code systems that rules ask for, by their usual names: a document may write the OID of one, an older OID, or a word in its place.

pub const SNOMED_CT: &str = "SNOMED CT";
pub const LOINC: &str = "LOINC";
pub const ICD_10_CM: &str = "ICD-10-CM";
pub const ICD_9_CM: &str = "ICD-9-CM";
pub const ICD_10_PCS: &str = "ICD-10-PCS";
pub const CPT: &str = "CPT";
/// Level II.
pub const HCPCS: &str = "HCPCS";
pub const CDT: &str = "CDT";
pub const RXNORM: &str = "RxNorm";
pub const NDC: &str = "NDC";
pub const CVX: &str = "CVX";
pub const UNII: &str = "UNII";
pub const MED_RT: &str = "MED-RT";
pub const NDF_RT: &str = "NDF-RT";
pub const NCI_THESAURUS: &str = "NCI Thesaurus";
/// HL7's own classes of acts, such as AMB.
pub const ACT_CODE: &str = "ActCode";
/// Places of care.
pub const HSLOC: &str = "HSLOC";
