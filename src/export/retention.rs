//! Retention, the rule: which of a patient's documents lose their bodies. Pure: the time comes in, and nothing is deleted here.

use crate::{clock::Millis, store::retention::Version};

const DAY: Millis = 86_400_000;

/// What of the past is kept. What either setting keeps, stays; without settings, everything does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// So many newest versions of each patient's chart, and of each window, keep their bodies; at least 1.
    pub keep_versions: Option<u32>,
    /// What was fetched, tried or ended in the last so many days is kept; at least 1.
    pub keep_days: Option<u32>,
}

impl Retention {
    /// Whether nothing ever goes.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// The instant before which something is old enough to go; `None` where age alone ends nothing.
    pub(super) fn cutoff(&self, now: Millis) -> Option<Millis> {
        self.keep_days.map(|days| now - Millis::from(days) * DAY)
    }

    /// Whether a document may lose its body that has so many newer accepted ones beside it.
    fn ends(&self, version: &Version, newer: u32, now: Millis) -> bool {
        let superfluous = newer >= self.keep_versions.unwrap_or(1).max(1);
        let old = self.cutoff(now).is_none_or(|cutoff| version.fetched_at < cutoff);
        !self.is_everything() && version.is_settled && superfluous && old
    }
}

/// Walks versions in their order (by patient and window, the newest first) and tells of each whether its body goes.
///
/// The newest accepted version has no newer one and so never goes. What waits for a person's decision neither goes nor counts as a version.
#[derive(Debug)]
pub(super) struct Walk {
    retention: Retention,
    now: Millis,
    /// Patient and window of the version before.
    group: Option<(i64, Option<String>, Option<String>)>,
    /// Accepted versions of the group so far.
    newer: u32,
}

impl Walk {
    pub fn new(retention: Retention, now: Millis) -> Self {
        Self { retention, now, group: None, newer: 0 }
    }

    pub fn ends(&mut self, version: &Version) -> bool {
        let group = (version.patient_id, version.window_start.clone(), version.window_end.clone());
        if self.group.as_ref() != Some(&group) {
            self.group = Some(group);
            self.newer = 0;
        }
        let ends = self.retention.ends(version, self.newer, self.now);
        self.newer += u32::from(version.is_accepted);
        ends && version.has_body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Millis = 1_000 * DAY;

    fn version(patient_id: i64, window: Option<&str>, days_ago: i64) -> Version {
        Version {
            id: 1,
            patient_id,
            window_start: window.map(Into::into),
            window_end: window.map(Into::into),
            fetched_at: NOW - days_ago * DAY,
            is_accepted: true,
            is_settled: true,
            has_body: true,
        }
    }

    fn ended(keep_versions: Option<u32>, keep_days: Option<u32>, versions: &[Version]) -> Vec<bool> {
        let mut walk = Walk::new(Retention { keep_versions, keep_days }, NOW);
        versions.iter().map(|version| walk.ends(version)).collect()
    }

    #[test]
    fn the_newest_versions_stay_and_older_ones_go() {
        let versions = [1, 2, 3, 4].map(|days| version(7, None, days));
        assert_eq!(ended(Some(2), None, &versions), [false, false, true, true]);
    }

    #[test]
    fn the_latest_stays_however_old_it_is() {
        let versions = [900, 901].map(|days| version(7, None, days));
        assert_eq!(ended(None, Some(30), &versions), [false, true]);
    }

    #[test]
    fn what_either_setting_keeps_stays() {
        let versions = [1, 20, 40, 50].map(|days| version(7, None, days));
        assert_eq!(ended(Some(1), Some(30), &versions), [false, false, true, true]);
        assert_eq!(ended(Some(3), Some(30), &versions), [false, false, false, true]);
    }

    #[test]
    fn patients_and_windows_are_counted_apart() {
        let versions = [version(7, None, 1), version(7, Some("2024-01-01"), 2), version(8, None, 3), version(8, None, 4)];
        assert_eq!(ended(Some(1), None, &versions), [false, false, false, true]);
    }

    #[test]
    fn what_waits_for_a_decision_is_no_version_and_stays() {
        let quarantined = Version { is_accepted: false, is_settled: false, ..version(7, None, 2) };
        let versions = [version(7, None, 1), quarantined, version(7, None, 3), version(7, None, 4)];
        assert_eq!(ended(Some(2), None, &versions), [false, false, false, true]);
    }

    #[test]
    fn a_discarded_document_goes_once_there_is_an_accepted_one_after_it() {
        let discarded = |days| Version { is_accepted: false, ..version(7, None, days) };
        assert_eq!(ended(Some(1), None, &[discarded(1), version(7, None, 2), discarded(3)]), [false, false, true]);
    }

    proptest! {
        #[test]
        fn of_every_chart_and_window_the_latest_accepted_version_stays(
            drawn in prop::collection::vec((0i64..3, 0u8..3, any::<bool>(), any::<bool>(), 0i64..400), 0..40),
            keep_versions in prop::option::of(1u32..4),
            keep_days in prop::option::of(1u32..300),
        ) {
            let mut versions: Vec<Version> = drawn.into_iter().map(|(patient, window, accepted, settled, days)| Version {
                is_accepted: accepted,
                is_settled: accepted || settled,
                ..version(patient, (window > 0).then(|| ["2024-01-01", "2024-01-02"][usize::from(window) - 1]), days)
            }).collect();
            let key = |v: &Version| (v.patient_id, v.window_start.clone());
            versions.sort_by_key(|v| (v.patient_id, v.window_start.clone(), -v.fetched_at));
            let ended = ended(keep_versions, keep_days, &versions);
            for (index, version) in versions.iter().enumerate() {
                let newer_accepted = versions[..index].iter().filter(|v| key(v) == key(version) && v.is_accepted).count();
                prop_assert!(!ended[index] || newer_accepted >= keep_versions.unwrap_or(1) as usize);
                prop_assert!(!ended[index] || version.is_settled);
                let (none, young) = (keep_versions.is_none() && keep_days.is_none(), keep_days.is_some_and(|d| version.fetched_at >= NOW - i64::from(d) * DAY));
                prop_assert!(!ended[index] || !(none || young));
            }
        }
    }
}
