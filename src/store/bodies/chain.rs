//! The rule of chains: how many older bodies may be had only one through the other. Pure.
//!
//! A body is whole, or is made from the newer one that it names as its base, that one perhaps from a newer one again, until one is whole.
//! `bodies.links` counts for each body the links of the longest chain that leads to it from older ones, so that the rule needs to look at no other
//! row; where older bodies have gone it counts too many, never too few.

/// Most links of a chain.
///
/// Each of them is read and restored to have the oldest: measured, 7 ms for 100 of 48 KB. And one that is damaged takes all that are older with it,
/// a quarter of a year here. Longer chains would save little: of a hundred nights, which take 50 KB, the one body that is whole takes 7.
pub const LONGEST: u32 = 100;

/// How an older body is kept when a newer one has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As a delta against the newer one, which then has so many links.
    Delta { links: u32 },
    /// By itself: a new chain begins.
    Alone,
}

/// How a body is kept to which a chain of so many links leads.
pub fn kept(links: u32) -> Kept {
    if links < LONGEST { Kept::Delta { links: links + 1 } } else { Kept::Alone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_chain_ends_at_its_longest_and_the_next_one_begins_anew() {
        let (mut links, mut alone) = (0, Vec::new());
        for night in 1..=365 {
            links = match kept(links) {
                Kept::Delta { links } => links,
                Kept::Alone => {
                    alone.push(night);
                    0
                }
            };
        }
        assert_eq!(alone, [101, 202, 303]);
    }

    proptest! {
        /// Older bodies may come again, be shared, or be left out: whoever of those that are whole becomes a delta against whichever other one.
        #[test]
        fn no_chain_is_longer_than_the_longest(steps in prop::collection::vec((0..8usize, 0..8usize), 0..3_000)) {
            let mut bodies: Vec<(u32, Option<usize>)> = vec![(0, None); 8];
            for (older, newer) in steps {
                if older == newer || bodies[older].1.is_some() {
                    // It came again, so it is whole again.
                    bodies[older].1 = None;
                    continue;
                }
                if bodies[newer].1.is_none() && let Kept::Delta { links } = kept(bodies[older].0) {
                    bodies[older].1 = Some(newer);
                    bodies[newer].0 = bodies[newer].0.max(links);
                }
                for start in 0..bodies.len() {
                    let (mut at, mut length) = (start, 0);
                    while let Some(base) = bodies[at].1 {
                        (at, length) = (base, length + 1);
                        prop_assert!(length <= LONGEST);
                        prop_assert!(bodies[at].0 >= length);
                    }
                }
            }
        }
    }
}
