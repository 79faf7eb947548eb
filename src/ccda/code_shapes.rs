//! Whether a code can be one of its system at all. Vendors put codes under the OID of another system; the code is kept as it is written, and flagged.
//!
//! Only the shape is looked at, which each system publishes and never changes: a code that fits may still be none.

/// Whether the code has another shape than the codes of the system with this usual name. Of other systems nothing is known.
pub(super) fn conflicts(system: &str, code: &str) -> bool {
    let fits = match system {
        "LOINC" => is_loinc(code),
        "SNOMED CT" => is_number(code, 6..=18),
        "RxNorm" => is_number(code, 1..=8),
        "CVX" => is_number(code, 1..=3),
        "ICD-10-CM" => is_icd_10(code, 4),
        "ICD-10" => is_icd_10(code, 2),
        "ICD-9-CM" => is_icd_9(code),
        "ICD-10-PCS" => code.len() == 7 && code.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()),
        "CPT" => is_cpt(code),
        // Its first level is CPT.
        "HCPCS" => is_lettered(code, 'A'..='V') || is_cpt(code),
        "CDT" => is_lettered(code, 'D'..='D'),
        "NDC" => is_number(&code.replace('-', ""), 8..=12),
        _ => true,
    };
    !fits
}

fn is_number(code: &str, digits: std::ops::RangeInclusive<usize>) -> bool {
    digits.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number and its check digit; parts, answers and lists begin with letters.
fn is_loinc(code: &str) -> bool {
    let number = code.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let prefix = code.len() - number.len();
    (prefix == 0 || prefix == 2)
        && number.split_once('-').is_some_and(|(number, check)| is_number(number, 1..=7) && is_number(check, 1..=1))
}

/// A letter, a digit, a digit or letter, and so many after the dot, which some leave out.
fn is_icd_10(code: &str, most_behind_the_dot: usize) -> bool {
    let (category, rest) = match code.split_once('.') {
        Some((category, rest)) if !rest.is_empty() => (category, rest),
        Some(_) => return false,
        None => code.split_at_checked(3).unwrap_or((code, "")),
    };
    let is_category = matches!(category.as_bytes(), [letter, digit, last]
        if letter.is_ascii_alphabetic() && digit.is_ascii_digit() && last.is_ascii_alphanumeric());
    is_category && rest.len() <= most_behind_the_dot && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Three digits, V and two, or E and three, and two at most after the dot, which some leave out.
fn is_icd_9(code: &str) -> bool {
    let letters = code.len() - code.trim_start_matches(['V', 'E']).len();
    let digits = code[letters..].replacen('.', "", 1);
    letters <= 1 && is_number(&digits, 2..=5)
}

/// Five digits, or four and a letter of its category.
fn is_cpt(code: &str) -> bool {
    is_number(code, 5..=5) || (code.ends_with(['A', 'F', 'M', 'T', 'U']) && is_number(&code[..code.len() - 1], 4..=4))
}

/// One of these letters and four digits.
fn is_lettered(code: &str, letters: std::ops::RangeInclusive<char>) -> bool {
    code.chars().next().is_some_and(|letter| letters.contains(&letter) && is_number(&code[1..], 4..=4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_their_system_fit() {
        let fitting = [
            ("LOINC", "4548-4"),
            ("LOINC", "LA6576-8"),
            ("SNOMED CT", "73211009"),
            ("SNOMED CT", "428041000124106"),
            ("RxNorm", "860975"),
            ("CVX", "08"),
            ("ICD-10-CM", "E11.9"),
            ("ICD-10-CM", "T23.199A"),
            ("ICD-10-CM", "T23199A"),
            ("ICD-10-CM", "I10"),
            ("ICD-10-CM", "C4A.0"),
            ("ICD-10", "E11.9"),
            ("ICD-9-CM", "250.00"),
            ("ICD-9-CM", "V70.0"),
            ("ICD-9-CM", "E885.9"),
            ("ICD-9-CM", "4019"),
            ("ICD-10-PCS", "0DTJ4ZZ"),
            ("CPT", "99213"),
            ("CPT", "0001F"),
            ("HCPCS", "S9451"),
            ("HCPCS", "99213"),
            ("CDT", "D0120"),
            ("NDC", "49281-0396-15"),
            ("a vendor's", "whatever"),
        ];
        for (system, code) in fitting {
            assert!(!conflicts(system, code), "{system} {code}");
        }
    }

    #[test]
    fn codes_under_the_oid_of_another_system_conflict() {
        let conflicting = [
            ("CDT", "S9451"),
            ("ICD-10", "T23.199A"),
            ("ICD-10", "73211009"),
            ("ICD-10-CM", "250.00"),
            ("ICD-10-CM", "E11."),
            ("LOINC", "88888"),
            ("LOINC", "73211009"),
            ("SNOMED CT", "E11.9"),
            ("SNOMED CT", "250.00"),
            ("CPT", "73211009"),
            ("CPT", "Ä1234"),
            ("HCPCS", "Z"),
            ("RxNorm", "NDC-1"),
            ("CVX", "1234"),
            ("ICD-9-CM", "E11.9.1"),
            ("ICD-9-CM", "I10"),
            ("NDC", "none"),
        ];
        for (system, code) in conflicting {
            assert!(conflicts(system, code), "{system} {code}");
        }
    }
}
