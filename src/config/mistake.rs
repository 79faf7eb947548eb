//! What is wrong in the operator's files, collected to be told all at once; each mistake with its file, line and key.
//!
//! Texts must never hold a secret, a user name or a patient token.

use std::{
    cell::{Cell, RefCell},
    fmt,
    path::{Path, PathBuf},
};

/// Mistakes of each class, and warnings, that are told one by one; the rest is counted.
const LISTED: usize = 200;

/// Which exit code a mistake leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MistakeClass {
    /// A TOML file, a setting or a secret is wrong (78).
    Configuration,
    /// A line of a CSV file is wrong, or the roster names nobody (65).
    Roster,
}

/// Where a mistake stands. Paths are those that the operator wrote, joined to the folder of the file that names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    /// Counted from 1.
    pub line: Option<u64>,
    /// A dotted TOML key or a CSV column.
    pub key: Option<String>,
}

/// One mistake: what was found and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub place: Place,
    pub class: MistakeClass,
    pub text: String,
}

/// All mistakes of a job's files, in the order of the files and of their lines; at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    listed: Vec<Mistake>,
    unlisted: u64,
    class: MistakeClass,
}

impl Place {
    pub fn file(file: &Path) -> Self {
        Self { file: file.to_owned(), line: None, key: None }
    }

    pub fn line(file: &Path, line: u64) -> Self {
        Self { line: Some(line), ..Self::file(file) }
    }

    pub fn key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, ": {key}"))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

impl Mistakes {
    /// The first mistakes, 200 of each class at most.
    pub fn listed(&self) -> &[Mistake] {
        &self.listed
    }

    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.listed.len() as u64 + self.unlisted
    }

    /// `Roster` (65) where nothing but CSV lines is wrong, else `Configuration` (78).
    pub fn exit_code_class(&self) -> MistakeClass {
        self.class
    }
}

impl fmt::Display for Mistakes {
    /// One line for each mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.listed.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))?;
        if self.unlisted == 0 { Ok(()) } else { write!(f, "\nand {} more", self.unlisted) }
    }
}

/// Collects mistakes and warnings while the files are read. Readers share it by reference, for they run one after the other.
#[derive(Debug, Default)]
pub(super) struct Findings {
    mistakes: RefCell<Vec<Mistake>>,
    /// How many were noted of each class.
    counts: [Cell<u64>; 2],
    warnings: RefCell<Vec<String>>,
    unlisted_warnings: Cell<u64>,
}

impl Findings {
    /// Notes a mistake in a TOML file, a setting or a secret.
    pub fn configuration(&self, place: Place, text: impl Into<String>) {
        self.note(MistakeClass::Configuration, || (place, text.into()));
    }

    /// Notes a bad line; `describe` is not called for those that are only counted.
    pub fn roster(&self, describe: impl FnOnce() -> (Place, String)) {
        self.note(MistakeClass::Roster, describe);
    }

    /// Notes something that the operator should know and that stops nothing.
    pub fn warn(&self, describe: impl FnOnce() -> (Place, String)) {
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < LISTED {
            let (place, text) = describe();
            warnings.push(format!("{place}: {text}"));
        } else {
            self.unlisted_warnings.set(self.unlisted_warnings.get() + 1);
        }
    }

    /// How many mistakes there are so far.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(Cell::get).sum()
    }

    /// The mistakes, or the warnings where there are none.
    pub fn finish(self) -> Result<Vec<String>, Mistakes> {
        let (count, configuration) = (self.count(), self.counts[MistakeClass::Configuration as usize].get());
        let mut listed = self.mistakes.into_inner();
        if listed.is_empty() {
            let mut warnings = self.warnings.into_inner();
            let more = self.unlisted_warnings.get();
            warnings.extend((more > 0).then(|| format!("and {more} more")));
            return Ok(warnings);
        }
        sort(&mut listed);
        let class = if configuration > 0 { MistakeClass::Configuration } else { MistakeClass::Roster };
        Err(Mistakes { unlisted: count - listed.len() as u64, listed, class })
    }

    fn note(&self, class: MistakeClass, describe: impl FnOnce() -> (Place, String)) {
        let count = &self.counts[class as usize];
        if count.get() < LISTED as u64 {
            let (place, text) = describe();
            self.mistakes.borrow_mut().push(Mistake { place, class, text });
        }
        count.set(count.get() + 1);
    }
}

/// By file, in the order in which the files were first found wanting, then by line.
fn sort(mistakes: &mut [Mistake]) {
    let mut files: Vec<PathBuf> = mistakes.iter().map(|mistake| mistake.place.file.clone()).collect();
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    mistakes.sort_by_key(|mistake| (files.iter().position(|file| *file == mistake.place.file), mistake.place.line));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(findings: &Findings, file: &str, line: u64) {
        findings.roster(|| (Place::line(Path::new(file), line), "bad".to_owned()));
    }

    #[test]
    fn mistakes_stand_in_the_order_of_files_and_lines() {
        let findings = Findings::default();
        for (file, line) in [("z", 9), ("a", 1), ("z", 2)] {
            note(&findings, file, line);
        }
        assert_eq!(findings.finish().unwrap_err().to_string(), "z:2: bad\nz:9: bad\na:1: bad");
    }

    #[test]
    fn a_million_mistakes_are_counted_and_not_kept() {
        let findings = Findings::default();
        (1..=1_000_000).for_each(|line| note(&findings, "patients.csv", line));
        let mistakes = findings.finish().unwrap_err();
        assert_eq!((mistakes.listed().len(), mistakes.count()), (200, 1_000_000));
        assert!(mistakes.to_string().ends_with("patients.csv:200: bad\nand 999800 more"));
    }

    #[test]
    fn one_configuration_mistake_decides_the_class() {
        let findings = Findings::default();
        (1..=300).for_each(|line| note(&findings, "patients.csv", line));
        findings.configuration(Place::file(Path::new("job.toml")), "bad");
        let mistakes = findings.finish().unwrap_err();
        assert_eq!((mistakes.exit_code_class(), mistakes.count()), (MistakeClass::Configuration, 301));
        assert!(mistakes.to_string().contains("job.toml: bad"));
    }
}
