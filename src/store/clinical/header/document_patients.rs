//! `document_patients`

use super::{Row, with_address};
use crate::domain::clinical::header::DocumentPatient;

pub(super) fn row(patient: &DocumentPatient) -> Row {
    let (name, birthplace) = (&patient.name, &patient.birthplace);
    let row = Row::default()
        .set("seq", patient.seq)
        .set("path", &patient.path)
        .set("name", &name.text)
        .set("prefix", &name.prefix)
        .set("given", &name.given)
        .set("middle", &name.middle)
        .set("family", &name.family)
        .set("suffix", &name.suffix)
        .time("birth_time", &patient.birth_time)
        .set("deceased", patient.deceased)
        .set("deceased_null_flavor", &patient.deceased_null_flavor)
        .time("deceased_time", &patient.deceased_time)
        .code("gender", &patient.gender)
        .code("race", &patient.race)
        .code("ethnicity", &patient.ethnicity)
        .code("language", &patient.language)
        .code("marital", &patient.marital)
        .code("religion", &patient.religion)
        .set("birthplace", &birthplace.text)
        .set("birthplace_city", &birthplace.city)
        .set("birthplace_state", &birthplace.state)
        .set("birthplace_country", &birthplace.country);
    with_address(row, &patient.address)
        .set("phone", &patient.phone)
        .set("email", &patient.email)
        .set("provider_org", &patient.provider_organization)
        .id("provider_org_id", &patient.provider_organization_id)
        .set("provider_org_phone", &patient.provider_organization_phone)
}
