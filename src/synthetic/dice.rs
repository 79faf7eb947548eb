//! Chance with a memory: the same seed, patient and topic always fall the same way. Never for secrets.
//!
//! The generator is SplitMix64 (Steele, Lea, Flood, 2014), written out here so that no update of a dependency changes who the patients are.

/// What is being decided. Each topic has dice of its own: a new vaccine in a catalog leaves every name as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Practice = 1,
    Person,
    Story,
    Encounters,
    Problems,
    Medications,
    Allergies,
    Vitals,
    Immunizations,
    Results,
    Procedures,
    Social,
    Plan,
    Notes,
    DocumentId,
}

/// A stream of decisions about one topic of one patient.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice for what the numbers name, in their order.
    pub fn new(seed: u64, topic: Topic, numbers: &[u64]) -> Self {
        let start = mix(seed) ^ mix(topic as u64);
        Self(numbers.iter().fold(start, |state, number| mix(state ^ mix(*number))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low + 1).unsigned_abs();
        // The remainder is below `span`, which came from an `i64`.
        low + (self.next() % span) as i64
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of several; `choices` is a catalog and never empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    /// A version 4 UUID in look (RFC 9562), and as reproducible as all the rest.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// So many digits, the first of which is not 0.
    pub fn digits(&mut self, count: u32) -> String {
        let low = 10_i64.pow(count - 1);
        self.between(low, low * 10 - 1).to_string()
    }
}

fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_patients_in_every_release() {
        let mut dice = Dice::new(7, Topic::Person, &[42]);
        assert_eq!(dice.uuid(), Dice::new(7, Topic::Person, &[42]).uuid());
        assert_ne!(dice.uuid(), Dice::new(8, Topic::Person, &[42]).uuid());
        assert_ne!(Dice::new(7, Topic::Person, &[1, 2]).uuid(), Dice::new(7, Topic::Person, &[2, 1]).uuid());
    }

    #[test]
    fn both_ends_of_a_range_come_up() {
        let mut dice = Dice::new(1, Topic::Story, &[]);
        let rolled: std::collections::BTreeSet<_> = (0..1000).map(|_| dice.between(-1, 3)).collect();
        assert_eq!(rolled.into_iter().collect::<Vec<_>>(), [-1, 0, 1, 2, 3]);
    }
}
