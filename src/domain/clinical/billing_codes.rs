//! The codes by which American payers know what was done.

/// What one coded element says in each of these systems, whichever of them it names: vendors mix them up, and each has a shape of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BillingCodes {
    pub cpt: Option<String>,
    /// HCPCS level II.
    pub hcpcs: Option<String>,
    /// Dental procedures.
    pub cdt: Option<String>,
}
