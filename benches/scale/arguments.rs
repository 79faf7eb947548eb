//! The bench's arguments.

use std::path::PathBuf;

/// How large, of which shape, and where.
#[derive(Debug)]
pub struct Arguments {
    pub patients: u64,
    pub accounts: u64,
    pub nights: u64,
    pub dir: PathBuf,
    /// Whether the database stays.
    pub keep: bool,
}

impl Arguments {
    /// Those of the process; `None` where cargo only asks whether there are tests.
    pub fn read() -> Result<Option<Self>, String> {
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let mut arguments = Self { patients: 1_000_000, accounts: 50, nights: 10, dir: target.join("../scale"), keep: false };
        let mut given = std::env::args().skip(1);
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(format!("{name} wants a value"));
            match name.as_str() {
                "--patients" => arguments.patients = number(&value()?)?,
                "--accounts" => arguments.accounts = number(&value()?)?,
                "--nights" => arguments.nights = number(&value()?)?,
                "--dir" => arguments.dir = PathBuf::from(value()?),
                "--keep" => arguments.keep = true,
                // What cargo adds by itself.
                "--bench" => {}
                "--test" => return Ok(None),
                other => return Err(format!("{other} is no argument of this bench; see the head of benches/scale/main.rs")),
            }
        }
        if arguments.accounts > arguments.patients || arguments.accounts < 2 * crate::roster::TENANTS {
            return Err(format!("--accounts lies between {} and --patients", 2 * crate::roster::TENANTS));
        }
        Ok(Some(arguments))
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
