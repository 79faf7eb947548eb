//! An element together with its path from the root, as rows name the element that they were made of.

use super::{element::Element, place::lengthen};

pub(super) struct Located<'e, 'a> {
    pub element: Element<'e, 'a>,
    pub path: String,
}

impl<'e, 'a> Located<'e, 'a> {
    /// The children of a name, as [`Element::is`] takes it.
    pub fn children<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Located<'e, 'a>> + 's {
        self.element.children(name).zip(1u32..).map(move |(element, place)| {
            let mut path = self.path.clone();
            lengthen(&mut path, name, place);
            Located { element, path }
        })
    }

    /// The first element at the end of this path: `assignedEntity/assignedPerson`.
    pub fn at(&self, path: &str) -> Option<Located<'e, 'a>> {
        let start = Located { element: self.element, path: self.path.clone() };
        path.split('/').try_fold(start, |located, step| located.children(step).next())
    }
}
