//! Bodies that cannot be had, and why. Row ids say which; nothing of their bytes is told.

use sqlx::Error;

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("body {body}: its bytes are missing")]
    NoBytes { body: i64 },
    #[error("body {body}: has bytes twice, plain and as a zstd frame")]
    Twice { body: i64 },
    #[error("body {body}: has {found} bytes where {stored} were stored")]
    Length { body: i64, found: u64, stored: i64 },
    #[error("body {body}: its bytes are not those that were stored (SHA-256)")]
    Digest { body: i64 },
    #[error("body {body}: its zstd frame is damaged")]
    Frame { body: i64 },
    #[error("body {body}: its delta against body {base} is damaged")]
    Delta { body: i64, base: i64 },
    #[error("body {body}: is a delta against body {base}, which does not exist")]
    NoBase { body: i64, base: i64 },
    #[error("body {body}: is a delta against body {base}, and that one in the end against itself")]
    Cycle { body: i64, base: i64 },
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Self::Decode(Box::new(damage))
    }
}

impl Damage {
    /// The row that it is told of.
    pub fn body(&self) -> i64 {
        match *self {
            Self::NoBytes { body } | Self::Twice { body } | Self::Length { body, .. } | Self::Digest { body } | Self::Frame { body } => {
                body
            }
            Self::Delta { body, .. } | Self::NoBase { body, .. } | Self::Cycle { body, .. } => body,
        }
    }

    /// The damage that an error tells of, if it tells of one.
    pub fn of(error: &Error) -> Option<&Self> {
        match error {
            Error::Decode(source) => source.downcast_ref(),
            _ => None,
        }
    }
}
