//! A person's name.

use super::{
    super::{Interval, Part},
    OfPatient,
};

/// A name, with the parts that are asked for in fields of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// All of it in one line, in the order of speech; a name that is bare text as it stands.
    pub text: Option<String>,
    pub prefix: Option<String>,
    /// The first one.
    pub given: Option<String>,
    /// All other given ones but for what they are called.
    pub middle: Option<String>,
    /// Without a name of birth that stands beside it.
    pub family: Option<String>,
    pub suffix: Option<String>,
    /// What they like to be called.
    pub call_me: Option<String>,
    /// A list of `L` legal, `P` pseudonym …, as written.
    pub usage: Option<String>,
    pub parts: Vec<Part>,
    pub period: Interval,
    pub null_flavor: Option<String>,
}

impl Name {
    /// Whether it is a legal one that has not ended.
    pub fn is_legal_now(&self) -> bool {
        let is_legal = self.usage.as_deref().is_some_and(|usage| usage.split_whitespace().any(|word| word == "L"));
        let end = &self.period.end;
        is_legal && end.raw.is_none() && end.null_flavor.as_deref().is_none_or(|flavor| flavor == "NA")
    }
}

/// One name of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientName {
    pub of: OfPatient,
    /// Whether it is the one that the patient's row has.
    pub is_current: bool,
    pub name: Name,
}
