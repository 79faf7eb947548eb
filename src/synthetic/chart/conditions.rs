//! The catalog of illnesses: each with its codes, its drugs, what is measured because of it and what is aimed at. This table is what makes the charts
//! coherent: whoever has diabetes has metformin, an HbA1c that shows it, and a goal for it, because they stand in one line.

use super::{
    laboratory::{self as lab, PanelKind},
    medications::{self as drug, Course},
    plan::{self, Aim, Plan},
    procedures::{self as procedure, ProcedureKind},
};
use crate::synthetic::code::{Code, icd10, snomed};

/// One diagnosis in both terminologies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diagnosis {
    pub snomed: Code,
    pub icd10: Code,
}

/// An illness of the catalog.
#[derive(Debug, PartialEq)]
pub(super) struct Condition {
    pub diagnosis: Diagnosis,
    /// Days until it has passed; `None` for what stays.
    pub lasts: Option<u16>,
    pub courses: &'static [Course],
    pub panels: &'static [&'static PanelKind],
    /// LOINC code, lowest and highest value where the illness moves a result; in the unit and decimals of the test.
    pub moves: &'static [(&'static str, i64, i64)],
    pub procedures: &'static [&'static ProcedureKind],
    pub aims: &'static [Aim],
    pub plans: &'static [&'static Plan],
}

const fn diagnosis(
    snomed_code: &'static str,
    snomed_display: &'static str,
    icd10_code: &'static str,
    icd10_display: &'static str,
) -> Diagnosis {
    Diagnosis { snomed: snomed(snomed_code, snomed_display), icd10: icd10(icd10_code, icd10_display) }
}

/// What a catalog line leaves open.
const PLAIN: Condition = Condition {
    diagnosis: diagnosis("", "", "", ""),
    lasts: None,
    courses: &[],
    panels: &[],
    moves: &[],
    procedures: &[],
    aims: &[],
    plans: &[],
};

pub(super) static HYPERTENSION: Condition = Condition {
    diagnosis: diagnosis("59621000", "Essential hypertension", "I10", "Essential (primary) hypertension"),
    courses: &[drug::LISINOPRIL_DAILY, drug::AMLODIPINE_SOMETIMES, drug::HYDROCHLOROTHIAZIDE_FORMERLY],
    panels: &[&lab::BASIC_METABOLIC],
    aims: &[plan::SYSTOLIC_BELOW_130],
    plans: &[&plan::FOLLOW_UP, &plan::METABOLIC_PANEL],
    ..PLAIN
};

pub(super) static DIABETES: Condition = Condition {
    diagnosis: diagnosis("44054006", "Diabetes mellitus type 2", "E11.9", "Type 2 diabetes mellitus without complications"),
    courses: &[drug::METFORMIN_TWICE_DAILY],
    panels: &[&lab::HEMOGLOBIN_A1C, &lab::BASIC_METABOLIC],
    moves: &[("4548-4", 66, 91), ("2345-7", 128, 214)],
    aims: &[plan::A1C_BELOW_7],
    plans: &[&plan::FOLLOW_UP, &plan::A1C],
    ..PLAIN
};

pub(super) static HYPERLIPIDEMIA: Condition = Condition {
    diagnosis: diagnosis("55822004", "Hyperlipidemia", "E78.5", "Hyperlipidemia, unspecified"),
    courses: &[drug::ATORVASTATIN_DAILY, drug::SIMVASTATIN_FORMERLY],
    panels: &[&lab::LIPIDS],
    moves: &[("2093-3", 201, 248), ("13457-7", 112, 168), ("2571-8", 152, 236)],
    aims: &[plan::LDL_BELOW_100],
    plans: &[&plan::LIPID_PANEL],
    ..PLAIN
};

pub(super) static OBESITY: Condition = Condition { diagnosis: diagnosis("414916001", "Obesity", "E66.9", "Obesity, unspecified"), ..PLAIN };

pub(super) static CORONARY_DISEASE: Condition = Condition {
    diagnosis: diagnosis(
        "53741008",
        "Coronary arteriosclerosis",
        "I25.10",
        "Atherosclerotic heart disease of native coronary artery without angina pectoris",
    ),
    courses: &[drug::ASPIRIN_DAILY, drug::METOPROLOL_TWICE_DAILY],
    panels: &[&lab::BASIC_METABOLIC],
    procedures: &[&procedure::CORONARY_INTERVENTION, &procedure::ELECTROCARDIOGRAM],
    plans: &[&plan::FOLLOW_UP],
    ..PLAIN
};

pub(super) static ATRIAL_FIBRILLATION: Condition = Condition {
    diagnosis: diagnosis("49436004", "Atrial fibrillation", "I48.91", "Unspecified atrial fibrillation"),
    courses: &[drug::WARFARIN_DAILY],
    panels: &[&lab::INR],
    moves: &[("6301-6", 20, 30)],
    procedures: &[&procedure::ELECTROCARDIOGRAM],
    plans: &[&plan::INR],
    ..PLAIN
};

pub(super) static ASTHMA: Condition = Condition {
    diagnosis: diagnosis("195967001", "Asthma", "J45.909", "Unspecified asthma, uncomplicated"),
    courses: &[drug::ALBUTEROL_AS_NEEDED, drug::FLUTICASONE_SOMETIMES],
    procedures: &[&procedure::SPIROMETRY],
    plans: &[&plan::FOLLOW_UP],
    ..PLAIN
};

pub(super) static LUNG_DISEASE: Condition = Condition {
    diagnosis: diagnosis("13645005", "Chronic obstructive lung disease", "J44.9", "Chronic obstructive pulmonary disease, unspecified"),
    courses: &[drug::ALBUTEROL_AS_NEEDED],
    panels: &[&lab::BLOOD_COUNT],
    procedures: &[&procedure::SPIROMETRY, &procedure::CHEST_X_RAY],
    plans: &[&plan::FOLLOW_UP, &plan::SPIROMETRY],
    ..PLAIN
};

pub(super) static HYPOTHYROIDISM: Condition = Condition {
    diagnosis: diagnosis("40930008", "Hypothyroidism", "E03.9", "Hypothyroidism, unspecified"),
    courses: &[drug::LEVOTHYROXINE_DAILY],
    panels: &[&lab::THYROTROPIN],
    moves: &[("3016-3", 310, 640)],
    plans: &[&plan::THYROTROPIN],
    ..PLAIN
};

pub(super) static REFLUX: Condition = Condition {
    diagnosis: diagnosis("235595009", "Gastroesophageal reflux disease", "K21.9", "Gastro-esophageal reflux disease without esophagitis"),
    courses: &[drug::OMEPRAZOLE_DAILY],
    ..PLAIN
};

pub(super) static DEPRESSION: Condition = Condition {
    diagnosis: diagnosis("35489007", "Depressive disorder", "F32.A", "Depression, unspecified"),
    courses: &[drug::SERTRALINE_DAILY],
    plans: &[&plan::FOLLOW_UP],
    ..PLAIN
};

pub(super) static ANXIETY: Condition =
    Condition { diagnosis: diagnosis("197480006", "Anxiety disorder", "F41.9", "Anxiety disorder, unspecified"), ..PLAIN };

pub(super) static MIGRAINE: Condition = Condition {
    diagnosis: diagnosis("37796009", "Migraine", "G43.909", "Migraine, unspecified, not intractable, without status migrainosus"),
    courses: &[drug::NAPROXEN_AS_NEEDED],
    ..PLAIN
};

pub(super) static OSTEOARTHRITIS: Condition = Condition {
    diagnosis: diagnosis("396275006", "Osteoarthritis", "M19.90", "Unspecified osteoarthritis, unspecified site"),
    courses: &[drug::ACETAMINOPHEN_AS_NEEDED],
    procedures: &[&procedure::KNEE_REPLACEMENT],
    ..PLAIN
};

pub(super) static OSTEOPOROSIS: Condition = Condition {
    diagnosis: diagnosis("64859006", "Osteoporosis", "M81.0", "Age-related osteoporosis without current pathological fracture"),
    courses: &[drug::ALENDRONATE_DAILY],
    procedures: &[&procedure::BONE_DENSITY],
    ..PLAIN
};

pub(super) static IRON_DEFICIENCY: Condition = Condition {
    diagnosis: diagnosis("87522002", "Iron deficiency anemia", "D50.9", "Iron deficiency anemia, unspecified"),
    courses: &[drug::FERROUS_SULFATE_DAILY],
    panels: &[&lab::BLOOD_COUNT, &lab::FERRITIN],
    moves: &[("718-7", 94, 114), ("2276-4", 4, 11)],
    plans: &[&plan::BLOOD_COUNT],
    ..PLAIN
};

pub(super) static ALLERGIC_RHINITIS: Condition = Condition {
    diagnosis: diagnosis("61582004", "Allergic rhinitis", "J30.9", "Allergic rhinitis, unspecified"),
    courses: &[drug::CETIRIZINE_DAILY],
    ..PLAIN
};

pub(super) static ATOPIC_DERMATITIS: Condition = Condition {
    diagnosis: diagnosis("24079001", "Atopic dermatitis", "L20.9", "Atopic dermatitis, unspecified"),
    courses: &[drug::HYDROCORTISONE_CREAM],
    ..PLAIN
};

pub(super) static OTITIS_MEDIA: Condition = Condition {
    diagnosis: diagnosis("65363002", "Otitis media", "H66.90", "Otitis media, unspecified, unspecified ear"),
    lasts: Some(14),
    courses: &[drug::AMOXICILLIN_COURSE],
    ..PLAIN
};

pub(super) static STREP_THROAT: Condition = Condition {
    diagnosis: diagnosis("43878008", "Streptococcal sore throat", "J02.0", "Streptococcal pharyngitis"),
    lasts: Some(12),
    courses: &[drug::PENICILLIN_V_COURSE],
    panels: &[&lab::STREP_TEST],
    ..PLAIN
};

pub(super) static BRONCHITIS: Condition = Condition {
    diagnosis: diagnosis("10509002", "Acute bronchitis", "J20.9", "Acute bronchitis, unspecified"),
    lasts: Some(21),
    procedures: &[&procedure::CHEST_X_RAY],
    ..PLAIN
};
