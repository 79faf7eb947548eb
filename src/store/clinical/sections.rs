//! `sections`, which its triggers index for search.

use super::lines::{self, Line};
use crate::{
    domain::clinical::Section,
    store::lines::{Cell, Target, cells, json},
};

pub(super) fn lines(sections: &[Section]) -> Vec<Line> {
    sections.iter().map(|section| row(section).into()).collect()
}

pub(super) fn target() -> Target {
    let columns = "seq, parent_seq, depth, path, name, domain, code, code_system, display, title, template_root, template_ext, templates, null_flavor, text,
        entries, unknown_entries, rows, content_digest";
    lines::target("sections", columns)
}

fn row(section: &Section) -> Vec<Cell> {
    let Section { seq, parent_seq, depth, path, name, domain, code, code_system, display, title, .. } = section;
    let Section { template_root, template_ext, templates, null_flavor, text, entries, unknown_entries, rows, content_digest, .. } = section;
    cells![
        seq,
        parent_seq,
        depth,
        path,
        name,
        domain,
        code,
        code_system,
        display,
        title,
        template_root,
        template_ext,
        json(templates),
        null_flavor,
        text,
        entries,
        unknown_entries,
        rows,
        content_digest,
    ]
    .into()
}
