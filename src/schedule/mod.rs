//! When a job is due, and what to do about it: crontab expressions, time zones, permitted hours, occurrences that were missed, had their run or ask
//! for another. Knows no job, no file and no database; the time comes in as an argument, or as the clock that the loop of a job sleeps by.

mod books;
mod crontab;
mod decision;
mod follow;
mod hours;
mod local_time;
mod occurrences;
mod timetable;

pub use books::{Books, PastRun, RunEnding};
pub use crontab::ScheduleError;
pub use decision::{Decision, Waiting};
pub use follow::{Visit, follow};
pub use hours::DailyHours;
pub use local_time::{day_start, first_instant, upcoming_days};
pub use occurrences::Schedule;
pub use timetable::{Timetable, Turn};
