//! The `RateLimit` fields of the IETF draft (httpapi-ratelimit-headers), in its three spellings. Pure.

use std::time::Duration;

/// What a server says about its own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests that it will still answer before the reset.
    pub remaining: u64,
    /// Time until the limit is filled up again; a year at most.
    pub reset: Duration,
}

/// Longest reset that is believed: whoever adds it to a time must not overflow.
const LONGEST_SECONDS: u64 = 366 * 86_400;

/// Reads `RateLimit: limit=10, remaining=0, reset=30` (drafts 3 to 7) and `RateLimit: "default";r=0;t=30` (since draft 8).
///
/// Where several policies are named, the one with the least remaining counts, and of these the one that resets last.
pub(super) fn combined(value: &str) -> Option<RateLimit> {
    let policies = split_outside_quotes(value, b',').into_iter().filter_map(policy);
    let dictionary = pair(split_outside_quotes(value, b','), "remaining", "reset");
    policies.chain(dictionary).min_by_key(|limit| (limit.remaining, std::cmp::Reverse(limit.reset)))
}

/// Reads `RateLimit-Remaining` and `RateLimit-Reset` (drafts 0 to 2).
pub(super) fn separate(remaining: &str, reset: &str) -> Option<RateLimit> {
    let reset = Duration::from_secs(number(reset)?.min(LONGEST_SECONDS));
    Some(RateLimit { remaining: number(remaining)?, reset })
}

/// One policy of draft 8: a string or token with the parameters `r` and `t`.
fn policy(item: &str) -> Option<RateLimit> {
    pair(split_outside_quotes(item, b';'), "r", "t")
}

fn pair(members: Vec<&str>, remaining: &str, reset: &str) -> Option<RateLimit> {
    let value = |key: &str| members.iter().find_map(|member| member.trim().strip_prefix(key)?.trim_start().strip_prefix('='));
    separate(value(remaining)?, value(reset)?)
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn split_outside_quotes(text: &str, separator: u8) -> Vec<&str> {
    let mut quoted = false;
    text.split(|character: char| {
        quoted ^= character == '"';
        !quoted && character == char::from(separator)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(remaining: u64, seconds: u64) -> Option<RateLimit> {
        Some(RateLimit { remaining, reset: Duration::from_secs(seconds) })
    }

    #[test]
    fn all_three_spellings_of_the_draft_are_read() {
        assert_eq!(combined("limit=100, remaining=0, reset=30"), limit(0, 30));
        assert_eq!(combined("\"default\";r=0;t=30"), limit(0, 30));
        assert_eq!(separate(" 0", "30 "), limit(0, 30));
    }

    #[test]
    fn of_several_policies_the_tightest_counts() {
        assert_eq!(combined("\"minute,;r=1\";r=50;t=30, \"day\";r=3;t=3600"), limit(3, 3600));
        assert_eq!(combined("a;r=0;t=5, b;r=0;t=60"), limit(0, 60));
    }

    #[test]
    fn half_a_hint_is_none() {
        for text in ["", "remaining=0", "reset=30", "\"default\";r=0", "\"default\";t=3", "remaining=x, reset=1", "remaining=-1, reset=1"] {
            assert_eq!(combined(text), None, "{text:?}");
        }
        assert_eq!(separate("", "1"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC*") {
            if let Some(limit) = combined(&text) {
                prop_assert!(limit.reset <= Duration::from_secs(LONGEST_SECONDS));
            }
        }

        #[test]
        fn numbers_come_back_as_they_were_sent(remaining in any::<u64>(), seconds in 0..=LONGEST_SECONDS) {
            prop_assert_eq!(combined(&format!("limit=9,remaining={remaining},reset={seconds}")), limit(remaining, seconds));
            prop_assert_eq!(combined(&format!("\"p\";pk=:YQ==:;r={remaining} ; t={seconds}")), limit(remaining, seconds));
        }
    }
}
