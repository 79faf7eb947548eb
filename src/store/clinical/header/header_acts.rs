//! `header_acts`

use super::Row;
use crate::domain::clinical::header::HeaderAct;

pub(super) fn row(act: &HeaderAct) -> Row {
    Row::default()
        .set("seq", act.seq)
        .set("path", &act.path)
        .set("kind", act.kind.as_str())
        .set("type_code", &act.type_code)
        .ids("ids", &act.ids)
        .id("set_id", &act.set_id)
        .code("code", &act.code)
        .set("status", &act.status)
        .interval("start", "end", &act.period)
}
