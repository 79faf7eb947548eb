//! Whether a body is a chart: well-formed XML whose root is `ClinicalDocument` of `urn:hl7-org:v3`.
//!
//! The check keeps out what is no chart; it does not grade charts. What is odd about one is a warning beside it.

use super::{
    encoding::{self, Undecodable},
    header::Header,
    namespaces::Namespace,
    pass::{Facts, Pass},
    prolog::{self, Root},
    refusal::{Fault, Refusal},
    warning::{Warning, WarningCode},
    wellformed::is_blank,
};
use crate::domain::{Outline, Reason};

/// An accepted body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    pub header: Header,
    /// Each kind once, in the order of the text.
    pub warnings: Vec<Warning>,
    /// `section` elements of HL7's namespace, nested ones too.
    pub sections: u32,
    /// `entry` elements of HL7's namespace.
    pub entries: u32,
    /// The same by section.
    pub outline: Outline,
}

/// Judges a body as received, after HTTP's own decoding. Nothing that it refers to is ever resolved or opened.
///
/// Time is linear in the bytes; memory beside them is a copy where the encoding is not UTF-8, and little else. Of several reasons to refuse a body the
/// most telling one is given: a DTD or an excess before all others, then what it is instead of a chart, then where it breaks.
pub fn check(body: &[u8]) -> Result<Chart, Refusal> {
    let decoded = encoding::decode(body).map_err(refuse_undecodable)?;
    let text = decoded.text.as_ref();
    if is_blank(text) {
        let detail = if body.is_empty() { "the body has no bytes" } else { "the body is white space and nothing else" };
        return Err(Refusal { reason: Reason::Empty, detail: detail.to_owned() });
    }
    let mut facts = read(text).map_err(|fault| fault.refuse(text))?;
    if decoded.mismatch {
        facts.warnings.add(WarningCode::EncodingMismatch, 0);
    }
    let Facts { header, outline, warnings, sections, entries } = facts;
    Ok(Chart { header, warnings: warnings.locate(text), sections, entries, outline })
}

fn read(text: &str) -> Result<Facts, Fault> {
    let named = prolog::find_root(text)?;
    let mut pass = Pass::new(text);
    let outcome = pass.run();
    match (outcome, foreign_root(named, &pass)) {
        (Err(fault), _) if fault.reason == Reason::UnsafeXml => Err(fault),
        (_, Some(foreign)) => Err(foreign),
        (Err(fault), None) => Err(fault),
        (Ok(()), None) => Ok(pass.finish()),
    }
}

/// The verdict on a root that is not a chart's. Its name counts although its tag may be broken; its namespace needs the whole tag.
fn foreign_root(named: Root, pass: &Pass) -> Option<Fault> {
    match (named, pass.root()) {
        (Root::Other(offset), _) => Some(foreign_name(offset)),
        (_, Some((offset, namespace))) if namespace != Namespace::Hl7V3 => {
            Some(Fault::not_cda(offset, "the root element is a ClinicalDocument, but not of the namespace urn:hl7-org:v3"))
        }
        _ => None,
    }
}

fn foreign_name(offset: usize) -> Fault {
    Fault::not_cda(offset, "the root element is not ClinicalDocument")
}

/// What is no text is refused for that, unless what could be read tells that it never was a chart.
fn refuse_undecodable(undecodable: Undecodable) -> Refusal {
    let Undecodable { readable, fault } = undecodable;
    let fault = match prolog::find_root(&readable) {
        Err(telling) => telling,
        Ok(Root::Other(offset)) => foreign_name(offset),
        Ok(Root::ClinicalDocument | Root::Unclear) => fault,
    };
    fault.refuse(&readable)
}
