//! What a single TOML value may mean: text, durations, sizes, numbers, dates, zones. Each reader says what it found and what it expected.

use std::{fmt::Display, str::FromStr, time::Duration};

use bytesize::ByteSize;
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use toml::de::DeValue;

use super::nearest::did_you_mean;
use crate::schedule::DailyHours;

/// Text with at least one character and no control characters.
pub(super) fn text(value: &DeValue<'_>) -> Result<String, String> {
    let text = string(value, "text in quotes")?;
    match text {
        "" => Err("is empty".to_owned()),
        text if text.chars().any(char::is_control) => Err("holds a control character".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// `true` or `false`.
pub(super) fn flag(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("is {}; expected true or false", describe(value)))
}

/// One text or a list of them.
pub(super) fn texts(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match value {
        DeValue::Array(items) => items.iter().map(|item| text(item.get_ref())).collect(),
        one => Ok(vec![text(one)?]),
    }
}

/// A duration above zero, such as `"90s"` or `"1h 30m"`.
pub(super) fn duration(value: &DeValue<'_>) -> Result<Duration, String> {
    let duration = duration_or_none(value)?;
    if duration.is_zero() { Err(format!("is {:?}; expected more than zero", value.as_str().unwrap_or_default())) } else { Ok(duration) }
}

/// The same, or none at all: `"0s"`.
pub(super) fn duration_or_none(value: &DeValue<'_>) -> Result<Duration, String> {
    let expected = "a duration such as \"30s\", \"10m\" or \"6h\"";
    let text = string(value, expected)?;
    humantime::parse_duration(text).map_err(|_| format!("is {text:?}; expected {expected}"))
}

/// A number of bytes above zero, such as `"64 MiB"`.
pub(super) fn size(value: &DeValue<'_>) -> Result<u64, String> {
    let expected = "a size such as \"64 MiB\"";
    let text = string(value, expected)?;
    let size = text.parse::<ByteSize>().map_err(|_| format!("is {text:?}; expected {expected}"))?;
    if size.as_u64() == 0 { Err(format!("is {text:?}; expected more than zero")) } else { Ok(size.as_u64()) }
}

/// A number above zero, with or without a fraction.
pub(super) fn positive(value: &DeValue<'_>) -> Result<f64, String> {
    let number = match value {
        DeValue::Integer(number) => number.to_string().parse::<f64>().ok(),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite() && *number > 0.0).ok_or_else(|| format!("is {}; expected a number above 0", describe(value)))
}

/// A part of a whole.
pub(super) fn share(value: &DeValue<'_>) -> Result<f64, String> {
    let share = positive(value).ok().filter(|share| *share < 1.0);
    share.ok_or_else(|| format!("is {}; expected a part between 0 and 1, such as 0.5", describe(value)))
}

/// A whole number in the limits.
pub(super) fn whole(least: u32, most: u32) -> impl Fn(&DeValue<'_>) -> Result<u32, String> {
    move |value| {
        let number = value.as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        let expected =
            if most == u32::MAX { format!("a whole number, {least} at least") } else { format!("a whole number from {least} to {most}") };
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| format!("is {}; expected {expected}", describe(value)))
    }
}

/// A date of the calendar, bare as TOML has dates or in quotes.
pub(super) fn date(value: &DeValue<'_>) -> Result<NaiveDate, String> {
    let text = match value {
        DeValue::Datetime(date) => date.to_string(),
        other => string(other, "a date such as 2024-02-29")?.to_owned(),
    };
    // chrono alone would take 2024-2-9 too.
    let date = NaiveDate::from_str(&text).ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| format!("is {text}; expected a date that exists, such as 2024-02-29"))
}

/// An IANA time zone.
pub(super) fn zone(value: &DeValue<'_>) -> Result<Tz, String> {
    let text = string(value, "a time zone such as \"America/New_York\"")?;
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    text.parse::<Tz>().map_err(|_| format!("{text:?} is no time zone of the IANA database{}", did_you_mean(text, zones)))
}

/// Hours of the day such as `"22:00-06:00"`.
pub(super) fn hours(value: &DeValue<'_>) -> Result<DailyHours, String> {
    let expected = "hours such as \"22:00-06:00\"";
    let text = string(value, expected)?;
    // The end of a day is the start of the next.
    let time = |text: &str| NaiveTime::parse_from_str(if text == "24:00" { "00:00" } else { text }, "%H:%M").ok();
    let hours = text.split_once('-').and_then(|(from, to)| Some(DailyHours { from: time(from.trim())?, to: time(to.trim())? }));
    let hours = hours.ok_or_else(|| format!("is {text:?}; expected {expected}"))?;
    if hours.from == hours.to { Err(format!("is {text:?}, which is no time at all; leave it out for always")) } else { Ok(hours) }
}

/// One of a few words.
pub(super) fn word<T: Copy>(words: &'static [(&'static str, T)]) -> impl Fn(&DeValue<'_>) -> Result<T, String> {
    move |value| {
        let names: Vec<String> = words.iter().map(|(name, _)| format!("{name:?}")).collect();
        let expected = names.join(" or ");
        let text = string(value, &expected)?;
        let known = words.iter().find(|(name, _)| *name == text).map(|(_, known)| *known);
        known.ok_or_else(|| format!("is {text:?}; expected {expected}{}", did_you_mean(text, words.iter().map(|(name, _)| *name))))
    }
}

pub(super) fn string<'v>(value: &'v DeValue<'_>, expected: impl Display) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| format!("is {}; expected {expected}", describe(value)))
}

/// A value that is not text is shown as it is, for it can be no secret; text is left to those who know what it is.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(_) => "text".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
