//! Who did something.

/// A performer of a procedure or an encounter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Performer {
    pub name: Option<String>,
    /// Number of the National Provider System.
    pub npi: Option<String>,
    pub organization: Option<String>,
}

impl Performer {
    /// The name, else the organization, else the number.
    pub fn label(&self) -> Option<&str> {
        self.name.as_deref().or(self.organization.as_deref()).or(self.npi.as_deref())
    }
}
