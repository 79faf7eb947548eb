//! One exchange with the server: what was asked and how it ended.

use super::words;

words! {
    /// What an attempt asked the server for.
    pub enum AttemptKind {
        /// A new access token (`generate-token`).
        Token = "token",
        /// A patient's document (`patient_data`).
        Document = "document",
        /// The same document once more, with a token issued after the first was refused.
        Replay = "replay",
    }
}

words! {
    /// How an attempt ended; its [`Reason`](super::Reason) says why.
    pub enum Outcome {
        /// The server gave what was asked for.
        Ok = "ok",
        /// The server said that there is no such patient, which is an answer.
        Absent = "absent",
        /// It failed in a way that another try may cure.
        Passing = "passing",
        /// It failed in a way that repeating does not cure.
        Permanent = "permanent",
        /// The process died before it knew; whether the server was asked is not known either.
        Lost = "lost",
        /// The run ended it at the end of its grace period.
        Cancelled = "cancelled",
    }
}
