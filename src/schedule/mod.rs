//! When a job is due: crontab expressions, time zones, permitted hours. Knows no job, no file and no clock: the time comes in as an argument.

mod crontab;
mod hours;
mod local_time;
mod occurrences;

pub use crontab::ScheduleError;
pub use hours::DailyHours;
pub use local_time::{day_start, first_instant, upcoming_days};
pub use occurrences::Schedule;
