//! Row ids, one type a table, so that none is taken for another's. They mean something in one database file only.

macro_rules! row_ids {
    ($($(#[$attr:meta])* $name:ident,)+) => {$(
        $(#[$attr])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

row_ids! {
    /// Of `tenants`.
    TenantId,
    /// Of `accounts`.
    AccountId,
    /// Of `patients`; how commands and logs name a patient.
    PatientId,
    /// Of `runs`.
    RunId,
    /// Of `backfills`.
    BackfillId,
    /// Of `fetches`; how logs name a piece of work.
    FetchId,
    /// Of `attempts`.
    AttemptId,
    /// Of `documents`.
    DocumentId,
    /// Of `identities`.
    IdentityId,
}
