//! A cell of a line as SQLite has it.

use std::sync::Arc;

use serde::Serialize;
use sqlx::{
    Encode, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo},
};

/// It is made where a document is read, in the shape that the database's thread takes: what the writer does with a cell, every document waits for.
/// As JSON values, of which the writer made arguments, 5,000 charts took 18.3 s of CPU in all in place of 16.6.
#[derive(Debug, Clone)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(Arc<str>),
    Bytes(Vec<u8>),
}

/// The cell of a value: `true` is 1, and nothing is NULL.
pub fn cell(value: impl Into<Cell>) -> Cell {
    value.into()
}

/// The cells of several values, as an array.
macro_rules! cells {
    ($($value:expr),+ $(,)?) => { [$($crate::store::lines::cell($value)),+] };
}
pub(in crate::store) use cells;

/// The cell of a list or an object, which is JSON.
pub fn json(value: impl Serialize) -> Cell {
    // What fails is a map whose keys are no texts.
    cell(serde_json::to_string(&value).expect("lists and objects are JSON"))
}

macro_rules! from_integers {
    ($($integer:ty),+) => {
        $(impl From<$integer> for Cell {
            fn from(number: $integer) -> Self {
                i64::try_from(number).map_or(Self::Null, Self::Integer)
            }
        }

        impl From<&$integer> for Cell {
            fn from(number: &$integer) -> Self {
                <Self as From<$integer>>::from(*number)
            }
        })+
    };
}
from_integers!(bool, u16, u32, u64, i64, usize);

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&&str> for Cell {
    fn from(text: &&str) -> Self {
        <Self as From<&str>>::from(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        <Self as From<&str>>::from(text)
    }
}

impl From<&[u8; 32]> for Cell {
    fn from(digest: &[u8; 32]) -> Self {
        Self::Bytes(digest.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<'v, T> From<&'v Option<T>> for Cell
where
    &'v T: Into<Self>,
{
    fn from(value: &'v Option<T>) -> Self {
        value.as_ref().map_or(Self::Null, Into::into)
    }
}

impl Type<Sqlite> for Cell {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Cell {
    fn encode(self, into: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.encode(into),
            Self::Real(number) => number.encode(into),
            Self::Text(text) => text.encode(into),
            Self::Bytes(bytes) => bytes.encode(into),
        }
    }

    fn encode_by_ref(&self, into: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        self.clone().encode(into)
    }
}
