//! `schedule` and what is beneath it: rows 65 to 68 of the faults, a year of nights, two schedulers at one database, and the real binary as a daemon.
//!
//! `daemon` follows a job through the library on a clock that is moved by hand, with real runs against a server; `process` is the real binary.

mod binary;
mod daemon;
mod process;
mod rows;
mod two;
mod year;
