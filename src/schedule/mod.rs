//! When a job is due: crontab expressions, time zones, permitted hours.

mod hours;

pub use hours::DailyHours;
