//! The states in the life of a fetch. How one leads to the next is decided in `export::life`.

use super::words;

words! {
    /// Where a fetch stands.
    pub enum FetchState {
        /// Planned and never tried, or given back untried.
        Pending = "pending",
        /// Claimed by the run that holds the database; its request may be on the wire.
        Leased = "leased",
        /// To be tried again at `due_at`.
        Waiting = "waiting",
        /// Its document is stored.
        Done = "done",
        /// The server has no such patient.
        Absent = "absent",
        /// Given up, with a reason; the next occurrence asks again.
        Dead = "dead",
        /// Its document names another person and is kept apart.
        Quarantined = "quarantined",
        /// A later fetch of the same patient covers it.
        Superseded = "superseded",
    }
}

impl FetchState {
    /// Whether work on it remains.
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Self::Pending | Self::Leased | Self::Waiting)
    }
}
