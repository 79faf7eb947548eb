//! `participations`

use super::{Row, with_address, with_name, with_telecoms};
use crate::domain::clinical::{InstanceId, header::Participation};

/// Root of the numbers by which providers are known in the United States.
const NPI: &str = "2.16.840.1.113883.4.6";

pub(super) fn row(part: &Participation) -> Row {
    let is_npi = |id: &&InstanceId| id.root.as_deref() == Some(NPI) && id.null_flavor.is_none();
    let row = Row::default()
        .set("seq", part.seq)
        .set("path", &part.path)
        .set("role", part.role.as_str())
        .set("type_code", &part.type_code)
        .set("class", &part.class)
        .code("function", &part.function)
        .interval("time", "time_end", &part.period)
        .set("npi", part.ids.iter().find(is_npi).and_then(|id| id.extension.as_deref()))
        .ids("ids", &part.ids)
        .code("code", &part.code);
    let row = with_name(row, &part.name)
        .set("device", &part.device)
        .set("software", &part.software)
        .set("organization", &part.organization)
        .ids("organization_ids", &part.organization_ids);
    with_address(with_telecoms(row, &part.telecoms), &part.address)
}
