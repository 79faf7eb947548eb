//! Finds what stands twice among a million lines, in 32 bytes a line.

use sha2::{Digest, Sha256};

use super::names::Spot;

/// One thing that should stand once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// Half of a SHA-256, which no two of a roster's lines will ever share by chance. First, so that equal things are neighbours when sorted.
    hash: (u64, u64),
    spot: Spot,
    account: u32,
}

/// What was seen where, under which account.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<Entry>);

/// The same thing once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duplicate {
    pub spot: Spot,
    pub account: u32,
    pub first: Spot,
    pub first_account: u32,
}

impl Seen {
    /// Notes the thing that `parts` tell apart from all others.
    pub fn add(&mut self, parts: &[&[u8]], spot: Spot, account: u32) {
        self.0.push(Entry { hash: half_of_sha_256(parts), spot, account });
    }

    /// Everything that was seen before, in the order of files and lines.
    pub fn duplicates(mut self) -> Vec<Duplicate> {
        self.0.sort_unstable();
        let equal = self.0.chunk_by(|one, other| one.hash == other.hash);
        let later = equal.flat_map(|entries| entries.iter().skip(1).map(|later| (later, entries[0])));
        let mut duplicates: Vec<_> = later
            .map(|(later, first)| Duplicate { spot: later.spot, account: later.account, first: first.spot, first_account: first.account })
            .collect();
        duplicates.sort_unstable_by_key(|duplicate| duplicate.spot);
        duplicates
    }
}

fn half_of_sha_256(parts: &[&[u8]]) -> (u64, u64) {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, so that ("ab", "c") and ("a", "bc") differ.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    (number(&hash[..8]), number(&hash[8..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_later_one_is_told_with_the_first() {
        let mut seen = Seen::default();
        for (line, word) in [(1, "a"), (2, "b"), (3, "a"), (4, "a"), (5, "b")] {
            seen.add(&[word.as_bytes()], Spot { file: 0, line }, line);
        }
        let found: Vec<_> = seen.duplicates().into_iter().map(|found| (found.spot.line, found.first.line, found.first_account)).collect();
        assert_eq!(found, [(3, 1, 1), (4, 1, 1), (5, 2, 2)]);
    }

    #[test]
    fn parts_do_not_run_together() {
        let mut seen = Seen::default();
        seen.add(&[b"ab", b"c"], Spot { file: 0, line: 1 }, 0);
        seen.add(&[b"a", b"bc"], Spot { file: 0, line: 2 }, 0);
        assert_eq!(seen.duplicates(), []);
    }
}
