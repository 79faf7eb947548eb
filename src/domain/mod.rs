//! The words of the field as types: who is asked for, for which dates, in which state, and why.
//!
//! Nothing here does I/O or knows another module, so every rule can be tested on its own.

mod attempt;
mod backfill;
pub mod clinical;
mod cut;
mod document_status;
mod fetch_state;
mod identity;
mod ids;
mod names;
mod outline;
mod reason;
mod window;

pub use attempt::{AttemptKind, Outcome};
pub use backfill::Backfill;
pub use cut::{Cut, Order, WindowUnit};
pub use document_status::DocumentStatus;
pub use fetch_state::FetchState;
pub use identity::{Identity, Person, Stated};
pub use ids::{AccountId, AttemptId, BackfillId, DocumentId, FetchId, IdentityId, PatientId, RunId, TenantId};
pub use names::{AccountName, PatientToken, TenantName};
pub use outline::{Loss, Outline};
pub use reason::Reason;
pub use window::{Window, WindowPolicy};

/// A word that stands in the database, in logs and on the command line alike.
///
/// Implements `as_str`, `Display` and `FromStr` for an enum of unit variants, so that a word is spelled once.
macro_rules! words {
    ($(#[$attr:meta])* $vis:vis enum $name:ident { $($(#[$vattr:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$attr])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $name { $($(#[$vattr])* $variant,)+ }

        impl $name {
            /// Every variant, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it stands in SQL, JSON and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::domain::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
                    .ok_or_else(|| crate::domain::UnknownWord { word: text.to_owned(), of: stringify!($name) })
            }
        }
    };
}
pub(crate) use words;

/// A word that is none of its enum's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is no {of}")]
pub struct UnknownWord {
    pub word: String,
    pub of: &'static str,
}
