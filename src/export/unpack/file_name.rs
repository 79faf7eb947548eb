//! Names of files and folders that are the same on every file system: ASCII letters, digits and `-_.%+` alone, so that neither case, normalisation nor a
//! forbidden character makes two of one or one of two. They say row ids and the tenant, and nothing of a person.

use std::collections::{HashMap, HashSet};

use crate::domain::{DocumentId, PatientId, TenantId};

/// The file of a document, in its tenant's folder.
pub fn of_document(patient: PatientId, document: DocumentId) -> String {
    format!("patient-{patient}-document-{document}.xml")
}

/// Names that mean a device on Windows, with any extension
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions>).
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

/// Folder names have so many characters before a row id: paths on Windows have 260 in all.
const LONGEST: usize = 80;

/// A folder for each tenant, whatever other tenants are asked for: of two that would meet where case does not count, or where a long name is cut, the
/// later one has its row id behind a `+`.
pub fn of_tenants(tenants: &[(TenantId, String)]) -> HashMap<TenantId, String> {
    let mut taken: HashSet<String> = HashSet::from([super::MANIFEST.to_ascii_lowercase()]);
    let mut by_age: Vec<_> = tenants.iter().collect();
    by_age.sort_by_key(|(id, _)| *id);
    let named = by_age.into_iter().map(|(id, tenant)| {
        let plain = safe(tenant);
        let is_long = plain.len() > LONGEST;
        if !is_long && taken.insert(plain.to_ascii_lowercase()) {
            return (*id, plain);
        }
        (*id, format!("{}+{id}", &plain[..plain.len().min(LONGEST)]))
    });
    named.collect()
}

/// The name with everything else as `%XX`, as in a URL. No two names become the same, apart from case and length.
fn safe(name: &str) -> String {
    let last = name.len().saturating_sub(1);
    let mut safe = String::new();
    for (at, byte) in name.bytes().enumerate() {
        let inside = at > 0 && at < last;
        // A dot hides a file or is dropped by Windows at the end; a dash begins an option.
        if byte.is_ascii_alphanumeric() || byte == b'_' || (byte == b'-' && at > 0) || (byte == b'.' && inside) {
            safe.push(char::from(byte));
        } else {
            safe += &encoded(byte);
        }
    }
    let stem = safe.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_numbered =
        NUMBERED_DEVICES.iter().any(|device| stem.strip_prefix(device).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit()));
    if DEVICES.contains(&stem.as_str()) || is_numbered {
        // Devices begin with a letter.
        safe = encoded(safe.as_bytes()[0]) + &safe[1..];
    }
    safe
}

fn encoded(byte: u8) -> String {
    format!("%{byte:02X}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folders(tenants: &[&str]) -> Vec<String> {
        let tenants: Vec<_> = (1..).zip(tenants).map(|(id, tenant)| (TenantId(id), (*tenant).to_owned())).collect();
        let named = of_tenants(&tenants);
        tenants.iter().map(|(id, _)| named[id].clone()).collect()
    }

    #[test]
    fn an_ordinary_name_stays_as_it_is() {
        assert_eq!(folders(&["TENANT_AA", "practice.example", "a-1"]), ["TENANT_AA", "practice.example", "a-1"]);
        assert_eq!(of_document(PatientId(17), DocumentId(41)), "patient-17-document-41.xml");
    }

    #[test]
    fn what_some_file_system_refuses_is_written_otherwise() {
        for (tenant, folder) in [
            ("..", "%2E%2E"),
            (".a", "%2Ea"),
            ("a.", "a%2E"),
            ("a ", "a%20"),
            ("-rf", "%2Drf"),
            ("a/b\\c:d", "a%2Fb%5Cc%3Ad"),
            ("a%2Fb", "a%252Fb"),
            ("con", "%63on"),
            ("NUL.practice", "%4EUL.practice"),
            ("com1", "%63om1"),
            ("com10", "com10"),
            ("Müller", "M%C3%BCller"),
            ("Mu\u{308}ller", "Mu%CC%88ller"),
            ("a\0\n", "a%00%0A"),
        ] {
            assert_eq!(safe(tenant), folder, "{tenant:?}");
        }
    }

    #[test]
    fn the_later_of_two_that_meet_is_told_apart_by_its_row_id() {
        let long = "x".repeat(300);
        let names = folders(&["TENANT", "tenant", "Tenant", &long, &(long.clone() + "y"), "documents.csv"]);
        let x = "x".repeat(80);
        assert_eq!(names, ["TENANT", "tenant+2", "Tenant+3", &format!("{x}+4"), &format!("{x}+5"), "documents.csv+6"]);
    }

    proptest! {
        #[test]
        fn every_name_is_safe_and_nobody_elses(tenants in prop::collection::hash_set(any::<String>(), 1..8)) {
            let tenants: Vec<_> = tenants.iter().filter(|tenant| !tenant.is_empty()).map(String::as_str).collect();
            let named = folders(&tenants);
            let folded: HashSet<_> = named.iter().map(|name| name.to_ascii_lowercase()).collect();
            prop_assert_eq!(folded.len(), tenants.len());
            for name in named {
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.%+".contains(&byte)), "{}", name);
                prop_assert!(!name.is_empty() && name.len() <= 101 && !name.starts_with(['.', '-']) && !name.ends_with('.'), "{}", name);
            }
        }
    }
}
