//! `participations`

use super::{Row, with_address, with_name, with_telecoms};
use crate::domain::clinical::{InstanceId, header::Participation};

pub(super) fn row(part: &Participation) -> Row {
    let row = Row::default()
        .set("seq", part.seq)
        .set("path", &part.path)
        .set("role", part.role.as_str())
        .set("type_code", &part.type_code)
        .set("class", &part.class)
        .code("function", &part.function)
        .interval("time", "time_end", &part.period)
        .set("npi", part.ids.iter().find_map(InstanceId::npi))
        .ids("ids", &part.ids)
        .code("code", &part.code);
    let row = with_name(row, &part.name)
        .set("device", &part.device)
        .set("software", &part.software)
        .set("organization", &part.organization)
        .ids("organization_ids", &part.organization_ids);
    with_address(with_telecoms(row, &part.telecoms), &part.address)
}
