//! Five fields as people write them in a crontab: text in, the sets of minutes, hours, days, months and days of the week out.
//!
//! Read as Vixie cron reads them (crontab(5)), because that is what people have learnt: 0 and 7 are Sunday, and a job with both a day of the month and
//! a day of the week runs on either. Knows no time zone and no calendar.

/// What is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error("has {found} fields; expected five: minute, hour, day of month, month, day of week")]
    FieldCount { found: usize },
    #[error("@reboot names no time; expected five fields, or @hourly, @daily, @weekly, @monthly or @yearly")]
    Reboot,
    #[error("{word} is not known; expected five fields, or @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually")]
    UnknownWord { word: String },
    #[error("{field} {text:?}: {why}")]
    Field { field: &'static str, text: String, why: String },
    #[error("never fires: no such day comes")]
    NeverFires,
}

/// A field's place among the five, its limits and the names that may stand for its numbers.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names in the order of their numbers, from `least` on.
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE: Field = Field { name: "minute", least: 0, most: 59, names: &[] };
const HOUR: Field = Field { name: "hour", least: 0, most: 23, names: &[] };
const DAY: Field = Field { name: "day of month", least: 1, most: 31, names: &[] };
const MONTH: Field = Field { name: "month", least: 1, most: 12, names: &MONTHS };
const WEEKDAY: Field = Field { name: "day of week", least: 0, most: 7, names: &WEEKDAYS };

/// Numbers below 64, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set(u64);

impl Set {
    fn numbers(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |number| self.0 >> number & 1 == 1)
    }
}

/// What one field says.
#[derive(Debug, Clone, Copy)]
struct Values {
    set: Set,
    /// It begins with `*`, which for days means "not restricted", even as `*/2`.
    star: bool,
}

/// The five fields, understood.
#[derive(Debug)]
pub(super) struct Crontab {
    minutes: Values,
    hours: Values,
    days: Values,
    months: Values,
    weekdays: Values,
}

impl Crontab {
    pub fn parse(expression: &str) -> Result<Self, ScheduleError> {
        let five = expand(expression.trim())?;
        let fields: Vec<&str> = five.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(ScheduleError::FieldCount { found: fields.len() });
        };
        let mut weekdays = WEEKDAY.parse(weekday)?;
        // 7 is Sunday as 0 is.
        weekdays.set = Set((weekdays.set.0 | weekdays.set.0 >> 7) & 0x7f);
        Ok(Self { minutes: MINUTE.parse(minute)?, hours: HOUR.parse(hour)?, days: DAY.parse(day)?, months: MONTH.parse(month)?, weekdays })
    }

    /// Whether the hour field begins with `*`: such a job runs in both of two equal hours.
    pub fn runs_every_hour(&self) -> bool {
        self.hours.star
    }

    /// The same for the `cron` crate, which joins the two day fields by "and": two expressions where a crontab joins them by "or".
    pub fn expressions(&self) -> Vec<String> {
        let days = list(self.days.set, &DAY);
        // As names, because the crate counts days of the week from 1.
        let weekdays =
            if self.weekdays.set.0 == 0x7f { "*".to_owned() } else { join(self.weekdays.set.numbers().map(|day| WEEKDAYS[day as usize])) };
        if self.days.star || self.weekdays.star {
            vec![self.expression(&days, &weekdays)]
        } else {
            vec![self.expression(&days, "*"), self.expression("*", &weekdays)]
        }
    }

    fn expression(&self, days: &str, weekdays: &str) -> String {
        let (minutes, hours, months) = (list(self.minutes.set, &MINUTE), list(self.hours.set, &HOUR), list(self.months.set, &MONTH));
        format!("0 {minutes} {hours} {days} {months} {weekdays}")
    }
}

/// The five fields that an `@` word stands for.
fn expand(expression: &str) -> Result<&str, ScheduleError> {
    match expression {
        "@hourly" => Ok("0 * * * *"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@monthly" => Ok("0 0 1 * *"),
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        "@reboot" => Err(ScheduleError::Reboot),
        word if word.starts_with('@') => Err(ScheduleError::UnknownWord { word: word.to_owned() }),
        five => Ok(five),
    }
}

fn list(set: Set, field: &Field) -> String {
    if set == field.all() { "*".to_owned() } else { join(set.numbers().map(|number| number.to_string())) }
}

fn join(items: impl Iterator<Item = impl Into<String>>) -> String {
    items.map(Into::into).collect::<Vec<String>>().join(",")
}

impl Field {
    fn all(&self) -> Set {
        Set((self.least..=self.most).fold(0, |bits, number| bits | 1 << number))
    }

    fn parse(&self, text: &str) -> Result<Values, ScheduleError> {
        let parts = text.split(',').map(|part| self.part(part));
        let bits = parts.into_iter().try_fold(0, |bits, part| Ok(bits | part?.0));
        let set = Set(bits.map_err(|why| ScheduleError::Field { field: self.name, text: text.to_owned(), why })?);
        Ok(Values { set, star: text.starts_with('*') })
    }

    /// One of the parts between commas: `*`, a number or a range; a step may follow the first and the last.
    fn part(&self, part: &str) -> Result<Set, String> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0).ok_or("a step is a number above 0")?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            None if let Some(step) = step => return Err(format!("a step follows * or a range; write {range}-{}/{step}", self.most)),
            None => (self.number(range)?, self.number(range)?),
        };
        if first > last {
            return Err(format!("the range {range} ends before it starts; write two ranges with a comma between them"));
        }
        let step = step.unwrap_or(1) as usize;
        Ok(Set((first..=last).step_by(step).fold(0, |bits, number| bits | 1 << number)))
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let named = self.names.iter().zip(self.least..).find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| number);
        // `parse` alone would take a sign.
        let number = named.or_else(|| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?);
        number.filter(|number| (self.least..=self.most).contains(number)).ok_or_else(|| {
            let names = if self.names.is_empty() {
                String::new()
            } else {
                format!(", or {} to {}", self.names[0], self.names[self.names.len() - 1])
            };
            format!("expected {} to {}{names}", self.least, self.most)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(expression: &str) -> Vec<String> {
        Crontab::parse(expression).unwrap().expressions()
    }

    fn error(expression: &str) -> String {
        Crontab::parse(expression).unwrap_err().to_string()
    }

    #[test]
    fn numbers_names_lists_ranges_and_steps_are_read() {
        assert_eq!(read("*/20 1-5/2 * JAN,3 *"), ["0 0,20,40 1,3,5 * 1,3 *"]);
        assert_eq!(read("15 2 * * Mon-Fri"), ["0 15 2 * * mon,tue,wed,thu,fri"]);
    }

    #[test]
    fn sunday_is_0_and_7() {
        assert_eq!(read("0 0 * * 0"), read("0 0 * * 7"));
        assert_eq!(read("0 0 * * 5-7"), ["0 0 0 * * sun,fri,sat"]);
    }

    #[test]
    fn two_restricted_day_fields_are_joined_by_or() {
        assert_eq!(read("0 0 13 * fri"), ["0 0 0 13 * *", "0 0 0 * * fri"]);
    }

    #[test]
    fn a_day_field_that_begins_with_a_star_does_not_count_as_restricted() {
        assert_eq!(read("0 0 */2 * mon"), ["0 0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * mon"]);
    }

    #[test]
    fn words_stand_for_five_fields() {
        for (word, five) in [("@hourly", "0 * * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"), ("@annually", "0 0 1 1 *")] {
            assert_eq!(read(word), read(five));
        }
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let errors = [
            "0 0 * *",
            "0 0 0 * * *",
            "@reboot",
            "@often",
            "60 0 * * *",
            "0 5/2 * * *",
            "0 22-2 * * *",
            "*/0 * * * *",
            "0 0 * foo *",
            "+5 0 * * *",
            "0 0 L * *",
        ]
        .map(|expression| format!("{expression}: {}", error(expression)));
        insta::assert_snapshot!(errors.join("\n"), @r#"
        0 0 * *: has 4 fields; expected five: minute, hour, day of month, month, day of week
        0 0 0 * * *: has 6 fields; expected five: minute, hour, day of month, month, day of week
        @reboot: @reboot names no time; expected five fields, or @hourly, @daily, @weekly, @monthly or @yearly
        @often: @often is not known; expected five fields, or @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually
        60 0 * * *: minute "60": expected 0 to 59
        0 5/2 * * *: hour "5/2": a step follows * or a range; write 5-23/2
        0 22-2 * * *: hour "22-2": the range 22-2 ends before it starts; write two ranges with a comma between them
        */0 * * * *: minute "*/0": a step is a number above 0
        0 0 * foo *: month "foo": expected 1 to 12, or jan to dec
        +5 0 * * *: minute "+5": expected 0 to 59
        0 0 L * *: day of month "L": expected 1 to 31
        "#);
    }
}
