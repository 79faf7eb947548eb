//! The columns of a value that was measured or found, alike in every table that has one.

use super::entries::{code_of, system_of};
use crate::{
    domain::clinical::Value,
    store::lines::{Cell, cell, cells},
};

/// `value_type, value_text, value_num, value_num_high, comparator, unit, value_code, value_code_system, value_display, value_null_flavor`.
pub(super) fn columns(value: &Value) -> [Cell; 10] {
    cells![
        &value.kind,
        &value.text,
        number(&value.number),
        number(&value.number_high),
        value.comparator,
        &value.unit,
        code_of(&value.code),
        system_of(&value.code),
        value.code.display(),
        &value.null_flavor,
    ]
}

/// What was written, as a number; what is none is in the text.
pub(super) fn number(text: &Option<String>) -> Cell {
    cell(text.as_ref().and_then(|text| text.trim().parse::<f64>().ok()).filter(|number| number.is_finite()))
}
