//! `ID`s of the narrative, and what points to them. Vendors generate them anew, so that their text says nothing; which row of the narrative an entry
//! points to does. So each label is replaced by its place among those of its section.

use std::{borrow::Cow, collections::HashMap};

/// So many labels are kept apart at a time, more than any chart has; what points to others counts as pointing nowhere.
pub(super) const MOST: usize = 100_000;

/// The labels of the sections that are open, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Labels<'a> {
    sections: Vec<HashMap<Cow<'a, str>, usize>>,
    kept: usize,
}

impl<'a> Labels<'a> {
    /// A section begins.
    pub fn begin(&mut self) {
        self.sections.push(HashMap::new());
    }

    /// The innermost section ends.
    pub fn end(&mut self) {
        self.kept -= self.sections.pop().map_or(0, |section| section.len());
    }

    /// Gives `into` the attributes of an element without its label, and with places in place of labels. A pointer out of the section is left out: what it
    /// points to may move without a change of this section.
    pub fn replace(&mut self, local: &str, attributes: &[(&'a str, Cow<'a, str>)], into: &mut Vec<(&'a str, Cow<'a, str>)>) {
        into.clear();
        for (name, value) in attributes {
            if *name == "ID" {
                self.keep(value.clone());
            } else if let Some(label) = pointed_to(local, name, value) {
                into.extend(self.place(label).map(|place| (*name, Cow::Owned(format!("#{place}")))));
            } else {
                into.push((name, value.clone()));
            }
        }
    }

    fn keep(&mut self, label: Cow<'a, str>) {
        if self.kept == MOST {
            return;
        }
        if let Some(section) = self.sections.last_mut() {
            let place = section.len();
            // The same label once more is the mistake of who wrote it; the first one stands.
            self.kept += usize::from(!section.contains_key(&label));
            section.entry(label).or_insert(place);
        }
    }

    fn place(&self, label: &str) -> Option<usize> {
        self.sections.last()?.get(label).copied()
    }
}

/// The label that an attribute points to.
fn pointed_to<'v>(local: &str, name: &str, value: &'v str) -> Option<&'v str> {
    match (local, name) {
        ("reference", "value") | (_, "href") => value.trim_start().strip_prefix('#'),
        (_, "IDREF" | "referencedObject") => Some(value),
        _ => None,
    }
}
