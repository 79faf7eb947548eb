//! HL7's TS, `YYYY[MM[DD[HH[MM[SS[.f+]]]]]][±ZZZZ]` (data types R1, 2.24): what a time says, as ISO 8601 text of exactly its own precision.
//!
//! Nothing is invented here: a year stays a year, and a time without a zone is not given one.

use chrono::NaiveDate;

/// The smallest unit that a time names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// A second with its fraction.
    Fraction,
}

impl Precision {
    /// The word as it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Fraction => "fraction",
        }
    }
}

/// A time that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// ISO 8601, cut to the precision: `2017`, `2017-03-01`, `2017-03-01T12:05-05:00`. A date carries no zone, for ISO has no such form.
    pub iso: String,
    pub precision: Precision,
    /// `+HH:MM` or `-HH:MM` as it was given; `None` where no zone was.
    pub offset: Option<String>,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotATime {
    #[error("not of the form YYYY[MM[DD[HH[MM[SS[.f]]]]]][±ZZZZ], or no date of the calendar")]
    Malformed,
    /// A placeholder by which systems write "no date": 0001-01-01 or 1900-01-01.
    #[error("a placeholder for no date")]
    Sentinel,
}

/// The longest text that is looked at; the longest sensible one has 28 characters.
const LONGEST: usize = 40;

/// `2017-03-01T12:05:09-05:00`; only with a fraction it is longer.
const LONGEST_ISO: usize = 25;

impl Timestamp {
    /// Reads a TS as it stands in an attribute; blanks around it are not part of it.
    pub fn parse(raw: &str) -> Result<Self, NotATime> {
        let parts = Parts::split(raw.trim()).ok_or(NotATime::Malformed)?;
        let precision = parts.precision().ok_or(NotATime::Malformed)?;
        let offset = parts.zone.map(read_offset).transpose()?;
        parts.check_date()?;
        Ok(Self { iso: parts.iso(precision, offset.as_deref()), precision, offset })
    }
}

/// A TS cut at its point and at its sign; the pieces hold digits only.
struct Parts<'a> {
    digits: &'a str,
    fraction: Option<&'a str>,
    zone: Option<(char, &'a str)>,
}

impl<'a> Parts<'a> {
    fn split(raw: &'a str) -> Option<Self> {
        let (rest, zone) = match raw.find(['+', '-']) {
            Some(at) => (&raw[..at], Some((raw[at..].chars().next()?, &raw[at + 1..]))),
            None => (raw, None),
        };
        let (digits, fraction) = match rest.split_once('.') {
            Some((digits, fraction)) => (digits, Some(fraction)),
            None => (rest, None),
        };
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let pieces = [Some(digits), fraction, zone.map(|(_, digits)| digits)];
        (raw.len() <= LONGEST && pieces.into_iter().flatten().all(all_digits)).then_some(Self { digits, fraction, zone })
    }

    fn precision(&self) -> Option<Precision> {
        Some(match (self.digits.len(), self.fraction) {
            (4, None) => Precision::Year,
            (6, None) => Precision::Month,
            (8, None) => Precision::Day,
            (10, None) => Precision::Hour,
            (12, None) => Precision::Minute,
            (14, None) => Precision::Second,
            (14, Some(_)) => Precision::Fraction,
            _ => return None,
        })
    }

    /// The two digits at `at`, or `missing` where the text is shorter.
    fn pair(&self, at: usize, missing: u32) -> u32 {
        self.digits.get(at..at + 2).and_then(|pair| pair.parse().ok()).unwrap_or(missing)
    }

    fn check_date(&self) -> Result<(), NotATime> {
        let year = self.digits.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
        let date = NaiveDate::from_ymd_opt(year, self.pair(4, 1), self.pair(6, 1)).ok_or(NotATime::Malformed)?;
        // Seconds end at 59: SQLite's date functions read a leap second as NULL.
        let clock = self.pair(8, 0) < 24 && self.pair(10, 0) < 60 && self.pair(12, 0) < 60;
        if year == 0 || !clock {
            return Err(NotATime::Malformed);
        }
        let placeholder = [NaiveDate::from_ymd_opt(1, 1, 1), NaiveDate::from_ymd_opt(1900, 1, 1)].contains(&Some(date));
        if placeholder && self.digits.len() >= 8 { Err(NotATime::Sentinel) } else { Ok(()) }
    }

    fn iso(&self, precision: Precision, offset: Option<&str>) -> String {
        let mut iso = String::with_capacity(LONGEST_ISO);
        iso.push_str(&self.digits[..4]);
        for (at, separator) in [(4, "-"), (6, "-"), (8, "T"), (10, ":"), (12, ":")] {
            if let Some(pair) = self.digits.get(at..at + 2) {
                iso.extend([separator, pair]);
            }
        }
        if let Some(fraction) = self.fraction {
            iso.extend([".", fraction]);
        }
        if precision >= Precision::Hour {
            iso.push_str(offset.unwrap_or_default());
        }
        iso
    }
}

/// `±HHMM` with its colon; no zone on earth is further than 14 hours from UTC.
fn read_offset((sign, digits): (char, &str)) -> Result<String, NotATime> {
    let (hours, minutes) = match digits.len() {
        4 => digits.split_at(2),
        _ => return Err(NotATime::Malformed),
    };
    let in_range = hours.parse::<u8>().is_ok_and(|h| h <= 14) && minutes.parse::<u8>().is_ok_and(|m| m < 60);
    if in_range { Ok(format!("{sign}{hours}:{minutes}")) } else { Err(NotATime::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iso(raw: &str) -> String {
        Timestamp::parse(raw).unwrap().iso
    }

    #[test]
    fn a_time_keeps_exactly_its_own_precision() {
        assert_eq!(iso("2017"), "2017");
        assert_eq!(iso("201703"), "2017-03");
        assert_eq!(iso("20170301"), "2017-03-01");
        assert_eq!(iso("2017030112-0500"), "2017-03-01T12-05:00");
        assert_eq!(iso("201703011205"), "2017-03-01T12:05");
        assert_eq!(iso("20170301120509+0530"), "2017-03-01T12:05:09+05:30");
        assert_eq!(iso("20170301120509.123-0500"), "2017-03-01T12:05:09.123-05:00");
    }

    #[test]
    fn a_date_with_a_zone_keeps_the_zone_apart() {
        let date = Timestamp::parse("20170301-0500").unwrap();
        assert_eq!((date.iso.as_str(), date.precision, date.offset.as_deref()), ("2017-03-01", Precision::Day, Some("-05:00")));
    }

    #[test]
    fn what_is_no_time_is_not_repaired() {
        let malformed = [
            "",
            "-08",
            "2017030",
            "201703011",
            "20171301",
            "20170229",
            "0000",
            "2017-03-01",
            "20170301T12",
            "201703012400",
            "20170301.5",
            "20130218031000-05",
            "20170301120509-2500",
            "20170301120560",
            "20170301120509.",
            "+0500",
            "２０１７",
            "20170301120509 -0500",
        ];
        for raw in malformed {
            assert_eq!(Timestamp::parse(raw), Err(NotATime::Malformed), "{raw}");
        }
        let long = format!("20170301120509.{}", "1".repeat(LONGEST));
        assert_eq!(Timestamp::parse(&long), Err(NotATime::Malformed));
    }

    #[test]
    fn a_placeholder_is_no_date_but_its_year_alone_is_one() {
        for raw in ["00010101", "00010101000000+0000", "19000101", "19000101000000"] {
            assert_eq!(Timestamp::parse(raw), Err(NotATime::Sentinel), "{raw}");
        }
        assert_eq!(iso("1900"), "1900");
        assert_eq!(iso("19000102"), "1900-01-02");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(raw in "\\PC*") {
            let _ = Timestamp::parse(&raw);
        }

        #[test]
        fn the_digits_of_the_iso_text_are_those_that_were_given(
            year in 1901u32..2100, month in 1u32..=12, day in 1u32..=28, clock in 0u32..86_400, length in 2usize..=7,
        ) {
            let full = format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", clock / 3600, clock / 60 % 60, clock % 60);
            let raw = &full[..length * 2];
            let digits: String = iso(raw).chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(digits, raw);
        }

        #[test]
        fn times_sort_as_their_iso_texts(a in 0i64..4_000_000_000, b in 0i64..4_000_000_000) {
            let raw = |s: i64| chrono::DateTime::from_timestamp(s, 0).unwrap().format("%Y%m%d%H%M%S").to_string();
            prop_assert_eq!(iso(&raw(a)).cmp(&iso(&raw(b))), a.cmp(&b));
        }
    }
}
