//! `document_headers`

use super::Row;
use crate::domain::clinical::header::DocumentHeader;

pub(super) fn row(header: &DocumentHeader) -> Row {
    Row::default()
        .set("path", &header.path)
        .id("doc_id", &header.id)
        .id("set_id", &header.set_id)
        .set("version_number", header.version_number)
        .set("version_number_raw", &header.version_number_raw)
        .code("code", &header.code)
        .set("title", &header.title)
        .list("templates", &header.templates)
        .time("created", &header.created)
        .code("confidentiality", &header.confidentiality)
        .code("language", &header.language)
        .set("related_type", &header.related_type)
        .id("parent_id", &header.parent_id)
        .id("parent_set_id", &header.parent_set_id)
        .interval("service_start", "service_end", &header.service)
        .id("visit_id", &header.visit_id)
        .code("visit_code", &header.visit_code)
        .interval("visit_start", "visit_end", &header.visit)
        .code("disposition", &header.disposition)
        .set("location", &header.location)
        .set("responsible", &header.responsible)
}
