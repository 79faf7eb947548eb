//! The laboratory's catalog: panels of LOINC, their tests, units and reference ranges.

use crate::synthetic::code::{Code, loinc};

/// What is ordered together.
#[derive(Debug, PartialEq)]
pub(super) struct PanelKind {
    pub code: Code,
    pub tests: &'static [TestKind],
}

/// One test.
#[derive(Debug, PartialEq)]
pub(super) struct TestKind {
    pub code: Code,
    pub answer: Answer,
}

/// What a test answers with.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// A number in a UCUM unit, with its decimals; `low` and `high` are those of the reference range, as whole numbers without the decimal point.
    Number { unit: &'static str, decimals: u8, low: i64, high: i64 },
    /// Reported only as being above a limit: the usual way with kidneys that work.
    Above { unit: &'static str, limit: i64 },
    /// Positive or negative; positive in the charts that have it, because the illness was found by it.
    Positive,
}

const fn number(code: &'static str, display: &'static str, unit: &'static str, decimals: u8, range: (i64, i64)) -> TestKind {
    TestKind { code: loinc(code, display), answer: Answer::Number { unit, decimals, low: range.0, high: range.1 } }
}

pub(super) static BASIC_METABOLIC: PanelKind = PanelKind {
    code: loinc("24321-2", "Basic metabolic 2000 panel - Serum or Plasma"),
    tests: &[
        number("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 0, (70, 99)),
        number("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 2, (60, 120)),
        number("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 1, (35, 51)),
        TestKind {
            code: loinc(
                "33914-3",
                "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)",
            ),
            answer: Answer::Above { unit: "mL/min/{1.73_m2}", limit: 60 },
        },
    ],
};

pub(super) static LIPIDS: PanelKind = PanelKind {
    code: loinc("24331-1", "Lipid 1996 panel - Serum or Plasma"),
    tests: &[
        number("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 0, (125, 200)),
        number("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", 0, (40, 150)),
        number("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", 0, (40, 80)),
        number("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation", "mg/dL", 0, (50, 100)),
    ],
};

pub(super) static HEMOGLOBIN_A1C: PanelKind = PanelKind {
    code: loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
    tests: &[number("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 1, (40, 56))],
};

pub(super) static BLOOD_COUNT: PanelKind = PanelKind {
    code: loinc("58410-2", "CBC panel - Blood by Automated count"),
    tests: &[
        number("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 1, (45, 110)),
        number("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 1, (120, 160)),
        number("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 0, (150, 400)),
    ],
};

pub(super) static FERRITIN: PanelKind = PanelKind {
    code: loinc("2276-4", "Ferritin [Mass/volume] in Serum or Plasma"),
    tests: &[number("2276-4", "Ferritin [Mass/volume] in Serum or Plasma", "ng/mL", 0, (15, 150))],
};

pub(super) static THYROTROPIN: PanelKind = PanelKind {
    code: loinc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"),
    tests: &[number("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "m[IU]/L", 2, (40, 450))],
};

pub(super) static INR: PanelKind = PanelKind {
    code: loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay"),
    tests: &[number("6301-6", "INR in Platelet poor plasma by Coagulation assay", "{INR}", 1, (8, 12))],
};

pub(super) static STREP_TEST: PanelKind = PanelKind {
    code: loinc("18481-2", "Streptococcus pyogenes Ag [Presence] in Throat"),
    tests: &[TestKind { code: loinc("18481-2", "Streptococcus pyogenes Ag [Presence] in Throat"), answer: Answer::Positive }],
};
