//! A receipt against the database of today: does it add up, and does it say what can be counted again?

use crate::store::verify::Today;

use super::{Effort, Receipt};

/// What is wrong with a stored receipt by itself; `None` when every patient is accounted for.
pub fn misprint(json: &str) -> Option<String> {
    match serde_json::from_str::<Receipt>(json) {
        Err(error) => Some(format!("cannot be read: {error}")),
        Ok(receipt) if !receipt.adds_up() => Some("does not add up".to_owned()),
        Ok(_) => None,
    }
}

/// How a stored receipt differs from what is counted today, tenant by tenant. Who rests follows from settings and is taken from the receipt.
pub fn differences(json: &str, today: Today) -> Vec<String> {
    let Ok(stored) = serde_json::from_str::<Receipt>(json) else { return Vec::new() };
    let patients: Vec<_> = today.patients.into_iter().map(|(tenant, count)| (tenant, u64::try_from(count).unwrap_or(0))).collect();
    let resting: Vec<_> = stored.tenants.iter().map(|line| (line.tenant.clone(), line.counts.resting)).collect();
    let counted = Receipt::new(today.counts, &patients, &resting, Effort::default());
    if counted.tenants == stored.tenants && counted.total == stored.total {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for line in &stored.tenants {
        match counted.tenants.iter().find(|other| other.tenant == line.tenant) {
            Some(other) if other.counts == line.counts => {}
            Some(other) => lines.push(format!("{}: says {}, counted {}", line.tenant, brief(&line.counts), brief(&other.counts))),
            None => lines.push(format!("{}: says {}, and nobody of this tenant is counted", line.tenant, brief(&line.counts))),
        }
    }
    let unsaid = counted.tenants.iter().filter(|other| !stored.tenants.iter().any(|line| line.tenant == other.tenant));
    lines.extend(unsaid.map(|other| format!("{}: says nothing, counted {}", other.tenant, brief(&other.counts))));
    if lines.is_empty() {
        lines.push(format!("in all: says {}, counted {}", brief(&stored.total), brief(&counted.total)));
    }
    lines
}

fn brief(counts: &super::Counts) -> String {
    let super::Counts { patients, due, done, absent, waiting, dead, quarantined, not_tried, .. } = counts;
    format!(
        "{patients} patients, {due} due, {done} done, {absent} absent, {waiting} waiting, {dead} dead, {quarantined} quarantined, {not_tried} not tried"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{report::Effort, store::receipts::Count};

    fn count(state: &str, fetches: i64) -> Count {
        Count { tenant: "A".into(), state: state.into(), fetches, ..Count::default() }
    }

    #[test]
    fn a_receipt_says_what_is_counted_again() {
        let receipt = Receipt::new(vec![count("done", 3)], &[("A".into(), 4)], &[("A".into(), 1)], Effort::default());
        let json = serde_json::to_string(&receipt).unwrap();
        assert_eq!(misprint(&json), None);
        let today = |counts| Today { counts, patients: vec![("A".into(), 4)] };
        assert_eq!(differences(&json, today(vec![count("done", 3)])), Vec::<String>::new());
        let told = differences(&json, today(vec![count("done", 2), count("dead", 1)]));
        assert!(told.len() == 1 && told[0].contains("3 done") && told[0].contains("2 done"), "{told:?}");
    }

    #[test]
    fn a_receipt_that_lost_a_patient_is_found_out() {
        let receipt = Receipt::new(vec![count("done", 3)], &[("A".into(), 4)], &[], Effort::default());
        assert_eq!(misprint(&serde_json::to_string(&receipt).unwrap()).as_deref(), Some("does not add up"));
        assert!(misprint("{}").is_some_and(|told| told.starts_with("cannot be read")));
    }
}
