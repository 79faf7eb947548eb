//! CPT, HCPCS and CDT: three systems whose codes vendors put under each other's OIDs. A code is listed in the system whose shape it has; beside that it
//! stays as it was written, with the OID that was written.

use crate::domain::clinical::{
    BillingCodes, Coded,
    code_system::{CDT, CPT, HCPCS},
};

const NAMES: [&str; 3] = [CPT, HCPCS, CDT];

/// The first code of each system.
pub(super) fn of(coded: &Coded) -> BillingCodes {
    let mut found = BillingCodes::default();
    for code in &coded.codes {
        let (Some(named), Some(code)) = (code.system_name.filter(|name| NAMES.contains(name)), code.code.as_deref()) else { continue };
        let place = match by_shape(code).unwrap_or(named) {
            CPT => &mut found.cpt,
            HCPCS => &mut found.hcpcs,
            _ => &mut found.cdt,
        };
        place.get_or_insert_with(|| code.to_owned());
    }
    found
}

/// The system whose codes have this shape: five digits, or four and a letter, are CPT; a letter and four digits are HCPCS, of which those with D are CDT.
fn by_shape(code: &str) -> Option<&'static str> {
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    match code.as_bytes() {
        [b'D', rest @ ..] if rest.len() == 4 && digits(rest) => Some(CDT),
        [b'A'..=b'V', rest @ ..] if rest.len() == 4 && digits(rest) => Some(HCPCS),
        [rest @ .., last] if rest.len() == 4 && digits(rest) && (last.is_ascii_digit() || last.is_ascii_uppercase()) => Some(CPT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clinical::Code;

    fn listed(codes: &[(&'static str, &str)]) -> [Option<String>; 3] {
        let code =
            |(name, code): &(&'static str, &str)| Code { code: Some((*code).to_owned()), system_name: Some(name), ..Code::default() };
        let BillingCodes { cpt, hcpcs, cdt } = of(&Coded { codes: codes.iter().map(code).collect(), ..Coded::default() });
        [cpt, hcpcs, cdt]
    }

    #[test]
    fn each_code_is_listed_by_its_shape_whichever_of_the_three_is_named() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(listed(&[("CPT", "99213"), ("HCPCS", "G0121"), ("CDT", "D0120")]), [some("99213"), some("G0121"), some("D0120")]);
        assert_eq!(listed(&[("CDT", "S9451"), ("CPT", "A9579"), ("HCPCS", "45378")]), [some("45378"), some("S9451"), None]);
        assert_eq!(listed(&[("CPT", "0001F"), ("CPT", "0017T"), ("HCPCS", "D0120")]), [some("0001F"), None, some("D0120")]);
    }

    #[test]
    fn one_of_no_shape_stays_where_it_is_named_and_one_of_another_system_is_not_looked_at() {
        assert_eq!(
            listed(&[("CPT", "102513008"), ("SNOMED CT", "99213"), ("ICD-10-CM", "E1192")]),
            [Some("102513008".to_owned()), None, None]
        );
        assert_eq!(listed(&[("HCPCS", ""), ("CPT", "Ä1234")]), [Some("Ä1234".to_owned()), Some(String::new()), None]);
    }
}
