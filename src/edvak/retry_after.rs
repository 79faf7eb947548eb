//! The `Retry-After` field (RFC 9110, section 10.2.3): seconds, or an HTTP date. Pure.

use std::time::{Duration, SystemTime};

/// Longer waits than a year are one year: whoever adds them to a time must not overflow.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// How long the server asks to be left alone; `None` for 0, a date that is past, and anything that is neither form.
///
/// A date is measured from the answer's own `Date` where there is one, because the server's clock may differ from ours (`now`).
pub(super) fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = if is_seconds(value) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let until = httpdate::parse_http_date(value).ok()?;
        let from = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(now);
        until.duration_since(from).ok()?
    };
    (!wait.is_zero()).then_some(wait.min(LONGEST))
}

fn is_seconds(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn from_epoch(value: &str) -> Option<Duration> {
        retry_after(value, None, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn seconds_are_a_floor_and_nothing_else_is_one() {
        assert_eq!(from_epoch(" 3 "), Some(Duration::from_secs(3)));
        assert_eq!(from_epoch("1000000"), Some(Duration::from_secs(1_000_000)));
        assert_eq!(from_epoch("99999999999999999999999"), Some(LONGEST));
        for garbage in ["0", "00", "", "-3", "+3", "3.5", "soon", "3, 4", "Sun, 06 Nov"] {
            assert_eq!(from_epoch(garbage), None, "{garbage:?}");
        }
    }

    #[test]
    fn a_date_counts_from_the_answers_own_date() {
        let until = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(retry_after(until, Some(DATE), SystemTime::now()), Some(Duration::from_secs(30)));
        let now = httpdate::parse_http_date(DATE).unwrap();
        assert_eq!(retry_after(until, Some("yesterday"), now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(DATE, Some(until), now), None);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_wait_in_bounds_or_none(value in "\\PC*", date in "\\PC*") {
            if let Some(wait) = retry_after(&value, Some(&date), SystemTime::UNIX_EPOCH) {
                prop_assert!(Duration::ZERO < wait && wait <= LONGEST);
            }
        }

        #[test]
        fn every_number_of_seconds_up_to_a_year_is_taken_as_it_is(seconds in 1u64..366 * 86_400) {
            prop_assert_eq!(from_epoch(&seconds.to_string()), Some(Duration::from_secs(seconds)));
        }

        #[test]
        fn every_date_ahead_is_taken_to_the_second(ahead in 1u64..366 * 86_400) {
            let now = httpdate::parse_http_date(DATE).unwrap();
            let value = httpdate::fmt_http_date(now + Duration::from_secs(ahead));
            prop_assert_eq!(retry_after(&value, None, now), Some(Duration::from_secs(ahead)));
        }
    }
}
