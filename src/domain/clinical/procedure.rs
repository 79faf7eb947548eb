//! A procedure: a row for each that was done, and for each that was not and why.

use super::{BillingCodes, Coded, Entry, InstanceId, Location, Performer, Value};

/// One procedure activity. The entry's code is what was done; its time is when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    pub entry: Entry,
    pub kind: ProcedureKind,
    pub billing: BillingCodes,
    /// What an observation found.
    pub value: Value,
    pub body_sites: Vec<Coded>,
    pub priority: Coded,
    pub methods: Vec<Coded>,
    pub performers: Vec<Performer>,
    pub location: Location,
    pub devices: Vec<Device>,
    /// Why it was done.
    pub indications: Vec<Coded>,
    /// Why it was not done.
    pub not_done_reason: Coded,
    pub specimen: Coded,
    pub specimen_id: InstanceId,
    /// Of the encounter at which it was done.
    pub encounter_id: InstanceId,
}

crate::domain::words! {
    /// What kind of an activity it is. The guide tells them apart by template; R3 and later have procedures only.
    pub enum ProcedureKind {
        /// It changes the patient's body.
        Procedure = "procedure",
        /// It does not: counselling, dressing a wound.
        Act = "act",
        /// It finds something out: an electrocardiogram.
        Observation = "observation",
    }
}

/// What was implanted or used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    pub code: Coded,
    /// Unique device identifier, as written.
    pub udi: Option<String>,
    /// The first of its ids, of whatever root.
    pub id: InstanceId,
    pub manufacturer: Option<String>,
}
